#!/bin/sh
# The workflows of workflows/tutorial do what the programs they stand for do.
. "$srcdir/tests/cli/lib.sh"
case $srcdir in /*) ;; *) srcdir=$OLDPWD/$srcdir ;; esac

mkdir program
ln -s "$pargraph" program/pargraph
PATH=$folder/program:$PATH
cp "$srcdir"/workflows/tutorial/* .
command -v python3 >/dev/null && has_python=1 || has_python= # its functions are what some have for bodies
[ -n "$has_python" ] || skip 'no python3 here'
squares=$(seq 0 99 | awk '{ printf "%s%d", (NR > 1 ? ", " : ""), $1 * $1 }')

# lines NAME FILE: standard output has exactly these lines, in any order.
lines() {
    sort out.txt | cmp -s - "$2" && ok || bad "$1" "not these lines: $(cat "$2")"
}

# all_before NAME EVENT PATTERN OTHER PATTERN: in events.txt each EVENT of a task comes before each OTHER.
all_before() {
    last=$(grep -n "\"event\":\"$2\".*\"name\":\"$3" events.txt | tail -n 1 | cut -d : -f 1)
    first=$(grep -n "\"event\":\"$4\".*\"name\":\"$5" events.txt | head -n 1 | cut -d : -f 1)
    [ -n "$last" ] && [ -n "$first" ] && [ "$last" -lt "$first" ] && ok ||
        bad "$1" "the last $2 of $3 is line $last, the first $4 of $5 line $first"
}

# spans TASK: when each instance of it began and ended, as they ended, by events.txt.
spans() {
    sed -n "s/.*\"event\":\"task-ended\".*\"task\":\"$1\".*\"started\":\([0-9.]*\),\"ended\":\([0-9.]*\).*/\1 \2/p" events.txt
}

sums='[3,5,7,9,11,13,15,17,19,21]'

go run --json threads.yml -p pause=0.3
is 'threads' 0
cp out.txt events.txt
spans sequential | awk 'NR > 1 && $1 < ended { exit 1 } { ended = $2 } END { if (NR != 10) exit 1 }' && ok ||
    bad 'threads: one after another' "$(spans sequential)"
spans parallel | awk '$1 > last { last = $1 } NR == 1 || $2 < first { first = $2 } END { exit NR != 10 || last >= first }' &&
    ok || bad 'threads: all ten at once' "$(spans parallel)"
for backend in thread process; do
    go run --backend $backend -p pause=0.01 threads.yml
    is "threads: the sums, backend $backend" 0 "$sums
$sums"
done

if [ -n "$has_python" ]; then
    go run thread-class.yml -p pause=0.2
    is 'thread class' 0
    has 'thread class: enumerate' 'thread[x=0]: ' "$out"
    has 'thread class: enumerate' 'thread[x=9]: ' "$out"
    has 'thread class: enumerate' 'main: ' "$out"
    has 'thread class: what one returns' '9 returned 21' "$out"
    has 'thread class: what all return, in order' "
$sums" "$out"
fi

go run --json lock.yml -p pause=0.05
is 'lock' 0
cp out.txt events.txt
awk 'BEGIN { RS = "" } { exit $0 !~ /"run-ended","time":(0[.][5-9]|[1-9])/ }' events.txt && ok ||
    bad 'lock' 'ten holders of 50 ms took less than half a second'
go run lock.yml -p pause=0.001
is 'lock: the sums' 0 "$sums"
go run lock.yml -p pause=0.001 -p wrong=3
is 'lock: one fails while it has it' 1
has 'lock: the others have it after that' '[3,5,7,null,11,13,15,17,19,21]' "$out"
has 'lock: why' 'thread[x=3] failed: lua:2: attempt to ' "$err"

go run --json barrier.yml -p unit=0.05 -j 2
is 'barrier of 11 on 2 cpus' 0
cp out.txt events.txt
all_before 'barrier: nobody passes before all are there' task-waiting 'thread' task-started '[tm]'
go run barrier.yml -p unit=0.01
(seq 0 9; echo 'all eleven were there') | sort >barrier.txt
lines 'barrier' barrier.txt

go run --json condition.yml -p pause=300ms
is 'condition' 0
cp out.txt events.txt
all_before 'condition: both wait before it is notified' task-waiting 'consumer' task-started 'producer'
go run condition.yml -p pause=300ms
sort >condition.txt <<'X'
Making resource available
Resource is available to consumer
Resource is available to consumer
Starting consumer thread
Starting consumer thread
Starting producer thread
X
lines 'condition' condition.txt

go run pool-threads.yml -p pause=0.02
is 'pool of threads' 0 "[$squares]"
go run --backend process pool-threads.yml -p pause=0
is 'pool of threads: in processes' 0 "[$squares]"

if [ -n "$has_python" ]; then
    go run process.yml -p pause=0.05
    is 'process' 0 'joined [1,3,3,6]'

    go run --json pool.yml -p pause=0.02
    is 'pool' 0
    awk '/"event":"task-started".*"name":"f[[]/ { if (++now > most) most = now }
        /"event":"task-ended".*"name":"f[[]/ { now-- } END { exit most != 10 }' out.txt && ok ||
        bad 'pool: ten at a time' ''
    go run pool.yml -p pause=0
    is 'pool: in order' 0 "[$squares]"

    go run pool-initializer.yml
    is 'pool with an initializer' 0
    has 'initializer: its arguments' '[0,1,8,27,64,125,216,343,512,729]' "$out"
    [ "$(printf '%s' "$out" | grep -o '[[]1,3,[[]"x","y"[]][]]' | wc -l)" = 20 ] && ok ||
        bad 'initializer: once in each worker' ''

    go run queue.yml
    is 'queue' 0 '[121]'
    go run queue.yml -p value=12
    is 'queue: another value' 0 '[144]'
fi

go run pipe.yml -p pause=0.1
is 'pipe' 0 '[121]'

go run call.yml
is 'call' 0
has 'call: the status' '
0' "$out"
go run communicate.yml
is 'communicate' 0 'cat is a pet

0'
go run check-output.yml
is 'check_output' 0 'cat is a pet'
go run check-call.yml
is 'check_call' 0 'cat is a pet
0'
go run run.yml
is 'run' 0 'cat is a pet
0'

go run join-timeout.yml -p patience=50ms
is 'join with a timeout' 0
has 'join with a timeout' 'it is still alive
joined' "$out"
has 'join with a timeout' 'the thread ends' "$out"

go run daemon.yml
is 'daemon' 0
has 'daemon' 'the main thread ends' "$out"
no_left 'daemon'

go run --json event.yml -p pause=200ms
is 'event' 0
cp out.txt events.txt
all_before 'event: all wait until it is set' task-waiting 'car' task-started 'car'
go run event.yml -p pause=10ms
printf 'the %s car drives\n' first second third | sort >event.txt
lines 'event' event.txt

cat >inside.awk <<'X'
/ comes/ { if (++inside > 2) exit 1 }
/ goes/ { inside-- }
X
go run --json-output semaphore.yml -p pause=100ms -j 8
is 'semaphore' 0
grep -o 'visitor [0-9] [a-z]*' out.txt | awk -f inside.awk && ok || bad 'semaphore' 'three were inside'
[ "$(grep -c ' goes' out.txt)" -eq 6 ] && ok || bad 'semaphore' 'not all have been inside'

go run timer.yml -p interval=200ms
is 'timer' 0 'the main thread goes on
hello, world'

finish
