#!/bin/sh
# kill -9 of the runner, of the guardian, of both, at random moments of runs whose tasks have steps
# and meet at all there is (locks, permits, barriers, a condition, queues, a pipe), then resume,
# until the run has ended: each task goes on where it stood, or from the lock around that, and never
# before; never two of it, nor two holders; each item is had once; nobody waits for ever. Then the
# same where bodies put and come to a barrier by verbs: who was killed in such a body fails and says
# why, and what a verb has said to be done is not lost.
#
# PARGRAPH_KILLS (3): kills of the runner; a third as many of the guardian, and of both.
# PARGRAPH_KILL_SEED: the moments.
. "$srcdir/tests/cli/lib.sh"
out='' err='' status=0
kills=${PARGRAPH_KILLS:-3}
seed=${PARGRAPH_KILL_SEED:-$(date +%s)}
first_seed=$seed
command -v flock >/dev/null || {
    skip 'flock is not there'
    finish
}
PG=$pargraph
export PG ROUND

# body POSITION [LOCK [HOW]]: a body that tells in the log that it has begun, and proves by flock(1)
# that it is alone: of its instance, and with what its step holds.
body() {
    printf 'echo "$PARGRAPH_INSTANCE %s $ROUND" >>log; exec 9>"alone/$PARGRAPH_INSTANCE"; ' "$1"
    printf 'flock -n 9 || echo "$PARGRAPH_INSTANCE" >>twice; '
    [ $# -lt 2 ] || printf '%s || echo "$PARGRAPH_INSTANCE %s" >>twice; ' "$3" "$2"
    printf 'sleep 0.01'
}
holder='exec 8>alone/l; flock -n 8'
permit='exec 7>alone/p1; flock -n 7 || { exec 7>alone/p2; flock -n 7; }'

steps() {
    workflow <<Y
locks: [l, m]
semaphores: {p: 2}
barriers: {b: {parties: 4}}
conditions: {c: {lock: m}}
events: [e]
queues: {q: 1, r: 2}
tasks:
  work:
    matrix: {i: "\${{ range(4) }}"}
    max-parallel: 4
    steps:
      - {run: '$(body 1); echo 3', as: x}
      - lock: l
        steps:
          - {run: '$(body 2 l "$holder")'}
          - {sleep: 5ms}
          - {run: '$(body 3 l "$holder")'}
      - {put: {q: "\${{ matrix.i * x }}"}}
      - {run: '$(body 4)'}
      - {barrier: b}
      - {semaphore: p, run: '$(body 5 p "$permit")'}
      - {get: r, as: y}
      - {run: 'echo \${{ y }} >"got.r.\${{ matrix.i }}"; $(body 6)'}
      - {barrier: b}
      - {run: "$(body 7 | sed 's/"/\\"/g'); \\"\$PG\\" lock l -- sh -c '$holder || echo verb >>twice; sleep 0.01'"}
  item: {matrix: {v: {queue: q}}, run: 'echo \${{ matrix.v }} >got.q.\${{ matrix.v }}; $(body 1)'}
  fill: {steps: [{put: {r: 1}}, {put: {r: 2}}, {run: '$(body 1)'}, {put: {r: 3}}, {put: {r: 4}}, {run: '$(body 2)'}]}
  late:
    steps:
      - {lock: m, steps: [{run: '$(body 1)'}, {wait: c, until: events.e}]}
      - {run: '$(body 2)'}
  tell: {needs: fill, steps: [{run: '$(body 1)'}, {lock: m, steps: [{set: e}, {notify-all: c}]}]}
  from: {run: 'seq 1000; $(body 1)', stdout: {pipe: s}}
  into: {stdin: {pipe: s}, run: 'wc -l >lines; $(body 1)'}
Y
}

verbs() {
    workflow <<'Y'
queues: {q: 2}
barriers: {b: {parties: 2}}
tasks:
  fill:
    matrix: {i: [1, 2]}
    retry: 1
    uses: {put: q, barrier: b}
    run: |
      echo "$PARGRAPH_INSTANCE" >>started
      for n in 1 2 3 4; do
        "$PG" put q ${{ matrix.i }}.$n && echo ${{ matrix.i }}.$n >>put
        sleep 0.01
      done
      "$PG" barrier b
  item: {matrix: {v: {queue: q}}, run: "echo ${{ matrix.v }} >>got"}
Y
}

# moment: a random time below that of a third of the run, in seconds.
moment() {
    seed=$(awk -v seed="$seed" 'BEGIN { srand(seed); print int(rand() * 2147483647) }')
    awk -v seed="$seed" -v most="$third" 'BEGIN { printf "%.3f", seed / 2147483647 * most }'
}

# start ARGUMENTS...: in the background; what it starts tells its round.
start() {
    ROUND=$((ROUND + 1))
    "$pargraph" "$@" >>out.log 2>>err.log </dev/null &
    run=$!
}

# kill_at VICTIM TIME: kills the run after a time; false if it has ended before.
kill_at() {
    sleep "$2"
    runner=$(cat "/proc/$run/task/$run/children" 2>/dev/null)
    case $1 in
    runner) kill -9 ${runner:-$run} ;;
    guardian) kill -9 "$run" ;;
    both) kill -9 "$run" $runner ;;
    esac 2>/dev/null
    end_of_run
}

