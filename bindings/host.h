/*
** host.h: the program.
*/
#ifndef KALITO_HOST_H
#define KALITO_HOST_H

#include <stddef.h>

/* Runs the main script with these arguments; the result is the exit status. */
int kalb_host(int argc, char **argv);

#define KALB_POOL_SIZES 20

/* The memory of the program's Lua state: begins as zeros; what it has got stays until the program ends. */
typedef struct kalb_pool {
    void *free[KALB_POOL_SIZES + 1]; /* lists of blocks, by size */
    void *pieces;                    /* the newest; each begins with the place of the one before */
    char *at;                        /* what is left of the newest */
    size_t left;
} kalb_pool;

/* A lua_Alloc; its context is a kalb_pool. */
void *kalb_pool_alloc(void *context, void *block, size_t old, size_t size);

#endif
