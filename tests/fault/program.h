/* Runs the program with failing calls (failing.c) in a folder of its own, beside the suite's model server. */
#ifndef FAULT_PROGRAM_H
#define FAULT_PROGRAM_H

#include "world.h"

/* Set-up and tear-down of a test: the folder, the environment, the server. */
int program_start(void **state);
int program_end(void **state);

/* Makes the files that commands read: plain.jsonl, native.jsonl, kept/backup.db, kept/bad.db, scripts. Needs the
 * databases in `kept`. */
void program_files(fixture *f);
/* Removes what commands have made. */
void program_clean(fixture *f);

typedef struct ended {
    int status; /* of the exit; 128 + signal */
    long failures; /* calls that have failed */
    char out[65536], err[4096]; /* what it has printed, or the beginning of it */
} ended;

/* Runs the words (separated by |, @ is the folder); the n-th call of that kind fails (NULL: none does). */
void program_run(fixture *f, const char *words, const char *kind, long n, bool persistent, ended *out);

/* Kills it after so many microseconds, unless it has ended with exit status 0: then false. */
bool program_kill(fixture *f, const char *words, int64_t us);

/* What the next runs may take of the address space in bytes; 0: no limit. */
extern size_t program_memory;

#endif
