/*
** search_match.c: the messages that hold one part of a search: a word, a phrase, words that begin so, or one of several
** alternatives.
*/
#include "search/search.h"

#include <stdlib.h>
#include <string.h>

bool kali_postings_add(kali_postings *m, int64_t id, uint32_t tf) {
    if (m->count == m->room) {
        size_t room = m->room * 2 + 64;
        kali_posting *rows = realloc(m->rows, room * sizeof *rows);
        if (!rows) return false;
        m->rows = rows;
        m->room = room;
    }
    m->rows[m->count++] = (kali_posting){.id = id, .tf = tf};
    return true;
}

size_t kali_postings_seek(const kali_postings *m, size_t from, int64_t id) {
    size_t step = 1, low = from, high;
    while (low + step < m->count && m->rows[low + step].id < id) {
        low += step;
        step *= 2;
    }
    high = low + step < m->count ? low + step : m->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (m->rows[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- one pattern ---- */

/* Only the index's own query knows the words that begin so; how often they stand in a message it does not tell. */
static kal_code match_prefix(kali_matcher *m, const kali_pattern *p, kali_postings *out,
                             kal_err *err) {
    static const char SQL[] = "SELECT rowid FROM kalito_messages_fts WHERE kalito_messages_fts"
                              " MATCH $1 ORDER BY rowid";
    kali_arena arena = {0};
    kali_stmt *q;
    kal_str expression;
    bool row;
    kal_code code = kali_pattern_expression(p, &arena, &expression, err);
    if (code == KAL_OK) code = kali_db_use(m->store->db, SQL, &q, err);
    if (code == KAL_OK) {
        kali_bind_text(q, 1, expression);
        for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err))
            if (!kali_postings_add(out, kali_integer(q, 0), 1)) {
                code = kali_no_memory(err);
                break;
            }
        kali_reset(q);
    }
    kali_arena_free(&arena);
    return code;
}

/* The postings of the words of a phrase, and room for the positions in one message. */
typedef struct phrase {
    kali_postings postings[KALI_PATTERN_WORDS];
    size_t at[KALI_PATTERN_WORDS];
    uint32_t *first, *other; /* positions of the first word, and of another one */
    size_t room;
} phrase;

static bool make_room(phrase *f, size_t n) {
    if (n <= f->room) return true;
    uint32_t *first = realloc(f->first, n * 2 * sizeof *first);
    if (first) f->first = first;
    uint32_t *other = realloc(f->other, n * 2 * sizeof *other);
    if (other) f->other = other;
    if (!first || !other) return false;
    f->room = n * 2;
    return true;
}

/* How often the words stand side by side in the message at which all lists are; SIZE_MAX: out of memory. */
static size_t count_phrase(phrase *f, size_t words) {
    size_t left = 0;
    for (size_t w = 0; w < words; w++) {
        const kali_postings *p = &f->postings[w];
        if (!make_room(f, p->rows[f->at[w]].tf + 1u)) return SIZE_MAX;
        uint32_t *list = w ? f->other : f->first;
        size_t n = kali_positions(p, f->at[w], list, f->room), kept = 0;
        if (w == 0) left = n;
        for (size_t i = 0, k = 0; w && i < left; i++) {
            while (k < n && list[k] < f->first[i] + w)
                k++;
            if (k < n && list[k] == f->first[i] + w) f->first[kept++] = f->first[i];
        }
        if (w) left = kept;
    }
    return left;
}

static kal_code walk_phrase(phrase *f, size_t words, kali_postings *out, kal_err *err) {
    size_t rare = 0;
    for (size_t w = 1; w < words; w++)
        if (f->postings[w].count < f->postings[rare].count) rare = w;
    for (size_t i = 0; i < f->postings[rare].count; i++) {
        int64_t id = f->postings[rare].rows[i].id;
        bool all = true;
        for (size_t w = 0; w < words && all; w++) {
            f->at[w] = kali_postings_seek(&f->postings[w], f->at[w], id);
            if (f->at[w] == f->postings[w].count) return KAL_OK;
            all = f->postings[w].rows[f->at[w]].id == id;
        }
        size_t n = all ? count_phrase(f, words) : 0;
        if (n == SIZE_MAX || (n && !kali_postings_add(out, id, (uint32_t)n)))
            return kali_no_memory(err);
    }
    return KAL_OK;
}

static kal_code match_phrase(kali_matcher *m, const kali_pattern *p, kali_postings *out,
                             kal_err *err) {
    phrase *f = calloc(1, sizeof *f);
    if (!f) return kali_no_memory(err);
    kal_code code = KAL_OK;
    for (size_t w = 0; w < p->count && code == KAL_OK; w++)
        code = kali_reader_term(m->reader, p->words[w].stem, &f->postings[w], err);
    if (code == KAL_OK) code = walk_phrase(f, p->count, out, err);
    for (size_t w = 0; w < p->count; w++)
        kali_postings_free(&f->postings[w]);
    free(f->first);
    free(f->other);
    free(f);
    return code;
}

/* ---- one clause ---- */

/* Adds what is in b to a; what is in both counts as often as both say. */
static kal_code unite(kali_postings *a, const kali_postings *b, kal_err *err) {
    kali_postings out = {0};
    bool fine = true;
    for (size_t i = 0, k = 0; fine && (i < a->count || k < b->count);) {
        bool left = k == b->count || (i < a->count && a->rows[i].id <= b->rows[k].id);
        bool right = i == a->count || (k < b->count && b->rows[k].id <= a->rows[i].id);
        int64_t id = left ? a->rows[i].id : b->rows[k].id;
        uint32_t tf = (left ? a->rows[i].tf : 0) + (right ? b->rows[k].tf : 0);
        i += left;
        k += right;
        fine = kali_postings_add(&out, id, tf);
    }
    free(a->rows);
    *a = out;
    return fine ? KAL_OK : kali_no_memory(err);
}

static kal_code match_pattern(kali_matcher *m, const kali_pattern *p, kali_postings *out,
                              kal_err *err) {
    if (p->prefix) return match_prefix(m, p, out, err);
    if (p->count > 1) return match_phrase(m, p, out, err);
    out->counts = true;
    return kali_reader_term(m->reader, p->words[0].stem, out, err);
}

kal_code kali_matcher_clause(kali_matcher *m, size_t clause, kal_err *err) {
    const kali_pattern *first = m->search->clauses[clause].patterns;
    kal_code code = match_pattern(m, first, &m->lists[clause], err);
    for (const kali_pattern *p = first->next; p && code == KAL_OK; p = p->next) {
        kali_postings one = {0};
        code = match_pattern(m, p, &one, err);
        if (code == KAL_OK) code = unite(&m->lists[clause], &one, err);
        kali_postings_free(&one);
    }
    return code;
}
