#!/bin/sh
# Locks of files: as many as there are, from whichever thread they are sought; runs that want the same
# one take turns.
#
# PARGRAPH_FILE_LOCKS (40): locks. PARGRAPH_FILE_TURNS (30): how often each run takes one.
. "$srcdir/tests/cli/lib.sh"
locks=${PARGRAPH_FILE_LOCKS:-40} turns=${PARGRAPH_FILE_TURNS:-30}
out='' err='' status=0

# Each is asked for as soon as a short step has ended, which may be in a thread of its own.
{
    echo 'locks:'
    for i in $(seq "$locks"); do echo "  l$i: {file: lock-$i}"; done
    echo 'tasks:'
    for task in 1 2 3 4; do
        printf '  t%d:\n    steps:\n' $task
        for i in $(seq $task 4 "$locks"); do
            printf '      - {run: "true"}\n      - {lock: l%d, run: echo %d >>had}\n' "$i" "$i"
        done
    done
} | workflow
go run -q -j 4 flow.yml
is 'many locks' 0
[ "$(sort -n had)" = "$(seq "$locks")" ] && ok || bad 'many locks' 'not each was had once'

# --- two runs want one all the time: neither has it much more often than the other meanwhile ---
{
    printf 'params: {name: {default: x}}\nlocks: {l: {file: shared}}\ntasks:\n  t:\n    steps:\n'
    printf '      - run: touch ready-${{ params.name }}; until [ -e go ]; do sleep 0.01; done\n'
    for i in $(seq "$turns"); do
        printf '      - {lock: l, run: "echo ${{ params.name }} >>order"}\n'
    done
} | workflow
for name in one two three; do
    "$pargraph" run -q --state state-$name -p name=$name flow.yml &
    runs="${runs:-} $!"
done
for name in one two three; do until_there ready-$name; done
touch go
for run in $runs; do
    wait "$run" || bad 'turns' "a run ended with status $?"
done
[ "$(wc -l <order)" -eq $((3 * turns)) ] && ok || bad 'turns' 'not all were had'
# Before one has had all of its turns each other has had a good part of its own.
least=$(awk -v turns="$turns" '{ had[$1]++ } had[$1] == turns { for (n in had) print had[n]; exit }' order | sort -n | head -n 1)
[ "$(sort -u order | wc -l)" -eq 3 ] && [ "${least:-0}" -ge $((turns / 4)) ] && ok ||
    bad 'turns' "one had to wait for another's last: $(uniq -c order | tr -s ' \n' ' ')"
finish
