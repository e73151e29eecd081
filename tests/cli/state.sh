#!/bin/sh
# What a run leaves: status, logs, runs, dot, plan; and a state that is damaged.
. "$srcdir/tests/cli/lib.sh"

workflow <<'Y'
name: demo
tasks:
  a: {matrix: {i: [1, 2]}, run: "echo out ${{ matrix.i }}"}
  b: {needs: a, run: "echo bad >&2; exit 3"}
  c: {needs: b, run: "true"}
Y
go run -q flow.yml
is 'the run' 1 ''
go status
is 'status' 0
has 'status tells the failure' 'exit status 3' "$out"
has 'status tells what was blocked' 'blocked' "$out"
go status --json
is 'status --json' 0
printf '%s' "$out" | python3 -c 'import json,sys; json.load(sys.stdin)' 2>/dev/null && ok || {
    command -v python3 >/dev/null && bad 'status --json' 'not JSON'
}
go logs 'a[i=2]'
is 'logs of an instance' 0 'out 2'
go logs a
is 'logs of a task' 0 '==> a[i=1] <==
out 1
==> a[i=2] <==
out 2'
go logs b
is 'logs of a failure' 0 'bad'
go logs nosuch
is 'logs of nobody' 2
go runs
is 'runs' 0
has 'runs names the workflow' 'demo' "$out"
has 'runs tells the outcome' 'failure' "$out"
id=$(printf '%s' "$out" | cut -d ' ' -f 1)
go status "$id"
is 'status by id' 0
go logs "$id" b
is 'logs by id' 0 'bad'
mkdir -p sub/sub && cd sub/sub || exit 99
go status
is 'the nearest state upward' 0
cd ../.. || exit 99
go dot --run "$id" flow.yml
is 'dot --run' 0
has 'dot is a digraph' 'digraph' "$out"
rm flow.yml
go status
is 'the run has its own copy of the workflow' 0

workflow <<'Y'
tasks:
  count: {matrix: {f: "${{ glob('in/*') }}"}, run: "cat ${{ matrix.f }}"}
Y
mkdir in && echo 1 >in/1 && echo 2 >in/2
go run -q flow.yml
is 'glob' 0
rm in/1
go status
has 'what glob gave is frozen' '2' "$out"
go logs 'count'
is 'the frozen plan has its logs' 0 '==> count[f=in/1] <==
1
==> count[f=in/2] <==
2'

run=$(ls -d .pargraph/runs/* | tail -n 1)
[ "$(stat -c %a .pargraph)" = 700 ] && ok || bad 'state' 'mode is not 0700'
size=$(stat -c %s "$run/journal")
for cut in 0 4 8 9 20 $((size / 2)) $((size - 1)); do
    cp "$run/journal" journal.bak
    truncate -s "$cut" "$run/journal"
    go status
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ] && ok || bad "journal cut at $cut" 'wrong status'
    lacks "journal cut at $cut: no false end" 'success in' "$out"
    cp journal.bak "$run/journal"
done
printf 'garbage' >"$run/frozen.json"
go status
is 'a damaged frozen.json' 4 ''

workflow <<'Y'
tasks:
  'node': {matrix: {v: ['"', '\', '<b>', 'a;b', "x\ny", é, "}", "->", "[", "label=x"]}, run: echo}
  graph: {needs: node, run: echo}
  edge: {needs: [node, graph], manual: true, run: echo}
  digraph-1: {needs: {node: {v: '"'}}, run: echo}
Y
go dot flow.yml
is 'dot' 0
cp out.txt folded.dot
has 'a folded matrix shows its count' '10' "$out"
go dot --expand flow.yml
is 'dot --expand' 0
if command -v dot >/dev/null; then
    for file in folded.dot out.txt; do
        if dot -Tsvg "$file" >drawn.svg 2>dot.err; then ok; else bad "dot -Tsvg $file" "$(cat dot.err)"; fi
    done
else
    skip 'Graphviz is not there: drawings were not rendered'
fi
go plan --json flow.yml
is 'plan --json' 0
has 'plan --json has needs' '"needs"' "$out"
go plan flow.yml
is 'plan' 0
has 'plan names instances' 'graph needs node' "$out"

workflow <<'Y'
resources: {mem: 8M}
tasks:
  t: {retry: 2, resources: {mem: "${{ 2 * task.attempt }}M"}, run: test "$PARGRAPH_ATTEMPT" -eq 3}
  u: {needs: t, resources: {mem: "${{ 5 }}M"}, run: "true"}
Y
go run -q flow.yml
is 'evaluated requests' 0
go status
has 'evaluated requests are replayed' 'succeeded' "$out"
has 'evaluated requests are replayed: counts' '2 ok' "$out"

workflow <<'Y'
tasks:
  big: {run: "head -c 20000000 /dev/zero"}
Y
(
    ulimit -f 10000
    trap '' XFSZ
    "$pargraph" run -q flow.yml >out.txt 2>err.txt
)
status=$? out='' err=$(cat err.txt)
is 'the log cannot be written' 4
has 'the log cannot be written: says why' 'File too large' "$err"

workflow <<'Y'
tasks:
  nap: {matrix: {i: [1, 2, 3, 4, 5, 6, 7, 8]}, run: sleep 0.05}
Y
go run -q flow.yml
go status --json
short=$(printf '%s' "$out" | grep -o '"started":[0-9.e-]*,"ended":[0-9.e-]*' |
    awk -F '[:,]' '{ if ($4 - $2 < 0.05) short++ } END { print NR, short + 0 }')
[ "$short" = '8 0' ] && ok || bad 'no task took less than its time' "tasks, too short ones: $short"

# What a summary says to type finds the run from here.
mkdir -p elsewhere "there it's"
printf 'pargraph: 1\ntasks: {a: {run: "echo it was this; exit 3"}}\n' >elsewhere/flow.yml
for how in elsewhere/flow.yml "--state|there it's|elsewhere/flow.yml"; do
    IFS='|'
    # shellcheck disable=SC2086
    go run $how
    unset IFS
    is "$how" 1
    for word in 'see' 'to go on with what has not succeeded:'; do
        line=$(printf '%s\n' "$err" | sed -n "s/^ *$word pargraph /\"\$pargraph\" /p")
        has "$how: $word" ' --state ' "$line"
        said=$(eval "$line" 2>&1)
        has "$how: $line" 'it was this' "$said"
    done
done
cd elsewhere || exit 99
go run flow.yml
cd ..
err=$(cat elsewhere/err.txt)
lacks 'no --state is told where none is needed' '--state' "$err"

# --- the disk fails in the middle of a run, when the state is brought to it beside the loop ---
shim=$(dirname "$pargraph")/tests/faults/shim.so
if [ -e "$shim" ]; then
    workflow <<'Y'
tasks:
  a: {run: sleep 1.1}
  b: {needs: a, run: sleep 30}
Y
    head -c 64 /dev/zero >count
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 LD_PRELOAD=$shim FAULT_FILE=$folder/count FAULT=fdatasync FAULT_AT=1 FAULT_ERRNO=5 "$pargraph" run -q flow.yml >out.txt 2>err.txt
    status=$? out=$(cat out.txt) err=$(cat err.txt)
    is 'sync: a failure ends the run' 4 ''
    has 'sync: a failure is told' 'to the disk: Input/output error' "$err"
    no_left 'sync: nothing is left'
fi

finish
