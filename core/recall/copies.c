/*
** copies.c: messages that say the same, among those that were found: one is handed out for all of them. The newest is,
** but what an assistant repeats of what he was told is no evidence of its own: then it is what he was told.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recall/rank.h"

#define TOP 30   /* so many of the best are compared with each other */
#define PART 0.6 /* so much of an assistant's message must be repeated for it to be a repetition */
#define SHORT 16 /* shorter sentences are said by chance */

/* What is compared of a text: its words, and those of its sentences that are too long to be alike by chance. */
typedef struct reading {
    kal_str whole;
    kal_str *sentences;
    size_t count, size; /* of the sentences: how many, and their bytes together */
} reading;

typedef struct fold {
    kal_store *store;
    kali_arena *arena;
    kal_hit *hits;
    size_t top;
    uint32_t links[TOP]; /* of each hit, as bits: those before it that say the same */
    size_t group[TOP];
    reading *readings[TOP];
} fold;

/* Letters, digits and what is not ASCII count: quotes and punctuation do not matter. */
static bool is_mark(char c) {
    return (c >= 0 && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || c >= '{';
}

/* The words in small letters with a blank before and behind each; data is NULL when out of memory. */
static kal_str plain(kali_arena *arena, kal_str text) {
    char *p = kali_arena_alloc(arena, text.len + 2);
    size_t n = 0;
    if (!p) return (kal_str){NULL, 0};
    p[n++] = ' ';
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (!is_mark(c))
            p[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
        else if (p[n - 1] != ' ')
            p[n++] = ' ';
    }
    if (p[n - 1] != ' ') p[n++] = ' ';
    return (kal_str){p, n};
}

static bool read_sentences(kali_arena *arena, kal_str text, reading *out) {
    size_t room = 1;
    for (size_t i = 0; i < text.len; i++)
        room += strchr(".!?\n", text.data[i]) != NULL;
    out->sentences = kali_arena_alloc(arena, room * sizeof *out->sentences);
    for (size_t i = 0, end; out->sentences && i < text.len; i = end + 1) {
        for (end = i; end < text.len && !strchr(".!?\n", text.data[end]);)
            end++;
        if (end - i + 2 < SHORT) continue;
        kal_str words = plain(arena, (kal_str){text.data + i, end - i});
        if (!words.data) return false;
        if (words.len < SHORT) continue;
        out->sentences[out->count++] = words;
        out->size += words.len;
    }
    return out->sentences != NULL;
}

/* The reading of a hit, made once. NULL when out of memory. */
static reading *read_hit(fold *f, size_t i) {
    if (f->readings[i]) return f->readings[i];
    reading *r = kali_arena_alloc(f->arena, sizeof *r);
    if (!r) return NULL;
    kal_str text = f->hits[i].message.text;
    *r = (reading){.whole = plain(f->arena, text)};
    if (!r->whole.data || !read_sentences(f->arena, text, r)) return NULL;
    return f->readings[i] = r;
}

static bool is_older(const kal_message *a, const kal_message *b) {
    int order =
        kali_order(a->session, b->session) == 0 ? kali_order(a->created_at, b->created_at) : 0;
    return order ? order < 0 : a->id < b->id;
}

/* Is so much of the first text made of sentences of the second? */
static bool is_made_of(const reading *whole, const reading *from) {
    size_t found = 0;
    double least = PART * (double)whole->whole.len;
    if ((double)from->size < least) return false;
    for (size_t i = 0; i < from->count; i++)
        if (memmem(whole->whole.data, whole->whole.len, from->sentences[i].data,
                   from->sentences[i].len))
            found += from->sentences[i].len;
    return (double)found >= least;
}

static void link_hits(fold *f, size_t i, size_t k) {
    f->links[i > k ? i : k] |= 1u << (i > k ? k : i);
}

static bool is_assistant(const kal_hit *hit) {
    return kali_is(hit->message.role, "assistant");
}

/* Links an assistant's message with what it only says again of what he was told. Two answers that share their polite
** half are two answers: those are taken together only when they are alike. */
static bool link_repeated(fold *f, size_t i) {
    for (size_t k = 0; k < f->top; k++) {
        const kal_message *b = &f->hits[k].message;
        if (is_assistant(&f->hits[k]) || b->text.len < SHORT || !is_older(b, &f->hits[i].message))
            continue;
        const reading *whole = read_hit(f, i), *from = read_hit(f, k);
        if (!whole || !from) return false;
        if (is_made_of(whole, from)) link_hits(f, i, k);
    }
    return true;
}

static kal_code link_all(fold *f, double least, kal_err *err) {
    kal_str texts[TOP];
    kal_pairs pairs = {.room = TOP * (TOP - 1) / 2};
    pairs.rows = kali_arena_alloc(f->arena, pairs.room * sizeof *pairs.rows);
    if (!pairs.rows) return kali_no_memory(err);
    for (size_t i = 0; i < f->top; i++)
        texts[i] = f->hits[i].message.text;
    kal_code code = kal_text_alike(texts, f->top, least, &pairs, err);
    for (size_t i = 0; i < pairs.count && code == KAL_OK; i++)
        link_hits(f, pairs.rows[i].first, pairs.rows[i].second);
    for (size_t i = 0; i < f->top && code == KAL_OK; i++)
        if (is_assistant(&f->hits[i]) && !link_repeated(f, i)) code = kali_no_memory(err);
    return code;
}

/* Each hit is in the first group with one that says the same. Returns how many groups there are. */
static size_t make_groups(fold *f) {
    size_t count = 0;
    for (size_t i = 0; i < f->top; i++) {
        f->group[i] = count;
        for (size_t k = 0; k < i; k++)
            if ((f->links[i] >> k & 1) && f->group[k] < f->group[i]) f->group[i] = f->group[k];
        if (f->group[i] == count) count++;
    }
    return count;
}

static bool is_better(const kal_hit *a, const kal_hit *b) {
    if (is_assistant(a) != is_assistant(b)) return is_assistant(b);
    return is_older(&b->message, &a->message);
}

/* Names the others in front of the reasons. */
static bool explain(fold *f, kal_hit *hit) {
    kal_str old = hit->reasons;
    char text[32 + TOP * 21];
    size_t n = (size_t)snprintf(text, sizeof text, "[[\"also said in\",\"");
    for (size_t i = 0; i < hit->copy_count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%lld", i ? " " : "",
                              (long long)hit->copies[i]);
    n += (size_t)snprintf(text + n, sizeof text - n, "\"]%s", old.len > 2 ? "," : "]");
    char *p = kali_arena_alloc(&f->store->arena, n + old.len + 1);
    if (!p) return false;
    memcpy(p, text, n);
    if (old.len > 2) memcpy(p + n, old.data + 1, old.len - 1), n += old.len - 1;
    p[n] = 0;
    hit->reasons = (kal_str){p, n};
    return true;
}

/* The one that is handed out for a group, with the score of its best. */
static bool show(fold *f, size_t group, kal_hit *out) {
    size_t first = 0, count = 0;
    while (f->group[first] != group)
        first++;
    const kal_hit *shown = &f->hits[first];
    for (size_t i = first; i < f->top; i++) {
        if (f->group[i] != group) continue;
        if (is_better(&f->hits[i], shown)) shown = &f->hits[i];
        count++;
    }
    kal_hit hit = *shown;
    hit.score = f->hits[first].score;
    hit.lent = f->hits[first].lent;
    if (count > 1) {
        int64_t *ids = kali_arena_alloc(&f->store->arena, count * sizeof *ids);
        if (!ids) return false;
        for (size_t i = 0; i < f->top; i++)
            if (f->group[i] == group && &f->hits[i] != shown)
                ids[hit.copy_count++] = f->hits[i].message.id;
        qsort(ids, hit.copy_count, sizeof *ids, kali_by_number);
        hit.copies = ids;
        if (!explain(f, &hit)) return false;
    }
    *out = hit;
    return true;
}

kal_code kali_copies_fold(kal_store *store, kali_arena *arena, double least, kal_hit *hits,
                          size_t *count, kal_err *err) {
    fold f = {.store = store, .arena = arena, .hits = hits};
    f.top = *count < TOP ? *count : TOP;
    if (!(least > 0) || f.top < 2) return KAL_OK;
    kal_code code = link_all(&f, least < 1 ? least : 1, err);
    if (code != KAL_OK) return code;
    size_t groups = make_groups(&f);
    if (groups == f.top) return KAL_OK;
    /* A group stands at the place of its number: no hit of a later one stands before that. */
    for (size_t i = 0; i < groups; i++)
        if (!show(&f, i, &hits[i])) return kali_no_memory(err);
    memmove(hits + groups, hits + f.top, (*count - f.top) * sizeof *hits);
    *count -= f.top - groups;
    return KAL_OK;
}
