#!/bin/sh
# Tasks with steps that were interrupted, stopped by a policy, or failed, and go on by resume: each
# from where it stood, and nothing that others have seen is done again. Kills are in steps_resume.sh.
. "$srcdir/tests/cli/lib.sh"

# broken_off SIGNAL FILE COMMAND...: runs pargraph until FILE is there, and ends it by the signal.
broken_off() {
    signal=$1 file=$2
    shift 2
    rm -f "$file"
    "$pargraph" "$@" >out.txt 2>err.txt </dev/null &
    run=$!
    until_there "$file"
    sleep 0.1
    kill -"$signal" $run
    wait $run
    status=$?
    out=$(cat out.txt) err=$(cat err.txt)
}

anew() {
    rm -rf .pargraph log begun ok
}

# --- INT, then TERM in the resumed run, then to the end: everything once ---
workflow <<'Y'
locks: [l]
queues: [q]
events: [e]
barriers: {b: {parties: 2}}
tasks:
  producer:
    outputs: {n: int, m: int}
    steps:
      - {run: 'echo p1 >> log; echo n=1 >> "$PARGRAPH_OUTPUT"; echo value', as: v}
      - {put: {q: "${{ v }}1"}}
      - {set: e}
      - {put: {q: "${{ v }}2"}}
      - {lock: l, steps: [{run: echo p2 >> log}, {run: "echo p3 >> log; [ -e ok ] || { echo > begun; sleep 60 & wait; }"}]}
      - {put: {q: "${{ v }}3"}}
      - {barrier: b}
      - {run: 'echo m=2 >> "$PARGRAPH_OUTPUT"'}
  consumer:
    steps:
      - {get: q, as: x}
      - {wait: e}
      - {get: q, as: y}
      - {get: q, as: z}
      - {run: "echo ${{ x }} ${{ y }} ${{ z }} >> log"}
      - {barrier: b}
      - {get: q, as: none, continue-on-error: true}
      - {run: "echo none ${{ none == null }} >> log"}
  after: {needs: [producer, consumer], run: "echo ${{ needs.producer.outputs.n }} ${{ needs.producer.outputs.m }} >> log"}
Y
broken_off INT begun run flow.yml
is 'interrupted' 130
go status
has 'status: where it will go on' '
ended in the middle:
  producer: a resume goes on at step 5 (lock l) (flow.yml:14)
  consumer: a resume goes on at step 4 (get q) (flow.yml:23)' "$out"
go why consumer
has 'why: where it will go on' 'consumer: was cancelled
  the run was interrupted
  a resume goes on at step 4 (get q) (flow.yml:23)' "$out"
broken_off TERM begun resume
is 'a resumed run, stopped' 143
has 'a resume tells where it goes on' 'producer goes on at step 5 (lock l) (flow.yml:14:16)
consumer goes on at step 4 (get q) (flow.yml:23:10)' "$err"
touch ok
go resume -q
is 'interrupted twice' 0
holds 'interrupted twice: everything once, but for the block that was broken off' log 'p1
p2
p3
p2
p3
p2
p3
value1 value2 value3
none true
1 2'

# --- fast: one fails, the others are stopped; who had ended its body well is behind it ---
workflow <<'Y'
failure-policy: fast
events: [e]
queues: {q: 2}
barriers: [b]
tasks:
  bad:
    steps:
      - {put: {q: a}}
      - {put: {q: b}}
      - {run: "echo bad >> log; sleep 0.2; [ -e ok ]"}
      - {barrier: b}
  other:
    steps:
      - {run: "trap 'echo stopped >> log; exit 0' TERM; [ -e ok ] || { sleep 60 & wait; }"}
      - {get: q, as: x}
      - {barrier: b}
      - {sleep: 1ms}
      - {get: q, as: y}
      - {run: "echo ${{ x }} ${{ y }} >> log"}
Y
anew
go run flow.yml
is 'fast' 1
touch ok
go resume -q
is 'fast: resumed' 0
sort log >sorted
holds 'fast: resumed, everything once' sorted 'a b
bad
bad
stopped'

# --- a barrier that one party broke is come to again by all ---
workflow <<'Y'
failure-policy: keep-going
barriers: [b]
tasks:
  one: {steps: [{run: echo one >> log}, {barrier: b}, {run: echo behind >> log}]}
  two: {steps: [{run: echo two >> log}, {barrier: b}, {run: echo behind >> log}]}
  bad: {steps: [{run: "[ -e ok ]"}, {barrier: b}, {run: echo behind >> log}]}
