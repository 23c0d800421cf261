/*
** recalled.c: the recalled messages of a context: what recall found, and the neighbours that make it readable, each
** once. They are fetched before the recent run is packed, which leaves room for them, and packed behind it.
*/
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "context/context.h"

#define HITS_MAX 100
#define MORE 10 /* found beyond the limit, because some may say the same */

/* ---- recalling ---- */

bool kali_build_recalls(const kali_build *b) {
    return b->request->query.len && !b->request->recalled && b->plan.recalled.limit > 0;
}

static kal_code take_hits(kali_build *b, kal_hit *hits, size_t count, kal_err *err) {
    kal_recalled *list = kali_arena_alloc(&b->context->arena, (count + 1) * sizeof *list);
    if (!list) return kali_no_memory(err);
    for (size_t i = 0; i < count; i++)
        list[i] = (kal_recalled){.id = hits[i].message.id,
                                 .score = hits[i].score,
                                 .lent = hits[i].lent,
                                 .reasons = hits[i].reasons,
                                 .beside = hits[i].question ? hits[i].question : hits[i].answer,
                                 .copies = hits[i].copies,
                                 .copy_count = hits[i].copy_count};
    b->hits = hits;
    b->recalled = list;
    b->recalled_count = count;
    return KAL_OK;
}

/* An archived session stays out of what others recall, and recalls of itself alone. */
static kal_code recall(kali_build *b, kal_err *err) {
    const kal_request *r = b->request;
    int64_t limit = b->plan.recalled.limit < HITS_MAX ? b->plan.recalled.limit : HITS_MAX;
    bool own = r->own || b->session.archived_at.data;
    size_t count;
    kal_query query = {.text = r->query,
                       .sessions = own ? &b->session.id : NULL,
                       .session_count = own,
                       .limit = r->similar > 0 ? limit + MORE : limit,
                       .without = r->message,
                       .asked = r->asked,
                       .similar = r->similar};
    kal_hit *hits = kali_arena_alloc(&b->context->arena, (size_t)query.limit * sizeof *hits);
    if (!hits) return kali_no_memory(err);
    kal_code code = kali_recall(b->store, &query, hits, &count, err);
    if (code != KAL_OK) return code;
    return take_hits(b, hits, count < (size_t)limit ? count : (size_t)limit, err);
}

/* ---- candidates ---- */

typedef struct picker {
    kali_build *build;
    kali_found *found;
    size_t limit;
    size_t *waiting, first, end; /* places of those whose neighbours have not had their turn */
} picker;

/* Is the message among the candidates, or is one that says the same? */
static bool is_listed(const picker *p, int64_t id) {
    const kali_build *b = p->build;
    for (size_t i = 0; i < p->found->count; i++)
        if (p->found->list[i].number == id) return true;
    for (size_t i = 0; i < b->recalled_count; i++)
        for (size_t k = 0; k < b->recalled[i].copy_count; k++)
            if (b->recalled[i].copies[k] == id) return true;
    return false;
}

static bool is_same_session(const kali_build *b, const kal_message *row) {
    return b->request->message && kali_order(row->session, b->stored.session) == 0;
}

/* What came after the new message, an answer that is asked for again, is no memory. */
static bool is_later(const kali_build *b, const kal_message *row) {
    if (!is_same_session(b, row)) return false;
    int order = kali_order(row->created_at, b->stored.created_at);
    return order ? order > 0 : row->id >= b->stored.id;
}

/* Scores are comparable within one answer only: more digits would only fill the trace. */
static double rounded(double score) {
    return floor(score * 1000 + 0.5) / 1000;
}

static kal_code put(picker *p, const kal_message *row, const kal_recalled *r, kal_err *err) {
    kali_build *b = p->build;
    if (p->found->count == p->limit || is_listed(p, row->id)) return KAL_OK;
    kali_entry *e = &p->found->list[p->found->count];
    *e = (kali_entry){.item = {.part = KAL_PART_RECALLED, .score = rounded(r->score)},
                      .lent = rounded(r->lent),
                      .place = p->found->count,
                      .number = row->id};
    if (!kali_build_keep_id(b, row->id, &e->item.id) ||
        !kali_build_keep(b, kali_some_role(row->role), &e->item.role) ||
        !kali_build_keep(b, kali_some(row->text), &e->item.text) ||
        !kali_build_keep(b, r->reasons, &e->item.reasons) ||
        !kali_build_keep(b, row->created_at, &e->created_at) ||
        !kali_build_keep(b, row->speaker, &e->speaker))
        return kali_no_memory(err);
    p->found->count++;
    return kali_render_entry(b->context, e, err);
}

/* The row of a candidate that recall has not read. One that is no longer there is left out silently: recall found it
** in an index that another program has not kept. */
static kal_code get(kali_build *b, int64_t id, kal_message *row, bool *there, kal_err *err) {
    kali_key key = {{0}, id};
    kal_code code = kali_row_get(b->store, &kali_message_noun, key, row, err);
    *there = code == KAL_OK;
    return code == KAL_NOT_FOUND ? KAL_OK : code;
}

