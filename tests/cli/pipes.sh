#!/bin/sh
# Pipes between tasks: all that is written arrives, with one reader and with several; the ends of a
# set, its failures and its retries; nothing is left open.
. "$srcdir/tests/cli/lib.sh"
megabytes=${PIPE_MEGABYTES:-64} retries=${PIPE_RETRIES:-20} trials=${PIPE_TRIALS:-3}
bytes=$((megabytes * 1048576))

# --- one reader: every byte, the end of what is written, not by way of the disk or the runner ---
workflow <<Y
tasks:
  write: {exec: [head, -c, "$bytes", /dev/zero], stdout: {pipe: p}}
  read: {run: wc -c, stdin: {pipe: p}}
  errors: {run: "echo shown; echo piped >&2", stderr: {pipe: e}}
  seen: {run: sed s/^/got=/, stdin: {pipe: e}}
  joined: {run: "echo one; echo two >&2", stdout: {pipe: j}, stderr: stdout}
  both: {run: cat > both, stdin: {pipe: j}}
Y
go run flow.yml
is 'one reader' 0
has 'one reader: every byte' "$bytes" "$out"
has 'one reader: of standard error' 'got=piped' "$out"
has 'one reader: the rest is in the log' shown "$out"
holds 'one reader: both streams' both 'one
two'
[ "$(du -sk .pargraph | cut -f 1)" -lt 1024 ] && ok || bad 'one reader' 'it went through the disk'

# --- a chain, on one cpu ---
workflow <<'Y'
tasks:
  first: {run: seq 100000, stdout: {pipe: a}}
  second: {run: grep 7, stdin: {pipe: a}, stdout: {pipe: b}}
  third: {run: "wc -l > lines", stdin: {pipe: b}}
  after: {needs: second, run: "echo after >> order"}
  before: {run: "sleep 0.1; echo before >> order"}
  late: {needs: before, run: cat, stdin: {pipe: c}}
  early: {run: "echo early >> order", stdout: {pipe: c}}
Y
go run -j 1 flow.yml
is 'a chain on one cpu' 0
[ "$(cat lines)" -eq "$(seq 100000 | grep -c 7)" ] && ok || bad 'a chain' "lines: $(cat lines)"
[ "$(grep -n before order | cut -d : -f 1)" -lt "$(grep -n early order | cut -d : -f 1)" ] && ok ||
    bad 'a set waits for the needs of all' "$(cat order)"
[ "$(grep -c after order)" -eq 1 ] && ok || bad 'a need on a member' "$(cat order)"

# --- three readers: all of it to each, binary; one that leaves early holds nobody ---
head -c 5000001 /dev/urandom >data
workflow <<'Y'
tasks:
  write: {run: cat data, stdout: {pipe: p}}
  one: {run: cat > one, stdin: {pipe: p}}
  two: {run: "sleep 0.3; cat > two", stdin: {pipe: p}}
  part: {run: head -c 1000 > part, stdin: {pipe: p}}
Y
go run flow.yml
is 'three readers' 0
for file in one two; do
    cmp -s $file data && ok || bad 'three readers' "$file is not what was written"
done
head -c 1000 data | cmp -s - part && ok || bad 'three readers' 'part is not what was written'

