#!/bin/sh
# Signals and kills: the documented statuses, and nothing left running.
. "$srcdir/tests/cli/lib.sh"

# begin: starts a run in the background; $run is the guardian.
begin() {
    "$pargraph" run "$@" >out.txt 2>err.txt </dev/null &
    run=$!
}

# end NAME STATUS
end() {
    wait "$run"
    status=$?
    out=$(cat out.txt) err=$(cat err.txt)
    is "$1" "$2"
}

# wait_runner: waits until $run, the guardian, has its child; $runner is that.
wait_runner() {
    for _ in $(seq 400); do
        runner=
        read -r runner _ <"/proc/$run/task/$run/children"
        [ -n "$runner" ] && return 0
        sleep 0.05
    done
    status=- out=$(cat out.txt) err=$(cat err.txt)
    bad 'wait_runner' 'the guardian has no child'
    finish
}

workflow <<'Y'
tasks:
  a: {run: "touch begun; sleep 31.125", cleanup: 'echo "$PARGRAPH_STATUS" > cleaned.txt'}
  b: {needs: a, run: touch never}
finally:
  f: {if: cancelled(), run: touch finally}
Y
begin flow.yml
until_there begun
kill -INT "$run"
end 'INT' 130
no_process 'INT ends what runs' '31.125'
[ -e finally ] && ok || bad 'INT' 'finally did not run'
[ ! -e never ] && ok || bad 'INT' 'something more was started'
holds 'cleanup after a cancel' cleaned.txt cancelled
rm -f begun finally
begin flow.yml
until_there begun
kill -TERM "$run"
end 'TERM' 143
no_process 'TERM ends what runs' '31.125'

# To the process group, as a shell's kill, timeout or a batch system does it: one request.
for round in 1 2 3 4 5; do
    for signal in INT TERM; do
        rm -f begun finally
        setsid "$pargraph" run flow.yml >out.txt 2>err.txt </dev/null &
        run=$!
        until_there begun
        [ "$round" -gt 3 ] && kill "-$signal" "$run"
        kill "-$signal" "-$run"
        end "$signal to the group" "$([ $signal = INT ] && echo 130 || echo 143)"
        [ -e finally ] && ok || bad "$signal to the group" 'finally did not run'
    done
done

rm -f begun
workflow <<'Y'
tasks:
  stubborn: {shell: bash, run: "trap '' TERM INT; touch begun; for i in {1..600}; do sleep 0.1325; done"}
Y
begin flow.yml
until_there begun
kill -INT "$run"
sleep 0.3
kill -INT "$run"
end 'the second INT kills' 130
no_process 'the second INT kills all' '0.1325'

rm -f begun
workflow <<'Y'
tasks:
  hidden: {shell: bash, run: "setsid bash -c 'trap \"\" TERM; (sleep 32.125 & sleep 32.125)' & setsid sleep 32.125 & touch begun; sleep 32.125"}
Y
begin flow.yml
until_there begun
kill -INT "$run"
sleep 0.2
kill -INT "$run"
end 'sessions of their own' 130
no_process 'processes in sessions of their own end too' '32.125'

rm -f begun
workflow <<'Y'
tasks:
  t: {shell: bash, run: "setsid sleep 33.125 & touch begun; sleep 33.125"}
Y
begin flow.yml
until_there begun
wait_runner
kill -9 "$runner"
wait "$run"
status=$? err=$(cat err.txt) out=
[ "$status" -ne 0 ] && ok || bad 'kill -9 of the runner' 'claims success'
has 'kill -9 of the runner is told' 'killed' "$err"
no_process 'the guardian ends the tree' '33.125'
go status
is 'status of a killed run' 0
has 'status of a killed run' 'killed' "$out"

rm -f begun
begin flow.yml
until_there begun
wait_runner
child=$runner
kill -9 "$run"
wait "$run" 2>/dev/null
for _ in $(seq 200); do
    kill -0 "$child" 2>/dev/null || break
    sleep 0.05
done
kill -0 "$child" 2>/dev/null && bad 'kill -9 of the guardian' 'the runner goes on' || ok
no_process 'the runner ends the tree' '33.125'

workflow <<'Y'
tasks:
  t: {matrix: {i: "${{ range(20) }}"}, shell: bash, timeout: 300ms, run: "setsid bash -c 'sleep 34.125 & sleep 34.125' & sleep 34.125"}
Y
go run -k -j 20 flow.yml
is 'timeouts of trees' 1
no_process 'no orphan survives a timeout' '34.125'

finish
