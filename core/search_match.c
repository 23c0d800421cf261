/*
** search_match.c: the messages that fit a search, from the index and the records alone. Lists of postings are walked
** side by side from the shortest one, in leaps; only what is in all of them is scored.
*/
#include "search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define K1 1.2
#define B 0.75
#define LISTED                                                                                     \
    20000 /* sessions of more messages are told by the records, not by a list of their ids */

static kal_code no_memory(kal_err *err) {
    return kali_fail(err, KAL_NOMEM, "out of memory");
}

static bool add_match(kali_matches *m, int64_t id, float tf) {
    if (m->count == m->room) {
        size_t room = m->room * 2 + 64;
        kali_match *rows = realloc(m->rows, room * sizeof *rows);
        if (!rows) return false;
        m->rows = rows;
        m->room = room;
    }
    m->rows[m->count++] = (kali_match){id, tf};
    return true;
}

/* The first place at or after `from` whose id is not below `id`: leaps that double, then halves. */
static size_t seek(const kali_matches *m, size_t from, int64_t id) {
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

static kal_code match_word(kali_matcher *m, const kali_pattern *p, kali_matches *out,
                           kal_err *err) {
    kali_postings postings = {.counts = true};
    kal_code code = kali_reader_term(m->reader, p->words[0].stem, &postings, err);
    for (size_t i = 0; i < postings.count && code == KAL_OK; i++)
        if (!add_match(out, postings.rows[i].id, (float)postings.rows[i].tf)) code = no_memory(err);
    kali_postings_free(&postings);
    return code;
}

/* Only the index's own query knows the words that begin so; how often they stand in a message it does not tell. */
static kal_code match_prefix(kali_matcher *m, const kali_pattern *p, kali_matches *out,
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
            if (!add_match(out, kali_integer(q, 0), 1)) {
                code = no_memory(err);
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

/* Moves the list of word w to the first message not before `id`. False at its end. */
static bool move_to(phrase *f, size_t w, int64_t id) {
    const kali_postings *p = &f->postings[w];
    size_t step = 1, low = f->at[w], high;
    while (low + step < p->count && p->rows[low + step].id < id) {
        low += step;
        step *= 2;
    }
    high = low + step < p->count ? low + step : p->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->rows[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    f->at[w] = low;
    return low < p->count;
}

static kal_code walk_phrase(phrase *f, size_t words, kali_matches *out, kal_err *err) {
    size_t rare = 0;
    for (size_t w = 1; w < words; w++)
        if (f->postings[w].count < f->postings[rare].count) rare = w;
    for (size_t i = 0; i < f->postings[rare].count; i++) {
        int64_t id = f->postings[rare].rows[i].id;
        bool all = true;
        for (size_t w = 0; w < words && all; w++) {
            if (!move_to(f, w, id)) return KAL_OK;
            all = f->postings[w].rows[f->at[w]].id == id;
        }
        size_t n = all ? count_phrase(f, words) : 0;
        if (n == SIZE_MAX || (n && !add_match(out, id, (float)n))) return no_memory(err);
    }
    return KAL_OK;
}

static kal_code match_phrase(kali_matcher *m, const kali_pattern *p, kali_matches *out,
                             kal_err *err) {
    phrase *f = calloc(1, sizeof *f);
    if (!f) return no_memory(err);
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
static kal_code unite(kali_matches *a, const kali_matches *b, kal_err *err) {
    kali_matches out = {0};
    bool fine = true;
    for (size_t i = 0, k = 0; fine && (i < a->count || k < b->count);) {
        bool left = k == b->count || (i < a->count && a->rows[i].id <= b->rows[k].id);
        bool right = i == a->count || (k < b->count && b->rows[k].id <= a->rows[i].id);
        int64_t id = left ? a->rows[i].id : b->rows[k].id;
        float tf = (left ? a->rows[i].tf : 0) + (right ? b->rows[k].tf : 0);
        i += left;
        k += right;
        fine = add_match(&out, id, tf);
    }
    free(a->rows);
    *a = out;
    return fine ? KAL_OK : no_memory(err);
}

static kal_code match_clause(kali_matcher *m, const kali_clause *clause, kali_matches *out,
                             kal_err *err) {
    kal_code code = KAL_OK;
    for (const kali_pattern *p = clause->patterns; p && code == KAL_OK; p = p->next) {
        kali_matches one = {0};
        if (p->prefix)
            code = match_prefix(m, p, &one, err);
        else if (p->count > 1)
            code = match_phrase(m, p, &one, err);
        else
            code = match_word(m, p, &one, err);
        if (code == KAL_OK && p == clause->patterns) {
            *out = one;
            continue;
        }
        if (code == KAL_OK) code = unite(out, &one, err);
        free(one.rows);
    }
    return code;
}

/* ---- which sessions ---- */

/* Messages that may be found: a list of their ids, or unless `listed` of the numbers of their sessions. */
typedef struct limits {
    kali_matches ids;
    bool listed;
} limits;

static int by_id(const void *x, const void *y) {
    const kali_match *a = x, *b = y;
    return (a->id > b->id) - (a->id < b->id);
}

/* Calls for the first column of all rows of `sql`, given a session. */
static kal_code collect(kal_store *store, const char *sql, kal_str session, kali_matches *out,
                        kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, session);
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err))
        if (!add_match(out, kali_integer(q, 0), 0)) {
            code = no_memory(err);
            break;
        }
    kali_reset(q);
    return code;
}

static kal_code make_limits(kali_matcher *m, limits *out, kal_err *err) {
    static const char COUNT[] = "SELECT message_count FROM sessions WHERE id = $1";
    static const char IDS[] = "SELECT id FROM messages WHERE session_id = $1";
    static const char NUMBER[] = "SELECT number FROM kalito_numbers WHERE session_id = $1";
    kali_matches counts = {0};
    kal_code code = KAL_OK;
    int64_t total = 0;
    for (size_t i = 0; i < m->session_count && code == KAL_OK; i++)
        code = collect(m->store, COUNT, m->sessions[i], &counts, err);
    for (size_t i = 0; i < counts.count; i++)
        total += counts.rows[i].id;
    free(counts.rows);
    out->listed = total <= LISTED;
    for (size_t i = 0; i < m->session_count && code == KAL_OK; i++)
        code = collect(m->store, out->listed ? IDS : NUMBER, m->sessions[i], &out->ids, err);
    if (out->ids.count) qsort(out->ids.rows, out->ids.count, sizeof *out->ids.rows, by_id);
    return code;
}

static bool within(const limits *l, uint32_t session) {
    size_t at = seek(&l->ids, 0, session);
    return at < l->ids.count && l->ids.rows[at].id == session;
}

/* ---- all clauses ---- */

double kali_matcher_score(const kali_matcher *m, size_t clause, double tf, double words) {
    return m->idf[clause] * tf * (K1 + 1) / (tf + K1 * (1 - B + B * words / m->average));
}

static bool add_candidate(kali_matcher *m, int64_t id, double score) {
    if (m->count == m->room) {
        size_t room = m->room * 2 + 256;
        kali_candidate *more = realloc(m->candidates, room * sizeof *more);
        if (!more) return false;
        m->candidates = more;
        m->room = room;
    }
    m->candidates[m->count++] = (kali_candidate){id, score};
    return true;
}

/* What the records can tell of the filters; the row has the last word. */
static bool may_fit(const kali_matcher *m, const limits *l, const kali_record *d) {
    const kal_str *role = &m->search->role;
    if (m->session_count && !l->listed && !within(l, d->session)) return false;
    if (role->data && (role->data[0] == 'a') != ((d->flags & KALI_ASSISTANT) != 0)) return false;
    return true;
}

/* The lists in the order in which they are walked: shortest first, then those to leave out. */
typedef struct walk {
    const kali_matches *list[KALI_CLAUSES + 1];
    size_t at[KALI_CLAUSES + 1], clause[KALI_CLAUSES + 1];
    size_t count, without; /* lists; how many of them, at the end, must not hold a message */
} walk;

static void add_list(walk *w, const kali_matches *list, size_t clause) {
    size_t i = w->count++;
    for (; i > 0 && w->list[i - 1]->count > list->count; i--) {
        w->list[i] = w->list[i - 1];
        w->clause[i] = w->clause[i - 1];
    }
    w->list[i] = list;
    w->clause[i] = clause;
}

static bool fits(walk *w, int64_t id) {
    for (size_t i = 1; i < w->count + w->without; i++) {
        w->at[i] = seek(w->list[i], w->at[i], id);
        bool has = w->at[i] < w->list[i]->count && w->list[i]->rows[w->at[i]].id == id;
        if (has != (i < w->count)) return false;
    }
    return true;
}

static kal_code score_candidate(kali_matcher *m, const walk *w, const limits *l, kali_leaf *leaf,
                                kal_err *err) {
    kali_record d;
    double score = 0;
    int64_t id = w->list[0]->rows[w->at[0]].id;
    kal_code code = kali_document_read(m->store, leaf, id, &d, err);
    if (code != KAL_OK || !may_fit(m, l, &d)) return code;
    for (size_t i = 0; i < w->count; i++)
        if (w->clause[i] != SIZE_MAX)
            score += kali_matcher_score(m, w->clause[i], w->list[i]->rows[w->at[i]].tf, d.words);
    return add_candidate(m, id, score) ? KAL_OK : no_memory(err);
}

static kal_code walk_lists(kali_matcher *m, const limits *l, kal_err *err) {
    walk w = {0};
    kali_leaf leaf = {0};
    for (size_t i = 0; i < m->search->count; i++)
        if (!m->search->clauses[i].without) add_list(&w, &m->lists[i], i);
    if (m->session_count && l->listed) add_list(&w, &l->ids, SIZE_MAX);
    for (size_t i = 0; i < m->search->count; i++)
        if (m->search->clauses[i].without) w.list[w.count + w.without++] = &m->lists[i];
    for (; w.at[0] < w.list[0]->count; w.at[0]++) {
        if (!fits(&w, w.list[0]->rows[w.at[0]].id)) continue;
        kal_code code = score_candidate(m, &w, l, &leaf, err);
        if (code != KAL_OK) return code;
    }
    return KAL_OK;
}

static kal_code match_all(kali_matcher *m, kal_err *err) {
    int64_t messages, words;
    kal_code code = kali_reader_totals(m->reader, &messages, &words, err);
    if (code != KAL_OK) return code;
    m->average = messages > 0 && words > messages ? (double)words / (double)messages : 1;
    for (size_t i = 0; i < m->search->count && code == KAL_OK; i++) {
        code = match_clause(m, &m->search->clauses[i], &m->lists[i], err);
        double n = (double)messages, df = (double)m->lists[i].count;
        if (df > n) n = df;
        m->idf[i] = log(1 + (n - df + 0.5) / (df + 0.5));
    }
    return code;
}

kal_code kali_matcher_run(kali_matcher *m, kal_err *err) {
    limits l = {0};
    kal_code code = kali_reader_open(m->store->db, &m->reader, err);
    if (code == KAL_OK) code = match_all(m, err);
    if (code == KAL_OK && m->session_count) code = make_limits(m, &l, err);
    if (code == KAL_OK) code = walk_lists(m, &l, err);
    free(l.ids.rows);
    return code;
}

void kali_matcher_free(kali_matcher *m) {
    for (size_t i = 0; i < KALI_CLAUSES; i++)
        free(m->lists[i].rows);
    free(m->candidates);
    kali_reader_close(m->reader);
    m->reader = NULL;
    m->candidates = NULL;
}
