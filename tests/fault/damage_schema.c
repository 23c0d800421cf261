#include "damage.h"

/* ---- schemas */

static const char *const TABLES[] = {"sessions",
                                     "messages",
                                     "personas",
                                     "conversation_summaries",
                                     "semantic_pins",
                                     "kalito_notes",
                                     "kalito_tombstones",
                                     "kalito_contexts",
                                     "kalito_documents",
                                     "kalito_numbers",
                                     "kalito_speakers",
                                     "kalito_undone",
                                     "kalito_turns",
                                     "kalito_models",
                                     "kalito_rejected",
                                     "kalito_messages_fts",
                                     "kalito_messages_fts_data",
                                     "kalito_messages_fts_idx",
                                     "kalito_messages_fts_docsize",
                                     "kalito_messages_fts_config",
                                     "kalito_notes_fts",
                                     "kalito_notes_fts_data"};
#define TABLE_COUNT (int)(sizeof TABLES / sizeof *TABLES)

/* Done to every table: %w is its name. */
static const char *const EACH[] = {
    "DROP TABLE %w",
    /* A view in its place that gives the same. */
    "ALTER TABLE %w RENAME TO hidden; CREATE VIEW %w AS SELECT * FROM hidden",
    /* One that never ends. */
    "ALTER TABLE %w RENAME TO hidden; CREATE VIEW %w AS WITH RECURSIVE r(i) AS"
    " (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT h.* FROM r, hidden h",
    /* Two that stand for each other. */
    "DROP TABLE %w; CREATE VIEW %w AS SELECT * FROM hidden; CREATE VIEW hidden AS SELECT * FROM %w",
    /* A table of that name with other columns. */
    "DROP TABLE %w; CREATE TABLE %w(x, y)",
    /* One without a rowid. */
    "DROP TABLE %w; CREATE TABLE %w(id TEXT PRIMARY KEY, session_id, text, role) WITHOUT ROWID",
    /* Columns that are computed, and large. */
    "ALTER TABLE %w ADD COLUMN huge GENERATED ALWAYS AS (hex(zeroblob(2000000)))",
    "UPDATE sqlite_master SET rootpage = 1 WHERE name = '%w'",
    "UPDATE sqlite_master SET rootpage = 1000000 WHERE name = '%w'",
    "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'messages')"
    " WHERE name = '%w'",
    "UPDATE sqlite_master SET sql = 'CREATE TABLE %w(' WHERE name = '%w'",
    "UPDATE sqlite_master SET sql = replace(sql, 'TEXT', 'BLOB COLLATE nowhere') WHERE name = '%w'",
    "UPDATE sqlite_master SET name = 'elsewhere' WHERE name = '%w'"};
#define EACH_COUNT (int)(sizeof EACH / sizeof *EACH)

#define LOOP                                                                                       \
    "(WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r)"

