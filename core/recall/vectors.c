/*
** vectors.c: the vectors of one model in memory, kept from search to search. New ones are read by their ids, which
** only ascend; what was deleted since is not noticed here.
*/
#include "recall/vector.h"
#include "search/document.h"

#include <stdlib.h>
#include <string.h>

/* Bytes that are kept; what is beyond them is read anew for each search. */
#ifdef KALITO_TEST
#define ROOM ((size_t)1 << 20)
#else
#define ROOM ((size_t)256 << 20)
#endif

void kali_vectors_forget(kal_store *store) {
    kali_vectors *v = store->vectors;
    if (!v) return;
    for (kali_vector_block *b = v->first, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(v);
    store->vectors = NULL;
}

static size_t block_size(size_t stride) {
    return sizeof(kali_vector_block) + KALI_VECTOR_ROWS * stride;
}

kali_vector_block *kali_vector_block_new(size_t stride) {
    kali_vector_block *b = malloc(block_size(stride));
    if (!b) return NULL;
    b->next = NULL;
    b->count = 0;
    return b;
}

/* Takes the current row of the query. One whose blob has another size than its row says is passed over. */
static kal_code take(kal_store *store, const kali_vectors *v, kali_stmt *q, kali_leaf *leaf,
                     kali_vector_block *out, kal_err *err) {
    kali_record record;
    kal_str blob = kali_blob(q, 3);
    int64_t message = kali_integer(q, 1);
    if (blob.len != v->dimension) return KAL_OK;
    kal_code code = kali_document_read(store, leaf, message, &record, err);
    if (code != KAL_OK) return code;
    int8_t *values = out->values + out->count * v->stride;
    memset(values + v->dimension, 0, v->stride - v->dimension);
    memcpy(values, blob.data, blob.len);
    out->rows[out->count++] = (kali_vector_row){.id = kali_integer(q, 0),
                                                .message = message,
                                                .scale = (float)kali_real(q, 2),
                                                .session = record.session};
    return KAL_OK;
}

/* Fills the block with rows behind *after, which becomes the id of the last one. */
static kal_code fill(kal_store *store, const kali_vectors *v, int64_t *after,
                     kali_vector_block *out, bool *done, kal_err *err) {
    static const char SQL[] =
        "SELECT id, message_id, scale, vector FROM kalito_vectors"
        " WHERE model = $1 AND dimension = $2 AND id > $3 ORDER BY id LIMIT $4";
    kali_stmt *q;
    bool row;
    kali_leaf leaf = {0};
    int64_t room = (int64_t)(KALI_VECTOR_ROWS - out->count), seen = 0;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, kal_text(v->model));
    kali_bind_integer(q, 2, (int64_t)v->dimension);
    kali_bind_integer(q, 3, *after);
    kali_bind_integer(q, 4, room);
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        code = take(store, v, q, &leaf, out, err);
        if (code != KAL_OK) break;
        *after = kali_integer(q, 0);
        seen++;
    }
    kali_reset(q);
    *done = seen < room;
    return code;
}

kal_code kali_vectors_read(kal_store *store, const kali_vectors *v, int64_t *after,
                           kali_vector_block *out, bool *done, kal_err *err) {
    out->count = 0;
    return fill(store, v, after, out, done, err);
}

/* The block that takes the next rows; NULL in *out: there is no more room. */
static kal_code open_block(kali_vectors *v, kali_vector_block **out, kal_err *err) {
    *out = v->last;
    if (v->last && v->last->count < KALI_VECTOR_ROWS) return KAL_OK;
    *out = NULL;
    if (v->bytes + block_size(v->stride) > ROOM) return KAL_OK;
    kali_vector_block *b = kali_vector_block_new(v->stride);
    if (!b) return kali_no_memory(err);
    v->bytes += block_size(v->stride);
    *(v->last ? &v->last->next : &v->first) = b;
    *out = v->last = b;
    return KAL_OK;
}

static kal_code grow(kal_store *store, kali_vectors *v, kal_err *err) {
    for (v->whole = false; !v->whole;) {
        kali_vector_block *b;
        kal_code code = open_block(v, &b, err);
        if (code != KAL_OK || !b) return code;
        code = fill(store, v, &v->last_id, b, &v->whole, err);
        if (code != KAL_OK) return code;
    }
    return KAL_OK;
}

kal_code kali_vectors_get(kal_store *store, kal_str model, size_t dimension, kali_vectors **out,
                          kal_err *err) {
    kali_vectors *v = store->vectors;
    bool same = v && v->dimension == dimension && strlen(v->model) == model.len &&
                memcmp(v->model, model.data, model.len) == 0;
    if (!same) {
        kali_vectors_forget(store);
        v = store->vectors = calloc(1, sizeof *v);
        if (!v) return kali_no_memory(err);
        memcpy(v->model, model.data, model.len);
        v->dimension = dimension;
        v->stride = (dimension + KALI_LANES - 1) / KALI_LANES * KALI_LANES;
    }
    *out = v;
    return grow(store, v, err);
}
