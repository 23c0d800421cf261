/*
** best.c: the best of all scores without sorting them: a score and its slot are one number, and of these a few are kept.
*/
#include "recall/rank.h"

#include <string.h>

#define SAMPLE 4096
#define SHIFT 52 /* eight steps from one power of two to the next */
#define STEPS (1 << 11)

/* The bits of numbers above nothing ascend as they do; of two equal scores that of the newer message is the better. 0: it is
** worth nothing. */
static uint64_t number_of(float score, uint32_t slot) {
    uint32_t bits;
    if (!(score > 0)) return 0;
    memcpy(&bits, &score, sizeof bits);
    return (uint64_t)bits << 32 | slot;
}

float kali_best_score(uint64_t best) {
    uint32_t bits = (uint32_t)(best >> 32);
    float score;
    memcpy(&score, &bits, sizeof score);
    return score;
}

/* Brings the `keep` largest of n numbers to the front; Hoare's selection. */
static void select_largest(uint64_t *a, size_t n, size_t keep) {
    size_t low = 0, high = n - 1;
    while (low < high) {
        size_t i = low, j = high;
        uint64_t pivot = a[low + (high - low) / 2];
        while (i <= j) {
            while (a[i] > pivot)
                i++;
            while (a[j] < pivot)
                j--;
            if (i > j) break;
            uint64_t swap = a[i];
            a[i++] = a[j];
            a[j--] = swap;
        }
        if (keep <= j + 1)
            high = j;
        else if (keep > i)
            low = i;
        else
            return;
    }
}

/* A bound above which the `room` best lie, from the first scores: so most of what follows costs one comparison. */
static uint64_t first_bound(const kali_rank *r, size_t room) {
    uint16_t steps[STEPS] = {0};
    size_t n = r->active_count < SAMPLE ? r->active_count : SAMPLE, above = 0, step = STEPS;
    for (size_t i = 0; i < n; i++)
        steps[number_of(r->score[r->active[i]], 0) >> SHIFT]++;
    while (step > 0 && above < room)
        above += steps[--step];
    return step ? ((uint64_t)step << SHIFT) - 1 : 0;
}

static uint64_t least_of(const uint64_t *a, size_t n) {
    uint64_t least = a[0];
    for (size_t i = 1; i < n; i++)
        if (a[i] < least) least = a[i];
    return least;
}

size_t kali_rank_choose(const kali_rank *r, int64_t day, uint64_t *out, size_t room) {
    uint64_t least = day == INT64_MAX ? first_bound(r, room) : 0;
    size_t n = 0;
    for (size_t i = 0; i < r->active_count; i++) {
        uint32_t place = r->active[i];
        uint64_t number = number_of(r->score[place], r->documents.slots[place]);
        if (number <= least || r->documents.rows[place].day > day) continue;
        out[n++] = number;
        if (n < 2 * room) continue;
        select_largest(out, n, room);
        n = room;
        least = least_of(out, n);
    }
    if (n <= room) return n;
    select_largest(out, n, room);
    return room;
}
