/*
** sql.c: raw SQL of users, which only reads: on a connection of its own, so that an authorizer does not cost the
** store its prepared statements.
*/
#include "care/care.h"

#include <stdlib.h>
#include <string.h>

static kal_code open_reader(kal_store *store, kali_db **out, kal_err *err) {
    *out = store->db;
    if (strcmp(store->path, ":memory:") == 0) return KAL_OK;
    if (!store->reader) {
        kal_options options = {.read_only = true, .busy_ms = store->options.busy_ms};
        char *plain = kali_plain_path(store->path);
        if (!plain) return kali_no_memory(err);
        kal_code code = kali_db_open(plain, &options, &store->reader, err);
        free(plain);
        if (code != KAL_OK) return code;
    }
    *out = store->reader;
    return KAL_OK;
}

kal_code kal_store_sql(kal_store *store, const kal_sql *query, kal_rows *out, kal_err *err) {
    kali_db *db;
    memset(out, 0, sizeof *out);
    kali_answer_begin(store);
    kal_code code = kali_check_text("store", "sql", query->text, 1, 1000000, err);
    if (code == KAL_OK) code = open_reader(store, &db, err);
    return code == KAL_OK ? kali_db_query(db, query, &store->arena, out, err) : code;
}
