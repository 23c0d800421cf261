/*
** dense.c: the scores of a word that many messages hold. As neighbours stand side by side, one pass over arrays does for all
** messages at once what rank.c does for the few that hold a rare word: the same sums, four at a time.
*/
#include "recall/rank.h"

#include <math.h>
#include <stdlib.h>

#define LANE KALI_MARGIN /* places of one step: so many that a compiler makes vectors of them */

/* ---- what a query needs of all messages ---- */

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

static void describe(kali_rank *r, double average) {
    table tables[2];           /* of talk among people, and of chats with an assistant */
    unsigned two = 0, one = 0; /* flags of those before */
    make_table(r, average, false, &tables[0]);
    make_table(r, average, true, &tables[1]);
    for (size_t i = 2; i < r->places; i++) {
        const kali_record *d = &r->documents.rows[i];
        bool same = kali_rank_one_voice(d - 2, d);
        unsigned flags = d->flags & 15;
        const table *t = &tables[kali_rank_assisted(r, d)];
        r->norm[i] = t->norm[flags] + t->slope[flags] * d->words;
        r->before[i] = t->before[one][flags];
        r->before2[i] = same ? t->before2[two][one] : 0;
        r->before4[i] = same ? t->same2 / 2 : 0;
        r->after2[i - 2] = same ? t->same2 : 0;
        two = one;
        one = flags;
    }
}

/* At the first common word of a query. */
static kal_code prepare(kali_rank *r, double average, kal_err *err) {
    if (r->norm) return KAL_OK;
    r->norm = malloc(5 * r->places * sizeof *r->norm);
    if (!r->norm) return kali_fail(err, KAL_NOMEM, "out of memory");
    r->before = r->norm + r->places;
    r->before2 = r->before + r->places;
    r->before4 = r->before2 + r->places;
    r->after2 = r->before4 + r->places;
    describe(r, average);
    return KAL_OK;
}

/* ---- one word ---- */

typedef struct shares {
    float idf, after;
} shares;

/* BM25 of what the messages of one step have and get. All pointers are at the first of them. */
static void add_step(float *restrict sum, const float *restrict tf, const float *restrict norm,
                     const kali_rank *r, size_t at, shares s) {
    const float *restrict before = r->before + at, *restrict before2 = r->before2 + at;
    const float *restrict before4 = r->before4 + at, *restrict after2 = r->after2 + at;
    for (int i = 0; i < LANE; i++) {
        float v = tf[i] + before[i] * tf[i - 1] + before2[i] * tf[i - 2] + before4[i] * tf[i - 4] +
                  s.after * tf[i + 1] + after2[i] * (tf[i + 2] + tf[i + 4] / 2);
        sum[i] += s.idf * v / (v + norm[i]);
    }
}

kal_code kali_dense_add(kali_rank *r, double idf, double average, kal_err *err) {
    const kal_weights *w = r->weights;
    kal_code code = prepare(r, average, err);
    if (code != KAL_OK) return code;
    shares s = {.idf = (float)(idf * (w->k1 + 1)), .after = share_of(w->after)};
    for (size_t i = LANE; i + LANE < r->places; i += LANE)
        add_step(r->score + i, r->own + i, r->norm + i, r, i, s);
    return KAL_OK;
}
