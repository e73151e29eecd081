#!/bin/sh
# Functions of libraries that end as none should: on a thread they may take the run with them, which
# names the task and can be resumed; in a worker process they fail their task alone.
. "$srcdir/tests/cli/lib.sh"
out='' err='' status=0

cat >lib.c <<'Y'
#include <pargraph/task.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

PARGRAPH_LIBRARY

/* Whether it is to do no harm. */
static int is_mended(void)
{
    return access("mended", F_OK) == 0;
}

PARGRAPH_FUNCTION(ok)
{
    return pargraph_put_int(task, 1);
}

PARGRAPH_FUNCTION(crash)
{
    if (!is_mended())
        raise(SIGSEGV);
    return pargraph_put_text(task, "crash", 5);
}

PARGRAPH_FUNCTION(leave)
{
    if (!is_mended())
        exit(0);
    return pargraph_put_text(task, "leave", 5);
}

PARGRAPH_FUNCTION(leave_at_once)
{
    if (!is_mended())
        _exit(0);
    return pargraph_put_text(task, "leave", 5);
}

PARGRAPH_FUNCTION(give_up)
{
    if (!is_mended())
        abort();
    return pargraph_put_text(task, "abort", 5);
}

PARGRAPH_FUNCTION(say)
{
    printf("by printf\n");
    fflush(stdout);
    return pargraph_put_int(task, 1);
}

PARGRAPH_FUNCTION(fork_and_return)
{
    int status = 0;
    pid_t child = fork();
    if (child != 0)
        waitpid(child, &status, 0);
    return pargraph_put_bool(task, child > 0);
}

PARGRAPH_FUNCTION(leave_a_child)
{
    if (fork() == 0) {
        sleep(60);
        _exit(0);
    }
    return pargraph_put_int(task, 1);
}

PARGRAPH_FUNCTION(close_standard)
{
    close(0);
    close(1);
    close(2);
    return pargraph_put_int(task, 1);
}
Y
${CC:-cc} -shared -fPIC -I "$srcdir/include" -o lib.so lib.c 2>cc.txt || {
    skip "no library could be made: $(head -n 1 cc.txt)"
    finish
}

# --- what ends the runner with it ---
while IFS='|' read -r function in_thread in_process text told; do
    rm -rf .pargraph mended
    workflow <<Y
tasks:
  first: {call: {library: ./lib.so, function: ok}}
  harm: {needs: first, call: {library: ./lib.so, function: $function}}
  last: {needs: harm, call: {library: ./lib.so, function: ok}}
Y
    go run -q --backend process flow.yml
    is "$function in a process: run" "$in_process"
    has "$function in a process: its end" "$told" "$err"
    go result first
    is "$function in a process: others" 0 1
    no_left "$function in a process: nothing is left"
    rm -rf .pargraph
    go run -q --backend thread flow.yml
    is "$function on a thread: run" "$in_thread"
    has "$function on a thread: message" "$text" "$err"
    touch mended
    go resume -q
    is "$function on a thread: resume" 0
    go result -j first
    is "$function on a thread: what was done" 0 1
    go result last
    is "$function on a thread: the rest" 0 1
    no_left "$function on a thread: nothing is left"
done <<'Y'
crash|139|1|crash crashed (SIGSEGV), and with it the runner, on a thread of which it was called, in task harm|harm failed: killed by SIGSEGV
leave|134|1|leave called exit(): it ended, and with it the runner, on a thread of which it was called, in task harm|harm failed: its worker process ended with exit status 0
leave_at_once|1|1|the runner ended with exit status 0 before the run had ended|harm failed: its worker process ended with exit status 0
give_up|134|1|give_up aborted (SIGABRT), and with it the runner, on a thread of which it was called, in task harm|harm failed: killed by SIGABRT
Y

# --- what does no harm ---
workflow <<'Y'
tasks:
  say: {call: {library: ./lib.so, function: say}}
  fork: {needs: say, call: {library: ./lib.so, function: fork_and_return}}
  child: {needs: fork, call: {library: ./lib.so, function: leave_a_child}}
  shell: {needs: child, run: "echo on"}
  close: {needs: shell, call: {library: ./lib.so, function: close_standard}}
Y
for backend in thread process; do
    rm -rf .pargraph
    timeout -k 1 30 "$pargraph" run -q --backend $backend flow.yml >out.txt 2>err.txt </dev/null
    status=$? out=$(cat out.txt) err=$(cat err.txt)
    is "$backend: run" 0
    go result fork
    is "$backend: fork" 0 true
    go logs say
    is "$backend: printf" 0 'by printf'
    no_left "$backend: no child is left"
done

finish
