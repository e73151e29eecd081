#!/bin/sh
# The schema of workflows: printed as it is in schemas/, and of one mind with the reader.
. "$srcdir/tests/cli/lib.sh"

go schema
is 'schema' 0
cmp -s out.txt "$srcdir/schemas/pargraph.schema.json" && ok || bad 'schema' 'it is not the file'
go schema more
is 'schema takes no argument' 2

python=
for one in python3 /usr/bin/python3; do
    "$one" -c 'import yaml; from jsonschema import Draft202012Validator' 2>/dev/null && {
        python=$one
        break
    }
done
if [ -z "$python" ]; then
    skip 'no Python with yaml and a jsonschema that knows 2020-12 (Debian: python3-yaml python3-jsonschema)'
    finish
fi
mkdir agree && cd agree || exit 99
"$python" -W ignore "$srcdir/tests/cli/schema.py" "$srcdir" "$pargraph" >../agree.txt 2>&1
status=$? out=$(cat ../agree.txt) err=
passed=$((passed + $(sed -n 's/^\([0-9]*\) passed, .*/\1/p' ../agree.txt)))
[ "$status" -eq 0 ] && ok || bad 'schema and reader' 'they do not agree'
cd ..
finish
