/*
** store.c: kalito.open and the handle it gives: db.session, db.message, ... and the transaction.
*/
#include "boundary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static kalb_box *check_box(lua_State *L) {
    return luaL_checkudata(L, 1, KALB_STORE);
}

/* Used as __gc, __close and close: harmless twice, and in any order. */
static int close_store(lua_State *L) {
    kalb_box *box = luaL_testudata(L, 1, KALB_STORE);
    if (!box) box = lua_touserdata(L, lua_upvalueindex(1));
    if (box && box->store) {
        kalb_interrupt_remove(box->store);
        kal_store_close(box->store);
        box->store = NULL;
    }
    return 0;
}

static int begin(lua_State *L) {
    kal_err err;
    return kalb_done(L, kal_store_begin(kalb_store(L), &err), &err);
}

static int begin_read(lua_State *L) {
    kal_err err;
    return kalb_done(L, kal_store_begin_read(kalb_store(L), &err), &err);
}

static int commit(lua_State *L) {
    kal_err err;
    return kalb_done(L, kal_store_commit(kalb_store(L), &err), &err);
}

static int rollback(lua_State *L) {
    kal_store_rollback(kalb_store(L));
    return 0;
}

static int now(lua_State *L) {
    char time[25];
    kal_store_now(kalb_store(L), time);
    lua_pushstring(L, time);
    return 1;
}

static void push_sizes(lua_State *L, const kal_store_info *info) {
    const struct {
        const char *name;
        int64_t value;
    } sizes[] = {{"schema_version", info->schema_version},
                 {"file_size", info->file_size},
                 {"wal_size", info->wal_size},
                 {"free_size", info->free_size},
                 {"migrated_from", info->migrated_from}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        lua_pushinteger(L, sizes[i].value);
        lua_setfield(L, -2, sizes[i].name);
    }
}

static int stat(lua_State *L) {
    kal_store_info info;
    kal_err err;
    if (kal_store_stat(kalb_store(L), &info, &err) != KAL_OK) return kalb_fail(L, &err);
    lua_createtable(L, 0, 9);
    kalb_push_text(L, info.path);
    lua_setfield(L, -2, "path");
    kalb_push_text(L, info.journal_mode);
    lua_setfield(L, -2, "journal_mode");
    kalb_push_text(L, info.migration_backup);
    lua_setfield(L, -2, "migration_backup");
    lua_pushboolean(L, info.read_only);
    lua_setfield(L, -2, "read_only");
    push_sizes(L, &info);
    return 1;
}

/* db.migrated() -> the schema that opening it migrated from, or nil */
static int migrated(lua_State *L) {
    int from = kal_store_migrated(kalb_store(L));
    if (from >= 0)
        lua_pushinteger(L, from);
    else
        lua_pushnil(L);
    return 1;
}

