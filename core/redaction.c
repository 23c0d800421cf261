/*
** redaction.c: what a store keeps out of the file and out of contexts. Which detectors are on is a fact about the file,
** so that it holds for every program that opens it; literal words come with each opening and are never stored.
** The secrets themselves are found by redact.c.
*/
#include "internal.h"
#include "redact/redact.h"

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
        if (!store->redact_words) return kali_no_memory(err);
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
    store->redact_seen = true;
    store->redact_version = kali_db_version(store->db);
    return KAL_OK;
}

kal_code kali_redaction_refresh(kal_store *store, kal_err *err) {
    bool same = store->redact_seen && kali_db_version(store->db) == store->redact_version;
    return same ? KAL_OK : kali_redaction_load(store, err);
}

unsigned kali_redaction_active(const kal_store *store) {
    unsigned words = store->redact_words ? KAL_REDACT_WORD : 0;
    return store->redact | (store->options.redact & KEPT) | words;
}

kal_code kal_redaction_get(kal_store *store, kal_redaction *out, kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_redaction_load(store, err);
    if (code != KAL_OK) return code;
    *out = (kal_redaction){.kept = store->redact,
                           .detectors = kali_redaction_active(store),
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
    kali_scan scan = {
        .text = text, .detectors = kali_redaction_active(store), .words = store->redact_words};
    kali_secret secret;
    return kali_scan_next(&scan, &secret);
}

kal_code kali_redact_text(const kal_store *store, kali_arena *arena, kal_str *text, kal_err *err) {
    unsigned on = kali_redaction_active(store);
    if (!on || !text->len || !has_secret(store, *text)) return KAL_OK;
    size_t size = kal_redact(*text, on, store->redact_words, NULL, 0);
    char *out = kali_arena_alloc(arena, size + 1);
    if (!out) return kali_no_memory(err);
    kal_redact(*text, on, store->redact_words, out, size);
    out[size] = 0;
    *text = (kal_str){out, size};
    return KAL_OK;
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
    if (!rule->wrote || !kali_redaction_active(store)) return KAL_OK;
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

/* The SQL functions. */
static bool redact_value(void *context, kal_str *text) {
    kal_store *store = context;
    kali_arena_reset(&store->scratch);
    return kali_redact_text(store, &store->scratch, text, NULL) == KAL_OK;
}

static bool redact_json_value(void *context, kal_str *text) {
    kal_store *store = context;
    kali_arena_reset(&store->scratch);
    return kali_redact_json(store, &store->scratch, text, NULL) == KAL_OK;
}

static kal_code add_functions(kal_store *store, kal_err *err) {
    kal_code code = kali_db_function(store->db, "kalito_redact", redact_value, store, err);
    if (code != KAL_OK) return code;
    return kali_db_function(store->db, "kalito_redact_json", redact_json_value, store, err);
}

kal_code kal_redaction_count(kal_store *store, int64_t *count, kal_err *err) {
    *count = 0;
    kal_code code = add_functions(store, err);
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
    kal_code code = add_functions(store, err);
    if (code == KAL_OK) code = kali_erase(store, redact_rows, NULL, count, err);
    return code;
}
