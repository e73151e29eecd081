#!/bin/sh
# Every workflow under workflows/ runs, and gives what it promises.
. "$srcdir/tests/cli/lib.sh"

for file in $(grep -l '^pargraph:' "$srcdir"/workflows/*.yml); do
    go check "$file"
    is "check $(basename "$file")" 0
    go dot "$file"
    is "dot $(basename "$file")" 0
done

mkdir texts
printf 'the cat and the dog\nThe end\n' >texts/a
printf 'A dog, a cat; the DOG!\n' >texts/b
cp -R "$srcdir"/workflows/. .
chmod -R u+w .
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

# A C program from its sources.
go run cbuild.yml
is 'cbuild' 0 '2 3 5 7 11 13 17 19 23 29 31 37 41 43 47 53 59 61 67 71 73 79 83 89 97'
[ "$(cbuild.out/primes 30)" = '2 3 5 7 11 13 17 19 23 29' ] && ok || bad 'cbuild' 'the program is wrong'
go run -q cbuild.yml -p 'cflags=["-O0", "-DNDEBUG"]' -p out='another place'
[ -x 'another place/primes' ] && ok || bad 'cbuild' 'nothing in the other folder'
echo 'int sieve(' >cbuild/sieve.c
go run cbuild.yml
is 'cbuild with an error' 1
has 'cbuild tells where' 'sieve.c:1' "$err"
lacks 'cbuild does not link' 'link ok' "$err"

# Functions of a C library, on threads and in worker processes; its header as if it were installed.
sed -e "s|@includedir@|$srcdir/include|" -e 's|@[A-Z_]*@|pargraph|' -e 's|@[a-z_]*@||' "$srcdir/pargraph.pc.in" >pargraph.pc
PKG_CONFIG_PATH=$folder
export PKG_CONFIG_PATH
for backend in thread process; do
    go run functions.yml --backend $backend
    is "functions, backend $backend" 0
    tail -n 1 out.txt >means-$backend.txt
    [ "$(wc -w <means-$backend.txt)" -eq 8 ] && ok || bad "functions, backend $backend" 'not eight means'
    go result -j summary
    [ "$(printf '%s' "$out" | grep -o '"count":100,' | wc -l)" -eq 8 ] && ok || bad 'functions' 'not eight summaries of 100'
done
out='' err=''
cmp -s means-thread.txt means-process.txt && ok || bad 'functions' 'not the same means in processes'
go result sample
printf '%s' "$out" | tr -d '[] ' | tr '\n' ',' | tr ',' '\n' | grep . |
    awk '{ sum += $1 } NR % 100 == 0 { printf "%s%.3f", (NR > 100 ? " " : ""), sum / 100; sum = 0 } END { print "" }' >means.txt
cmp -s means.txt means-thread.txt && ok || bad 'functions: the means' "awk gives $(cat means.txt)"

# A kernel on the GPU that the task has. PoCL stands in for one where it is installed.
cat >devices.c <<'X'
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>
int main(void)
{
    cl_platform_id platforms[16];
    cl_uint count = 0, devices = 0, all = 0;
    if (clGetPlatformIDs(16, platforms, &count) != CL_SUCCESS)
        return 1;
    for (cl_uint i = 0; i < count && i < 16; i++)
        if (clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 0, 0, &devices) == CL_SUCCESS)
            all += devices;
    return printf("%u\n", all) < 0 || all == 0;
}
X
if ! ${CC:-cc} -o devices devices.c -lOpenCL 2>/dev/null; then
    skip 'no OpenCL here (Debian: ocl-icd-opencl-dev)'
elif ! ./devices >devices.txt; then
    skip 'no device for OpenCL here (Debian: pocl-opencl-icd)'
else
    POCL_CACHE_DIR=$folder/pocl
    export POCL_CACHE_DIR
    for backend in process thread; do
        go run --backend $backend gpu/flow.yml
        is "gpu, backend $backend" 0
        has "gpu, backend $backend" '9592 primes below 100000' "$out"
    done
    go run gpu/flow.yml -p limit=1000 -p parts=3
    has 'gpu: other parts' '168 primes below 1000' "$out"
    more=$(($(cat devices.txt) + 1)) # calls at once, each with a GPU; the last number is none's
    sed "s/^resources: {gpu: 1}/resources: {gpu: $more}/; s/size: 4/size: $more/" gpu/flow.yml >gpu/missing.yml
    go run gpu/missing.yml -p parts=$more
    is 'gpu: one that is not there' 1
    has 'gpu: one that is not there' "failed: GPU $((more - 1)) is not there: OpenCL finds" "$err"
fi

# Images: the means as one table of all points gives them.
go run images.yml -p size=24
is 'images' 0
for name in ramp checkers disc; do
    awk 'NR == 2 { n = $1 } NR > 3 { grey[int((NR - 4) / n), (NR - 4) % n] = $1 }
        END { for (y = 0; y < n; y++) for (x = 0; x < n; x++) {
                sum = count = 0
                for (z = x - 1; z <= x + 1; z++) if ((y, z) in grey) { sum += grey[y, z]; count++ }
                all += int(sum / count) }
            printf "%.2f\n", all / (n * n) }' images.out/$name.pgm
done | awk '{ printf "%10s", $1 * 1 } END { print "" }' >means.txt
has 'images: the means' "mean$(cat means.txt)" "$out"
[ "$(sed -n 2p images.out/disc-blurred.pgm)" = '24 24' ] && ok || bad 'images' 'the size is lost'

# Parts that are known only when the text has been split.
printf 'one two three\n\nfour a-very-longword\n' >text
go run split.yml -p text="$folder/text" -p lines=1
is 'split' 0
has 'split: the total' '5 longword' "$out"
has 'split: the empty part' '7 ok, 1 skipped' "$err"

# The tree gives what the formula gives, however many leaves it has.
for leaves in 2 3 8 13; do
    go run reduce.yml -p leaves=$leaves -p numbers=500
    is "reduce by $leaves leaves" 0 $((500 * 501 * 1001 / 6))
done

# The table by tiles is the table in one piece.
distance() {
    awk -v a="$1" -v b="$2" 'function least(x, y) { return x < y ? x : y }
        BEGIN { for (i = 0; i <= length(a); i++) for (j = 0; j <= length(b); j++)
                if (!i || !j) d[i, j] = i + j
                else d[i, j] = least(d[i-1, j-1] + (substr(a, i, 1) != substr(b, j, 1)), least(d[i-1, j], d[i, j-1]) + 1)
            print d[length(a), length(b)] }'
}
for tiles in 1 2 3 5; do
    go run wavefront.yml -p tiles=$tiles -p a='the edit distance' -p b='instances of it'
    is "wavefront of $tiles by $tiles" 0 "$(distance 'the edit distance' 'instances of it')"
done
go run wavefront.yml -p tiles=2 -p a=kitten -p b=sitting
is 'wavefront of kitten and sitting' 0 3

# More memory by each attempt. (A program with an address sanitizer has no such limit to keep to.)
go run retry.yml
is 'retry' 0
go logs job
is 'retry: the third attempt has enough' 0 'attempt 3 with 256 MiB
done by attempt 3'
[ ! -e retry.part ] && ok || bad 'retry' 'cleanup did not clean'
go run retry.yml -p megabytes=50
is 'retry with little' 0 'attempt 1 with 64 MiB
done by attempt 1'
go run -q retry.yml -p megabytes=500
is 'retry with more' 0

# What fails does not keep the rest from being done, and is told.
go run backup.yml --params-file backup.params.yml
is 'backup' 0
has 'backup says so' 'all saved to backup.out' "$out"
[ "$(tar -tzf backup.out/cbuild.tar.gz | grep -c '[.][ch]$')" -eq 5 ] && ok || bad 'backup' 'the archive is not whole'
[ ! -e backup.out/alert.txt ] && ok || bad 'backup' 'an alert without a failure'
go run backup.yml -p 'folders=["cbuild","no such"]' -p target=again
is 'backup of what is not there' 1
holds 'backup tells what failed' again/alert.txt "run $("$pargraph" runs | tail -n 1 | cut -d ' ' -f 1) failed:
archive[folder=\"no such\"]"
[ -e again/cbuild.tar.gz ] && [ ! -e 'again/no such.tar.gz' ] && ok || bad 'backup' "there is: $(ls again)"
go run backup.yml -p verify=false
is 'backup without verify' 0
has 'backup skips' 'skipped' "$err"

finish
