#!/bin/sh
# What the machine may lack: descriptors, processes, memory, room on the disk, a state directory, a
# terminal, standard streams, a reader, /proc, a quiet clock.
. "$srcdir/tests/cli/lib.sh"

# As another user where this one is root, for whom there are few limits.
another='' user=
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    user=54321
    another="setpriv --reuid $user --regid $user --clear-groups"
    if $another test -x "$pargraph"; then
        chmod 755 "$folder"
    else
        another='' user=
    fi
fi
# May mounts be made, seen by nobody else?
can_mount() {
    unshare -m true 2>/dev/null
}

# --- descriptors, processes, memory ---
workflow <<'Y'
tasks: {t: {matrix: {i: "${{ range(40) }}"}, run: "echo ${{ matrix.i }} >>done; sleep 0.05; :"}}
Y
# all_once NAME: each of the 40 has run, and once.
all_once() {
    is "$1" 0
    [ "$(sort -n done | uniq | wc -l)" -eq 40 ] && [ "$(wc -l <done)" -eq 40 ] && ok || bad "$1" "$(sort -n done)"
    rm -f done
}
(
    ulimit -n 24
    "$pargraph" run -q -j 40 flow.yml >out.txt 2>err.txt </dev/null
)
status=$? out=$(cat out.txt) err=$(cat err.txt)
all_once 'few descriptors'
if [ -n "$user" ]; then
    mkdir other && chown -R $user other && cd other || exit 99
    # Programs that start no others: what these make of the limit is their own affair.
    workflow <<'Y'
tasks: {t: {matrix: {i: "${{ range(40) }}"}, exec: [sed, -u, "w done.${{ matrix.i }}"], stdin: {text: "${{ matrix.i }}\n"}}}
Y
    # bash: dash has no limit of processes.
    $another bash -c 'ulimit -u 14; exec "$0" run -q -j 40 flow.yml' "$pargraph" >out.txt 2>err.txt </dev/null
    status=$? out=$(cat out.txt) err=$(cat err.txt)
    cat done.* >done
    all_once 'few processes'
    cd .. || exit 99
    mkdir locked && cp flow.yml locked/ && chmod 555 locked && cd locked || exit 99
    $another "$pargraph" run -q flow.yml >../out.txt 2>../err.txt </dev/null
    status=$? out=$(cat ../out.txt) err=$(cat ../err.txt)
    cd .. || exit 99
    is 'a folder that may not be written' 4
    has 'a folder that may not be written' 'Permission denied' "$err"
    mkdir -m 700 secret
    printf 'pargraph: 1\ntasks: {t: {exec: [no-such-command]}}\n' >other/flow.yml
    PATH="$folder/secret:$PATH" $another "$pargraph" run other/flow.yml >out.txt 2>err.txt </dev/null
    status=$? out=$(cat out.txt) err=$(cat err.txt)
    is 'a folder of PATH that may not be looked into' 1
    has 'a folder of PATH that may not be looked into' 'No such file or directory' "$err"
else
    skip 'not root, or the program is not for others: limits of another user'
fi
workflow <<'Y'
tasks: {t: {matrix: {i: "${{ range(1000) }}", j: "${{ range(1000) }}"}, run: "true"}}
Y
if ldd "$pargraph" | grep -q san; then
    skip 'a sanitizer has the memory for itself'
else
    (
        ulimit -v 40000
        timeout 60 "$pargraph" run -q flow.yml >out.txt 2>err.txt </dev/null
    )
    status=$? out=$(cat out.txt) err=$(cat err.txt)
    is 'no memory' 4
    has 'no memory' 'out of memory' "$err"
fi

# --- the disk, the state ---
workflow <<'Y'
tasks:
  first: {run: echo first}
  big: {needs: first, run: "head -c 10000000 /dev/zero"}
  after: {needs: big, run: touch after}
Y
if can_mount; then
    mkdir full
    unshare -m sh -c 'mount -t tmpfs -o size=1m none full && "$0" run --state full/state flow.yml >out.txt 2>err.txt
        echo $? >status.txt; "$0" status --state full/state >after.txt 2>&1' "$pargraph"
    status=$(cat status.txt) out=$(cat after.txt) err=$(cat err.txt)
    is 'a full disk' 4
    has 'a full disk' 'No space left on device' "$err"
    lacks 'a full disk: no false end' 'succeeded' "$out"
    has 'a full disk: what was done before' '1 ok' "$out"
    [ ! -e after ] && ok || bad 'a full disk' 'tasks went on'
