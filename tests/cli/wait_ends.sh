#!/bin/sh
# Every kind of wait (as a word of a task, as a step, as a verb of a running shell) meets every end:
# INT, TERM, a second INT, another task's failure, the timeout of the task, that of the step or verb,
# kill -9 of the step or verb that waits, of who holds and of who could have come. Nobody waits for
# ever; statuses and messages are right; `finally` runs, and finds nothing held; no process and no
# socket is left.
#
# PARGRAPH_WAIT_ENDS (6): one of so many of all these is tried; 1: all.
# PARGRAPH_WAIT_ENDS_ONLY: one of them, as it is named.
. "$srcdir/tests/cli/lib.sh"
every=${PARGRAPH_WAIT_ENDS:-6} only=${PARGRAPH_WAIT_ENDS_ONLY:-}
out='' err='' status=0
mkdir bin run
chmod 700 run
ln -s "$pargraph" bin/pargraph
PATH=$folder/bin:$PATH
XDG_RUNTIME_DIR=$folder/run
export PATH XDG_RUNTIME_DIR
unset PARGRAPH_SOCKET PARGRAPH_TOKEN PARGRAPH_LEASE
command -v flock >/dev/null || {
    skip 'flock is not there'
    finish
}

# Who has what is waited for, or could do it; it does not end by itself.
cat >hold.sh <<'S'
[ ! -e stubborn ] || trap '' TERM INT
echo $$ >holder.new
mv holder.new holder
while :; do sleep 0.02; done
S
cat >held.sh <<'S'
until [ -e holder ]; do sleep 0.01; done
S

# describe KIND: for the workflow
#   declare  what it declares
#   holder   what the holder says besides its body
#   word, step, verb, acquire   how the waiter waits, `@` being where a timeout goes; empty: there is
#            no such form
#   before_step, before_verb    what the waiter does first
#   uses     of its verb
#   free     proves that nothing is held
# and what messages call it (what), and what becomes of the waiter when the holder is killed (after:
# through, blocked, or a text of the message).
describe() {
    declare='' holder='' word='' step='' verb='' acquire='' before_step='' before_verb=''
    uses='' free=true what='' after=through
    case $1 in
    lock)
        declare='locks: [l]' what='lock l' free='pargraph lock -t 0 l -- true'
        holder='lock: l, ' word='lock: l' step='lock: l, steps: [{run: touch through}]@'
        verb='pargraph lock @ l -- touch through' acquire='pargraph acquire @ l && touch through' ;;
    keyed)
        declare='locks: [l]' what='lock l' free='pargraph lock -t 0 l -k x -- true'
        holder='lock: {l: x}, ' word='lock: {l: x}' step='lock: {l: x}, run: touch through@'
        verb='pargraph lock @ l -k x -- touch through' acquire='pargraph acquire @ l -k x && touch through' ;;
    file)
        declare='locks: {l: {file: l.lock}}' what='lock l'
        word='lock: l' step='lock: l, run: touch through@'
        verb='pargraph lock @ l -- touch through' acquire='pargraph acquire @ l && touch through' ;;
    semaphore)
        declare='semaphores: {s: 2}' what='semaphore s' free='pargraph semaphore -t 0 s=2 -- true'
        holder='semaphore: s, ' word='semaphore: {s: 2}' step='semaphore: {s: 2}, run: touch through@'
        verb='pargraph semaphore @ s=2 -- touch through' acquire='pargraph acquire @ s=2 && touch through' ;;
    barrier)
        declare='barriers: [b]' what='barrier b' after='broken: holder failed'
        holder='uses: {barrier: b}, ' word='barrier: b' step='barrier: b@'
        uses='uses: {barrier: b}, ' verb='pargraph barrier @ b && touch through' ;;
    event)
        declare='events: [e]' what='event e' after='holder failed'
        holder='uses: {set: e}, ' word='wait: e' step='wait: e@' verb='pargraph wait @ e && touch through' ;;
    condition)
        declare='locks: [l]
conditions: {c: {lock: l}}' what='condition c' after='holder failed' free='pargraph lock -t 0 l -- true'
        holder='uses: {notify: c}, ' step='lock: l, steps: [{wait: c@}]'
        verb='pargraph lock l -- pargraph wait @ c && touch through' ;;
    get)
        declare='queues: {q: 1}' what='queue q' after='holder failed'
        holder='uses: {put: q}, ' step='get: q@' uses='uses: {get: q}, ' verb='pargraph get @ q && touch through' ;;
    put)
        declare='queues: {q: 1}' what='queue q' after='holder failed' before_step=', {put: {q: 1}}'
        holder='uses: {get: q}, ' step='put: {q: 2}@'
        uses='uses: {put: q}, ' before_verb='pargraph put q 1; ' verb='pargraph put @ q 2 && touch through' ;;
    sleep) what='sleep' step='sleep: 600s@' after= ;;
    pipe) word='stdout: {pipe: p}' after=blocked ;; # its reader may not begin yet
    daemon) # is not ready yet
        holder='daemon: true, ready: {file: nowhere}, ' word='needs: holder' after=blocked ;;
    esac
}

