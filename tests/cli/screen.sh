#!/bin/sh
# The display in a real terminal that shows what a person would see: tmux, without a window. Sizes,
# narrowing while the line stands, Ctrl-Z and fg under a shell with job control.
. "$srcdir/tests/cli/lib.sh"

server=pargraph-test-$$
tmux_do() {
    TMUX='' tmux -L "$server" -f /dev/null "$@"
}

if ! command -v tmux >/dev/null || ! command -v bash >/dev/null ||
    ! tmux_do new-session -d -x 100 -y 20 'bash --norc --noprofile -i' 2>/dev/null; then
    skip 'tmux or bash is not there: no terminal to look at'
    finish
fi
trap 'tmux_do kill-server 2>/dev/null; rm -rf "$folder"' EXIT

# shown TEXT...: waits until the screen shows all of the texts (10 s at most); $out is the screen.
shown() {
    status=0 err=
    for _ in $(seq 100); do
        out=$(tmux_do capture-pane -p)
        missing=
        for text; do
            case $out in
            *"$text"*) ;;
            *) missing=$text ;;
            esac
        done
        if [ -z "$missing" ]; then
            ok
            return
        fi
        sleep 0.1
    done
    bad "$*" "never shown: $missing"
}

enter() {
    tmux_do send-keys -l "$1"
    tmux_do send-keys Enter
}

# One task counts tenths of a second, so that it is seen whether it runs; all go on until told.
workflow <<'Y'
tasks:
  count:
    run: 'n=0; until [ -e stop ]; do n=$((n+1)); echo $n >counting; mv counting counted; sleep 0.1; done'
    timeout: 1h
  "quite_a_long_name_of_a_task_that_is_to_be_cut_somewhere":
    run: until [ -e stop ]; do sleep 0.1; done
  wide:
    matrix: {text: ["漢字漢字漢字"]}
    run: until [ -e stop ]; do sleep 0.1; done
Y

enter "PS1='ready> '; cd '$folder'; export TERM=screen; clear"
shown 'ready>'
enter "'$pargraph' run -j4 flow.yml"
shown '[0/3] 3 running, 1s: count 1s, ' 'quite_a_long_name'
lines=$(printf '%s\n' "$out" | grep -c 'running')
if [ "$lines" -eq 1 ]; then ok; else bad 'one line' "$lines lines of progress"; fi

# Narrower and wider again: never more than one row of progress, nothing of the old one around it.
for width in 60 40 23 20 80 41 120; do
    tmux_do resize-window -x "$width" -y 20
    shown '[0/3] 3 running, '
    sleep 0.3
    out=$(tmux_do capture-pane -p)
    rows=$(printf '%s\n' "$out" | sed -n '/3 running/,$p' | grep -c .)
    if [ "$rows" -eq 1 ]; then ok; else bad "width $width" "$rows rows from the progress line on"; fi
done
shown 'wide[text="漢字漢字漢字"]'

# Ctrl-Z: the line goes, the shell has the terminal, what runs stands still; fg: all goes on.
tmux_do send-keys C-z
shown 'Stopped' 'ready>'
out=$(tmux_do capture-pane -p)
lacks 'the line is gone' '3 running' "$out"
sleep 0.3
before=$(cat counted)
sleep 0.5
holds 'the tasks stand still' counted "$before"
enter fg
shown '[0/3] 3 running, '
for _ in $(seq 100); do
    [ "$(cat counted)" != "$before" ] && break
    sleep 0.1
done
after=$(cat counted)
if [ "${after:-$before}" != "$before" ]; then ok; else bad 'fg' 'the tasks do not go on'; fi

# In the background it leaves the terminal alone, and goes on.
tmux_do send-keys C-z
shown 'Stopped'
enter clear
enter bg
sleep 1.3
out=$(tmux_do capture-pane -p)
lacks 'no line in the background' 'running, ' "$out"
touch stop
shown '3 tasks: 3 ok'

# From a signal to the process itself, without a terminal: it stops, and goes on when told.
rm stop
enter "clear; '$pargraph' run -q flow.yml & echo \$! >pid"
until_there pid
rm -f counted
until_there counted
kill -TSTP "$(cat pid)"
for _ in $(seq 100); do
    case $(cut -d ' ' -f 3 "/proc/$(cat pid)/stat") in T) break ;; esac
    sleep 0.1
done
state=$(cut -d ' ' -f 3 "/proc/$(cat pid)/stat")
if [ "$state" = T ]; then ok; else bad 'TSTP' "state $state"; fi
before=$(cat counted)
sleep 0.4
holds 'stopped by a signal' counted "$before"
kill -CONT "$(cat pid)"
touch stop
for _ in $(seq 100); do
    kill -0 "$(cat pid)" 2>/dev/null || break
    sleep 0.1
done
if kill -0 "$(cat pid)" 2>/dev/null; then bad 'CONT' 'it does not end'; else ok; fi

finish
