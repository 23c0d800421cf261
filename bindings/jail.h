/*
 * The jail: where policy files of strangers run. The program executes itself as a worker process
 * that holds nothing but two pipes; jail.c is the side of the program, worker.c that of the
 * process inside. Both agree on what stands here.
 */
#ifndef KALB_JAIL_H
#define KALB_JAIL_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* argv[1] of a worker. main() hands over to kalb_worker_main before it does anything else. */
#define KALB_WORKER_WORD "--kalito-worker"

/* The life of a worker. Reads requests on descriptor 0, answers on 1; ends the process by _exit. */
int kalb_worker_main(void);

/* Pushes the table that becomes kalito.jail: open, status. */
int kalb_open_jail(lua_State *L);

/* Says that the running program is kalito itself, so workers are made from /proc/self/exe. Without
 * it they are made from the installed program (macro KALITO_PROGRAM). Raises only without memory. */
void kalb_jail_self(lua_State *L);

/* Writes at most size - 1 bytes of n bytes of foreign text so that a terminal shows it and nothing
 * else: control, bidirectional and malformed characters become \xNN. Returns the length. */
size_t kalb_safe_text(const char *text, size_t n, char *out, size_t size);

/* How a request ended. Order is that of the names in jail_process.c and is part of the frames. */
typedef enum kalb_outcome {
    KALB_OK,
    KALB_POLICY,      /* the script raised */
    KALB_LIMIT,       /* instructions, memory, CPU time */
    KALB_CRASHED,     /* the worker died */
    KALB_TIMEOUT,     /* wall limit, twice */
    KALB_INVALID,     /* a reply that is none */
    KALB_UNISOLATED,  /* no seccomp here, and not allowed without */
    KALB_UNAVAILABLE, /* no worker could be started */
    KALB_QUARANTINED, /* out for this run */
    KALB_TOO_LARGE    /* the arguments do not fit into a request */
} kalb_outcome;

/* Kinds of frames. Request L: name, source, options, unisolated. Request C: function name, u32
 * number of elements, each u32 size, byte count of arguments, arguments. Reply R: elements, each an
 * outcome byte and a byte count of values and values, or a u32 length and a message; a worker may
 * answer fewer elements than asked, but at least one. Reply T: CPU time is up, the worker is gone. */
enum {
    KALB_FRAME_LOAD = 'L',
    KALB_FRAME_CALL = 'C',
    KALB_FRAME_REPLY = 'R',
    KALB_FRAME_TIME = 'T'
};

#define KALB_SOURCE_MAX (64u * 1024)        /* bytes of one policy file */
#define KALB_TEXT_MAX (64u * 1024)          /* bytes of message text passed in */
#define KALB_ERROR_MAX 512u                 /* bytes of an error text */
#define KALB_REQUEST_MAX (8u * 1024 * 1024) /* bytes of a request frame */
#define KALB_ANSWER_MAX (1024u * 1024)      /* bytes of the results of one call */
#define KALB_ANSWERS_ENOUGH (256u * 1024)   /* a worker sends what it has beyond this */
#define KALB_REPLY_MAX (2u * 1024 * 1024)   /* bytes of a reply frame */
#define KALB_VALUES_MAX 8                   /* arguments or results of one call */
#define KALB_PROTOCOL 1u                    /* sequence numbers start here */

#define KALB_LIMITS_REQUEST                                                                        \
    { .depth = 16, .nodes = 200000, .bytes = KALB_REQUEST_MAX, .text_bytes = KALB_TEXT_MAX }
#define KALB_LIMITS_ANSWER                                                                         \
    { .depth = 8, .nodes = 10000, .bytes = KALB_ANSWER_MAX, .finite = true }
#define KALB_LIMITS_INFO                                                                           \
    { .depth = 8, .nodes = 20000, .bytes = KALB_ANSWER_MAX, .finite = true }

#endif
