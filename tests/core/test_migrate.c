/* The schema: the original's tables as they were, files of the original brought up to date, failures undone. */
#include "support.h"

#include <unistd.h>

/* The original's tables as its own program makes them. */
static const char ORIGINAL[] =
    "CREATE TABLE personas (id TEXT PRIMARY KEY, name TEXT NOT NULL, prompt TEXT NOT NULL,"
    " description TEXT, icon TEXT, default_model TEXT, suggested_models TEXT, temperature REAL,"
    " maxTokens INTEGER, created_at TEXT, updated_at TEXT, category TEXT, topP REAL, stopSequences TEXT,"
    " repeatPenalty REAL, is_default INTEGER DEFAULT 0);"
    "CREATE TABLE sessions (id TEXT PRIMARY KEY, name TEXT, model TEXT, recap TEXT, persona_id TEXT,"
    " created_at TEXT, updated_at TEXT, saved INTEGER DEFAULT 0);"
    "CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, role TEXT,"
    " text TEXT, model_id TEXT, token_usage INTEGER, importance_score REAL DEFAULT 0.5, created_at TEXT,"
    " FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE);"
    "CREATE TABLE conversation_summaries (id TEXT PRIMARY KEY, session_id TEXT NOT NULL,"
    " summary TEXT NOT NULL, message_count INTEGER NOT NULL, start_message_id TEXT, end_message_id TEXT,"
    " importance_score REAL DEFAULT 0.7, created_at TEXT DEFAULT CURRENT_TIMESTAMP,"
    " FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE);"
    "CREATE TABLE semantic_pins (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, content TEXT NOT NULL,"
    " source_message_id TEXT, importance_score REAL DEFAULT 0.8, pin_type TEXT DEFAULT 'user',"
    " created_at TEXT DEFAULT CURRENT_TIMESTAMP,"
    " FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE);"
    "CREATE INDEX idx_messages_session_created ON messages(session_id, created_at DESC);";

static void make_original(fixture *f) {
    run(f, "%s", ORIGINAL);
    run(f, "INSERT INTO sessions(id, name, saved) VALUES ('s', 'Trip', 1), ('old id', NULL, NULL);"
           "INSERT INTO messages(session_id, role, text, created_at) VALUES"
           " ('s', 'user', 'apple', '2025-01-01T00:00:00.000Z'),"
           " ('s', 'assistant', 'pear', '2025-01-01T00:00:01.000Z'), ('s', NULL, NULL, NULL);"
           "INSERT INTO semantic_pins(id, session_id, content) VALUES ('p', 's', 'plum');"
           "INSERT INTO conversation_summaries(id, session_id, summary, message_count)"
           " VALUES ('m', 's', 'grape', 2);"
           "INSERT INTO personas(id, name, prompt) VALUES ('x', 'X', 'Be X.')");
}

