#!/bin/sh
# Every workflow under workflows/ runs, and gives what it promises.
. "$srcdir/tests/cli/lib.sh"

for file in "$srcdir"/workflows/*.yml; do
    go check "$file"
    is "check $(basename "$file")" 0
    go dot "$file"
    is "dot $(basename "$file")" 0
done

mkdir texts
printf 'the cat and the dog\nThe end\n' >texts/a
printf 'A dog, a cat; the DOG!\n' >texts/b
cp "$srcdir/workflows/wordcount.yml" .
go run wordcount.yml -p folder="$folder/texts" -p top=3
is 'wordcount' 0 '      4 the
      3 dog
      2 a'
if [ -d /usr/share/common-licenses ]; then
    go run wordcount.yml
    is 'wordcount of the licences' 0
    [ "$(wc -l <out.txt)" -eq 20 ] && ok || bad 'wordcount of the licences' 'not twenty lines'
    cat /usr/share/common-licenses/* | tr -cs 'A-Za-z' '\n' | tr A-Z a-z | grep . | LC_ALL=C sort |
        LC_ALL=C uniq -c | LC_ALL=C sort -k1,1nr -k2,2 | head -n 20 |
        awk '{ printf "%7d %s\n", $1, $2 }' >expected.txt
    cmp -s out.txt expected.txt && ok || bad 'wordcount of the licences' "not what one pipe gives: $(diff out.txt expected.txt)"
else
    skip '/usr/share/common-licenses is not there'
fi

finish
