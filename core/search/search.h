/*
** search.h: plain text search: search_query.c takes a query apart, search_match.c finds the messages that hold one part of
** it, search_walk.c those that fit the whole, search_mark.c finds the words in a text, search.c hands out rows.
*/
#ifndef KALITO_SEARCH_H
#define KALITO_SEARCH_H

#include "search/document.h"

#define KALI_CLAUSES 64
#define KALI_PATTERN_WORDS 32 /* of one phrase */

/* Words that must stand side by side; often just one. */
typedef struct kali_pattern {
    struct kali_pattern *next; /* the alternative after OR */
    const kali_word *words;
    size_t count;
    bool prefix; /* the last one is the beginning of a word */
} kali_pattern;

/* One of these patterns must be there, or with `without` none of them. */
typedef struct kali_clause {
    kali_pattern *patterns;
    bool without;
} kali_clause;

/* A query, taken apart. Its texts live in the arena given to kali_search_read. */
typedef struct kali_search {
    kali_clause clauses[KALI_CLAUSES];
    size_t count;
    kal_str role, session;      /* as written; absent: any */
    char since[25], before[25]; /* "" none */
    double importance;          /* at least this; with `above` more than this */
    bool above;
} kali_search;

kal_code kali_search_read(kal_store *store, kali_arena *arena, kal_str text, kali_search *out,
                          kal_err *err);
/* The query in the index's own language, made of quoted words only. *out lives in the arena. */
kal_code kali_search_expression(const kali_search *search, kali_arena *arena, kal_str *out,
                                kal_err *err);
/* The same for one pattern. */
kal_code kali_pattern_expression(const kali_pattern *pattern, kali_arena *arena, kal_str *out,
                                 kal_err *err);

bool kali_postings_add(kali_postings *postings, int64_t id, uint32_t tf);
/* The first place at or after `from` whose id is not below `id`: leaps that double, then halves. */
size_t kali_postings_seek(const kali_postings *postings, size_t from, int64_t id);

/* A message that fits the words of a query. */
typedef struct kali_candidate {
    int64_t id;
    double score;
} kali_candidate;

typedef struct kali_matcher {
    kal_store *store;
    const kali_search *search;
    const kal_str *sessions; /* ids; NULL: all */
    size_t session_count;
    kali_reader *reader;
    kali_postings lists[KALI_CLAUSES]; /* of each clause that was read */
    bool read[KALI_CLAUSES];
    size_t leaves[KALI_CLAUSES]; /* what reading it takes, about */
    double idf[KALI_CLAUSES];
    double messages, average; /* in the index; words of one */
    kali_candidate *candidates;
    size_t count, room;
} kali_matcher;

/* search_match.c: fills the list of one clause. */
kal_code kali_matcher_clause(kali_matcher *matcher, size_t clause, kal_err *err);
/* search_walk.c: finds all messages that fit, with scores; filters that need the row are not looked at. The matcher
** is zero-initialised but for store, search, sessions and session_count. */
kal_code kali_matcher_run(kali_matcher *matcher, kal_err *err);
void kali_matcher_free(kali_matcher *matcher);
/* BM25 of one clause. */
double kali_matcher_score(const kali_matcher *matcher, size_t clause, double tf, double words);

/* What a text holds of a query. */
typedef struct kali_marks {
    kal_span *spans; /* in the arena given to kali_search_mark, ascending, not overlapping */
    size_t count;
    size_t from, to;        /* the part of the text to show */
    float tf[KALI_CLAUSES]; /* of each clause */
    size_t words;           /* of the text */
} kali_marks;

/* `width`: characters to show. */
kal_code kali_search_mark(kal_store *store, const kali_search *search, kali_arena *arena,
                          kal_str text, size_t width, kali_marks *out, kal_err *err);

#endif
