# Sourced by the tests of the program: a temporary folder, cases, the closing line.
# $PARGRAPH is the program; $srcdir the project's root. Nothing is written outside the folder.
set -u
unset PARGRAPH_STATE NO_COLOR
passed=0 failed=0
pargraph=${PARGRAPH:?}
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 99
TEST_FOLDER=$folder # so that processes know their own
export TEST_FOLDER

# workflow TEXT...: writes flow.yml, its version line first.
workflow() {
    printf 'pargraph: 1\n' >flow.yml
    cat >>flow.yml
}

# go ARGUMENTS...: runs pargraph; $status, $out (standard output), $err (standard error).
go() {
    "$pargraph" "$@" >out.txt 2>err.txt </dev/null
    status=$?
    out=$(cat out.txt; echo x)
    out=${out%x}
    err=$(cat err.txt)
}

ok() {
    passed=$((passed + 1))
}

bad() { # NAME DETAIL
    failed=$((failed + 1))
    printf 'FAILED: %s: %s\n' "$1" "$2"
    printf 'status %s\n--- standard output:\n%s\n--- standard error:\n%s\n---\n' "$status" "$out" "$err" |
        head -n 60
}

# is NAME STATUS [STDOUT]: the last go gave this status and exactly this output.
is() {
    if [ "$status" -ne "$2" ]; then
        bad "$1" "status $status instead of $2"
    elif [ $# -gt 2 ] && [ "$out" != "$3" ] && [ "$out" != "$3
" ]; then
        bad "$1" "standard output is not: $3"
    else
        ok
    fi
}

# has NAME TEXT WHERE: WHERE ($out or $err) holds the text.
has() {
    case $3 in
    *"$2"*) ok ;;
    *) bad "$1" "lacks: $2" ;;
    esac
}

lacks() {
    case $3 in
    *"$2"*) bad "$1" "should not hold: $2" ;;
    *) ok ;;
    esac
}

# holds NAME FILE TEXT: a file's text.
holds() {
    if [ "$(cat "$2" 2>/dev/null)" = "$3" ]; then
        ok
    else
        bad "$1" "$2 is: $(cat "$2" 2>&1)"
    fi
}

# processes MARK: the ids of processes of this test with MARK in their command line (not this
# search's own, nor those of the same test elsewhere: they work in another folder, and say so).
processes() {
    pattern=$(printf '%s' "$1" | sed 's/[.]/[.]/g')
    for process in $(grep -la -e "$pattern" /proc/[0-9]*/cmdline 2>/dev/null | cut -d / -f 3); do
        case $(readlink "/proc/$process/cwd")/ in
        "$folder"/*) echo "$process" ;;
        *) grep -sqa "TEST_FOLDER=$folder" "/proc/$process/environ" && echo "$process" ;;
        esac
    done
}

# no_process NAME MARK: no process has MARK in its command line (10 s at most to go away).
no_process() {
    for _ in $(seq 100); do
        [ -n "$(processes "$2")" ] || {
            ok
            return
        }
        sleep 0.1
    done
    bad "$1" "still there: $(processes "$2")"
    # shellcheck disable=SC2046
    kill -9 $(processes "$2")
}

# left: processes of tasks of the runs in this test's folder.
left() {
    grep -la "PARGRAPH_RUN_DIR=$folder/" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3
}

no_left() { # NAME
    [ -z "$(left)" ] && ok || bad "$1" "left behind: $(left)"
}

# kill_both ID: kills a run's guardian, ID, and its runner, so that neither has time to do anything
# about the other's end.
kill_both() {
    runner=$(cat "/proc/$1/task/$1/children")
    kill -STOP $runner "$1"
    kill -9 "$1" $runner
    wait "$1" 2>/dev/null
}

# until_there FILE: waits for a file (20 s at most).
until_there() {
    for _ in $(seq 400); do
        [ -e "$1" ] && return 0
        sleep 0.05
    done
    bad "until_there" "$1 never came"
    return 1
}

# went_back FILE [PREFIX FIRST LAST]: each line of the file is an instance and the number of the body
# that it has begun. Tells who began anything but the next body or the same again; those with the
# prefix may go from LAST back to FIRST, the bodies of a lock.
went_back() {
    awk -v prefix="${2-}" -v first="${3-0}" -v last="${4-0}" '{
        from = $1 in now ? now[$1] : 0
        is_again = from == last && $2 == first && prefix != "" && index($1, prefix) == 1
        if ($2 != from + 1 && ($2 != from || from == 0) && !is_again)
            print $1 ": after " from " came " $2
        now[$1] = $2
    }' "$1"
}

skip() {
    printf 'skipped: %s\n' "$*"
}

finish() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ]
    exit
}