# compose KIND FORM END: the workflow.
compose() {
    limit='' step_limit='' verb_limit='' policy=fast breaker='' reader='' first=''
    case $3 in
    task-timeout) limit='timeout: 300ms, ' ;;
    step-timeout) step_limit=', timeout: 300ms' verb_limit='-t 300ms' ;;
    kill-holder) policy=keep-going ;;
    failure) breaker='  breaker: {run: "until [ -e break ]; do sleep 0.01; done; exit 9"}' ;;
    esac
    [ "$1" != pipe ] || reader='  reader: {needs: holder, run: cat, stdin: {pipe: p}}'
    [ "$1" = file ] || first="  holder: {${holder}run: exec sh hold.sh}"
    case $2 in
    task) waiter="$limit$word, run: touch through" ;;
    step) waiter="${limit}steps: [{run: sh held.sh}$before_step, {$step}, {run: touch through}]" ;;
    verb) waiter="$limit${uses}run: 'echo \$\$ >waiter; sh held.sh; $before_verb$verb'" ;;
    acquire) waiter="$limit${uses}run: 'echo \$\$ >waiter; sh held.sh; $acquire'" ;;
    esac
    waiter=$(printf '%s' "$waiter" | sed "s/@ /${verb_limit:+$verb_limit }/; s/@/$step_limit/")
    workflow <<Y
failure-policy: $policy
$declare
tasks:
$first
  waiter: {$waiter}
$breaker
$reader
finally:
  last: {run: '$free && touch last'}
Y
}

# waits KIND: until the waiter does; of what has not begun nothing tells.
waits() {
    until_there holder || return
    case $1 in pipe | daemon) return ;; esac
    for _ in $(seq 400); do
        "$pargraph" ps 2>/dev/null | grep -qE '^waiter: (waits|has waited|has slept)' && return
        sleep 0.01
    done
    bad "$name" 'the waiter does not wait'
}

# bring END: it comes.
bring() {
    case $1 in
    INT | TERM) kill "-$1" $run ;;
    second-INT)
        kill -INT $run
        sleep 0.15
        kill -INT $run ;;
    failure) touch break ;;
    kill-step) kill -9 "$(cat waiter)" ;;
    kill-verb)
        for child in $(cat "/proc/$(cat waiter)/task/$(cat waiter)/children"); do
            kill -9 "$child"
        done ;;
    kill-holder) kill -9 "$(cat holder)" ;;
    esac
}

# judge KIND FORM END: what must have become of it.
judge() {
    case $3 in
    INT | second-INT) is "$name" 130 ;;
    TERM) is "$name" 143 ;;
    kill-holder)
        if [ "$1" = file ]; then is "$name" 0; else is "$name" 1; fi ;;
    *) is "$name" 1 ;;
    esac
    how=$("$pargraph" status --json | sed -n 's/.*{"name":"waiter"[^}]*"status":"\([a-z]*\)".*/\1/p')
    wanted=cancelled text=''
    case $3-$2 in
    task-timeout-*) wanted=failure text='timed out' ;;
    step-timeout-step) wanted=failure text='timed out' ;;
    step-timeout-*) wanted=failure text='waiter failed: exit status 124' ;;
    kill-step-*) wanted=failure text='waiter failed: killed by SIGKILL' ;;
    kill-verb-*) wanted=failure text='waiter failed: exit status 137' ;;
    kill-holder-*)
        case $after in
        through) wanted=success ;;
        blocked) wanted=blocked ;;
        *) wanted=failure text=$after ;;
        esac ;;
    esac
    [ "$how" = "$wanted" ] && ok || bad "$name" "the waiter's status is '$how', not '$wanted'"
    [ -z "$text" ] || has "$name" "$text" "$err$("$pargraph" logs waiter 2>/dev/null)"
    if [ "$wanted" = success ]; then there=0; else there=1; fi
    test -e through
    [ $? -eq $there ] && ok || bad "$name" 'the waiter went on, or did not'
    [ -e last ] || [ "$3" = second-INT ] && ok || bad "$name" 'finally did not run, or something was held'
}

one() { # KIND FORM END
    name="$1-$2-$3"
    rm -rf holder stubborn waiter break through last l.lock
    compose "$@"
    [ "$3" != second-INT ] || touch stubborn
    outside=''
    if [ "$1" = file ]; then
        flock l.lock sh hold.sh &
        outside=$!
        until_there holder
    fi
    timeout -k 1 30 "$pargraph" run -j 4 flow.yml >out.txt 2>err.txt </dev/null &
    over=$!
    run=''
    while [ -z "$run" ] && [ -e /proc/$over ]; do
        read -r run _ <"/proc/$over/task/$over/children"
    done 2>/dev/null
    waits "$1"
    bring "$3"
    wait $over
    status=$? out=$(cat out.txt) err=$(cat err.txt)
    judge "$@"
    if [ "$1" = file ]; then
        kill -9 "$(cat holder)"
        wait $outside
        flock -w 9 l.lock true && ok || bad "$name" 'the file is locked'
    fi 2>/dev/null
    [ -z "$(ls run)" ] && ok || bad "$name" 'its socket is left'
    no_left "$name"
}

# applies KIND FORM END: is there such a thing?
applies() {
    case $2 in
    task) [ -n "$word" ] ;;
    step) [ -n "$step" ] ;;
    verb) [ -n "$verb" ] ;;
    acquire) [ -n "$acquire" ] ;;
    esac || return 1
    case $3-$2-$1 in
    task-timeout-task-barrier | task-timeout-task-event) return 0 ;;
    task-timeout-task-* | step-timeout-task-*) return 1 ;; # what has not begun has no time
    kill-step-task-* | kill-step-step-* | kill-verb-task-* | kill-verb-step-*) return 1 ;; # no process
    kill-holder-*-sleep) return 1 ;;
    esac
}

count=0
for kind in lock keyed file semaphore barrier event condition get put sleep pipe daemon; do
    describe $kind
    for form in task step verb acquire; do
        for end in INT TERM second-INT failure task-timeout step-timeout kill-step kill-verb kill-holder; do
            describe $kind
            applies $kind $form $end || continue
            [ -z "$only" ] || [ "$only" = "$kind-$form-$end" ] || continue
            count=$((count + 1))
            [ -n "$only" ] || [ $((count % every)) -eq 0 ] || continue
            one $kind $form $end
        done
    done
done
finish
