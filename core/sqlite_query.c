/*
** sqlite_query.c: the seam for raw SQL of users: one statement that only reads, watched by an authorizer and a clock.
*/
#include "care/care.h"

#include <sqlite3.h>
#include <string.h>

#define BYTES_MAX (64 * 1024 * 1024)

/* What a query may not do, and why it was stopped. */
typedef struct guard {
    int64_t deadline; /* ms of the monotonic clock */
    bool late;
    char refused[120];
} guard;

static int is_late(void *context) {
    guard *g = context;
    g->late = kali_clock_ms() > g->deadline;
    return g->late;
}

/* ---- what may be done ---- */

/* Pragmas that tell something; those that would set it when given a value take none. */
#define TELLING                                                                                    \
    "page_count page_size freelist_count user_version application_id schema_version journal_mode"  \
    " encoding database_list compile_options data_version collation_list function_list"            \
    " module_list pragma_list cache_size synchronous auto_vacuum wal_autocheckpoint foreign_keys"  \
    " secure_delete busy_timeout locking_mode"
#define ASKING                                                                                     \
    "table_info table_xinfo table_list index_list index_info index_xinfo foreign_key_list"         \
    " integrity_check quick_check foreign_key_check"
#define REACHING_OUT "load_extension fts3_tokenizer readfile writefile edit"

static bool is_pragma(const char *name, const char *value) {
    kal_str word = kal_text(name);
    return kali_one_of(ASKING, word) || (!value && kali_one_of(TELLING, word));
}

static int judge(void *context, int action, const char *a, const char *b, const char *database,
                 const char *within) {
    guard *g = context;
    (void)database;
    (void)within;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION:
        if (!kali_one_of(REACHING_OUT, kal_text(b))) return SQLITE_OK;
        sqlite3_snprintf(sizeof g->refused, g->refused, "not with the function %s", b);
        return SQLITE_DENY;
    case SQLITE_PRAGMA:
        if (is_pragma(a, b)) return SQLITE_OK;
        sqlite3_snprintf(sizeof g->refused, g->refused, "not PRAGMA %s%s", a,
                         b ? " with a value" : "");
        return SQLITE_DENY;
    case SQLITE_UPDATE:
        /* Asked when a pragma is used as a table; a real one is refused for that table by the engine. */
        if (strcmp(a, "sqlite_master") == 0) return SQLITE_OK;
        /* fall through */
    default:
        sqlite3_snprintf(sizeof g->refused, g->refused, "this would change %s",
                         a && *a ? a : "something");
        return SQLITE_DENY;
    }
}

/* ---- parameters ---- */

static const kal_value *value_of(sqlite3_stmt *q, int i, const kal_sql *query) {
    const char *name = sqlite3_bind_parameter_name(q, i);
    bool number = !name || name[0] == '?';
    if (number) return !query->names && (size_t)i <= query->count ? &query->values[i - 1] : NULL;
    for (size_t k = 0; k < query->count && query->names; k++)
        if (strcmp(query->names[k], name + 1) == 0) return &query->values[k];
    return NULL;
}

static int bind_value(sqlite3_stmt *q, int i, const kal_value *v) {
    switch (v->kind) {
    case KAL_INTEGER: return sqlite3_bind_int64(q, i, v->integer);
    case KAL_REAL: return sqlite3_bind_double(q, i, v->real);
    case KAL_TEXT:
        return sqlite3_bind_text64(q, i, v->text.data, v->text.len, SQLITE_STATIC, SQLITE_UTF8);
    case KAL_BLOB: return sqlite3_bind_blob64(q, i, v->text.data, v->text.len, SQLITE_STATIC);
    case KAL_NULL: break;
    }
    return sqlite3_bind_null(q, i);
}

static kal_code bind_all(sqlite3_stmt *q, const kal_sql *query, kal_err *err) {
    int n = sqlite3_bind_parameter_count(q);
    for (int i = 1; i <= n; i++) {
        const kal_value *value = value_of(q, i, query);
        const char *name = sqlite3_bind_parameter_name(q, i);
        if (!value)
            return kali_fail(err, KAL_MISUSE, "store.sql: no value for parameter %d%s%.40s", i,
                             name ? " " : "", name ? name : "");
        if (bind_value(q, i, value) != SQLITE_OK)
            return kali_fail(err, KAL_MISUSE, "store.sql: the value of parameter %d is too long",
                             i);
    }
    if (query->count > (size_t)n)
        return kali_fail(err, KAL_MISUSE, "store.sql: %zu values for %d parameters", query->count,
                         n);
    return KAL_OK;
}

/* ---- rows ---- */

/* Rows as they come: the list of values grows by doubling, the old one stays in the arena until the end. */
typedef struct collector {
    kali_arena *arena;
    kal_value *values;
    size_t used, room;
} collector;

