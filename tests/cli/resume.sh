#!/bin/sh
# pargraph resume and run --resume: what runs again and what does not, who may, and what a full disk
# leaves of it. Damages are in damage.sh, kills in kills.sh and killed_calls.sh.
. "$srcdir/tests/cli/lib.sh"

workflow <<'Y'
params: {who: {default: me}}
tasks:
  a: {outputs: {v: int}, run: 'echo a >>ran; echo v=7 >>"$PARGRAPH_OUTPUT"; echo text of a'}
  b: {needs: a, retry: 1, run: 'echo "b$PARGRAPH_ATTEMPT" >>ran; echo "try $PARGRAPH_ATTEMPT"; test -e ok'}
  c: {needs: [a, b], run: "echo c ${{ needs.a.outputs.v }} ${{ needs.a.stdout }} >>ran"}
  t: {continue-on-error: true, priority: 9, run: "echo t >>ran; exit 1"}
finally:
  f: {run: "echo f ${{ len(run.failed) }} >>ran"}
Y
go run -j1 flow.yml
is 'a run that fails' 1
has 'the summary tells how to go on' 'pargraph resume' "$err"
holds 'what ran' ran 't
a
b1
b2
f 1'
rm ran
go resume -j1
is 'it fails again' 1
holds 'the failed runs again with all its attempts, then finally' ran 'b1
b2
f 1'
rm ran
touch ok
go resume -j1
is 'it succeeds' 0
holds 'values of before are there' ran 'b1
c 7 text of a
f 0'
has 'how much was done is told' 'goes on' "$err"
go logs --all b
is 'logs --all' 0 '==> b, attempt 1: exit status 1 <==
try 1
==> b, attempt 2: exit status 1 <==
try 2
==> b, attempt 1: exit status 1 <==
try 1
==> b, attempt 2: exit status 1 <==
try 2
==> b, attempt 1: exit status 0 <==
try 1'
go logs b
is 'logs' 0 'try 1'
go status
is 'status' 0
has 'status of a resumed run' 'succeeded' "$out"
has 'status of a resumed run: counts' '4 ok, 1 failed (continue-on-error)' "$out"
go runs
has 'runs: the outcome' 'success' "$out"
has 'runs: the counts' '4/5' "$out"
[ "$(ls .pargraph/runs | wc -l)" -eq 1 ] && ok || bad 'resume' 'it made another run'
rm ran
go resume
is 'nothing is left to do' 0 ''
has 'nothing is left to do: says so' 'ended in success' "$err"
[ ! -e ran ] && ok || bad 'nothing is left to do' 'something ran'
go dot --run "$(ls .pargraph/runs)" flow.yml
is 'dot --run' 0

go run --resume flow.yml
is 'run --resume after a success begins anew' 0
[ "$(ls .pargraph/runs | wc -l)" -eq 2 ] && ok || bad 'run --resume' 'no new run'
rm ok ran
go run -q flow.yml
touch ok
rm ran
go run -q --resume flow.yml
is 'run --resume goes on' 0
[ "$(ls .pargraph/runs | wc -l)" -eq 3 ] && ok || bad 'run --resume' 'a new run'
grep -qx a ran && bad 'run --resume' 'a success ran again' || ok
rm ok
go run -q flow.yml
go run -q --resume -p who=you flow.yml
is 'other params' 1
has 'other params: a new run begins' 'other params: a new run begins' "$err"
echo '# changed' >>flow.yml
go run -q --resume flow.yml
has 'another text: a new run begins' 'another text of the workflow: a new run begins' "$err"
go run -q --resume flow.yml a
is 'another selection' 0
has 'another selection: a new run begins' 'another selection' "$err"
go resume nosuch
is 'no such run' 4
go resume a b
is 'two runs' 2
mkdir empty
go resume --state empty
is 'no run' 4

# A matrix that was expanded after a failure: its instances wait for what failed to end again.
rm -rf .pargraph ran ok
workflow <<'Y'
tasks:
  a: {run: "sleep 0.2; echo a >>ran; test -e ok && echo text"}
  m:
    needs: a
    if: always()
    matrix: {i: "${{ range(needs.a.status == 'success' and 5 or 3) }}"}
    run: "echo m${{ matrix.i }} ${{ needs.a.status }} ${{ json(needs.a.stdout) }} >>ran; [ ${{ matrix.i }} != 1 ] || [ -e ok ]"
  z: {needs: m, run: "echo z >>ran"}
