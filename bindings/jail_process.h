/*
 * Private to the jail: one worker process and its two pipes. No Lua here, so nothing is lost to a
 * longjmp; whoever holds a kalb_process stops it.
 */
#ifndef KALB_JAIL_PROCESS_H
#define KALB_JAIL_PROCESS_H

#include "frame.h"
#include "jail.h"

#include <sys/types.h>

typedef struct kalb_process {
    pid_t pid;         /* 0: none */
    int to;            /* the worker's descriptor 0 */
    int from;          /* the worker's descriptor 1 */
    long busy_ms;      /* wall time spent waiting for this worker */
    char problem[128]; /* what the last failure was, for people */
} kalb_process;

/* Stable word of an outcome, as Lua sees it. KALB_OK has none. */
const char *kalb_outcome_code(kalb_outcome outcome);

/* KALB_OK or KALB_UNAVAILABLE. The process has nothing of ours but the pipes. */
kalb_outcome kalb_process_start(kalb_process *p, const char *program);

/* Sends a finished frame and waits for the answer with the same sequence number, wall_ms at most
 * for both. On KALB_OK `reply` holds one whole reply frame whose body is not yet looked at. On
 * anything else the worker is gone; *by_itself is false if someone else killed it. */
kalb_outcome kalb_process_ask(kalb_process *p, const kalb_buf *request, kalb_buf *reply,
                              bool *by_itself);

/* Kills and reaps. Harmless when there is none. Returns the status of waitpid. */
int kalb_process_stop(kalb_process *p);

#endif
