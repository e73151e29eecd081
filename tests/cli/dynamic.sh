#!/bin/sh
# Matrices that are expanded while the workflow runs, and what is kept of them.
. "$srcdir/tests/cli/lib.sh"

workflow <<'Y'
name: grow
params: {files: {type: text, default: 'a b c'}}
tasks:
  make:
    run: rm -rf made; mkdir made; for f in $FILES; do echo "$f" > made/$f; done; echo '["x", "y"]'
    env: {FILES: "${{ params.files }}"}
  map:
    needs: make
    matrix: {file: "${{ glob('made/*') }}"}
    run: "[ \"$(cat ${{ matrix.file }})\" != bad ] && cat ${{ matrix.file }}"
  after:
    needs: {map: same}
    matrix: {file: "${{ glob('made/*') }}"}
    run: echo after ${{ needs.map.stdout }}
  value:
    needs: make
    matrix: {v: "${{ fromjson(needs.make.stdout) }}", i: [1, 2]}
    run: echo ${{ matrix.v }}${{ matrix.i }}
  total: {needs: [map, value], run: "echo ${{ needs.map.stdout }} ${{ needs.value.stdout }}"}
finally:
  clean: {matrix: {file: "${{ glob('made/*') }}"}, needs: total, run: "true"}
Y
go list flow.yml
has 'list' 'map    x?' "$out"
go check flow.yml
has 'check' '2 instances, and those of 4 tasks known only while it runs' "$out$err"
go run -q flow.yml 'map[file=made/a]'
is 'an instance that is not known' 2
has 'an instance that is not known' "known only when what it needs has ended" "$err"
go run flow.yml
is 'the run' 0
has 'the run: total' 'a b c x1 x2 y1 y2' "$out"
has 'the run: each of its own' 'after b' "$out"
has 'the run: counts' '15 tasks: 15 ok' "$err"

# What was seen then is seen again, whatever there is now.
rm -rf made
go status
is 'status' 0
has 'status' '15 tasks: 15 ok' "$out"
go logs 'after[file=made/c]'
is 'logs' 0 'after c'
go dot --run last flow.yml
has 'dot' 'map\n×3\n3 ok' "$out"
go plan --json flow.yml
has 'plan' '"is_dynamic":true,"needs":["make"],"instances":[]' "$out"

go run flow.yml -p files=
is 'no files' 0
has 'no files' '6 tasks: 6 ok' "$err"
go run -k flow.yml -p files='a bad c'
is 'one of them fails' 1
has 'one of them fails: the others go on' 'after c' "$out"
go status
has 'one of them fails: its own is blocked' '1 failed, 2 blocked' "$out"

workflow <<'Y'
tasks:
  make: {run: echo 7}
  map: {needs: make, matrix: {i: "${{ fromjson(needs.make.stdout) }}"}, run: "true"}
  all: {needs: map, run: "true"}
  other: {run: echo other}
Y
go run -k flow.yml
is 'no list' 1
has 'no list: where' "flow.yml:4:34: the values of 'i' must be a list, this gives a number" "$err"
has 'no list: the run goes on' 'other' "$out"
go status
has 'no list: status' "map[*]: " "$out"
finish
