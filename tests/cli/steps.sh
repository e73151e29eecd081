#!/bin/sh
# Steps and what they wait for, in runs of real processes: values, retries, cleanups, cancels,
# barriers wider than the pool, locks in order.
. "$srcdir/tests/cli/lib.sh"

# --- a barrier of 11 in a pool of 2 ---
workflow <<'Y'
barriers: [b]
tasks:
  a:
    matrix: {i: "${{ range(11) }}"}
    steps: [{run: echo one >> log}, {barrier: b}, {run: echo two >> log}]
Y
go run -q -j2 flow.yml
is 'barrier' 0
holds 'barrier: nobody goes on before all have come' log "$(yes one | head -11; yes two | head -11)"
go run -v -j2 flow.yml
has 'barrier: waits are told' 'waits at step 2 (barrier b)' "$err"
go run --json -j2 flow.yml
has 'barrier: waits are events' \
    '"name":"a[i=0]","attempt":1,"step":"step 2 (barrier b)","line":6,"is_verb":false' "$out"

# --- values: what steps bind, write and put out ---
workflow <<'Y'
queues: {q: 1}
tasks:
  out:
    outputs: {a: int, b: text}
    stdout: {file: all.txt}
    steps:
      - {run: 'echo a=1 >> "$PARGRAPH_OUTPUT"; echo first'}
      - {run: 'echo b=z > "$PARGRAPH_OUTPUT"; echo second'}
  text:
    steps:
      - {run: 'echo "two  words"; echo', as: x}
      - {if: "x == 'no'", run: exit 9, as: y}
      - {run: "printf '%s|' ${{ x }} ${{ y or 'none' }} hello"}
      - {exec: [printf, '%s', "${{ x }}"]}
      - {run: echo oops >&2}
  use:
    needs: [out, text]
    stdin: {text: "${{ needs.out.outputs.a }} ${{ needs.out.outputs.b }} ${{ needs.text.stderr }} ${{ needs.text.stdout }}"}
    run: cat > values
  put: {steps: [{put: {q: {x: [1, 2]}}}, {put: {q: last}}]}
  get: {steps: [{get: q, as: v}, {get: q, as: w}, {run: "echo ${{ v.x[2] }} ${{ w }} > got"}]}
Y
go run -q flow.yml
is 'values' 0
holds 'values: all that bodies wrote, their outputs, what they bound' values '1 z oops two  words

two  words|none|hello|two  words'
holds 'values: one file of all steps' all.txt 'first
second'
holds 'values: items' got '2 last'

# --- rule R, cleanup, continue-on-error ---
workflow <<'Y'
locks: [l]
barriers: {b: {parties: 1}}
failure-policy: keep-going
tasks:
  step: {retry: 1, steps: [{run: echo a >> r1}, {run: "echo b >> r1; test $PARGRAPH_ATTEMPT = 2"}]}
  block:
    retry: 1
    outputs: {n: int}
    steps:
      - run: echo a >> r2; echo n=7 >> "$PARGRAPH_OUTPUT"
      - lock: l
        steps: [{run: echo b >> r2}, {run: "echo c >> r2; test $PARGRAPH_ATTEMPT = 2"}]
  seen:
    retry: 1
    steps: [{lock: l, steps: [{barrier: b}, {run: "echo x >> r3; exit 4"}]}]
  clean:
    cleanup: echo "cleanup $PARGRAPH_STATUS $PARGRAPH_EXIT_CODE" >> r4
    steps: [{run: echo 1 >> r4}, {run: "echo 2 >> r4; exit 5"}, {run: echo 3 >> r4}]
  swallow:
    steps:
      - continue-on-error: true
        lock: l
        steps: [{run: "echo 1 >> r5; exit 5"}, {run: echo 2 >> r5}]
      - {run: echo 3 >> r5}
Y
go run flow.yml
is 'rule R' 1
holds 'rule R: from the failed step' r1 'a
b
b'
holds 'rule R: from the lock around it' r2 'a
b
c
b
c'
holds 'rule R: not what others have seen' r3 x
has 'rule R: why' 'seen failed: exit status 4: it is not tried again: others have seen what it did at ' "$err"
holds 'cleanup: once, with what became of it' r4 '1
2
cleanup failure 5'
holds 'a failure that is swallowed' r5 '1
3'

