/* The Jaccard measure over words and pairs of neighbouring words. A text becomes a set of hashes in a table of fixed
 * size; a text with more features than fit is thinned evenly, by the low bits of the hashes, so that both texts drop
 * the same features. Sets are compared as sorted lists. */
#include <stdlib.h>
#include <string.h>

#include "kalito.h"

#include "internal.h"
#include "text/text.h"

#define KEPT 512   /* features of one text */
#define SLOTS 1024 /* a power of two above KEPT */

struct features {
    uint64_t slot[SLOTS]; /* 0 is empty */
    size_t slots, n;      /* slots in use: a power of two, more than the text has features */
    unsigned level;       /* only hashes whose low `level` bits are 0 are in */
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
    size_t last = set->slots - 1, i = (size_t)(hash >> 40) & last;
    while (set->slot[i] != 0 && set->slot[i] != hash)
        i = (i + 1) & last;
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
    for (size_t i = 0; i < set->slots; i++) {
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
    set->n = set->level = 0;
    set->slots = 16; /* a text has fewer features than bytes: a word has two, and a blank */
    while (set->slots < SLOTS && set->slots <= text.len)
        set->slots *= 2;
    memset(set->slot, 0, set->slots * sizeof *set->slot);
    size_t at = 0;
    uint64_t before = 0;
    uint64_t word;
    while ((word = next_word(text, &at)) != 0) {
        add(set, mix(word));
        if (before != 0) add(set, mix(before * 31 + word));
        before = word;
    }
}

static int by_value(const void *x, const void *y) {
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

/* The features of a text as an ascending list. */
typedef struct sketch {
    kal_str text;
    const uint64_t *list;
    size_t n;
    unsigned level;
} sketch;

/* The set becomes the list, in its own memory. */
static sketch sketch_of(struct features *set, kal_str text) {
    size_t n = 0;
    read_features(set, text);
    for (size_t i = 0; i < set->slots; i++)
        if (set->slot[i] != 0) set->slot[n++] = set->slot[i];
    qsort(set->slot, n, sizeof *set->slot, by_value);
    return (sketch){text, set->slot, n, set->level};
}

static size_t count_level(const sketch *s, unsigned level) {
    size_t n = 0;
    if (s->level == level) return s->n;
    for (size_t i = 0; i < s->n; i++)
        n += has_level(s->list[i], level);
    return n;
}

/* The measure, or 0 when it is certain to be below `least`: no more is shared than the smaller set has. */
static double measure(const sketch *a, const sketch *b, double least) {
    if (a->n == 0 && b->n == 0 && a->level == 0 && b->level == 0)
        return a->text.len == b->text.len &&
                       (a->text.len == 0 || memcmp(a->text.data, b->text.data, a->text.len) == 0)
                   ? 1
                   : 0;
    unsigned level = a->level > b->level ? a->level : b->level;
    size_t x = count_level(a, level), y = count_level(b, level), shared = 0;
    if ((double)(x < y ? x : y) / (double)(x > y ? x : y) < least) return 0;
    /* So many of them may be in one set alone before too few can be shared. */
    size_t spare = x + y - 2 * (size_t)(least * (double)(x + y) / (1 + least)) + 2, alone = 0;
    for (size_t i = 0, k = 0; i < a->n && k < b->n && alone <= spare;) {
        uint64_t one = a->list[i], two = b->list[k];
        bool same = one == two, counts = has_level(one < two ? one : two, level);
        shared += same && counts;
        alone += !same && counts;
        i += one <= two;
        k += two <= one;
    }
    if (alone > spare) return 0;
    size_t all = x + y - shared;
    return all ? (double)shared / (double)all : 0;
}

double kal_text_similar(kal_str a, kal_str b) {
    struct features one, two;
    sketch x = sketch_of(&one, a), y = sketch_of(&two, b);
    return measure(&x, &y, 0);
}

/* ---- many texts ---- */

static kal_code make_sketches(const kal_str *texts, size_t count, kali_arena *arena, sketch *out,
                              kal_err *err) {
    struct features set;
    for (size_t i = 0; i < count; i++) {
        out[i] = sketch_of(&set, texts[i]);
        uint64_t *list = kali_arena_alloc(arena, (out[i].n + 1) * sizeof *list);
        if (!list) return kali_no_memory(err);
        memcpy(list, out[i].list, out[i].n * sizeof *list);
        out[i].list = list;
    }
    return KAL_OK;
}

kal_code kal_text_alike(const kal_str *texts, size_t count, double least, kal_pairs *out,
                        kal_err *err) {
    out->count = 0;
    if (!(least > 0 && least <= 1))
        return kali_fail(err, KAL_MISUSE, "text.alike: least must be above 0, at most 1, got %g",
                         least);
    if (count > 1 && out->room < count * (count - 1) / 2)
        return kali_fail(err, KAL_MISUSE, "text.alike: there is no room for all pairs");
    kali_arena arena = {0};
    sketch *all = kali_arena_alloc(&arena, (count + 1) * sizeof *all);
    kal_code code = all ? make_sketches(texts, count, &arena, all, err) : kali_no_memory(err);
    for (size_t i = 1; i < count && code == KAL_OK; i++)
        for (size_t k = 0; k < i; k++)
            if (measure(&all[k], &all[i], least) >= least)
                out->rows[out->count++] = (kal_pair){(uint32_t)k, (uint32_t)i};
    kali_arena_free(&arena);
    return code;
}
