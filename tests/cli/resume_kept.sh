#!/bin/sh
# pargraph resume where the journal cannot be replayed to its end: what is kept of a run that another
# version of the scheduler made, and of one whose values are damaged.
. "$srcdir/tests/cli/lib.sh"
journal_version=${PARGRAPH%/*}/tests/cli/journal_version
out='' err='' status=0

# ran NAME TEXT: what ran since the last call.
ran() {
    sort ran >sorted 2>/dev/null || : >sorted
    holds "$1" sorted "$2"
    rm -f ran
}

# --- another version ---
workflow <<'Y'
tasks:
  a: {outputs: {v: int}, run: 'echo a >>ran; echo v=7 >>"$PARGRAPH_OUTPUT"; echo text of a'}
  b: {matrix: {i: [1, 2]}, needs: a, run: "echo b${{ matrix.i }} >>ran; echo b${{ matrix.i }}"}
  s: {if: "false", run: "echo s >>ran"}
  t: {continue-on-error: true, run: "echo t >>ran; exit 1"}
  m: {needs: a, matrix: {i: "${{ range(needs.a.outputs.v - 5) }}"}, run: "echo m${{ matrix.i }} >>ran"}
  late: {timeout: 200ms, run: "trap 'exit 0' TERM; echo late >>ran; [ -e ok ] || sleep 30 & wait $!"}
  z: {needs: [a, b, s, t, m], run: "echo z ${{ needs.a.outputs.v }} ${{ needs.a.stdout }} ${{ needs.b.stdout }} >>ran; test -e ok"}
finally:
  f: {run: "echo f >>ran"}
Y
go run -q -k -j2 flow.yml
is 'the run' 1
ran 'the run' 'a
b1
b2
f
late
m0
m1
t
z 7 text of a b1 b2'
cp -r .pargraph whole

if [ -x "$journal_version" ]; then
    "$journal_version" .pargraph/runs/*/journal 4000000
    go status
    is 'status of another version' 4
    has 'status of another version: says so' 'another version of pargraph (scheduler 4000000' "$err"
    touch ok
    go resume
    is 'another version' 0
    has 'another version: says so' 'what succeeded is kept, all else begins anew' "$err"
    has 'another version: counts' '3 of 9 tasks succeeded before' "$err"
    ran 'another version: what runs again' 'f
late
m0
m1
t
z 7 text of a b1 b2'
    go status
    is 'another version: the journal is of this one now' 0
    has 'another version: status' '10 tasks: 8 ok, 1 failed (continue-on-error), 1 skipped' "$out"
    go logs a
    is 'another version: logs of what was kept' 0 'text of a'
    go logs --all z
    has 'another version: logs' 'exit status 0' "$out"

    # It had ended in success: nothing is done, not even to the journal.
    "$journal_version" .pargraph/runs/*/journal 4000000
    cksum .pargraph/runs/*/journal >before
    go resume
    is 'another version, ended in success' 0
    has 'another version, ended in success: says so' 'nothing is left to do' "$err"
    ran 'another version, ended in success' ''
    cksum .pargraph/runs/*/journal >after
    cmp -s before after && ok || bad 'another version, ended in success' 'the journal is another one'

    # Values that are damaged take their own task with them, and no other.
    rm -rf .pargraph
    cp -r whole .pargraph
    "$journal_version" .pargraph/runs/*/journal 4000000
    at=$(grep -abo 'text of a' .pargraph/runs/*/values | head -n 1 | cut -d : -f 1)
    printf T | dd of="$(ls .pargraph/runs/*/values)" bs=1 seek="$at" conv=notrunc 2>/dev/null
    go resume -q
    is 'another version, damaged values' 0
    has 'another version, damaged values: says so' 'and 1 task whose values are damaged' "$err"
    ran 'another version, damaged values' 'a
f
late
m0
m1
t
z 7 text of a b1 b2'

    # Whatever that version had running is ended: by the mark, or by what its journal tells, also of
    # instances that only it knew.
    rm -rf .pargraph ok
    workflow <<'Y'
tasks:
  a: {run: "true"}
  t: {exec: [env, -i, sh, -c, "test -e ok || sleep 36.125"]}
  m: {needs: a, matrix: {i: "${{ range(needs.a.exit_code + 2) }}"}, exec: [env, -i, sh, -c, "test -e ok || sleep 36.125"]}
Y
    "$pargraph" run -q -j3 flow.yml </dev/null &
    run=$!
    for _ in $(seq 200); do
        [ "$(processes 36.125 | wc -l)" -ge 6 ] && break
        sleep 0.05
    done
    sleep 0.3
    kill_both $run
    [ -n "$(processes 36.125)" ] && ok || bad 'survivors' 'there are none to be found'
    "$journal_version" .pargraph/runs/*/journal 4000000
    touch ok
    go resume
    is 'survivors of another version' 0
    has 'survivors of another version: told' 'processes that the run had left' "$err"
    [ -z "$(processes 36.125)" ] && ok || bad 'survivors of another version' "$(processes 36.125)"
else
    skip 'journal_version is not built: no journal of another version'
fi
rm -rf whole .pargraph ok

# --- a matrix whose values are damaged ---
workflow <<'Y'
tasks:
  make: {run: "echo make >>ran; printf '['; for i in 1 2 3; do head -c 3000 /dev/zero | tr '\\0' $i | sed 's/.*/\"&\"/'; [ $i = 3 ] || printf ,; done; echo ']'"}
  m: {needs: make, matrix: {t: "${{ fromjson(needs.make.stdout) }}"}, run: "echo m$(echo ${{ matrix.t }} | head -c 1) >>ran"}
  z: {needs: m, run: "echo z >>ran; test -e ok"}
Y
go run -q flow.yml
is 'a long matrix' 1
ran 'a long matrix' 'm1
m2
m3
make
z'
values=$(ls .pargraph/runs/*/values)
at=$(($(stat -c %s "$values") - 10))
printf 'X' | dd of="$values" bs=1 seek="$at" conv=notrunc 2>/dev/null
go status
is 'a damaged matrix' 4
has 'a damaged matrix: says what is wrong' 'the checksum is wrong' "$err"
has 'a damaged matrix: says what to do' "= pargraph resume $(ls .pargraph/runs) does again what came after it" "$err"
go resume -q
is 'a damaged matrix, resumed' 1
has 'a damaged matrix, resumed: says so' 'what comes behind is a matrix whose values are damaged' "$err"
ran 'a damaged matrix, resumed' 'm1
m2
m3
z'
touch ok
go resume -q
is 'a damaged matrix, resumed again' 0
lacks 'a damaged matrix, resumed again: whole' 'damaged' "$err"
ran 'a damaged matrix, resumed again' 'z'
go status
is 'a damaged matrix, done' 0
has 'a damaged matrix, done' '5 tasks: 5 ok' "$out"

# All of the values are gone.
rm "$values"
go resume -q
is 'without values' 0
has 'without values: says so' 'a success whose values are damaged' "$err"
ran 'without values' 'm1
m2
m3
make
z'
finish
