/*
** search_walk.c: the messages that fit a whole search, from the index and the records. The lists of its parts are walked
** side by side from the shortest one, in leaps. Once few messages are left, reading their texts is cheaper than
** reading the long lists of common words.
*/
#include "search/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define K1 1.2
#define B 0.75
#define LISTED                                                                                     \
    20000 /* sessions of more messages are told by the records, not by a list of their ids */
#define PER_LEAF 1000 /* postings in a leaf, about */
#define PER_TEXT 3    /* leaves that are read in the time that one text takes */

/* ---- which sessions ---- */

/* Messages that may be found: a list of their ids, or unless `listed` of the numbers of their sessions. */
typedef struct limits {
    kali_postings ids;
    bool listed;
} limits;

static int by_id(const void *x, const void *y) {
    const kali_posting *a = x, *b = y;
    return (a->id > b->id) - (a->id < b->id);
}

/* Takes the first column of all rows of `sql`, given a session. */
static kal_code collect(kal_store *store, const char *sql, kal_str session, kali_postings *out,
                        kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, session);
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err))
        if (!kali_postings_add(out, kali_integer(q, 0), 0)) {
            code = kali_no_memory(err);
            break;
        }
    kali_reset(q);
    return code;
}

static kal_code make_limits(kali_matcher *m, limits *out, kal_err *err) {
    static const char COUNT[] = "SELECT message_count FROM sessions WHERE id = $1";
    static const char IDS[] = "SELECT id FROM messages WHERE session_id = $1";
    static const char NUMBER[] = "SELECT number FROM kalito_numbers WHERE session_id = $1";
    kali_postings counts = {0};
    kal_code code = KAL_OK;
    int64_t total = 0;
    for (size_t i = 0; i < m->session_count && code == KAL_OK; i++)
        code = collect(m->store, COUNT, m->sessions[i], &counts, err);
    for (size_t i = 0; i < counts.count; i++)
        total += counts.rows[i].id;
    kali_postings_free(&counts);
    out->listed = total <= LISTED;
    for (size_t i = 0; i < m->session_count && code == KAL_OK; i++)
        code = collect(m->store, out->listed ? IDS : NUMBER, m->sessions[i], &out->ids, err);
    if (out->ids.count) qsort(out->ids.rows, out->ids.count, sizeof *out->ids.rows, by_id);
    return code;
}

static bool within(const limits *l, uint32_t session) {
    size_t at = kali_postings_seek(&l->ids, 0, session);
    return at < l->ids.count && l->ids.rows[at].id == session;
}

/* ---- candidates ---- */

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

/* ---- reading lists, the shortest first ---- */

static void set_idf(kali_matcher *m, size_t clause, double df) {
    double n = df > m->messages ? df : m->messages;
    m->idf[clause] = log(1 + (n - df + 0.5) / (df + 0.5));
}

static kal_code read_list(kali_matcher *m, size_t clause, kal_err *err) {
    kal_code code = kali_matcher_clause(m, clause, err);
    m->read[clause] = code == KAL_OK;
    set_idf(m, clause, (double)m->lists[clause].count);
    return code;
}

/* Only of single words it is known beforehand how long their lists are. */
static bool is_word(const kali_clause *c) {
    return !c->patterns->next && c->patterns->count == 1 && !c->patterns->prefix;
}

