/*
** foreign.c: what a file holds beside what kalito makes: found by comparing it with an empty store, so that
** no list of our own tables and columns has to be kept.
*/
#include "internal.h"

#include <string.h>

/* Everything with content of its own, and the columns of the tables that are shared with the original. */
static const char CONTENTS[] =
    "SELECT type, name FROM sqlite_master WHERE type <> 'index' AND substr(name, 1, 7) <> 'sqlite_'"
    " UNION ALL SELECT 'column', m.name || '.' || c.name FROM sqlite_master m"
    " JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND m.name IN ('sessions', 'messages',"
    " 'personas', 'conversation_summaries', 'semantic_pins') ORDER BY 1, 2";

static int compare(kali_stmt *a, kali_stmt *b) {
    int order = kali_order(kali_text(a, 0), kali_text(b, 0));
    return order ? order : kali_order(kali_text(a, 1), kali_text(b, 1));
}

/* One file's contents, row by row. */
typedef struct contents {
    kali_stmt *q;
    bool row;
} contents;

static kal_code begin(kal_store *store, contents *c, kal_err *err) {
    kal_code code = kali_db_use(store->db, CONTENTS, &c->q, err);
    return code == KAL_OK ? kali_step(c->q, &c->row, err) : code;
}

static kal_code take(kal_store *store, const contents *c, kal_foreign *out, kal_err *err) {
    bool copied = kali_arena_copy(&store->arena, kali_text(c->q, 0), &out->kind) &&
                  kali_arena_copy(&store->arena, kali_text(c->q, 1), &out->name);
    return copied ? KAL_OK : kali_no_memory(err);
}

/* Both are in order: what stands only in the first one is foreign. */
static kal_code merge(kal_store *store, contents *mine, contents *ours, kal_foreign *rows,
                      size_t capacity, size_t *count, kal_err *err) {
    kal_code code = KAL_OK;
    while (code == KAL_OK && mine->row) {
        int order = ours->row ? compare(mine->q, ours->q) : -1;
        if (order < 0 && *count < capacity) code = take(store, mine, &rows[*count], err);
        if (order < 0) ++*count;
        if (order >= 0) code = kali_step(ours->q, &ours->row, err);
        if (order <= 0 && code == KAL_OK) code = kali_step(mine->q, &mine->row, err);
    }
    kali_reset(mine->q);
    kali_reset(ours->q);
    return code;
}

kal_code kal_store_foreign(kal_store *store, kal_foreign *rows, size_t capacity, size_t *count,
                           kal_err *err) {
    kal_store *empty;
    contents mine = {0}, ours = {0};
    *count = 0;
    kali_answer_begin(store);
    kal_code code = kal_store_open(":memory:", NULL, &empty, err);
    if (code != KAL_OK) return code;
    code = begin(store, &mine, err);
    if (code == KAL_OK) code = begin(empty, &ours, err);
    if (code == KAL_OK) code = merge(store, &mine, &ours, rows, capacity, count, err);
    kal_store_close(empty);
    return code;
}
