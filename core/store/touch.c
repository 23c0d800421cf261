/*
** touch.c: what a connection remembers of the sessions it adds messages to: the time of the latest one, which
** the next must pass, and what the session's row must still be told. The rows are written once in a transaction,
** however many messages it adds.
*/
#include "internal.h"

#include <string.h>

static kal_code flush_one(kal_store *store, kali_touch *t, kal_err *err) {
    static const char SQL[] =
        "UPDATE sessions SET message_count = message_count + $2,"
        " updated_at = max(coalesce(" KALI_TIME_OF("updated_at") ", ''), $3) WHERE id = $1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, kal_text(t->session));
    kali_bind_integer(q, 2, t->added);
    kali_bind_text(q, 3, kal_text(t->last));
    return kali_run(q, err);
}

kal_code kali_touch_flush(kal_store *store, kal_err *err) {
    for (kali_touch *t; (t = store->pending); store->pending = t->next) {
        kal_code code = flush_one(store, t, err);
        if (code != KAL_OK) return code;
        t->added = 0;
    }
    return KAL_OK;
}

void kali_touch_forget(kal_store *store) {
    store->epoch++;
    store->touches = 0;
    store->pending = NULL;
}

static kal_code load(kal_store *store, kal_str session, kali_touch *t, kal_err *err) {
    static const char SQL[] =
        "SELECT m.created_at FROM sessions s LEFT JOIN messages m ON m.id ="
        " (SELECT id FROM messages WHERE session_id = s.id ORDER BY created_at DESC, id DESC LIMIT 1)"
        " WHERE s.id = $1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    bool row;
    kali_bind_text(q, 1, session);
    code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    if (!row)
        return kali_fail(err, KAL_NOT_FOUND, "no session has the id '%.*s'", KALI_STR(session));
    memset(t, 0, sizeof *t);
    memcpy(t->session, session.data, session.len);
    kal_str last = kali_text(q, 0);
    if (last.len && last.len < sizeof t->last) memcpy(t->last, last.data, last.len);
    kali_reset(q);
    t->epoch = store->epoch + 1;
    store->touches++;
    return KAL_OK;
}

/* The session's record, or the free place for it: there is always one, as the table is never full. */
static kali_touch *look_up(kal_store *store, kal_str session) {
    size_t i = 5381;
    for (size_t k = 0; k < session.len; k++)
        i = i * 33 ^ (unsigned char)session.data[k];
    for (;; i++) {
        kali_touch *t = &store->touched[i % KALI_TOUCHED];
        if (t->epoch != store->epoch + 1) return t;
        if (memcmp(t->session, session.data, session.len) == 0 && !t->session[session.len])
            return t;
    }
}

kal_code kali_touch_get(kal_store *store, kal_str session, kali_touch **out, kal_err *err) {
    *out = look_up(store, session);
    if ((*out)->epoch == store->epoch + 1) return KAL_OK;
    if (store->touches >= KALI_TOUCHED / 4 * 3) {
        kal_code code = kali_touch_flush(store, err);
        if (code != KAL_OK) return code;
        kali_touch_forget(store);
        *out = look_up(store, session);
    }
    return load(store, session, *out, err);
}

void kali_touch_add(kal_store *store, kali_touch *t, kal_str created_at) {
    if (t->added++ == 0) {
        t->next = store->pending;
        store->pending = t;
    }
    /* The time may be the caller's: in the core's form, but without a NUL behind it. */
    if (memcmp(created_at.data, t->last, KALI_TIME_LEN) > 0)
        memcpy(t->last, created_at.data, KALI_TIME_LEN);
}
