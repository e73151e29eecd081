#!/bin/sh
# kill -9 of the runner, of the guardian, of both, at random moments, then resume, until the run has
# ended: nothing that is recorded as done runs again, nothing is missing, never two attempts of a
# task are alive, nothing is left behind, and the end is that of a run which nobody killed.
#
# PARGRAPH_KILLS (6): kills of the runner; a third as many of the guardian, and of both.
# PARGRAPH_KILL_TASKS (40): tasks of the run. PARGRAPH_KILL_SEED: the moments.
. "$srcdir/tests/cli/lib.sh"
out='' err='' status=0
kills=${PARGRAPH_KILLS:-6}
tasks=${PARGRAPH_KILL_TASKS:-40}
seed=${PARGRAPH_KILL_SEED:-$(date +%s)}
first_seed=$seed
command -v flock >/dev/null || {
    skip 'flock is not there'
    finish
}

# Each task proves by a lock of its own that it is alone, as long as any of its processes lives.
workflow <<'Y'
params: {half: {type: int, default: 1}}
tasks:
  make:
    matrix: {i: "${{ range(params.half) }}"}
    outputs: {n: int}
    run: |
      exec 9>"locks/$PARGRAPH_INSTANCE"; flock -n 9 || echo "$PARGRAPH_INSTANCE" >>twice
      echo "$PARGRAPH_INSTANCE" >>started
      sleep 0.01
      echo n=${{ matrix.i * 3 }} >>"$PARGRAPH_OUTPUT"
  use:
    matrix: {i: "${{ range(params.half) }}"}
    needs: {make: same}
    run: |
      exec 9>"locks/$PARGRAPH_INSTANCE"; flock -n 9 || echo "$PARGRAPH_INSTANCE" >>twice
      echo "$PARGRAPH_INSTANCE" >>started
      sleep 0.01
      echo ${{ needs.make.outputs.n }}
  sum:
    needs: use
    run: |
      echo "$PARGRAPH_INSTANCE" >>started
      printf '%s\n' ${{ needs.use.stdout }} >result
Y

# moment: a random time below that of a third of the run, in seconds.
moment() {
    seed=$(awk -v seed="$seed" 'BEGIN { srand(seed); print int(rand() * 2147483647) }')
    awk -v seed="$seed" -v most="$third" 'BEGIN { printf "%.3f", seed / 2147483647 * most }'
}

# succeeded: the instances that the journal tells as done, one a line.
succeeded() {
    go status --json
    [ "$status" -eq 0 ] || return
    printf '%s' "$out" | sed 's/{"name":/\n&/g' |
        sed -n 's/^{"name":"\([^"]*\)".*"status":"success".*/\1/p' | sort
}

# kill_at VICTIM TIME: kills the run in the background, $run, after a time.
kill_at() {
    sleep "$2"
    runner=$(cat "/proc/$run/task/$run/children" 2>/dev/null)
    case $1 in
    runner) kill -9 ${runner:-$run} ;;
    guardian) kill -9 "$run" ;;
    both) kill -9 "$run" $runner ;;
    esac 2>/dev/null
    wait "$run" 2>/dev/null
    status=$?
}

# resume: in the background; the run may be ending yet.
resume() {
    "$pargraph" resume -q >>out.log 2>>err.log </dev/null &
    run=$!
}

# free: waits until nobody owns the run.
free() {
    for _ in $(seq 400); do
        flock -n "$(ls -d .pargraph/runs/*/lock | tail -n 1)" true && return
        sleep 0.05
    done
    bad "$victim $killed" 'the run is owned for ever'
}

# begun: something of the run can be resumed.
begun() {
    [ -s "$(ls -d .pargraph/runs/*/journal 2>/dev/null | tail -n 1)" ]
}

# check_again NAME: what had succeeded before (in done.txt) was not started since (started.txt).
check_again() {
    touch started
    sort started | uniq -c | sort >now.txt
    grep -Fwf done.txt was.txt >was.done 2>/dev/null
    while read -r count name; do
        again=$(awk -v name="$name" '$2 == name { print $1 }' now.txt)
        [ "$again" = "$count" ] || bad "$1" "$name had succeeded and ran again"
    done <was.done
}

one_run() { # VICTIM
    rm -rf .pargraph locks started twice result done.txt was.txt
    mkdir locks
    : >done.txt
    : >was.txt
    "$pargraph" run -q -p half=$((tasks / 2)) flow.yml >>out.log 2>>err.log </dev/null &
    run=$!
    while :; do
        kill_at "$1" "$(moment)"
        [ "$status" -eq 0 ] && break
        killed=$((killed + 1))
        begun || {
            rm -rf .pargraph
            "$pargraph" run -q -p half=$((tasks / 2)) flow.yml >>out.log 2>>err.log </dev/null &
            run=$!
            continue
        }
        free
        check_again "$1 $killed"
        succeeded >done.txt
        sort started 2>/dev/null | uniq -c | sort >was.txt
        resume
        if [ "$killed" -ge "$2" ]; then
            wait "$run"
            status=$?
            break
        fi
    done
    check_again "$1 $killed"
    is "$1: the last resume" 0
    [ ! -e twice ] && ok || bad "$1" "two attempts at once: $(cat twice)"
    [ "$(succeeded | wc -l)" -eq $((tasks / 2 * 2 + 1)) ] && ok || bad "$1" 'something is missing'
    [ "$(sort -u started | wc -l)" -eq $((tasks / 2 * 2 + 1)) ] && ok || bad "$1" 'not all started'
    cmp -s result expected && ok || bad "$1" "the result is not: $(cat expected)"
    no_left "$1"
}

mkdir locks
begin=$(date +%s%N)
go run -q -p half=$((tasks / 2)) flow.yml
is 'the run that nobody kills' 0
third=$(awk -v ns=$(($(date +%s%N) - begin)) 'BEGIN { print ns / 3e9 }')
mv result expected
for victim in runner guardian both; do
    most=$kills
    [ $victim = runner ] || most=$(((kills + 2) / 3))
    killed=0
    while [ "$killed" -lt "$most" ]; do
        one_run $victim "$most"
    done
    printf '%s: %s kills\n' $victim "$killed"
done
[ "$failed" -eq 0 ] || { printf 'PARGRAPH_KILL_SEED=%s\n' "$first_seed"; tail -n 20 err.log; }
finish
