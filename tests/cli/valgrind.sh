#!/bin/sh
# Runs under valgrind, of what a run can do: nothing is read that was not written, nothing is lost.
. "$srcdir/tests/cli/lib.sh"

# under ARGUMENTS...: as go; whatever valgrind finds makes the status 98. What it says of system
# calls that it does not know is no error.
under() {
    valgrind -q --error-exitcode=98 --leak-check=full --errors-for-leak-kinds=definite \
        --trace-children=no --fair-sched=yes --log-file=valgrind.%p.txt \
        "$pargraph" "$@" >out.txt 2>err.txt </dev/null
    status=$?
    out=$(cat out.txt)
    err=$(cat err.txt; grep -h == valgrind.*.txt | head -n 40)
    rm -f valgrind.*.txt
}

if ! command -v valgrind >/dev/null; then
    skip 'valgrind is not there'
    finish
fi
case $(LD_PRELOAD='' ldd "$pargraph") in
*libasan* | *libtsan* | *libubsan*)
    skip 'a sanitizer has the memory for itself'
    finish
    ;;
esac

workflow <<'Y'
params: {files: {type: text, default: 'a b'}}
tasks:
  make: {run: "mkdir -p made; for f in $FILES; do echo $f > made/$f; done", env: {FILES: "${{ params.files }}"}}
  map: {needs: make, matrix: {file: "${{ glob('made/*') }}"}, run: "cat ${{ matrix.file }}"}
  join: {needs: map, run: "echo ${{ needs.map.stdout }}"}
  plain: {matrix: {i: "${{ range(4) }}"}, exec: [/bin/echo, "${{ matrix.i }}"]}
  input: {stdin: {text: text}, exec: [cat]}
  told: {outputs: {n: int}, run: 'echo n=7 >> "$PARGRAPH_OUTPUT"'}
  uses: {needs: told, if: "needs.told.outputs.n == 7", run: "exit $(test -e again || echo 3)", retry: 1}
  file: {stdout: {file: file.txt}, run: echo in a file}
  slow: {timeout: 0.2s, run: sleep 1000, continue-on-error: true}
  absent: {exec: [/no/such/program], continue-on-error: true}
  uncalled: {needs: uses, run: echo uses ended}
finally:
  last: {run: echo the last}
Y
under run -k flow.yml
is 'a run in which one fails' 1
has 'a run: values' 'a b' "$out"
has 'a run: standard input' 'text' "$out"
has 'a run: finally' 'the last' "$out"
holds 'a run: a file' file.txt 'in a file'
has 'a run: retries' 'uses failed: exit status 3' "$err"
has 'a run: counts' '1 failed, 2 failed (continue-on-error), 1 blocked' "$err"
touch again
under resume
is 'its resume' 0
has 'its resume' 'uses ended' "$out"
for command in status 'dot --run last flow.yml'; do
    # shellcheck disable=SC2086
    under $command
    is "$command" 0
done
workflow <<'Y'
tasks:
  a: {needs: b, run: x}
  b: {needs: a, run: "${{ nothing.there }}"}
Y
under check flow.yml
is 'a wrong workflow' 2
finish
