#!/bin/sh
# What the language promises, seen from outside: one small workflow each.
. "$srcdir/tests/cli/lib.sh"

workflow <<'Y'
tasks:
  a: {run: echo a}
Y
go run -q flow.yml
is 'one task, quiet' 0 ''
go run flow.yml
is 'one task' 0 'a'

workflow <<'Y'
tasks:
  a: {resources: {gpu: 2}, run: echo a}
Y
for gpus in 0,2 GPU-8932f937,GPU-1a2b3c4d '1,3,-1,4'; do
    CUDA_VISIBLE_DEVICES=$gpus go plan --json flow.yml
    has "GPUs that are visible: $gpus" '"gpu":2' "$out"
done
CUDA_VISIBLE_DEVICES= go check flow.yml
is 'no GPU is visible' 2
has 'no GPU is visible' 'gpu: 2 is more than the 0 there are' "$err"

workflow <<'Y'
tasks:
  c: {needs: [a, b], run: "cat a.txt b.txt"}
  a: {run: "sleep 0.1; echo 1 > a.txt"}
  b: {needs: a, run: "echo 2 > b.txt"}
Y
go run flow.yml
is 'needs order' 0 '1
2'

workflow <<'Y'
tasks:
  make:
    matrix: {x: [1, 2], y: [a, b]}
    stdout: {file: "${{ matrix.x }}${{ matrix.y }}.txt"}
    run: echo ${{ matrix.x }}-${{ matrix.y }}
  same:
    matrix: {x: [1, 2]}
    needs: {make: same}
    stdout: {file: "same${{ matrix.x }}.txt"}
    run: cat ${{ matrix.x }}a.txt ${{ matrix.x }}b.txt
  all: {needs: same, run: cat same1.txt same2.txt}
Y
go run flow.yml
is 'matrix and same' 0 '1-a
1-b
2-a
2-b'
go run -q flow.yml 'same[x=2]'
is 'one instance' 0
go list flow.yml
has 'list counts' '4' "$out"

workflow <<'Y'
tasks:
  give:
    outputs: {n: int, words: json, note: {type: text, default: none}}
    run: |
      printf 'n=41\nwords<<E\n["a b", "c"]\nE\n' >> "$PARGRAPH_OUTPUT"
      echo said
  take:
    needs: give
    exec: [printf, "%s|", "${{ needs.give.outputs.n + 1 }}", "${{ needs.give.outputs.words }}", "${{ needs.give.stdout }}", "${{ needs.give.exit_code }}", "${{ needs.give.status }}", "${{ needs.give.outputs.note }}"]
Y
go run flow.yml
is 'outputs and values' 0 '42|a b|c|said|0|success|none|'

workflow <<'Y'
tasks:
  give: {outputs: {n: int}, run: echo nothing}
Y
go run flow.yml
is 'an output not written' 1
has 'an output not written says so' "the output 'n' was not written" "$err"

workflow <<'Y'
tasks:
  bad: {run: "echo oops; exit 3"}
  blocked: {needs: bad, run: echo never}
  always: {needs: bad, if: always(), run: echo always}
  onfail: {needs: bad, if: failure(), run: "echo ${{ needs.bad.status }} ${{ needs.bad.exit_code }}"}
  skipped: {if: "1 > 2", run: echo never}
  after-skip: {needs: skipped, run: echo after}
Y
go run -k flow.yml
is 'a failure' 1
has 'always runs' 'always' "$out"
has 'failure() runs' 'failure 3' "$out"
has 'a skip does not spread' 'after' "$out"
lacks 'blocked does not run' 'never' "$out"
has 'the exit status is told' 'exit status 3' "$err"
has 'the log is told' 'pargraph logs' "$err"

workflow <<'Y'
tasks:
  ls: {exec: [ls, /nowhere-at-all], continue-on-error: true}
  show: {needs: ls, exec: [echo, "${{ needs.ls.exit_code }}", "${{ needs.ls.status }}"]}
Y
go run flow.yml
is 'continue-on-error' 0
has 'continue-on-error' '2 failure' "$out"

workflow <<'Y'
tasks:
  flaky:
    retry: {max: 3, delay: 10ms}
    run: echo "$PARGRAPH_ATTEMPT" >> tries.txt; test "$(wc -l < tries.txt)" -ge 3
Y
go run -q flow.yml
is 'retry succeeds' 0
holds 'three attempts' tries.txt '1
2
3'
rm -f tries.txt
workflow <<'Y'
tasks:
  flaky:
    retry: {max: 5, when: [7]}
    run: echo x >> tries.txt; test "$(wc -l < tries.txt)" -ge 3 || exit 7; exit 8
Y
go run -q flow.yml
is 'retry by exit code' 1
holds 'it stops at another code' tries.txt 'x
x
x'

workflow <<'Y'
tasks:
  slow: {timeout: 200ms, run: sleep 30.125, cleanup: 'echo "$PARGRAPH_STATUS $PARGRAPH_EXIT_CODE" > cleaned.txt'}
