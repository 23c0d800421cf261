/*
** near.c: the messages whose vectors are nearest to a query, found by comparing it with every vector.
*/
#include "recall/vector.h"
#include "search/document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MAX 1000
#define SPARE 16 /* found beyond the limit: some may have been deleted */

/* ---- comparing ---- */

/* The query is kept finer than what it is compared with. With 2047 the sum over KAL_DIMENSION_MAX products with
** 127 still fits into 32 bits. */
#define FINE 2047

typedef int32_t dot_function(const int8_t *, const int16_t *, size_t);

/* n is a multiple of KALI_LANES: for a loop of fixed length the compiler uses the widest registers it may. */
static inline __attribute__((always_inline)) int32_t dot_lanes(const int8_t *x, const int16_t *y,
                                                               size_t n) {
    int32_t sum = 0;
    for (size_t i = 0; i < n; i += KALI_LANES) {
        int32_t part = 0;
        for (size_t k = 0; k < KALI_LANES; k++)
            part += x[i + k] * y[i + k];
        sum += part;
    }
    return sum;
}

static int32_t dot_plain(const int8_t *x, const int16_t *y, size_t n) {
    return dot_lanes(x, y, n);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static int32_t dot_avx2(const int8_t *x, const int16_t *y,
                                                        size_t n) {
    return dot_lanes(x, y, n);
}

static dot_function *choose_dot(void) {
    return __builtin_cpu_supports("avx2") ? dot_avx2 : dot_plain;
}
#else
static dot_function *choose_dot(void) {
    return dot_plain;
}
#endif

typedef struct probe {
    int16_t *values; /* of the query, filled up to the stride */
    float scale;
    dot_function *dot;
} probe;

static bool make_probe(const kal_near *query, size_t stride, kali_arena *arena, probe *out) {
    double most = 0, square = 0;
    out->values = kali_arena_alloc(arena, stride * sizeof *out->values);
    if (!out->values) return false;
    memset(out->values, 0, stride * sizeof *out->values);
    for (size_t i = 0; i < query->dimension; i++)
        most = fmax(most, fabs((double)query->values[i]));
    for (size_t i = 0; i < query->dimension; i++) {
        out->values[i] = (int16_t)lround(query->values[i] / most * FINE);
        square += out->values[i] * out->values[i];
    }
    out->scale = (float)(1 / sqrt(square));
    out->dot = choose_dot();
    return true;
}

/* ---- the best ---- */

typedef struct found {
    float score;
    int64_t id, message;
} found;

/* The best so far, and behind them what came since they were last put in order. */
typedef struct best {
    found *rows; /* twice the room */
    size_t room, count;
    float least; /* what is below it is none of the best */
} best;

static int by_score(const void *x, const void *y) {
    const found *a = x, *b = y;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    return a->message < b->message ? 1 : a->message > b->message ? -1 : 0; /* the newer first */
}

static void settle(best *b) {
    qsort(b->rows, b->count, sizeof *b->rows, by_score);
    if (b->count < b->room) return;
    b->count = b->room;
    b->least = b->rows[b->room - 1].score;
}

static void offer(best *b, found f) {
    if (f.score < b->least) return;
    b->rows[b->count++] = f;
    if (b->count == 2 * b->room) settle(b);
}

static void compare(const probe *p, const kali_vectors *v, const kali_vector_block *block,
                    const kali_scope *scope, best *b) {
    const int8_t *values = block->values;
    for (size_t i = 0; i < block->count; i++, values += v->stride) {
        const kali_vector_row *row = &block->rows[i];
        if (!kali_scope_has(scope, row->session)) continue;
        float score = (float)p->dot(values, p->values, v->stride) * row->scale * p->scale;
        offer(b, (found){score, row->id, row->message});
    }
}

/* ---- all together ---- */

typedef struct search {
    kal_store *store;
    const kal_near *query;
    kali_scope scope;
    probe probe;
    best best;
} search;

/* Those for which there was no room in memory, a block at a time. */
static kal_code compare_rest(search *s, const kali_vectors *v, kal_err *err) {
    kali_vector_block *block = kali_vector_block_new(v->stride);
    if (!block) return kali_no_memory(err);
    kal_code code = KAL_OK;
    int64_t after = v->last_id;
    for (bool done = false; !done && code == KAL_OK;) {
        code = kali_vectors_read(s->store, v, &after, block, &done, err);
        if (code == KAL_OK) compare(&s->probe, v, block, &s->scope, &s->best);
    }
    free(block);
    return code;
}

static kal_code compare_all(search *s, kal_err *err) {
    kali_vectors *v;
    kal_code code = kali_vectors_get(s->store, s->query->model, s->query->dimension, &v, err);
    if (code != KAL_OK) return code;
    s->best.count = 0;
    s->best.least = -INFINITY;
    for (const kali_vector_block *b = v->first; b; b = b->next)
        compare(&s->probe, v, b, &s->scope, &s->best);
    if (!v->whole) code = compare_rest(s, v, err);
    settle(&s->best);
    return code;
}

static kal_code is_there(kal_store *store, const found *f, bool *out, kal_err *err) {
    static const char SQL[] = "SELECT 1 FROM kalito_vectors WHERE id = $1 AND message_id = $2";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(q, 1, f->id);
    kali_bind_integer(q, 2, f->message);
    code = kali_step(q, out, err);
    kali_reset(q);
    return code;
}

/* *stale: some vectors are no longer in the file. */
static kal_code hand_out(search *s, kal_hit *hits, size_t *count, bool *stale, kal_err *err) {
    for (size_t i = 0; i < s->best.count && *count < (size_t)s->query->limit; i++) {
        const found *f = &s->best.rows[i];
        kal_hit *hit = &hits[*count];
        bool there;
        if (f->message == s->query->without) continue;
        kal_code code = is_there(s->store, f, &there, err);
        if (code != KAL_OK) return code;
        *stale = *stale || !there;
        if (!there) continue;
        kali_key key = {{0}, f->message};
        *hit = (kal_hit){.score = f->score};
        code = kali_row_get(s->store, &kali_message_noun, key, &hit->message, err);
        if (code == KAL_NOT_FOUND) continue;
        if (code != KAL_OK) return code;
        ++*count;
    }
    return KAL_OK;
}

/* What is in memory may be older than the file. Where that leaves too few, everything is read again. */
static kal_code find(search *s, kali_arena *arena, kal_hit *hits, size_t *count, kal_err *err) {
    const kal_near *q = s->query;
    size_t stride = (q->dimension + KALI_LANES - 1) / KALI_LANES * KALI_LANES;
    s->best.room = (size_t)q->limit + SPARE;
    s->best.rows = kali_arena_alloc(arena, 2 * s->best.room * sizeof *s->best.rows);
    if (!s->best.rows || !make_probe(q, stride, arena, &s->probe)) return kali_no_memory(err);
    kal_code code = kali_scope_make(s->store, q->sessions, q->session_count, arena, &s->scope, err);
    bool stale = false;
    if (code == KAL_OK) code = compare_all(s, err);
    if (code == KAL_OK) code = hand_out(s, hits, count, &stale, err);
    if (code != KAL_OK || !stale || *count == (size_t)q->limit) return code;
    kali_vectors_forget(s->store);
    *count = 0;
    code = compare_all(s, err);
    return code == KAL_OK ? hand_out(s, hits, count, &stale, err) : code;
}

kal_code kal_vector_find(kal_store *store, const kal_near *query, kal_hit *hits, size_t *count,
                         kal_err *err) {
    *count = 0;
    kali_answer_begin(store);
    kal_code code =
        kali_vector_check("vector.find", query->model, query->values, query->dimension, err);
    if (code == KAL_OK && (query->limit < 1 || query->limit > LIMIT_MAX))
        code = kali_fail(err, KAL_MISUSE, "vector.find: limit must be between 1 and %d, got %lld",
                         LIMIT_MAX, (long long)query->limit);
    if (code == KAL_OK) code = kali_read_begin(store, err);
    if (code != KAL_OK) return code;
    kali_arena arena = {0};
    search s = {.store = store, .query = query};
    code = find(&s, &arena, hits, count, err);
    kali_read_end(store);
    kali_arena_free(&arena);
    return code;
}
