/*
** find.c: lists of rows. A filter becomes the parameters of one of the noun's statements; a page is
** read by key from where the last one ended, so that no statement stays open between pages.
*/
#include "internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PAGE_BYTES (1024 * 1024)

/* A place in a list: text key, then id (a number for messages, a name for all others). key.data ==
** NULL stands behind every row. */
typedef struct place {
    kal_str key, name;
    int64_t id;
} place;

/* What lies between two places, both exclusive. */
typedef struct span {
    place low, high;
} span;

static const place FIRST = {{"", 0}, {"", 0}, INT64_MIN};
static const place LAST = {{NULL, 0}, {NULL, 0}, INT64_MAX};

static int compare_text(kal_str a, kal_str b) {
    if (!a.data || !b.data) return (a.data == NULL) - (b.data == NULL);
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static bool before(const place *a, const place *b) {
    int order = compare_text(a->key, b->key);
    if (order == 0) order = (a->id > b->id) - (a->id < b->id);
    if (order == 0) order = compare_text(a->name, b->name);
    return order < 0;
}

static void raise_low(span *s, place p) {
    if (before(&s->low, &p)) s->low = p;
}

static void lower_high(span *s, place p) {
    if (before(&p, &s->high)) s->high = p;
}

/* ---- the filter ---- */

static kal_code refuse_unknown(const kali_noun *noun, const kal_filter *f, kal_err *err) {
    const struct {
        bool given;
        unsigned bit;
        const char *name;
    } conditions[] = {
        {f->session.data, KALI_BY_SESSION, "session"},
        {f->role.data, KALI_BY_ROLE, "role"},
        {f->pin_type.data, KALI_BY_TYPE, "pin_type"},
        {f->persona.data, KALI_BY_PERSONA, "persona"},
        {f->category.data, KALI_BY_CATEGORY, "category"},
        {f->name.data, KALI_BY_NAME, "name"},
        {f->id_prefix.data, KALI_BY_PREFIX, "id_prefix"},
        {f->since.data, KALI_BY_TIME, "since"},
        {f->before.data, KALI_BY_TIME, "before"},
        {f->min_importance != 0, KALI_BY_IMPORTANCE, "min_importance"},
        {f->scope != KAL_SCOPE_ALL, KALI_BY_SCOPE, "scope"},
        {f->saved != 0, KALI_BY_SAVED, "saved"},
    };
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        if (conditions[i].given && !(noun->filters & conditions[i].bit))
            return kali_fail(err, KAL_MISUSE, "%s.find has no condition '%s'", noun->name,
                             conditions[i].name);
    return KAL_OK;
}

static kal_code check_filter(const kali_noun *noun, const kal_filter *f, kal_err *err) {
    if (!(f->min_importance >= 0 && f->min_importance <= 1))
        return kali_fail(err, KAL_MISUSE, "%s.find: min_importance must be between 0 and 1, got %g",
                         noun->name, f->min_importance);
    if (f->limit < 0)
        return kali_fail(err, KAL_MISUSE, "%s.find: limit must not be negative, got %lld",
                         noun->name, (long long)f->limit);
    if ((unsigned)f->order > KAL_ORDER_IMPORTANCE || noun->key_field[f->order] < 0)
        return kali_fail(err, KAL_MISUSE, "%s.find has no such order", noun->name);
    if (noun == &kali_message_noun && f->scope != KAL_SCOPE_ALL && !f->session.data)
        return kali_fail(err, KAL_MISUSE, "message.find: scope needs a session");
    if (f->id_prefix.len > KAL_NAME_MAX)
        return kali_fail(err, KAL_MISUSE, "%s.find: id_prefix is too long", noun->name);
    return refuse_unknown(noun, f, err);
}

static kal_code read_time(const kali_noun *noun, const char *name, kal_str text, char out[25],
                          kal_err *err) {
    out[0] = 0;
    if (!text.data || kal_time_parse(text, out)) return KAL_OK;
    return kali_fail(err, KAL_MISUSE, "%s.find: %s is not a time: '%.*s'", noun->name, name,
                     KALI_STR(text));
}

/* A query under way: the filter made ready for binding. */
typedef struct query {
    const kali_noun *noun;
    kal_filter filter;
    span span;
    char since[25], before[25], prefix_end[KAL_NAME_MAX + 2];
} query;

/* Archived messages are a prefix of their session that ends at the boundary. */
static kal_code narrow_to_scope(kal_store *store, query *q, kal_err *err) {
    kal_session session;
    kali_key key = {q->filter.session, 0};
    kal_code code = kali_row_get(store, &kali_session_noun, key, &session, err);
    if (code != KAL_OK) return code;
    place boundary = {session.boundary_at, {"", 0}, session.boundary_id};
    if (q->filter.scope == KAL_SCOPE_LIVE) {
        raise_low(&q->span, boundary);
    } else {
        boundary.id += boundary.id < INT64_MAX;
        lower_high(&q->span, boundary);
    }
    return KAL_OK;
}

static kal_code make_query(kal_store *store, const kali_noun *noun, const kal_filter *filter,
                           query *q, kal_err *err) {
    static const kal_filter all;
    *q = (query){.noun = noun, .filter = filter ? *filter : all, .span = {FIRST, LAST}};
    kal_filter *f = &q->filter;
    if (f->order == KAL_ORDER_DEFAULT) f->order = noun->preset;
    kal_code code = check_filter(noun, f, err);
    if (code == KAL_OK) code = read_time(noun, "since", f->since, q->since, err);
    if (code == KAL_OK) code = read_time(noun, "before", f->before, q->before, err);
    if (code != KAL_OK) return code;
    /* No UTF-8 holds this byte: it is behind every character that may follow the prefix. */
    snprintf(q->prefix_end, sizeof q->prefix_end, "%.*s\xFF", (int)f->id_prefix.len,
             f->id_prefix.data ? f->id_prefix.data : "");
    /* The messages of all sessions go by id: their statements compare the times themselves. */
    if (noun != &kali_message_noun || !f->session.data) return KAL_OK;
    if (f->since.data) raise_low(&q->span, (place){kal_text(q->since), {"", 0}, INT64_MIN});
    if (f->before.data) lower_high(&q->span, (place){kal_text(q->before), {"", 0}, INT64_MIN});
    return f->scope == KAL_SCOPE_ALL ? KAL_OK : narrow_to_scope(store, q, err);
}

/* ---- parameters ---- */

static void bind_key(kali_stmt *s, int k, kal_str key) {
    if (key.data)
        kali_bind_text(s, k, key);
    else
        kali_bind_blob(s, k, NULL, 0);
}

static void bind_place(const query *q, kali_stmt *s, int k, const place *p) {
    bind_key(s, k, p->key);
    if (q->noun->fields[0].type == KAL_TYPE_TEXT)
        bind_key(s, k + 1, p->name);
    else
        kali_bind_integer(s, k + 1, p->id);
}

static void bind_filter(const query *q, kali_stmt *s) {
    const kal_filter *f = &q->filter;
    kali_bind_text(s, 1, f->session);
    bind_place(q, s, 2, &q->span.low);
    bind_place(q, s, 4, &q->span.high);
    kali_bind_text(s, 7, f->role);
    kali_bind_real(s, 8, f->min_importance);
    kali_bind_text(s, 10, f->pin_type);
    kali_bind_text(s, 11, f->persona);
    kali_bind_text(s, 12, f->category);
    kali_bind_text(s, 13, f->name);
    kali_bind_text(s, 14, f->id_prefix);
    kali_bind_text(s, 15, kal_text(q->prefix_end));
    if (f->saved)
        kali_bind_integer(s, 16, f->saved > 0);
    else
        kali_bind_null(s, 16);
    if (f->scope != KAL_SCOPE_ALL)
        kali_bind_integer(s, 18, f->scope == KAL_SCOPE_ARCHIVED);
    else
        kali_bind_null(s, 18);
    kali_bind_text(s, 19, f->since.data ? kal_text(q->since) : (kal_str){0});
    kali_bind_text(s, 20, f->before.data ? kal_text(q->before) : (kal_str){0});
}

/* ---- pages ---- */

static bool ascending(const kal_filter *f) {
    return f->order == KAL_ORDER_OLDEST || f->order == KAL_ORDER_DEFAULT;
}

static place page_place(const kal_page *page) {
    return (place){kal_text(page->key_text), kal_text(page->key_name), page->key_id};
}

static void bind_page(query *q, const kal_page *page, kali_stmt *s, size_t limit) {
    place from = page->started ? page_place(page) : LAST;
    if (page->started && q->filter.order != KAL_ORDER_IMPORTANCE) {
        if (ascending(&q->filter))
            raise_low(&q->span, from);
        else
            lower_high(&q->span, from);
    }
    bind_filter(q, s);
    kali_bind_real(s, 6, page->started ? page->key_score : HUGE_VAL);
    bind_place(q, s, 21, &from);
    kali_bind_integer(s, 9, (int64_t)limit);
    kali_bind_integer(s, 17, page->end_id);
}

static kal_code keep(char out[KAL_NAME_MAX + 1], kal_str text, kal_err *err) {
    if (text.len > KAL_NAME_MAX)
        return kali_fail(err, KAL_MISUSE, "a key is longer than 255 bytes");
    if (text.len) memcpy(out, text.data, text.len);
    out[text.len] = 0;
    return KAL_OK;
}

/* Remembers the last row of the page. */
static kal_code mark(const query *q, const void *row, kal_page *page, kal_err *err) {
    const kali_noun *noun = q->noun;
    page->started = true;
    if (noun->score_field >= 0)
        page->key_score =
            *(const double *)((const char *)row + noun->fields[noun->score_field].offset);
    int key = noun->key_field[q->filter.order];
    kal_code code = keep(page->key_text, *kali_field_text(noun, row, (size_t)key), err);
    if (noun->fields[0].type == KAL_TYPE_TEXT && code == KAL_OK)
        return keep(page->key_name, *kali_field_text(noun, row, 0), err);
    page->key_id = *(const int64_t *)((const char *)row + noun->fields[0].offset);
    return code;
}

static kal_code tally(kal_store *store, const query *q, int64_t *out, kal_err *err) {
    kali_stmt *s;
    bool row;
    kal_code code = kali_db_use(store->db, q->noun->tally[q->filter.session.data != NULL], &s, err);
    if (code != KAL_OK) return code;
    bind_filter(q, s);
    kali_bind_integer(s, 17, INT64_MAX);
    code = kali_step(s, &row, err);
    if (code != KAL_OK) return code;
    *out = kali_integer(s, 0);
    kali_reset(s);
    return KAL_OK;
}

/* Rows added after this are not visited: messages above the highest id; of the other nouns, in the orders
** that new rows end, more than there are now. */
static kal_code begin_page(kal_store *store, const query *q, kal_page *page, kal_err *err) {
    static const char LAST_ID[] = "SELECT max(id) FROM messages";
    page->left = q->filter.limit ? q->filter.limit : INT64_MAX;
    page->end_id = INT64_MAX;
    if (q->noun == &kali_message_noun) return kali_db_value(store->db, LAST_ID, &page->end_id, err);
    return !q->filter.limit && ascending(&q->filter) ? tally(store, q, &page->left, err) : KAL_OK;
}

static kal_code read_page(kal_store *store, const query *q, kali_stmt *s, void *rows, size_t want,
                          kal_page *page, kal_err *err) {
    size_t size = kali_row_size(q->noun);
    size_t full = store->arena.used + PAGE_BYTES;
    bool row = true;
    kal_code code = KAL_OK;
    while (page->count < want && store->arena.used < full) {
        code = kali_step(s, &row, err);
        if (code != KAL_OK || !row) break;
        code = kali_row_read(store, q->noun, s, (char *)rows + size * page->count, err);
        if (code != KAL_OK) break;
        page->count++;
    }
    kali_reset(s);
    if (code != KAL_OK) {
        page->count = 0; /* the same page may be asked for again */
        return code;
    }
    page->left -= (int64_t)page->count;
    page->done = !row || page->left == 0;
    if (page->count) code = mark(q, (const char *)rows + size * (page->count - 1), page, err);
    return code;
}

kal_code kali_row_find(kal_store *store, const kali_noun *noun, const kal_filter *filter,
                       void *rows, kal_page *page, kal_err *err) {
    kali_answer_begin(store);
    if (page->capacity == 0)
        return kali_fail(err, KAL_MISUSE, "%s.find: capacity is 0", noun->name);
    page->count = 0;
    if (page->done) return KAL_OK;
    query q;
    kal_code code = kali_touch_flush(store, err);
    if (code == KAL_OK) code = make_query(store, noun, filter, &q, err);
    if (code == KAL_OK && !page->started && page->left == 0)
        code = begin_page(store, &q, page, err);
    kali_stmt *s;
    if (code == KAL_OK)
        code = kali_db_use(store->db, noun->list[q.filter.session.data != NULL][q.filter.order], &s,
                           err);
    if (code != KAL_OK) return code;
    size_t want = page->left < (int64_t)page->capacity ? (size_t)page->left : page->capacity;
    bind_page(&q, page, s, want);
    return read_page(store, &q, s, rows, want, page, err);
}

kal_code kali_row_count(kal_store *store, const kali_noun *noun, const kal_filter *filter,
                        int64_t *out, kal_err *err) {
    kali_answer_begin(store);
    query q;
    kal_code code = kali_touch_flush(store, err);
    if (code == KAL_OK) code = make_query(store, noun, filter, &q, err);
    return code == KAL_OK ? tally(store, &q, out, err) : code;
}
