/*
** search_mark.c: where the words of a search stand in a text, and which part of the text shows them best. The index
** holds no text, so that the words are found once more, by the tokenizer that filled it.
*/
#include "search/search.h"

#include <stdlib.h>
#include <string.h>

#define SPANS 2000 /* places in one text that are marked */
#define STEM 64    /* bytes of a word that are compared */
#define LEAD 40    /* characters shown in front of the first mark */

/* A word that went by. */
typedef struct passed {
    char stem[STEM];
    size_t len, from, to;
} passed;

/* A place where a pattern of a clause was found. */
typedef struct place {
    kal_span span;
    size_t clause;
} place;

typedef struct marker {
    const kali_search *search;
    size_t base;                     /* where the piece begins that is being read */
    passed last[KALI_PATTERN_WORDS]; /* the latest words, in a ring */
    size_t words;
    place *places;
    size_t count;
    kali_marks *out;
} marker;

static bool is_word(const passed *w, kal_str stem, bool prefix) {
    size_t n = stem.len < STEM ? stem.len : STEM;
    return (prefix ? w->len >= n : w->len == n) && memcmp(w->stem, stem.data, n) == 0;
}

/* Whether the latest words are those of the pattern. */
static bool ends_here(const marker *m, const kali_pattern *p) {
    if (m->words < p->count) return false;
    for (size_t i = 0; i < p->count; i++) {
        size_t back = p->count - 1 - i;
        const passed *w = &m->last[(m->words - 1 - back) % KALI_PATTERN_WORDS];
        if (!is_word(w, p->words[i].stem, p->prefix && back == 0)) return false;
    }
    return true;
}

static void add_place(marker *m, size_t clause, const kali_pattern *p) {
    const passed *first = &m->last[(m->words - p->count) % KALI_PATTERN_WORDS];
    const passed *last = &m->last[(m->words - 1) % KALI_PATTERN_WORDS];
    kal_str end = p->words[p->count - 1].word;
    bool pair = p->prefix && kali_index_run(end) == end.len; /* marks no more than was asked for */
    kal_span span = {first->from, pair ? last->from + end.len : last->to};
    if (m->count < SPANS) m->places[m->count++] = (place){span, clause};
}

static bool take_word(void *context, kal_str stem, size_t from, size_t to) {
    marker *m = context;
    passed *w = &m->last[m->words++ % KALI_PATTERN_WORDS];
    w->len = stem.len < STEM ? stem.len : STEM;
    memcpy(w->stem, stem.data, w->len);
    w->from = m->base + from;
    w->to = m->base + to;
    for (size_t c = 0; c < m->search->count; c++) {
        for (const kali_pattern *p = m->search->clauses[c].patterns; p; p = p->next) {
            if (!ends_here(m, p)) continue;
            m->out->tf[c] += 1;
            if (!m->search->clauses[c].without) add_place(m, c, p);
        }
    }
    return true;
}

static size_t character(kal_str text, size_t at) {
    size_t next = at + 1;
    while (next < text.len && ((unsigned char)text.data[next] & 0xC0) == 0x80)
        next++;
    return next;
}

/* The words of a run of unspaced characters are its pairs and its last one. */
static void read_run(kal_store *store, marker *m, kal_str text, size_t from, size_t run) {
    size_t end = from + run;
    for (size_t a = from, b; a < end; a = b) {
        b = character(text, a);
        m->base = a;
        size_t next = b < end ? character(text, b) : b;
        kali_words_each(store->words, (kal_str){text.data + a, next - a}, take_word, m);
    }
}

static size_t plain_run(kal_str text, size_t from) {
    size_t at = from;
    while (at < text.len) {
        kal_str rest = {text.data + at, text.len - at};
        if ((unsigned char)text.data[at] >= 0xE3 && kali_index_run(rest)) break;
        at = character(text, at);
    }
    return at - from;
}

