/*
** search.c: plain text search: what the words of a query fit, best first, with the places where they stand. The
** ranking is BM25 and nothing else; recall.c is the one that looks for answers.
*/
#include "search/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MAX 1000
#define WIDTH 160
#define QUERY_MAX 65536

/* One search at work. */
typedef struct job {
    kal_store *store;
    const kal_search *request;
    kali_search search;
    kali_matcher matcher;
    kali_arena arena; /* of the query */
    kal_found *found; /* messages, then notes */
    size_t count;
} job;

/* ---- the session that a query names ---- */

static kal_code find_session(kal_store *store, const kal_filter *filter, kal_session rows[2],
                             size_t *count, kal_err *err) {
    kal_page page = {.capacity = 2};
    kal_code code = kal_session_find(store, filter, rows, &page, err);
    *count = page.count;
    return code;
}

/* Its id, exact name or, from three characters on, the beginning of its id. */
static kal_code resolve(kal_store *store, kal_str text, kali_arena *arena, kal_str *id,
                        kal_err *err) {
    kal_session rows[2];
    size_t count = 0;
    kal_filter by_name = {.name = text}, by_id = {.id_prefix = text};
    kal_code code =
        text.len > KAL_NAME_MAX ? KAL_NOT_FOUND : kal_session_get(store, text, &rows[0], err);
    if (code == KAL_OK) count = 1;
    if (code == KAL_NOT_FOUND && text.len <= KAL_NAME_MAX)
        code = find_session(store, &by_name, rows, &count, err);
    if (code == KAL_OK && count == 0 && text.len >= 3)
        code = find_session(store, &by_id, rows, &count, err);
    if (code != KAL_OK && code != KAL_NOT_FOUND) return code;
    if (count > 1)
        return kali_fail(err, KAL_MISUSE, "search: several sessions are called '%.*s'",
                         KALI_STR(text));
    if (count == 0)
        return kali_fail(err, KAL_NOT_FOUND,
                         "search: no session is called '%.*s', and no id begins so",
                         KALI_STR(text));
    return kali_arena_copy(arena, rows[0].id, id) ? KAL_OK : kali_no_memory(err);
}

static bool among(const kal_str *list, size_t count, kal_str id) {
    for (size_t i = 0; i < count; i++)
        if (list[i].len == id.len && memcmp(list[i].data, id.data, id.len) == 0) return true;
    return false;
}

/* Which sessions take part: those asked for, or of them the one that the query names. *none: none at all. */
static kal_code choose_sessions(job *j, bool *none, kal_err *err) {
    const kal_search *r = j->request;
    kal_code code = KAL_OK;
    j->matcher.sessions = r->sessions;
    j->matcher.session_count = r->sessions ? r->session_count : 0;
    *none = r->sessions && r->session_count == 0;
    for (size_t i = 0; i < j->matcher.session_count && code == KAL_OK; i++)
        code = kali_session_exists(j->store, r->sessions[i], err);
    if (code != KAL_OK || !j->search.session.data) return code;
    kal_str *one = kali_arena_alloc(&j->arena, sizeof *one);
    if (!one) return kali_no_memory(err);
    code = resolve(j->store, j->search.session, &j->arena, one, err);
    if (code != KAL_OK) return code;
    *none = r->sessions && !among(r->sessions, r->session_count, *one);
    j->matcher.sessions = one;
    j->matcher.session_count = 1;
    return KAL_OK;
}

/* ---- filters ---- */

static bool passes(const kali_search *s, kal_str role, kal_str created_at, double importance) {
    char time[25];
    if (s->role.data && (role.len != s->role.len || memcmp(role.data, s->role.data, role.len) != 0))
        return false;
    if (s->above ? importance <= s->importance : importance < s->importance) return false;
    if (!s->since[0] && !s->before[0]) return true;
    if (!created_at.data || !kal_time_parse(created_at, time)) return false;
    return (!s->since[0] || strcmp(time, s->since) >= 0) &&
           (!s->before[0] || strcmp(time, s->before) < 0);
}