Y
go run -q -k -j1 flow.yml
is 'a matrix after a failure' 1
holds 'a matrix after a failure: what ran' ran 'a
m0 failure null
m1 failure null
m2 failure null'
rm ran
touch ok
go resume -q
is 'a matrix after a failure, resumed' 0
holds 'a matrix after a failure, resumed: what ran' ran 'a
m1 success "text"
z'
rm ok

# One owner.
rm -rf .pargraph ran
workflow <<'Y'
tasks:
  a: {run: "echo a >>ran"}
  b: {needs: a, run: "touch begun; while [ ! -e go ]; do sleep 0.05; done; echo b >>ran"}
Y
"$pargraph" run -q flow.yml </dev/null &
run=$!
until_there begun
go resume
is 'a live run' 4
has 'a live run: says so' 'is running' "$err"
kill_both $run
"$pargraph" resume -q 2>one.txt </dev/null &
one=$!
"$pargraph" resume -q 2>two.txt </dev/null &
two=$!
sleep 1
touch go
wait $one
first=$?
wait $two
second=$?
status="$first$second"
case $status in
04 | 40) ok ;;
*) bad 'two resumes at once' "$(cat one.txt two.txt)" ;;
esac
status=$first
holds 'two resumes at once: one runs' ran 'a
b'

# Survivors of a kill of both: those that hid in sessions of their own, too, and those that the
# journal alone knows.
rm -rf .pargraph begun go
workflow <<'Y'
tasks:
  t: {shell: bash, run: "test -e go && exit; (setsid sleep 35.125 &) ; (exec env -i sleep 35.125) & touch begun; sleep 35.125"}
  u: {exec: [env, -i, sh, -c, "test -e go || sleep 35.125"]}
Y
"$pargraph" run -q -j2 flow.yml </dev/null &
run=$!
until_there begun
sleep 0.2
kill_both $run
[ -n "$(processes 35.125)" ] && ok || bad 'survivors' 'there are none to be found'
touch go
go resume
is 'a run with survivors' 0
has 'survivors are told' 'processes that the run had left' "$err"
[ -z "$(processes 35.125)" ] && ok || bad 'survivors' "still there: $(processes 35.125)"
has 'what was running is told as lost' 'lost with its runner' "$("$pargraph" logs -a t)"

# Killed before there was a journal.
rm -rf .pargraph
go run -q flow.yml
run=$(ls -d .pargraph/runs/*)
cp -r "$run" whole
for gone in lock frozen.json workflow/main.yml journal; do
    rm "$run/$gone"
    go resume
    is "no $gone" 4
    has "no $gone: says so" 'was killed before it began' "$err"
    cp -r whole/. "$run"
done
: >"$run/journal"
go resume
is 'an empty journal' 4
go run -q --resume flow.yml
is 'run --resume begins anew' 0
rm -rf whole

# A full disk.
rm -rf .pargraph started
workflow <<'Y'
tasks:
  a: {run: "echo a >>started"}
  b: {needs: a, run: "echo b >>started; head -c 3000000 /dev/zero"}
  c: {needs: b, run: "echo c >>started"}
Y
mkdir disk
if mount -t tmpfs -o size=1m tmpfs disk 2>/dev/null; then
    go run -q --state disk/state flow.yml
    is 'a full disk' 4
    has 'a full disk: says so' 'No space left' "$err"
    mount -o remount,size=16m disk
    go resume -q --state disk/state
    is 'a full disk, then resumed' 0
    holds 'a full disk, then resumed: what ran' started 'a
b
b
c'
    umount disk
else
    skip 'no file system could be mounted: a full disk was not tried'
fi
(
    ulimit -f 2000
    trap '' XFSZ
    "$pargraph" run -q flow.yml >out.txt 2>err.txt
)
status=$? out='' err=$(cat err.txt)
is 'a log that may not grow' 4
rm -f started
go resume -q
is 'a log that may not grow, then resumed' 0
holds 'a log that may not grow, then resumed: what ran' started 'b
c'

finish
