#!/bin/sh
# Functions in runs: results and their order, on threads and in worker processes alike; what goes
# wrong in a function, and in a worker; pools; results of runs that are looked at and resumed.
. "$srcdir/tests/cli/lib.sh"

command -v python3 >/dev/null || {
    skip 'no python3 here'
    finish
}

cat >m.py <<'Y'
import os, signal, subprocess, sys, time

ready = None

def load(value):
    global ready
    ready = value
    with open("inits", "a") as inits:
        inits.write("init\n")

def loaded(x):
    return [ready, x, os.getpid()]

def pid():
    return os.getpid()

def refuse():
    raise RuntimeError("not today")

def add(a, b=0):
    return a + b

def tell():
    print("to stdout")
    print("to stderr", file=sys.stderr)
    subprocess.run(["echo", "of a child"])
    os.write(1, b"\xff raw\n")

def wrong():
    raise KeyError("x")

def where():
    return os.environ.get("A"), os.environ.get("PARGRAPH_TASK"), os.path.basename(os.getcwd())

def unkept(kind):
    return {"object": object(), "key": {1: 2}, "nan": float("nan"), "large": 2**70,
            "deep": nested(65), "surrogate": "\ud800"}[kind]

def nested(levels):
    return [nested(levels - 1)] if levels else 1

def leave(code):
    os._exit(code)

def leave_politely():
    sys.exit(3)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def fork():
    if os.fork() == 0:
        return "the child"
    os.wait()
    return "the parent"

def rubbish():
    for descriptor in range(3, 80):
        try:
            os.write(descriptor, b"no JSON\n")
            return 1
        except OSError:
            pass

def slow():
    open("began", "w").close()
    time.sleep(60)

def last_will():
    open("began", "w").close()
    try:
        time.sleep(60)
    finally:
        open("will", "w").close()

def large(size):
    return "x" * size
Y

# --- the same on every backend ---
workflow <<'Y'
pools: {p: {size: 2, chunk: 4}}
tasks:
  square:
    matrix: {x: "${{ range(10) }}"}
    call: {lua: "return x * x", args: {x: "${{ matrix.x }}"}}
  sum:
    needs: square
    pool: p
    call: {lua: "local s = 0; for _, x in ipairs(...) do s = s + x end; return s", args: ["${{ {needs.square.result} }}"]}
  shapes:
    call: {lua: "return {list = {1, 2.5, 'x'}, map = {a = true}, none = null, text = 'ä'}"}
  text: {call: {lua: "print('printed'); return 'a\\nb'"}}
  nothing: {call: {lua: "local x = 1"}}
  wrong: {call: {lua: "error('no way')"}, continue-on-error: true}
  py: {needs: sum, call: {python: "m:add", args: ["${{ needs.sum.result }}"], kwargs: {b: 1}}}
  steps:
    steps:
      - {call: {lua: "return {1, 2}"}, as: pair}
      - {call: {lua: "return ...", args: ["${{ pair[2] }}"]}, as: two}
      - {run: "echo step ${{ two }}"}
  show:
    needs: [py, text, nothing, wrong]
    run: "printf '%s|' ${{ needs.py.result }} ${{ needs.text.result }} ${{ json(needs.nothing.result) }} ${{ needs.wrong.exit_code }}"
Y
for backend in thread process; do
    go run -q -j4 --backend $backend flow.yml
    is "$backend: run" 0
    for task in square sum shapes text nothing py steps; do
        go result -j $task
        printf '%s %s %s\n' "$status" $task "$out"
    done >"$backend.txt"
    go logs show
    printf '%s\n' "$out" >>"$backend.txt"
    go logs text
    printf '%s\n' "$out" >>"$backend.txt"
done
holds 'thread: results' thread.txt '0 square [0,1,4,9,16,25,36,49,64,81]

0 sum 285

0 shapes {"list":[1,2.5,"x"],"map":{"a":true},"none":null,"text":"ä"}

0 text "a\nb"

0 nothing null

