#!/bin/sh
# Tasks that do what no task should: hold pipes, hide, stop, flood, kill, change the terminal.
# HOSTILE_BYTES: so much is written by one; HOSTILE_LINE: in one line; HOSTILE_CANCELS: so many trees
# are cancelled; HOSTILE_RUNS: so many runs share a folder.
. "$srcdir/tests/cli/lib.sh"
bytes=${HOSTILE_BYTES:-50000000} line=${HOSTILE_LINE:-20000000}
cancels=${HOSTILE_CANCELS:-60} runs=${HOSTILE_RUNS:-8}

# go_timed ARGUMENTS...: go, and $took seconds. quick NAME LIMIT: nothing waited for a long sleep.
go_timed() {
    began=$(date +%s)
    go "$@"
    took=$(($(date +%s) - began))
}
quick() {
    [ "$took" -lt "$2" ] && ok || bad "$1" "took $took s"
}

# --- the end of a task is the end of its process ---
workflow <<'Y'
tasks:
  held: {run: "sleep 600.25 & echo held"}
  twice: {shell: bash, run: "(setsid bash -c '(setsid sleep 600.25; true) & sleep 600.25' &); echo twice"}
  closed: {run: "exec >&- 2>&-; sleep 0.2; touch closed"}
  over: {shell: bash, run: "echo before; exec echo over"}
  late: {run: "(sleep 0.03; echo late) & echo early"}
  reopened: {run: "exec </dev/full; exec 9</dev/zero; echo reopened"}
Y
go_timed run -j6 -q flow.yml
is 'processes that stay' 0
quick 'processes that stay do not hold the run' 60
no_process 'processes that stay end with the run' 600.25
[ -e closed ] && ok || bad 'a task that closed its output' 'was not waited for'
go logs over
is 'a task that becomes another' 0 'before
over'
go logs late
has 'what came after the end' 'early' "$out"

# --- stopped, stubborn, hidden ---
workflow <<'Y'
tasks:
  stopped: {timeout: 300ms, run: "kill -STOP $$; echo never"}
  parent: {timeout: 300ms, shell: bash, run: "setsid bash -c 'kill -STOP $$; sleep 600.25' & kill -STOP $BASHPID"}
  many: {timeout: 3s, shell: bash, run: "trap '' TERM; for i in {1..400}; do sleep 600.25 & done; touch many; wait"}
  storm:
    timeout: 2s
    shell: bash
    run: |
      trap '' TERM
      storm() { trap '' TERM; while :; do setsid sleep 600.25 & sleep 0.01; done; }
      for i in 1 2 3; do storm & done
      wait
Y
go_timed run -k -j4 -q flow.yml
is 'stopped and stubborn tasks' 1
has 'a task that stopped itself' 'timed out' "$err"
no_process 'nothing of them is left' 600.25

# --- killing ---
workflow <<'Y'
tasks:
  group: {run: "kill -9 0"}
  after: {needs: group, if: always(), run: echo after}
Y
go run -q flow.yml
is 'a task that kills its group' 1
has 'a task that kills its group' 'SIGKILL' "$err"
go logs after
is 'others go on' 0 'after'
workflow <<'Y'
tasks: {runner: {run: "sleep 600.25 & kill -9 $PPID; sleep 600.25"}}
Y
go run -q flow.yml
is 'a task that kills the runner' 137
has 'a task that kills the runner' 'runner was killed by SIGKILL' "$err"
no_process 'nothing is left without the runner' 600.25
workflow <<'Y'
tasks: {guardian: {run: "sleep 600.25 & kill -9 $(cut -d ' ' -f 4 /proc/$PPID/stat); sleep 600.25"}}
Y
go run -q flow.yml
is 'a task that kills the guardian' 137
no_process 'nothing is left without the guardian' 600.25
workflow <<'Y'
tasks: {polite: {run: "kill -TERM $PPID; sleep 600.25"}}
Y
go run -q flow.yml
is 'a task that ends the runner' 143
no_process 'nothing is left of it' 600.25

# --- floods: every byte is in the log, none stays in memory ---
# A task's parent is the runner; its greatest size before and after.
workflow <<Y
tasks:
  before: {run: "grep VmHWM /proc/\$PPID/status | tr -dc 0-9 >before"}
  flood: {needs: before, shell: bash, run: "yes 'a line of the flood' | head -c $bytes || true"}
  line: {needs: before, shell: bash, run: "head -c $line /dev/zero | tr '\\\\0' x"}
  after: {needs: [flood, line], run: "grep VmHWM /proc/\$PPID/status | tr -dc 0-9 >after"}
  binary: {run: "printf 'a\\\\000b\\\\377\\\\033[31m\\\\r\\\\n\\\\302\\\\233'"}
