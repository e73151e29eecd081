#!/bin/sh
# Nothing in the manual is false: its pages are clean, each command has one that tells each of its
# options, and their examples are run. What an example is stands in the comment before its display:
#
#   workflow FILE   a workflow, which must be right; later sessions find it under this name
#   wrong FILE      one that must be wrong
#   file FILE       any other file that later sessions need
#   session [N]     command lines behind "$ ", each with what it prints, on either stream; the exit
#                   status of each is N, or 0
#   shown           only to be looked at
#
# Durations, run ids and dates are compared by their form only.
. "$srcdir/tests/cli/lib.sh"
out='' err='' status=''
mkdir bin
ln -s "$pargraph" bin/pargraph
PATH=$folder/bin:$PATH
export PATH
# As if it were installed: what builds libraries of functions asks for its header.
sed -e "s|@includedir@|$srcdir/include|" -e 's|@[A-Z_]*@|pargraph|' -e 's|@[a-z_]*@||' "$srcdir/pargraph.pc.in" >pargraph.pc
PKG_CONFIG_PATH=$folder
export PKG_CONFIG_PATH

for page in "$srcdir"/man/*.[1357]; do
    name=$(basename "$page")
    if command -v mandoc >/dev/null; then
        out=$(mandoc -Tlint -Wwarning "$page" 2>&1) && ok || bad "mandoc $name" 'is not clean'
    fi
    if command -v groff >/dev/null; then
        out=$(groff -ww -mdoc -Tutf8 "$page" 2>&1 >/dev/null)
        [ -z "$out" ] && ok || bad "groff $name" 'is not clean'
    fi
done
command -v mandoc >/dev/null || skip 'mandoc is not installed'
command -v groff >/dev/null || skip 'groff is not installed'

# tells_of PAGE COMMAND: the page tells of each option of the command, which are gathered in told.txt.
tells_of() {
    "$pargraph" "$2" --help | grep -oE '^  (-., |    )--[a-z-]+' | sed 's/^ *//; s/,//' >options.txt
    while read -r first second; do
        if [ -n "$second" ]; then
            grep -qE "^\.It Fl ${first#-}( | .* , )?.*Fl ${second#-}( |\$)" "$1"
        else
            grep -qE "^\.It Fl ${first#-}( |\$)" "$1"
        fi && ok || bad "$1" "does not tell of $first $second"
    done <options.txt
    cat options.txt >>told.txt
}

# no_others PAGE: it tells of no option that is not there.
no_others() {
    for option in $(sed -n 's/^\.It .*Fl -\([a-z-]*\).*/\1/p' "$1"); do
        grep -q -e "--$option\$" told.txt && ok || bad "$1" "tells of --$option"
    done
}

for command in $("$pargraph" --help | awk '/^commands:/ { l = 1; next } !NF { l = 0 } l { print $1 }'); do
    page=$srcdir/man/pargraph-$command.1
    [ -f "$page" ] && ok || bad "pargraph-$command.1" 'there is no such page'
    grep -q "^\.It Cm $command\$" "$srcdir/man/pargraph.1" && ok || bad 'pargraph.1' "does not tell of $command"
    : >told.txt
    tells_of "$page" "$command"
    no_others "$page"
done

# The verbs have one page.
page=$srcdir/man/pargraph-verbs.1
: >told.txt
for verb in $("$pargraph" --help | awk '/^verbs/ { l = 1; next } !NF { l = 0 } l { print $1 }'); do
    grep -q "^\.It Cm $verb\$" "$page" && ok || bad 'pargraph-verbs.1' "does not tell of $verb"
    grep -q "^\.Ql $verb \(,\|\.\)\$" "$srcdir/man/pargraph-protocol.7" && ok || bad 'pargraph-protocol.7' "does not tell of $verb"
    tells_of "$page" "$verb"
done
no_others "$page"

# The events of run --json and their fields are in its page.
"$pargraph" run --help | sed -n '/^events of/,/^fields:/p' >events.txt
for event in $(sed -n 's/^  \([a-z-]*\):.*/\1/p' events.txt); do
    grep -q "^\.It Cm $event\$" "$srcdir/man/pargraph-run.1" && ok || bad 'pargraph-run.1' "does not tell of the event $event"