/* Whether the row of a message passes the filters: few columns are read of those that do not. */
static kal_code message_passes(job *j, int64_t id, bool *out, kal_err *err) {
    static const char SQL[] = "SELECT role, created_at, coalesce(importance_score, 0.5)"
                              " FROM messages WHERE id = $1";
    const kali_search *s = &j->search;
    kali_stmt *q;
    bool row;
    *out = true;
    if (!s->role.data && !s->since[0] && !s->before[0] && s->importance <= 0 && !s->above)
        return KAL_OK;
    kal_code code = kali_db_use(j->store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(q, 1, id);
    code = kali_step(q, &row, err);
    *out = code == KAL_OK && row && passes(s, kali_text(q, 0), kali_text(q, 1), kali_real(q, 2));
    if (row) kali_reset(q);
    return code;
}

/* ---- messages ---- */

static bool better(const kali_candidate *a, const kali_candidate *b) {
    return a->score != b->score ? a->score > b->score : a->id > b->id;
}

static void sift(kali_candidate *heap, size_t n, size_t i) {
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && better(&heap[child + 1], &heap[child])) child++;
        if (!better(&heap[child], &heap[i])) return;
        kali_candidate swap = heap[i];
        heap[i] = heap[child];
        heap[child] = swap;
    }
}

static kal_code mark(job *j, kal_found *f, kali_marks *marks, kal_err *err) {
    size_t width = j->request->width > 0 ? (size_t)j->request->width : WIDTH;
    kal_code code =
        kali_search_mark(j->store, &j->search, &j->store->arena, f->text, width, marks, err);
    f->spans = marks->spans;
    f->span_count = marks->count;
    f->part = (kal_span){marks->from, marks->to};
    return code;
}

static kal_code take_message(job *j, const kali_candidate *c, kal_err *err) {
    kal_found *f = &j->found[j->count];
    kal_message m;
    kali_marks marks;
    char id[24];
    bool fits;
    kal_code code = message_passes(j, c->id, &fits, err);
    if (code != KAL_OK || !fits) return code;
    code = kali_row_get(j->store, &kali_message_noun, (kali_key){{0}, c->id}, &m, err);
    if (code == KAL_NOT_FOUND) return KAL_OK; /* another program has removed it just now */
    if (code != KAL_OK) return code;
    snprintf(id, sizeof id, "%lld", (long long)c->id);
    *f = (kal_found){.noun = KAL_MESSAGE,
                     .session = m.session,
                     .created_at = m.created_at,
                     .text = kali_some(m.text),
                     .role = m.role,
                     .speaker = m.speaker,
                     .importance_score = m.importance_score,
                     .score = c->score};
    if (!kali_arena_copy(&j->store->arena, kal_text(id), &f->id)) return kali_no_memory(err);
    j->count++;
    return mark(j, f, &marks, err);
}

static kal_code take_messages(job *j, kal_err *err) {
    kali_candidate *heap = j->matcher.candidates;
    size_t n = j->matcher.count;
    kal_code code = KAL_OK;
    for (size_t i = n / 2; i > 0; i--)
        sift(heap, n, i - 1);
    while (n && j->count < (size_t)j->request->limit && code == KAL_OK) {
        kali_candidate best = heap[0];
        heap[0] = heap[--n];
        sift(heap, n, 0);
        code = take_message(j, &best, err);
    }
    return code;
}

/* ---- pins and summaries ---- */

static kal_code get_note(job *j, kal_noun noun, kal_str key, kal_found *f, kal_err *err) {
    kal_pin pin;
    kal_summary summary;
    bool is_pin = noun == KAL_PIN;
    kal_code code = kali_row_get(j->store, is_pin ? &kali_pin_noun : &kali_summary_noun,
                                 (kali_key){key, 0}, is_pin ? (void *)&pin : (void *)&summary, err);
    if (code != KAL_OK) return code;
    *f = is_pin ? (kal_found){.id = pin.id,
                              .session = pin.session,
                              .created_at = pin.created_at,
                              .text = kali_some(pin.content),
                              .importance_score = pin.importance_score}
                : (kal_found){.id = summary.id,
                              .session = summary.session,
                              .created_at = summary.created_at,
                              .text = kali_some(summary.summary),
                              .importance_score = summary.importance_score};
    f->noun = noun;
    return KAL_OK;
}

/* They are scored as if they were messages, by the words that are found in them. */
static kal_code take_note(job *j, kal_noun noun, kal_str key, kal_err *err) {
    const kali_matcher *m = &j->matcher;
    kal_found *f = &j->found[j->count];
    kali_marks marks;
    kal_code code = get_note(j, noun, key, f, err);
    if (code == KAL_NOT_FOUND) return KAL_OK;
    if (code != KAL_OK || !passes(&j->search, f->role, f->created_at, f->importance_score))
        return code;
    if (m->session_count && !among(m->sessions, m->session_count, f->session)) return KAL_OK;
    code = mark(j, f, &marks, err);
    for (size_t i = 0; i < j->search.count; i++)
        if (!j->search.clauses[i].without)
            f->score += kali_matcher_score(m, i, marks.tf[i], (double)marks.words);
    j->count++;
    return code;
}

