/* Ways to damage a database. Each has a number of variants; the same number always gives the same file. */
#ifndef FAULT_DAMAGE_H
#define FAULT_DAMAGE_H

#include "support.h"

typedef struct damage {
    const char *name;
    int variants; /* see damage_variants */
    int stride;   /* the normal run takes every so manieth */
    /* Makes the file at `path`, a copy of a good one, the damaged one. */
    void (*apply)(const char *path, int variant);
} damage;
extern const damage damages[];
extern const int damage_count;
int damage_variants(const damage *d);

/* damage_schema.c: schemas and values that someone has made to do harm. */
extern const int damage_schemas, damage_values;
void damage_schema(const char *path, int variant);
void damage_value(const char *path, int variant);

/* A connection that may do anything to the file. */
sqlite3 *damage_open(const char *path);

#endif