done
for field in $(sed -n 's/^      \([a-z_]*,.*\)/\1/p' events.txt | tr -d ','); do
    grep -q "^\.Ql $field\( \|\$\)" "$srcdir/man/pargraph-run.1" && ok || bad 'pargraph-run.1' "does not tell of the field $field"
done
[ "$(wc -l <events.txt)" -gt 20 ] && ok || bad 'run --help' 'tells no events'

# Every key of the language is told of.
sed 's/\\-/-/g' "$srcdir/man/pargraph-workflow.5" >language.txt
for key in $(sed -n 's/.*{\.key = "\([a-z-]*\)".*/\1/p' "$srcdir/src/workflow/language.c" | sort -u); do
    grep -qE "(^|[^a-z-])$key(\$|[^a-z-])" language.txt && ok || bad 'pargraph-workflow.5' "does not tell of $key"
done

# Displays into files NUMBER.KIND in the folder $1, and a list of them: NUMBER KIND ARGUMENT.
take_apart() {
    awk -v folder="$1" '
        function plain(text) {
            gsub(/\\\(aq/, "\047", text); gsub(/\\\(ga/, "`", text); gsub(/\\\(ha/, "^", text)
            gsub(/\\\(ti/, "~", text); gsub(/\\-/, "-", text); gsub(/^\\&/, "", text); gsub(/\\e/, "\\", text)
            return text
        }
        /^\.\\" / { comment = substr($0, 5) }
        /^\.Bd / { n++; split(comment, words, " "); file = folder "/" n
            print n, (comment ? comment : "none") > (folder "/list"); comment = ""; printf "" > file; next }
        /^\.Ed/ { close(file); file = ""; next }
        file { print plain($0) > file }' "$2"
}

# The form of what differs from run to run.
form() {
    sed -E -e 's/[0-9]{8}-[0-9]{6}(-[0-9]+)?/ID/g' -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}/WHEN/g' \
        -e 's/\b[0-9]+(\.[0-9]+)?m?s\b/TIME/g' -e 's/ +TIME/ TIME/g' -e 's/ID +/ID /g'
}

# Runs the command lines of a session; prints them with what they printed.
run_session() { # FILE STATUS
    expected_status=$2
    grep '^\$ ' "$1" | cut -c 3- >commands.txt
    while IFS= read -r line; do
        printf '$ %s\n' "$line"
        sh -c "$line" </dev/null 2>&1
        got=$?
        [ "$got" -eq "$expected_status" ] || printf '(exit status %s)\n' "$got"
    done <commands.txt
}

for page in "$srcdir"/man/*.[1357]; do
    name=$(basename "$page")
    mkdir -p "parts/$name" "work/$name"
    : >"parts/$name/list"
    take_apart "$folder/parts/$name" "$page"
    cd "work/$name" || exit 99
    while read -r number kind argument; do
        part=$folder/parts/$name/$number
        case $kind in
        workflow)
            cp "$part" "$argument"
            go check "$argument"
            is "$name: $argument is right" 0
            ;;
        file) cp "$part" "$argument" ;;
        wrong)
            cp "$part" "$argument"
            go check "$argument"
            is "$name: $argument is wrong" 2
            ;;
        file) cp "$part" "$argument" ;;
        session)
            run_session "$part" "${argument:-0}" >"$folder/got.txt" 2>&1
            form <"$folder/got.txt" >"$folder/got.form"
            form <"$part" >"$folder/part.form"
            out=$(cat "$folder/got.txt") err=''
            cmp -s "$folder/got.form" "$folder/part.form" && ok ||
                bad "$name: session $number" "$(diff "$folder/part.form" "$folder/got.form")"
            ;;
        shown) ;;
        *) bad "$name: display $number" "what it is is not said: '$kind'" ;;
        esac
    done <"$folder/parts/$name/list"
    cd "$folder" || exit 99
done
finish