Y
for how in -q -v; do
    rm -rf .pargraph before after
    "$pargraph" run $how -j2 flow.yml >/dev/null 2>err.txt
    status=$? out='' err=$(cat err.txt)
    is "a flood $how" 0
    yes 'a line of the flood' | head -c "$bytes" | cksum >expected
    "$pargraph" logs flood | cksum >actual
    cmp -s expected actual && ok || bad "a flood $how" 'its log is not what it wrote'
    head -c "$line" /dev/zero | tr '\0' x | cksum >expected
    "$pargraph" logs line | cksum >actual
    cmp -s expected actual && ok || bad "a line $how" 'its log is not what it wrote'
    grew=$(($(cat after) - $(cat before)))
    [ "$grew" -le 16384 ] && ok || bad "a flood $how" "the runner grew by $grew KiB"
done
printf 'a\000b\377\033[31m\r\n\302\233' >expected
"$pargraph" logs binary >actual
cmp -s expected actual && ok || bad 'binary output' 'its log is not what it wrote'

# --- the terminal ---
if command -v script >/dev/null; then
    cat >tty.sh <<'S'
TTY=$(tty)
export TTY
stty -a >before.txt
"$PARGRAPH" run -k flow.yml
echo $? >status.txt
stty -a >after.txt
"$PARGRAPH" logs escapes
S
    workflow <<'Y'
tasks:
  modes: {run: 'stty -echo -icanon <"$TTY" && stty -a <"$TTY" >during.txt'}
  ask: {timeout: 20s, run: 'exec 2>/dev/null; read -r x </dev/tty && touch asked'}
  escapes: {run: "printf 'E\\033]0;title\\007 \\033[2J \\302\\233 2J\\nend\\n'; exit 1"}
Y
    for how in -q '' -v; do
        sed -i "s/ run.* flow/ run $how -k flow/" tty.sh
        TERM=xterm script -qec 'sh tty.sh' typescript </dev/null >/dev/null 2>&1
        status=$(cat status.txt) out=$(cat typescript) err=
        is "a terminal $how" 1
        lacks "no escape of a task $how" "$(printf '\033]0')" "$out"
        lacks "no erasing by a task $how" "$(printf '\033[2J')" "$out"
        lacks "no 8-bit escape $how" "$(printf '\302\233')" "$out"
        cmp -s before.txt during.txt && bad "modes $how" 'the task changed nothing' || ok
        cmp -s before.txt after.txt && ok || bad "modes $how" "$(diff before.txt after.txt)"
    done
    [ ! -e asked ] && ok || bad 'a task that reads the terminal' 'it got it'
else
    skip 'script is not there: no terminal'
fi

# --- cancelled trees: all of some hundred at once, when each has grown ---
most=$((cancels < 300 ? cancels : 300)) cancelled=0
workflow <<Y
tasks:
  tree:
    matrix: {i: "\${{ range($most) }}"}
    shell: bash
    run: |
      trap '' TERM
      setsid bash -c 'trap "" TERM; sleep 600.25 & sleep 600.25' &
      (setsid sleep 600.25 &)
      : >"tree.\$PARGRAPH_INSTANCE"
      sleep 600.25; sleep 600.25
  go:
    priority: 1
    run: |
      while [ "\$(ls | grep -c '^tree')" -lt $most ]; do sleep 0.1; done
      kill -INT "\$PPID"; sleep 0.3; kill -INT "\$PPID"
Y
while [ "$cancelled" -lt "$cancels" ]; do
    rm -rf .pargraph tree.*
    go run -q -j "$((most + 1))" flow.yml
    is "cancelled trees: after $cancelled" 130
    no_process 'nothing of cancelled trees is left' 600.25
    cancelled=$((cancelled + most))
done

# --- many at once in one folder ---
rm -rf .pargraph
workflow <<'Y'
tasks: {t: {matrix: {i: [1, 2, 3]}, run: "echo ${{ matrix.i }}; :"}}
Y
for i in $(seq "$runs"); do
    "$pargraph" run -q flow.yml >/dev/null 2>"side$i.txt" || echo "$i" >>failed.txt &
done
wait
status=0 out= err=$(cat side*.txt)
[ ! -e failed.txt ] && [ -z "$err" ] && ok || bad 'runs side by side' "failed: $(cat failed.txt)"
go runs
is 'runs side by side' 0
[ "$(printf '%s' "$out" | grep -c success)" -eq "$runs" ] && ok || bad 'runs side by side' 'not all are listed'
[ "$(printf '%s' "$out" | cut -d ' ' -f 1 | sort -u | wc -l)" -eq "$runs" ] && ok || bad 'runs side by side' 'ids'

finish
