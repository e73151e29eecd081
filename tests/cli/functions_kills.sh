#!/bin/sh
# Worker processes that are killed while they call: the run goes on, by other workers, and its end is
# that of a run of which nobody killed any: each result right and in its place, each call counted
# once, no worker left.
#
# PARGRAPH_WORKER_KILLS (20): kills in all, of workers of each kind, alone and in chunks.
. "$srcdir/tests/cli/lib.sh"
out='' err='' status=0
kills=${PARGRAPH_WORKER_KILLS:-20}
command -v python3 >/dev/null || {
    skip 'no python3 here'
    finish
}

cat >m.py <<'Y'
import time

def square(x):
    time.sleep(0.004)
    return {"square": x * x, "x": x}
Y
cat >lib.c <<'Y'
#include <pargraph/task.h>

PARGRAPH_LIBRARY

PARGRAPH_FUNCTION(square)
{
    int64_t x;
    if (pargraph_read_int(task, pargraph_named(task, "x"), &x) != PARGRAPH_OK ||
        pargraph_sleep(task, 0.004) != PARGRAPH_OK)
        return PARGRAPH_FAILED;
    pargraph_begin_map(task);
    pargraph_put_key(task, "square", 6);
    pargraph_put_int(task, x * x);
    pargraph_put_key(task, "x", 1);
    pargraph_put_int(task, x);
    return pargraph_end(task);
}
Y
# Runs a workflow and kills as many of its workers as asked, at random; says how many were killed and
# how the run ended. Workers are the children of the runner, whose parent is the guardian, which the
# run is begun with.
cat >killer.py <<'Y'
import os, random, signal, subprocess, sys, time

def children(process):
    found = []
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/children") as file:
                found += [int(child) for child in file.read().split()]
    except OSError:
        pass
    return found

def is_worker(process):  # not one that has not become what it is to be
    try:
        with open(f"/proc/{process}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
    except OSError:
        return False
    return b"worker" in words or b"-c" in words

most, pace = int(sys.argv[1]), float(sys.argv[2])
run = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL)
dead = 0
while run.poll() is None and dead < most:
    time.sleep(random.random() * pace)
    workers = [w for runner in children(run.pid) for w in children(runner) if is_worker(w)]
    if workers:
        try:
            os.kill(random.choice(workers), signal.SIGKILL)
            dead += 1
        except OSError:
            pass
print(dead, run.wait())
Y
lua='task.sleep(0.004); return {x = x, square = x * x}'
if ${CC:-cc} -shared -fPIC -I "$srcdir/include" -o lib.so lib.c 2>cc.txt; then
    kinds='library lua python'
else
    kinds='lua python'
    skip "no library could be made: $(head -n 1 cc.txt)"
fi

call_of() { # KIND
    case $1 in
    library) echo 'library: ./lib.so, function: square' ;;
    lua) echo "lua: '$lua'" ;;
    python) echo 'python: "m:square"' ;;
    esac
}

expected() { # COUNT
    awk -v count="$1" 'BEGIN {
        printf "["
        for (i = 0; i < count; i++)
            printf "%s{\"square\":%d,\"x\":%d}", (i > 0 ? "," : ""), i * i, i
        print "]"
    }'
}

# once KIND CHUNK KILLS: a run with that many kills, if it is long enough for them; adds them to $all.
once() {
    name="$1, chunk $2"
    rm -rf .pargraph
    workflow <<Y
pools: {p: {size: 3, backend: process, chunk: $2}}
tasks:
  square:
    pool: p
    matrix: {x: "\${{ range($count) }}"}
    retry: {max: 1000, delay: 0s}
    call: {$(call_of "$1"), args: {x: "\${{ matrix.x }}"}}
  sum:
    needs: square
    call: {lua: "local s = 0; for _, r in ipairs(rs) do s = s + r.square end; return s", args: {rs: "\${{ needs.square.result }}"}}
Y
    timeout 300 python3 killer.py "$3" 0.05 "$pargraph" run -q -j8 --json flow.yml >events.txt 2>err.txt
    # The last line is the killer's own.
    dead=$(tail -n 1 events.txt)
    status=${dead#* } out=$dead err=$(cat err.txt)
    dead=${dead% *}
    all=$((all + dead))
    is "$name: run" 0
    go result -j square
    [ "$out" = "$(expected "$count")
" ] && ok || bad "$name: results" ''
    go result -j sum
    is "$name: sum" 0 "$(((count - 1) * count * (2 * count - 1) / 6))"
    # Each call succeeded once, and each kill failed one call at most.
    ended=$(grep -c '"event":"task-ended".*"status":"success"' events.txt)
    [ "$ended" -eq $((count + 1)) ] && ok || bad "$name: each once" "$ended ended"
    again=$(grep -o '"event":"task-ended".*"attempt":[0-9]*' events.txt |
        awk -F: '{ sum += $NF - 1 } END { print sum }')
    [ "$again" -le "$dead" ] && ok || bad "$name: a kill fails one call" "$again failed, $dead killed"
    no_left "$name: no worker is left"
}

count=150 all=0
[ "$kills" -gt 100 ] && count=1500
while [ "$all" -lt "$kills" ]; do
    before=$all
    for kind in $kinds; do
        for chunk in 1 5; do
            left_kills=$((kills - all))
            [ "$left_kills" -gt 0 ] && once "$kind" "$chunk" "$(((kills + 5) / 6))"
        done
    done
    [ "$all" -gt "$before" ] || {
        bad 'kills' 'no worker could be killed'
        break
    }
    [ "$failed" -eq 0 ] || break
done
printf '%s workers killed\n' "$all"
finish
