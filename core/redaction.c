/*
** redaction.c: what a store keeps out of the file and out of contexts. Which detectors are on is a fact about the file,
** so that it holds for every program that opens it; literal words come with each opening and are never stored.
** The secrets themselves are found by redact.c.
*/
#include "internal.h"
#include "redact.h"

#include <stdlib.h>
#include <string.h>

#define KEPT (KAL_REDACT_KEY | KAL_REDACT_CARD | KAL_REDACT_EMAIL | KAL_REDACT_PHONE)

/* ---- settings ---- */

kal_code kali_redaction_open(kal_store *store, kal_err *err) {
    const kal_options *o = &store->options;
    if (o->redact & ~(unsigned)KAL_REDACT_ALL)
        return kali_fail(err, KAL_MISUSE, "store.open: redact has unknown bits");
    size_t size = kal_words_size(o->redact_words, o->redact_word_count);
    if (o->redact_word_count) {
        store->redact_words = malloc(size);
        if (!store->redact_words) return kali_fail(err, KAL_NOMEM, "out of memory");
        if (!kal_words_build(store->redact_words, size, o->redact_words, o->redact_word_count))
            return kali_fail(
                err, KAL_MISUSE,
                "store.open: a word to redact is empty, longer than %d bytes, or not valid UTF-8",
                KAL_WORD_MAX);
    }
    return kali_redaction_load(store, err);
}

void kali_redaction_close(kal_store *store) {
    free(store->redact_words);
}

kal_code kali_redaction_load(kal_store *store, kal_err *err) {
    static const char SQL[] = "SELECT value FROM kalito_meta WHERE key = 'redact'";
    kali_stmt *q;
    bool row;
    unsigned found = 0;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code == KAL_OK) code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    for (unsigned bit = 1; row && bit & KEPT; bit <<= 1) {
        kal_str names = kali_some(kali_text(q, 0));
        if (kali_one_of(names.data, kal_text(kal_redact_name(bit)))) found |= bit;
    }
    kali_reset(q);
    store->redact = found;
    return KAL_OK;
}

kal_code kali_redaction_refresh(kal_store *store, kal_err *err) {
    if (store->seen && kali_db_version(store->db) == store->version) return KAL_OK;
    return kali_redaction_load(store, err);
}

static unsigned active(const kal_store *store) {
    unsigned words = store->redact_words ? KAL_REDACT_WORD : 0;
    return store->redact | (store->options.redact & KEPT) | words;
}

kal_code kal_redaction_get(kal_store *store, kal_redaction *out, kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_redaction_load(store, err);
    if (code != KAL_OK) return code;
    *out = (kal_redaction){.kept = store->redact,
                           .detectors = active(store),
                           .words = store->redact_words ? store->options.redact_word_count : 0};
    return KAL_OK;
}

kal_code kal_redaction_set(kal_store *store, unsigned detectors, kal_err *err) {
    static const char SQL[] = "INSERT INTO kalito_meta(key, value) VALUES ('redact', $1)"
                              " ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    char names[64] = "";
    kali_stmt *q;
    if (detectors & ~(unsigned)KEPT)
        return kali_fail(err, KAL_MISUSE,
                         "redaction.set: key, card, email and phone can be set for good; words"
                         " are given to each opening");
    for (unsigned bit = 1; bit & KEPT; bit <<= 1) {
        if (!(detectors & bit)) continue;
        if (names[0]) strcat(names, " ");
        strcat(names, kal_redact_name(bit));
    }
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_db_use(store->db, SQL, &q, err);
    if (code == KAL_OK) {
        kali_bind_text(q, 1, kal_text(names));
        code = kali_run(q, err);
    }
    if (code == KAL_OK) store->redact = detectors;
    return kali_write_end(store, code, err);
}

/* ---- one text ---- */

static bool has_secret(const kal_store *store, kal_str text) {
    kali_scan scan = {.text = text, .detectors = active(store), .words = store->redact_words};
    kali_secret secret;
    return kali_scan_next(&scan, &secret);
}

kal_code kali_redact_text(const kal_store *store, kali_arena *arena, kal_str *text, kal_err *err) {
    unsigned on = active(store);
    if (!on || !text->len || !has_secret(store, *text)) return KAL_OK;
    size_t size = kal_redact(*text, on, store->redact_words, NULL, 0);
    char *out = kali_arena_alloc(arena, size + 1);
    if (!out) return kali_fail(err, KAL_NOMEM, "out of memory");
    kal_redact(*text, on, store->redact_words, out, size);
    out[size] = 0;
    *text = (kal_str){out, size};
    return KAL_OK;
}

/* ---- the strings of a JSON text ---- */

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

static kal_str decode(kal_str s, char *room) {
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
    kali_scan scan = {.text = text, .detectors = active(w->store), .words = w->store->redact_words};
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
            put_redacted(w, decode(raw, w->room), raw, true);
        if (end < json.len) put(w, "\"", 1);
        key = raw;
        at = end + 1;
    }
}

kal_code kali_redact_json(const kal_store *store, kali_arena *arena, kal_str *json, kal_err *err) {
    if (!active(store) || !json->len) return KAL_OK;
    writer w = {.store = store, .room = malloc(json->len)};
    if (!w.room) return kali_fail(err, KAL_NOMEM, "out of memory");
    walk_json(&w, *json);
    w.out = kali_arena_alloc(arena, w.size + 1);
    if (w.out) {
        walk_json(&w, *json);
        w.out[w.size] = 0;
        *json = (kal_str){w.out, w.size};
    }
    free(w.room);
    return w.out ? KAL_OK : kali_fail(err, KAL_NOMEM, "out of memory");
}

