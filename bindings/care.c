/*
** care.c: what looks after whole files: db.backup and its relatives on an open store, kalito.backup, kalito.migrate
** and kalito.restore on paths.
*/
#include "boundary.h"

#include <string.h>

#define REMARKS 256

/* Pushes an empty report with room for REMARKS lines; it lives as long as the value on the stack. */
static kal_report *push_report(lua_State *L) {
    kal_report *report = lua_newuserdatauv(L, sizeof *report + REMARKS * sizeof(kal_remark), 0);
    memset(report, 0, sizeof *report);
    report->rows = (kal_remark *)(report + 1);
    report->capacity = REMARKS;
    return report;
}

/* Pushes { { what =, mend =, wrong = }, ..., count =, wrong = }. */
static int push_remarks(lua_State *L, const kal_report *report) {
    size_t n = report->count < report->capacity ? report->count : report->capacity;
    lua_createtable(L, (int)n, 2);
    for (size_t i = 0; i < n; i++) {
        const kal_remark *f = &report->rows[i];
        lua_createtable(L, 0, 3);
        lua_pushstring(L, f->what);
        lua_setfield(L, -2, "what");
        if (f->mend[0]) {
            lua_pushstring(L, f->mend);
            lua_setfield(L, -2, "mend");
        }
        lua_pushboolean(L, f->wrong);
        lua_setfield(L, -2, "wrong");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushinteger(L, (lua_Integer)report->count);
    lua_setfield(L, -2, "count");
    lua_pushinteger(L, (lua_Integer)report->wrong);
    lua_setfield(L, -2, "wrong");
    return 1;
}

static void set_text(lua_State *L, const char *name, const char *text) {
    if (!text[0]) return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static int push_backup(lua_State *L, const kal_backup *b) {
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"schema_version", b->schema_version},
                   {"size", b->size},
                   {"sessions", b->sessions},
                   {"messages", b->messages},
                   {"personas", b->personas},
                   {"summaries", b->summaries},
                   {"pins", b->pins},
                   {"orphans", b->orphans},
                   {"copy_ms", b->copy_ms},
                   {"verify_ms", b->verify_ms}};
    lua_createtable(L, 0, 13);
    set_text(L, "path", b->path);
    set_text(L, "store_id", b->store_id);
    set_text(L, "created_at", b->created_at);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        lua_pushinteger(L, numbers[i].value);
        lua_setfield(L, -2, numbers[i].name);
    }
    return 1;
}

/* ---- of an open store ---- */

/* db.backup(target) -> what was written */
static int backup(lua_State *L) {
    kal_backup made;
    kal_err err;
    if (kal_store_backup(kalb_store(L), luaL_checkstring(L, 1), &made, &err) != KAL_OK)
        return kalb_fail(L, &err);
    return push_backup(L, &made);
}

/* db.check([level]) -> remarks; level "quick", "rows" (default) or "full" */
static int check(lua_State *L) {
    static const char *const levels[] = {"quick", "rows", "full", NULL};
    kal_err err;
    kal_check level = (kal_check)luaL_checkoption(L, 1, "rows", levels);
    kal_report *report = push_report(L);
    if (kal_store_check(kalb_store(L), level, report, &err) != KAL_OK) return kalb_fail(L, &err);
    return push_remarks(L, report);
}

/* db.optimize([{ rebuild =, importance_index =, reindex =, values = }]) -> remarks */
static int optimize(lua_State *L) {
    static const char *const keys[] = {"rebuild", "importance_index", "reindex", "values", NULL};
    static const unsigned bits[] = {KAL_OPTIMIZE_REBUILD, KAL_OPTIMIZE_IMPORTANCE,
                                    KAL_OPTIMIZE_REINDEX, KAL_OPTIMIZE_VALUES};
    kal_err err;
    unsigned what = 0;
    lua_settop(L, 1);
    kalb_check_keys(L, 1, "optimize", keys);
    for (int i = 0; keys[i]; i++) {
        bool on = false;
        kalb_field_boolean(L, 1, keys[i], &on);
        if (on) what |= bits[i];
    }
    kal_report *report = push_report(L);
    if (kal_store_optimize(kalb_store(L), what, report, &err) != KAL_OK) return kalb_fail(L, &err);
    return push_remarks(L, report);
}

/* db.journal(mode) -> true */
static int journal(lua_State *L) {
    kal_err err;
    return kalb_done(L, kal_store_journal(kalb_store(L), luaL_checkstring(L, 1), &err), &err);
}

const luaL_Reg kalb_care_functions[] = {{"backup", backup},     {"check", check},
                                        {"optimize", optimize}, {"journal", journal},
                                        {"sql", kalb_sql},      {NULL, NULL}};

