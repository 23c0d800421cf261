/*
** vector.c: the vectors of messages in the file. A number takes one byte: against four it costs the cosine of two
** vectors of 768 numbers less than 0.005, takes a quarter of the disk and of the memory, and is compared faster.
*/
#include "recall/vector.h"

#include <math.h>
#include <string.h>

/* ---- one byte a number ---- */

/* The nearest whole numbers on a scale where the greatest is 127. *scale times them has length 1. */
static void quantise(const float *values, size_t n, int8_t *out, double *scale) {
    double most = 0, square = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs((double)values[i]));
    for (size_t i = 0; i < n; i++) {
        out[i] = (int8_t)lround(values[i] / most * 127);
        square += out[i] * out[i];
    }
    *scale = 1 / sqrt(square);
}

kal_code kali_vector_check(const char *what, kal_str model, const float *values, size_t dimension,
                           kal_err *err) {
    kal_code code = kali_check_text("vector", "model", model, 1, KAL_NAME_MAX, err);
    if (code != KAL_OK) return code;
    if (!values || dimension < 1 || dimension > KAL_DIMENSION_MAX)
        return kali_fail(err, KAL_MISUSE, "%s: a vector has 1 to %d numbers, got %zu", what,
                         KAL_DIMENSION_MAX, values ? dimension : 0);
    bool any = false;
    for (size_t i = 0; i < dimension; i++) {
        if (!isfinite(values[i]))
            return kali_fail(err, KAL_MISUSE, "%s: number %zu of the vector is not finite", what,
                             i + 1);
        any = any || values[i] != 0;
    }
    return any ? KAL_OK : kali_fail(err, KAL_MISUSE, "%s: all numbers of the vector are 0", what);
}

/* ---- storing ---- */

/* The message is there, and has the text still. */
static kal_code check_message(kal_store *store, const kal_vector *row, kal_err *err) {
    static const char SQL[] = "SELECT text FROM messages WHERE id = $1";
    kali_stmt *q;
    bool found;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(q, 1, row->message);
    code = kali_step(q, &found, err);
    if (code != KAL_OK) return code;
    kal_str now = found ? kali_text(q, 0) : (kal_str){0};
    bool same = !row->text.data || (now.data && now.len == row->text.len &&
                                    memcmp(now.data, row->text.data, now.len) == 0);
    kali_reset(q);
    if (!found)
        return kali_fail(err, KAL_NOT_FOUND, "no message has the id %lld", (long long)row->message);
    if (!same)
        return kali_fail(err, KAL_NOT_FOUND, "message %lld has another text by now",
                         (long long)row->message);
    return KAL_OK;
}

/* What a model makes has one dimension; another one comes from another model of that name. */
static kal_code check_dimension(kal_store *store, const kal_vector *row, kal_err *err) {
    static const char SQL[] =
        "SELECT dimension FROM kalito_vectors WHERE model = $1 ORDER BY id DESC LIMIT 1";
    kali_stmt *q;
    bool found;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, row->model);
    code = kali_step(q, &found, err);
    if (code != KAL_OK || !found) return code;
    int64_t dimension = kali_integer(q, 0);
    kali_reset(q);
    if (dimension == (int64_t)row->dimension) return KAL_OK;
    return kali_fail(err, KAL_EXISTS, "the vectors of '%.*s' have %lld numbers, this one has %zu",
                     KALI_STR(row->model), (long long)dimension, row->dimension);
}

static kal_code drop(kal_store *store, int64_t message, kal_err *err) {
    static const char SQL[] = "DELETE FROM kalito_vectors WHERE message_id = $1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(q, 1, message);
    return kali_run(q, err);
}

static kal_code insert(kal_store *store, const kal_vector *row, kal_err *err) {
    static const char SQL[] =
        "INSERT INTO kalito_vectors(message_id, model, dimension, scale, vector)"
        " VALUES ($1, $2, $3, $4, $5)";
    int8_t values[KAL_DIMENSION_MAX];
    double scale;
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    quantise(row->values, row->dimension, values, &scale);
    kali_bind_integer(q, 1, row->message);
    kali_bind_text(q, 2, row->model);
    kali_bind_integer(q, 3, (int64_t)row->dimension);
    kali_bind_real(q, 4, scale);
    kali_bind_blob(q, 5, values, row->dimension);
    return kali_run(q, err);
}

kal_code kal_vector_set(kal_store *store, const kal_vector *row, kal_err *err) {
    kal_code code = kali_vector_check("vector.set", row->model, row->values, row->dimension, err);
    if (code == KAL_OK) code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = check_message(store, row, err);
    if (code == KAL_OK) code = check_dimension(store, row, err);
    if (code == KAL_OK) code = drop(store, row->message, err);
    if (code == KAL_OK) code = insert(store, row, err);
    return kali_write_end(store, code, err);
}

kal_code kal_vector_del(kal_store *store, kal_str model, kal_err *err) {
    static const char SQL[] = "DELETE FROM kalito_vectors WHERE $1 IS NULL OR model = $1";
    kali_stmt *q;
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_db_use(store->db, SQL, &q, err);
    if (code == KAL_OK) {
        kali_bind_text(q, 1, model);
        code = kali_run(q, err);
    }
    kali_vectors_forget(store);
    return kali_write_end(store, code, err);
}

/* ---- counting ---- */

kal_code kal_vector_count(kal_store *store, kal_str model, int64_t *out, kal_err *err) {
    static const char SQL[] = "SELECT count(*) FROM kalito_vectors WHERE $1 IS NULL OR model = $1";
    kali_stmt *q;
    bool row;
    *out = 0;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, model);
    code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    *out = kali_integer(q, 0);
    kali_reset(q);
    return KAL_OK;
}

kal_code kal_vector_missing(kal_store *store, const kal_missing *query, int64_t *ids, size_t *count,
                            kal_err *err) {
    static const char SQL[] =
        "SELECT m.id FROM messages m WHERE m.id > $1 AND NOT EXISTS"
        " (SELECT 1 FROM kalito_vectors v WHERE v.message_id = m.id AND v.model = $2)"
        " AND m.text <> '' ORDER BY m.id LIMIT $3";
    kali_stmt *q;
    bool row;
    *count = 0;
    kal_code code = kali_check_text("vector.missing", "model", query->model, 1, KAL_NAME_MAX, err);
    if (code == KAL_OK && query->limit < 1)
        code = kali_fail(err, KAL_MISUSE, "vector.missing: limit must be at least 1");
    if (code == KAL_OK) code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(q, 1, query->after);
    kali_bind_text(q, 2, query->model);
    kali_bind_integer(q, 3, query->limit);
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err))
        ids[(*count)++] = kali_integer(q, 0);
    return code;
}
