#!/bin/sh
# The wall clock is set while pargraph runs, by days, forward and back: nothing ends early or late,
# durations are true, the newest run is the one that began last, and a resume finds what was left.
library=$(pwd)/tests/cli/clock.so
. "$srcdir/tests/cli/lib.sh"
DAY=86400

if ! [ -e "$library" ]; then
    skip 'there is no library to set the clock with'
    finish
fi
# In a folder of each task's own reach: the time as it is to be seen by all. `set_clock SECONDS`.
printf '%-20s\n' 0 >shift
cat >set_clock <<'X'
#!/bin/sh
printf '%-20s' "$1" 1<>"$CLOCK_SHIFT"
X
chmod +x set_clock
CLOCK_SHIFT=$folder/shift
export CLOCK_SHIFT
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
LD_PRELOAD=$library
export ASAN_OPTIONS LD_PRELOAD

now=$(date +%s)
./set_clock $DAY
moved=$(($(date +%s) - now))
[ $moved -ge $DAY ] && [ $moved -lt $((DAY + 60)) ] && ok || bad 'the clock' "moved by $moved"
./set_clock 0

# within NAME NUMBER: a number of seconds (may be with decimals) of 0 up to a minute.
within() {
    case $2 in
    [0-9] | [0-5][0-9] | [0-9].* | [0-5][0-9].*) ok ;;
    *) bad "$1" "$2 is not a time of this test" ;;
    esac
}
field() { # NAME FILE: the first number behind "NAME": in JSON
    sed -n "s/.*\"$1\": *\(-\{0,1\}[0-9.e+]*\).*/\1/p" "$2" | head -n 1
}

# --- timeouts ---
workflow <<'Y'
tasks:
  back: {timeout: 0.5s, run: './set_clock -86400; sleep 30.25'}
  forward: {needs: back, if: always(), timeout: 1h, run: './set_clock 864000; sleep 0.2; ./set_clock 0; echo through'}
Y
go run -q flow.yml
is 'a timeout while the clock is set' 1
has 'set back, a task is overdue all the same' 'back failed: timed out' "$err"
go status --json
has 'set forward, a task is not overdue' '"status":"success"' "$(printf %s "$out" | tr '{' '\n' | grep '"forward"')"

# --- retries, and the run's own timeout ---
rm -rf .pargraph
workflow <<'Y'
timeout: 1s
tasks:
  t: {retry: {max: 3, delay: 1h}, run: 'echo tried >>tries; ./set_clock 864000; exit 3'}
Y
go run -q flow.yml
is 'a delay of an hour, and a timeout of a second' 1
holds 'set forward, no delay is over' tries tried
./set_clock 0

rm -rf .pargraph tries
workflow <<'Y'
tasks:
  t: {retry: {max: 1, delay: 300ms}, run: 'echo tried >>tries; ./set_clock -864000; test $PARGRAPH_ATTEMPT = 2'}
Y
go run -q flow.yml
is 'a delay while the clock is set back' 0
holds 'set back, a delay is over in time' tries 'tried
tried'
./set_clock 0

# --- durations ---
for step in -86400 86400; do
    rm -rf .pargraph began go
    workflow <<Y
tasks:
  a: {run: './set_clock $step; sleep 0.1'}
  b: {needs: a, run: 'echo >began; until test -e go; do sleep 0.02; done'}
Y
    "$pargraph" run --json flow.yml >events.txt 2>/dev/null </dev/null &
    run=$!
    until_there began
    go status --json
    is "set by $step: status of what runs" 0
    within "set by $step: how long it has run" "$(field elapsed out.txt)"
    echo >go
    wait $run
    status=$?
    is "set by $step: the run" 0
    go status --json
    within "set by $step: how long it took" "$(field elapsed out.txt)"
    for time in $(sed -n 's/.*"time": *\(-\{0,1\}[0-9.e+]*\).*/\1/p' events.txt); do
        within "set by $step: an event's time" "$time"
    done
    go runs
    lacks "set by $step: runs" 'd ' "$(printf '%s' "$out" | tail -n 1)"
    ./set_clock 0
done

# --- which run is the newest ---
rm -rf .pargraph stop ran
workflow <<'Y'
tasks:
  t: {run: 'echo $PARGRAPH_RUN_ID >>ran; test ! -e stop'}
Y
go run -q flow.yml
is 'the first run' 0
./set_clock -3600
touch stop
go run -q flow.yml
is 'the second run, an hour before' 1
go status
has 'the newest is the one that began last' "$(tail -n 1 ran)" "$out"
rm stop
go run -q --resume flow.yml
is 'it goes on with the newest' 0
holds 'it went on with the newest' ran "$(sed -n 1p ran)
$(sed -n 2p ran)
$(sed -n 2p ran)"
./set_clock 0

# --- what a dead run has left, found by the journal alone ---
for step in -86400 86400; do
    rm -rf .pargraph began go
    workflow <<'Y'
tasks:
  t: {run: "touch began; test -e go || sleep 35.375"}
  u: {exec: [env, -i, sh, -c, "test -e go || sleep 35.375"]}
Y
    "$pargraph" run -q -j2 flow.yml </dev/null &
    run=$!
    until_there began
    sleep 0.2
    kill_both $run
    [ -n "$(processes 35.375)" ] && ok || bad "set by $step: survivors" 'there are none to be found'
    touch go
    ./set_clock $step
    go resume
    is "set by $step: a resume" 0
    has "set by $step: survivors are told" 'processes that the run had left' "$err"
    no_process "set by $step: survivors" 35.375
    go status --json
    within "set by $step: a resumed run" "$(field elapsed out.txt)"
    ./set_clock 0
done
finish