static kal_code take_notes(job *j, kal_err *err) {
    static const char SQL[] = "SELECT n.kind, n.key FROM kalito_notes_fts JOIN kalito_notes n"
                              " ON n.id = kalito_notes_fts.rowid WHERE kalito_notes_fts MATCH $1"
                              " ORDER BY rank";
    kali_stmt *q;
    kal_str expression;
    bool row;
    size_t most = j->count + (size_t)j->request->limit;
    if (j->search.role.data) return KAL_OK; /* only messages have one */
    kal_code code = kali_search_expression(&j->search, &j->arena, &expression, err);
    if (code == KAL_OK) code = kali_db_use(j->store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, expression);
    for (code = kali_step(q, &row, err); code == KAL_OK && row && j->count < most;) {
        bool pin = kali_is(kali_text(q, 0), "pin");
        code = take_note(j, pin ? KAL_PIN : KAL_SUMMARY, kali_text(q, 1), err);
        if (code == KAL_OK) code = kali_step(q, &row, err);
    }
    kali_reset(q);
    return code;
}

/* ---- all together ---- */

static int by_score(const void *x, const void *y) {
    const kal_found *a = x, *b = y;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    if (a->noun != b->noun) return a->noun < b->noun ? -1 : 1;
    size_t n = a->id.len < b->id.len ? a->id.len : b->id.len;
    if (a->noun == KAL_MESSAGE && a->id.len != b->id.len) return a->id.len > b->id.len ? -1 : 1;
    return memcmp(b->id.data, a->id.data, n); /* the newer first */
}

static kal_code find(job *j, kal_err *err) {
    size_t room = 2 * (size_t)j->request->limit + 1;
    j->found = kali_arena_alloc(&j->arena, room * sizeof *j->found);
    if (!j->found) return kali_no_memory(err);
    kal_code code = kali_matcher_run(&j->matcher, err);
    if (code == KAL_OK) code = take_messages(j, err);
    if (code == KAL_OK) code = take_notes(j, err);
    if (code == KAL_OK) qsort(j->found, j->count, sizeof *j->found, by_score);
    if (j->count > (size_t)j->request->limit) j->count = (size_t)j->request->limit;
    return code;
}

static kal_code check(const kal_search *s, kal_err *err) {
    if (s->limit < 1 || s->limit > LIMIT_MAX)
        return kali_fail(err, KAL_MISUSE, "search.limit must be between 1 and %d, got %lld",
                         LIMIT_MAX, (long long)s->limit);
    if (s->width < 0) return kali_fail(err, KAL_MISUSE, "search.width must not be negative");
    return kali_check_text("search", "query", s->text, 1, QUERY_MAX, err);
}

/* A search that may read the store: the index is complete, and nothing changes meanwhile. */
static kal_code search_in(job *j, kal_err *err) {
    bool none;
    kal_code code = choose_sessions(j, &none, err);
    if (code != KAL_OK || none) return code;
    kali_answer_begin(j->store); /* finding the session had answers of its own */
    return find(j, err);
}

kal_code kal_search_find(kal_store *store, const kal_search *search, kal_found *rows, size_t *count,
                         kal_err *err) {
    *count = 0;
    kali_answer_begin(store);
    kal_code code = check(search, err);
    job *j = code == KAL_OK ? calloc(1, sizeof *j) : NULL;
    if (code == KAL_OK && !j) code = kali_no_memory(err);
    if (code != KAL_OK) return code;
    j->store = j->matcher.store = store;
    j->request = search;
    j->matcher.search = &j->search;
    code = kali_words_get(store, err);
    if (code == KAL_OK) code = kali_search_read(store, &j->arena, search->text, &j->search, err);
    if (code == KAL_OK) code = kali_index_refresh(store, err);
    if (code == KAL_OK) code = kali_read_begin(store, err);
    if (code == KAL_OK) {
        code = search_in(j, err);
        kali_read_end(store);
    }
    if (code == KAL_OK && j->count) memcpy(rows, j->found, j->count * sizeof *rows);
    if (code == KAL_OK) *count = j->count;
    kali_matcher_free(&j->matcher);
    kali_arena_free(&j->arena);
    free(j);
    return code;
}