static bool take_value(collector *c, sqlite3_stmt *q, int column) {
    kal_value *v = &c->values[c->used++];
    *v = (kal_value){.kind = KAL_NULL};
    kal_str text;
    switch (sqlite3_column_type(q, column)) {
    case SQLITE_INTEGER:
        v->kind = KAL_INTEGER;
        v->integer = sqlite3_column_int64(q, column);
        return true;
    case SQLITE_FLOAT:
        v->kind = KAL_REAL;
        v->real = sqlite3_column_double(q, column);
        return true;
    case SQLITE_TEXT: v->kind = KAL_TEXT; break;
    case SQLITE_BLOB: v->kind = KAL_BLOB; break;
    default: return true;
    }
    text.data = v->kind == KAL_TEXT ? (const char *)sqlite3_column_text(q, column)
                                    : sqlite3_column_blob(q, column);
    text.len = (size_t)sqlite3_column_bytes(q, column);
    if (!text.data) text = (kal_str){"", 0};
    return kali_arena_copy(c->arena, text, &v->text);
}

static bool take_row(collector *c, sqlite3_stmt *q, size_t columns) {
    if (c->used + columns > c->room) {
        size_t room = c->room * 2 + columns * 16;
        kal_value *values = kali_arena_alloc(c->arena, room * sizeof *values);
        if (!values) return false;
        if (c->used) memcpy(values, c->values, c->used * sizeof *values);
        c->values = values;
        c->room = room;
    }
    for (size_t i = 0; i < columns; i++)
        if (!take_value(c, q, (int)i)) return false;
    return true;
}

static kal_code take_names(sqlite3_stmt *q, kali_arena *arena, kal_rows *out, kal_err *err) {
    out->columns = (size_t)sqlite3_column_count(q);
    kal_str *names = kali_arena_alloc(arena, (out->columns + 1) * sizeof *names);
    bool fine = names != NULL;
    for (size_t i = 0; i < out->columns && fine; i++)
        fine = kali_arena_copy(arena, kal_text(sqlite3_column_name(q, (int)i)), &names[i]);
    out->names = names;
    return fine ? KAL_OK : kali_no_memory(err);
}

static kal_code explain_end(kali_db *db, int rc, const guard *g, kal_err *err) {
    if (g->refused[0]) return kali_fail(err, KAL_REFUSED, "raw SQL may only read: %s", g->refused);
    if (g->late) return kali_fail(err, KAL_INTERRUPTED, "the query took too long");
    if ((rc & 0xFF) == SQLITE_TOOBIG)
        return kali_fail(err, KAL_REFUSED, "a value of the query is too large");
    if ((rc & 0xFF) == SQLITE_ERROR)
        return kali_fail(err, KAL_MISUSE, "store.sql: %s", sqlite3_errmsg(kali_db_handle(db)));
    return kali_db_fail(db, rc, err);
}

static kal_code collect(kali_db *db, sqlite3_stmt *q, const kal_sql *query, const guard *g,
                        kali_arena *arena, kal_rows *out, kal_err *err) {
    collector c = {.arena = arena};
    int64_t limit = query->limit > 0 ? query->limit : 100000;
    kal_code code = take_names(q, arena, out, err);
    if (code != KAL_OK) return code;
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        if ((int64_t)out->count >= limit)
            return kali_fail(err, KAL_REFUSED, "more than %lld rows: add a LIMIT",
                             (long long)limit);
        if (!take_row(&c, q, out->columns)) return kali_no_memory(err);
        if (arena->used > BYTES_MAX)
            return kali_fail(err, KAL_REFUSED, "more than 64 MiB: add a LIMIT");
        out->count++;
    }
    out->values = c.values;
    return rc == SQLITE_DONE ? KAL_OK : explain_end(db, rc, g, err);
}

static kal_code run(kali_db *db, const kal_sql *query, const guard *g, kali_arena *arena,
                    kal_rows *out, kal_err *err) {
    sqlite3_stmt *q = NULL, *more = NULL;
    const char *tail = NULL;
    sqlite3 *h = kali_db_handle(db);
    int rc = sqlite3_prepare_v2(h, query->text.data, (int)query->text.len, &q, &tail);
    if (rc != SQLITE_OK) return explain_end(db, rc, g, err);
    kal_code code = KAL_OK;
    sqlite3_prepare_v2(h, tail, (int)(query->text.data + query->text.len - tail), &more, NULL);
    if (!q)
        code = kali_fail(err, KAL_MISUSE, "store.sql: there is no statement");
    else if (more || sqlite3_errcode(h) != SQLITE_OK)
        code = kali_fail(err, KAL_MISUSE, "store.sql: only one statement at a time");
    if (code == KAL_OK) code = bind_all(q, query, err);
    if (code == KAL_OK) code = collect(db, q, query, g, arena, out, err);
    sqlite3_finalize(more);
    sqlite3_finalize(q);
    return code;
}

kal_code kali_db_query(kali_db *db, const kal_sql *query, kali_arena *arena, kal_rows *out,
                       kal_err *err) {
    guard g = {.deadline = kali_clock_ms() + (query->ms > 0 ? query->ms : 10000)};
    sqlite3 *h = kali_db_handle(db);
    sqlite3_set_authorizer(h, judge, &g);
    sqlite3_progress_handler(h, 1000, is_late, &g);
    kal_code code = run(db, query, &g, arena, out, err);
    sqlite3_progress_handler(h, 0, NULL, NULL);
    sqlite3_set_authorizer(h, NULL, NULL);
    return code;
}
