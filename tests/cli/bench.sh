#!/bin/bash
# The benchmarks work: each runs to its end with small sizes and prints its table. No figure counts.
programs=$PWD
. "$srcdir/tests/cli/lib.sh"

LIMIT=$programs/bench/plan_limit MEASURE=$programs/bench/measure \
    "$srcdir/bench/plan" 64 1 >out.txt 2>err.txt
status=$? out=$(cat out.txt) err=$(cat err.txt)
is "bench/plan" 0
for case in explicit block wave tree chain dry; do
    has "bench/plan shows $case" "
$case " "
$out"
    has "bench/plan shows how $case grows" "twice the tasks, $case: time x" "$out"
done
[ -z "$err" ] && ok || bad "bench/plan" "says something on standard error"

LIMIT=$programs/bench/spawn_limit "$srcdir/bench/spawn" -n 20 -r 1 exec shell chain tree one memory long \
    >out.txt 2>err.txt
status=$? out=$(cat out.txt) err=$(cat err.txt)
is "bench/spawn" 0
for case in exec shell chain tree one; do
    has "bench/spawn compares $case" "$case (" "$out"
done
has "bench/spawn runs pargraph" "  pargraph " "$out"
has "bench/spawn measures memory" "bytes a task while running" "$out"
has "bench/spawn runs a long chain" "a chain of 2000 ran" "$out"
[ -z "$err" ] && ok || bad "bench/spawn" "says something on standard error: $err"

CLIENT=$programs/bench/verbs_client "$srcdir/bench/verbs" 500 >out.txt 2>err.txt
status=$? out=$(cat out.txt) err=$(cat err.txt)
is "bench/verbs" 0
has "bench/verbs compares" "256 at a time: " "$out"

MEASURE=$programs/bench/measure "$srcdir/bench/waits" 0.02 1 >out.txt 2>err.txt
status=$? out=$(cat out.txt) err=$(cat err.txt)
is "bench/waits" 0
has "bench/waits compares" "barrier: ideal 0.18 s, pargraph +" "$out"

for shape in chain free; do
    "$programs/bench/call_cost" $shape 1000 2 64 "$programs/tests/execute/functions.so" nothing >out.txt 2>err.txt
    status=$? out=$(cat out.txt) err=$(cat err.txt)
    is "bench/call_cost $shape" 0
    has "bench/call_cost $shape" " ns a call" "$out"
done
for shape in free chain tree wavefront; do
    "$programs/bench/functions_limit" $shape 1000 >out.txt 2>err.txt
    status=$? out=$(cat out.txt) err=$(cat err.txt)
    is "bench/functions_limit $shape" 0
done

# Where perf may count nothing, or cannot, there is nothing to see.
if command -v perf >/dev/null && command -v script >/dev/null && command -v nm >/dev/null &&
    perf record -q -e cpu-clock -c 250000 -o probe true >/dev/null 2>&1; then
    OBSERVE=$programs/src/observe/libobserve.a "$srcdir/bench/display" 300 >out.txt 2>err.txt
    status=$? out=$(cat out.txt) err=$(cat err.txt)
    is "bench/display" 0
    has "bench/display tells the share" "samples are of src/observe, " "$out"
else
    skip "bench/display: perf or script does not work here"
fi

finish
