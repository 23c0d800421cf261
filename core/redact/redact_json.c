/*
** redact_json.c: secrets inside the strings of a JSON text: they are looked for in what the strings say, and the text
** stays JSON.
*/
#include "internal.h"
#include "redact/redact.h"

#include <stdlib.h>
#include <string.h>

/* Counts without `out`. */
typedef struct writer {
    const kal_store *store;
    char *out, *room; /* `room` takes one decoded string */
    size_t size;
} writer;

static void put(writer *w, const char *data, size_t len) {
    if (w->out && len) memcpy(w->out + w->size, data, len);
    w->size += len;
}

static void put_escaped(writer *w, const char *data, size_t len) {
    static const char HEX[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        char quoted[2] = {'\\', (char)c},
             control[6] = {'\\', 'u', '0', '0', HEX[c >> 4], HEX[c & 15]};
        if (c == '"' || c == '\\')
            put(w, quoted, 2);
        else if (c < 0x20)
            put(w, control, 6);
        else
            put(w, data + i, 1);
    }
}

/* Four hex digits; above 0xFFFF: they are none. */
static uint32_t hex4(kal_str s, size_t at) {
    uint32_t v = 0;
    if (at + 4 > s.len) return 0x10000;
    for (size_t i = at; i < at + 4; i++) {
        unsigned c = kali_byte(s, i);
        if (!kali_is_digit(c) && !((c | 32) - 'a' < 6)) return 0x10000;
        v = v * 16 + (kali_is_digit(c) ? c - '0' : (c | 32) - 'a' + 10);
    }
    return v;
}

/* The escape whose letter is at *at; what it stands for goes to `out`. */
static size_t unescape(kal_str s, size_t *at, char *out) {
    static const char FROM[] = "nrtbf", TO[] = "\n\r\t\b\f";
    char c = s.data[*at];
    const char *found = memchr(FROM, c, sizeof FROM - 1);
    uint32_t code = c == 'u' ? hex4(s, *at + 1) : 0x10000;
    ++*at;
    if (code > 0xFFFF) {
        out[0] = found ? TO[found - FROM] : c;
        return 1;
    }
    *at += 4;
    uint32_t low =
        code >> 10 == 0x36 && *at + 1 < s.len && s.data[*at] == '\\' && s.data[*at + 1] == 'u'
            ? hex4(s, *at + 2)
            : 0;
    if (low >> 10 == 0x37) {
        code = 0x10000 + ((code & 0x3FF) << 10 | (low & 0x3FF));
        *at += 6;
    }
    if (code >> 11 == 0x1B || !code) code = 0xFFFD;
    return kali_encode(code, (unsigned char *)out);
}

kal_str kali_json_plain(kal_str s, char *room) {
    size_t size = 0;
    for (size_t i = 0; i < s.len;) {
        if (s.data[i] != '\\' || i + 1 == s.len) {
            room[size++] = s.data[i++];
            continue;
        }
        i++;
        size += unescape(s, &i, room + size);
    }
    return (kal_str){room, size};
}

/* Writes a text with its secrets replaced, or as it stands in `raw` when it has none. Between strings a marker becomes
** one. */
static void put_redacted(writer *w, kal_str text, kal_str raw, bool string) {
    kali_scan scan = {.text = text,
                      .detectors = kali_redaction_active(w->store),
                      .words = w->store->redact_words};
    kali_secret secret;
    size_t from = 0;
    if (!kali_scan_next(&scan, &secret)) {
        put(w, raw.data, raw.len);
        return;
    }
    do {
        kal_str mark = kali_redact_marker(secret.detector);
        (string ? put_escaped : put)(w, text.data + from, secret.from - from);
        if (!string) put(w, "\"", 1);
        put(w, mark.data, mark.len);
        if (!string) put(w, "\"", 1);
        from = secret.to;
    } while (kali_scan_next(&scan, &secret));
    (string ? put_escaped : put)(w, text.data + from, text.len - from);
}

/* The end of the string whose text begins at `at`: its closing quote, or the end. */
static size_t string_end(kal_str json, size_t at) {
    while (at < json.len && json.data[at] != '"')
        at += json.data[at] == '\\' ? 2 : 1;
    return at < json.len ? at : json.len;
}

static bool is_name(kal_str key) {
    return (key.len == 2 && memcmp(key.data, "id", 2) == 0) ||
           (key.len == 4 && memcmp(key.data, "hash", 4) == 0);
}

/* Is there nothing but a colon and blanks between two strings? */
static bool is_colon(kal_str between) {
    size_t colons = 0;
    for (size_t i = 0; i < between.len; i++) {
        colons += between.data[i] == ':';
        if (!strchr(": \t\r\n", between.data[i])) return false;
    }
    return colons == 1;
}

static void walk_json(writer *w, kal_str json) {
    kal_str key = {"", 0};
    w->size = 0;
    for (size_t at = 0; at < json.len;) {
        const char *quote = memchr(json.data + at, '"', json.len - at);
        size_t open = quote ? (size_t)(quote - json.data) : json.len;
        kal_str between = {json.data + at, open - at};
        put_redacted(w, between, between, false);
        if (!quote) return;
        size_t end = string_end(json, open + 1);
        kal_str raw = {json.data + open + 1, end - open - 1};
        put(w, "\"", 1);
        if (is_colon(between) && is_name(key))
            put(w, raw.data, raw.len);
        else
            put_redacted(w, kali_json_plain(raw, w->room), raw, true);
        if (end < json.len) put(w, "\"", 1);
        key = raw;
        at = end + 1;
    }
}

kal_code kali_redact_json(const kal_store *store, kali_arena *arena, kal_str *json, kal_err *err) {
    if (!kali_redaction_active(store) || !json->len) return KAL_OK;
    writer w = {.store = store, .room = malloc(json->len)};
    if (!w.room) return kali_no_memory(err);
    walk_json(&w, *json);
    w.out = kali_arena_alloc(arena, w.size + 1);
    if (w.out) {
        walk_json(&w, *json);
        w.out[w.size] = 0;
        *json = (kal_str){w.out, w.size};
    }
    free(w.room);
    return w.out ? KAL_OK : kali_no_memory(err);
}