Y
go run flow.yml
is 'timeout' 1
has 'the timeout is told' 'timed out' "$err"
holds 'cleanup after a timeout' cleaned.txt 'failure 143'
no_process 'no sleeper is left' '30.125'

workflow <<'Y'
tasks:
  a: {run: exit 4}
  b: {run: "true"}
finally:
  end: {if: failure(), stdin: {text: '${{ join(run.failed, ",") }}'}, run: "cat; echo .end"}
  ok: {if: success(), run: echo never}
Y
go run flow.yml
is 'finally' 1
has 'finally sees failures' 'a.end' "$out"
lacks 'success() in finally' 'never' "$out"

workflow <<'Y'
env: {A: top, B: top}
defaults: {env: {B: default, C: default}}
tasks:
  env:
    env: {C: task, HOME: null}
    run: echo "$A $B $C ${HOME-unset} $D"
Y
D=inherited go run flow.yml
is 'env' 0 'top default task unset inherited'

workflow <<'Y'
tasks:
  text: {stdin: {text: "a\nb"}, exec: [wc, -c]}
  file: {stdin: {file: in.txt}, exec: [cat]}
  none: {exec: [cat]}
  err: {stderr: stdout, run: "echo out; echo err >&2"}
  gone: {stdout: discard, run: echo never}
  dir: {cwd: sub, run: pwd}
  bash: {shell: bash, run: 'a=(x y); echo "${a[1]}"'}
  other: {shell: "cat {0}", run: any text}
Y
printf 'file\n' >in.txt
mkdir -p sub
go run -j1 flow.yml
is 'streams, cwd and shells' 0 "3
file
out
err
$(pwd)/sub
y
any text"

workflow <<'Y'
params: {n: {type: int, default: 2, max: 9}, mode: {enum: [fast, full], default: fast}, who: {type: text, required: true}}
tasks:
  show: {exec: [echo, "${{ params.n * 2 }}", "${{ params.mode }}", "${{ params.who }}"]}
Y
go run flow.yml -p who=me -p n=4
is 'params' 0 '8 fast me'
go run flow.yml
is 'a required param' 2
printf '{"who": "file", "n": 3}' >params.json
go run flow.yml --params-file params.json -p mode=full
is 'a params file' 0 '6 full file'
go run flow.yml -p who=me --params-file params.json
is 'what -p gives goes before a params file, wherever it stands' 0 '6 fast me'
printf 'who: later\n' >later.yml
go run flow.yml --params-file params.json --params-file later.yml
is 'a later params file goes before an earlier' 0 '6 fast later'
go run flow.yml -p who=x -p n=10
is 'a param too large' 2
go run flow.yml -p who=x -p m=1
is 'an unknown param' 2
has 'an unknown param is named' "'m'" "$err"

workflow <<'Y'
resources: {cpu: 4, mem: 4G, licence: 1}
tasks:
  t:
    matrix: {i: [1, 2, 3, 4]}
    resources: {licence: 1}
    run: mkdir busy && sleep 0.05 && rmdir busy
  u:
    matrix: {i: [1, 2, 3, 4]}
    max-parallel: 1
    run: mkdir alone && sleep 0.05 && rmdir alone
  m:
    matrix: {i: [1, 2, 3, 4]}
    resources: {mem: 3G}
    run: mkdir large && sleep 0.05 && rmdir large
Y
go run -q flow.yml
is 'tokens, max-parallel and memory' 0

workflow <<'Y'
resources: {cpu: 1}
tasks:
  low: {run: echo low}
  high: {priority: 5, run: echo high}
  long: {run: echo long}
  tail: {needs: long, run: echo tail}
Y
go run flow.yml
is 'priority, then the critical path' 0 'high
long
low
tail'

workflow <<'Y'
tasks:
  usual: {run: echo usual}
  by-hand: {manual: true, run: echo by hand}
Y
go run flow.yml
is 'manual is left out' 0 'usual'
go run flow.yml by-hand
is 'manual by name' 0 'by hand'

workflow <<'Y'
resources: {cpu: 1}
tasks:
  a: {priority: 1, run: exit 1}
  b: {run: echo never}
Y
go run flow.yml
is 'drain' 1 ''
go run -k flow.yml
is 'keep-going' 1 'never'
workflow <<'Y'
resources: {cpu: 2}
failure-policy: fast
tasks:
  a: {run: "sleep 0.2; exit 1"}
  b: {run: sleep 30.25}
Y
go run flow.yml
is 'fast' 1
no_process 'fast ends what runs' '30.25'

workflow <<'Y'
resources: {mem: 8M}
tasks:
  t: {retry: 2, resources: {mem: "${{ 2 * task.attempt }}M"}, run: test "$PARGRAPH_ATTEMPT" -eq 3}
Y
go run -q flow.yml
is 'more memory at each attempt' 0

workflow <<'Y'
tasks:
  a: {run: touch ran}
  b: {needs: a, run: "echo ${{ needs.a.stdout }}"}