Y
anew
go run flow.yml
is 'a broken barrier' 1
touch ok
go resume -q
is 'a broken barrier: resumed' 0
sort log >sorted
holds 'a broken barrier: all come again, from there' sorted 'behind
behind
behind
one
two'

# --- what others have seen: it fails, and says so; what it does not concern goes on ---
workflow <<'Y'
queues: [q]
events: [e]
tasks:
  puts:
    uses: {put: q}
    steps:
      - {run: echo first >> log}
      - {run: "pargraph put q item; echo put >> log; [ -e ok ] || { echo > begun; sleep 60 & wait; }"}
  gets: {steps: [{get: q, as: x}, {wait: e}, {run: "echo ${{ x }} >> log"}]}
  sets: {steps: [{run: "[ -e ok ] || { sleep 60 & wait; }"}, {set: e}]}
  after: {needs: puts, run: echo after >> log}
Y
anew
PATH=$(dirname "$pargraph"):$PATH
export PATH
broken_off INT begun run flow.yml
is 'seen' 130
go why puts
has 'seen: why' 'puts: was cancelled
  the run was interrupted
  it cannot go on at step 2 (run) (flow.yml:9): others have seen what it did since at queue q' "$out"
touch ok
go resume
is 'seen: resumed' 1
has 'seen: the resume tells it first' 'puts cannot go on at step 2 (run) (flow.yml:9:10): others have seen what it did since at queue q' "$err"
has 'seen: then that it failed' 'puts failed: it was stopped, and cannot go on: others have seen what it did' "$err"
holds 'seen: what does not need it goes on' log 'first
put
item'
go status
has 'seen: status' '
failed:
  puts: it was stopped, and cannot go on: others have seen what it did' "$out"
go resume
is 'seen: resumed again' 1
has 'seen: resumed again, told again' 'puts cannot go on at step 2 (run)' "$err"
has 'seen: resumed again, in the summary' '
puts failed: it was stopped, and cannot go on' "$err"

# --- both what failed and why it is not tried again ---
workflow <<'Y'
failure-policy: keep-going
locks: [l]
events: [e, f, never]
tasks:
  status: {retry: 1, steps: [{lock: l, steps: [{set: e}, {run: exit 4}]}]}
  signal: {retry: 1, steps: [{lock: l, steps: [{set: e}, {run: kill -KILL $$}]}]}
  time: {retry: 1, timeout: 100ms, steps: [{lock: l, steps: [{set: e}, {run: sleep 60}]}]}
  orphan: {retry: 1, steps: [{lock: l, steps: [{set: f}, {wait: never}]}]}
Y
anew
go run flow.yml
is 'both told' 1
has 'both told: exit status' 'status failed: exit status 4: it is not tried again: others have seen what it did at event e' "$err"
has 'both told: signal' 'signal failed: killed by SIGKILL: it is not tried again: others have seen what it did at event e' "$err"
has 'both told: timeout' 'it is not tried again: others have seen what it did at event e' "$(grep '^time failed' err.txt)"
has 'both told: timeout, first' 'timed out' "$(grep '^time failed' err.txt)"
has 'both told: a wait' 'nobody is left who could set it; it is not tried again: others have seen what it did at event f' "$(grep '^orphan failed' err.txt)"

# --- outputs that are not as declared: begun again behind what others have seen ---
workflow <<'Y'
events: [e]
tasks:
  t:
    outputs: {n: int}
    steps:
      - {run: echo 1 >> log, as: x}
      - {set: e}
      - {run: 'echo 2 >> log; if [ -e ok ]; then echo n=5; else echo n=five; fi >> "$PARGRAPH_OUTPUT"'}
      - {run: "echo 3 ${{ x }} >> log"}
Y
anew
go run -q flow.yml
is 'bad outputs' 1
touch ok
go resume -q
is 'bad outputs: resumed' 0
holds 'bad outputs: from behind what others have seen' log '1
2
3 
2
3 '

# --- finally begins at its beginning, whatever it had done ---
workflow <<'Y'
queues: [q]
barriers: [b]
tasks:
  t: {steps: [{run: "echo t >> log; [ -e ok ]"}]}
finally:
  f: {steps: [{put: {q: last}}, {run: "echo f >> log"}, {barrier: b}]}
  g: {steps: [{get: q, as: x}, {run: "echo ${{ x }} >> log"}, {barrier: b}]}
Y
anew
go run -q flow.yml
is 'finally' 1
touch ok
go resume -q
is 'finally: resumed' 0
sort log >sorted
holds 'finally: resumed, all of it again' sorted 'f
f
last
last
t
t'
finish
