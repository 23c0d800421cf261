/*
** proximity.c: messages in which the words of a query stand close together are raised. Looked at are only the best
** ones, and only through the positions in the index: no text is read.
*/
#include "recall/rank.h"
#include "search/search.h"

#include <string.h>

#define TOP 200   /* messages whose word order is looked at */
#define WORDS 8   /* a window */
#define PART 4096 /* words of a message that are looked at together */
#define TIMES 128 /* how often one term is, in one message */

/* The posting of a message, from where the last one was found: those of a session ascend. */
static bool find_next(const kali_postings *p, int64_t id, size_t *row) {
    if (*row >= p->count || p->rows[*row].id > id) *row = 0;
    *row = kali_postings_seek(p, *row, id);
    return *row < p->count && p->rows[*row].id == id;
}

/* The words of the query that stand in a part of one message, and what is kept from one message to the next. */
typedef struct words {
    size_t cursors[KALI_TERMS][KALI_FORMS]; /* where the postings of each form stand */
    /* At each position, after a window of none, as bits: the terms that stand there. All are 0 between two parts. */
    uint64_t terms[WORDS + PART];
    uint64_t used[PART / 64]; /* as bits: the positions with terms */
    size_t end;               /* of what is used */
} words;

static void mark(words *w, size_t at, size_t term) {
    w->terms[WORDS + at] |= (uint64_t)1 << term;
    w->used[at / 64] |= (uint64_t)1 << at % 64;
    if (at / 64 >= w->end) w->end = at / 64 + 1;
}

/* The part that begins at the position `from`. Returns where the next one begins, SIZE_MAX when there is none: at the
** first word that may stand in a window which ends behind this part. */
static size_t gather(const kali_rank *r, uint32_t place, size_t from, words *w) {
    uint32_t positions[TIMES];
    int64_t id = kali_documents_id(&r->documents, place);
    size_t next = SIZE_MAX;
    bool more = false;
    for (uint64_t held = r->held[r->documents.slots[place]]; held; held &= held - 1) {
        size_t t = (size_t)__builtin_ctzll(held);
        for (size_t f = 0; f < r->terms[t].count; f++) {
            const kali_postings *p = &r->terms[t].forms[f];
            if (!find_next(p, id, &w->cursors[t][f])) continue;
            size_t found = kali_positions(p, w->cursors[t][f], positions, TIMES);
            for (size_t i = 0; i < found; i++) {
                size_t at = positions[i];
                if (at >= from + PART - WORDS && at < next) next = at;
                if (at >= from + PART) {
                    more = true;
                    break;
                }
                if (at >= from) mark(w, at - from, t);
            }
        }
    }
    return more ? next : SIZE_MAX;
}

static double weight_of(const kali_rank *r, uint64_t terms) {
    double sum = 0;
    for (; terms; terms &= terms - 1)
        sum += r->terms[__builtin_ctzll(terms)].idf;
    return sum;
}

/* The terms that weigh most of those inside one window of the part; *best: the most so far. */
static void look_through(const kali_rank *r, words *w, uint64_t *best_terms, double *best) {
    for (size_t i = 0; i < w->end; i++) {
        for (; w->used[i]; w->used[i] &= w->used[i] - 1) {
            const uint64_t *last = &w->terms[WORDS + 64 * i + (size_t)__builtin_ctzll(w->used[i])];
            uint64_t terms = 0;
            for (size_t k = 0; k < WORDS; k++)
                terms |= *(last - k);
            if (!(terms & ~*best_terms)) continue;
            double weight = weight_of(r, terms);
            if (weight <= *best) continue;
            *best = weight;
            *best_terms = terms;
        }
    }
    memset(w->terms + WORDS, 0, w->end * 64 * sizeof *w->terms);
    w->end = 0;
}

/* The most that distinct terms inside one window of the message weigh together. Parts of it overlap by a window. */
static double best_window(const kali_rank *r, uint32_t place, words *w) {
    uint64_t held = r->held[r->documents.slots[place]], best_terms = 0;
    double best = 0;
    if (!(held & (held - 1))) return weight_of(r, held);
    for (size_t from = 0, next; from != SIZE_MAX; from = next) {
        next = gather(r, place, from, w);
        look_through(r, w, &best_terms, &best);
    }
    return best;
}

/* The score of the TOP-th best place; 0 when there are fewer. */
static float threshold(const kali_rank *r) {
    uint64_t best[2 * TOP], least = UINT64_MAX;
    size_t n = kali_rank_choose(r, INT64_MAX, best, TOP);
    for (size_t i = 0; i < n; i++)
        if (best[i] < least) least = best[i];
    return n == TOP ? kali_best_score(least) : 0;
}

void kali_rank_proximity(kali_rank *r) {
    double total = 0;
    size_t with = 0;
    words w = {0};
    for (size_t t = 0; t < r->question.count; t++) {
        total += r->terms[t].idf;
        with += r->terms[t].idf > 0;
    }
    if (with < 2 || r->weights->proximity <= 0) return;
    float least = threshold(r);
    for (size_t i = 0; i < r->active_count; i++) {
        uint32_t place = r->active[i];
        if (r->score[place] < least) continue;
        double window = best_window(r, place, &w);
        r->score[place] *= (float)(1 + r->weights->proximity * window / total);
    }
}
