/*
** neighbours.c: the scores of one word: what messages have of it, and what they get of their neighbours. As these stand side
** by side, that is one pass over arrays, four places at a time, in steps of some places: those that the word reaches.
*/
#include "recall/rank.h"

#include <math.h>
#include <stdlib.h>

#define STEP KALI_MARGIN /* places: so many that a compiler makes vectors of them */

/* ---- what a query needs of the messages of a step ---- */

/* Nothing is taken away, whatever the weights are. */
static float share_of(double weight) {
    return (float)weight > 0 ? (float)weight : 0;
}

/* What a message gets of those one and two before it, by the flags of the three. */
typedef struct table {
    float before[16][16], before2[16][16]; /* [one before][this], [two before][one before] */
    float norm[16],
        slope[16]; /* k1 times the length: what does not depend on the words, and what does */
    float same2;   /* what it gets of the same one two away, and by half four away */
} table;

static void make_table(const kali_rank *r, double average, bool assisted, table *out) {
    const kal_weights *w = r->weights;
    double b = assisted ? w->b_assistant : w->b;
    out->same2 = assisted && !r->question.chat ? 0 : share_of(w->same2);
    for (unsigned x = 0; x < 16; x++) {
        /* What is lent to no message counts nothing there. */
        out->norm[x] = x ? (float)(w->k1 * (1 - b) + 1e-9) : INFINITY;
        out->slope[x] = (float)(w->k1 * b / average);
        for (unsigned y = 0; y < 16; y++) {
            bool alike = r->question.told || !((x ^ y) & KALI_ASSISTANT);
            bool asked = x & KALI_QUESTION, talk = !((x | y) & KALI_ASSISTANT);
            out->before[x][y] = share_of(alike ? w->before + (asked ? w->before_question : 0) : 0);
            asked = y & KALI_QUESTION;
            out->before2[x][y] = out->same2 + (asked && talk ? share_of(w->same2_question) : 0);
        }
    }
}

struct kali_shares {
    table tables[2]; /* of talk among people, and of chats with an assistant */
    float after;
};

/* What does not depend on the word. */
static void describe(kali_rank *r, size_t step) {
    for (size_t i = step * STEP; i < (step + 1) * STEP; i++) {
        const kali_record *d = &r->documents.rows[i];
        const table *t = &r->shares->tables[kali_rank_assisted(r, d)];
        unsigned flags = d->flags & 15, one = d[-1].flags & 15, two = d[-2].flags & 15;
        bool same = kali_rank_one_voice(d - 2, d);
        r->norm[i] = t->norm[flags] + t->slope[flags] * d->words;
        r->before[i] = t->before[one][flags];
        r->before2[i] = same ? t->before2[two][one] : 0;
        r->before4[i] = same ? t->same2 / 2 : 0;
    }
}

static kal_code prepare(kali_rank *r, kal_err *err) {
    if (r->shares) return KAL_OK;
    r->norm = calloc(4 * r->places, sizeof *r->norm);
    r->steps = calloc(r->places / STEP, sizeof *r->steps);
    r->known = calloc(r->places / STEP, sizeof *r->known);
    r->shares = malloc(sizeof *r->shares);
    if (!r->norm || !r->steps || !r->known || !r->shares) return kali_no_memory(err);
    r->before = r->norm + r->places;
    r->before2 = r->before + r->places;
    r->before4 = r->before2 + r->places;
    double average = (double)r->documents.words / (double)(r->documents.messages + 1);
    for (int assisted = 0; assisted < 2; assisted++)
        make_table(r, average < 1 ? 1 : average, assisted, &r->shares->tables[assisted]);
    r->shares->after = share_of(r->weights->after);
    return KAL_OK;
}

/* ---- one word ---- */

/* BM25 of what the messages of one step have and get. What before4 of the message two after says of the two holds for both. Only parameters tell a compiler that nothing overlaps. */
static void add_step(float *restrict sum, const float *restrict tf, const kali_rank *r, size_t at,
                     float idf) {
    const float *norm = r->norm + at, *before = r->before + at, *before2 = r->before2 + at;
    const float *before4 = r->before4 + at;
    float after = r->shares->after;
    for (int i = 0; i < STEP; i++) {
        float v = tf[i] + before[i] * tf[i - 1] + before2[i] * tf[i - 2] + before4[i] * tf[i - 4] +
                  after * tf[i + 1] + before4[i + 2] * (2 * tf[i + 2] + tf[i + 4]);
        sum[i] += idf * v / (v + norm[i]);
    }
}

kal_code kali_rank_add(kali_rank *r, size_t term, double idf, const uint32_t *places, size_t count,
                       kal_err *err) {
    kal_code code = prepare(r, err);
    float most = (float)(idf * (r->weights->k1 + 1));
    uint8_t reached = (uint8_t)(term + 1);
    if (code != KAL_OK) return code;
    for (size_t i = 0; i < count; i++) {
        r->steps[(places[i] - KALI_APART) / STEP] = reached;
        r->steps[(places[i] + KALI_APART) / STEP] = reached;
    }
    /* In their order, which is that of memory; before all messages there is nobody. */
    size_t end = r->places / STEP - 1;
    for (size_t step = 1; step < end; step++) {
        if (r->steps[step] != reached || r->known[step]) continue;
        describe(r, step);
        r->known[step] = true;
    }
    for (size_t step = 1; step < end; step++)
        if (r->steps[step] == reached)
            add_step(r->score + step * STEP, r->own + step * STEP, r, step * STEP, most);
    return KAL_OK;
}

void kali_rank_list(kali_rank *r) {
    size_t n = 0;
    for (size_t i = 0; r->known && i < r->places; i++) {
        if (i % STEP == 0 && !r->known[i / STEP]) {
            i += STEP - 1;
            continue;
        }
        r->active[n] = (uint32_t)i;
        n += r->score[i] > 0; /* no branch: nothing could foretell it */
    }
    r->active_count = n;
}
