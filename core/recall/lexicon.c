/*
** lexicon.c: compiling the word lists of recall: stop words, forms of one word, related words, and the phrases that
** tell what a question asks for. The lists are data of the scripts; the core knows no language but for a few words of English
** in question.c and past.c.
*/
#include "recall/lexicon.h"

#include <stdlib.h>
#include <string.h>

#define LINE_WORDS 128

static size_t hash_of(kal_str text) {
    return (size_t)(kal_text_hash(text) >> 7);
}

static kali_entry_word *slot_of(const kali_lexicon *x, kal_str stem) {
    for (size_t i = hash_of(stem);; i++) {
        kali_entry_word *e = &x->table[i % x->slots];
        if (!e->stem.data) return e;
        if (e->stem.len == stem.len && memcmp(e->stem.data, stem.data, stem.len) == 0) return e;
    }
}

const kali_entry_word *kali_lexicon_find(const kali_lexicon *x, kal_str stem) {
    if (!x->slots) return NULL;
    const kali_entry_word *e = slot_of(x, stem);
    return e->stem.data ? e : NULL;
}

static bool widen(kali_lexicon *x) {
    kali_lexicon old = *x;
    x->slots = old.slots ? old.slots * 2 : 1024;
    x->table = calloc(x->slots, sizeof *x->table);
    if (!x->table) {
        *x = old;
        return false;
    }
    for (size_t i = 0; i < old.slots; i++)
        if (old.table[i].stem.data) *slot_of(x, old.table[i].stem) = old.table[i];
    free(old.table);
    return true;
}

static kali_entry_word *enter(kali_lexicon *x, kal_str stem) {
    if (x->used * 2 >= x->slots && !widen(x)) return NULL;
    kali_entry_word *e = slot_of(x, stem);
    if (!e->stem.data) {
        e->stem = stem;
        x->used++;
    }
    return e;
}

/* Adds `to` to the list at `list`; what stands there already stays as it was. */
static bool link_to(kali_lexicon *x, kali_relative **list, kal_str to, bool category) {
    for (kali_relative *r = *list; r; r = r->next) {
        if (!kali_same(r->stem, to)) continue;
        r->category = r->category && category;
        return true;
    }
    kali_relative *r = kali_arena_alloc(&x->arena, sizeof *r);
    if (!r) return false;
    *r = (kali_relative){*list, to, category};
    *list = r;
    return true;
}

/* Every word of `from` reaches every other word of `to`. */
static bool relate(kali_lexicon *x, const kali_word *from, size_t n, const kali_word *to, size_t m,
                   bool forms, bool category) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < m; k++) {
            if (kali_same(from[i].stem, to[k].stem)) continue;
            kali_entry_word *e = enter(x, from[i].stem);
            if (!e || !link_to(x, forms ? &e->forms : &e->related, to[k].stem, category))
                return false;
        }
    }
    return true;
}

/* The next line of a list without its comment. False at the end. */
static bool next_line(kal_str list, size_t *at, kal_str *line) {
    if (*at >= list.len) return false;
    const char *begin = list.data + *at, *end = memchr(begin, '\n', list.len - *at);
    size_t n = end ? (size_t)(end - begin) : list.len - *at;
    *at += n + 1;
    const char *comment = memchr(begin, '#', n);
    *line = (kal_str){begin, comment ? (size_t)(comment - begin) : n};
    return true;
}

