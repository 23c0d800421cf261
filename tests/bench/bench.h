/*
** bench.h: what the contenders written in C share. bench.c holds the verbs, the clocks and the corpus; a
** contender is one file that does the work through the functions below. Each of them ends the program
** with a message when it fails: a figure from half the work is none.
*/
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>

/* One line of the corpus, tab-separated; the bytes are not followed by a NUL. */
enum { SESSION, ROLE, MODEL, TOKENS, IMPORTANCE, CREATED, TEXT, FIELDS };
typedef struct line {
    const char *field[FIELDS];
    int len[FIELDS];
} line;

/* What a context held: entries, and the sum of ceil(characters / 4) of their texts. */
typedef struct answer {
    int entries, tokens;
} answer;

/* What a search found: how many messages, and the sum of their ids. */
typedef struct found {
    unsigned long long hits, ids;
} found;

/* The contender's name in the results. */
extern const char contender[];

/* `mode` is wal-full or del-full, or NULL to leave the file as it is; `index`: fill the search index too. */
void contender_open(const char *path, const char *mode, bool index);
void contender_close(void);
void contender_begin(void);
void contender_add(const line *row);
void contender_commit(void);
/* Untimed, before the first contender_context of a session. */
void contender_prepare(const char *session, int budget);
void contender_context(const char *session, int budget);
/* Untimed: what the last context held. */
answer contender_answer(void);

/* The ten best messages that hold all of the words, or any of them, everywhere or in one session (NULL: everywhere). */
found contender_search(const char *words, bool any, const char *session);

/* The scoring rule: reads its word lists; the score of a message. */
void contender_rule(const char *words);
double contender_score(const line *row);

/* The number of characters over 4, rounded up: the unit of all budgets here. */
int quarter(const char *text, size_t len);
/* The value of a whole-number field. */
int number(const line *row, int field);
/* One message, with the errno or not, and out. */
void fail(const char *what, const char *why);

/* ---- the corpus ---- */

void corpus_open(const char *path);
/* The next line; after the last comes the first again. */
void corpus_next(line *row);

#endif
