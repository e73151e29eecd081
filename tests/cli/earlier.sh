#!/bin/sh
# The index is derived: how long tasks took in earlier runs is read from the journals again when it
# was deleted or is damaged, by those who look at a run and by runs themselves.
. "$srcdir/tests/cli/lib.sh"

workflow <<'Y'
tasks:
  first: {run: 'echo "[1, 2]"'}
  a: {needs: first, run: 'sleep 1.1; test ! -e broken'}
  b: {needs: a, run: 'until test -e go; do sleep 0.05; done'}
  d: {needs: first, matrix: {i: "${{ fromjson(needs.first.stdout) }}"}, run: 'true'}
Y
touch go
go run -q -j4 flow.yml
is 'the first run' 0

# left NAME YES: does a run that has come to `a` know what is left?
left() {
    rm -f go
    "$pargraph" run --json -j4 flow.yml >events.txt 2>/dev/null </dev/null &
    run=$!
    for _ in $(seq 200); do
        grep -q '"d\[i=2\]".*success\|success.*"d\[i=2\]"' events.txt && break
        sleep 0.05
    done
    go status --json
    if [ "$2" = yes ]; then
        has "$1" '"left":' "$out"
    else
        lacks "$1" '"left":' "$out"
    fi
    kill -9 $run
    wait $run 2>/dev/null
}

rm .pargraph/index.db
left 'the index was deleted' yes
for _ in $(seq 9); do
    printf 'this is no database, and it is long enough for one, or so it may seem'
done >.pargraph/index.db
left 'the index is damaged' yes
[ -e .pargraph/index.db.bad ] && ok || bad 'the damaged index' 'is not kept aside'

# A run that has something to tell itself does not hide what earlier runs told.
rm .pargraph/index.db
touch broken go
go run -q -j4 flow.yml
is 'a run that fails' 1
rm broken
mv .pargraph/runs/2* .
left 'earlier runs were told of before this one' yes

# Nothing is taken from runs of another plan, nor where there is nothing.
rm -rf .pargraph 2*
left 'there was no earlier run' no
touch go
go run -q -j4 flow.yml
is 'a run of the old plan' 0
rm .pargraph/index.db
sed -i 's/^  b:/  c: {run: "true"}\n  b:/' flow.yml
left 'another plan' no
finish