/* The clauses in the order in which they are read: those of unknown length, then single words by their length. */
static kal_code order_clauses(kali_matcher *m, size_t order[KALI_CLAUSES], size_t *count,
                              kal_err *err) {
    *count = 0;
    for (size_t i = 0; i < m->search->count; i++) {
        const kali_clause *c = &m->search->clauses[i];
        kal_code code = KAL_OK;
        if (is_word(c))
            code = kali_reader_leaves(m->reader, c->patterns->words[0].stem, &m->leaves[i], err);
        if (code != KAL_OK) return code;
        if (c->without) continue;
        size_t k = (*count)++;
        for (; k > 0 && m->leaves[order[k - 1]] > m->leaves[i]; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    return KAL_OK;
}

/* Keeps what is in the list; with `without` what is not. */
static void keep(kali_postings *kept, const kali_postings *list, bool without) {
    size_t n = 0, at = 0;
    for (size_t i = 0; i < kept->count; i++) {
        at = kali_postings_seek(list, at, kept->rows[i].id);
        bool in = at < list->count && list->rows[at].id == kept->rows[i].id;
        if (in != without) kept->rows[n++] = kept->rows[i];
    }
    kept->count = n;
}

static kal_code copy_list(kali_postings *out, const kali_postings *list, kal_err *err) {
    out->rows = malloc((list->count + 1) * sizeof *out->rows);
    if (!out->rows) return kali_no_memory(err);
    if (list->count) memcpy(out->rows, list->rows, list->count * sizeof *out->rows);
    out->count = list->count;
    return KAL_OK;
}

/* Whether the texts of what is left are read sooner than the list. */
static bool is_dear(const kali_matcher *m, const kali_postings *kept, size_t clause) {
    return kept->rows && is_word(&m->search->clauses[clause]) &&
           kept->count * PER_TEXT < m->leaves[clause];
}

/* Leaves in `kept` what fits all lists. Those that are too dear are not read. */
static kal_code intersect(kali_matcher *m, const limits *l, kali_postings *kept, kal_err *err) {
    size_t order[KALI_CLAUSES], count;
    kal_code code = order_clauses(m, order, &count, err);
    if (code == KAL_OK && m->session_count && l->listed) code = copy_list(kept, &l->ids, err);
    for (size_t i = 0; i < count && code == KAL_OK; i++) {
        size_t c = order[i];
        set_idf(m, c, (double)(m->leaves[c] * PER_LEAF));
        if (is_dear(m, kept, c)) continue;
        code = read_list(m, c, err);
        if (code != KAL_OK) break;
        if (kept->rows)
            keep(kept, &m->lists[c], false);
        else
            code = copy_list(kept, &m->lists[c], err);
    }
    for (size_t c = 0; c < m->search->count && code == KAL_OK; c++) {
        if (!m->search->clauses[c].without || is_dear(m, kept, c)) continue;
        code = read_list(m, c, err);
        if (code == KAL_OK) keep(kept, &m->lists[c], true);
    }
    return code;
}

/* ---- scoring ---- */

static kal_code score_listed(kali_matcher *m, const limits *l, const kali_postings *kept,
                             kal_err *err) {
    size_t at[KALI_CLAUSES] = {0};
    kali_leaf leaf = {0};
    kali_record d;
    for (size_t i = 0; i < kept->count; i++) {
        int64_t id = kept->rows[i].id;
        double score = 0;
        kal_code code = kali_document_read(m->store, &leaf, id, &d, err);
        if (code != KAL_OK) return code;
        if (!may_fit(m, l, &d)) continue;
        for (size_t c = 0; c < m->search->count; c++) {
            if (m->search->clauses[c].without) continue;
            at[c] = kali_postings_seek(&m->lists[c], at[c], id);
            score += kali_matcher_score(m, c, m->lists[c].rows[at[c]].tf, d.words);
        }
        if (!add_candidate(m, id, score)) return kali_no_memory(err);
    }
    return KAL_OK;
}

/* Adds a message if its text fits. */
static kal_code score_text(kali_matcher *m, int64_t id, kal_str text, kali_arena *arena,
                           kal_err *err) {
    kali_marks marks;
    double score = 0;
    kal_code code = kali_search_mark(m->store, m->search, arena, text, 0, &marks, err);
    if (code != KAL_OK) return code;
    for (size_t c = 0; c < m->search->count; c++) {
        bool without = m->search->clauses[c].without;
        if ((marks.tf[c] > 0) == without) return KAL_OK;
        if (!without) score += kali_matcher_score(m, c, marks.tf[c], (double)marks.words);
    }
    return add_candidate(m, id, score) ? KAL_OK : kali_no_memory(err);
}

/* Some lists were not read: the texts tell. */
static kal_code score_texts(kali_matcher *m, const limits *l, const kali_postings *kept,
                            kal_err *err) {
    static const char SQL[] = "SELECT text FROM messages WHERE id = $1";
    kali_arena arena = {0};
    kali_leaf leaf = {0};
    kali_record d;
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(m->store->db, SQL, &q, err);
    for (size_t i = 0; i < kept->count && code == KAL_OK; i++) {
        code = kali_document_read(m->store, &leaf, kept->rows[i].id, &d, err);
        if (code != KAL_OK || !may_fit(m, l, &d)) continue;
        kali_bind_integer(q, 1, kept->rows[i].id);
        code = kali_step(q, &row, err);
        if (code != KAL_OK || !row) continue;
        code = score_text(m, kept->rows[i].id, kali_text(q, 0), &arena, err);
        kali_reset(q);
        kali_arena_reset(&arena);
    }
    kali_arena_free(&arena);
    return code;
}

static kal_code score_all(kali_matcher *m, const limits *l, kal_err *err) {
    kali_postings kept = {0};
    bool all = true;
    kal_code code = intersect(m, l, &kept, err);
    for (size_t c = 0; c < m->search->count; c++)
        all = all && m->read[c];
    if (code == KAL_OK) code = all ? score_listed(m, l, &kept, err) : score_texts(m, l, &kept, err);
    kali_postings_free(&kept);
    return code;
}

kal_code kali_matcher_run(kali_matcher *m, kal_err *err) {
    limits l = {0};
    int64_t messages, words;
    kal_code code = kali_reader_open(m->store->db, &m->reader, err);
    if (code == KAL_OK) code = kali_reader_totals(m->reader, &messages, &words, err);
    if (code == KAL_OK) {
        m->messages = (double)messages;
        m->average = messages > 0 && words > messages ? (double)words / (double)messages : 1;
    }
    if (code == KAL_OK && m->session_count) code = make_limits(m, &l, err);
    if (code == KAL_OK) code = score_all(m, &l, err);
    kali_postings_free(&l.ids);
    kali_reader_close(m->reader);
    m->reader = NULL;
    return code;
}

void kali_matcher_free(kali_matcher *m) {
    for (size_t i = 0; i < KALI_CLAUSES; i++)
        kali_postings_free(&m->lists[i]);
    free(m->candidates);
    m->candidates = NULL;
}