static kal_forget check_forget(lua_State *L, const char *name) {
    static const char *const keys[] = {"session", "like", NULL};
    kal_forget what = {0};
    lua_settop(L, 1);
    kalb_check_keys(L, 1, name, keys);
    kalb_field_text(L, 1, "session", &what.session);
    kalb_field_text(L, 1, "like", &what.like);
    return what;
}

#define HOLDERS 1000

/* db.session.holders { session =, like = } -> list of { kind =, id =, session =, text = }, and how many there are */
int kalb_session_holders(lua_State *L) {
    kal_forget what = check_forget(L, "session.holders");
    kal_err err;
    kal_holders found = {.rows = lua_newuserdatauv(L, HOLDERS * sizeof *found.rows, 0),
                         .capacity = HOLDERS};
    if (kal_session_holders(kalb_store(L), &what, &found, &err) != KAL_OK)
        return kalb_fail(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < found.count && i < HOLDERS; i++) {
        const kal_holder *h = &found.rows[i];
        const kal_str texts[] = {h->kind, h->id, h->session, h->text};
        static const char *const names[] = {"kind", "id", "session", "text"};
        lua_createtable(L, 0, 4);
        for (int k = 0; k < 4; k++) {
            kalb_push_text(L, texts[k]);
            lua_setfield(L, -2, names[k]);
        }
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushinteger(L, (lua_Integer)found.count);
    return 2;
}

/* db.session.forget { session =, like = } -> how many rows */
int kalb_session_forget(lua_State *L) {
    kal_forget what = check_forget(L, "session.forget");
    kal_err err;
    int64_t count;
    if (kal_session_forget(kalb_store(L), &what, &count, &err) != KAL_OK) return kalb_fail(L, &err);
    lua_pushinteger(L, count);
    return 1;
}

/* ---- of files ---- */

/* kalito.backup.get(path) -> what the backup holds */
static int get(lua_State *L) {
    kal_backup found;
    kal_err err;
    if (kal_backup_get(luaL_checkstring(L, 1), &found, &err) != KAL_OK) return kalb_fail(L, &err);
    return push_backup(L, &found);
}

/* kalito.backup.verify(path) -> the same, after reading all of it */
static int verify(lua_State *L) {
    kal_backup found;
    kal_err err;
    if (kal_backup_verify(luaL_checkstring(L, 1), &found, &err) != KAL_OK)
        return kalb_fail(L, &err);
    return push_backup(L, &found);
}

int kalb_open_backup(lua_State *L) {
    static const luaL_Reg functions[] = {{"get", get}, {"verify", verify}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}

/* kalito.migrate(path [, { dry_run = true, progress = true }]) -> steps */
static int migrate(lua_State *L) {
    static const char *const keys[] = {"dry_run", "progress", NULL};
    kal_options options = {0};
    kal_err err;
    const char *path = luaL_checkstring(L, 1);
    lua_settop(L, 2);
    kalb_check_keys(L, 2, "migrate", keys);
    kalb_field_boolean(L, 2, "dry_run", &options.read_only);
    kalb_field_progress(L, 2, &options);
    kal_report *report = push_report(L);
    if (kal_store_migrate(path, &options, report, &err) != KAL_OK) return kalb_fail(L, &err);
    return push_remarks(L, report);
}

int kalb_open_migrate(lua_State *L) {
    lua_pushcfunction(L, migrate);
    return 1;
}

/* kalito.restore { path =, backup =, other = } -> what was there before and where it is kept */
static int restore(lua_State *L) {
    static const char *const keys[] = {"path", "backup", "other", NULL};
    kal_restore what = {0};
    kal_backup kept;
    kal_str path = {0}, from = {0};
    kal_err err;
    lua_settop(L, 1);
    kalb_check_keys(L, 1, "restore", keys);
    kalb_field_text(L, 1, "path", &path);
    kalb_field_text(L, 1, "backup", &from);
    kalb_field_boolean(L, 1, "other", &what.other);
    what.path = path.data;
    what.backup = from.data;
    if (kal_store_restore(&what, &kept, &err) != KAL_OK) return kalb_fail(L, &err);
    return push_backup(L, &kept);
}

/* kalito.recover(bad, good) -> remarks */
static int recover(lua_State *L) {
    kal_err err;
    const char *bad = luaL_checkstring(L, 1), *good = luaL_checkstring(L, 2);
    kal_report *report = push_report(L);
    if (kal_store_recover(bad, good, report, &err) != KAL_OK) return kalb_fail(L, &err);
    return push_remarks(L, report);
}

int kalb_open_recover(lua_State *L) {
    lua_pushcfunction(L, recover);
    return 1;
}

int kalb_open_restore(lua_State *L) {
    lua_pushcfunction(L, restore);
    return 1;
}
