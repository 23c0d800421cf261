/*
 * Private to the worker: its one state, the two kinds of walls (the kernel's in worker_limits.c,
 * the interpreter's in worker_env.c) and the loop between them (worker.c).
 */
#ifndef KALB_WORKER_H
#define KALB_WORKER_H

#include "frame.h"
#include "jail.h"

#define KALB_INSTRUCTIONS 10000000      /* of the virtual machine, per call or load */
#define KALB_MEMORY (32u * 1024 * 1024) /* of the interpreter's state, in bytes */
#define KALB_CALL_MS 200                /* own CPU time of one call */
#define KALB_LOAD_MS 1000               /* own CPU time of loading */

/* What the kernel agreed to. */
typedef struct kalb_confined {
    bool seccomp;
    bool no_new_privs;
    bool rlimits;
} kalb_confined;

typedef struct kalb_worker {
    lua_State *L;
    size_t used;          /* bytes of the interpreter's state */
    size_t cap;           /* it may not pass */
    long instructions;    /* left in this call */
    kalb_outcome failure; /* what a raised error means: KALB_POLICY, else nothing catches it */
    kalb_confined confined;
    kalb_buf in;          /* the request */
    kalb_buf out;         /* the reply */
    kalb_reader args;     /* of the element being answered, inside `in` */
    const char *function; /* name asked for, inside `in` */
    size_t function_len;
    unsigned arg_count;
} kalb_worker;

/* worker_limits.c */
void kalb_worker_confine(kalb_confined *got); /* for good */
bool kalb_worker_clock(void);                 /* makes the CPU clock; false: none here */
void kalb_worker_time(unsigned ms);           /* end of the process after; 0: stop counting */
long kalb_worker_cpu_ms(void);                /* used since the process began */
void kalb_worker_time_reply(uint32_t seq);    /* whom the last words answer */
bool kalb_worker_read(void *bytes, size_t n); /* false: the other side is gone */
bool kalb_worker_write(const void *bytes, size_t n);

/* worker_env.c */
lua_State *kalb_worker_state(kalb_worker *w); /* NULL: out of memory */
int kalb_worker_environment(lua_State *L);    /* makes the globals; a protected C function */
void kalb_worker_count(kalb_worker *w);       /* a fresh allowance of instructions */
kalb_worker *kalb_worker_of(lua_State *L);

#endif
