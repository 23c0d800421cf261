/* Other processes and what they print. */
#ifndef FAULT_CHILD_H
#define FAULT_CHILD_H

#include "support.h"

typedef struct child {
    int pid, out; /* out: the end of a pipe from its standard output */
    char text[1 << 16];
    size_t size;
} child;

/* Starts the program with these arguments (argv[0] included, NULL at the end). */
void child_start(child *c, const char *program, const char *const *argv);
/* Reads what it has printed, waiting at most `ms` for more; false when it has closed its output. */
bool child_listen(child *c, int ms);
/* Kills it and reads what it had printed. */
void child_kill(child *c);
/* Waits for its end; its exit status, 128 + signal when a signal ended it. */
int child_wait(child *c);
/* The last whole line it has printed as a number; `none` when there is none. */
long child_last(const child *c, long none);

#endif
