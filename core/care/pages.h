/*
** pages.h: a damaged database file as bytes: pages.c finds the rows in its pages without the engine, which refuses.
*/
#ifndef KALITO_PAGES_H
#define KALITO_PAGES_H

#include "care/care.h"

#define KALI_COLUMNS 24

/* A whole file in memory, mapped. */
typedef struct kali_pages {
    const uint8_t *data;
    size_t size;
    size_t page_size, usable;
    uint32_t count;
    uint8_t *seen;    /* per page: looked at already, or free */
    size_t visited;   /* pages whose rows were read */
    size_t local;     /* bytes of the rows of the page under way, without overflow pages */
    size_t gathered;  /* bytes read from overflow pages */
    kali_arena arena; /* one row with overflow pages */
} kali_pages;

/* One row as it stands in a page; texts point into the file or the arena, until the next row. */
typedef struct kali_cells {
    int64_t rowid;
    size_t count;
    kal_value values[KALI_COLUMNS];
} kali_cells;

/* Called for every row; false ends the walk. */
typedef bool (*kali_visit)(void *context, const kali_cells *row);

/* Maps the file at a path of which nobody else has it open. Guesses the page size when its header is damaged. */
kal_code kali_pages_open(const char *path, kali_pages *out, kal_err *err);
void kali_pages_close(kali_pages *pages);
/* Marks the free pages, whose rows were deleted, unless something has led to them. */
void kali_pages_skip_free(kali_pages *pages);
/* All pages are as if nothing had looked at them. */
void kali_pages_forget(kali_pages *pages);
/* The rows of the table at a root page, as far as pages lead to pages; with `visit` NULL its pages are only marked.
** False: `visit` has ended it. */
bool kali_pages_walk(kali_pages *pages, uint32_t root, kali_visit visit, void *context);
/* The rows of all leaves of tables that no walk has come to. */
bool kali_pages_rest(kali_pages *pages, kali_visit visit, void *context);
/* The entries of an index, as rows without an id. */
bool kali_pages_index(kali_pages *pages, uint32_t root, kali_visit visit, void *context);

/* ---- shape.c: may a row be one of this table? ---- */

typedef enum kali_shape {
    KALI_SHAPE_TEXT, /* text, or nothing */
    KALI_SHAPE_KEY,  /* text that is valid */
    KALI_SHAPE_WORD, /* a role or a type, or nothing */
    KALI_SHAPE_NUMBER,
    KALI_SHAPE_COUNT, /* a whole number */
    KALI_SHAPE_NONE,  /* the row's id, which stands elsewhere */
} kali_shape;
kali_shape kali_shape_of(const char *table, const char *column);
/* `shapes` of the table's `count` columns, of which the oldest rows have `least`. */
bool kali_shape_fits(const kali_shape *shapes, size_t count, size_t least, const kali_cells *row);

/* ---- recover_log.c ---- */

/* Copies a damaged file, and puts into the copy what its log has committed. Pages that the disk cannot read become
** zeros. */
kal_code kali_pages_copy(const char *bad, const char *copy, kal_err *err);

#endif
