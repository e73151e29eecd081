#!/bin/sh
# Verbs: what running steps ask for, what they are told, who holds what when somebody dies. No socket
# is left, none is made where nothing can be asked for.
. "$srcdir/tests/cli/lib.sh"
mkdir bin run
chmod 700 run
ln -s "$pargraph" bin/pargraph
PATH=$folder/bin:$PATH
XDG_RUNTIME_DIR=$folder/run
export PATH XDG_RUNTIME_DIR
unset PARGRAPH_SOCKET PARGRAPH_TOKEN PARGRAPH_LEASE

# no_socket NAME: the run has taken away what it made.
no_socket() {
    left=$(ls run)
    [ -z "$left" ] && ok || bad "$1" "left in the runtime folder: $left"
}

# log TASK TEXT: what a task of the newest run wrote.
log() {
    go logs "$1"
    [ "$out" = "$2
" ] && ok || bad "log of $1" "is not: $2"
}

# --- what each says and does ---

workflow <<'Y'
locks: [db]
semaphores: {api: 2}
events: [e]
queues: {q: 8}
conditions: {c: {lock: db}}
tasks:
  all:
    uses: {put: q, get: q, close: q, set: e}
    run: |
      exec 2>&1
      set +e
      pargraph lock db -- sh -c 'pargraph lock db -- echo again; exit 7'; echo $?
      pargraph semaphore api=2 -- pargraph semaphore api -t 0 -- true; echo $?
      pargraph acquire db; pargraph lock db -t 0 -- echo other; pargraph release db; echo $?
      pargraph set e; pargraph wait e; echo $?
      printf 'two\nlines\n\n' | pargraph put q; pargraph put q 7; pargraph put --json q '{"a": [1, 2.50]}'
      pargraph put --json q '"text"'; pargraph put q '"text"'
      pargraph get q; pargraph get q; pargraph get q; pargraph get --json q; pargraph get q
      pargraph get q -t 10ms; echo $?
      pargraph close q; pargraph put q x; echo $?
      pargraph get q; echo $?
  refused:
    run: |
      exec 2>&1
      set +e
      pargraph set f; echo $?
      pargraph set e; echo $?
      pargraph put db x; echo $?
      pargraph wait q; echo $?
      pargraph release db; echo $?
      pargraph acquire api=3; echo $?
      pargraph acquire db=2; echo $?
      pargraph acquire api --key x; echo $?
      pargraph wait c; echo $?
      pargraph semaphore api=x -- true; echo $?
      pargraph lock db; echo $?
      pargraph barrier; echo $?
      PARGRAPH_TOKEN=0.00000000000000000000000000000000 pargraph set e; echo $?
      PARGRAPH_TOKEN=x pargraph lock db -- echo not run; echo $?
Y
go run -q -k flow.yml
is 'all verbs' 0
log all 'again
7
pargraph semaphore: api: timed out
124
pargraph lock: db: timed out
0
0
two
lines
7
{"a":[1,2.5]}
"text"
"text"
pargraph get: q: timed out
124
pargraph put: q: the queue is closed
1
pargraph get: q: the queue is closed
1'
log refused "pargraph set: there is no 'f' in the workflow
2
pargraph set: e: is not declared: the task or step needs 'uses: {set: e}'
2
pargraph put: db: is a lock; put takes a queue
2
pargraph wait: q: is a queue; wait takes an event or a condition
2
pargraph release: db: is not held: there was no acquire here
2
pargraph acquire: api: 3 permits are wanted, and there are 2
2
pargraph acquire: db: a lock is taken once, not 2 times
2
pargraph acquire: api: a semaphore has no keys
2
pargraph wait: c: its lock must be held: pargraph lock db -- COMMAND
2
pargraph: NAME=N takes a number from 1, not 'x'
  = see: pargraph semaphore --help
125
pargraph: a command is wanted behind '--'
  = see: pargraph lock --help
125
pargraph: a name is wanted
  = see: pargraph barrier --help
2
pargraph set: the token is of no step that runs
2
pargraph lock: the token is of no step that runs
125"
no_socket 'all verbs'

# --- statuses and signals of a command under a lock ---

workflow <<'Y'
locks: [l]
tasks:
  statuses:
    run: |
      exec 2>&1
      set +e
      pargraph lock l -- ./nowhere; echo $?
      pargraph lock l -- /; echo $?
      pargraph lock l -- sh -c 'kill -9 $$'; echo $?
      pargraph lock l -- sh -c 'trap "echo told; exit 3" TERM; echo $PPID >pid; while :; do sleep 0.01; done 2>/dev/null' &
      until [ -s pid ]; do sleep 0.01; done
      kill $(cat pid); wait $!; echo $?
      pargraph lock l -- sh -c 'sleep 60 >/dev/null & echo background'
      pargraph lock l -t 0 -- echo free; echo $?
Y
go run -q flow.yml
is 'statuses' 0
log statuses "pargraph lock: cannot run './nowhere': No such file or directory
127
pargraph lock: cannot run '/': Permission denied
126
137
told
3
background
free
0"

# --- exclusion, keys, permits ---

workflow <<'Y'
locks: [l]
semaphores: {s: 2}
tasks:
  count:
    matrix: {i: [1, 2, 3, 4]}
    run: |
      for n in 1 2 3 4 5; do
        pargraph lock l -- sh -c 'n=$(cat count); sleep 0.01; echo $((n + 1)) >count'
        pargraph semaphore s -- sh -c 'mkdir in-$$; ls -d in-* | wc -l >>most; sleep 0.01; rmdir in-$$'
      done
  keys:
    run: |
      pargraph lock l --key a -- pargraph lock l --key b -t 0 -- echo both
      pargraph lock l --key 1 -- sh -c '! env -u PARGRAPH_LEASE pargraph lock l --key 1 -t 0 -- echo not this 2>/dev/null'
Y
echo 0 >count
go run -q -j 4 flow.yml
is 'exclusion' 0
holds 'nobody counts in between' count 20
[ "$(sort -n most | tail -n 1)" -le 2 ] && ok || bad 'permits' "so many at a time: $(sort -n most | tail -n 1)"
log keys 'both'
no_socket 'exclusion'

# --- who waits gives its slot back ---

workflow <<'Y'
barriers: [b]
tasks:
  party:
    matrix: {i: "${{ range(11) }}"}
    uses: {barrier: b}
    run: pargraph barrier b && pargraph barrier b && echo through
Y
go run -q -j 2 flow.yml
is 'a barrier of 11 on 2 cpus' 0
[ "$("$pargraph" logs party | grep -c through)" -eq 11 ] && ok || bad 'a barrier of 11' 'not all came through'

# More wait than there are descriptors at first; what runs has no more than before.
workflow <<'Y'
barriers: [b]
tasks:
  party:
    matrix: {i: "${{ range(60) }}"}
    uses: {barrier: b}
    run: ulimit -S -n; pargraph barrier b
Y
(
    ulimit -S -n 64
    go run -q -j 2 flow.yml
    echo $status >status.txt
)
holds 'few descriptors' status.txt 0
[ "$("$pargraph" logs party | grep -cx 64)" -eq 60 ] && ok || bad 'few descriptors' 'the limit of tasks is another'

# A broken barrier says whose fault it was.
workflow <<'Y'
barriers: [b]
tasks:
  comes: {uses: {barrier: b}, run: pargraph barrier b}
  fails: {uses: {barrier: b}, run: exit 3}
Y
go run -q -k flow.yml
is 'a broken barrier' 1
log comes 'pargraph barrier: b: broken: fails failed'

# --- deaths ---

# What is killed: the command that holds, the verb that holds, one that waits, a whole step.
workflow <<'Y'
locks: [l]
tasks:
  holder:
    continue-on-error: true
    run: |
      pargraph lock l -- sh -c 'echo $PPID >holder.pid; echo $$ >command.pid; exec sleep 77'
  acquirer:
    needs: holder
    continue-on-error: true
    run: |
      pargraph acquire l
      echo $$ >acquirer.pid
      exec sleep 77
  waiter:
    run: |
      set +e
      until [ -s holder.pid ]; do sleep 0.01; done
      pargraph lock l -- echo never &
      sleep 0.2; { kill -9 $!; wait $!; } 2>/dev/null
      sh -c 'sleep 0.2; kill -9 $(cat holder.pid)' &
      pargraph lock l -- echo had it
      until [ -s acquirer.pid ]; do sleep 0.01; done
      sh -c 'sleep 0.2; kill -9 $(cat acquirer.pid)' &
      pargraph lock l -- echo had it again
Y
go run -q -j 4 flow.yml
is 'killed holders' 0
log waiter 'had it
had it again'
no_process 'the command of a killed lock' 'sleep 77'
no_socket 'killed holders'

# The runner: its socket is there no more once the run goes on.
workflow <<'Y'
locks: [l]
tasks:
  a: {run: "pargraph lock l -- sh -c '[ -e second ] && exit; touch first; exec sleep 78'"}
Y
"$pargraph" run -q flow.yml 2>/dev/null &
guardian=$!
until_there first
kill_both $guardian
touch second
[ "$(ls run | wc -l)" -eq 1 ] && ok || bad 'a killed runner' 'its folder is not there'
go resume -q
is 'resume' 0
no_socket 'resume'
no_process 'the command of a dead run' 'sleep 78'

# Nobody goes on with it: the next run of this user takes away what the dead one left, and nothing else.
rm -f first second
"$pargraph" run -q --state dead flow.yml 2>/dev/null &
guardian=$!
until_there first
"$pargraph" run -q --state living flow.yml 2>/dev/null &
living=$!
for _ in $(seq 400); do
    [ "$(ls -d run/*/socket 2>/dev/null | wc -l)" -eq 2 ] && break
    sleep 0.05
done
kill_both $guardian
mkdir -m 700 run/pargraph.abcdef run/pargraph.bcdefg run/other
mkdir -m 755 run/pargraph.cdefgh
touch run/pargraph.abcdef/socket run/pargraph.bcdefg/other
ln -s other run/pargraph.defghi
touch second
go run -q --state next flow.yml
is 'a run beside what a dead one left' 0
rm run/pargraph.abcdef/socket run/pargraph.bcdefg/other run/pargraph.defghi && ok ||
    bad 'what a dead run left' 'something else was removed'
rmdir run/pargraph.cdefgh run/other && ok || bad 'what a dead run left' 'something else was removed'
[ "$(ls -d run/*/socket | wc -l)" -eq 1 ] && ok || bad 'what a dead run left' "there: $(ls -d run/*/*)"
kill -INT $living
wait $living
go resume -q --state dead
is 'a dead run whose socket is gone' 0
rmdir run/pargraph.?????? 2>/dev/null
no_socket 'what a dead run left'
no_process 'the command of a dead run' 'sleep 78'
rm -rf dead living next

# The runner alone: the guardian takes the socket away, whether the run goes on or not.
rm -f first second
"$pargraph" run -q flow.yml 2>/dev/null &
guardian=$!
until_there first
kill -9 "$(cat /proc/$guardian/task/$guardian/children)"
wait $guardian
no_socket 'a runner that was killed'
no_process 'the command of a killed runner' 'sleep 78'

# --- plain runs ---

workflow <<'Y'
tasks: {a: {run: "env | grep -E '^PARGRAPH_(SOCKET|TOKEN)' || echo none; ls run"}}
Y
go run -q flow.yml
log a 'none'

# --- the protocol, in another language ---

if command -v python3 >/dev/null; then
    cp "$srcdir/tests/cli/verbs.py" .
    workflow <<'Y'
locks: [l]
events: [e]
queues: {q: 100}
tasks:
  python: {uses: {put: q, get: q, set: e, clear: e}, run: python3 verbs.py && touch over}
  beside: {run: "until [ -e over ] || [ $n -gt 400 ]; do n=$((n + 1)); sleep 0.05; done", env: {n: 0}}
Y
    go run -j 2 flow.yml
    is 'python' 0
    log python 'all is well'
else
    skip 'python3 is not installed: the protocol in another language'
fi
no_socket 'python'

finish
