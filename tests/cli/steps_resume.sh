#!/bin/sh
# Runs with steps that were killed, runner and guardian, and go on: where each stood, with what it
# held and had bound; and what another version of pargraph makes of their journals.
. "$srcdir/tests/cli/lib.sh"
journal_version=${JOURNAL_VERSION:-$(dirname "$pargraph")/tests/cli/journal_version}

# killed FILE: runs flow.yml until FILE is there, and kills the run.
killed() {
    "$pargraph" run -q flow.yml >out.txt 2>err.txt &
    until_there "$1"
    sleep 0.1
    kill_both $!
}

# --- another version: refused where somebody counts on what others did ---
workflow <<'Y'
events: [e]
locks: [l]
tasks:
  sets: {steps: [{run: echo sets >> log}, {set: e}]}
  locks: {steps: [{lock: l, run: echo locks >> log}]}
  waits: {needs: sets, steps: [{wait: e}, {run: echo > begun; sleep 60 & wait}]}
Y
killed begun
"$journal_version" .pargraph/runs/*/journal 77
go resume
is 'another version: an event in use' 4
has 'another version: an event in use, says which' \
    'made by another version of pargraph, and event e was in use' "$err"
rm -rf .pargraph log begun
workflow <<'Y'
locks: [l]
tasks:
  one: {steps: [{lock: l, run: echo one >> log}, {sleep: 10ms}]}
  two: {needs: one, steps: [{lock: l, steps: [{run: echo two >> log}, {run: "[ -e begun ] || { echo > begun; sleep 60 & wait; }"}]}]}
Y
killed begun
"$journal_version" .pargraph/runs/*/journal 77
go resume
is 'another version: locks alone' 0
holds 'another version: successes stay, all else begins anew' log 'one
two
two'

# --- in the middle of a body, behind others: what they bound and wrote is there ---
workflow <<'Y'
locks: [l]
tasks:
  t:
    outputs: {n: int, m: int}
    cleanup: echo "$PARGRAPH_STATUS" >> log
    steps:
      - {run: 'echo value; echo n=5 >> "$PARGRAPH_OUTPUT"; echo 1 >> log', as: v}
      - {lock: l, steps: [{run: echo 2 >> log}, {run: "echo 3 >> log; [ -e begun ] || { echo > begun; sleep 60 & wait; }"}]}
      - {run: 'echo "4 ${{ v }} $PARGRAPH_ATTEMPT" >> log; echo m=6 >> "$PARGRAPH_OUTPUT"'}
  u: {needs: t, run: "echo ${{ needs.t.stdout }} ${{ needs.t.outputs.n }} ${{ needs.t.outputs.m }} >> log"}
Y
rm -rf .pargraph log begun
killed begun
go resume -q
is 'in a body' 0
holds 'in a body: from the lock around it, with all that was bound before' log '1
2
3
2
3
4 value 1
success
value 5 6'

# --- while others wait: at a barrier, for a lock, for an item; holding a lock; asleep ---
workflow <<'Y'
locks: [l, held]
barriers: {b: {parties: 2}}
queues: [q]
events: [e, ended]
tasks:
  early: {steps: [{run: echo early >> log}, {set: ended}, {lock: held, steps: [{barrier: b}, {run: echo together >> log}]}]}
  getter: {steps: [{get: q, as: a}, {get: q, as: z}, {run: "echo ${{ a }} ${{ z }} >> log"}]}
  wants: {steps: [{sleep: 20ms}, {lock: l, run: echo lock >> log}]}
  sleeper: {steps: [{sleep: 1s}, {run: echo slept >> log}]}
  busy:
    steps:
      - {put: {q: first}}
      - {set: e}
      - {wait: ended}
      - lock: l
        run: "[ -e begun ] || { echo > begun; sleep 60 & wait; }"
      - {wait: e}
      - {put: {q: second}}
      - {barrier: b}
Y
rm -rf .pargraph log begun
killed begun
go status
go resume -q
is 'while others wait' 0
sort log >sorted
holds 'while others wait: each goes on from where it stood' sorted 'early
first second
lock
slept
together'

# --- what others have seen is not done again ---
workflow <<'Y'
locks: [l]
events: [e]
tasks:
  a:
    steps:
      - lock: l
        steps: [{set: e}, {run: "echo x >> log; [ -e begun ] || { echo > begun; sleep 60 & wait; }"}]
  b: {steps: [{wait: e}, {run: echo b >> log}]}
Y
rm -rf .pargraph log begun
killed begun
go resume
is 'seen' 1
has 'seen: why' 'it is not tried again: others have seen what it did at event e' "$err"
sort log >sorted
holds 'seen: not again' sorted 'b
x'

# --- in the cleanup, twice: no body is run again, and the attempt is concluded once ---
workflow <<'Y'
tasks:
  t:
    cleanup: "echo $PARGRAPH_STATUS >> log; [ -e again ] || { [ -e begun ] && echo > again; echo > begun; sleep 60 & wait; }"
    steps: [{run: echo body >> log, as: x}, {sleep: 10ms}, {run: "echo ${{ x }}2 >> log"}]
Y
rm -rf .pargraph log begun again
killed begun
"$pargraph" resume -q >out.txt 2>err.txt &
until_there again
sleep 0.1
kill_both $!
go resume -q
is 'in the cleanup' 0
holds 'in the cleanup: only that is run again' log 'body
2
success
success
success'

# --- the guardian alone is killed: the run ends, and goes on where it stood ---
workflow <<'Y'
queues: {q: 2}
barriers: [b]
tasks:
  p:
    matrix: {i: [1, 2]}
    steps:
      - {put: {q: "a${{ matrix.i }}"}}
      - {put: {q: "b${{ matrix.i }}"}}
      - {run: "[ -e begun ] || { echo > begun; sleep 60 & wait; }"}
      - {put: {q: "c${{ matrix.i }}"}}
      - barrier: b
  g:
    steps:
      - {get: q, as: a}
      - {get: q, as: b}
      - {get: q, as: c}
      - {get: q, as: d}
      - {get: q, as: e}
      - {get: q, as: f}
      - {run: "printf '%s\\n' ${{ a }} ${{ b }} ${{ c }} ${{ d }} ${{ e }} ${{ f }} | sort | tr '\\n' ' ' > got"}
      - barrier: b
Y
rm -rf .pargraph begun
"$pargraph" run -q -j3 flow.yml >out.txt 2>err.txt &
run=$!
until_there begun
sleep 0.1
runner=$(cat /proc/$run/task/$run/children)
kill -9 $run
wait $run 2>/dev/null
while kill -0 $runner 2>/dev/null; do sleep 0.02; done
go resume -q
is 'a killed guardian' 0
holds 'a killed guardian: each item once' got 'a1 a2 b1 b2 c1 c2 '
finish