static const char *const SINGLE[] = {
    "PRAGMA user_version = 4", "PRAGMA user_version = 99", "PRAGMA user_version = -1",
    "PRAGMA user_version = 2147483647", "PRAGMA application_id = 1", "PRAGMA application_id = 0",
    "PRAGMA application_id = 0; PRAGMA user_version = 0", "PRAGMA user_version = 0",
    "PRAGMA user_version = 1", "PRAGMA user_version = 2",
    /* What the core does by itself before a search, made endless. */
    "CREATE TRIGGER t AFTER DELETE ON kalito_tombstones BEGIN SELECT " LOOP "; END;"
    "DELETE FROM messages WHERE id = 3",
    "CREATE TRIGGER t AFTER UPDATE ON sessions BEGIN SELECT " LOOP "; END;"
    "PRAGMA foreign_keys = OFF; DROP TRIGGER kalito_message_deleted;"
    "INSERT INTO messages(session_id, role, text) VALUES ('s', 'user', 'new')",
    "CREATE TRIGGER t AFTER INSERT ON kalito_notes BEGIN SELECT " LOOP "; END;"
    "INSERT INTO semantic_pins(id, session_id, content) VALUES ('x', 's', 'new');"
    "INSERT INTO messages(session_id, role, text) VALUES ('s', 'user', 'new')",
    "CREATE TRIGGER t AFTER INSERT ON kalito_tombstones BEGIN"
    " INSERT INTO kalito_tombstones(kind, key, text) VALUES ('message', new.key, new.text); END;"
    "DELETE FROM messages WHERE id = 3",
    "INSERT INTO kalito_tombstones(kind, key, text) VALUES ('nothing', 'x', ''), ('message', 'x', x'00FF'),"
    " ('pin', 1, 2), ('message', 99999999999, 'gone'), ('message', -5, 'gone'), ('message', 3, 'other')",
    "UPDATE kalito_messages_fts_config SET v = 3", "DELETE FROM kalito_messages_fts_config",
    "INSERT INTO kalito_messages_fts_config VALUES ('rank', 'bm25(1e308, -1e308)')",
    "DELETE FROM kalito_messages_fts_idx",
    "UPDATE kalito_messages_fts_idx SET pgno = pgno * 1000003",
    "UPDATE kalito_messages_fts_idx SET segid = segid + 1, term = 7",
    "DELETE FROM kalito_messages_fts_data WHERE id = 10",
    "DELETE FROM kalito_messages_fts_data WHERE id = 1",
    "DELETE FROM kalito_messages_fts_data WHERE id > 10", "DELETE FROM kalito_messages_fts_docsize",
    "UPDATE kalito_messages_fts_docsize SET sz = 5",
    "INSERT INTO kalito_messages_fts_docsize VALUES (9223372036854775807, x'00')",
    "DELETE FROM kalito_numbers",
    "UPDATE kalito_numbers SET number = 9223372036854775807 WHERE session_id = 's'",
    "UPDATE kalito_numbers SET number = -1 WHERE session_id = 's'",
    "UPDATE kalito_speakers SET number = 1000000",
    "UPDATE kalito_documents SET block = 9223372036854775807",
    "UPDATE kalito_documents SET block = -1",
    "UPDATE kalito_documents SET records = zeroblob(60000000)",
    "INSERT INTO kalito_documents VALUES (28823037615171174, x'010000000000000101000100')",
    "DELETE FROM kalito_documents", "UPDATE sqlite_sequence SET seq = 9223372036854775807",
    "UPDATE sqlite_sequence SET seq = 'x'",
    "ANALYZE; UPDATE sqlite_stat1 SET stat = '999999999999999999999 -1 x'",
    "UPDATE messages SET id = 9223372036854775807 WHERE id = 3",
    "UPDATE messages SET id = -9223372036854775807 WHERE id = 3",
    "UPDATE sessions SET boundary_at = x'FF', boundary_id = 1e300",
    "UPDATE sessions SET message_count = -9223372036854775807",
    "UPDATE conversation_summaries SET parent = id, level = 9223372036854775807",
    "UPDATE conversation_summaries SET start_message_id = 'x', end_message_id = -1",
    "CREATE INDEX i ON messages(hex(zeroblob(1000000)))",
    "CREATE INDEX i ON messages(text) WHERE text LIKE '%a%a%a%a%a%a%a%a%a%a%a%b'",
    "DROP INDEX idx_messages_session_created",
    "DROP INDEX kalito_messages_external; DROP INDEX kalito_pins_session",
    "ALTER TABLE messages DROP COLUMN speaker", "ALTER TABLE sessions DROP COLUMN boundary_id",
    "UPDATE sqlite_master SET sql = replace(sql, 'text TEXT',"
    " 'text TEXT GENERATED ALWAYS AS (hex(zeroblob(2000000)))') WHERE name = 'messages'",
    "UPDATE sqlite_master SET sql = replace(sql, 'name TEXT',"
    " 'name TEXT AS (hex(zeroblob(2000000)) || hex(zeroblob(2000000)))') WHERE name = 'sessions'",
    "UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE kalito_messages_fts USING fts5(text,"
    " content=''messages'', content_rowid=''id'')' WHERE name = 'kalito_messages_fts'",
    "UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE kalito_messages_fts USING fts5(a, b, c,"
    " content='''')' WHERE name = 'kalito_messages_fts'",
    "UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE kalito_messages_fts USING rtree(a, b, c)'"
    " WHERE name = 'kalito_messages_fts'",
    "UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE kalito_messages_fts USING nothing(text)'"
    " WHERE name = 'kalito_messages_fts'",
    "CREATE TABLE many AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 3000)"
    " SELECT i FROM r; INSERT INTO sqlite_master SELECT 'view', 'v' || i, 'v' || i, 0,"
    " 'CREATE VIEW v' || i || ' AS SELECT * FROM v' || (i + 1) FROM many"};
#define SINGLE_COUNT (int)(sizeof SINGLE / sizeof *SINGLE)

