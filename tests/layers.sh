#!/bin/sh
# build-aux/check-layers: the project's own layers hold, and a forbidden include is found.
set -u
check=$srcdir/build-aux/check-layers
passed=0 failed=0
tree=$(mktemp -d) || exit 99
trap 'rm -rf "$tree"' EXIT

expect() { # NAME STATUS TEXT ROOT
    output=$("$check" "$4" 2>&1)
    status=$?
    if [ "$status" -eq "$2" ] && printf '%s\n' "$output" | grep -qF -- "$3"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s: status %s, output:\n%s\n' "$1" "$status" "$output"
    fi
}

new_tree() {
    rm -rf "$tree/p"
    mkdir -p "$tree/p/src/low" "$tree/p/src/high"
    printf '<!-- layers -->\nlow\nhigh low\n<!-- /layers -->\n' >"$tree/p/ARCHITECTURE.md"
    printf '#include "low/low.h"\n#include <stdio.h>\n' >"$tree/p/src/high/high.c"
    printf '\n' >"$tree/p/src/low/low.h"
}

expect 'the project' 0 '' "$srcdir"
new_tree
expect 'a good tree' 0 '' "$tree/p"
printf '\n  #  include "high/high.h"\n' >"$tree/p/src/low/low.c"
expect 'an upward include' 1 'src/low/low.c:2: low may not include "high/high.h"' "$tree/p"
new_tree
printf '#include "low.h"\n' >"$tree/p/src/low/low.c"
expect 'a bare name' 1 'src/low/low.c:1: "low.h" does not name its layer' "$tree/p"
new_tree
mkdir "$tree/p/src/odd"
printf '\n' >"$tree/p/src/odd/odd.c"
expect 'an unknown layer' 1 'layer odd is not in the table' "$tree/p"
new_tree
printf '<!-- layers -->\nlow high\nhigh low\n<!-- /layers -->\n' >"$tree/p/ARCHITECTURE.md"
expect 'a knot in the table' 1 'includes itself by way of others' "$tree/p"
new_tree
: >"$tree/p/ARCHITECTURE.md"
expect 'no table' 1 'no table of layers' "$tree/p"

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
