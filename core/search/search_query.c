/*
** search_query.c: taking a search query apart. What a user writes becomes words, phrases and filters here; the
** index's own query language is only ever built from words that its tokenizer has given out, in quotes.
*/
#include "search/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the parser stands. */
typedef struct parser {
    kal_store *store;
    kali_arena *arena;
    kal_str text;
    size_t at;
    kali_search *out;
    bool either; /* the word OR came last */
} parser;

/* Fails and names the place: the number of the character, from 1. */
static kal_code wrong(const parser *p, size_t at, kal_err *err, const char *what) {
    size_t character = 1;
    for (size_t i = 0; i < at && i < p->text.len; i++)
        character += ((unsigned char)p->text.data[i] & 0xC0) != 0x80;
    return kali_fail(err, KAL_MISUSE, "search: character %zu: %s", character, what);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char here(const parser *p) {
    return p->at < p->text.len ? p->text.data[p->at] : 0;
}

/* Whether a word ends before the current place. */
static bool at_end(const parser *p) {
    return p->at >= p->text.len || is_blank(p->text.data[p->at]);
}

/* What stands in quotes; the parser is at the first of them. */
static kal_code read_quoted(parser *p, kal_str *out, kal_err *err) {
    size_t from = p->at + 1;
    const char *end = memchr(p->text.data + from, '"', p->text.len - from);
    if (!end) return wrong(p, p->at, err, "the quote is not closed");
    *out = (kal_str){p->text.data + from, (size_t)(end - p->text.data) - from};
    p->at = from + out->len + 1;
    return KAL_OK;
}

static kal_str read_word(parser *p) {
    size_t from = p->at;
    while (!at_end(p) && here(p) != '"')
        p->at++;
    return (kal_str){p->text.data + from, p->at - from};
}

/* ---- patterns ---- */

/* A character that is written without spaces is in the index as the beginning of a pair. */
static bool is_lone(kal_str text) {
    return text.len && kali_index_run(text) == text.len && text.len <= 4 &&
           (text.len < 4 || (unsigned char)text.data[0] >= 0xF0);
}

/* The words of a text as a pattern; NULL when it holds none. */
static kal_code make_pattern(parser *p, kal_str text, bool prefix, kali_pattern **out,
                             kal_err *err) {
    kal_str prepared;
    kali_word words[KALI_PATTERN_WORDS + 1];
    size_t n = KALI_PATTERN_WORDS + 1;
    size_t at = (size_t)(text.data - p->text.data);
    *out = NULL;
    kal_code code = kali_index_query(p->arena, text, &prepared, err);
    if (code == KAL_OK)
        code = kali_words_split(p->store->words, p->arena, prepared, words, &n, err);
    if (code != KAL_OK || n == 0) return code;
    if (n > KALI_PATTERN_WORDS) return wrong(p, at, err, "the phrase has more than 32 words");
    kali_pattern *made = kali_arena_alloc(p->arena, sizeof *made);
    kali_word *copy = kali_arena_alloc(p->arena, n * sizeof *copy);
    if (!made || !copy) return kali_no_memory(err);
    memcpy(copy, words, n * sizeof *copy);
    *made = (kali_pattern){NULL, copy, n, prefix || is_lone(text)};
    *out = made;
    return KAL_OK;
}

/* Adds a pattern as a clause, or after OR to the last one. */
static kal_code add_pattern(parser *p, size_t at, kali_pattern *pattern, bool without,
                            kal_err *err) {
    kali_search *s = p->out;
    if (p->either && without) return wrong(p, at, err, "OR cannot stand before what is left out");
    if (p->either) {
        pattern->next = s->clauses[s->count - 1].patterns;
        s->clauses[s->count - 1].patterns = pattern;
        p->either = false;
        return KAL_OK;
    }
    if (s->count == KALI_CLAUSES) return wrong(p, at, err, "the query has more than 64 parts");
    s->clauses[s->count++] = (kali_clause){pattern, without};
    return KAL_OK;
}

static kal_code take_phrase(parser *p, bool without, kal_err *err) {
    size_t at = p->at;
    kali_pattern *pattern;
    kal_str text;
    kal_code code = read_quoted(p, &text, err);
    bool prefix = here(p) == '*';
    if (prefix) p->at++;
    if (code == KAL_OK) code = make_pattern(p, text, prefix, &pattern, err);
    if (code != KAL_OK) return code;
    if (!pattern) return wrong(p, at, err, "there is no word in the quotes");
    return add_pattern(p, at, pattern, without, err);
}

static kal_code take_word(parser *p, kal_str word, bool without, kal_err *err) {
    size_t at = (size_t)(word.data - p->text.data);
    bool prefix = word.len && word.data[word.len - 1] == '*';
    kali_pattern *pattern;
    while (word.len && word.data[word.len - 1] == '*')
        word.len--;
    kal_code code = make_pattern(p, word, prefix, &pattern, err);
    if (code != KAL_OK) return code;
    if (pattern) return add_pattern(p, at, pattern, without, err);
    if (prefix) return wrong(p, at, err, "* needs the beginning of a word in front of it");
    if (p->either) return wrong(p, at, err, "OR needs a word behind it");
    return KAL_OK; /* a sign between words */
}

/* ---- filters ---- */

static kal_code set_role(parser *p, size_t at, kal_str value, kal_err *err) {
    if (!kali_one_of(KALI_ROLES, value))
        return wrong(p, at, err, "role: must be user, assistant, system or tool");
    p->out->role = value;
    return KAL_OK;
}

static kal_code set_session(parser *p, size_t at, kal_str value, kal_err *err) {
    if (value.len == 0) return wrong(p, at, err, "session: needs an id or a name");
    p->out->session = value;
    return KAL_OK;
}

static kal_code set_since(parser *p, size_t at, kal_str value, kal_err *err) {
    if (kal_time_parse(value, p->out->since)) return KAL_OK;
    return wrong(p, at, err, "since: needs a time, such as since:2025-03-01");
}

static kal_code set_before(parser *p, size_t at, kal_str value, kal_err *err) {
    if (kal_time_parse(value, p->out->before)) return KAL_OK;
    return wrong(p, at, err, "before: needs a time, such as before:2025-03-01");
}

static kal_code set_importance(parser *p, size_t at, kal_str value, kal_err *err) {
    char digits[32] = "", *end = digits;
    bool above = !(value.len && value.data[0] == '=');
    if (!above) value = (kal_str){value.data + 1, value.len - 1};
    if (value.len > 0 && value.len < sizeof digits) {
        memcpy(digits, value.data, value.len);
        if (strspn(digits, "0123456789.") == value.len) p->out->importance = strtod(digits, &end);
    }
    if (end == digits || *end || p->out->importance > 1)
        return wrong(p, at, err, "importance> needs a number from 0 to 1");
    p->out->above = above;
    return KAL_OK;
}

static const struct {
    const char *sign;
    kal_code (*set)(parser *p, size_t at, kal_str value, kal_err *err);
} FILTERS[] = {{"role:", set_role},
               {"session:", set_session},
               {"since:", set_since},
               {"before:", set_before},
               {"importance>", set_importance}};

/* Takes a filter if there is one. *taken tells. */
static kal_code take_filter(parser *p, bool without, bool *taken, kal_err *err) {
    *taken = false;
    for (size_t i = 0; i < sizeof FILTERS / sizeof *FILTERS; i++) {
        size_t n = strlen(FILTERS[i].sign), at = p->at;
        kal_str value;
        if (p->text.len - at < n || memcmp(p->text.data + at, FILTERS[i].sign, n) != 0) continue;
        if (without) return wrong(p, at, err, "- cannot stand before a filter");
        if (p->either) return wrong(p, at, err, "OR cannot stand before a filter");
        *taken = true;
        p->at += n;
        kal_code code = KAL_OK;
        if (here(p) == '"')
            code = read_quoted(p, &value, err);
        else
            value = read_word(p);
        return code == KAL_OK ? FILTERS[i].set(p, at, value, err) : code;
    }
    return KAL_OK;
}

/* ---- the whole ---- */

static kal_code take_or(parser *p, size_t at, kal_err *err) {
    kali_search *s = p->out;
    if (p->either || s->count == 0 || s->clauses[s->count - 1].without)
        return wrong(p, at, err, "OR needs a word on each side");
    p->either = true;
    return KAL_OK;
}

static kal_code take_part(parser *p, kal_err *err) {
    size_t at = p->at;
    bool taken, without = here(p) == '-';
    if (without) p->at++;
    if (without && at_end(p)) return KAL_OK; /* a dash between words */
    kal_code code = take_filter(p, without, &taken, err);
    if (code != KAL_OK || taken) return code;
    if (here(p) == '"') return take_phrase(p, without, err);
    kal_str word = read_word(p);
    if (!without && word.len == 2 && memcmp(word.data, "OR", 2) == 0 && at_end(p))
        return take_or(p, at, err);
    return take_word(p, word, without, err);
}

kal_code kali_search_read(kal_store *store, kali_arena *arena, kal_str text, kali_search *out,
                          kal_err *err) {
    parser p = {store, arena, text, 0, out, false};
    bool wanted = false;
    memset(out, 0, sizeof *out);
    while (p.at < text.len) {
        if (is_blank(text.data[p.at])) {
            p.at++;
            continue;
        }
        kal_code code = take_part(&p, err);
        if (code != KAL_OK) return code;
    }
    if (p.either) return wrong(&p, text.len, err, "OR needs a word on each side");
    for (size_t i = 0; i < out->count; i++)
        wanted = wanted || !out->clauses[i].without;
    if (wanted) return KAL_OK;
    return kali_fail(err, KAL_MISUSE, "search: there is no word to look for%s",
                     out->count ? ", only what is left out" : "");
}

/* ---- the index's own language ---- */

static size_t pattern_size(const kali_pattern *p) {
    size_t n = 16;
    for (size_t i = 0; i < p->count; i++)
        n += p->words[i].word.len * 2 + 1;
    return n;
}

/* "one two" * */
static char *write_pattern(char *out, const kali_pattern *p) {
    *out++ = '"';
    for (size_t i = 0; i < p->count; i++) {
        if (i) *out++ = ' ';
        for (size_t k = 0; k < p->words[i].word.len; k++) {
            char c = p->words[i].word.data[k];
            if (c == '"') *out++ = '"';
            *out++ = c;
        }
    }
    *out++ = '"';
    if (p->prefix) *out++ = '*';
    return out;
}

kal_code kali_pattern_expression(const kali_pattern *pattern, kali_arena *arena, kal_str *out,
                                 kal_err *err) {
    char *data = kali_arena_alloc(arena, pattern_size(pattern));
    if (!data) return kali_no_memory(err);
    *out = (kal_str){data, (size_t)(write_pattern(data, pattern) - data)};
    return KAL_OK;
}

/* The clauses of one kind, joined by `sign`, each in brackets. */
static char *write_clauses(char *out, const kali_search *s, bool without, const char *sign) {
    bool first = true;
    for (size_t i = 0; i < s->count; i++) {
        if (s->clauses[i].without != without) continue;
        if (!first) out = stpcpy(out, sign);
        first = false;
        out = stpcpy(out, "(");
        for (const kali_pattern *p = s->clauses[i].patterns; p; p = p->next) {
            if (p != s->clauses[i].patterns) out = stpcpy(out, " OR ");
            out = write_pattern(out, p);
        }
        out = stpcpy(out, ")");
    }
    return out;
}

kal_code kali_search_expression(const kali_search *s, kali_arena *arena, kal_str *out,
                                kal_err *err) {
    size_t size = 64;
    bool without = false;
    for (size_t i = 0; i < s->count; i++) {
        without = without || s->clauses[i].without;
        for (const kali_pattern *p = s->clauses[i].patterns; p; p = p->next)
            size += pattern_size(p) + 16;
    }
    char *data = kali_arena_alloc(arena, size), *end = data;
    if (!data) return kali_no_memory(err);
    end = stpcpy(end, "(");
    end = write_clauses(end, s, false, " AND ");
    end = stpcpy(end, ")");
    if (without) {
        end = stpcpy(end, " NOT (");
        end = write_clauses(end, s, true, " OR ");
        end = stpcpy(end, ")");
    }
    *out = (kal_str){data, (size_t)(end - data)};
    return KAL_OK;
}
