#include "world.h"

#include <glob.h>

/* ---- hashes of everything */

static void mix(uint64_t *h, const void *data, size_t n) {
    const uint8_t *p = data;
    for (size_t i = 0; i < n; i++)
        *h = (*h ^ p[i]) * 0x100000001B3ull;
}

static sqlite3 *open_raw(const char *path) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *path, const char *sql) {
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        fail_msg("%s: %s: %s", path, sql, sqlite3_errmsg(db));
    return q;
}

static void mix_rows(sqlite3 *db, const char *path, const char *sql, uint64_t *h) {
    sqlite3_stmt *q = prepare(db, path, sql);
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(q); i++) {
            int type = sqlite3_column_type(q, i), n = sqlite3_column_bytes(q, i);
            const void *data = sqlite3_column_blob(q, i);
            mix(h, &type, sizeof type);
            mix(h, &n, sizeof n);
            if (data) mix(h, data, (size_t)n);
        }
    if (rc != SQLITE_DONE) fail_msg("%s: %s: %s", path, sql, sqlite3_errmsg(db));
    sqlite3_finalize(q);
}

/* The name that every file gives itself is left out: it is drawn by lot. */
uint64_t world_hash(const char *path) {
    uint64_t h = 0xCBF29CE484222325ull;
    sqlite3 *db = open_raw(path);
    mix_rows(db, path, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name", &h);
    sqlite3_stmt *q = prepare(db, path,
                              "SELECT 'SELECT * FROM \"' || name || '\" ORDER BY 1, 2' FROM"
                              " sqlite_master WHERE type = 'table' AND rootpage > 0 AND"
                              " name <> 'kalito_meta' ORDER BY name");
    while (sqlite3_step(q) == SQLITE_ROW)
        mix_rows(db, path, (const char *)sqlite3_column_text(q, 0), &h);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return h;
}

/* ---- what must hold */

/* Each finds what is wrong; none has a row when all is well. */
static const char *const FILE_RULES[] = {
    "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    "SELECT \"table\" FROM pragma_foreign_key_check"};

static const char *const RULES[] = {
    "SELECT 'tombstone ' || key FROM kalito_tombstones",
    "SELECT 'not indexed: ' || id FROM messages WHERE id NOT IN"
    " (SELECT id FROM kalito_messages_fts_docsize)",
    "SELECT 'indexed, but gone: ' || id FROM kalito_messages_fts_docsize WHERE id NOT IN"
    " (SELECT id FROM messages)",
    "SELECT 'count of ' || id FROM sessions WHERE message_count <>"
    " (SELECT count(*) FROM messages WHERE session_id = sessions.id)",
    /* One record of 12 bytes for each message, with its session's number, and no other. */
    "SELECT 'no record: ' || m.id FROM messages m WHERE NOT EXISTS (SELECT 1 FROM kalito_documents d"
    " JOIN kalito_numbers n ON n.session_id = m.session_id WHERE d.block = m.id / 320 AND"
    " hex(substr(d.records, m.id % 320 * 12 + 1, 3)) ="
    " printf('%02X%02X%02X', n.number % 256, n.number / 256 % 256, n.number / 65536) AND"
    " hex(substr(d.records, m.id % 320 * 12 + 8, 1)) <> '00')",
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 319)"
    " SELECT 'a record too many: ' || (block * 320 + i) FROM kalito_documents, n WHERE"
    " hex(substr(records, i * 12 + 8, 1)) NOT IN ('', '00') AND block * 320 + i NOT IN"
    " (SELECT id FROM messages)",
    "SELECT 'no note: ' || id FROM semantic_pins WHERE id NOT IN"
    " (SELECT key FROM kalito_notes WHERE kind = 'pin')",
    "SELECT 'no note: ' || id FROM conversation_summaries WHERE id NOT IN"
    " (SELECT key FROM kalito_notes WHERE kind = 'summary')",
    "SELECT 'a note too many: ' || key FROM kalito_notes WHERE key NOT IN"
    " (SELECT id FROM semantic_pins UNION ALL SELECT id FROM conversation_summaries)",
    "SELECT 'note not indexed: ' || key FROM kalito_notes WHERE id NOT IN"
    " (SELECT id FROM kalito_notes_fts_docsize)",
    "SELECT 'note indexed, but gone: ' || id FROM kalito_notes_fts_docsize WHERE id NOT IN"
    " (SELECT id FROM kalito_notes)",
    "SELECT 'archived without a summary: ' || id FROM sessions s WHERE boundary_id <> 0 AND NOT EXISTS"
    " (SELECT 1 FROM conversation_summaries c WHERE c.session_id = s.id AND"
    " c.end_message_id = CAST(s.boundary_id AS TEXT))",
    /* The words of the index are those of the messages: every text holds one of its own. */
    "SELECT 'word ' || v.term || ' is not in ' || v.doc FROM temp.v v LEFT JOIN messages m ON"
    " m.id = v.doc WHERE v.term GLOB 'uniq*' AND coalesce(instr(m.text, v.term), 0) = 0",
    "SELECT 'word missing of ' || id FROM messages WHERE text LIKE '%uniq%' AND id NOT IN"
    " (SELECT doc FROM temp.v WHERE term GLOB 'uniq*')"};

static void check_rules(sqlite3 *db, const char *label, const char *const *rules, size_t count) {
    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *q = prepare(db, label, rules[i]);
        int rc = sqlite3_step(q);
        if (rc == SQLITE_ROW) fail_msg("%s: %s", label, (const char *)sqlite3_column_text(q, 0));
        if (rc != SQLITE_DONE) fail_msg("%s: %s: %s", label, rules[i], sqlite3_errmsg(db));
        sqlite3_finalize(q);
    }
}

void world_check_file(const char *path, const char *label, bool exact) {
    static const char VOCABULARY[] =
        "CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, kalito_messages_fts, instance)";
    sqlite3 *db = open_raw(path);
    char *message = NULL;
    check_rules(db, label, FILE_RULES, sizeof FILE_RULES / sizeof *FILE_RULES);
    if (exact) {
        if (sqlite3_exec(db, VOCABULARY, NULL, NULL, &message) != SQLITE_OK)
            fail_msg("%s: %s", label, message);
        check_rules(db, label, RULES, sizeof RULES / sizeof *RULES);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void world_check(const char *path, const char *label) {
    world_check_file(path, label, true);
}

int world_copies(const char *path, const char *label) {
    char pattern[340];
    glob_t found;
    kal_backup backup;
    kal_err err;
    int count = 0;
    snprintf(pattern, sizeof pattern, "%.*s/*.db", (int)(strrchr(path, '/') - path), path);
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++) {
            if (strcmp(found.gl_pathv[i], path) == 0) continue;
            if (kal_backup_verify(found.gl_pathv[i], &backup, &err) != KAL_OK)
                fail_msg("%s: %s", label, err.message);
            count++;
        }
    globfree(&found);
    return count;
}
