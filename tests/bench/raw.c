/*
** raw.c: the contender `raw`: what the same work costs on the SQLite API alone, with kept statements and
** nothing on top. It opens the files that kalito makes: the same tables, indexes and pragmas, one update of
** the session for a message, and the search index by an explicit insert.
** With WITH_LUA it carries an idle Lua state, for the comparison of start-up times.
*/
#include "bench.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef WITH_LUA
#include <lauxlib.h>
#include <lualib.h>
#endif

#ifdef WITH_LUA
const char contender[] = "raw+lua";
#else
const char contender[] = "raw";
#endif

/* Those of core/sqlite.c. */
static const char SETTINGS[] = "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;"
                               "PRAGMA cache_size = -4000; PRAGMA secure_delete = FAST;"
                               "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
                               "PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 16777216;";

static sqlite3 *db;
static sqlite3_stmt *begin, *commit, *add, *add_index, *touch, *pins, *summaries, *recent, *search;
static bool indexed;

static void run(const char *sql) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail(sql, sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q, NULL) != SQLITE_OK)
        fail(sql, sqlite3_errmsg(db));
    return q;
}

static void step(sqlite3_stmt *q) {
    if (sqlite3_step(q) != SQLITE_DONE) fail("step", sqlite3_errmsg(db));
    sqlite3_reset(q);
}

static void text(sqlite3_stmt *q, int k, const line *row, int field) {
    sqlite3_bind_text(q, k, row->field[field], row->len[field], SQLITE_STATIC);
}

void contender_open(const char *path, const char *mode, bool index) {
#ifdef WITH_LUA
    lua_State *L = luaL_newstate();
    if (!L) fail("lua", "out of memory");
    luaL_openlibs(L);
#endif
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        fail(path, sqlite3_errmsg(db));
    run(SETTINGS);
    indexed = index;
    if (mode) run(mode[0] == 'd' ? "PRAGMA journal_mode = DELETE" : "PRAGMA journal_mode = WAL");
    if (!mode) return;
    begin = prepare("BEGIN IMMEDIATE");
    commit = prepare("COMMIT");
    add = prepare("INSERT INTO messages(session_id, role, text, model_id, token_usage,"
                  " importance_score, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)");
    touch = prepare("UPDATE sessions SET message_count = message_count + 1,"
                    " updated_at = max(coalesce(updated_at, ''), ?) WHERE id = ?");
    if (index) add_index = prepare("INSERT INTO kalito_messages_fts(rowid, text) VALUES (?, ?)");
}

void contender_close(void) {
    sqlite3_stmt *all[] = {begin, commit, add, add_index, touch, pins, summaries, recent, search};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
    sqlite3_close(db);
}

void contender_begin(void) {
    step(begin);
}

void contender_commit(void) {
    step(commit);
}

void contender_add(const line *row) {
    static const int order[] = {SESSION, ROLE, TEXT, MODEL};
    for (int k = 0; k < 4; k++)
        text(add, k + 1, row, order[k]);
    sqlite3_bind_int(add, 5, number(row, TOKENS));
    sqlite3_bind_double(add, 6, 0.5);
    text(add, 7, row, CREATED);
    step(add);
    if (indexed) {
        sqlite3_bind_int64(add_index, 1, sqlite3_last_insert_rowid(db));
        text(add_index, 2, row, TEXT);
        step(add_index);
    }
    text(touch, 1, row, CREATED);
    text(touch, 2, row, SESSION);
    step(touch);
}

/* ---- contexts ---- */

typedef struct entry {
    char role[16];
    const char *text;
    int len, tokens;
} entry;

static char arena[4 << 20];
static size_t used;
static entry entries[64];
static answer held;

