/* What the core's tests share: a store in a folder of its own, a clock and ids that count up, rows in one
 * line, and a second connection that plays the other program. */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "kalito.h"

/* PRAGMA user_version of a file that is up to date. */
#define SCHEMA 5

/* "2025-03-01T09:00:00.000Z", where the tests' clock begins. */
#define BEGINNING 1740819600000LL

typedef struct fixture {
    char dir[256];
    char path[300];
    kal_store *store;
    sqlite3 *other; /* opened by `other` */
    kal_err err;
    int64_t clock; /* ms; every reading of the clock adds `tick` */
    int64_t tick;
    int ids;
} fixture;

/* Set-ups for cmocka: a new store in memory, in a file, or just an empty folder and a path in it. */
int in_memory(void **state);
int in_file(void **state);
int in_folder(void **state);
int tear_down(void **state);

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, in_memory, tear_down)
#define ON_FILE(test) cmocka_unit_test_setup_teardown(test, in_file, tear_down)
#define ON_FOLDER(test) cmocka_unit_test_setup_teardown(test, in_folder, tear_down)

/* Options with the fixture's clock and ids. */
kal_options options_of(fixture *f);
/* Opens f->path again (closing what is open). */
void reopen(fixture *f);
/* Opens another store on f->path. */
kal_store *second_store(fixture *f);

/* The call succeeds, or fails with this code and says so in f->err. */
#define ok(call) check_code(f, (call), KAL_OK, #call, __FILE__, __LINE__)
#define fails(code, call) check_code(f, (call), code, #call, __FILE__, __LINE__)
void check_code(fixture *f, kal_code got, kal_code want, const char *call, const char *file,
                int line);
/* The last message holds these words. */
#define says(words) check_says(f, words, __FILE__, __LINE__)
void check_says(const fixture *f, const char *words, const char *file, int line);

#define assert_text(text, z) check_text(text, z, __FILE__, __LINE__)
void check_text(kal_str text, const char *z, const char *file, int line);

/* ---- rows in one line */

static inline kal_str T(const char *z) {
    return kal_text(z);
}
void add_session(fixture *f, const char *id);
int64_t add_message(fixture *f, const char *session, const char *text);
int64_t add_message_at(fixture *f, const char *session, const char *text, const char *time);
void add_pin(fixture *f, const char *session, const char *id, const char *content,
             double importance);
void add_summary(fixture *f, const char *session, const char *id, const char *text,
                 double importance);
void add_persona(fixture *f, const char *id, const char *category, bool is_default);
int64_t count_of(fixture *f, const char *session); /* message_count in the session's row */

/* `size` bytes of 'a', NUL-terminated; the caller frees. */
char *letters(size_t size);

/* ---- the other program */

sqlite3 *other(fixture *f);
/* Runs SQL on the other connection, formatted like printf. */
void run(fixture *f, const char *sql, ...) __attribute__((format(printf, 2, 3)));
int64_t integer(fixture *f, const char *sql, ...) __attribute__((format(printf, 2, 3)));

/* ---- files */

char *read_file(const char *path, size_t *size); /* the caller frees */
void write_file(const char *path, const void *data, size_t size);
/* Runs the helper program with these arguments (ended by NULL); returns its process id. */
int start_helper(const char *first, ...);
/* Its exit status; 128 + signal when it was killed. */
int wait_helper(int pid);

/* ---- numbers that are random and always the same */

typedef struct dice {
    uint64_t state;
} dice;
uint64_t roll(dice *d);
/* 0..n-1. */
int64_t below(dice *d, int64_t n);

#endif
