/*
** index.c: keeping the search index in step with the rows, in the transaction that changes them. What
** another program has added, edited or deleted is found by two marks: messages above the highest indexed
** id, and tombstones left by the triggers. Reading the index is search.c's work.
*/
#include "internal.h"
#include "text/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- prepared text ---- */

/* Han, Hiragana, Katakana: written without spaces. Hangul has spaces. */
static bool unspaced(uint32_t c) {
    return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x3134F) || c == 0x3005 || c == 0x3007;
}

size_t kali_index_run(kal_str text) {
    size_t n = 0, next;
    while (n < text.len && unspaced(kali_decode(text, n, &next)))
        n = next;
    return n;
}

/* "abc" becomes " ab  bc ": every pair of neighbours a word of its own. `last`: the last one alone, too. */
static char *write_pairs(char *out, kal_str run, bool last) {
    size_t a = 0, b, end;
    kali_decode(run, 0, &b);
    do {
        end = b;
        if (b < run.len) kali_decode(run, b, &end);
        *out++ = ' ';
        memcpy(out, run.data + a, end - a);
        out += end - a;
        *out++ = ' ';
        if (b == end) return out; /* a run of one */
        a = b;
        b = end;
    } while (b < run.len);
    if (!last) return out;
    memcpy(out, run.data + a, end - a);
    out += end - a;
    *out++ = ' ';
    return out;
}

static bool has_unspaced(kal_str text) {
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] >= 0xE3) return true;
    return false;
}

static kal_code prepare(kali_arena *arena, kal_str text, bool last, kal_str *out, kal_err *err) {
    *out = text;
    if (!has_unspaced(text)) return KAL_OK;
    /* A pair is two characters and two blanks; a character of 3 bytes stands in two pairs, or in one and alone. */
    char *buffer = kali_arena_alloc(arena, text.len * 3 + 16), *p = buffer;
    if (!buffer) return kali_no_memory(err);
    for (size_t i = 0; i < text.len;) {
        kal_str rest = {text.data + i, text.len - i};
        size_t run = kali_index_run(rest), next = run;
        if (run) {
            p = write_pairs(p, (kal_str){rest.data, run}, last);
        } else {
            kali_decode(rest, 0, &next); /* another program may have stored any bytes */
            memcpy(p, rest.data, next);
            p += next;
        }
        i += next;
    }
    *out = (kal_str){buffer, (size_t)(p - buffer)};
    return KAL_OK;
}

kal_code kali_index_text(kali_arena *arena, kal_str text, kal_str *out, kal_err *err) {
    return prepare(arena, text, true, out, err);
}

kal_code kali_index_query(kali_arena *arena, kal_str text, kal_str *out, kal_err *err) {
    return prepare(arena, text, false, out, err);
}

/* ---- entries ---- */

static const char ADD_MESSAGE[] = "INSERT INTO kalito_messages_fts(rowid, text) VALUES ($1, $2)";
static const char ADD_NOTE[] = "INSERT INTO kalito_notes_fts(rowid, text) VALUES ($1, $2)";
static const char DROP_MESSAGE[] =
    "INSERT INTO kalito_messages_fts(kalito_messages_fts, rowid, text) VALUES ('delete', $1, $2)";
static const char DROP_NOTE[] =
    "INSERT INTO kalito_notes_fts(kalito_notes_fts, rowid, text) VALUES ('delete', $1, $2)";

static kal_code write_entry(kal_store *store, const char *sql, int64_t id, kal_str text,
                            kal_err *err) {
    kali_arena arena = {0};
    kali_stmt *q;
    kal_str prepared;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code == KAL_OK) code = kali_index_text(&arena, text, &prepared, err);
    if (code == KAL_OK) {
        kali_bind_integer(q, 1, id);
        kali_bind_text(q, 2, prepared);
        code = kali_run(q, err);
    }
    kali_arena_free(&arena);
    return code;
}

kal_code kali_index_message(kal_store *store, const kali_document *d, kal_err *err) {
    kal_code code = write_entry(store, ADD_MESSAGE, d->id, d->text, err);
    return code == KAL_OK ? kali_document_add(store, d, err) : code;
}

