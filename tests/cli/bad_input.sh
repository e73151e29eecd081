#!/bin/sh
# Bad input: each a clear message and the documented status, and no child left running.
. "$srcdir/tests/cli/lib.sh"

go run nowhere.yml
is 'no file' 2 ''
has 'no file' 'cannot open nowhere.yml: No such file or directory' "$err"

for command in run check list dot; do
    go "$command" ''
    is "$command: an empty name" 2 ''
    has "$command: an empty name" 'the name of the workflow file is empty' "$err"
done

# An empty name of a run is none, whoever is given it.
workflow <<'Y'
tasks: {t: {run: echo seen}}
Y
go run -q flow.yml
is 'a run to look at' 0
for command in 'status' 'logs %s t' 'resume' 'dot --run %s flow.yml' 'list --run %s flow.yml' 'status --json'; do
    case $command in
    *%s*) go ${command%%%s*} '' ${command#*%s} ;;
    *) go $command '' ;;
    esac
    is "$command: an empty name of a run" 2 ''
    has "$command: an empty name of a run" 'the id of the run is empty' "$err"
done

# What cannot be shown is told, and is no success.
for command in 'list flow.yml' 'plan --json flow.yml' 'plan flow.yml' 'check flow.yml' 'dot flow.yml' status \
    'status --json' 'logs t' 'logs -a t' runs schema 'run flow.yml' 'run -v flow.yml' 'run --json flow.yml' 'run -n flow.yml'; do
    out=
    "$pargraph" $command >/dev/full 2>err.txt </dev/null
    status=$? err=$(cat err.txt)
    is "$command: a full disk" 1
    has "$command: a full disk" 'cannot write to standard output: No space left on device' "$err"
done
"$pargraph" run flow.yml >/dev/full 2>&1
status=$? out= err=
is 'a full disk for messages, too' 1
go status
has 'what could not be shown has succeeded all the same' '1 ok' "$out"
go logs t
is 'what could not be shown is in the log' 0 seen
go run -q flow.yml >/dev/full
is 'nothing to show' 0
rm -rf .pargraph flow.yml

for command in run check logs; do
    out= err=
    "$pargraph" "$command" --help >/dev/full 2>err.txt
    status=$?
    is "$command: help on a full disk" 1
    holds "$command: help on a full disk" err.txt \
        'pargraph: cannot write to standard output: No space left on device'
done

mkdir d
go run d
is 'a directory' 2 ''
has 'a directory' 'Is a directory' "$err"

: >empty.yml
go run empty.yml
is 'an empty file' 2 ''
has 'an empty file' 'empty.yml:1:1: error: ' "$err"

head -c 4096 /dev/urandom >binary.yml
go run binary.yml
is 'binary' 2 ''
has 'binary' 'binary.yml:' "$err"
printf 'pargraph: 1\ntasks:\n  a: {run: "x\000y"}\n' >nul.yml
go check nul.yml
is 'NUL' 2 ''
has 'NUL' 'nul.yml:3:' "$err"

head -c 3000000 /dev/zero | tr '\0' '[' >deep.yml
go check deep.yml
is 'deep nesting' 2 ''

workflow <<'Y'
tasks:
  a: {exec: [true]}
Y
: >flat
go run --state flat/x flow.yml
is 'a state directory below a file' 4 ''
has 'a state directory below a file' 'flat' "$err"
go run --state /proc/nowhere flow.yml
is 'a state directory that cannot be' 4 ''
PARGRAPH_STATE=$folder/elsewhere go run -q flow.yml
is 'PARGRAPH_STATE' 0
[ -d elsewhere/runs ] && ok || bad 'PARGRAPH_STATE' 'not used'
[ "$(stat -c %a elsewhere)" = 700 ] && ok || bad 'PARGRAPH_STATE' 'mode is not 0700'

workflow <<'Y'
tasks:
  a: {exec: [no-such-command-here, x]}
Y
go run flow.yml
is 'no such command' 1 ''
has 'no such command' 'no-such-command-here' "$err"
has 'no such command has its place' 'flow.yml:3:14' "$err"
has 'no such command says why' 'No such file or directory' "$err"

