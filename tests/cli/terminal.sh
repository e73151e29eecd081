#!/bin/sh
# The progress display, on a real pseudo-terminal (script of util-linux), and calm elsewhere.
. "$srcdir/tests/cli/lib.sh"

workflow <<'Y'
tasks:
  quick: {run: echo from quick}
  slow: {needs: quick, run: sleep 0.6}
  bad: {needs: slow, run: "printf 'evil \\033]0;title\\007 text\\n'; exit 9"}
Y

go run flow.yml
lacks 'no escapes where there is no terminal' "$(printf '\033')" "$err"

if ! command -v script >/dev/null; then
    skip 'script is not there: no terminal to show progress on'
    finish
fi

on_terminal() { # ENVIRONMENT COMMAND
    env $1 script -qec "$2" typescript </dev/null >/dev/null 2>&1
    status=$?
    out=$(tr '\r' '\n' <typescript)
    err=
}

on_terminal TERM=xterm "$pargraph run flow.yml"
is 'the status comes through' 1
has 'progress counts' '1/3' "$out"
has 'progress names the running task' 'slow' "$out"
has 'output is shown' 'from quick' "$out"
lacks 'a task cannot set the title' "$(printf '\033]0;title')" "$out"
has 'the failure is in the summary' 'exit status 9' "$out"

on_terminal 'TERM=xterm NO_COLOR=1' "$pargraph run flow.yml"
lacks 'NO_COLOR' "$(printf '\033[3')" "$out"
on_terminal TERM=dumb "$pargraph run flow.yml"
lacks 'a dumb terminal gets no escapes' "$(printf '\033[')" "$out"

# The terminal is left as it was: stty says the same before and after a run that is interrupted.
cat >both.sh <<E
stty -a >before.txt
"$pargraph" run flow.yml & run=\$!
sleep 0.4
kill -INT \$run
wait \$run
stty -a >after.txt
E
on_terminal TERM=xterm 'sh both.sh'
if cmp -s before.txt after.txt && [ -s before.txt ]; then ok; else bad 'stty' 'the terminal was changed'; fi

finish
