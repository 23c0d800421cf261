/*
** best.c: the best of all scores without sorting them: a score and its place are one number, and of these a few are kept.
*/
#include "recall/rank.h"

#include <string.h>

/* Scores are above nothing, so that their bits ascend as they do; of two equal ones the newer message is the better. */
static uint64_t number_of(float score, uint32_t place) {
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    return (uint64_t)bits << 32 | place;
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

static uint64_t least_of(const uint64_t *a, size_t n) {
    uint64_t least = a[0];
    for (size_t i = 1; i < n; i++)
        if (a[i] < least) least = a[i];
    return least;
}

size_t kali_rank_choose(const kali_rank *r, int64_t day, uint64_t *out, size_t room) {
    uint64_t least = number_of(0, UINT32_MAX); /* what is not above that cannot be among the best */
    size_t n = 0;
    for (size_t i = 0; i < r->active_count; i++) {
        uint32_t place = r->active[i];
        uint64_t number = r->score[place] > 0 ? number_of(r->score[place], place) : 0;
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