0 py 286

0 steps 2

286|a
b|null|1|
printed'
cmp -s thread.txt process.txt && ok || bad 'process: the same results' "$(diff thread.txt process.txt)"
go result text
is 'result: a text as it is' 0 'a
b'
go result 'square[x=3]'
is 'result: of an instance' 0 9
go result wrong
is 'result: of a failure there is none' 1 ''
has 'result: of a failure there is none' 'wrong has no result' "$err"
go result show
is 'result: of no call' 2 ''
has 'result: of no call' "task 'show' calls no function" "$err"

# --- what a Python function writes, and where it works ---
mkdir -p sub
workflow <<'Y'
tasks:
  tell: {call: {python: "m:tell"}}
  where: {call: {python: "m:where"}, env: {A: "1"}, cwd: sub}
  there: {needs: where, call: {python: "m:where"}}
Y
go run -j1 flow.yml
is 'python: run' 0
go logs tell
for text in 'to stdout' 'to stderr' 'of a child' ' raw'; do
    has 'python: output' "$text" "$out"
done
go result where
is 'python: environment, folder' 0 '["1","where","sub"]'
go result there
is 'python: of the next call' 0 "[null,\"there\",\"$(basename "$folder")\"]"

# --- what goes wrong in it ---
workflow <<'Y'
failure-policy: keep-going
tasks:
  wrong: {call: {python: "m:wrong"}}
  module: {call: {python: "no_such_module:f"}}
  name: {call: {python: "m:no_such_name"}}
  unkept: {matrix: {kind: [object, key, nan, large, deep, surrogate]}, call: {python: "m:unkept", args: ["${{ matrix.kind }}"]}}
  leave: {matrix: {code: [0, 7]}, call: {python: "m:leave", args: ["${{ matrix.code }}"]}}
  polite: {call: {python: "m:leave_politely"}}
  die: {call: {python: "m:die"}}
  rubbish: {call: {python: "m:rubbish"}}
  fork: {call: {python: "m:fork"}}
  fine: {matrix: {i: "${{ range(20) }}"}, call: {python: "m:add", args: ["${{ matrix.i }}"]}}
Y
go run -j2 flow.yml
is 'failures: run' 1
while IFS='|' read -r name text; do
    has "failures: $name" "$text" "$err"
done <<'Y'
raised|wrong failed: KeyError: 'x'
no module|module failed: ModuleNotFoundError: No module named 'no_such_module'
no name|name failed: AttributeError: module 'm' has no attribute 'no_such_name'
an object|cannot be kept as JSON: Object of type object is not JSON serializable
a key|a key of it is no text: 1
no number|Out of range float values
a large number|more than 64 bits
nested too deep|nested deeper than 64
a surrogate|unkept[kind=surrogate] failed:
exit 0|leave[code=0] failed: its worker process ended with exit status 0 before the function returned
exit 7|leave[code=7] failed: its worker process ended with exit status 7 before the function returned
sys.exit|polite failed: SystemExit: 3
killed|die failed: killed by SIGKILL
rubbish|its worker said what cannot be understood: no JSON
Y
go logs wrong
has 'failures: traceback' 'in wrong' "$out"
lacks 'failures: traceback of the worker itself' 'in call' "$out"
go result fork
is 'a child that a function made' 0 'the parent'
go result -j fine
is 'others are not touched' 0 '[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]'
no_left 'failures: no process is left'

# --- pools: init once a worker, max-tasks, chunk ---
workflow <<'Y'
pools:
  warm: {size: 2, backend: process, init: {python: "m:load", args: [model]}, chunk: 3}
  fresh: {size: 1, backend: process, max-tasks: 2}
  bad: {size: 1, backend: process, init: {python: "m:refuse"}}
tasks:
  use: {pool: warm, matrix: {x: "${{ range(30) }}"}, call: {python: "m:loaded", args: ["${{ matrix.x }}"]}}
  pid: {pool: fresh, matrix: {x: "${{ range(6) }}"}, call: {python: "m:pid"}}
  never: {pool: bad, call: {python: "m:add", args: [1]}, continue-on-error: true}