/* db.foreign() -> list of { kind =, name = } of what in the file is not kalito's */
static int foreign(lua_State *L) {
    size_t room = 1024, count;
    kal_err err;
    kal_foreign *rows = lua_newuserdatauv(L, room * sizeof *rows, 0);
    if (kal_store_foreign(kalb_store(L), rows, room, &count, &err) != KAL_OK)
        return kalb_fail(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < count && i < room; i++) {
        lua_createtable(L, 0, 2);
        kalb_push_text(L, rows[i].kind);
        lua_setfield(L, -2, "kind");
        kalb_push_text(L, rows[i].name);
        lua_setfield(L, -2, "name");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static const luaL_Reg functions[] = {{"close", close_store},
                                     {"begin", begin},
                                     {"begin_read", begin_read},
                                     {"commit", commit},
                                     {"rollback", rollback},
                                     {"now", now},
                                     {"stat", stat},
                                     {"foreign", foreign},
                                     {"migrated", migrated},
                                     {NULL, NULL}};

/* ---- clock and ids of the test builds ---- */

#ifdef KALITO_TEST
/* KALITO_TEST_NOW: the first time, which then advances by a second a call; KALITO_TEST_IDS: ids count up. */
static int64_t test_now(void *context) {
    static int64_t calls;
    (void)context;
    return strtoll(getenv("KALITO_TEST_NOW"), NULL, 10) + 1000 * calls++;
}

static void test_uuid(void *context, char out[37]) {
    static unsigned calls;
    (void)context;
    snprintf(out, 37, "%08x-0000-4000-8000-%012x", (unsigned)atoi(getenv("KALITO_TEST_IDS")),
             ++calls);
}

static void inject(kal_options *options) {
    if (getenv("KALITO_TEST_NOW")) options->now = test_now;
    if (getenv("KALITO_TEST_IDS")) options->uuid = test_uuid;
}
#else
static void inject(kal_options *options) {
    (void)options;
}
#endif

/* ---- opening ---- */

/* A line that is overwritten by the next one, as print.progress writes it. */
static void show_progress(void *context, int64_t done, int64_t total) {
    (void)context;
    fprintf(stderr, "\r\033[K");
    if (done < total)
        fprintf(stderr, "taking messages into the search index: %d %%",
                (int)(100 * (double)done / (double)total));
    fflush(stderr);
}

void kalb_field_progress(lua_State *L, int index, kal_options *options) {
    bool wanted = false;
    kalb_field_boolean(L, index, "progress", &wanted);
    if (wanted) options->progress = show_progress;
}

static void read_redaction(lua_State *L, int index, kal_options *options) {
    if (lua_isnoneornil(L, index)) return;
    if (lua_getfield(L, index, "redact") != LUA_TNIL)
        options->redact = kalb_check_detectors(L, lua_gettop(L));
    if (lua_getfield(L, index, "redact_words") != LUA_TNIL)
        options->redact_words =
            kalb_check_texts(L, lua_gettop(L), "open: redact_words must be a list of texts",
                             &options->redact_word_count);
}

static void read_options(lua_State *L, int index, kal_options *options) {
    static const char *const keys[] = {"create", "read_only",    "busy_ms", "progress",
                                       "redact", "redact_words", NULL};
    int64_t ms = 0;
    kalb_check_keys(L, index, "open", keys);
    kalb_field_boolean(L, index, "create", &options->create);
    kalb_field_boolean(L, index, "read_only", &options->read_only);
    kalb_field_progress(L, index, options);
    kalb_field_integer(L, index, "busy_ms", &ms);
    luaL_argcheck(L, ms >= 0 && ms <= 3600000, index, "busy_ms must be between 0 and 3600000");
    options->busy_ms = (int)ms;
    read_redaction(L, index, options);
}

/* The tables of functions of a store. Each is made when it is first asked for: a command needs a few. */
static const struct {
    const char *name;
    const kalb_noun *noun; /* or: */
    const luaL_Reg *functions;
} PARTS[] = {{"session", &kalb_session, NULL},
             {"message", &kalb_message, NULL},
             {"persona", &kalb_persona, NULL},
             {"summary", &kalb_summary, NULL},
             {"pin", &kalb_pin, NULL},
             {"turn", &kalb_turn, NULL},
             {"model", &kalb_model, NULL},
             {"card", &kalb_card, NULL},
             {"context", NULL, kalb_context_functions},
             {"recall", NULL, kalb_recall_functions},
             {"search", NULL, kalb_search_functions},
             {"index", NULL, kalb_index_functions},
             {"stats", NULL, kalb_stats_functions},
             {"vector", NULL, kalb_vector_functions},
             {"redaction", NULL, kalb_redaction_functions}};
#define PART_COUNT (sizeof PARTS / sizeof *PARTS)

/* At the top: the store's table, below it the userdata. Pushes the part, which the table then has. */
static void push_part(lua_State *L, size_t i) {
    const kalb_noun *noun = PARTS[i].noun;
    lua_pushvalue(L, -2);
    if (noun)
        kalb_push_noun(L, noun);
    else
        kalb_push_functions(L, PARTS[i].functions);
    if (noun && noun->more) kalb_add_functions(L, noun->more);
    lua_remove(L, -2);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, PARTS[i].name);
}

/* With the userdata at the top: gives it the table in which its parts and functions are found. */
static void furnish(lua_State *L) {
    lua_createtable(L, 0, 48);
    kalb_add_functions(L, functions);
    kalb_add_functions(L, kalb_care_functions);
    lua_setiuservalue(L, -2, 1);
}

static int index_store(lua_State *L) {
    lua_settop(L, 2);
    lua_pushvalue(L, 1);
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, -2) != LUA_TNIL || lua_type(L, 2) != LUA_TSTRING) return 1;
    lua_pop(L, 1);
    for (size_t i = 0; i < PART_COUNT; i++)
        if (strcmp(lua_tostring(L, 2), PARTS[i].name) == 0) return push_part(L, i), 1;
    return 0;
}

static int pairs_store(lua_State *L) {
    lua_settop(L, 1);
    for (size_t i = 0; i < PART_COUNT; i++) {
        lua_getfield(L, 1, PARTS[i].name);
        lua_pop(L, 1);
    }
    lua_getglobal(L, "next");
    lua_getiuservalue(L, 1, 1);
    return 2;
}

static int show_store(lua_State *L) {
    lua_pushfstring(L, "kalito.store (%s)", check_box(L)->store ? "open" : "closed");
    return 1;
}

static const luaL_Reg meta[] = {{"__index", index_store}, {"__gc", close_store},
                                {"__close", close_store}, {"__tostring", show_store},
                                {"__pairs", pairs_store}, {NULL, NULL}};

/* kalito.open(path [, options]) -> db */
static int open(lua_State *L) {
    kal_options options = {0};
    kal_err err;
    const char *path = luaL_checkstring(L, 1);
    lua_settop(L, 2);
    read_options(L, 2, &options);
    inject(&options);
    kalb_box *box = lua_newuserdatauv(L, sizeof *box, 1);
    box->store = NULL;
    if (luaL_newmetatable(L, KALB_STORE)) luaL_setfuncs(L, meta, 0);
    lua_setmetatable(L, -2);
    if (kal_store_open(path, &options, &box->store, &err) != KAL_OK) return kalb_fail(L, &err);
    kalb_interrupt_add(box->store);
    furnish(L);
    return 1;
}

int kalb_open_store(lua_State *L) {
    lua_pushcfunction(L, open);
    return 1;
}