static void the_originals_tables_come_first_and_unchanged(void **state) {
    fixture *f = *state;
    static const char *const tables[] = {"sessions", "personas", "messages",
                                         "conversation_summaries", "semantic_pins"};
    char path[320];
    snprintf(path, sizeof path, "%s/original.db", f->dir);
    sqlite3 *original;
    assert_int_equal(sqlite3_open(path, &original), SQLITE_OK);
    assert_int_equal(sqlite3_exec(original, ORIGINAL, 0, 0, 0), SQLITE_OK);
    for (int i = 0; i < 5; i++) {
        sqlite3_stmt *a, *b;
        char sql[100];
        snprintf(sql, sizeof sql, "PRAGMA table_info(%s)", tables[i]);
        assert_int_equal(sqlite3_prepare_v2(original, sql, -1, &a, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(other(f), sql, -1, &b, NULL), SQLITE_OK);
        while (sqlite3_step(a) == SQLITE_ROW) {
            assert_int_equal(sqlite3_step(b), SQLITE_ROW);
            for (int c = 0; c < 6; c++) {
                const char *x = (const char *)sqlite3_column_text(a, c);
                const char *y = (const char *)sqlite3_column_text(b, c);
                assert_string_equal(x ? x : "-", y ? y : "-");
            }
        }
        sqlite3_finalize(a);
        sqlite3_finalize(b);
    }
    sqlite3_close(original);
    assert_int_equal(integer(f,
                             "SELECT count(*) FROM sqlite_master WHERE name ="
                             " 'idx_messages_session_created' AND sql LIKE '%%created_at DESC)'"),
                     1);
    assert_int_equal(integer(f, "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND"
                                " sql LIKE '%%INSERT ON messages%%'"),
                     0);
}

static void a_file_of_the_original_is_brought_up_to_date(void **state) {
    fixture *f = *state;
    make_original(f);
    reopen(f);
    kal_session session;
    ok(kal_session_get(f->store, T("s"), &session, &f->err));
    assert_text(session.name, "Trip");
    assert_true(session.saved);
    ok(kal_session_get(f->store, T("old id"), &session, &f->err));
    assert_false(session.saved);
    kal_message message;
    ok(kal_message_get(f->store, 2, &message, &f->err));
    assert_text(message.text, "pear");
    kal_pin pin;
    ok(kal_pin_get(f->store, T("p"), &pin, &f->err));
    assert_text(pin.pin_type, "user");
    kal_summary summary;
    ok(kal_summary_get(f->store, T("m"), &summary, &f->err));
    assert_int_equal(summary.message_count, 2);
    kal_persona persona;
    ok(kal_persona_get(f->store, T("x"), &persona, &f->err));
    add_message(f, "s", "cherry");
    assert_int_equal(count_of(f, "s"), 4);
    assert_int_equal(
        integer(f, "SELECT count(*) FROM kalito_messages_fts WHERE text MATCH 'apple'"), 1);
    assert_int_equal(
        integer(f, "SELECT count(*) FROM kalito_notes_fts WHERE text MATCH 'plum OR grape'"), 2);
    assert_int_equal(integer(f, "PRAGMA user_version"), SCHEMA);
}

static void the_journal_mode_of_a_file_stays(void **state) {
    fixture *f = *state;
    make_original(f);
    reopen(f);
    kal_store_info info;
    ok(kal_store_stat(f->store, &info, &f->err));
    assert_text(info.journal_mode, "delete");
    assert_int_equal(info.wal_size, 0);
    add_message(f, "s", "cherry");
    reopen(f);
    ok(kal_store_stat(f->store, &info, &f->err));
    assert_text(info.journal_mode, "delete");
}

static void the_original_can_go_on_writing(void **state) {
    fixture *f = *state;
    make_original(f);
    reopen(f);
    run(f, "INSERT INTO messages(session_id, role, text, created_at) VALUES"
           " ('s', 'user', 'cherry', '2025-01-02T00:00:00.000Z')");
    run(f, "INSERT INTO sessions(id, name, model, recap, persona_id, created_at, updated_at, saved)"
           " VALUES ('n', 'new', 'm', NULL, 'x', '2025', '2025', 0)");
    run(f, "UPDATE messages SET importance_score = 0.9 WHERE id = 1");
    run(f, "DELETE FROM messages WHERE id = 1");
    run(f, "DELETE FROM sessions WHERE id = 's'");
    run(f, "DELETE FROM personas WHERE id = 'x'");
    run(f, "INSERT OR REPLACE INTO semantic_pins(id, session_id, content) VALUES ('q', 'n', 'c')");
    run(f, "INSERT OR REPLACE INTO semantic_pins(id, session_id, content) VALUES ('q', 'n', 'd')");
    add_message(f, "n", "x");
    assert_int_equal(count_of(f, "n"), 1);
}

static void tables_and_columns_that_are_not_ours_stay(void **state) {
    fixture *f = *state;
    make_original(f);
    run(f,
        "ALTER TABLE messages ADD COLUMN mood TEXT; UPDATE messages SET mood = 'fine';"
        "CREATE TABLE health(id INTEGER PRIMARY KEY, pulse INTEGER); INSERT INTO health VALUES (1, 60);"
        "CREATE TRIGGER theirs AFTER INSERT ON messages BEGIN UPDATE health SET pulse = pulse + 1; END");
    reopen(f);
    add_message(f, "s", "cherry");
    assert_int_equal(integer(f, "SELECT count(*) FROM messages WHERE mood = 'fine'"), 3);
    assert_int_equal(integer(f, "SELECT pulse FROM health"), 61);
}

static void a_migration_that_fails_changes_nothing(void **state) {
    fixture *f = *state;
    make_original(f);
    /* In the way of a table of ours. */
    run(f, "CREATE TABLE kalito_notes(x)");
    int64_t before = integer(f, "SELECT count(*) FROM sqlite_master");
    kal_options options = options_of(f);
    kal_code code = kal_store_open(f->path, &options, &f->store, &f->err);
    assert_int_not_equal(code, KAL_OK);
    says("kalito_notes");
    assert_int_equal(integer(f, "SELECT count(*) FROM sqlite_master"), before);
    assert_int_equal(integer(f, "PRAGMA user_version"), 0);
    run(f, "DROP TABLE kalito_notes");
    reopen(f);
    add_message(f, "s", "x");
}

static void some_of_the_originals_tables_are_not_enough(void **state) {
    fixture *f = *state;
    run(f,
        "CREATE TABLE sessions(id TEXT PRIMARY KEY); CREATE TABLE messages(id INTEGER PRIMARY KEY)");
    kal_options options = options_of(f);
    fails(KAL_NOT_KALITO, kal_store_open(f->path, &options, &f->store, &f->err));
    says("left unchanged");
}

static void a_file_of_a_header_only_becomes_a_database_when_asked(void **state) {
    fixture *f = *state;
    run(f, "CREATE TABLE x(y); DROP TABLE x; VACUUM");
    sqlite3_close(f->other);
    f->other = NULL;
    fails(KAL_NOT_FOUND, kal_store_open(f->path, NULL, &f->store, &f->err));
    reopen(f);
    add_session(f, "s");
}

static void opening_again_changes_nothing(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    int64_t before = integer(f, "PRAGMA schema_version");
    for (int i = 0; i < 3; i++)
        reopen(f);
    assert_int_equal(integer(f, "PRAGMA schema_version"), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_FILE(the_originals_tables_come_first_and_unchanged),
        ON_FOLDER(a_file_of_the_original_is_brought_up_to_date),
        ON_FOLDER(the_journal_mode_of_a_file_stays),
        ON_FOLDER(the_original_can_go_on_writing),
        ON_FOLDER(tables_and_columns_that_are_not_ours_stay),
        ON_FOLDER(a_migration_that_fails_changes_nothing),
        ON_FOLDER(some_of_the_originals_tables_are_not_enough),
        ON_FOLDER(a_file_of_a_header_only_becomes_a_database_when_asked),
        ON_FILE(opening_again_changes_nothing),
    };
    return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
