/*
 * Starting, asking and ending a worker process. Knows frames by their header only. Signals: a
 * worker has its own process group (Ctrl-C is for the program), a dead worker's pipe raises no
 * SIGPIPE here, interrupted calls go on.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "jail_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WALL_MS 5000 /* decides nothing: it kills, and the call is made again */

const char *kalb_outcome_code(kalb_outcome outcome) {
    static const char *const codes[] = {NULL,          "policy",   "limit",      "crashed",
                                        "timeout",     "invalid",  "unisolated", "unavailable",
                                        "quarantined", "too_large"};
    return codes[outcome];
}

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_fd(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* A pipe with both ends above the standard descriptors, closed on exec. */
static bool make_pipe(int ends[2]) {
    int raw[2];
    ends[0] = ends[1] = -1;
    if (pipe2(raw, O_CLOEXEC) != 0) return false;
    for (int i = 0; i < 2; i++) {
        ends[i] = raw[i] > 2 ? raw[i] : fcntl(raw[i], F_DUPFD_CLOEXEC, 3);
        if (raw[i] <= 2) close(raw[i]);
    }
    if (ends[0] >= 0 && ends[1] >= 0) return true;
    close_fd(&ends[0]);
    close_fd(&ends[1]);
    return false;
}

static int set_attributes(posix_spawnattr_t *attr) {
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attr, &all);
    posix_spawnattr_setsigmask(attr, &none);
    posix_spawnattr_setpgroup(attr, 0);
    return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETPGROUP);
}

static int set_actions(posix_spawn_file_actions_t *actions, int in, int out) {
    int error = posix_spawn_file_actions_adddup2(actions, in, 0);
    if (error == 0) error = posix_spawn_file_actions_adddup2(actions, out, 1);
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
    if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(actions, 2);
#endif
#endif
    return error;
}

