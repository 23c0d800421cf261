/*
** sqlite_function.c: functions of the core that statements may call.
*/
#include "internal.h"

#include <sqlite3.h>
#include <stdlib.h>

typedef struct function {
    bool (*f)(void *context, kal_str *text);
    void *context;
} function;

static void run_function(sqlite3_context *call, int count, sqlite3_value **values) {
    const function *own = sqlite3_user_data(call);
    (void)count;
    if (sqlite3_value_type(values[0]) != SQLITE_TEXT) {
        sqlite3_result_value(call, values[0]);
        return;
    }
    kal_str text = {(const char *)sqlite3_value_text(values[0]), 0};
    text.len = (size_t)sqlite3_value_bytes(values[0]);
    if (text.data && own->f(own->context, &text))
        sqlite3_result_text64(call, text.data, text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        sqlite3_result_error_nomem(call);
}

kal_code kali_db_function(kali_db *db, const char *name, bool (*f)(void *context, kal_str *text),
                          void *context, kal_err *err) {
    function *own = malloc(sizeof *own);
    if (!own) return kali_no_memory(err);
    *own = (function){f, context};
    /* Calls `free` also when it fails. */
    int rc = sqlite3_create_function_v2(kali_db_handle(db), name, 1,
                                        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, own,
                                        run_function, NULL, NULL, free);
    return rc == SQLITE_OK ? KAL_OK : kali_db_fail(db, rc, err);
}
