#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

void child_start(child *c, const char *program, const char *const *argv) {
    int ends[2];
    posix_spawn_file_actions_t actions;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    c->size = 0;
    assert_int_equal(
        posix_spawn(&c->pid, program, &actions, NULL, (char *const *)(uintptr_t)argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    c->out = ends[0];
}

bool child_listen(child *c, int ms) {
    struct pollfd p = {.fd = c->out, .events = POLLIN};
    if (poll(&p, 1, ms) <= 0) return true;
    /* Only the end is kept: what matters is the last line. */
    if (c->size > sizeof c->text / 2) {
        memmove(c->text, c->text + c->size - 256, 256);
        c->size = 256;
    }
    ssize_t n = read(c->out, c->text + c->size, sizeof c->text - 1 - c->size);
    if (n <= 0) return false;
    c->size += (size_t)n;
    c->text[c->size] = 0;
    return true;
}

int child_wait(child *c) {
    int status;
    while (child_listen(c, -1)) {
    }
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    close(c->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void child_kill(child *c) {
    kill(c->pid, SIGKILL);
    int status = child_wait(c);
    if (status != 128 + SIGKILL) fail_msg("a process ended with status %d by itself", status);
}

long child_last(const child *c, long none) {
    size_t end = c->size;
    while (end && c->text[end - 1] != '\n')
        end--;
    if (!end) return none;
    size_t begin = end - 1;
    while (begin && c->text[begin - 1] != '\n')
        begin--;
    return atol(c->text + begin);
}
