#!/bin/sh
# Planted deadlocks: each workflow of tests/deadlocks ends with the status that its first line says,
# and tells what the next lines say: who waits, and for what.
. "$srcdir/tests/cli/lib.sh"
case $srcdir in /*) ;; *) srcdir=$OLDPWD/$srcdir ;; esac

mkdir program
ln -s "$pargraph" program/pargraph
PATH=$folder/program:$PATH
for file in "$srcdir"/tests/deadlocks/*.yml; do
    name=$(basename "$file" .yml)
    cp "$file" flow.yml
    timeout 30 "$pargraph" run flow.yml >out.txt 2>err.txt </dev/null
    status=$? out=$(cat out.txt) err=$(cat err.txt)
    is "$name" "$(sed -n 's/^# status: //p' flow.yml)"
    sed -n 's/^# tells: //p' flow.yml >tells.txt
    while read -r text; do
        has "$name" "$text" "$err"
    done <tells.txt
    lacks "$name: nothing goes on" never "$out"
    no_left "$name"
done

finish
