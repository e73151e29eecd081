#!/bin/sh
# run --json: every line is valid, has the documented fields, and all of them tell what status says.
. "$srcdir/tests/cli/lib.sh"
case $srcdir in /*) ;; *) srcdir=$OLDPWD/$srcdir ;; esac

if ! command -v python3 >/dev/null; then
    skip 'python3 is not there to read the events'
    finish
fi

go run --help
printf '%s' "$out" >help.txt

# agrees NAME STATUS ARGUMENTS...: a run with events, compared with what status says of it.
agrees() {
    name=$1 wanted=$2
    shift 2
    go run --json "$@" flow.yml
    cp out.txt events.txt
    if [ "$status" -ne "$wanted" ]; then bad "$name" "status $status instead of $wanted"; fi
    go status --json
    if said=$(python3 "$srcdir/tests/cli/events.py" events.txt out.txt help.txt 2>&1); then
        ok
    else
        out=$(cat events.txt)
        bad "$name" "$said"
    fi
}

workflow <<'Y'
name: a "name" with é
tasks:
  many:
    matrix: {text: [plain, "é\n\"\\", 2.5, true], number: [1, 2]}
    run: 'true'
  bytes: {run: 'printf "h\303"; sleep 0.05; printf "\251\377\033[1m\n"; printf "\303"'}
  again: {run: 'exit 3', retry: {max: 2, delay: 10ms}, needs: many}
  blocked: {run: 'true', needs: again}
  skipped: {run: 'true', if: "false"}
  tolerated: {run: 'kill -9 $$', continue-on-error: true}
  late: {run: 'sleep 100', timeout: 100ms}
  missing: {exec: [/does/not/exist]}
  invalid: {outputs: {x: int}, run: 'echo x=no >>"$PARGRAPH_OUTPUT"'}
finally:
  last: {run: 'true'}
Y
agrees 'every way to end' 1 -k
has 'a killed one has its signal' '"signal":"SIGKILL"' "$(cat events.txt)"
has 'progress is elsewhere, and quiet' '' "$err"
lacks 'no output in the events' 'task-output' "$(cat events.txt)"
agrees 'draining' 1
has 'draining is told' '"event":"draining"' "$(cat events.txt)"
agrees 'failing fast' 1 --fail-fast
agrees 'verbose: to standard error' 1 -k -v

agrees 'with output' 1 -k --json-output
# A character in two pieces comes in one, what is none as U+FFFD, at the end too.
has 'a divided character' 'text":"é' "$(cat events.txt)"
has 'no character' '\u001b[1m' "$(cat events.txt)"
joined=$(grep '"task-output".*"bytes"' events.txt | sed 's/.*"text":"\(.*\)"}/\1/' | tr -d '\n')
if [ "$joined" = 'hé�\u001b[1m\n�' ]; then ok; else bad 'output as text' "$joined"; fi

# An interrupt: what ran is stopping, then cancelled.
workflow <<'Y'
tasks:
  a: {run: "touch there; sleep 100"}
  b: {needs: a, run: "true"}
Y
"$pargraph" run --json flow.yml >events.txt 2>err.txt &
runner=$!
until_there there
# Events come while the run goes on.
for _ in $(seq 100); do
    grep -q task-started events.txt && break
    sleep 0.05
done
has 'a live stream' '"event":"task-started"' "$(cat events.txt)"
kill -INT "$runner"
wait "$runner"
go status --json
if said=$(python3 "$srcdir/tests/cli/events.py" events.txt out.txt help.txt 2>&1); then ok; else bad 'interrupted' "$said"; fi
has 'the message' '"event":"message"' "$(cat events.txt)"
has 'stopping' '"event":"task-stopping"' "$(cat events.txt)"

# Nobody reads any more: the run goes on.
workflow <<'Y'
tasks: {a: {run: "sleep 0.3"}, b: {needs: a, run: touch done.txt}}
Y
"$pargraph" run --json flow.yml 2>/dev/null | true
until_there done.txt && ok

go run --dry-run --json flow.yml
is 'no events of a dry run' 2
has 'what to do instead' 'plan --json' "$err"

finish
