#!/bin/sh
# What cannot be started: each said once, with the place of the key to mend, the reason, and for the
# usual mistakes what to do; in the run, in its status, and for a cleanup.
. "$srcdir/tests/cli/lib.sh"
here=$(pwd -P)

printf 'echo x\n' >plain
printf '#!/no/such/interpreter\n' >lost && chmod +x lost
: >here && chmod +x here
mkdir folder
workflow <<'Y'
failure-policy: keep-going
tasks:
  absent: {run: no-such-program --at all}
  absent-exec: {exec: [no-such-program]}
  plain: {run: ./plain}
  lost: {exec: [./lost, x]}
  here: {exec: here}
  folder: {exec: [./folder]}
  cwd: {cwd: missing/folder, run: echo x}
  file-cwd: {run: echo x, cwd: plain}
  stdin: {run: cat, stdin: {file: missing.txt}}
  folder-stdin: {run: cat, stdin: {file: /}}
  stdout: {run: echo x, stdout: {file: missing/out}}
  stderr: {stderr: {file: /no/such/err}, run: echo x}
  shell: {shell: /no/such/shell, run: echo x}
Y
go run -j 1 flow.yml
is 'nothing could be started' 1 ''

# said TASK TEXT: at once, in the summary, and by status.
said() {
    has "$1: at once" "] $1 failed: $2
" "$err
"
    go status
    has "$1: in the status" "  $1: $2
" "$out
"
}

run_said=$err
expect() {
    err=$run_said
    said "$@"
}
absent='No such file or directory'
expect absent "flow.yml:4:17: cannot run 'no-such-program': $absent"
expect absent-exec "flow.yml:5:24: cannot run 'no-such-program': $absent"
expect plain "flow.yml:6:16: cannot run './plain': Permission denied (make it executable: chmod +x ./plain)"
expect lost "flow.yml:7:17: cannot run './lost': $absent (the file is there: its first line names an interpreter that is not)"
expect here "flow.yml:8:16: cannot run 'here': $absent (a program of this folder is named with it: ./here)"
expect folder "flow.yml:9:19: cannot run './folder': Permission denied (it is a folder)"
expect cwd "flow.yml:10:14: cannot enter '$here/missing/folder': $absent"
expect file-cwd "flow.yml:11:32: cannot enter '$here/plain': Not a directory"
expect stdin "flow.yml:12:28: cannot read 'missing.txt': $absent (it is sought in $here)"
expect folder-stdin "flow.yml:13:35: cannot read '/': Is a directory"
expect stdout "flow.yml:14:33: cannot create 'missing/out': $absent (its folder must be there before the task starts)"
expect stderr "flow.yml:15:20: cannot create '/no/such/err': $absent (its folder must be there before the task starts)"
expect shell "flow.yml:16:39: cannot run '/no/such/shell': $absent"
err=$run_said
has 'the summary says it too' "
absent failed: flow.yml:4:17: cannot run 'no-such-program': $absent
" "$err"
lacks 'a reason is said once' "$absent: $absent" "$err"

workflow <<'Y'
tasks:
  status: {run: "true", cleanup: "exit 3"}
  signal: {run: "true", cleanup: "kill -KILL $$"}
  absent: {run: "true", cleanup: no-such-program}
Y
go run -j 1 flow.yml
is 'a cleanup that fails fails nothing' 0
has 'a cleanup with a status' 'warning: flow.yml:3:34: the cleanup of status failed: exit status 3' "$err"
has 'a cleanup that is killed' 'warning: flow.yml:4:34: the cleanup of signal failed: killed by SIGKILL' "$err"
has 'a cleanup without its program' 'the cleanup of absent failed: exit status 127' "$err"

finish
