/*
** proximity.c: messages in which the words of a query stand close together are raised. Looked at are only the best
** ones, and only through the positions in the index: no text is read.
*/
#include "recall/rank.h"

#include <stdlib.h>

#define TOP 200       /* messages whose word order is looked at */
#define WORDS 8       /* a window */
#define POSITIONS 128 /* of one term in one message */
#define FEW 64        /* numbers that a simple sort puts in order faster */

/* The posting of a message among those from `low` to before `high`. */
static bool find(const kali_postings *p, int64_t id, size_t low, size_t high, size_t *row) {
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->rows[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    *row = low;
    return low < p->count && p->rows[low].id == id;
}

/* The same from where the last one was found: messages come in ascending order, in wider and wider steps. */
static bool find_next(const kali_postings *p, int64_t id, size_t *row) {
    size_t low = *row, high, step = 1;
    if (low >= p->count || p->rows[low].id > id) low = 0;
    for (high = low; high < p->count && p->rows[high].id < id; step *= 2) {
        low = high + 1;
        high += step;
    }
    return find(p, id, low, high < p->count ? high : p->count, row);
}

/* Where the postings of each form stand. */
typedef size_t cursors[KALI_TERMS][KALI_FORMS];

/* A word of the message that the query has: position and term in one number, so that they sort by position. */
static size_t gather(const kali_rank *r, uint32_t place, cursors at, uint64_t *out, size_t room) {
    uint32_t positions[POSITIONS];
    int64_t id = kali_documents_id(&r->documents, place);
    size_t n = 0;
    for (uint64_t held = r->held[r->documents.slots[place]]; held; held &= held - 1) {
        size_t t = (size_t)__builtin_ctzll(held);
        for (size_t f = 0; f < r->terms[t].count; f++) {
            const kali_postings *p = &r->terms[t].forms[f];
            if (!find_next(p, id, &at[t][f])) continue;
            size_t found = kali_positions(p, at[t][f], positions, POSITIONS);
            for (size_t i = 0; i < found && n < room; i++)
                out[n++] = (uint64_t)positions[i] << 8 | t;
        }
    }
    return n;
}

static int by_value(const void *x, const void *y) {
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

static void put_in_order(uint64_t *a, size_t n) {
    if (n > FEW) qsort(a, n, sizeof *a, by_value);
    for (size_t i = 1; i < n; i++) {
        uint64_t v = a[i];
        size_t k = i;
        for (; k > 0 && a[k - 1] > v; k--)
            a[k] = a[k - 1];
        a[k] = v;
    }
}

/* The most that distinct terms inside one window of the message weigh together. */
static double best_window(const kali_rank *r, uint32_t place, cursors where) {
    uint64_t at[1024];
    uint16_t inside[KALI_TERMS] = {0};
    uint64_t held = r->held[r->documents.slots[place]];
    double best = 0, now = 0;
    if (!(held & (held - 1))) return held ? r->terms[__builtin_ctzll(held)].idf : 0;
    size_t n = gather(r, place, where, at, 1024), first = 0;
    put_in_order(at, n);
    for (size_t i = 0; i < n; i++) {
        size_t t = at[i] & 0xFF;
        for (; (at[i] >> 8) - (at[first] >> 8) >= WORDS; first++) {
            size_t gone = at[first] & 0xFF;
            if (--inside[gone] == 0) now -= r->terms[gone].idf;
        }
        if (inside[t]++ == 0) now += r->terms[t].idf;
        if (now > best) best = now;
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
    cursors at = {{0}};
    for (size_t t = 0; t < r->question.count; t++) {
        total += r->terms[t].idf;
        with += r->terms[t].idf > 0;
    }
    if (with < 2 || r->weights->proximity <= 0) return;
    float least = threshold(r);
    for (size_t i = 0; i < r->active_count; i++) {
        uint32_t place = r->active[i];
        if (r->score[place] < least) continue;
        double window = best_window(r, place, at);
        r->score[place] *= (float)(1 + r->weights->proximity * window / total);
    }
}