kal_code kali_index_note(kal_store *store, const char *kind, kal_str key, kal_str text,
                         kal_err *err) {
    static const char SQL[] = "INSERT INTO kalito_notes(kind, key) VALUES ($1, $2)";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, kal_text(kind));
    kali_bind_text(q, 2, key);
    code = kali_run(q, err);
    return code == KAL_OK ? write_entry(store, ADD_NOTE, kali_db_last_id(store->db), text, err)
                          : code;
}

/* ---- tombstones ---- */

/* One text that must leave the index; its strings live in `arena`. */
typedef struct tombstone {
    int64_t id;
    kal_str kind, key, text;
} tombstone;

static kal_code next_tombstone(kal_store *store, int64_t after, kali_arena *arena, tombstone *out,
                               bool *found, kal_err *err) {
    static const char SQL[] = "SELECT id, kind, key, text FROM kalito_tombstones WHERE id > $1"
                              " ORDER BY id LIMIT 1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(q, 1, after);
    code = kali_step(q, found, err);
    if (code != KAL_OK || !*found) return code;
    out->id = kali_integer(q, 0);
    bool copied = kali_arena_copy(arena, kali_text(q, 1), &out->kind) &&
                  kali_arena_copy(arena, kali_text(q, 2), &out->key) &&
                  kali_arena_copy(arena, kali_text(q, 3), &out->text);
    kali_reset(q);
    return copied ? KAL_OK : kali_no_memory(err);
}

/* The first column of the first row of `sql`, given an integer or two texts; 0 when there is none. */
static kal_code look_up(kal_store *store, const char *sql, const tombstone *t, int64_t *out,
                        kal_err *err) {
    kali_stmt *q;
    bool row;
    *out = 0;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, t->key);
    kali_bind_text(q, 2, t->kind);
    code = kali_step(q, &row, err);
    if (code != KAL_OK || !row) return code;
    *out = kali_integer(q, 0);
    kali_reset(q);
    return KAL_OK;
}

/* A message is in the index under its own id; one deleted twice, or never indexed, is not. */
static kal_code bury_message(kal_store *store, const tombstone *t, kal_err *err) {
    static const char INDEXED[] =
        "SELECT id FROM kalito_messages_fts_docsize WHERE id = CAST($1 AS INTEGER)";
    int64_t id;
    kal_code code = look_up(store, INDEXED, t, &id, err);
    if (code != KAL_OK || !id) return code;
    code = write_entry(store, DROP_MESSAGE, id, t->text, err);
    return code == KAL_OK ? kali_document_drop(store, id, err) : code;
}

static kal_code bury_note(kal_store *store, const tombstone *t, kal_err *err) {
    static const char INDEXED[] = "SELECT id FROM kalito_notes WHERE key = $1 AND kind = $2";
    static const char FORGET[] = "DELETE FROM kalito_notes WHERE key = $1 AND kind = $2";
    int64_t id, none;
    kal_code code = look_up(store, INDEXED, t, &id, err);
    if (code != KAL_OK || !id) return code;
    code = write_entry(store, DROP_NOTE, id, t->text, err);
    return code == KAL_OK ? look_up(store, FORGET, t, &none, err) : code;
}

static kal_code clear_tombstones(kal_store *store, kal_err *err) {
    static const char SQL[] = "DELETE FROM kalito_tombstones";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    return code == KAL_OK ? kali_run(q, err) : code;
}

/* The current row of a query for MESSAGE_COLUMNS. Adding it runs other statements: the texts stay. */
#define MESSAGE_COLUMNS "m.id, m.session_id, m.role, m.speaker, coalesce(m.text, ''), m.created_at"

/* "2025-01-01T10:00:00.000Z": those that sort as they are. */
static bool is_our_time(kal_str time) {
    return time.len == KALI_TIME_LEN && time.data[10] == 'T' && time.data[23] == 'Z';
}