/* "a b c": all reach each other. "a b > c d": a and b reach c and d, as categories reach their members. */
static kal_code read_groups(kal_store *store, kali_lexicon *x, kal_str list, bool forms,
                            kal_err *err) {
    kali_word left[LINE_WORDS], right[LINE_WORDS];
    kal_str line;
    for (size_t at = 0; next_line(list, &at, &line);) {
        const char *sign = line.len ? memchr(line.data, '>', line.len) : NULL;
        size_t split = sign ? (size_t)(sign - line.data) : line.len, n = LINE_WORDS, m = LINE_WORDS;
        kal_str first = {line.data, split}, second = {line.data + split, line.len - split};
        kal_code code = kali_words_split(store->words, &x->arena, first, left, &n, err);
        if (code == KAL_OK && sign)
            code = kali_words_split(store->words, &x->arena, second, right, &m, err);
        if (code != KAL_OK) return code;
        if (!relate(x, left, n, sign ? right : left, sign ? m : n, forms, sign != NULL))
            return kali_no_memory(err);
    }
    return KAL_OK;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* Splits a list into entries: a line each, or with `words` every word. */
static size_t split_list(kal_str list, bool words, kal_str *out, size_t room) {
    size_t n = 0;
    kal_str line;
    for (size_t at = 0; next_line(list, &at, &line);) {
        for (size_t i = 0; i < line.len;) {
            while (i < line.len && is_blank(line.data[i]))
                i++;
            size_t from = i;
            while (i < line.len && !(words && is_blank(line.data[i])))
                i++;
            size_t end = i;
            while (end > from && is_blank(line.data[end - 1]))
                end--;
            if (end == from || end - from > KAL_WORD_MAX) continue;
            if (n < room) out[n] = (kal_str){line.data + from, end - from};
            n++;
        }
    }
    return n;
}

static kal_code read_set(kali_lexicon *x, kal_str list, bool words, void **out, kal_err *err) {
    size_t n = split_list(list, words, NULL, 0);
    *out = NULL;
    if (n == 0) return KAL_OK;
    if (n > KAL_WORDS_MAX)
        return kali_fail(err, KAL_MISUSE, "recall.words: a list has too many entries");
    kal_str *entries = kali_arena_alloc(&x->arena, n * sizeof *entries);
    if (!entries) return kali_no_memory(err);
    split_list(list, words, entries, n);
    size_t size = kal_words_size(entries, n);
    *out = kali_arena_alloc(&x->arena, size);
    if (!*out) return kali_no_memory(err);
    if (kal_words_build(*out, size, entries, n)) return KAL_OK;
    return kali_fail(err, KAL_MISUSE, "recall.words: a list is not valid UTF-8");
}

/* A set of each line, as far as there is room, and one of all words. */
static kal_code read_lines(kali_lexicon *x, kal_str list, void **any, void **sets, size_t room,
                           kal_err *err) {
    kal_str line;
    size_t n = 0;
    kal_code code = read_set(x, list, true, any, err);
    for (size_t at = 0; code == KAL_OK && n < room && next_line(list, &at, &line);) {
        if (split_list(line, true, NULL, 0) == 0) continue;
        code = read_set(x, line, true, &sets[n++], err);
    }
    return code;
}

static kal_code compile(kal_store *store, const kal_word_lists *l, kali_lexicon *x, kal_err *err) {
    kal_code code = read_groups(store, x, l->forms, true, err);
    if (code == KAL_OK) code = read_groups(store, x, l->related, false, err);
    if (code == KAL_OK) code = read_set(x, l->stop, true, &x->stop, err);
    if (code == KAL_OK) code = read_set(x, l->asked, true, &x->asked, err);
    if (code == KAL_OK) code = read_set(x, l->ask_when, false, &x->ask_when, err);
    if (code == KAL_OK) code = read_set(x, l->time_words, true, &x->time_words, err);
    if (code == KAL_OK) code = read_set(x, l->first_person, true, &x->first_person, err);
    if (code == KAL_OK) code = read_set(x, l->you_said, false, &x->you_said, err);
    if (code == KAL_OK) code = read_set(x, l->look_up, false, &x->look_up, err);
    if (code == KAL_OK) code = read_set(x, l->openers, false, &x->openers, err);
    if (code == KAL_OK) code = read_lines(x, l->months, &x->any_month, x->months, 12, err);
    if (code == KAL_OK) code = read_lines(x, l->past, &x->any_past, x->past, KALI_PAST_LINES, err);
    if (code != KAL_OK) return code;
    return read_lines(x, l->numbers, &x->any_number, x->numbers, KALI_NUMBERS, err);
}

static kal_code set_lists(kal_store *store, const kal_word_lists *lists, kal_err *err) {
    kal_code code = kali_words_get(store, err);
    if (code != KAL_OK) return code;
    kali_lexicon *x = calloc(1, sizeof *x);
    if (!x) return kali_no_memory(err);
    code = compile(store, lists, x, err);
    if (code != KAL_OK) {
        kali_lexicon_free(x);
        return code;
    }
    kali_lexicon_free(store->lexicon);
    store->lexicon = x;
    return KAL_OK;
}

kal_code kal_recall_words(kal_store *store, const kal_word_lists *lists, kal_err *err) {
    const kal_str *all = (const kal_str *)lists;
    for (size_t i = 0; i < sizeof *lists / sizeof *all; i++) {
        kal_code code = kali_check_text("recall", "words", all[i], 0, 1 << 20, err);
        if (code != KAL_OK) return code;
    }
    return set_lists(store, lists, err);
}

bool kal_recall_has_words(const kal_store *store) {
    return store->lexicon != NULL;
}

kal_code kali_lexicon_get(kal_store *store, const kali_lexicon **out, kal_err *err) {
    static const kal_word_lists none;
    kal_code code = store->lexicon ? KAL_OK : set_lists(store, &none, err);
    *out = store->lexicon;
    return code;
}

void kali_lexicon_free(kali_lexicon *x) {
    if (!x) return;
    kali_arena_free(&x->arena);
    free(x->table);
    free(x);
}
