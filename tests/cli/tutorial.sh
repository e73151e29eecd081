#!/bin/sh
# The workflows of workflows/tutorial do what the programs they stand for do.
. "$srcdir/tests/cli/lib.sh"
case $srcdir in /*) ;; *) srcdir=$OLDPWD/$srcdir ;; esac

mkdir program
ln -s "$pargraph" program/pargraph
PATH=$folder/program:$PATH
cp "$srcdir"/workflows/tutorial/*.yml .

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

seq 3 2 21 | sort >sums.txt

go run --json threads.yml -p pause=300ms
is 'threads' 0
cp out.txt events.txt
for x in 1 2 3 4 5 6 7 8 9; do
    all_before 'threads: one after another' task-ended "sequential.x=$((x - 1))" task-waiting "sequential.x=$x"
done
all_before 'threads: all ten at once' task-waiting 'parallel' task-ended 'parallel'
go run -p pause=10ms threads.yml
sort sums.txt sums.txt >twice.txt
lines 'threads: the sums' twice.txt

go run thread-class.yml -p pause=200ms
is 'thread class' 0
has 'thread class: enumerate' 'thread[x=0]' "$out"
has 'thread class: enumerate' 'thread[x=9]' "$out"
has 'thread class: enumerate' 'main' "$out"

go run --json lock.yml -p pause=50ms
is 'lock' 0
cp out.txt events.txt
awk 'BEGIN { RS = "" } { exit $0 !~ /"run-ended","time":(0[.][5-9]|[1-9])/ }' events.txt && ok ||
    bad 'lock' 'ten holders of 50 ms took less than half a second'
go run lock.yml -p pause=1ms
lines 'lock: the sums' sums.txt

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

go run process.yml -p pause=50ms
is 'process' 0 '(1, 3, 3, 6)
joined'

go run pool.yml -p pause=0.05
is 'pool' 0 "[$(seq 0 99 | awk '{ printf "%s%d", (NR > 1 ? "," : ""), $1 * $1 }')]"

go run queue.yml
is 'queue' 0 '[121]'
go run queue.yml -p value=12
is 'queue: another value' 0 '[144]'

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
