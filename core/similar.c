/* kal_text_similar: the Jaccard measure over words and pairs of neighbouring words. A text becomes
 * a set of hashes in a table of fixed size; a text with more features than fit is thinned evenly,
 * by the low bits of the hashes, so that both texts drop the same features. */
#include <string.h>

#include "kalito.h"

#include "internal.h"
#include "text.h"

#define KEPT 512   /* features of one text */
#define SLOTS 1024 /* a power of two above KEPT */

struct features {
    uint64_t slot[SLOTS]; /* 0 is empty */
    size_t n;
    unsigned level; /* only hashes whose low `level` bits are 0 are in */
};

static uint64_t mix(uint64_t h) {
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93u;
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93u;
    return h ^ h >> 32;
}

static bool has_level(uint64_t hash, unsigned level) {
    return (hash & (((uint64_t)1 << level) - 1)) == 0;
}

/* Where the hash is, or the empty slot where it would be. The high bits place, the low ones thin.
 */
static size_t slot_of(const struct features *set, uint64_t hash) {
    size_t i = (size_t)(hash >> 40) % SLOTS;
    while (set->slot[i] != 0 && set->slot[i] != hash)
        i = (i + 1) % SLOTS;
    return i;
}

static void put(struct features *set, uint64_t hash) {
    size_t i = slot_of(set, hash);
    if (set->slot[i] == hash) return;
    set->slot[i] = hash;
    set->n++;
}

/* Raises the level by one: about every second feature goes. */
static void thin(struct features *set) {
    uint64_t kept[KEPT];
    size_t n = 0;
    set->level++;
    for (size_t i = 0; i < SLOTS; i++) {
        uint64_t hash = set->slot[i];
        if (hash != 0 && has_level(hash, set->level)) kept[n++] = hash;
    }
    memset(set->slot, 0, sizeof set->slot);
    set->n = 0;
    for (size_t i = 0; i < n; i++)
        put(set, kept[i]);
}

static void add(struct features *set, uint64_t hash) {
    if (hash == 0 || !has_level(hash, set->level)) return;
    put(set, hash);
    /* 40 bits at most: equal hashes are one feature, so more levels never help. */
    while (set->n == KEPT && set->level < 40)
        thin(set);
}

/* The hash of the word at or behind *at, 0 at the end of the text; *at moves behind it. */
static uint64_t next_word(kal_str text, size_t *at) {
    uint64_t hash = 0;
    while (*at < text.len) {
        size_t next;
        uint32_t c = kali_fold(kali_decode(text, *at, &next));
        bool joins = hash != 0 && c == '\'' && kali_apostrophe_joins(text, *at);
        if (kali_is_wordlike(kali_kind(c)) || joins) {
            if (hash != 0 && kali_is_han(c)) return hash;
            hash = (hash ^ c) * 0x9E3779B97F4A7C15u;
            hash ^= hash >> 29;
            if (kali_is_han(c)) *at = next;
            if (kali_is_han(c)) return hash;
        } else if (hash != 0) {
            return hash;
        }
        *at = next;
    }
    return hash;
}

static void read_features(struct features *set, kal_str text) {
    memset(set, 0, sizeof *set);
    size_t at = 0;
    uint64_t before = 0;
    uint64_t word;
    while ((word = next_word(text, &at)) != 0) {
        add(set, mix(word));
        if (before != 0) add(set, mix(before * 31 + word));
        before = word;
    }
}

double kal_text_similar(kal_str a, kal_str b) {
    struct features one;
    struct features two;
    read_features(&one, a);
    read_features(&two, b);
    if (one.n == 0 && two.n == 0 && one.level == 0 && two.level == 0)
        return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0) ? 1 : 0;
    while (one.level < two.level)
        thin(&one);
    while (two.level < one.level)
        thin(&two);
    size_t shared = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        if (one.slot[i] != 0) shared += two.slot[slot_of(&two, one.slot[i])] != 0;
    }
    size_t all = one.n + two.n - shared;
    return all ? (double)shared / (double)all : 0;
}
