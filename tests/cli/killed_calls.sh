#!/bin/sh
# kill -9 of the runner, of the guardian, of both, at a system call that any of their threads makes,
# then resume: nothing that is recorded as done runs again, nothing is missing, nothing is left behind.
# Of a run of plain tasks, and of one whose tasks have steps and meet: there no body is begun before
# the one that was under way, or the lock around it, no two hold a lock, each item is had once.
#
# PARGRAPH_CALLS (5): of each run and victim, at so many calls, evenly spread; more than there are: at
# each.
. "$srcdir/tests/cli/lib.sh"
calls=${PARGRAPH_CALLS:-5}
kill_at_call=${PARGRAPH%/*}/tests/cli/kill_at_call

plain() {
    workflow <<'Y'
tasks:
  t: {matrix: {i: "${{ range(20) }}"}, exec: [sh, -c, 'echo "$PARGRAPH_INSTANCE" >>started']}
  u: {needs: t, run: 'echo "$PARGRAPH_INSTANCE" >>started'}
Y
}

check_plain() {
    [ "$(sort -u started | wc -l)" -eq 21 ] && ok || bad "$1" 'something is missing'
    while read -r name; do
        [ "$(grep -cFx "$name" started)" = "$(grep -cFx "$name" before.txt)" ] ||
            bad "$1" "$name had succeeded and ran again"
    done <done.txt
}

steps() {
    mkdir -p alone
    alone='exec 9>"alone/$PARGRAPH_INSTANCE"; flock -n 9 || echo two >>twice'
    holder='exec 8>alone/l; flock -n 8 || echo two >>twice'
    workflow <<Y
locks: [l, m]
barriers: [b]
events: [e]
conditions: {c: {lock: m}}
queues: {q: 1}
tasks:
  work:
    matrix: {i: [1, 2, 3]}
    max-parallel: 3
    steps:
      - {run: 'echo "\$PARGRAPH_INSTANCE 1" >>started; $alone'}
      - lock: l
        steps:
          - {run: 'echo "\$PARGRAPH_INSTANCE 2" >>started; $alone; $holder'}
          - {run: 'echo "\$PARGRAPH_INSTANCE 3" >>started; $alone; $holder'}
      - {put: {q: "\${{ matrix.i }}"}}
      - {barrier: b}
      - {run: 'echo "\$PARGRAPH_INSTANCE 4" >>started; $alone'}
  item: {matrix: {v: {queue: q}}, run: 'echo "\$PARGRAPH_INSTANCE 1" >>started; $alone'}
  sleeper: {steps: [{lock: m, steps: [{wait: c, until: events.e}]}, {run: 'echo sleeper 1 >>started'}]}
  waker: {needs: item, steps: [{lock: m, steps: [{set: e}, {notify-all: c}]}, {run: 'echo waker 1 >>started'}]}
Y
}

check_steps() {
    back=$(went_back started work 2 3)
    [ -z "$back" ] && ok || bad "$1" "$back"
    [ ! -e twice ] && ok || bad "$1" 'two at once'
    [ "$(sort -u started | wc -l)" -eq 17 ] && ok || bad "$1" "something is missing: $(cat started)"
    go status
    has "$1" '8 tasks: 8 ok' "$out"
}

if [ ! -x "$kill_at_call" ]; then
    skip 'kill_at_call is not built: kills at system calls'
    finish
fi

# kill_at FLOW VICTIM CALL: false if the run had ended before.
kill_at() {
    rm -rf .pargraph started twice
    "$kill_at_call" "$2" "$3" count "$pargraph" run -q flow.yml >/dev/null 2>&1 </dev/null || return
    go status --json
    : >done.txt
    [ "$status" -ne 0 ] || printf '%s' "$out" | sed 's/{"name":/\n&/g' |
        sed -n 's/^{"name":"\([^"]*\)".*"status":"success".*/\1/p' >done.txt
    cp started before.txt 2>/dev/null || : >before.txt
    [ "$2" = both ] || no_left "$1: $2 killed at call $3"
    go resume -q
    case $err in
    *'before it began'* | *'no .pargraph'* | *'no runs in'*) go run -q flow.yml ;;
    esac
    is "$1: $2 killed at call $3" 0
    "check_$1" "$1: $2 killed at call $3"
    no_left "$1: $2 killed at call $3, resumed"
}

for flow in plain steps; do
    $flow
    rm -rf .pargraph started
    "$kill_at_call" runner 0 count "$pargraph" run -q flow.yml 2>err.txt </dev/null
    if [ $? -eq 99 ]; then
        skip "kills at system calls: $(cat err.txt)"
        finish
    fi
    all=$(cat count)
    [ "$all" -gt 400 ] && [ "$(sort -u started | wc -l)" -ge 17 ] && ok ||
        bad 'calls' "there are few: $all"
    for victim in runner guardian both; do
        kills=0 at=1
        while kill_at "$flow" "$victim" "$at"; do
            kills=$((kills + 1))
            if [ "$calls" -lt "$all" ]; then
                [ "$kills" -lt "$calls" ] || break
                at=$((1 + kills * all / calls))
            else
                at=$((at + 1))
            fi
        done
        [ "$kills" -gt 0 ] && ok || bad "$victim" 'was never killed'
        printf '%s: %s: killed at %s calls of %s\n' "$flow" "$victim" "$kills" "$all"
    done
done
finish