workflow <<'Y'
tasks:
  a: {run: no-such-command-here}
  b: {needs: a, if: always(), exec: [echo, "${{ needs.a.exit_code }}"]}
Y
go run flow.yml
is 'status of a command that is not there' 1
has 'status of a command that is not there' '127' "$out"

printf 'echo x\n' >script
workflow <<'Y'
tasks:
  a: {exec: ./script}
  b: {needs: a, if: always(), exec: [echo, "${{ needs.a.exit_code }}"]}
Y
go run flow.yml
is 'not executable' 1 '126'
has 'not executable says so' 'Permission denied' "$err"

workflow <<'Y'
tasks:
  a: {cwd: missing/folder, run: echo x}
Y
go run flow.yml
is 'no cwd' 1 ''
has 'no cwd' 'missing/folder' "$err"
has 'no cwd has its place' 'flow.yml:3:12' "$err"

workflow <<'Y'
tasks:
  a: {stdin: {file: missing.txt}, run: cat}
  b: {stdin: {file: d}, run: cat}
Y
go run -k flow.yml
is 'stdin files' 1 ''
has 'a missing stdin file' 'missing.txt' "$err"

workflow <<'Y'
tasks:
  a: {stdout: {file: missing/x.txt}, run: echo x}
Y
go run flow.yml
is 'stdout in no folder' 1 ''
has 'stdout in no folder' 'missing/x.txt' "$err"

workflow <<'Y'
tasks:
  long: {run: "head -c 10485760 /dev/zero | tr '\\0' x"}
Y
go run flow.yml
is '10 MB on one line' 0
go logs long
[ "$(wc -c <out.txt)" -eq 10485760 ] && ok || bad '10 MB on one line' 'the log lost something'

workflow <<'Y'
tasks:
  bytes: {run: "head -c 100000 /dev/urandom | tee bytes.bin"}
Y
go run flow.yml
go logs bytes
cmp -s out.txt bytes.bin && ok || bad 'binary output' 'the log is not byte-exact'

workflow <<'Y'
tasks:
  held: {run: "sleep 30.375 & echo started"}
  after: {needs: held, run: echo after}
Y
go run flow.yml
is 'a held pipe does not hang' 0 'started
after'
no_process 'what was left in the background ends with the run' '30.375'

for arguments in '' 'frob' 'run' '--frob' 'run --frob flow.yml' 'run -j 0 flow.yml' 'run -j x flow.yml' \
    'run -p x flow.yml' 'dot' 'logs' 'status a b' 'run flow.yml nosuch' 'list'; do
    # shellcheck disable=SC2086
    go $arguments
    is "usage [$arguments]" 2 ''
    [ -n "$err" ] && ok || bad "usage [$arguments]" 'said nothing'
done
for command in run check plan; do
    go $command -j 0 flow.yml
    has "$command -j 0 points to its own help" "see: pargraph $command --help" "$err"
done
go run flow.yml hold
has 'an unknown task is suggested' 'held' "$err"
for command in '' run check list plan dot status logs runs; do
    go $command --help
    is "help of [$command]" 0
    has "help of [$command]" 'usage: pargraph' "$out"
done
go --version
is 'version' 0
for library in libyaml Lua SQLite jansson; do
    has 'version names libraries' "$library" "$out"
done

none=$(mktemp -d) && cd "$none" || exit 99
for command in status runs 'logs a'; do
    # shellcheck disable=SC2086
    go $command
    is "no state: $command" 4 ''
done
cd "$folder" && rm -rf "$none"
go status nosuchrun
is 'no such run' 4 ''
go status ../../etc
is 'a run id leaves no directory' 4 ''

"$pargraph" --version >/dev/full 2>err.txt
status=$? out='' err=$(cat err.txt)
is 'standard output full' 1
"$pargraph" list flow.yml >&- 2>&-
status=$?
[ "$status" -lt 128 ] && ok || bad 'closed descriptors' 'crashed'
"$pargraph" run -q flow.yml <&- >&- 2>&-
status=$?
is 'a run without standard descriptors' 0
workflow <<'Y'
tasks:
  a: {run: "seq 100000"}
Y
"$pargraph" run flow.yml | head -n 1 >first.txt
holds 'a reader that leaves' first.txt 1

finish
