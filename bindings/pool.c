/*
** pool.c: the memory of the program's Lua state. Nearly all of it is blocks of a few small sizes, ten thousand of them
** before the first command has begun: they are cut from large pieces and kept for the next one of their size, which
** takes a quarter of malloc's time and none of the room that it needs for its notes. What is larger is malloc's.
*/
#include "host.h"

#include <stdlib.h>
#include <string.h>

#define STEP 16
#define LINK sizeof(void *) /* what a block holds while it is in a list */
#define PIECE (128u * 1024)

/* Places in the lists; 0 is no block, and what is above KALB_POOL_SIZES is malloc's. */
static size_t place_of(size_t size) {
    return (size + STEP - 1) / STEP;
}

static void *take(kalb_pool *pool, size_t place) {
    void *block = pool->free[place];
    if (block) {
        memcpy(&pool->free[place], block, LINK); /* the next one stands in it */
        return block;
    }
    size_t size = place * STEP;
    if (pool->left < size) {
        void *piece = malloc(PIECE);
        if (!piece) return NULL;
        memcpy(piece, &pool->pieces, LINK); /* the one before */
        pool->pieces = piece;
        pool->at = (char *)piece + STEP;
        pool->left = PIECE - STEP;
    }
    block = pool->at;
    pool->at += size;
    pool->left -= size;
    return block;
}

static void give(kalb_pool *pool, void *block, size_t place) {
    if (place > KALB_POOL_SIZES) {
        free(block);
        return;
    }
    memcpy(block, &pool->free[place], LINK);
    pool->free[place] = block;
}

void *kalb_pool_alloc(void *context, void *block, size_t old, size_t size) {
    kalb_pool *pool = context;
    size_t from = block ? place_of(old) : 0, to = place_of(size);
    if (from > KALB_POOL_SIZES && to > KALB_POOL_SIZES) return realloc(block, size);
    if (from == to) return block;
    void *made = !to ? NULL : to > KALB_POOL_SIZES ? malloc(size) : take(pool, to);
    if (to && !made) return NULL;
    if (from && to) memcpy(made, block, old < size ? old : size);
    if (from) give(pool, block, from);
    return made;
}
