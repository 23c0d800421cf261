/*
** context_messages.c: the recent run of a context: one run that ends at the newest message, and begins at a block, so
** that the front of the context stays the same for some turns.
*/
#include "context/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns: id, role, text, importance_score, score_reasons, created_at. */
static kal_code read_message(kali_build *b, kali_stmt *q, kali_entry *e, kal_err *err) {
    kal_str role = kali_text(q, 1);
    e->number = kali_integer(q, 0);
    e->item.score = kali_real(q, 3);
    if (!kali_build_keep_id(b, e->number, &e->item.id) ||
        !kali_build_keep(b, kali_some_role(role), &e->item.role) ||
        !kali_build_keep(b, kali_some(kali_text(q, 2)), &e->item.text) ||
        !kali_build_keep(b, kali_text(q, 4), &e->item.reasons) ||
        !kali_build_keep(b, kali_text(q, 5), &e->created_at))
        return kali_no_memory(err);
    return kali_render_entry(b->context, e, err);
}

#define RECENT                                                                                     \
    "SELECT id, role, text, coalesce(importance_score, 0.5), score_reasons, created_at"            \
    " FROM messages WHERE session_id = $1"                                                         \
    " AND (created_at, id) > ($2, $3) AND (created_at, id) < ($4, $5) ORDER BY created_at DESC"
/* The index gives the newest first, but messages of the same time in any order; sorting those costs as much as
** all the rest of the query, and matters only where they lie across the limit. */
static const char RECENT_BY_TIME[] = RECENT " LIMIT $6";
static const char RECENT_BY_TIME_AND_ID[] = RECENT ", id DESC LIMIT $6";

int kali_by_time(const void *x, const void *y) {
    const kali_entry *a = x, *b = y;
    int order = kali_order(a->created_at, b->created_at);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

static kal_code use_recent(kali_build *b, const char *sql, int64_t limit, kali_stmt **q,
                           kal_err *err) {
    kal_code code = kali_db_use(b->store->db, sql, q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(*q, 1, b->session.id);
    kali_bind_text(*q, 2, b->session.boundary_at);
    kali_bind_integer(*q, 3, b->session.boundary_id);
    if (b->request->message)
        kali_bind_text(*q, 4, b->stored.created_at);
    else
        kali_bind_blob(*q, 4, NULL, 0); /* behind every text */
    kali_bind_integer(*q, 5, b->request->message ? b->stored.id : INT64_MAX);
    kali_bind_integer(*q, 6, limit);
    return KAL_OK;
}

/* Adds the rows of the statement, at most as many as the plan allows. *torn: there is one more, of the same
** time as the last. */
static kal_code read_recent(kali_build *b, kali_stmt *q, bool *torn, kal_err *err) {
    int64_t left = b->plan.recent.limit;
    const kali_entry *last = NULL;
    bool row;
    kal_code code;
    *torn = false;
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        if (left-- == 0) {
            *torn = last && kali_order(last->created_at, kali_text(q, 5)) == 0;
            break;
        }
        kali_entry *e = kali_build_entry(b, KAL_PART_RECENT);
        code = read_message(b, q, e, err);
        if (code != KAL_OK) break;
        last = e;
    }
    kali_reset(q);
    return code;
}

static kal_code fetch_recent(kali_build *b, size_t *first, size_t *count, kal_err *err) {
    int64_t limit = b->plan.recent.limit;
    kali_stmt *q;
    bool torn = false;
    *first = b->context->info.items;
    kal_code code = use_recent(b, RECENT_BY_TIME, limit + 1, &q, err);
    if (code == KAL_OK) code = read_recent(b, q, &torn, err);
    if (code == KAL_OK && torn) {
        b->context->info.items = *first;
        code = use_recent(b, RECENT_BY_TIME_AND_ID, limit, &q, err);
        if (code == KAL_OK) code = read_recent(b, q, &torn, err);
    }
    *count = b->context->info.items - *first;
    kali_entry *a = b->context->entries + *first;
    if (*count) qsort(a, *count, sizeof *a, kali_by_time);
    return code;
}

/* The run of messages that ends at the newest and fits; *start is its first. */
static kal_code take_run(kali_build *b, kali_entry *a, size_t count, int64_t cap, size_t *start,
                         kal_err *err) {
    size_t i = count;
    kal_code code = KAL_OK;
    for (; i > 0; i--) {
        kal_item *item = &a[i - 1].item;
        if (item->score < b->plan.recent.min_importance) {
            kali_build_put(item, false,
                           "its importance is below the plan's minimum: the recent run ends here");
            break;
        }
        if (item->tokens > cap) {
            code = kali_build_explain(b, item,
                                      "needs %lld tokens, %lld are left: the recent run ends here",
                                      item->tokens, cap, err);
            break;
        }
        cap -= item->tokens;
        kali_build_put(item, true, "recent");
    }
    *start = i;
    for (size_t k = 0; k + 1 < i; k++)
        kali_build_put(&a[k].item, false, "older than a recent message that did not fit");
    return code;
}

/* How many messages come after a stored new one, that one included: it may be an old one, for which the same is to be
** built as it was then. */
static kal_code count_later(kali_build *b, int64_t *out, kal_err *err) {
    static const char SQL[] = "SELECT count(*) FROM messages WHERE session_id = $1"
                              " AND (created_at, id) >= ($2, $3)";
    kali_stmt *q;
    bool row;
    *out = 0;
    if (!b->request->message) return KAL_OK;
    kal_code code = kali_db_use(b->store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, b->session.id);
    kali_bind_text(q, 2, b->stored.created_at);
    kali_bind_integer(q, 3, b->stored.id);
    code = kali_step(q, &row, err);
    if (code == KAL_OK) *out = kali_integer(q, 0);
    kali_reset(q);
    return code;
}

/* The run begins at a multiple of the block, counted from the session's first message, unless nothing
** older was left out. So its front stays the same for some turns, and providers cache it. */
static void align_run(kali_build *b, kali_entry *a, size_t count, int64_t later, size_t *start) {
    if (b->session.message_count < 0) return; /* of a damaged file */
    int64_t place = b->session.message_count - later - (int64_t)(count - *start);
    bool older = *start > 0 || (place > 0 && (int64_t)count == b->plan.recent.limit);
    if (!older || place < 0) return;
    size_t drop = (size_t)((b->plan.block - place % b->plan.block) % b->plan.block);
    if (*start + drop >= count) return;
    for (size_t end = *start + drop; *start < end; (*start)++)
        kali_build_put(&a[*start].item, false,
                       "dropped with its block, so that the front of the context stays the same");
}

kal_code kali_build_recent(kali_build *b, const kali_found *found, kal_err *err) {
    size_t first, count, start;
    int64_t reserved = kali_build_reserve(b, found), later;
    kal_code code = count_later(b, &later, err);
    if (code == KAL_OK) code = fetch_recent(b, &first, &count, err);
    if (code != KAL_OK) return code;
    kali_entry *a = b->context->entries + first;
    int64_t cap = kali_build_section(b, &b->plan.recent).cap;
    if (cap > b->rest - reserved) cap = b->rest - reserved;
    code = take_run(b, a, count, cap, &start, err);
    if (code != KAL_OK) return code;
    align_run(b, a, count, later, &start);
    for (size_t i = start; i < count; i++)
        b->rest -= a[i].item.tokens;
    return KAL_OK;
}
