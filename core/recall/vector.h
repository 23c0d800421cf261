/*
** vector.h: vectors as they are stored and compared: vector.c keeps them in the file, vectors.c in memory,
** near.c compares.
*/
#ifndef KALITO_VECTOR_H
#define KALITO_VECTOR_H

#include "internal.h"

#define KALI_LANES                                                                                 \
    32 /* numbers are compared so many at a time: rows in memory are filled up with zeros */
#define KALI_VECTOR_ROWS 512

typedef struct kali_vector_row {
    int64_t id; /* of the vector, not of the message */
    int64_t message;
    float scale;
    uint32_t session; /* its number */
} kali_vector_row;

/* Some vectors in memory, in the order of their ids. */
typedef struct kali_vector_block {
    struct kali_vector_block *next;
    size_t count;
    kali_vector_row rows[KALI_VECTOR_ROWS];
    int8_t values[]; /* `stride` for each row */
} kali_vector_block;

/* The vectors of one model that are kept in memory: the first ones, up to `last_id`. Rows may have been deleted since:
** whoever finds one asks the file. */
typedef struct kali_vectors {
    char model[KAL_NAME_MAX + 1];
    size_t dimension, stride;
    kali_vector_block *first, *last;
    size_t bytes;
    int64_t last_id;
    bool whole; /* there were no more */
} kali_vectors;

/* store->vectors for that model and dimension, with all rows that there is room for. */
kal_code kali_vectors_get(kal_store *store, kal_str model, size_t dimension, kali_vectors **out,
                          kal_err *err);
/* One block of those for which there was no room: behind *after, which becomes the id of the last one. *done: there
** are no more. */
kal_code kali_vectors_read(kal_store *store, const kali_vectors *vectors, int64_t *after,
                           kali_vector_block *out, bool *done, kal_err *err);
kali_vector_block *kali_vector_block_new(size_t stride);
void kali_vectors_forget(kal_store *store);

/* Checks model and values of a vector; `what` is the function's name. */
kal_code kali_vector_check(const char *what, kal_str model, const float *values, size_t dimension,
                           kal_err *err);

#endif
