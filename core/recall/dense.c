/*
** dense.c: the scores of a word that many messages hold. Their neighbours stand side by side in an order by session, so
** that one pass over arrays does for all messages at once what rank.c does for the few that hold a rare word: the same
** sums, four at a time, and no look at memory out of its order.
*/
#include "recall/rank.h"

#include <stdlib.h>
#include <string.h>

#define LANE 64      /* positions of one step: so many that a compiler makes vectors of them */
#define APART 4      /* empty positions between two sessions: as far as a message lends its words */
#define NOBODY 1e30f /* the length of no message: whatever is lent to it counts nothing */

/* ---- the order ---- */

static bool make_layout(const kali_documents *d, kali_layout *o) {
    size_t at = LANE, places = d->count * KALI_BLOCK;
    size_t most = places + (d->sessions + 1u) * (size_t)APART + 3 * LANE;
    if (most > UINT32_MAX) return false;
    o->position = calloc(places + 1, sizeof *o->position);
    o->place = malloc(most * sizeof *o->place);
    o->words = calloc(most, sizeof *o->words);
    o->flags = calloc(most, sizeof *o->flags);
    if (!o->position || !o->place || !o->words || !o->flags) return false;
    memset(o->place, 0xFF, most * sizeof *o->place);
    for (size_t s = 0; s <= d->sessions; s++) {
        for (int32_t p = d->chains[s].first; p >= 0; p = d->rows[p].next) {
            o->position[p] = (uint32_t)at;
            o->place[at] = (uint32_t)p;
            o->words[at] = d->rows[p].words;
            o->flags[at++] = d->rows[p].flags;
        }
        at += APART;
    }
    o->count = (at + LANE - 1) / LANE * LANE;
    return true;
}

/* ---- what a query needs of it ---- */

/* Nothing is taken away, whatever the weights are. */
static float share_of(double weight) {
    return (float)weight > 0 ? (float)weight : 0;
}

/* What a message gets of those one and two before it, and its length. Whose sessions do not take part get nothing of
** anybody, so that it does not matter what stands there. */
static void describe(kali_rank *r, double average) {
    const kal_weights *w = r->weights;
    const kali_layout *o = r->documents.layout;
    unsigned two = 0, one = 0; /* flags of those before */
    for (size_t i = 0; i < o->count; i++) {
        unsigned flags = o->flags[i];
        double b = flags & KALI_ASSISTANT ? w->b_assistant : w->b;
        double norm = w->k1 * (1 - b + b * o->words[i] / average) + 1e-9;
        r->norm[i] = flags ? (float)norm : NOBODY;
        bool alike = r->question.told || !((one ^ flags) & KALI_ASSISTANT);
        bool asked = one & KALI_QUESTION, talk = !((one | two) & KALI_ASSISTANT);
        r->before[i] = share_of(alike ? w->before + (asked ? w->before_question : 0) : 0);
        r->before2[i] = share_of(w->same2 + (asked && talk ? w->same2_question : 0));
        two = one;
        one = flags;
    }
}

/* At the first common word of a query. */
static kal_code prepare(kali_rank *r, double average, kal_err *err) {
    kali_layout *o = r->documents.layout;
    if (r->dense) return KAL_OK;
    bool made = o->count || make_layout(&r->documents, o);
    size_t room = made ? o->count + 2 * LANE : 0;
    r->dense = made ? calloc(5 * room, sizeof *r->dense) : NULL;
    if (!made) kali_layout_free(o);
    if (!r->dense) return kali_fail(err, KAL_NOMEM, "out of memory");
    r->tf = r->dense + room;
    r->norm = r->tf + room;
    r->before = r->norm + room;
    r->before2 = r->before + room;
    describe(r, average);
    return KAL_OK;
}

/* ---- one word ---- */

typedef struct shares {
    float idf, after, two, four;
} shares;

/* BM25 of what the messages of one step have and get. All pointers are at the first of them. */
static void add_step(float *restrict sum, const float *restrict tf, const float *restrict norm,
                     const kali_rank *r, size_t at, shares s) {
    const float *restrict before = r->before + at, *restrict before2 = r->before2 + at;
    for (int i = 0; i < LANE; i++) {
        float v = tf[i] + before[i] * tf[i - 1] + before2[i] * tf[i - 2] + s.four * tf[i - 4] +
                  s.after * tf[i + 1] + s.two * tf[i + 2] + s.four * tf[i + 4];
        sum[i] += s.idf * v / (v + norm[i]);
    }
}

kal_code kali_dense_add(kali_rank *r, const uint32_t *places, const float *tf, size_t count,
                        double idf, double average, kal_err *err) {
    const kal_weights *w = r->weights;
    kal_code code = prepare(r, average, err);
    if (code != KAL_OK) return code;
    const kali_layout *o = r->documents.layout;
    shares s = {.idf = (float)(idf * (w->k1 + 1)),
                .after = share_of(w->after),
                .two = share_of(w->same2),
                .four = share_of(w->same2 / 2)};
    for (size_t i = 0; i < count; i++)
        r->tf[o->position[places[i]]] = tf[places[i]];
    for (size_t i = LANE; i < o->count; i += LANE)
        add_step(r->dense + i, r->tf + i, r->norm + i, r, i, s);
    for (size_t i = 0; i < count; i++)
        r->tf[o->position[places[i]]] = 0;
    return KAL_OK;
}

void kali_dense_end(kali_rank *r) {
    const kali_layout *o = r->documents.layout;
    for (size_t i = LANE; r->dense && i < o->count; i++) {
        uint32_t place = o->place[i];
        if (place == UINT32_MAX || !(r->dense[i] > 0)) continue;
        if (r->score[place] == 0) r->active[r->active_count++] = place;
        r->score[place] += r->dense[i];
    }
}
