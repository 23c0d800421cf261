/*
** start.c: the time of whole processes: start ROUNDS -- NAME COMMAND [ARG ...] -- NAME COMMAND ... runs the
** commands in turn and prints for every one, in every round, the milliseconds from its start to its exit, its
** CPU time and its peak memory, one JSON line each. Two rounds before them do not count. The order is another one in
** every round: who comes after a large program finds the processor's caches empty. What the commands print is
** thrown away.
*/
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define COMMANDS 16

extern char **environ;

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms_of(struct timeval t) {
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void run(char **command, int round) {
    posix_spawn_file_actions_t actions;
    struct rusage used;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    double begun = now_ms();
    int failed = posix_spawnp(&pid, command[1], &actions, NULL, command + 1, environ);
    if (failed || wait4(pid, &status, 0, &used) != pid || status != 0) {
        fprintf(stderr, "start: %s failed\n", command[0]);
        exit(1);
    }
    double took = now_ms() - begun;
    posix_spawn_file_actions_destroy(&actions);
    if (round < 0) return;
    printf("{\"round\":%d,\"w\":\"w6\",\"x\":\"start\",\"c\":\"%s\",\"ms\":%.3f,\"cpu_ms\":%.3f,"
           "\"rss_kb\":%ld}\n",
           round, command[0], took, ms_of(used.ru_utime) + ms_of(used.ru_stime), used.ru_maxrss);
}

static void shuffle(char ***list, int n) {
    static unsigned long long state = 1;
    for (int i = n - 1; i > 0; i--) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        int k = (int)((state >> 33) % (unsigned)(i + 1));
        char **other = list[k];
        list[k] = list[i];
        list[i] = other;
    }
}

int main(int argc, char **argv) {
    char **commands[COMMANDS];
    int n = 0;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--") != 0) continue;
        argv[i] = NULL;
        if (n < COMMANDS && i + 2 < argc) commands[n++] = argv + i + 1;
    }
    if (n == 0) return 2;
    for (int round = -2; round < atoi(argv[1]); round++) {
        shuffle(commands, n);
        for (int k = 0; k < n; k++)
            run(commands[k], round);
    }
    return 0;
}