static bool take(sqlite3_stmt *q, int column, const char *role, int max) {
    const char *t = (const char *)sqlite3_column_text(q, column);
    int n = sqlite3_column_bytes(q, column), tokens = quarter(t, (size_t)n);
    if (held.tokens + tokens > max) return false;
    entry *e = &entries[held.entries++];
    snprintf(e->role, sizeof e->role, "%s", role);
    memcpy(arena + used, t, (size_t)n + 1);
    e->text = arena + used;
    e->len = n;
    e->tokens = tokens;
    used += (size_t)n + 1;
    held.tokens += tokens;
    return true;
}

static void notes(sqlite3_stmt *q, const char *session, const char *role, int max) {
    sqlite3_bind_text(q, 1, session, -1, SQLITE_STATIC);
    while (sqlite3_step(q) == SQLITE_ROW && take(q, 0, role, max))
        ;
    sqlite3_reset(q);
}

void contender_prepare(const char *session, int budget) {
    (void)session;
    (void)budget;
}

static void prepare_context(void) {
    pins =
        prepare("SELECT content, importance_score, created_at FROM semantic_pins"
                " WHERE session_id = ? ORDER BY importance_score DESC, created_at DESC LIMIT 10");
    summaries = prepare("SELECT summary, importance_score, created_at FROM conversation_summaries"
                        " WHERE session_id = ? ORDER BY importance_score DESC, created_at DESC"
                        " LIMIT 3");
    recent = prepare("SELECT id, role, text, created_at FROM messages WHERE session_id = ?"
                     " ORDER BY created_at DESC LIMIT 20");
}

void contender_context(const char *session, int budget) {
    if (!pins) prepare_context();
    held = (answer){0, 0};
    used = 0;
    notes(pins, session, "pin", budget);
    notes(summaries, session, "summary", budget);
    int first = held.entries;
    sqlite3_bind_text(recent, 1, session, -1, SQLITE_STATIC);
    while (sqlite3_step(recent) == SQLITE_ROW)
        if (!take(recent, 2, (const char *)sqlite3_column_text(recent, 1), budget)) break;
    sqlite3_reset(recent);
    for (int i = first, k = held.entries - 1; i < k; i++, k--) {
        entry swap = entries[i];
        entries[i] = entries[k];
        entries[k] = swap;
    }
}

answer contender_answer(void) {
    return held;
}

/* ---- searching ---- */

static const char EVERYWHERE[] =
    "SELECT m.id, m.session_id, m.role, m.text, f.rank FROM (SELECT rowid, rank"
    " FROM kalito_messages_fts WHERE kalito_messages_fts MATCH ?1 ORDER BY rank LIMIT 10) f"
    " JOIN messages m ON m.id = f.rowid ORDER BY f.rank";
static const char IN_SESSION[] =
    "SELECT m.id, m.session_id, m.role, m.text, f.rank FROM kalito_messages_fts f"
    " JOIN messages m ON m.id = f.rowid"
    " WHERE kalito_messages_fts MATCH ?1 AND m.session_id = ?2 ORDER BY f.rank LIMIT 10";

found contender_search(const char *words, bool any, const char *session) {
    char query[1024] = "";
    size_t n = 0;
    for (; *words && n + 8 < sizeof query; words++)
        n += (size_t)snprintf(query + n, sizeof query - n, any && *words == ' ' ? " OR " : "%c",
                              *words);
    if (!search) search = prepare(session ? IN_SESSION : EVERYWHERE);
    sqlite3_bind_text(search, 1, query, -1, SQLITE_STATIC);
    if (session) sqlite3_bind_text(search, 2, session, -1, SQLITE_STATIC);
    found all = {0, 0};
    for (; sqlite3_step(search) == SQLITE_ROW; all.hits++) {
        const unsigned char *t = sqlite3_column_text(search, 3);
        memcpy(arena, t, (size_t)sqlite3_column_bytes(search, 3));
        all.ids += (unsigned long long)sqlite3_column_int64(search, 0);
    }
    sqlite3_reset(search);
    return all;
}

/* The rule needs the engine's text helpers: perf.c has it. */
void contender_rule(const char *words) {
    fail(words, "no rule here");
}

double contender_score(const line *row) {
    (void)row;
    return 0;
}