# --- what waits in vain ---
workflow <<'Y'
failure-policy: keep-going
events: [e]
barriers: {b: {parties: 2}}
queues: [q]
tasks:
  late: {steps: [{sleep: 500ms}, {set: e}]}
  event: {steps: [{wait: e, timeout: 50ms}]}
  sleeper: {timeout: 50ms, steps: [{sleep: 1ms}, {sleep: 60s}]}
  one: {steps: [{barrier: b}]}
  other: {steps: [{run: exit 3}, {barrier: b}]}
  closed: {steps: [{get: q, as: x}]}
  closer: {steps: [{close: q}]}
Y
go run flow.yml
is 'in vain' 1
has 'in vain: a timeout' 'event failed: waiting for event e (flow.yml:8:20): timed out' "$err"
has 'in vain: the timeout of all' 'sleeper failed: at step 2 (sleep) (flow.yml:9:51): timed out' "$err"
has 'in vain: a broken barrier' \
    'one failed: waiting at barrier b (flow.yml:10:18): broken: other failed' "$err"
has 'in vain: a closed queue' 'closed failed: waiting to get from queue q (flow.yml:12:21)' "$err"

# --- deadlocks: at once where holders wait in a ring, else when nobody can go on; told by line ---
workflow <<'Y'
locks: [x, y]
events: [e]
tasks:
  a: {steps: [{lock: x, steps: [{sleep: 50ms}, {lock: y, run: echo > never}]}]}
  b: {steps: [{lock: y, steps: [{sleep: 50ms}, {lock: x, run: echo > never}]}]}
  busy: {run: sleep 60}
finally:
  f: {run: echo finally}
Y
go run flow.yml
is 'a ring' 3 finally
has 'a ring: who waits for whom' 'deadlock: these wait for each other, or for what nobody will do
    a is waiting for lock y (flow.yml:5:55), held by b
    b is waiting for lock x (flow.yml:6:55), held by a' "$err"
go status
has 'a ring: status' 'ended in a deadlock after' "$out"
workflow <<'Y'
queues: {q: 1}
barriers: {b: {parties: 2}}
locks: [x]
tasks:
  a: {steps: [{lock: x, steps: [{barrier: b}]}]}
  b: {steps: [{sleep: 10ms}, {lock: x, steps: [{barrier: b}]}]}
  p: {uses: {get: q}, steps: [{put: {q: 1}}, {put: {q: 2}}]}
Y
go run --json flow.yml
is 'nobody can go on' 3
has 'nobody can go on: an event' 'nobody will do\na is waiting at barrier b (flow.yml:6:34), still to come: b\nb is waiting for lock x (flow.yml:7:37), held by a\np is waiting to put into queue q (flow.yml:8:47)"' "$out"

# --- an interrupt ends what waits, and what holds ---
workflow <<'Y'
events: [e]
locks: [l]
tasks:
  waits: {cleanup: echo $PARGRAPH_STATUS > c1, steps: [{run: echo > begun}, {wait: e}, {run: echo > c2}]}
  holds: {steps: [{lock: l, steps: [{run: echo}, {sleep: 60s}, {set: e}]}]}
  wants: {steps: [{sleep: 10ms}, {lock: l, run: echo > c2}]}
Y
"$pargraph" run -q flow.yml >out.txt 2>err.txt &
until_there begun
sleep 0.2
kill -INT $!
wait $!
status=$? out= err=$(cat err.txt)
is 'interrupt' 130
holds 'interrupt: the cleanup' c1 cancelled
if [ -e c2 ]; then bad 'interrupt: nothing more runs' 'c2 is there'; else ok; fi

# --- a lock: one at a time, in the order of their coming ---
workflow <<'Y'
locks: [l]
tasks:
  t:
    matrix: {i: "${{ range(6) }}"}
    max-parallel: 6
    steps:
      - sleep: ${{ matrix.i * 0.05 }}
      - lock: l
        steps: [{run: echo in >> order}, {sleep: 100ms}, {run: "echo out ${{ matrix.i }} >> order"}]
Y
go run -q -j2 flow.yml
is 'lock' 0
holds 'lock: in order, one by one' order "$(for i in 0 1 2 3 4 5; do echo in; echo out $i; done)"

# --- a dry run shows bodies, takes no time, and holds nothing up ---
workflow <<'Y'
locks: [l]
events: [e]
tasks:
  a: {steps: [{wait: e}, {lock: l, steps: [{run: echo hello}, {sleep: 60s}]}]}
  b: {steps: [{sleep: "${{ 60 }}"}, {set: e}]}
Y
go run --dry-run flow.yml
is 'dry run' 0 'would run a: echo hello'

