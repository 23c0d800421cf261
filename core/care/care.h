/*
** care.h: what the files share that look after a database as a whole: migrating, copying, checking, mending.
*/
#ifndef KALITO_CARE_H
#define KALITO_CARE_H

#include "internal.h"

/* ---- sqlite_backup.c: the seam for whole files ---- */

/* Copies every page of `from` over `to`, in one transaction of `to`; of `from` as its open transaction sees it.
** Ends with INTERRUPTED when *stop becomes true (NULL: never). */
kal_code kali_db_copy(kali_db *from, kali_db *to, const _Atomic(bool) *stop, kal_err *err);
/* A hash of the file's bytes, read through the engine: opening the file beside it would drop its locks. */
kal_code kali_db_hash(kali_db *db, uint64_t *out, kal_err *err);
/* Writes the whole file anew, without free pages. */
kal_code kali_db_pack(kali_db *db, kal_err *err);
/* Looks at a statement of a script before it is run: *skip keeps it from running, an error ends the script. */
typedef kal_code kali_sieve(void *context, const char *text, bool *skip, kal_err *err);
/* Runs the first statement of *sql, comments skipped, and moves *sql behind it. `sieve` may be NULL. */
kal_code kali_db_next(kali_db *db, const char **sql, kali_sieve *sieve, void *context,
                      kal_err *err);

/* ---- sqlite_query.c ---- */

/* One statement of a user, which may only read; the rows live in the arena. */
kal_code kali_db_query(kali_db *db, const kal_sql *query, kali_arena *arena, kal_rows *out,
                       kal_err *err);

/* ---- backup.c ---- */

/* Copies the database behind `from` into a new file, verifies and names it. `folder` ends without a slash;
** `name` (NULL: made from `stem`, the time and the content). */
typedef struct kali_copy {
    kali_db *from;
    const char *folder, *stem, *name;
    int64_t now; /* ms since 1970 */
    const _Atomic(bool) *stop;
    bool verify;
    int64_t counted_ms; /* out: how long counting rows took, which is part of verifying */
} kali_copy;
kal_code kali_backup_write(kali_copy *copy, kal_backup *out, kal_err *err);
/* The folder of a path, "." when it names none; and its last part without ".db". */
void kali_path_folder(const char *path, char out[KAL_PATH_MAX]);
void kali_path_stem(const char *path, char out[KAL_NAME_MAX + 1]);
kal_code kali_sync(const char *path, kal_err *err);
/* SQLite would take "file:x" for a URI: the same path in a form that never is one. The caller frees; NULL: no memory. */
char *kali_plain_path(const char *path);
/* Names the file in front of what went wrong with it. Returns `code`. */
kal_code kali_name_file(const char *path, kal_code code, kal_err *err);
/* Fills in what the open file holds. NOT_KALITO. */
kal_code kali_backup_describe(kali_db *db, kal_backup *out, kal_err *err);

/* ---- optimize.c ---- */

/* Puts numbers and types that are out of their range right, inside a write. */
kal_code kali_mend_values(kal_store *store, kal_report *report, kal_err *err);

/* ---- migrate.c ---- */

typedef enum kali_file_kind { KALI_EMPTY, KALI_OURS, KALI_ORIGINAL, KALI_OTHER } kali_file_kind;
kal_code kali_identify(kali_db *db, kali_file_kind *what, int64_t *version, kal_err *err);

/* ---- adopt.c: files of the original ---- */

/* Can this file be adopted? NOT_KALITO says what is missing. */
kal_code kali_adopt_inspect(kali_db *db, kal_err *err);
/* Inside the migration, before our schema: adds what older files of the original lack, and brings the times of
** messages into one form. With `plan` it only reports. */
kal_code kali_adopt_prepare(kal_store *store, bool plan, kal_report *report, kal_err *err);
/* Gives the summaries their places: in each session, those whose ranges follow each other from its first message on
** archive them. The others are listed. */
kal_code kali_adopt_ranges(kal_store *store, kal_report *report, kal_err *err);
/* Names what is foreign in the file, and messages without a session. */
kal_code kali_adopt_report(kal_store *store, kal_report *report, kal_err *err);

#endif
