/* A small database with everything in it, the calls that change it, and what must hold whatever happens. */
#ifndef FAULT_WORLD_H
#define FAULT_WORLD_H

#include "support.h"

/* Makes the database at f->path and closes it. `journal` is wal or delete. */
void world_make(fixture *f, const char *journal);
/* A file of the original program, with texts in every table; `journal` as above. */
void world_original(fixture *f, const char *journal);

/* The calls: each works on the database of world_make alone, and after those before it. */
typedef struct operation {
    const char *name;
    kal_code (*run)(fixture *f);
} operation;
extern const operation operations[];
extern const int operation_count;

/* A hash of every row of every table of the file, the search index included. A file that is missing or empty
 * has one, too. Another connection opens it: what a crash has left is recovered. */
uint64_t world_hash(const char *path);
/* Fails unless the file is sound and messages, search entries, records and counts agree. `label` is told then. */
void world_check(const char *path, const char *label);
/* The same for the index only when `exact`; else just the file itself. */
void world_check_file(const char *path, const char *label, bool exact);

/* The backups in the folder of the file: fails unless all that have such a name are whole. */
int world_copies(const char *path, const char *label);

/* Runs every function that reads, ignoring rows. *failures counts those that did not succeed; a failure must
 * say why. Returns the first code that was none of OK and NOT_FOUND. */
kal_code world_read(kal_store *store, int *failures);

/* Copies and removes a database with log and journal, and the backups made before something was done to it. */
void world_copy(const char *from, const char *to);
void world_remove(const char *path);
/* A folder for databases that need not outlive the machine. */
int in_memory_folder(void **state);

#endif