# --- a lock of a file holds between runs, and with flock(1); its file stays as it is ---
workflow <<'Y'
locks: {n: {file: nightly.lock}}
tasks:
  a: {matrix: {i: [1, 2, 3]}, lock: n, run: "echo in >> both; sleep 0.05; echo out >> both"}
Y
echo text >nightly.lock
"$pargraph" run -q --state one flow.yml &
go run -q --state two flow.yml
wait $!
is 'file lock' 0
holds 'file lock: one at a time' both "$(for i in 1 2 3 4 5 6; do echo in; echo out; done)"
holds 'file lock: its file' nightly.lock text
rm -f both
flock nightly.lock sh -c 'echo > held; sleep 0.3; echo mine >> both' &
until_there held
go run -q flow.yml
is 'file lock: flock(1)' 0
has 'file lock: flock(1) had it first' 'mine
in' "$(cat both)"

# --- the matrix of a queue: an instance for each item, while they come ---
workflow <<'Y'
queues: {q: 4}
tasks:
  producer:
    steps:
      - {put: {q: 0}}
      - {put: {q: 1}}
      - {run: "for i in $(seq 2 19); do $PG put q $i || exit 1; done", uses: {put: q}}
  inspect: {max-parallel: 4, matrix: {row: {queue: q}}, run: "echo ${{ matrix.row }}"}
  total:
    needs: inspect
    run: echo ${{ join(needs.inspect.stdout, ' ') }} > total
Y
PG=$pargraph go run -q flow.yml
is "a queue's matrix" 0
holds "a queue's matrix: all, in order" total "$(seq -s ' ' 0 19)"
go list flow.yml
has "a queue's matrix: not known yet" 'inspect   x?' "$out"
go status
has "a queue's matrix: its template is not counted" '22 tasks: 22 ok' "$out"
go dot --run last flow.yml
has "a queue's matrix: in a graph" 'inspect\n×20\n20 ok' "$out"
go dot flow.yml
has "a queue's matrix: in a graph, before" 'inspect\n×?' "$out"

workflow <<'Y'
queues: [q]
tasks:
  producer: {steps: [{put: {q: 1}}, {sleep: 60}, {put: {q: 2}}]}
  inspect: {matrix: {row: {queue: q}}, run: "sleep 60"}
Y
"$pargraph" run -q flow.yml &
runner=$!
for _ in $(seq 100); do
    go dot --run last flow.yml
    case $out in *'so far'*) break ;; esac
    sleep 0.1
done
has "a queue's matrix: in a graph, under way" 'inspect\n×1 so far' "$out"
kill $runner
wait $runner

# --- the same, killed and resumed: what was taken is not taken again, the rest is ---
workflow <<'Y'
queues: {q: 3}
tasks:
  producer: {steps: [{put: {q: 0}}, {put: {q: 1}}, {put: {q: 2}}, {put: {q: 3}}, {put: {q: 4}}]}
  inspect:
    max-parallel: 1
    matrix: {row: {queue: q}}
    run: |
      echo ${{ matrix.row }} >> seen
      if [ ${{ matrix.row }} = 1 ] && [ ! -e again ]; then touch again; sleep 60; fi
  total: {needs: inspect, run: sort -u seen > total}
Y
"$pargraph" run -q flow.yml &
runner=$!
until_there again
kill -9 $runner
wait $runner
go resume -q
is "a queue's matrix, resumed" 0
holds "a queue's matrix, resumed: all" total "$(seq 0 4)"
holds "a queue's matrix, resumed: only what ran runs again" seen "$(printf '%s\n' 0 1 1 2 3 4)"

# --- instances that put into their own queue: it closes when the last of them has ended ---
workflow <<'Y'
queues: {q: {}}
tasks:
  first: {steps: [{put: {q: 3}}]}
  each:
    matrix: {n: {queue: q}}
    steps:
      - {run: "echo ${{ matrix.n }} >> all"}
      - {if: matrix.n > 0, put: {q: "${{ matrix.n - 1 }}"}}
Y
go run -q flow.yml
is "a queue's matrix that feeds itself" 0
holds "a queue's matrix that feeds itself: all" all "$(printf '%s\n' 3 2 1 0)"

# --- a deadlock beside a task that runs ---
workflow <<'Y'
events: [a, b]
tasks:
  one: {steps: [{wait: a}, {set: b}]}
  two: {steps: [{wait: b}, {set: a}]}
  long: {run: sleep 60}
Y
go run -q flow.yml
is 'deadlock beside' 3
has 'deadlock beside: who waits' 'one is waiting for event a' "$err"
finish
