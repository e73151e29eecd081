#!/bin/sh
# Whatever is done to a run's journal or values, no resume does what it must not: it goes on from what
# is right, or says that nothing is.
#
# PARGRAPH_DAMAGES (30): damages of a journal. PARGRAPH_KILL_SEED: where.
. "$srcdir/tests/cli/lib.sh"
damages=${PARGRAPH_DAMAGES:-30}

# c fails for ever and d never may run; whatever is done to the journal, no resume succeeds.
workflow <<'Y'
tasks:
  a: {run: "echo a"}
  b: {matrix: {i: [1, 2, 3]}, needs: a, run: "echo ${{ needs.a.stdout }}"}
  c: {needs: b, run: "exit 3"}
  d: {needs: c, run: touch never}
Y
go run -q -k flow.yml
is 'the run to be damaged' 1
cp -r .pargraph whole
size=$(stat -c %s whole/runs/*/journal)
seed=${PARGRAPH_KILL_SEED:-$(date +%s)}
printf 'PARGRAPH_KILL_SEED=%s\n' "$seed"
awk -v seed="$seed" -v size="$size" -v count="$damages" 'BEGIN {
    srand(seed)
    for (i = 0; i < count; i++) {
        at = count >= 3 * size && i % 3 == 0 ? int(i / 3) % size : int(rand() * size)
        print i % 3 == 0 ? "cut" : i % 3 == 1 ? "flip" : "zero", at, int(rand() * 8), int(rand() * 64) + 1
    }
}' >damages.txt
judged=0 resumed=0
while read -r what at bit length; do
    rm -rf .pargraph
    cp -r whole .pargraph
    journal=$(ls .pargraph/runs/*/journal)
    case $what in
    cut) truncate -s "$at" "$journal" ;;
    flip)
        byte=$(od -An -tu1 -j "$at" -N 1 "$journal")
        printf "\\$(printf %o $((byte ^ (1 << bit))))" |
            dd of="$journal" bs=1 seek="$at" conv=notrunc 2>/dev/null
        ;;
    zero) dd if=/dev/zero of="$journal" bs=1 seek="$at" count="$length" conv=notrunc 2>/dev/null ;;
    esac
    go resume -q
    case $status in
    1) resumed=$((resumed + 1)) ;;
    4) ;;
    *) bad "$what at $at ($bit, $length)" "status $status" ;;
    esac
    judged=$((judged + 1))
done <damages.txt
[ "$judged" -eq "$damages" ] && ok || bad 'damages' "only $judged were judged"
[ "$resumed" -gt 0 ] && ok || bad 'damages' 'none could be resumed'
[ ! -e never ] && ok || bad 'damages' 'a task ran that never may'

# A success whose values are damaged is none.
rm -rf .pargraph
cp -r whole .pargraph
printf x | dd of="$(ls .pargraph/runs/*/values)" bs=1 seek=0 conv=notrunc 2>/dev/null
go resume
is 'damaged values' 1
has 'damaged values: told' 'values are damaged' "$err"
finish