# --- however much flows: each byte in its place, and pargraph no larger for it ---
numbered=${pargraph%/*}/tests/cli/numbered
for count in 100000 $bytes; do
    workflow <<Y
tasks:
  write: {exec: [$numbered, write, "$count"], stdout: {pipe: p}}
  pass: {exec: [cat], stdin: {pipe: p}, stdout: {pipe: q}}
  one: {exec: [$numbered, read, "$count"], stdin: {pipe: p}}
  two: {exec: [$numbered, read, "$count"], stdin: {pipe: p}}
  last: {exec: [$numbered, read, "$count"], stdin: {pipe: q}}
  size: {needs: [one, two, last], run: "awk '/VmHWM/ { print \$2 }' /proc/\$PPID/status > size.$count"}
Y
    go run flow.yml
    is "$count bytes to each" 0
done
[ $(($(cat "size.$bytes") - $(cat size.100000))) -lt 4096 ] && ok ||
    bad 'no larger' "$(cat size.100000) and $(cat "size.$bytes") kB"

# --- a slow reader holds the writer ---
for others in '' '  other: {run: cat > other, stdin: {pipe: p}}'; do
    rm -f written release
    workflow <<Y
tasks:
  write: {run: head -c 1000000 /dev/zero && echo > written, stdout: {pipe: p}}
  read: {run: "sleep 0.5; if [ -e written ]; then echo early; fi; cat > sink", stdin: {pipe: p}}
$others
Y
    go run flow.yml
    is 'a slow reader holds the writer' 0 ''
    [ -e written ] && ok || bad 'a slow reader' 'the writer did not end'
done

# --- the last reader goes: the writer is told, and what it makes of that counts ---
for readers in 1 2; do
    workflow <<Y
tasks:
  endless: {exec: ['yes'], stdout: {pipe: p}}
  read: {run: head -n 1, stdin: {pipe: p}}
$([ $readers = 1 ] || echo "  other: {run: head -n 1, stdin: {pipe: p}}")
Y
    go run flow.yml
    is 'nobody reads on' 1
    has 'nobody reads on' 'endless failed: killed by SIGPIPE' "$err"
done
sed -i "s/exec: \['yes'\]/run: 'yes || true'/" flow.yml
go run flow.yml
is 'nobody reads on: the remedy' 0

# --- one fails: all do, at once; the set is tried again as a whole ---
workflow <<'Y'
failure-policy: keep-going
tasks:
  write: {run: "echo x; sleep 60", stdout: {pipe: p}}
  read: {run: "read x; exit 3", stdin: {pipe: p}}
  absent: {exec: ./no-such-program, stdin: {pipe: q}}
  other: {run: "sleep 60", stdout: {pipe: q}}
  needs: {needs: write, run: echo never}
Y
go run flow.yml
is 'one fails' 1 ''
has 'one fails' 'read failed: exit status 3' "$err"
has 'one cannot be started' "cannot run './no-such-program'" "$err"
no_left 'one fails'
# --- a writer that its failed reader takes with it, by SIGPIPE, is not told as the one that failed ---
for end in "['yes'], stdout: {pipe: p}" "[bash, -o, pipefail, -c, yes | cat], stdout: {pipe: p}"; do
    workflow <<Y
tasks:
  write: {exec: $end}
  pass: {exec: [cat], stdin: {pipe: p}, stdout: {pipe: q}}
  read: {run: head -c 100000 > read; exit 3, stdin: {pipe: q}, cleanup: "sleep 0.\$(date +%N)"}
  other: {exec: [head, -c, "1000"], stdin: {pipe: q}}
Y
    for _ in $(seq "$trials"); do
        go run flow.yml
        is 'a failed reader' 1
        has 'a failed reader' 'read failed: exit status 3' "$err"
        has 'a failed reader' 'write failed: another task of its pipe failed' "$err"
        has 'a failed reader' 'pass failed: another task of its pipe failed' "$err"
    done
done
workflow <<'Y'
tasks:
  write: {exec: ['yes'], stdout: {pipe: p}}
  read: {run: "exec <&-; sleep 60", stdin: {pipe: p}}
Y
go run flow.yml
is 'a reader that closes its end and goes on' 1
has 'a reader that closes its end and goes on' 'write failed: killed by SIGPIPE' "$err"

workflow <<Y
tasks:
  write:
    retry: $retries
    run: "echo w >> tries; ls /proc/\$(awk '/^PPid/ {print \$2}' /proc/self/status)/fd | wc -l >> open; echo data"
    stdout: {pipe: p}
  read: {retry: $retries, run: "cat > got; test \$PARGRAPH_ATTEMPT -gt $retries", stdin: {pipe: p}}
  more: {retry: $retries, run: "cat > more", stdin: {pipe: p}}
Y
go run flow.yml
is 'retries' 0
[ "$(wc -l <tries)" -eq $((retries + 1)) ] && ok || bad 'retries' "$(wc -l <tries) tries"
holds 'retries: what was written by the last' got data
sort -n open | awk 'NR == 1 { least = $1 } { most = $1 } END { exit most > least + 12 }' && ok ||
    bad 'retries leave descriptors open' "$(tr '\n' ' ' <open)"

# --- cancelled; killed and gone on with ---
workflow <<'Y'
tasks:
  write: {run: "echo > begun; while :; do echo line; sleep 0.01; done", stdout: {pipe: p}}
  one: {run: cat > one, stdin: {pipe: p}}
  two: {run: cat > two, stdin: {pipe: p}}
Y
rm -f begun
"$pargraph" run -q flow.yml >out.txt 2>err.txt &
until_there begun
sleep 0.2
kill -INT $!
wait $!
status=$?
is 'cancelled' 130
no_left 'cancelled'
workflow <<'Y'
tasks:
  write:
    stdout: {pipe: p}
    run: |
      echo start >> starts
      seq 10
      [ -e begun ] || { while [ $(wc -l <starts) -lt 3 ]; do sleep 0.01; done; echo > begun; sleep 60; }
  one: {run: "echo start >> starts; cat > one", stdin: {pipe: p}}
  two: {run: "echo start >> starts; cat > two", stdin: {pipe: p}}
Y
rm -f begun
"$pargraph" run -q flow.yml >out.txt 2>err.txt &
until_there begun
sleep 0.2
kill_both $!
go resume
is 'killed' 0
[ "$(wc -l <starts)" -eq 6 ] && ok || bad 'killed' "starts: $(wc -l <starts)"
holds 'killed: all of the second time' one "$(seq 10)"
holds 'killed: all of the second time' two "$(seq 10)"

finish