else
    skip 'no mounts: the disk was not filled'
fi
workflow <<'Y'
tasks:
  remove: {run: rm -rf .pargraph}
  after: {needs: remove, outputs: {x: {type: int, default: 1}}, run: "true"}
Y
go run -q flow.yml
[ "$status" -ne 0 ] && ok || bad 'a state that was removed' 'claims success'
workflow <<'Y'
tasks: {remove: {run: rm -rf .pargraph}}
Y
go run -q flow.yml
is 'a state that was removed' 4
has 'a state that was removed' 'removed' "$err"
printf 'x' >.pargraph-file
go run --state .pargraph-file flow.yml
is 'a file in place of the state' 4
has 'a file in place of the state' 'in the way' "$err"

# --- standard streams, readers, a terminal ---
workflow <<'Y'
tasks: {t: {matrix: {i: "${{ range(20) }}"}, run: "echo \"out ${{ matrix.i }}\"; echo err >&2; :"}}
Y
"$pargraph" run -q flow.yml 2>/dev/null && "$pargraph" logs t >whole
for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
    for how in -q '' -v; do
        rm -rf .pargraph
        eval "\"$pargraph\" run $how -j4 flow.yml >/dev/null 2>&1 $closed"
        status=$?
        go logs t
        cmp -s out.txt whole && [ "$status" -eq 0 ] && ok || bad "closed streams: $closed $how" 'not as with open ones'
    done
done
for how in '' -v; do
    rm -rf .pargraph
    { "$pargraph" run $how -j2 flow.yml 2>&1; echo $? >status.txt; } | head -n 1 >/dev/null
    status=$(cat status.txt) out='' err=''
    is "a reader that goes away $how" 0
    rm -rf .pargraph
    "$pargraph" run $how -j2 flow.yml >/dev/full 2>/dev/full
    status=$?
    is "nowhere to write $how: a success, but not seen" 1
    go logs t
    cmp -s out.txt whole && ok || bad "nowhere to write $how" 'the log is not whole'
done
rm -rf .pargraph
setsid "$pargraph" run -q flow.yml </dev/null >out.txt 2>err.txt
status=$? out=$(cat out.txt) err=$(cat err.txt)
is 'no terminal' 0

# --- signals ---
workflow <<'Y'
tasks: {t: {matrix: {i: "${{ range(60) }}"}, run: "echo ${{ matrix.i }} >>done; sleep 0.02; :"}}
Y
"$pargraph" run -q -j 4 flow.yml >out.txt 2>err.txt </dev/null &
run=$!
until_there done
for _ in $(seq 300); do
    kill -WINCH $run && kill -CONT $run && kill -CHLD $run && kill -PIPE $run && kill -URG $run &&
        kill -CHLD "$(cut -d ' ' -f 1 /proc/$run/task/$run/children)"
done 2>/dev/null
wait $run
status=$? out=$(cat out.txt) err=$(cat err.txt)
is 'a storm of signals' 0
[ "$(sort -n done | uniq | wc -l)" -eq 60 ] && ok || bad 'a storm of signals' 'not all ran'
workflow <<'Y'
tasks: {t: {run: "touch begun; sleep 600.5"}}
Y
"$pargraph" run flow.yml >out.txt 2>err.txt </dev/null &
run=$!
until_there begun
kill -HUP $run
wait $run
status=$? out=$(cat out.txt) err=$(cat err.txt)
is 'HUP' 143
no_process 'HUP' 600.5

workflow <<'Y'
tasks: {t: {run: "kill -9 $PPID; sleep 600.5"}}
Y
{ "$pargraph" run flow.yml 2>&1; echo $? >status.txt; } | true
status=$(cat status.txt) out='' err=''
is 'a killed runner and no reader' 137
no_process 'a killed runner and no reader' 600.5

# --- no /proc ---
if can_mount; then
    workflow <<'Y'
tasks:
  t: {run: "sleep 600.5 & echo t"}
  u: {timeout: 200ms, run: "sleep 600.5"}
Y
    unshare -m sh -c 'mount -t tmpfs none /proc && "$0" run -q -k -j2 flow.yml >out.txt 2>err.txt; echo $? >status.txt' "$pargraph"
    status=$(cat status.txt) out=$(cat out.txt) err=$(cat err.txt)
    is 'no /proc' 1
    has 'no /proc is told' 'there is no /proc' "$err"
    ids=$(processes 600.5)
    # shellcheck disable=SC2086
    [ -z "$ids" ] || kill -9 $ids
else
    skip 'no mounts: /proc was there'
fi

finish