# end_of_run: waits for it, a minute at most; its status.
end_of_run() {
    for _ in $(seq 1200); do
        kill -0 "$run" 2>/dev/null || break
        sleep 0.05
    done
    if kill -0 "$run" 2>/dev/null; then
        "$pargraph" ps >ps.txt 2>&1
        bad "$victim $killed" "it waits for ever: $(cat ps.txt)"
        kill -9 "$run" $(cat "/proc/$run/task/$run/children")
    fi
    wait "$run" 2>/dev/null
    status=$?
}

# free: waits until nobody owns the run.
free() {
    for _ in $(seq 1200); do
        flock -n "$(ls -d .pargraph/runs/*/lock | tail -n 1)" true && return
        sleep 0.05
    done
    bad "$victim $killed" 'the run is owned for ever'
}

begun() {
    [ -s "$(ls -d .pargraph/runs/*/journal 2>/dev/null | tail -n 1)" ]
}

# killed_run VICTIM MOST: a run that is killed and gone on with until it ends; $status.
killed_run() {
    rm -rf .pargraph alone log twice got* lines put started err.log
    mkdir alone
    : >log
    start run -q -j4 flow.yml
    while :; do
        kill_at "$1" "$(moment)"
        [ "$status" -le 3 ] && return
        killed=$((killed + 1))
        if begun; then
            free
            start resume -q
        else
            rm -rf .pargraph
            start run -q -j4 flow.yml
        fi
        [ "$killed" -lt "$2" ] && continue
        end_of_run
        return
    done
}

# early: who began behind a barrier before all had begun what is in front of it.
early() {
    awk '/^work/ { if ($2 == 4) four[$1]; if ($2 == 6) six[$1] }
        /^work/ && ($2 == 5 && length(four) < 4 || $2 == 7 && length(six) < 4)' log
}

check_steps() {
    is "$1: the last resume" 0
    [ ! -e twice ] && ok || bad "$1" "two at once: $(cat twice)"
    order=$(went_back log work 2 3; early)
    [ -z "$order" ] && ok || bad "$1" "the order of bodies: $order
$(cat log)"
    [ "$(cat got.q.* | sort -n | tr '\n' ' ')" = '0 3 6 9 ' ] && ok || bad "$1" "items: $(cat got.q.*)"
    [ "$(cat got.r.* | sort -n | tr '\n' ' ')" = '1 2 3 4 ' ] && ok || bad "$1" "items: $(cat got.r.*)"
    [ "$(cat lines)" = 1000 ] && ok || bad "$1" "lines: $(cat lines)"
    # Each item has one instance: 4 of work, 4 of item, 5 others (and no template).
    go status
    has "$1" '13 tasks: 13 ok' "$out"
    no_left "$1"
}

# had FILE: each line of it and how often it is there.
had() {
    sort "$1" 2>/dev/null | uniq -c
}

# check_verbs NAME: what was put is there, and if nobody was killed in a body that had put, all is.
# Such a body is not begun again, however often the run is resumed.
check_verbs() {
    [ "$status" -le 1 ] && ok || bad "$1" 'neither a success nor a failure'
    if [ "$status" -eq 1 ]; then
        has "$1: why" 'others have seen' "$(cat err.log)"
        cp started before
        go resume -q
        is "$1: resumed again" 1
        holds "$1: begun again" started "$(cat before)"
    else
        go status
        has "$1: each item once" '10 tasks: 10 ok' "$out"
        [ "$(sort -u got | tr '\n' ' ')" = '1.1 1.2 1.3 1.4 2.1 2.2 2.3 2.4 ' ] && ok ||
            bad "$1" "items: $(cat got)"
    fi
    touch put got
    lost=$(had put | while read -r count item; do
        [ "$(grep -cxF "$item" got)" -ge "$count" ] || echo "$item"
    done)
    [ -z "$lost" ] && ok || bad "$1" "lost: $lost"
    no_left "$1"
}

for flow in steps verbs; do
    $flow
    mkdir -p alone
    ROUND=0 killed=0 victim=nobody
    begin=$(date +%s%N)
    start run -q -j4 flow.yml
    end_of_run
    third=$(awk -v ns=$(($(date +%s%N) - begin)) 'BEGIN { print ns / 3e9 }')
    check_$flow 'nobody'
    for victim in runner guardian both; do
        most=$kills
        [ $victim = runner ] || most=$(((kills + 2) / 3))
        killed=0
        while [ "$killed" -lt "$most" ]; do
            killed_run $victim "$most"
            check_$flow "$flow: $victim $killed"
        done
        printf '%s: %s: %s kills\n' "$flow" $victim "$killed"
    done
    rm -rf .pargraph
done
[ "$failed" -eq 0 ] || { printf 'PARGRAPH_KILL_SEED=%s\n' "$first_seed"; tail -n 20 err.log; }
finish
