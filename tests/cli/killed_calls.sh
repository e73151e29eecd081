#!/bin/sh
# kill -9 of the runner, of the guardian, of both, at a system call that any of their threads makes,
# then resume: nothing that is recorded as done runs again, nothing is missing, nothing is left behind.
#
# PARGRAPH_CALLS (8): for each victim, at so many calls of a run of 20 tasks, evenly spread; more than
# there are: at each.
. "$srcdir/tests/cli/lib.sh"
calls=${PARGRAPH_CALLS:-8}
kill_at_call=${PARGRAPH%/*}/tests/cli/kill_at_call
workflow <<'Y'
tasks:
  t: {matrix: {i: "${{ range(20) }}"}, exec: [sh, -c, 'echo "$PARGRAPH_INSTANCE" >>started']}
  u: {needs: t, run: 'echo "$PARGRAPH_INSTANCE" >>started'}
Y
if [ ! -x "$kill_at_call" ]; then
    skip 'kill_at_call is not built: kills at system calls'
    finish
fi
"$kill_at_call" runner 0 count "$pargraph" run -q flow.yml 2>err.txt </dev/null
if [ $? -eq 99 ]; then
    skip "kills at system calls: $(cat err.txt)"
    finish
fi
all=$(cat count)
[ "$all" -gt 400 ] && [ "$(sort -u started | wc -l)" -eq 21 ] && ok ||
    bad 'calls' "there are few: $all"

# kill_at VICTIM CALL: false if the run had ended before.
kill_at() {
    rm -rf .pargraph started
    "$kill_at_call" "$1" "$2" count "$pargraph" run -q flow.yml >/dev/null 2>&1 </dev/null || return
    go status --json
    : >done.txt
    [ "$status" -ne 0 ] || printf '%s' "$out" | sed 's/{"name":/\n&/g' |
        sed -n 's/^{"name":"\([^"]*\)".*"status":"success".*/\1/p' >done.txt
    cp started before.txt 2>/dev/null || : >before.txt
    [ "$1" = both ] || no_left "$1 killed at call $2"
    go resume -q
    case $err in
    *'before it began'* | *'no .pargraph'* | *'no runs in'*) go run -q flow.yml ;;
    esac
    is "$1 killed at call $2" 0
    [ "$(sort -u started | wc -l)" -eq 21 ] && ok || bad "$1 killed at call $2" 'something is missing'
    while read -r name; do
        [ "$(grep -cFx "$name" started)" = "$(grep -cFx "$name" before.txt)" ] ||
            bad "$1 killed at call $2" "$name had succeeded and ran again"
    done <done.txt
    no_left "$1 killed at call $2, resumed"
}

for victim in runner guardian both; do
    kills=0 at=1
    while kill_at "$victim" "$at"; do
        kills=$((kills + 1))
        if [ "$calls" -lt "$all" ]; then
            [ "$kills" -lt "$calls" ] || break
            at=$((1 + kills * all / calls))
        else
            at=$((at + 1))
        fi
    done
    [ "$kills" -gt 0 ] && ok || bad "$victim" 'was never killed'
    printf '%s: killed at %s calls of %s\n' "$victim" "$kills" "$all"
done
finish
