#!/bin/sh
# kill -9 at a system call of a process, then resume: nothing that
# is recorded as done runs again, and nothing is missing.
#
# PARGRAPH_CALLS (8): so many calls of a run of 20 tasks, evenly spread; more than there are: at each.
. "$srcdir/tests/cli/lib.sh"
calls=${PARGRAPH_CALLS:-8}
command -v strace >/dev/null && strace -f -o /dev/null true 2>/dev/null || {
    skip 'strace is not there, or may not trace'
    finish
}

workflow <<'Y'
tasks:
  t: {matrix: {i: "${{ range(20) }}"}, exec: [sh, -c, 'echo "$PARGRAPH_INSTANCE" >>started']}
  u: {needs: t, run: "echo end >>started"}
Y
# The calls: each of the process that the user sees, and of the runner by its name, from the first on
# that the other does not come to before it; then each that any process comes to first.
strace -ff -o trace "$pargraph" run -q --state counted flow.yml </dev/null
# names FILE: how often each call is there.
names() {
    sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$1" | sort | uniq -c
}
names "$(ls trace.* | sort -t . -k 2n | head -n 1)" >guardian.txt
runner=$(wc -l trace.* | sort -n | tail -n 2 | awk 'NR == 1 { print $2 }')
names "$runner" | awk 'NR == FNR { seen[$2] = $1; next }
    { for (i = seen[$2] + 1; i <= $1; i++) print $2, i }' guardian.txt - >calls.txt
awk '{ print "all", NR }' "$runner" >>calls.txt
rm -rf trace.* counted started
[ "$(grep -c -e '^pwrite64 ' -e '^write ' -e '^mkdir' calls.txt)" -gt 20 ] && ok ||
    bad 'calls' "there are few: $(cat calls.txt)"
awk -v most="$calls" '{ call[NR] = $0 }
    END { if (most > NR) most = NR; for (i = 0; i < most; i++) print call[1 + int(i * NR / most)] }' \
    calls.txt >kills.txt
while read -r name number; do
    call="$name $number"
    rm -rf .pargraph started
    strace -f -o /dev/null -e trace="$name" -e inject="$name:signal=KILL:when=$number" \
        "$pargraph" run -q flow.yml >/dev/null 2>&1 </dev/null
    go status --json
    : >done.txt
    [ "$status" -ne 0 ] || printf '%s' "$out" | sed 's/{"name":/\n&/g' |
        sed -n 's/^{"name":"\([^"]*\)".*"status":"success".*/\1/p' >done.txt
    cp started before.txt 2>/dev/null || : >before.txt
    go resume -q
    case $err in
    *'before it began'* | *'no .pargraph'* | *'no runs in'*) go run -q flow.yml ;;
    esac
    is "killed at call $call" 0
    [ "$(sort -u started | wc -l)" -eq 21 ] && ok || bad "killed at call $call" 'something is missing'
    while read -r name; do
        [ "$(grep -cFx "$name" started)" = "$(grep -cFx "$name" before.txt)" ] || [ "$name" = u ] ||
            bad "killed at call $call" "$name had succeeded and ran again"
    done <done.txt
done <kills.txt
printf '%s calls of %s\n' "$(wc -l <kills.txt)" "$(wc -l <calls.txt)"
finish
