#!/bin/sh
# Who waits for what: ps, why and status of a run that goes on, of one that has ended and of one that was
# killed.
. "$srcdir/tests/cli/lib.sh"
mkdir bin run # a run that is killed whole leaves its socket
chmod 700 run
XDG_RUNTIME_DIR=$folder/run
export XDG_RUNTIME_DIR
ln -s "$pargraph" bin/pargraph
PATH=$folder/bin:$PATH
export PATH

# shows NAME TEXT: standard output is this, times and processes apart.
shows() {
    form=$(printf '%s' "$out" | sed -E -e 's/\b[0-9]+(\.[0-9]+)?(ms|s|m[0-9]+s)\b/TIME/g' -e 's/process [0-9]+/process N/')
    [ "$form" = "$2" ] && ok || bad "$1" "is not: $2"
}

workflow <<'Y'
locks: [db]
barriers: [b]
events: [e]
queues: {q: 1}
tasks:
  holder:
    lock: db
    uses: {set: e}
    run: touch held; until [ -e go ]; do sleep 0.02; done; pargraph set e
  wants: {lock: db, run: "true"}
  steps:
    uses: {barrier: b}
    steps: [{run: echo one}, {wait: e, timeout: 1h}]
  verb: {uses: {barrier: b}, run: touch verb; pargraph barrier b}
  party: {needs: holder, barrier: b, run: "true"}
  napper: {steps: [{sleep: 600s}]}
  getter: {uses: {get: q}, run: touch getter; pargraph get q}
  putter: {needs: holder, uses: {put: q}, run: pargraph put q x}
  after: {needs: steps, run: "true"}
Y
"$pargraph" run -q -j 8 flow.yml >/dev/null 2>&1 &
run=$!
until_there held && until_there verb && until_there getter
for _ in $(seq 100); do
    go ps
    case $out in *'verb: has waited'*'getter: has waited'*) break ;; esac
    sleep 0.1
done
shows 'ps' 'holder: has run TIME, process N, at run (flow.yml:7)
steps: has waited TIME for event e, at step 2 (wait e) (flow.yml:14), at most another TIME: may be set by holder
verb: has waited TIME for barrier b, by a verb in run (flow.yml:15): steps, party have still to come
napper: has slept TIME, at step 1 (sleep) (flow.yml:17), goes on in TIME
getter: has waited TIME for queue q, by a verb in run (flow.yml:18): may be put into by putter
wants: waits for lock db: held by holder'
go why wants
shows 'why: a lock' 'wants: has not begun: it waits for lock db: held by holder'
go why party
shows 'why: needs' 'party: has not begun: it waits for what it needs
  holder: runs'
go why after
shows 'why: a need that waits' 'after: has not begun: it waits for what it needs
  steps: has begun, and waits for others'
go why verb
shows 'why: a verb' 'verb: has begun, and waits for others
  has waited TIME for barrier b, by a verb in run (flow.yml:15): steps, party have still to come'
go status
has 'status' '  wants: for lock db: held by holder
' "$out"
has 'status' 'at most another' "$out"
go ps --json
has 'ps --json' '"name":"wants","task":"wants","state":"ready"' "$out"
has 'ps --json' '"kind":"lock","what":"lock db","since":null,' "$out"
has 'ps --json' '"holders":["holder"]' "$out"
has 'ps --json' '"step":"step 2 (wait e)","file":"flow.yml","line":14,"is_verb":false' "$out"
has 'ps --json' '"awaited":["steps","party"]' "$out"

# Killed, it tells how it was.
kill_both $run
go ps
has 'ps of a killed run' 'verb: has waited' "$out"
go why wants
shows 'why of a killed run' 'wants: has not begun: it waits for lock db: held by holder'
touch go

# Ended.
workflow <<'Y'
failure-policy: drain
tasks:
  bad: {run: exit 3}
  next: {needs: bad, run: "true"}
  last: {needs: next, run: "true"}
  skip: {if: 1 > 2, run: "true"}
  by-hand: {manual: true, run: "true"}
  other: {needs: good, run: "true"}
  good: {run: "until [ -e later ]; do sleep 0.02; done"}
Y
"$pargraph" run -q -j 2 flow.yml >/dev/null 2>&1 &
run=$!
for _ in $(seq 100); do
    go why bad
    case $out in *failed*) break ;; esac
    sleep 0.1
done
touch later
wait $run
for task in bad last skip by-hand other good; do
    "$pargraph" why $task
done >all.txt
out=$(cat all.txt)
shows 'why: ends' 'bad: failed: exit status 3 after TIME
last: was blocked
  it needs next, which was blocked
  it needs bad, which failed: exit status 3
skip: was skipped: its `if` was false (flow.yml:7)
  if: 1 > 2
by-hand: is not part of this run: it is manual
other: was cancelled
  bad failed, and the failure policy lets nothing more start: exit status 3
good: succeeded after TIME'
go why --json last
has 'why --json' '"status":"blocked"' "$out"
has 'why --json' '"needs":["next"]' "$out"
go ps
has 'ps of an ended run' 'nothing is active, it has ended' "$out"
go why lost
is 'no such task' 2
has 'no such task' "there is no task 'lost'; did you mean 'last'?" "$(printf '%s' "$err" | tr '\n' ' ' | sed 's/ *  = /; /; s/ $//')"
finish
