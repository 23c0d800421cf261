/* A file system between SQLite and the default one. It writes down what reaches the disk, so that the disk can
 * be rebuilt as a power cut would have left it, and it lets calls fail on demand. */
#ifndef FAULT_VFS_H
#define FAULT_VFS_H

#include "support.h"

/* Becomes the default file system of this process. What the core does to files without SQLite comes through it
 * as well, where CMakeLists.txt wraps its calls. */
void vfs_install(void);

/* ---- what is written down */

typedef enum step_kind {
    STEP_CREATE,
    STEP_WRITE,
    STEP_TRUNCATE,
    STEP_SYNC,
    STEP_DELETE,
    STEP_LINK,     /* `at` is the number of the new name */
    STEP_EXCHANGE, /* the two names trade places */
    STEP_SYNC_FOLDER,
    STEP_MARK /* the test says that a call was acknowledged */
} step_kind;

typedef struct step {
    step_kind kind;
    int name;      /* in the trace's names */
    int64_t at;    /* offset, new size; of a deletion 1: the folder was synced */
    size_t size;   /* bytes written */
    uint8_t *data; /* owned */
} step;

#define TRACED 32

typedef struct trace {
    step *steps;
    size_t count, room;
    char dir[256];
    char names[TRACED][128]; /* of the files in the folder */
    int name_count, start_count;
    uint8_t *start[TRACED]; /* what the first `start_count` held at the beginning */
    size_t start_size[TRACED];
} trace;

/* Begins to write down what happens to the files in the folder, but to those for shared memory. */
void trace_begin(trace *t, const char *dir);
void trace_end(void);
/* The calls so far have been acknowledged. */
void trace_mark(void);
void trace_free(trace *t);

/* What is left of that which was not synced when the power goes. */
typedef enum cut { CUT_NOTHING_LEFT, CUT_ALL_LEFT, CUT_SOME_LEFT } cut;
#define CUTS 3

/* Makes the folder `dir` hold what the traced one holds when the power goes after `steps` steps, and nothing else.
 * With CUT_SOME_LEFT the dice choose which writes and names have arrived, writes whole or in some sectors only. */
void trace_replay(const trace *t, size_t steps, cut how, dice *d, const char *dir);

/* ---- calls that fail */

typedef enum fault_kind {
    FAULT_WRITE_IO,
    FAULT_WRITE_FULL,
    FAULT_WRITE_SHORT, /* half of it arrives, then the disk is full */
    FAULT_SYNC,
    FAULT_TRUNCATE,
    FAULT_OPEN,
    FAULT_DELETE
} fault_kind;
#define FAULTS 7

/* Lets the n-th call of that kind fail (from 1), and with `persistent` all calls after it. */
void vfs_fail(fault_kind kind, int n, bool persistent);
/* No more failures; returns how many there were. */
int vfs_heal(void);

#endif
