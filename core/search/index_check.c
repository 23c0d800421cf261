/*
** index_check.c: comparing the search index with the rows, and making it anew. The index holds no texts: what it says
** of a message is folded into one number, the sum of a hash of each word with its place, and so is the text.
*/
#include "search/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG 256 /* longer words are not compared */

/* What the index says of one message or note. */
typedef struct entry {
    int64_t id;
    uint64_t sum;
    bool used, seen; /* found in the index; its row was found */
} entry;

/* By id: open addressing, a power of two. */
typedef struct table {
    entry *rows;
    size_t count, room;
} table;

typedef struct job {
    kal_store *store;
    kal_finding *rows;
    size_t capacity, count;
} job;

static kal_code report(job *j, const char *kind, kal_str id, const char *what, kal_err *err) {
    char text[400];
    size_t at = j->count++;
    if (at >= j->capacity) return KAL_OK;
    snprintf(text, sizeof text, "%s %.*s %s", kind, KALI_STR(id), what);
    bool copied = kali_arena_copy(&j->store->arena, kal_text(text), &j->rows[at].what);
    return copied ? KAL_OK : kali_no_memory(err);
}

static kal_code report_message(job *j, int64_t id, const char *what, kal_err *err) {
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)id);
    return report(j, "message", kal_text(number), what, err);
}

/* ---- the table ---- */

static entry *place_of(const table *t, int64_t id) {
    size_t i = (uint64_t)id * 0x9E3779B97F4A7C15u >> 20;
    for (;; i++) {
        entry *e = &t->rows[i & (t->room - 1)];
        if (!e->used || e->id == id) return e;
    }
}

static entry *enter(table *t, int64_t id) {
    if (t->count * 2 >= t->room) {
        table wider = {.room = t->room ? t->room * 2 : 1024};
        wider.rows = calloc(wider.room, sizeof *wider.rows);
        if (!wider.rows) return NULL;
        for (size_t i = 0; i < t->room; i++)
            if (t->rows[i].used) *place_of(&wider, t->rows[i].id) = t->rows[i];
        wider.count = t->count;
        free(t->rows);
        *t = wider;
    }
    entry *e = place_of(t, id);
    t->count += !e->used;
    e->used = true;
    e->id = id;
    return e;
}

/* ---- sums ---- */

static uint64_t hash_of(kal_str stem, uint64_t position) {
    uint64_t h = kal_text_hash(stem) + position * 0x9E3779B97F4A7C15u;
    h = (h ^ h >> 31) * 0xBF58476D1CE4E5B9u;
    return h ^ h >> 29;
}

typedef struct sum {
    uint64_t value, position;
} sum;

static bool add_word(void *context, kal_str stem, size_t from, size_t to) {
    sum *s = context;
    (void)from;
    (void)to;
    if (stem.len < LONG) s->value += hash_of(stem, s->position);
    s->position++;
    return true;
}

static kal_code sum_text(kal_store *store, kal_str text, uint64_t *out, kal_err *err) {
    kali_arena arena = {0};
    kal_str prepared;
    sum s = {0};
    kal_code code = kali_index_text(&arena, text, &prepared, err);
    if (code == KAL_OK) kali_words_each(store->words, prepared, add_word, &s);
    kali_arena_free(&arena);
    *out = s.value;
    return code;
}

/* What `sql` gives as (term, id, position), of one of the two indexes. */
static kal_code sum_index(kal_store *store, const char *sql, table *t, kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        kal_str term = kali_text(q, 0);
        entry *e = enter(t, kali_integer(q, 1));
        if (!e) {
            kali_reset(q);
            return kali_no_memory(err);
        }
        if (term.len < LONG) e->sum += hash_of(term, (uint64_t)kali_integer(q, 2));
    }
    return code;
}

/* ---- messages ---- */

static kal_code check_message(job *j, const kali_document *d, table *t, kali_leaf *leaf,
                              kal_err *err) {
    uint64_t wanted;
    bool same;
    entry *e = enter(t, d->id); /* a text without words is not in the index */
    if (!e) return kali_no_memory(err);
    e->seen = true;
    kal_code code = sum_text(j->store, d->text, &wanted, err);
    if (code == KAL_OK && wanted != e->sum)
        code = report_message(
            j, d->id,
            e->sum ? "has other words in the index than in its text" : "is not in the index", err);
    if (code == KAL_OK) code = kali_document_same(j->store, leaf, d, &same, err);
    if (code == KAL_OK && !same) code = report_message(j, d->id, "has a wrong record", err);
    return code;
}

