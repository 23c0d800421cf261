/*
** summary.c: the core's summarys behind the signature that all nouns share.
*/
#include "boundary.h"

static kal_code add(kal_store *store, void *row, kal_err *err) {
    return kal_summary_add(store, row, err);
}

static kal_code get(kal_store *store, kalb_key key, void *out, kal_err *err) {
    return kal_summary_get(store, key.id, out, err);
}

static kal_code set(kal_store *store, const void *row, kal_err *err) {
    return kal_summary_set(store, row, err);
}

static kal_code del(kal_store *store, kalb_key key, kal_err *err) {
    return kal_summary_del(store, key.id, err);
}

static kal_code find(kal_store *store, const kal_filter *filter, void *rows, kal_page *page,
                     kal_err *err) {
    return kal_summary_find(store, filter, rows, page, err);
}

/* db.summary.make{ session =, summary =, start_message_id =, end_message_id =, ... } -> row: archives the range */
static int make(lua_State *L) {
    kal_summary row = {0};
    kal_err err;
    lua_settop(L, 1);
    kalb_check_row(L, 1, KAL_SUMMARY, "summary.make", &row);
    if (kal_summary_make(kalb_store(L), &row, &err) != KAL_OK) return kalb_fail(L, &err);
    kalb_push_row(L, KAL_SUMMARY, &row);
    return 1;
}

/* db.summary.undo(session) -> the summary that was undone */
static int undo(lua_State *L) {
    kal_summary row = {0};
    kal_err err;
    kal_str session = kalb_check_text(L, 1);
    if (kal_summary_undo(kalb_store(L), session, &row, &err) != KAL_OK) return kalb_fail(L, &err);
    kalb_push_row(L, KAL_SUMMARY, &row);
    return 1;
}

/* db.summary.redo(session) -> the summary that was made again */
static int redo(lua_State *L) {
    kal_summary row = {0};
    kal_err err;
    kal_str session = kalb_check_text(L, 1);
    if (kal_summary_redo(kalb_store(L), session, &row, &err) != KAL_OK) return kalb_fail(L, &err);
    kalb_push_row(L, KAL_SUMMARY, &row);
    return 1;
}

/* db.summary.merge({ session =, summary =, ... }, ids) -> row: a summary of summaries */
static int merge(lua_State *L) {
    kal_summary row = {0};
    kal_err err;
    size_t count;
    lua_settop(L, 2);
    const kal_str *ids = kalb_check_texts(L, 2, "summary.merge needs a list of ids", &count);
    kalb_check_row(L, 1, KAL_SUMMARY, "summary.merge", &row);
    if (kal_summary_merge(kalb_store(L), &row, ids, count, &err) != KAL_OK)
        return kalb_fail(L, &err);
    kalb_push_row(L, KAL_SUMMARY, &row);
    return 1;
}

static const luaL_Reg more[] = {
    {"make", make}, {"undo", undo}, {"redo", redo}, {"merge", merge}, {NULL, NULL}};

const kalb_noun kalb_summary = {KAL_SUMMARY, "summary", sizeof(kal_summary), add, get, set,
                                del,         find,      kal_summary_count,   more};
