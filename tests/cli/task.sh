#!/bin/sh
# The header of functions in C: clean in each language that it is for, and all of it is in the manual.
. "$srcdir/tests/cli/lib.sh"
header=$srcdir/include/pargraph/task.h

cat >both.c <<'END'
#include <pargraph/task.h>
PARGRAPH_LIBRARY
PARGRAPH_FUNCTION(twice)
{
    int64_t number;
    if (pargraph_read_int(task, pargraph_arg(task, 0), &number))
        return PARGRAPH_FAILED;
    pargraph_log(task, "twice %d", (int)number);
    return number < 0 ? pargraph_fail(task, "%s", "too small") : pargraph_put_int(task, 2 * number);
}
END
cp both.c both.cpp
strict='-Wall -Wextra -pedantic -Werror -shared -fPIC'
# clean COMPILER STANDARD FILE: builds without a word, and what must be visible is.
clean() {
    command -v "$1" >/dev/null || { skip "$1 is not installed"; return; }
    out=$("$1" "-std=$2" $strict -fvisibility=hidden -I "$srcdir/include" -o both.so "$3" 2>&1) && [ -z "$out" ] && ok ||
        bad "$1 -std=$2" "$out"
    [ "$(nm -D both.so | grep -cE ' [TR] (twice|pargraph_library)$')" -eq 2 ] && ok || bad "$1 -std=$2" 'hides the function'
}
clean gcc c99 both.c
clean gcc c11 both.c
clean g++ c++11 both.cpp
clean clang c99 both.c
clean clang++ c++17 both.cpp

for name in $(sed -n 's/^static inline.*[ *]\(pargraph_[a-z_]*\)(.*/\1/p' "$header"); do
    grep -q "Fn $name " "$srcdir/man/pargraph-task.3" && ok || bad 'pargraph-task.3' "does not tell of $name"
done
for name in $(grep -oE 'Fn pargraph_[a-z_]+' "$srcdir/man/pargraph-task.3" | cut -c 4- | sort -u); do
    grep -q "[ *]$name(" "$header" && ok || bad 'pargraph-task.3' "tells of $name"
done
finish
