#!/bin/sh
# pargraph call and pargraph map: runs without a file. Items are never code, output comes in the
# order of the items, nothing is left behind.
. "$srcdir/tests/cli/lib.sh"
TMPDIR=$folder/tmp
export TMPDIR
mkdir tmp

nothing_left() { # NAME
    [ -z "$(ls -A tmp)" ] && [ ! -e .pargraph ] && ok || bad "$1: nothing is left" "$(ls -A . tmp)"
    no_left "$1: no process"
}

# --- map of a command ---
go map -j2 'sleep 0.{#}; echo got {}' ::: 3 2 1
is 'map: in order' 0 'got 3
got 2
got 1'
go map -j4 'printf "<%s>\n"' ::: 'a b' '$(touch owned)' '; touch owned' '`touch owned`' '${{ 1 }}' "it's" '"' '' '*'
is 'map: items are words' 0 '<a b>
<$(touch owned)>
<; touch owned>
<`touch owned`>
<${{ 1 }}>
<it'"'"'s>
<">
<>
<*>'
[ ! -e owned ] && ok || bad 'map: no item is code' ''
go map -j1 echo {} {.} {/} {//} {/.} {#} {1} ::: a/b.tar.gz c
is 'map: marks' 0 'a/b.tar.gz a/b.tar b.tar.gz a b.tar 1 a/b.tar.gz
c c c . c 2 c'
go map -j1 echo {2}-{1} ::: a b ::: 1 2
is 'map: combinations' 0 '1-a
2-a
1-b
2-b'
seq 300 >items
"$pargraph" map -j3 -q 'echo' <items >out.txt 2>err.txt
status=$? out=$(cat out.txt) err=$(cat err.txt)
is 'map: from standard input' 0 "$(cat items)"
printf 'a\nb\0c d\0' | "$pargraph" map -0 -q 'printf "[%s]"' >out.txt 2>err.txt
status=$? out=$(cat out.txt) err=$(cat err.txt)
is 'map: items that end with NUL' 0 '[a
b][c d]'
go map echo :::
is 'map: of nothing' 0 ''
go map -j2 'echo x{}; echo y{} >&2; exit {}' ::: 0 3 0
is 'map: a failure' 1 'x0
x3
x0'
has 'map: a failure is told' 'item[item=3] failed: exit status 3' "$err"
lacks 'map: no logs are promised' 'pargraph logs' "$err"
go map -j1 --retries 2 'echo {} >>tried; [ $(wc -l <tried) = 3 ]' ::: x
is 'map: tried again' 0 ''
go map --timeout 200ms 'sleep {}' ::: 60 0
is 'map: timeout' 1 ''
has 'map: timeout' 'timed out' "$err"
go map --fail-fast -j1 'echo {}; exit {}' ::: 1 0 0
is 'map: fail fast' 1 '1'
nothing_left 'map'
go map --state kept -j1 'echo {}' ::: a
is 'map: its state kept' 0 'a'
[ -d kept/runs ] && ok || bad 'map: its state kept' ''

# --- map and call of functions ---
go map -c 'lua:return ... * 2' ::: 1 2.5 3
is 'map: a function' 0 '2
5
6'
go map -c 'lua:local a, b = ... return #a .. b' --text ::: 12 345 ::: x y
is 'map: texts, combinations' 0 '2x
2y
3x
3y'
go map -c 'lua:local l = ... return #l' ::: '[1,2]' '[]'
is 'map: a list is one argument' 0 '2
0'
go map -c 'lua:assert(... ~= 2, "two") return ...' ::: 1 2 3
is 'map: a function that fails' 1 '1
3'
has 'map: a function that fails' 'two' "$err"
go call 'lua:return {...}' 1 two '{"a": [null]}' '"3"'
is 'call: values' 0 '[1,"two",{"a":[null]},"3"]'
go call -t 'lua:return {...}' 1 null
is 'call: texts' 0 '["1","null"]'
go call 'lua:return "a text"'
is 'call: a text as it is' 0 'a text'
go call --json 'lua:return "a text"'
is 'call: JSON' 0 '"a text"'
go call --backend process 'lua:return ...' '${{ 1 }}'
is 'call: arguments are no code' 0 '${{ 1 }}'
go call 'lua:error("no way")'
is 'call: a failure' 1 ''
has 'call: a failure' 'call failed: ' "$err"
has 'call: its message' 'no way' "$err"
nothing_left 'call'
if command -v python3 >/dev/null; then
    printf 'def f(a, b=2, *, c=3):\n    return [a, b, c]\n' >mod.py
    go call -k c=x python:mod:f 1
    is 'call: Python, by keyword' 0 '[1,2,"x"]'
    go map -j2 --chunk 4 -k b=0 --call python:mod:f ::: 1 2 3 4 5 6
    is 'map: Python in chunks' 0 '[1,0,3]
[2,0,3]
[3,0,3]
[4,0,3]
[5,0,3]
[6,0,3]'
    rm -rf __pycache__
fi

# --- interrupted ---
"$pargraph" map -q -j2 'touch began; sleep 60; echo {}' ::: 1 2 3 >out.txt 2>err.txt &
until_there began
kill -INT $!
wait $!
status=$? out=$(cat out.txt) err=$(cat err.txt)
is 'map: interrupted' 130 ''
nothing_left 'map: interrupted'

# --- wrong command lines ---
while IFS='|' read -r words text; do
    eval "go $words"
    is "wrong: $words" 2 ''
    has "wrong: $words" "$text" "$err"
done <<'Y'
call|a function is wanted
call m:f|a function is python:MODULE:FUNCTION, library:FILE:FUNCTION or lua:TEXT, not 'm:f'
call python:m|a function is python:
call lua:|a function is python:
call -k x 'lua:return 1'|-k takes NAME=VALUE
call 'lua:return ${{ 1 }}'|${{
map|a command is wanted, or --call
map -c 'lua:return 1' echo ::: 1|with --call there is no command
map --chunk 2 echo ::: 1|are for functions, with --call
map --chunk 0 -c 'lua:return 1' ::: 1|--chunk takes a number
map --backend mpi -c 'lua:return 1' ::: 1|not supported yet
map --backend x -c 'lua:return 1' ::: 1|--backend takes thread or process
Y

finish