static void read_text(kal_store *store, marker *m, kal_str text) {
    for (size_t at = 0; at < text.len;) {
        size_t n = plain_run(text, at);
        m->base = at;
        if (n) kali_words_each(store->words, (kal_str){text.data + at, n}, take_word, m);
        at += n;
        size_t run = at < text.len ? kali_index_run((kal_str){text.data + at, text.len - at}) : 0;
        if (run) read_run(store, m, text, at, run);
        at += run;
    }
    m->out->words = m->words;
}

/* ---- what to show ---- */

static size_t forward(kal_str text, size_t at, size_t characters) {
    while (at < text.len && characters--)
        at = character(text, at);
    return at;
}

static size_t backward(kal_str text, size_t at, size_t characters) {
    while (at > 0 && characters--)
        do
            at--;
        while (at > 0 && ((unsigned char)text.data[at] & 0xC0) == 0x80);
    return at;
}

/* How many clauses, and then marks, the part of the text from a mark holds. */
static size_t worth(const marker *m, size_t first, size_t end) {
    uint64_t clauses = 0;
    size_t n = 0, distinct = 0;
    for (size_t i = first; i < m->count && m->places[i].span.to <= end; i++, n++)
        clauses |= UINT64_C(1) << m->places[i].clause;
    for (; clauses; clauses &= clauses - 1)
        distinct++;
    return distinct * SPANS + n;
}

static bool is_break(char c) {
    return c == ' ' || c == '\n' || c == '\t';
}

/* The part of the text with most of what was looked for, the earliest of equals; not cut inside a word when a
** blank is near. */
static void choose_part(const marker *m, kal_str text, size_t width, kali_marks *out) {
    size_t best = 0, from = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (i && m->places[i].span.from == m->places[i - 1].span.from) continue;
        size_t begin = backward(text, m->places[i].span.from, width < 2 * LEAD ? width / 4 : LEAD);
        size_t n = worth(m, i, forward(text, begin, width));
        if (n <= best) continue;
        best = n;
        from = begin;
    }
    size_t to = forward(text, from, width);
    if (to == text.len) from = backward(text, to, width);
    for (size_t i = 0; from > 0 && i < 16 && from + i < to; i++)
        if (is_break(text.data[from + i])) {
            from += i + 1;
            break;
        }
    for (size_t i = 0; to < text.len && i < 16 && to > from + i; i++)
        if (is_break(text.data[to - i])) {
            to -= i;
            break;
        }
    out->from = from;
    out->to = to;
}

static int by_place(const void *x, const void *y) {
    const place *a = x, *b = y;
    if (a->span.from != b->span.from) return a->span.from < b->span.from ? -1 : 1;
    return (a->span.to > b->span.to) - (a->span.to < b->span.to);
}

/* Places that overlap or follow directly are one mark. */
static void join_places(const marker *m, kali_marks *out) {
    for (size_t i = 0; i < m->count; i++) {
        kal_span s = m->places[i].span;
        kal_span *last = out->count ? &out->spans[out->count - 1] : NULL;
        if (last && s.from <= last->to)
            last->to = s.to > last->to ? s.to : last->to;
        else
            out->spans[out->count++] = s;
    }
}

kal_code kali_search_mark(kal_store *store, const kali_search *search, kali_arena *arena,
                          kal_str text, size_t width, kali_marks *out, kal_err *err) {
    marker *m = calloc(1, sizeof *m);
    place *places = malloc(SPANS * sizeof *places);
    kal_code code = m && places ? KAL_OK : kali_no_memory(err);
    memset(out, 0, sizeof *out);
    if (code == KAL_OK) {
        *m = (marker){.search = search, .places = places, .out = out};
        read_text(store, m, text);
        qsort(places, m->count, sizeof *places, by_place);
        out->spans = kali_arena_alloc(arena, (m->count + 1) * sizeof *out->spans);
        if (!out->spans) code = kali_no_memory(err);
    }
    if (code == KAL_OK) {
        join_places(m, out);
        choose_part(m, text, width, out);
    }
    free(m);
    free(places);
    return code;
}
