#!/bin/sh
# Daemons: when they are ready, that their end is the run's, and what becomes of one that is not.
names=$(pwd)/tests/cli/names.so
. "$srcdir/tests/cli/lib.sh"

workflow <<'Y'
tasks:
  file: {daemon: true, run: "sleep 0.1; echo > made; exec sleep 60", ready: {file: made}}
  command: {daemon: true, run: "sleep 0.1; echo > asked; exec sleep 60", ready: {run: test -e asked}}
  log: {daemon: true, run: "printf 'not yet\nis re'; sleep 0.1; echo ady now; exec sleep 60", ready: {log: is ready}}
  now: {daemon: true, run: exec sleep 60}
  a: {needs: [file, command, log, now], run: "ls made asked"}
finally:
  f: {run: echo finally}
Y
go run -j1 flow.yml
is 'ready' 0
has 'ready: its dependents come after' 'asked
made' "$out"
has 'ready: stopped when all has ended' '6 tasks: 6 ok' "$err"
[ -z "$(processes 'sleep.60')" ] && ok || bad 'ready: none is left' "$(processes 'sleep.60')"

# What is asked for may hold values; none becomes code.
workflow <<'Y'
params: {name: {type: text, default: "it's; $(touch hacked) ready"}}
tasks:
  file:
    daemon: true
    matrix: {n: [1]}
    env: {FILE: "file ${{ matrix.n }}"}
    run: echo > "$FILE"; exec sleep 60
    ready: {file: "${{ env.FILE }}"}
  command:
    daemon: true
    run: echo > ${{ params.name }}; exec sleep 60
    ready: {run: 'test -e ${{ params.name }} && test "$PARGRAPH_TASK" = command'}
  a: {needs: [file, command], run: "ls 'file 1' ${{ params.name }}"}
Y
go run flow.yml
is 'ready: values' 0 "file 1
it's; \$(touch hacked) ready"
[ ! -e hacked ] && ok || bad 'ready: values' 'one became code'
workflow <<'Y'
params: {name: {type: text, default: ""}}
tasks:
  d: {daemon: true, run: exec sleep 60, ready: {file: "${{ params.name }}"}}
  t: {needs: d, run: echo never}
Y
go run flow.yml
is 'ready: nothing to ask for' 1
has 'ready: nothing to ask for' "flow.yml:4:55: 'ready' asks for nothing" "$err"

if command -v python3 >/dev/null; then
    port=$(python3 -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])")
    cat >serve.py <<Y
import socket, time
time.sleep(0.1)
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', $port))
s.listen()
time.sleep(60)
Y
    workflow <<Y
tasks:
  serve: {daemon: true, exec: [python3, serve.py], ready: {tcp: 127.0.0.1:$port}}
  a: {needs: serve, exec: [python3, -c, "import socket; socket.create_connection(('127.0.0.1', $port)); print('connected')"]}
Y
    go run flow.yml
    is 'tcp' 0 connected
fi

# The name of a host is found while all else goes on; nothing waits for it beyond its time, or a cancel.
if [ -e "$names" ] && command -v python3 >/dev/null; then
    workflow <<Y
tasks:
  serve: {daemon: true, exec: [python3, serve.py], ready: {tcp: slow.test:$port}}
  late: {daemon: true, run: exec sleep 61, ready: {tcp: never.test:1, timeout: 100ms}, continue-on-error: true}
  no: {daemon: true, run: exec sleep 61, ready: {tcp: nobody.test:1}, continue-on-error: true}
  one: {run: "true"}
  two: {needs: one, run: "true"}
  three: {needs: two, run: touch found}
  a: {needs: serve, run: ls found}
Y
    LD_PRELOAD=$names go run flow.yml
    is 'a name' 0 found
    has 'a name that takes too long' 'late failed (continue-on-error): flow.yml:4:51: it was not ready within 100ms' "$err"
    has 'no such name' "no failed (continue-on-error): flow.yml:5:49: cannot find 'nobody.test:1'" "$err"
    workflow <<'Y'
tasks:
  serve: {daemon: true, run: touch began; exec sleep 61, ready: {tcp: never.test:1}}
  a: {needs: serve, run: ls found}
Y
    LD_PRELOAD=$names "$pargraph" run -q flow.yml >out.txt 2>err.txt &
    until_there began
    kill -INT $!
    wait $!
    status=$? out='' err=$(cat err.txt)
    is 'a cancel while a name is sought' 130
else
    skip 'python3 is not there, or no library that finds names slowly'
fi

workflow <<'Y'
failure-policy: keep-going
tasks:
  late: {daemon: true, run: exec sleep 60, ready: {file: nowhere, timeout: 100ms}, cleanup: echo "$PARGRAPH_STATUS"}
  b: {needs: late, run: echo never}
  dies: {daemon: true, run: "sleep 0.1; exit 0"}
  c: {needs: dies, run: sleep 0.4}
Y
go run flow.yml
is 'not ready' 1 failure
has 'not ready: why, where' 'late failed: flow.yml:4:51: it was not ready within 100ms' "$err"
has 'an end before all others' 'dies failed' "$err"
finish