Y
go run -q flow.yml
is 'pools: run' 0
go result use
[ "$(printf '%s' "$out" | cut -d , -f 1,2 | sort | uniq -c | wc -l)" = 30 ] && ok || bad 'init: its value' ''
has 'init: its value' '["model",29,' "$out"
[ "$(wc -l <inits)" -le 2 ] && [ -s inits ] && ok || bad 'init: once a worker' "$(cat inits)"
go result pid
[ "$(printf '%s' "$out" | sort | uniq -c | sort -u | awk '{print $1}' | sort -u)" = 2 ] && ok ||
    bad 'max-tasks: two calls a worker' ''
go why never
has 'init: its failure' 'init of its pool failed: RuntimeError: not today' "$out$err"

# --- a crash on a thread does not lose the run ---
workflow <<'Y'
tasks:
  first: {call: {lua: "return 1"}}
  second: {needs: first, call: {python: "m:slow"}, timeout: 500ms, continue-on-error: true}
  hang: {needs: first, call: {lua: "while true do end"}, timeout: 300ms, continue-on-error: true}
Y
go run -j4 flow.yml
is 'timeout: run' 0
has 'timeout: a worker is killed' 'second failed (continue-on-error): timed out' "$err"
has 'timeout: Lua is ended on its thread' 'hang failed (continue-on-error): timed out' "$err"
no_left 'timeout: no worker is left'

# --- daemons that are functions: what they print makes them ready, however soon ---
workflow <<'Y'
tasks:
  d: {daemon: true, ready: {log: up}, call: {lua: "print('up'); task.sleep(60)"}}
  u: {needs: d, run: echo used}
  table: {call: {lua: "error({})"}, continue-on-error: true}
Y
for backend in thread process; do
    timeout -k 1 60 "$pargraph" run --backend $backend flow.yml >out.txt 2>err.txt </dev/null
    status=$? out=$(cat out.txt) err=$(cat err.txt)
    is "daemon, $backend: run" 0
    has "daemon, $backend: used" 'u ok' "$err"
    has "an error that is no text, $backend" 'table failed (continue-on-error): an error that is no text was raised: a table' "$err"
    no_left "daemon, $backend: nothing is left"
done

# --- cancelled: what a function has with finally is done ---
rm -f began
workflow <<'Y'
tasks: {w: {call: {python: "m:last_will"}}}
Y
"$pargraph" run -q flow.yml >/dev/null 2>&1 &
until_there began
kill -INT $!
wait $!
status=$?
out='' err=''
is 'interrupt: status' 130
[ -e will ] && ok || bad 'interrupt: its finally' ''
no_left 'interrupt: no worker is left'

# --- kill -9 of the run, then resume: results are there ---
rm -f began
workflow <<'Y'
tasks:
  a: {call: {lua: "return {1, 2, 3}"}}
  b: {needs: a, call: {python: "m:slow"}}
  c: {needs: [a, b], if: always(), run: "echo ${{ json(needs.a.result) }} >c.txt"}
Y
"$pargraph" run -q flow.yml >/dev/null 2>&1 &
until_there began
kill_both $!
sed -i 's/time.sleep(60)/time.sleep(0)/' m.py
go resume -q
is 'resume: run' 0
holds 'resume: results of before' c.txt '[1,2,3]'
no_left 'resume: no worker is left'

# --- large values go to the values file ---
workflow <<'Y'
tasks:
  a: {call: {python: "m:large", args: [20000000]}}
  b: {needs: a, call: {lua: "return #s", args: {s: "${{ needs.a.result }}"}}}
Y
go run -q flow.yml
is 'large: run' 0
go result b
is 'large: result' 0 20000000
run=$(ls -d .pargraph/runs/* | tail -1)
[ "$(wc -c <"$run/journal")" -lt 5000 ] && ok || bad 'large: not in the journal' ''

finish