const int damage_schemas = SINGLE_COUNT + EACH_COUNT * TABLE_COUNT;

static void substitute(const char *form, const char *name, char *out) {
    for (; *form; form++) {
        if (form[0] == '%' && form[1] == 'w') {
            out += sprintf(out, "%s", name);
            form++;
        } else {
            *out++ = *form;
        }
    }
    *out = 0;
}

/* Statement by statement: one that SQLite refuses does no harm. */
static void run_all(sqlite3 *db, const char *sql) {
    while (*sql) {
        sqlite3_stmt *q = NULL;
        const char *tail = sql;
        if (sqlite3_prepare_v2(db, sql, -1, &q, &tail) == SQLITE_OK)
            while (q && sqlite3_step(q) == SQLITE_ROW) {
            }
        sqlite3_finalize(q);
        if (tail == sql) return;
        sql = tail;
    }
}

void damage_schema(const char *path, int variant) {
    char sql[2000];
    sqlite3 *db = damage_open(path);
    if (variant < SINGLE_COUNT) {
        run_all(db, SINGLE[variant]);
    } else {
        variant -= SINGLE_COUNT;
        substitute(EACH[variant / TABLE_COUNT], TABLES[variant % TABLE_COUNT], sql);
        run_all(db, sql);
    }
    sqlite3_close(db);
}

/* ---- values of the wrong kind */

static const char *const COLUMNS[] = {"sessions.id",
                                      "sessions.name",
                                      "sessions.model",
                                      "sessions.persona_id",
                                      "sessions.created_at",
                                      "sessions.updated_at",
                                      "sessions.saved",
                                      "sessions.boundary_at",
                                      "sessions.boundary_id",
                                      "sessions.archived_at",
                                      "messages.session_id",
                                      "messages.role",
                                      "messages.text",
                                      "messages.model_id",
                                      "messages.token_usage",
                                      "messages.importance_score",
                                      "messages.created_at",
                                      "messages.speaker",
                                      "messages.score_reasons",
                                      "messages.external_id",
                                      "personas.name",
                                      "personas.prompt",
                                      "personas.temperature",
                                      "personas.category",
                                      "personas.stopSequences",
                                      "conversation_summaries.summary",
                                      "conversation_summaries.importance_score",
                                      "conversation_summaries.created_at",
                                      "conversation_summaries.start_message_id",
                                      "semantic_pins.id",
                                      "semantic_pins.content",
                                      "semantic_pins.importance_score",
                                      "semantic_pins.pin_type",
                                      "kalito_notes.key",
                                      "kalito_notes.kind",
                                      "kalito_numbers.session_id",
                                      "kalito_contexts.pieces",
                                      "kalito_documents.records",
                                      "kalito_speakers.name",
                                      "kalito_tombstones.text"};
#define COLUMN_COUNT (int)(sizeof COLUMNS / sizeof *COLUMNS)

static const char *const VALUES[] = {"NULL",
                                     "x'FF00FE80C0'",
                                     "9223372036854775807",
                                     "9e999",
                                     "-9e999",
                                     "''",
                                     "CAST(x'61006200' AS TEXT)",
                                     "CAST(x'F8A1A1A1C3' AS TEXT)",
                                     "hex(zeroblob(3000000))",
                                     "zeroblob(17000000)",
                                     "char(27) || '[2J' || char(8238, 10, 13, 7)"};
#define VALUE_COUNT (int)(sizeof VALUES / sizeof *VALUES)

const int damage_values = COLUMN_COUNT * VALUE_COUNT;

/* A third of the rows get the value: large ones would else fill the disk. */
void damage_value(const char *path, int variant) {
    char sql[600], table[64];
    const char *column = COLUMNS[variant / VALUE_COUNT % COLUMN_COUNT], *dot = strchr(column, '.');
    snprintf(table, sizeof table, "%.*s", (int)(dot - column), column);
    snprintf(
        sql, sizeof sql,
        "INSERT INTO kalito_tombstones(kind, key, text) VALUES ('message', 9, 'x');"
        "UPDATE %s SET %s = %s WHERE rowid IN (SELECT rowid FROM %s WHERE rowid %% 3 = 1 LIMIT 2)",
        table, dot + 1, VALUES[variant % VALUE_COUNT], table);
    sqlite3 *db = damage_open(path);
    sqlite3_exec(db, "PRAGMA foreign_keys = OFF", 0, 0, 0);
    run_all(db, sql);
    sqlite3_close(db);
}