/* A neighbour has half of the score, which may be more than it was found with. */
static kal_code put_neighbours(picker *p, double least, kal_err *err) {
    for (; p->first < p->end && p->found->count < p->limit; p->first++) {
        const kal_recalled *r = &p->build->recalled[p->waiting[p->first]];
        char reasons[64];
        kal_message row;
        bool there = false;
        kal_recalled half = {.id = r->beside, .score = r->score / 2, .lent = r->lent / 2};
        if (rounded(half.score) <= least) return KAL_OK;
        snprintf(reasons, sizeof reasons, "[[\"beside\",\"%lld\"]]", (long long)r->id);
        half.reasons = kal_text(reasons);
        kal_code code = is_listed(p, half.id) ? KAL_OK : get(p->build, half.id, &row, &there, err);
        if (code == KAL_OK && there) code = put(p, &row, &half, err);
        if (code != KAL_OK) return code;
    }
    return KAL_OK;
}

static kal_code pick_one(picker *p, size_t i, kal_err *err) {
    const kali_build *b = p->build;
    const kal_recalled *r = &b->recalled[i];
    kal_message read;
    const kal_message *row = b->hits ? &b->hits[i].message : &read;
    bool there = true;
    kal_code code = put_neighbours(p, r->score, err);
    if (code == KAL_OK && !b->hits) code = get(p->build, r->id, &read, &there, err);
    if (code != KAL_OK || !there || (b->hits && is_later(b, row))) return code;
    code = put(p, row, r, err);
    bool later = is_same_session(b, row) && r->beside >= b->stored.id;
    if (r->beside && !later && !is_listed(p, r->beside)) p->waiting[p->end++] = i;
    return code;
}

static int by_worth(const void *x, const void *y) {
    const kali_entry *a = x, *b = y;
    return (a->worth < b->worth) - (a->worth > b->worth);
}

/* What is best for its length first: of two that are equally good, the shorter one leaves room for another. A rule of
** recall may have put them in an order that is not that of their scores: none counts more than those before it. */
static void put_in_order(const kali_build *b, kali_found *f) {
    double score = HUGE_VAL;
    if (b->plan.brevity <= 0) return;
    for (size_t i = 0; i < f->count; i++) {
        kali_entry *e = &f->list[i];
        if (e->item.score < score) score = e->item.score;
        e->worth = score > 0 ? score / pow((double)e->item.tokens, b->plan.brevity) : score;
    }
    if (f->count) qsort(f->list, f->count, sizeof *f->list, by_worth);
}

kal_code kali_build_fetch(kali_build *b, kali_found *out, kal_err *err) {
    picker p = {.build = b, .found = out, .limit = (size_t)b->plan.recalled.limit};
    *out = (kali_found){0};
    b->recalled = b->request->recalled;
    b->recalled_count = b->request->recalled_count;
    kal_code code = kali_build_recalls(b) ? recall(b, err) : KAL_OK;
    if (code != KAL_OK || !b->recalled_count || !p.limit) return code;
    out->list = kali_arena_alloc(&b->context->arena, p.limit * sizeof *out->list);
    p.waiting = kali_arena_alloc(&b->context->arena, b->recalled_count * sizeof *p.waiting);
    if (!out->list || !p.waiting) return kali_no_memory(err);
    for (size_t i = 0; i < b->recalled_count && out->count < p.limit && code == KAL_OK; i++)
        code = pick_one(&p, i, err);
    if (code == KAL_OK) code = put_neighbours(&p, -HUGE_VAL, err);
    if (code == KAL_OK) put_in_order(b, out);
    return code;
}

/* ---- packing ---- */

/* The score without what the session has lent. */
static double own(const kali_entry *e) {
    return e->item.score - e->lent;
}

/* What the plan wants a candidate to have of its own, so that it is not far behind the best one. What a session lends to
** all of its messages makes none of them worth showing. */
static double least_of(const kali_build *b, const kali_found *f) {
    double best = 0;
    for (size_t i = 0; i < f->count; i++)
        if (own(&f->list[i]) > best) best = own(&f->list[i]);
    double least = b->plan.recalled.min_importance;
    return least > 0 ? least * best : -HUGE_VAL;
}

int64_t kali_build_reserve(const kali_build *b, const kali_found *f) {
    kali_section s = kali_build_section(b, &b->plan.recalled);
    int64_t sum = 0;
    double least = least_of(b, f);
    for (size_t i = 0; i < f->count && sum < s.cap; i++)
        if (own(&f->list[i]) >= least)
            sum += sum ? f->list[i].item.tokens : kali_build_cost(b, &s, &f->list[i]);
    return sum < s.cap ? sum : s.cap;
}

static bool is_shown(const kali_build *b, int64_t id) {
    if (b->request->message == id) return true;
    for (size_t i = 0; i < b->context->info.items; i++) {
        const kali_entry *e = &b->context->entries[i];
        if (e->item.part == KAL_PART_RECENT && e->item.in && e->number == id) return true;
    }
    return false;
}

kal_code kali_build_recalled(kali_build *b, kali_found *found, kal_err *err) {
    kali_entry *list = found->list;
    size_t count = found->count;
    double least = least_of(b, found);
    kali_section s = {.cap = b->rest}; /* its share, and what the recent run has left besides */
    kal_code code = KAL_OK;
    for (size_t i = 0; i < count && code == KAL_OK; i++) {
        if (is_shown(b, list[i].number))
            kali_build_put(&list[i].item, false, "already shown as a recent message");
        else if (own(&list[i]) < least)
            kali_build_put(&list[i].item, false, "its own score is too far below the best one's");
        else
            code = kali_build_take(b, &s, &list[i], "recalled for the query", err);
    }
    if (count) qsort(list, count, sizeof *list, kali_by_time);
    for (size_t i = 0; i < count; i++)
        b->context->entries[b->context->info.items++] = list[i];
    return code;
}