kal_code kal_redaction_text(kal_store *store, kal_str text, kal_str *out, kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_redaction_refresh(store, err);
    *out = text;
    return code == KAL_OK ? kali_redact_text(store, &store->arena, out, err) : code;
}

kal_code kal_redaction_json(kal_store *store, kal_str json, kal_str *out, kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_redaction_refresh(store, err);
    *out = json;
    return code == KAL_OK ? kali_redact_json(store, &store->arena, out, err) : code;
}

/* ---- rows ---- */

kal_code kali_redact_field(kal_store *store, const kali_noun *noun, size_t i, void *row,
                           kal_err *err) {
    const kali_rule *rule = &noun->rules[i];
    if (!rule->wrote || !active(store)) return KAL_OK;
    kal_str *text = kali_field_text(noun, row, i);
    size_t max = rule->check == KALI_NAME ? KAL_NAME_MAX : KAL_TEXT_MAX;
    kal_code code = rule->wrote == KALI_JSON ? kali_redact_json(store, &store->arena, text, err)
                                             : kali_redact_text(store, &store->arena, text, err);
    if (code == KAL_OK && text->len > max)
        code = kali_fail(err, KAL_MISUSE,
                         "%s.%s has %zu bytes with its secrets replaced, the limit is %zu",
                         noun->name, noun->fields[i].name, text->len, max);
    return code;
}

kal_code kali_redact_row(kal_store *store, const kali_noun *noun, void *row, kal_err *err) {
    kal_code code = KAL_OK;
    for (size_t i = 0; i < noun->count && code == KAL_OK; i++)
        code = kali_redact_field(store, noun, i, row, err);
    return code;
}

/* ---- rows from before ---- */

/* What a user or a model wrote, wherever it stands. */
#define TEXT(column) column " = kalito_redact(" column ")"
#define JSON(column) column " = kalito_redact_json(" column ")"
#define HAS(column) column " IS NOT kalito_redact(" column ")"
#define HAS_JSON(column) column " IS NOT kalito_redact_json(" column ")"
#define IN(table, set, where)                                                                      \
    { "SELECT count(*) FROM " table " WHERE " where, "UPDATE " table " SET " set " WHERE " where }

static const struct {
    const char *count, *change;
} ROWS[] = {
    IN("messages", TEXT("text") ", " TEXT("speaker") ", " JSON("score_reasons"),
       HAS("text") " OR " HAS("speaker") " OR " HAS_JSON("score_reasons")),
    IN("sessions", TEXT("name") ", " TEXT("recap"), HAS("name") " OR " HAS("recap")),
    IN("personas", TEXT("prompt") ", " TEXT("description"),
       HAS("prompt") " OR " HAS("description")),
    IN("conversation_summaries", TEXT("summary"), HAS("summary")),
    IN("semantic_pins", TEXT("content"), HAS("content")),
    IN("kalito_undone", TEXT("summary"), HAS("summary")),
    IN("kalito_rejected", TEXT("content"), HAS("content")),
    IN("kalito_turns", JSON("details"), HAS_JSON("details")),
    IN("kalito_cards", JSON("card"), HAS_JSON("card")),
};
#define TABLES (sizeof ROWS / sizeof *ROWS)

static kal_code redact_rows(kal_store *store, const void *unused, int64_t *count, kal_err *err) {
    (void)unused;
    kal_code code = kali_redaction_load(store, err);
    for (size_t i = 0; i < TABLES && code == KAL_OK; i++) {
        kali_stmt *q;
        code = kali_db_use(store->db, ROWS[i].change, &q, err);
        if (code == KAL_OK) code = kali_run(q, err);
        if (code == KAL_OK) *count += kali_db_changes(store->db);
    }
    return code;
}

/* The SQL functions: `text` becomes what it is without secrets; false: out of memory. */
static bool redact_value(void *context, bool json, kal_str *text) {
    kal_store *store = context;
    kali_arena_reset(&store->arena);
    kal_code code = json ? kali_redact_json(store, &store->arena, text, NULL)
                         : kali_redact_text(store, &store->arena, text, NULL);
    return code == KAL_OK;
}

kal_code kal_redaction_count(kal_store *store, int64_t *count, kal_err *err) {
    *count = 0;
    kal_code code = kali_db_redactor(store->db, redact_value, store, err);
    if (code == KAL_OK) code = kali_redaction_load(store, err);
    for (size_t i = 0; i < TABLES && code == KAL_OK; i++) {
        int64_t some;
        code = kali_db_integer(store->db, ROWS[i].count, &some, err);
        *count += some;
    }
    return code;
}

kal_code kal_redaction_apply(kal_store *store, int64_t *count, kal_err *err) {
    *count = 0;
    if (store->batch) return kali_fail(err, KAL_MISUSE, "redaction.apply: a transaction is open");
    kal_code code = kali_db_redactor(store->db, redact_value, store, err);
    if (code == KAL_OK) code = kali_erase(store, redact_rows, NULL, count, err);
    return code;
}
