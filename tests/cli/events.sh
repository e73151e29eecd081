#!/bin/sh
# run --json: every line is valid, has the documented fields, and all of them tell what status says.
. "$srcdir/tests/cli/lib.sh"
case $srcdir in /*) ;; *) srcdir=$OLDPWD/$srcdir ;; esac

if ! command -v python3 >/dev/null; then
    skip 'python3 is not there to read the events'
    finish
fi

go run --help
printf '%s' "$out" >help.txt

# agrees NAME STATUS ARGUMENTS...: a run with events, compared with what status says of it.
agrees() {
    name=$1 wanted=$2
    shift 2
    go run --json "$@" flow.yml
    cp out.txt events.txt
    if [ "$status" -ne "$wanted" ]; then bad "$name" "status $status instead of $wanted"; fi
    go status --json
    if said=$(python3 "$srcdir/tests/cli/events.py" events.txt out.txt help.txt 2>&1); then
        ok
    else
        out=$(cat events.txt)
        bad "$name" "$said"
    fi
}

workflow <<'Y'
name: a "name" with é
tasks:
  many:
    matrix: {text: [plain, "é\n\"\\", 2.5, true], number: [1, 2]}
    run: 'true'
  bytes: {run: 'printf "h\303"; sleep 0.05; printf "\251\377\033[1m\n"; printf "\303"'}
  again: {run: 'exit 3', retry: {max: 2, delay: 10ms}, needs: many}
  blocked: {run: 'true', needs: again}
  skipped: {run: 'true', if: "false"}
  tolerated: {run: 'kill -9 $$', continue-on-error: true}
  late: {run: 'sleep 100', timeout: 100ms}
  missing: {exec: [/does/not/exist]}
  invalid: {outputs: {x: int}, run: 'echo x=no >>"$PARGRAPH_OUTPUT"'}
finally:
  last: {run: 'true'}
Y
agrees 'every way to end' 1 -k
has 'a killed one has its signal' '"signal":"SIGKILL"' "$(cat events.txt)"
has 'progress is elsewhere, and quiet' '' "$err"
lacks 'no output in the events' 'task-output' "$(cat events.txt)"
agrees 'draining' 1
has 'draining is told' '"event":"draining"' "$(cat events.txt)"
agrees 'failing fast' 1 --fail-fast
agrees 'verbose: to standard error' 1 -k -v

agrees 'with output' 1 -k --json-output
# A character in two pieces comes in one, what is none as U+FFFD, at the end too.
has 'a divided character' 'text":"é' "$(cat events.txt)"
has 'no character' '\u001b[1m' "$(cat events.txt)"
joined=$(grep '"task-output".*"bytes"' events.txt | sed 's/.*"text":"\(.*\)"}/\1/' | tr -d '\n')
if [ "$joined" = 'hé�\u001b[1m\n�' ]; then ok; else bad 'output as text' "$joined"; fi

# An interrupt: what ran is stopping, then cancelled.
workflow <<'Y'
tasks:
  a: {run: "touch there; sleep 100"}
  b: {needs: a, run: "true"}
Y
"$pargraph" run --json flow.yml >events.txt 2>err.txt &
runner=$!
until_there there
# Events come while the run goes on.
for _ in $(seq 100); do
    grep -q task-started events.txt && break
    sleep 0.05
done
has 'a live stream' '"event":"task-started"' "$(cat events.txt)"
kill -INT "$runner"
wait "$runner"
go status --json
if said=$(python3 "$srcdir/tests/cli/events.py" events.txt out.txt help.txt 2>&1); then ok; else bad 'interrupted' "$said"; fi
has 'the message' '"event":"message"' "$(cat events.txt)"
has 'stopping' '"event":"task-stopping"' "$(cat events.txt)"

# Nobody reads any more: the run goes on.
workflow <<'Y'
tasks: {a: {run: "sleep 0.3"}, b: {needs: a, run: touch done.txt}}
Y
"$pargraph" run --json flow.yml 2>/dev/null | true
until_there done.txt && ok

# A resumed run: what stays is counted at its beginning, all else is told.
rm -rf .pargraph ok
workflow <<'Y'
name: resumed
tasks:
  a: {run: "echo 2"}
  m: {needs: a, matrix: {i: "${{ range(needs.a.exit_code + 3) }}"}, run: "[ ${{ matrix.i }} != 1 ] || [ -e ok ]"}
  s: {if: "false", run: "true"}
  t: {continue-on-error: true, run: "exit 1"}
  b: {needs: m, retry: 1, run: "echo text of b; [ $PARGRAPH_ATTEMPT = 2 ]"}
finally:
  f: {run: "true"}
Y
agrees 'a run that fails' 1 -k
touch ok
cp -r .pargraph failed
agrees 'run --resume' 0 --resume
first=$(head -n 1 events.txt)
has 'a resumed run says so' '"resumed":true' "$first"
has 'a resumed run: what stays' '"total":8,"resumed":true,"counts":{"total":8,"failure":1,"blocked":0,"cancelled":0,"skipped":1,"success":3,"tolerated":1}' "$first"
lacks 'a resumed run: what stays is told of no more' '"name":"a"' "$(cat events.txt)"
[ "$(ls .pargraph/runs | wc -l)" -eq 1 ] && ok || bad 'run --resume' 'another run began'
agrees 'run --resume of a success' 0 --resume
has 'run --resume of a success: a new run' '"resumed":false' "$(head -n 1 events.txt)"

rm -rf .pargraph
cp -r failed .pargraph
# as_resume NAME: what the last events say is what status says.
as_resume() {
    cp out.txt events.txt
    is "$1" 0
    go status --json
    if said=$(python3 "$srcdir/tests/cli/events.py" events.txt out.txt help.txt 2>&1); then ok; else bad "$1" "$said"; fi
}
go resume --json-output
as_resume 'resume --json-output'
has 'resume --json-output: output' 'text of b' "$(cat events.txt)"
go resume --json
as_resume 'resume --json of a success'
[ "$(wc -l <events.txt)" -eq 2 ] && ok || bad 'resume --json of a success' 'more than a beginning and an end'

# Killed in the middle.
rm -rf .pargraph failed there
workflow <<'Y'
tasks:
  a: {run: "true"}
  b: {needs: a, run: "[ -e there ] || { touch there; sleep 100; }"}
  c: {needs: b, run: "true"}
Y
"$pargraph" run -q flow.yml 2>/dev/null </dev/null &
runner=$!
until_there there
kill_both $runner
agrees 'a killed run, resumed' 0 --resume
has 'a killed run, resumed: what stays' '"success":1' "$(head -n 1 events.txt)"
has 'a killed run, resumed: what is said before it begins' 'processes that the run had left' "$(sed -n 2p events.txt)"

go run --dry-run --json flow.yml
is 'no events of a dry run' 2
has 'what to do instead' 'plan --json' "$err"

finish
