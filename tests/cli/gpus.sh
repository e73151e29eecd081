#!/bin/sh
# GPUs: which numbers an attempt has. None is another's at the same time; commands, functions on
# threads and in workers are all told theirs; they are free again when the attempt has ended.
. "$srcdir/tests/cli/lib.sh"
unset CUDA_VISIBLE_DEVICES

workflow <<'Y'
resources: {gpu: 3, cpu: 16}
tasks:
  one:
    matrix: {i: "${{ range(24) }}"}
    resources: {gpu: 1, cpu: 0}
    run: mkdir held.$PARGRAPH_GPUS; [ $CUDA_VISIBLE_DEVICES = $PARGRAPH_GPUS ]; rmdir held.$PARGRAPH_GPUS; echo $PARGRAPH_GPUS
  two:
    matrix: {i: "${{ range(8) }}"}
    resources: {gpu: 2}
    run: |
      for gpu in $(echo $PARGRAPH_GPUS | tr , ' '); do mkdir held.$gpu; done
      for gpu in $(echo $PARGRAPH_GPUS | tr , ' '); do rmdir held.$gpu; done
      echo $PARGRAPH_GPUS
  none: {run: "echo ${PARGRAPH_GPUS-unset} ${CUDA_VISIBLE_DEVICES-unset}"}
Y
go run flow.yml
is 'no number is given to two at a time' 0
printf '%s' "$out" | grep -vxE '[012]|0,1|0,2|1,2|unset unset' && bad 'the numbers' '' || ok
go logs none
is 'who asks for none is told of none' 0 'unset unset'

# --- commands and functions alike ---
cat >m.py <<'Y'
import os
def gpus():
    return os.environ.get("PARGRAPH_GPUS"), os.environ.get("CUDA_VISIBLE_DEVICES")
Y
workflow <<'Y'
resources: {gpu: 2}
pools: {w: {size: 1, backend: process}}
tasks:
  command: {resources: {gpu: 2}, run: 'echo $PARGRAPH_GPUS $CUDA_VISIBLE_DEVICES'}
  thread: {needs: command, resources: {gpu: 2}, call: {lua: "return {os.getenv('PARGRAPH_GPUS'), os.getenv('CUDA_VISIBLE_DEVICES')}"}}
  worker: {needs: thread, pool: w, resources: {gpu: 2}, call: {lua: "return {os.getenv('PARGRAPH_GPUS'), os.getenv('CUDA_VISIBLE_DEVICES')}"}}
  own: {needs: worker, resources: {gpu: 1}, env: {CUDA_VISIBLE_DEVICES: "7"}, call: {lua: "return {os.getenv('PARGRAPH_GPUS'), os.getenv('CUDA_VISIBLE_DEVICES')}"}}
  own-command: {needs: own, resources: {gpu: 1}, env: {CUDA_VISIBLE_DEVICES: "7"}, run: 'echo $PARGRAPH_GPUS $CUDA_VISIBLE_DEVICES'}
  after: {needs: own-command, pool: w, call: {lua: "return os.getenv('PARGRAPH_GPUS') or 'none'"}}
Y
tell_all() {
    for task in thread worker own after; do
        go result $task
        printf '%s' "$out"
    done
    for task in command own-command; do
        go logs $task
        printf '%s' "$out"
    done
}
go run -q flow.yml
is 'functions' 0
tell_all >told.txt
holds 'functions' told.txt '["0,1","0,1"]
["0,1","0,1"]
["0","7"]
none
0,1 0,1
0 7'
for visible in '4,6' 'GPU-8932f937,GPU-1a2b3c4d,5'; do
    CUDA_VISIBLE_DEVICES=$visible go run -q flow.yml
    tell_all >told.txt
    first=$(echo "$visible" | cut -d , -f 1,2)
    has "as the run was given them: $visible" "[\"0,1\",\"$first\"]
[\"0,1\",\"$first\"]" "$(cat told.txt)"
    has "as the run was given them: $visible" "0,1 $first" "$(cat told.txt)"
done
CUDA_VISIBLE_DEVICES=4 go run -q flow.yml
tell_all >told.txt
has 'more than it was given are numbered' '0,1 0,1' "$(cat told.txt)"

if command -v python3 >/dev/null; then
    workflow <<'Y'
resources: {gpu: 2}
tasks:
  use: {resources: {gpu: 2}, call: {python: "m:gpus"}}
  other: {needs: use, call: {python: "m:gpus"}}
Y
    go run -q -j1 flow.yml
    go result use
    is 'a worker in Python' 0 '["0,1","0,1"]'
    go result other
    is 'the same worker, without' 0 '[null,null]'
else
    skip 'no python3 here'
fi

# --- a task with steps keeps its own from the first to the last, and in its cleanup ---
workflow <<'Y'
resources: {gpu: 2}
barriers: {all: 2}
tasks:
  steps:
    matrix: {i: [1, 2]}
    resources: {gpu: 1}
    cleanup: 'echo $PARGRAPH_GPUS $CUDA_VISIBLE_DEVICES >>gpus.${{ matrix.i }}'
    steps:
      - run: echo $PARGRAPH_GPUS $CUDA_VISIBLE_DEVICES >gpus.${{ matrix.i }}
      - barrier: all
      - {call: {lua: "return os.getenv('PARGRAPH_GPUS')"}, as: of_call}
      - run: echo ${{ of_call }} $PARGRAPH_GPUS >>gpus.${{ matrix.i }}
  fails:
    needs: steps
    resources: {gpu: 2}
    retry: 1
    cleanup: 'echo $PARGRAPH_GPUS >>fails.txt'
    run: '[ $PARGRAPH_ATTEMPT = 2 ]'
  called:
    needs: fails
    resources: {gpu: 2}
    cleanup: 'echo $PARGRAPH_GPUS >>called.txt'
    call: {lua: "return 1"}
  more:
    needs: called
    resources: {gpu: "${{ task.attempt }}"}
    retry: 1
    run: 'echo $PARGRAPH_GPUS >>more.txt; [ $PARGRAPH_ATTEMPT = 2 ]'
Y
go run -q -j2 flow.yml
is 'steps' 0
sort gpus.1 gpus.2 >both.txt
holds 'steps: the same numbers throughout' both.txt '0 0
0 0
0 0
1 1
1 1
1 1'
[ "$(sort -u gpus.1 | wc -l)" = 1 ] && ok || bad 'steps: one number each' "$(cat gpus.1)"
holds 'free after a failure, and in its cleanup' fails.txt '0,1
0,1'
holds 'in the cleanup of a call' called.txt '0,1'
holds 'a retry may have more' more.txt '0
0,1'

# --- free again in a resumed run, whoever had them ---
workflow <<'Y'
resources: {gpu: 1}
tasks:
  hold: {resources: {gpu: 1}, run: 'echo $PARGRAPH_GPUS >>hold.txt; [ -e go-on ] || { : >began; sleep 60; }'}
  next: {needs: hold, resources: {gpu: 1}, run: 'echo $PARGRAPH_GPUS >>hold.txt'}
Y
"$pargraph" run -q flow.yml >/dev/null 2>&1 &
until_there began
: >go-on
kill_both $!
go resume -q
is 'resume' 0
holds 'resume: all are free' hold.txt '0
0
0'

finish
