/*
** pages.h: a damaged database file as bytes: pages.c finds the rows in its pages without the engine, which refuses.
*/
#ifndef KALITO_PAGES_H
#define KALITO_PAGES_H

#include "care.h"

#define KALI_COLUMNS 24

/* A whole file in memory, mapped. */
typedef struct kali_pages {
    const uint8_t *data;
    size_t size;
    size_t page_size, usable;
    uint32_t count;
    uint8_t *seen;    /* per page: looked at already, or free */
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
/* Marks the free pages, whose rows were deleted. */
void kali_pages_skip_free(kali_pages *pages);
/* The rows of the table at a root page, as far as pages lead to pages. False: `visit` has ended it. */
bool kali_pages_walk(kali_pages *pages, uint32_t root, kali_visit visit, void *context);
/* The rows of all leaves of tables that no walk has come to. */
bool kali_pages_rest(kali_pages *pages, kali_visit visit, void *context);
/* The entries of an index, as rows without an id. */
bool kali_pages_index(kali_pages *pages, uint32_t root, kali_visit visit, void *context);

/* ---- shape.c: may a row be one of this table? ---- */

bool kali_is_session(const kali_cells *row);
bool kali_is_persona(const kali_cells *row);
bool kali_is_message(const kali_cells *row);
bool kali_is_summary(const kali_cells *row);
bool kali_is_pin(const kali_cells *row);

#endif
