#!/bin/sh
# Planted bugs: the scheduler with each edit of mutants.txt is built and must fail its own tests, the
# scenarios or the random runs. If fewer than 95% are caught, or an edit no longer applies, so does this.
#
# Only the edited file is compiled; the rest is what was built before. MUTANTS says how many, spread
# over the table (0: all; default: 6); MUTANTS_SEEDS how many random runs of each kind; names as
# arguments: these alone. Run in the build directory.
set -u
here=${srcdir:-.}/tests/schedule/mutants
most=${MUTANTS:-6} seeds=${MUTANTS_SEEDS:-3000} seconds=60
caught=0 survived=0 broken=0
. tests/schedule/mutants/compile || exit 99
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM

# edit NAME: the edited file, as $folder/FILE; prints FILE. The old text must stand there once.
edit() {
    awk -v name="$1" -v source="${srcdir:-.}/src/schedule/" -v folder="$folder/" '
        $1 == "@" { is_on = $2 == name; if (is_on) file = $3; next }
        is_on && /^- / { old = old (old == "" ? "" : "\n") substr($0, 3) }
        is_on && /^\+/ { new = new (new == "" ? "" : "\n") substr($0, 3) }
        END {
            if (file == "" || old == "")
                exit 1
            while ((getline line < (source file)) > 0)
                text = text line "\n"
            at = index(text, old)
            if (at == 0 || index(substr(text, at + 1), old) > 0)
                exit 1
            printf "%s%s%s", substr(text, 1, at - 1), new, substr(text, at + length(old)) > (folder file)
            print file
        }' "$here/mutants.txt"
}

# build FILE: $folder/test with it in the place of its like in the library
build() {
    $COMPILE -iquote "${srcdir:-.}/src" -O1 -w -c "$folder/$1" -o "$folder/edited.o" &&
        $LINK -o "$folder/test" tests/schedule/schedule_*.o "$folder/edited.o" $LIBRARIES
}

passes() { # WORD: do the checks whose names have it pass?
    (
        [ -n "$SANITIZER" ] || ulimit -v 4000000
        PARGRAPH_SEEDS=$seeds exec timeout "$seconds" "$folder/test" "$1"
    ) >"$folder/output" 2>&1
}

tell() { # NAME: how it ended; counts it
    if ! passes scenarios; then
        how='caught by a scenario'
    elif ! passes random; then
        how='caught by a random run'
    else
        survived=$((survived + 1))
        echo "$1: SURVIVED"
        return
    fi
    caught=$((caught + 1))
    echo "$1: $how"
}

plant() { # NAME
    if ! file=$(edit "$1"); then
        echo "$1: the old text does not stand there once"
        broken=$((broken + 1))
    elif ! build "$file"; then
        echo "$1: does not compile"
        broken=$((broken + 1))
    else
        tell "$1"
    fi
}

# Without an edit all must pass: else everything would be caught.
: >"$folder/none.c"
if ! build none.c || ! passes scenarios || ! passes random; then
    cat "$folder/output"
    echo 'the scheduler fails without an edit'
    exit 1
fi
[ $# -gt 0 ] || set -- $(awk -v most="$most" '$1 == "@" { names[count++] = $2 }
    END { if (most == 0 || most > count) most = count
          for (i = 0; i < most; i++) print names[int(i * count / most)] }' "$here/mutants.txt")
for name; do
    plant "$name"
done
all=$((caught + survived))
echo "$all mutants: $caught caught, $survived survived"
is_good=1
[ "$broken" -eq 0 ] && [ "$all" -gt 0 ] && [ $((caught * 100)) -ge $((all * 95)) ] || is_good=0
printf '%d passed, %d failed\n' "$is_good" $((1 - is_good))
[ "$is_good" -eq 1 ]