Y
go run --dry-run flow.yml
is 'dry run' 0
has 'dry run names commands' 'touch ran' "$out$err"
[ ! -e ran ] && ok || bad 'dry run' 'it ran'

workflow <<'Y'
params: {v: {type: text, default: "a'b $(touch ran) `touch ran` \"z\" \\\\ * ~"}}
tasks:
  a: {run: "printf '%s|' ${{ params.v }} \"${{ params.v }}\" '${{ params.v }}' ${{ range(2) }}"}
  b: {exec: [printf, "<%s>", "${{ params.v }}"]}
Y
go run --dry-run -q flow.yml
sed -n 's/^would run [ab]: //p' out.txt >shown.sh
shown=$(sh ./shown.sh)
has 'dry run shows values' "'%s|' 'a'\''b \$(touch ran)" "$out"
go run -j1 flow.yml
is 'what dry run shows is what runs' 0 "$shown"
[ ! -e ran ] && ok || bad 'dry run' 'a value ran'

workflow <<'Y'
tasks:
  a: {run: "echo ${{ fromjson('{') }}"}
Y
go run --dry-run flow.yml
has 'dry run tells what would fail' 'would run a: (it would fail: ' "$out"

workflow <<'Y'
params: {n: {type: int, default: 4}}
tasks:
  cell:
    matrix: {i: "${{ range(params.n) }}", j: "${{ range(params.n) }}"}
    needs:
      - {cell: {i: "${{ matrix.i - 1 }}", j: "${{ matrix.j }}"}, if: matrix.i > 0, as: up}
      - {cell: {i: "${{ matrix.i }}", j: "${{ matrix.j - 1 }}"}, if: matrix.j > 0, as: left}
    run: echo ${{ (matrix.i > 0 and needs.up.stdout or 0) + (matrix.j > 0 and needs.left.stdout or 0) + (matrix.i + matrix.j == 0 and 1 or 0) }}
  last: {needs: {cell: {i: 3, j: 3}}, exec: [echo, "${{ needs.cell.stdout }}"]}
Y
go run flow.yml
is 'a wavefront counts paths' 0 '20'

workflow <<'Y'
tasks:
  a: {matrix: {x: [1, 2, 3], y: [p]}, run: "echo ${{ matrix.x }}"}
  none: {matrix: [], run: echo never}
  list: {needs: {a: {x: "${{ range(1, 3) }}", y: p}}, exec: [echo, list, "${{ json(needs.a.stdout) }}"]}
  one-of: {needs: {a: {x: "${{ {2} }}", y: p}}, exec: [echo, one-of, "${{ json(needs.a.stdout) }}"]}
  one: {needs: {a: {x: "${{ 1 + 1 }}", y: p}}, exec: [echo, one, "${{ json(needs.a.stdout) }}"]}
  two: {needs: [{a: {x: 3, y: p}}, {a: {x: 1, y: p}}], exec: [echo, two, "${{ json(needs.a.stdout) }}"]}
  empty: {needs: none, exec: [echo, empty, "${{ json(needs.none.stdout) }}", "${{ needs.none.status }}"]}
Y
go run -j1 flow.yml
for line in 'list ["1","2"]' 'one-of ["2"]' 'one "2"' 'two ["3","1"]' 'empty [] success'; do
    has 'one value or a list' "
$line
" "
$out"
done

workflow <<'Y'
env: {GONE: null, N: "${{ 123456789012345680000 }} ${{ 2^63 }} ${{ 1.0 }} ${{ -0.0 }} ${{ 1e21 }}"}
tasks:
  t:
    if: not env.NOT_SET_AT_ALL and env.GONE == nil
    timeout: ${{ env.NOT_SET_AT_ALL or "20s" }}
    exec: [echo, "${{ env.NOT_SET_AT_ALL or 'default' }}", "${{ env.GONE or 'gone' }}", "${{ env.N }}"]
Y
go run flow.yml
is 'a variable that is not set, and numbers in text' 0 \
    'default gone 123456789012345680000 9223372036854776000 1 0 1e+21'

for value in '$(touch pwned)' '`touch pwned`' '; touch pwned' "'; touch pwned; '" '"; touch pwned; "' \
    '* ?' '-n' '\' 'a
b' '${HOME}' '!!' '~' ' x ' '' '&& touch pwned' '| touch pwned' '> pwned' 'é€😀'; do
    workflow <<'Y'
params: {v: text}
Y
    cat >flow.yml <<'Y'
pargraph: 1
params: {v: {type: text, required: true}}
tasks:
  t:
    run: |
      printf '%s\n' ${{ params.v }} "${{ params.v }}" '${{ params.v }}' a${{ params.v }}b
      cat <<E
      ${{ params.v }}
      E
Y
    go run flow.yml -p "v=$value"
    is "hostile value [$value]" 0 "$value
$value
$value
a${value}b
$value"
done
[ ! -e pwned ] && ok || bad 'hostile values' 'one became code'

finish