static kal_code index_message_row(kal_store *store, kali_stmt *q, kal_err *err) {
    kali_document d = {.id = kali_integer(q, 0),
                       .session = kali_text(q, 1),
                       .role = kali_text(q, 2),
                       .speaker = kali_text(q, 3),
                       .text = kali_text(q, 4),
                       .created_at = kali_text(q, 5)};
    if (is_our_time(d.created_at)) return kali_index_message(store, &d, err);
    kali_arena arena = {0};
    kal_code code = kali_adopt_time(store, d.id, d.session, &d.created_at, &arena, err);
    if (code == KAL_OK) code = kali_index_message(store, &d, err);
    kali_arena_free(&arena);
    return code;
}

#define PROGRESS 2000 /* rows between two words about it; so few are not worth one */

static void tell(const kal_store *store, int64_t rows, int64_t done, int64_t total) {
    const kal_options *o = &store->options;
    if (o->progress && rows >= PROGRESS && (rows % PROGRESS == 0 || done == total))
        o->progress(o->context, done, total);
}

/* Indexes every row that `sql` gives as MESSAGE_COLUMNS or, for notes, (kind, key, text). `last`: the highest id. */
static kal_code index_rows(kal_store *store, const char *sql, bool notes, int64_t above,
                           int64_t last, kal_err *err) {
    int64_t rows = 0;
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(q, 1, above);
    bool row;
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        if (notes)
            code =
                kali_index_note(store, kali_text(q, 0).data, kali_text(q, 1), kali_text(q, 2), err);
        else
            code = index_message_row(store, q, err);
        if (code != KAL_OK) break;
        if (!notes) tell(store, ++rows, kali_integer(q, 0) - above, last - above);
    }
    kali_reset(q);
    return code;
}

/* The edited ones are still there under the same key, with their new text. */
static kal_code index_edited(kal_store *store, kal_err *err) {
    static const char MESSAGES[] =
        "SELECT " MESSAGE_COLUMNS " FROM messages m WHERE m.id IN"
        " (SELECT CAST(key AS INTEGER) FROM kalito_tombstones WHERE kind = 'message')"
        " AND NOT EXISTS (SELECT 1 FROM kalito_messages_fts_docsize d WHERE d.id = m.id)";
    static const char NOTES[] =
        "SELECT t.kind, p.id, p.content FROM semantic_pins p"
        " JOIN (SELECT DISTINCT kind, key FROM kalito_tombstones) t ON t.kind = 'pin' AND t.key = p.id"
        " UNION ALL SELECT t.kind, s.id, s.summary FROM conversation_summaries s"
        " JOIN (SELECT DISTINCT kind, key FROM kalito_tombstones) t ON t.kind = 'summary' AND t.key = s.id";
    kal_code code = index_rows(store, MESSAGES, false, 0, 0, err);
    return code == KAL_OK ? index_rows(store, NOTES, true, 0, 0, err) : code;
}

kal_code kali_index_settle(kal_store *store, kal_err *err) {
    kali_arena arena = {0};
    tombstone t = {0};
    bool found = false, any = false;
    kal_code code = next_tombstone(store, 0, &arena, &t, &found, err);
    while (code == KAL_OK && found) {
        any = true;
        bool message = kali_is(t.kind, "message");
        code = message ? bury_message(store, &t, err) : bury_note(store, &t, err);
        kali_arena_reset(&arena);
        if (code == KAL_OK) code = next_tombstone(store, t.id, &arena, &t, &found, err);
    }
    kali_arena_free(&arena);
    if (code == KAL_OK && any) code = index_edited(store, err);
    if (code == KAL_OK && any) code = clear_tombstones(store, err);
    return code;
}

/* ---- what another program has written ---- */

static kal_code run_with(kal_store *store, const char *sql, int64_t mark, kal_err *err) {
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(q, 1, mark);
    return kali_run(q, err);
}

static kal_code add_messages(kal_store *store, kal_err *err) {
    static const char NEW[] =
        "SELECT " MESSAGE_COLUMNS " FROM messages m WHERE m.id > $1 ORDER BY m.id";
    static const char COUNT[] =
        "UPDATE sessions SET message_count = (SELECT count(*) FROM messages WHERE session_id = sessions.id)"
        " WHERE id IN (SELECT session_id FROM messages WHERE id > $1)";
    int64_t mark, last;
    kal_code code =
        kali_db_integer(store->db, "SELECT max(id) FROM kalito_messages_fts_docsize", &mark, err);
    if (code == KAL_OK)
        code = kali_db_integer(store->db, "SELECT max(id) FROM messages", &last, err);
    if (code != KAL_OK || last <= mark) return code;
    code = index_rows(store, NEW, false, mark, last, err);
    return code == KAL_OK ? run_with(store, COUNT, mark, err) : code;
}