static kal_code check_rows(job *j, table *t, kal_err *err) {
    static const char SQL[] = "SELECT id, session_id, role, speaker, coalesce(text, ''), created_at"
                              " FROM messages ORDER BY id";
    kali_leaf leaf = {0};
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(j->store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    for (code = kali_step(q, &row, err); code == KAL_OK && row;) {
        kali_document d = {.id = kali_integer(q, 0),
                           .session = kali_text(q, 1),
                           .role = kali_text(q, 2),
                           .speaker = kali_text(q, 3),
                           .text = kali_text(q, 4),
                           .created_at = kali_text(q, 5)};
        code = check_message(j, &d, t, &leaf, err);
        if (code == KAL_OK) code = kali_step(q, &row, err);
    }
    kali_reset(q);
    return code;
}

/* Rows that `sql` gives as ids: there should be none. */
static kal_code check_none(job *j, const char *sql, const char *kind, const char *what,
                           kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(j->store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    for (code = kali_step(q, &row, err); code == KAL_OK && row;) {
        code = report(j, kind, kali_text(q, 0), what, err);
        if (code == KAL_OK) code = kali_step(q, &row, err);
    }
    kali_reset(q);
    return code;
}

/* Messages that are gone, but not from the index or the records. */
static kal_code check_ghosts(job *j, const table *t, kal_err *err) {
    static const char SIZES[] = "SELECT id FROM kalito_messages_fts_docsize WHERE id NOT IN"
                                " (SELECT id FROM messages)";
    kali_documents documents;
    kali_scope all = {0};
    kal_code code = check_none(j, SIZES, "message", "is gone, but counted in the index", err);
    for (size_t i = 0; i < t->room && code == KAL_OK; i++)
        if (t->rows[i].used && t->rows[i].sum && !t->rows[i].seen)
            code = report_message(j, t->rows[i].id, "is gone, but in the index", err);
    kali_documents_forget(j->store); /* the file is checked, not what is known of it */
    if (code == KAL_OK) code = kali_documents_load(j->store, &all, &documents, err);
    if (code != KAL_OK) return code;
    for (size_t i = 0; i < documents.count * KALI_BLOCK && code == KAL_OK; i++) {
        if (!documents.spots[i].place) continue;
        int64_t id = kali_documents_id(&documents, documents.spots[i].place);
        entry *e = t->room ? place_of(t, id) : NULL;
        if (!(e && e->used && e->seen))
            code = report_message(j, id, "is gone, but has a record", err);
    }
    return code;
}

static kal_code check_messages(job *j, kal_err *err) {
    static const char INSTANCES[] = "SELECT term, doc, offset FROM temp.kalito_message_words";
    static const char UNCOUNTED[] = "SELECT id FROM messages WHERE id > 0 AND id NOT IN"
                                    " (SELECT id FROM kalito_messages_fts_docsize)";
    table t = {0};
    kal_code code = sum_index(j->store, INSTANCES, &t, err);
    if (code == KAL_OK) code = check_rows(j, &t, err);
    if (code == KAL_OK) code = check_ghosts(j, &t, err);
    if (code == KAL_OK)
        code = check_none(j, UNCOUNTED, "message", "is not counted in the index", err);
    free(t.rows);
    return code;
}

/* ---- pins and summaries ---- */

static kal_code check_note_rows(job *j, table *t, kal_err *err) {
    static const char SQL[] =
        "SELECT n.id, n.kind, n.key, coalesce(p.content, s.summary, ''), p.id IS NULL AND s.id IS NULL"
        " FROM kalito_notes n LEFT JOIN semantic_pins p ON n.kind = 'pin' AND p.id = n.key"
        " LEFT JOIN conversation_summaries s ON n.kind = 'summary' AND s.id = n.key";
    kali_stmt *q;
    bool row;
    uint64_t wanted;
    kal_code code = kali_db_use(j->store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    for (code = kali_step(q, &row, err); code == KAL_OK && row;) {
        entry *e = t->room ? place_of(t, kali_integer(q, 0)) : NULL;
        bool there = e && e->used, gone = kali_integer(q, 4);
        if (there) e->seen = true;
        code = sum_text(j->store, kali_text(q, 3), &wanted, err);
        bool same = wanted == (there ? e->sum : 0);
        if (code == KAL_OK && (gone || !same))
            code = report(j, kali_some(kali_text(q, 1)).data, kali_text(q, 2),
                          gone ? "is gone, but in the index"
                               : "has other words in the index than in its text",
                          err);
        if (code == KAL_OK) code = kali_step(q, &row, err);
    }
    kali_reset(q);
    return code;
}

static kal_code check_notes(job *j, kal_err *err) {
    static const char INSTANCES[] = "SELECT term, doc, offset FROM temp.kalito_note_words";
    static const char PINS[] = "SELECT id FROM semantic_pins p WHERE id IS NOT NULL AND NOT EXISTS"
                               " (SELECT 1 FROM kalito_notes WHERE kind = 'pin' AND key = p.id)";
    static const char SUMMARIES[] =
        "SELECT id FROM conversation_summaries s WHERE id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM kalito_notes WHERE kind = 'summary' AND key = s.id)";
    table t = {0};
    kal_code code = sum_index(j->store, INSTANCES, &t, err);
    if (code == KAL_OK) code = check_note_rows(j, &t, err);
    if (code == KAL_OK) code = check_none(j, PINS, "pin", "is not in the index", err);
    if (code == KAL_OK) code = check_none(j, SUMMARIES, "summary", "is not in the index", err);
    for (size_t i = 0; i < t.room && code == KAL_OK; i++)
        if (t.rows[i].used && t.rows[i].sum && !t.rows[i].seen)
            code = report(j, "a pin or summary", (kal_str){0}, "is gone, but in the index", err);
    free(t.rows);
    return code;
}

/* ---- public ---- */

/* Tables that list every word in the two indexes; they belong to the connection, not to the file. */
static const char WORDS[] = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.kalito_message_words"
                            " USING fts5vocab(main, kalito_messages_fts, instance);"
                            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.kalito_note_words"
                            " USING fts5vocab(main, kalito_notes_fts, instance);";

kal_code kal_index_check(kal_store *store, kal_finding *rows, size_t capacity, size_t *count,
                         kal_err *err) {
    job j = {.store = store, .rows = rows, .capacity = capacity};
    *count = 0;
    kali_answer_begin(store);
    kal_code code = kali_words_get(store, err);
    if (code == KAL_OK) code = kali_index_refresh(store, err);
    if (code == KAL_OK) code = kali_db_script(store->db, WORDS, err);
    if (code == KAL_OK) code = kali_read_begin(store, err);
    if (code != KAL_OK) return code;
    code = check_messages(&j, err);
    if (code == KAL_OK) code = check_notes(&j, err);
    kali_read_end(store);
    *count = j.count;
    return code;
}

/* Emptied, the index is behind the rows by all of them. */
static const char EMPTY[] =
    "INSERT INTO kalito_messages_fts(kalito_messages_fts) VALUES ('delete-all');"
    "INSERT INTO kalito_notes_fts(kalito_notes_fts) VALUES ('delete-all');"
    "DELETE FROM kalito_notes; DELETE FROM kalito_tombstones; DELETE FROM kalito_documents;"
    "DELETE FROM kalito_numbers; DELETE FROM kalito_speakers";
static const char OPTIMIZE[] =
    "INSERT INTO kalito_messages_fts(kalito_messages_fts) VALUES ('optimize');"
    "INSERT INTO kalito_notes_fts(kalito_notes_fts) VALUES ('optimize')";

kal_code kali_index_renew(kal_store *store, kal_err *err) {
    kali_touch_forget(store);
    kali_document_forget(store);
    kali_documents_forget(store);
    kal_code code = kali_db_script(store->db, EMPTY, err);
    if (code == KAL_OK) code = kali_index_catch_up(store, err);
    if (code == KAL_OK) code = kali_document_flush(store, err);
    return code == KAL_OK ? kali_db_script(store->db, OPTIMIZE, err) : code;
}

kal_code kal_index_rebuild(kal_store *store, kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    if (store->batch) code = kali_touch_flush(store, err);
    if (code == KAL_OK) code = kali_index_renew(store, err);
    return kali_write_end(store, code, err);
}