static int spawn(pid_t *pid, const char *program, int in, int out) {
    char name[] = "kalito", word[] = KALB_WORKER_WORD;
    char *argv[] = {name, word, NULL};
    char *envp[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) return error;
    error = posix_spawnattr_init(&attr);
    if (error == 0) {
        error = set_attributes(&attr);
        if (error == 0) error = set_actions(&actions, in, out);
        if (error == 0) error = posix_spawn(pid, program, &actions, &attr, argv, envp);
        posix_spawnattr_destroy(&attr);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static kalb_outcome unavailable(kalb_process *p, const char *program, int error) {
    snprintf(p->problem, sizeof p->problem, "cannot start %.60s: %.50s", program, strerror(error));
    return KALB_UNAVAILABLE;
}

kalb_outcome kalb_process_start(kalb_process *p, const char *program) {
    int in[2], out[2];
    p->pid = 0;
    p->busy_ms = 0;
    if (!make_pipe(in)) return unavailable(p, program, errno);
    if (!make_pipe(out)) {
        int error = errno;
        close_fd(&in[0]);
        close_fd(&in[1]);
        return unavailable(p, program, error);
    }
    int error = spawn(&p->pid, program, in[0], out[1]);
    close_fd(&in[0]);
    close_fd(&out[1]);
    if (error != 0) {
        p->pid = 0;
        close_fd(&in[1]);
        close_fd(&out[0]);
        return unavailable(p, program, error);
    }
    p->to = in[1];
    p->from = out[0];
    fcntl(p->to, F_SETFL, O_NONBLOCK);
    fcntl(p->from, F_SETFL, O_NONBLOCK);
    return KALB_OK;
}

int kalb_process_stop(kalb_process *p) {
    int status = 0;
    if (p->pid == 0) return status;
    kill(p->pid, SIGKILL); /* one that is dying already keeps its own cause */
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close_fd(&p->to);
    close_fd(&p->from);
    p->pid = 0;
    return status;
}

/* write() without SIGPIPE, whatever the program does with that signal. */
static ssize_t quiet_write(int fd, const void *bytes, size_t n) {
    sigset_t pipe_only, old;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
    ssize_t put = write(fd, bytes, n);
    int error = errno;
    if (put < 0 && error == EPIPE) {
        const struct timespec at_once = {0, 0};
        sigtimedwait(&pipe_only, NULL, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return put;
}

typedef enum { MOVED, GONE, LATE } progress;

static progress wait_for(int fd, short events, long deadline) {
    struct pollfd ready = {.fd = fd, .events = events};
    for (;;) {
        long left = deadline - now_ms();
        if (left <= 0) return LATE;
        int n = poll(&ready, 1, (int)left);
        if (n > 0) return MOVED;
        if (n < 0 && errno != EINTR) return GONE;
    }
}

static progress send_all(int fd, const unsigned char *bytes, size_t n, long deadline) {
    while (n > 0) {
        ssize_t put = quiet_write(fd, bytes, n);
        if (put > 0) {
            bytes += put;
            n -= (size_t)put;
        } else if (put < 0 && errno == EAGAIN) {
            progress p = wait_for(fd, POLLOUT, deadline);
            if (p != MOVED) return p;
        } else if (put == 0 || errno != EINTR) {
            return GONE;
        }
    }
    return MOVED;
}

/* Reads until `reply` holds one frame. One read takes what there is, so bytes after the frame,
 * which an honest worker never sends, are seen as well. False: not a frame of ours. */
static bool receive(int fd, kalb_buf *reply, long deadline, progress *how) {
    size_t whole = KALB_FRAME_HEADER;
    *how = MOVED;
    while (reply->len < whole) {
        if (!kalb_buf_reserve(reply, whole < 65536 ? 65536 : whole)) return false;
        *how = wait_for(fd, POLLIN, deadline);
        if (*how != MOVED) return true;
        ssize_t got = read(fd, reply->data + reply->len, reply->cap - reply->len);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        *how = GONE;
        if (got <= 0) return true;
        *how = MOVED;
        reply->len += (size_t)got;
        if (reply->len < KALB_FRAME_HEADER || whole > KALB_FRAME_HEADER) continue;
        uint32_t rest;
        memcpy(&rest, reply->data, sizeof rest);
        if (rest < KALB_FRAME_HEADER - sizeof rest || rest > KALB_REPLY_MAX) return false;
        whole = sizeof rest + rest;
    }
    return reply->len == whole;
}

/* What the end of a worker means. */
static kalb_outcome read_death(kalb_process *p, int status, bool *by_itself) {
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    *by_itself = number != SIGKILL && number != SIGTERM && number != SIGINT && number != SIGHUP;
    if (number == SIGXCPU) {
        snprintf(p->problem, sizeof p->problem, "more CPU time than a worker may use");
        return KALB_LIMIT;
    }
    if (number == 0) {
        snprintf(p->problem, sizeof p->problem, "its process ended (status %d)",
                 WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    } else {
        snprintf(p->problem, sizeof p->problem, "its process was ended by signal %d%s", number,
                 number == SIGSYS ? " (a forbidden system call)" : "");
    }
    return KALB_CRASHED;
}

static kalb_outcome invalid(kalb_process *p, const char *what) {
    kalb_process_stop(p);
    snprintf(p->problem, sizeof p->problem, "%s", what);
    return KALB_INVALID;
}

static kalb_outcome check_header(kalb_process *p, const kalb_buf *request, const kalb_buf *reply) {
    const size_t seq = sizeof(uint32_t) + 1;
    if (memcmp(request->data + seq, reply->data + seq, sizeof(uint32_t)) != 0) {
        return invalid(p, "an answer to another question");
    }
    switch (reply->data[sizeof(uint32_t)]) {
    case KALB_FRAME_REPLY: return KALB_OK;
    case KALB_FRAME_TIME:
        kalb_process_stop(p);
        snprintf(p->problem, sizeof p->problem, "more CPU time than allowed");
        return KALB_LIMIT;
    default: return invalid(p, "an answer of unknown kind");
    }
}

kalb_outcome kalb_process_ask(kalb_process *p, const kalb_buf *request, kalb_buf *reply,
                              bool *by_itself) {
    long start = now_ms();
    progress how;
    *by_itself = true;
    kalb_buf_reset(reply, KALB_REPLY_MAX + sizeof(uint32_t));
    how = send_all(p->to, request->data, request->len, start + WALL_MS);
    if (how == MOVED && !receive(p->from, reply, start + WALL_MS, &how)) {
        return invalid(p, "an answer that is not a frame");
    }
    p->busy_ms += now_ms() - start;
    if (how == MOVED) return check_header(p, request, reply);
    int status = kalb_process_stop(p);
    if (how == GONE) return read_death(p, status, by_itself);
    snprintf(p->problem, sizeof p->problem, "no answer within %d s", WALL_MS / 1000);
    return KALB_TIMEOUT;
}