/* New rows come last, so that those that another program has added since all were indexed are the last ones: looking
** at the very last costs the same however many there are. A row without an id, which only another program's table can
** hold, has no name that the index could know it by. */
#define MISSING                                                                                    \
    "EXISTS (SELECT 1 FROM"                                                                        \
    " (SELECT id FROM semantic_pins WHERE id IS NOT NULL ORDER BY rowid DESC LIMIT 1) p"           \
    " WHERE NOT EXISTS (SELECT 1 FROM kalito_notes n WHERE n.kind = 'pin' AND n.key = p.id))"      \
    " OR EXISTS (SELECT 1 FROM"                                                                    \
    " (SELECT id FROM conversation_summaries WHERE id IS NOT NULL ORDER BY rowid DESC LIMIT 1) s"  \
    " WHERE NOT EXISTS (SELECT 1 FROM kalito_notes n WHERE n.kind = 'summary' AND n.key = s.id))"

static kal_code add_notes(kal_store *store, kal_err *err) {
    static const char NEW[] =
        "SELECT 'pin', id, content FROM semantic_pins p WHERE id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM kalito_notes n WHERE n.kind = 'pin' AND n.key = p.id)"
        " UNION ALL SELECT 'summary', id, summary FROM conversation_summaries s"
        " WHERE id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM kalito_notes n WHERE n.kind = 'summary' AND n.key = s.id)";
    int64_t missing, rewritten = 0;
    kal_code code = kali_db_integer(store->db, "SELECT " MISSING, &missing, err);
    if (code == KAL_OK && missing) code = kali_adopt_note_times(store, &rewritten, err);
    return code == KAL_OK && missing ? index_rows(store, NEW, true, 0, 0, err) : code;
}

kal_code kali_index_catch_up(kal_store *store, kal_err *err) {
    kal_code code = kali_index_settle(store, err);
    if (code == KAL_OK) code = add_messages(store, err);
    if (code == KAL_OK) code = add_notes(store, err);
    return code;
}

/* Whether another program has left something to do: deleted or edited texts, messages above the mark, notes. */
static kal_code is_stale(kal_store *store, bool *out, kal_err *err) {
    static const char SQL[] =
        "SELECT EXISTS (SELECT 1 FROM kalito_tombstones) OR coalesce((SELECT max(id) FROM messages), 0)"
        " > coalesce((SELECT max(id) FROM kalito_messages_fts_docsize), 0) OR " MISSING;
    int64_t stale;
    kal_code code = kali_db_value(store->db, SQL, &stale, err);
    *out = code == KAL_OK && stale;
    return code;
}

/* In a transaction the index holds back what was added since it began; a savepoint makes it write. */
static kal_code settle_batch(kal_store *store, kal_err *err) {
    kal_code code = kali_document_flush(store, err);
    return code == KAL_OK ? kali_db_script(store->db, "SAVEPOINT kalito; RELEASE kalito", err)
                          : code;
}

kal_code kali_index_refresh(kal_store *store, kal_err *err) {
    static const char LOOK[] = "SELECT 1 FROM kalito_tombstones LIMIT 1";
    kali_stmt *q;
    bool stale;
    if (store->batch) return store->reading ? KAL_OK : settle_batch(store, err);
    kal_code code = KAL_OK;
    if (store->seen) { /* only reading tells what others have written */
        code = kali_db_use(store->db, LOOK, &q, err);
        if (code == KAL_OK) code = kali_run(q, err);
        if (code != KAL_OK) return code;
        if (kali_db_version(store->db) == store->version) return KAL_OK;
    }
    code = is_stale(store, &stale, err);
    if (code != KAL_OK || !stale || kali_db_read_only(store->db)) return code;
    code = kali_write_begin(store, err);
    if (code == KAL_BUSY) return KAL_OK; /* what is indexed is searched */
    return code == KAL_OK ? kali_write_end(store, code, err) : code;
}
