/*
** pages.c: rows out of the pages of a damaged file. The format is SQLite's (fileformat2.html). Every number in the file
** may be wrong: nothing outside of the file is read, no page is looked at twice, no row is taken that does not fit
** its own header.
*/
#include "care/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INDEX_INNER = 2, TABLE_INNER = 5, INDEX_LEAF = 10, TABLE_LEAF = 13 };

#define DEPTH_MAX 20
#define PAYLOAD_MAX (64u * 1024 * 1024)
/* Rows of a sound file share no bytes, and each is read three times at most: for the schema, for its table, for the
** index. Where many cells lead to the same bytes, reading ends. */
#define LOCAL_MOST 2   /* times the size of a page */
#define GATHER_MOST 16 /* times the size of the file */

static uint32_t big(const uint8_t *p, int bytes) {
    uint32_t v = 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

/* A number of one to nine bytes; NULL when it passes the end. */
static const uint8_t *varint(const uint8_t *p, const uint8_t *end, uint64_t *out) {
    *out = 0;
    for (int i = 0; i < 9 && p < end; i++, p++) {
        if (i == 8) {
            *out = *out << 8 | *p;
            return p + 1;
        }
        *out = *out << 7 | (*p & 0x7F);
        if (*p < 0x80) return p + 1;
    }
    return NULL;
}

/* ---- the file ---- */

/* Is it a page of a tree, of that size? Its cells begin behind their list, and the first that was put in stands at the
** page's end. */
static bool is_tree(const uint8_t *p, size_t page) {
    bool inner = p[0] == INDEX_INNER || p[0] == TABLE_INNER;
    if (!inner && p[0] != INDEX_LEAF && p[0] != TABLE_LEAF) return false;
    size_t n = big(p + 3, 2), first = inner ? 12 : 8, last = 0;
    if (n == 0 || first + 2 * n > page) return false;
    for (size_t i = 0; i < n; i++) {
        size_t at = big(p + first + 2 * i, 2);
        if (at < first + 2 * n || at >= page) return false;
        if (at > last) last = at;
    }
    return last >= page / 2;
}

/* How many bytes stand in pages of that size. */
static size_t plausible(const uint8_t *data, size_t size, size_t page) {
    size_t n = 0;
    for (size_t at = page; at + page <= size; at += page)
        n += is_tree(data + at, page);
    return n * page;
}

/* Where the constants of the header stand, its numbers are believed. */
static bool is_header(const uint8_t *data) {
    return memcmp(data, "SQLite format 3", 16) == 0 && data[21] == 64 && data[22] == 32 &&
           data[23] == 32;
}

static size_t find_page_size(const uint8_t *data, size_t size) {
    size_t said = big(data + 16, 2) == 1 ? 65536 : big(data + 16, 2), best = 4096, score = 0;
    bool power = said >= 512 && (said & (said - 1)) == 0;
    if (power && is_header(data)) return said;
    for (size_t page = 512; page <= 65536; page *= 2) {
        size_t now = plausible(data, size, page);
        if (now > score) {
            score = now;
            best = page;
        }
    }
    return best;
}

kal_code kali_pages_open(const char *path, kali_pages *out, kal_err *err) {
    struct stat st;
    memset(out, 0, sizeof *out);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return kali_fail(err, KAL_IO, "%s: %s", path, strerror(errno));
    void *data = MAP_FAILED;
    if (fstat(fd, &st) == 0 && st.st_size >= 512)
        data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (data == MAP_FAILED) return kali_fail(err, KAL_NOT_KALITO, "%s: holds no page", path);
    out->data = data;
    out->size = (size_t)st.st_size;
    out->page_size = find_page_size(out->data, out->size);
    size_t reserved = is_header(out->data) ? out->data[20] : 0;
    out->usable = out->page_size - reserved;
    out->count = (uint32_t)(out->size / out->page_size);
    out->seen = calloc(out->count + 1, 1);
    if (out->seen) return KAL_OK;
    kali_pages_close(out);
    return kali_no_memory(err);
}

void kali_pages_close(kali_pages *p) {
    if (p->data) munmap((void *)(uintptr_t)p->data, p->size);
    free(p->seen);
    kali_arena_free(&p->arena);
    memset(p, 0, sizeof *p);
}

static const uint8_t *page_at(const kali_pages *p, uint32_t number) {
    return number >= 1 && number <= p->count ? p->data + (size_t)(number - 1) * p->page_size : NULL;
}

void kali_pages_skip_free(kali_pages *p) {
    uint32_t trunk = big(p->data + 32, 4);
    for (const uint8_t *at; (at = page_at(p, trunk)) && !p->seen[trunk]; trunk = big(at, 4)) {
        uint32_t n = big(at + 4, 4);
        if (n > p->usable / 4 - 2) return; /* no trunk after all */
        p->seen[trunk] = 1;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t leaf = big(at + 8 + 4 * i, 4);
            if (leaf >= 1 && leaf <= p->count) p->seen[leaf] = 1;
        }
    }
}

void kali_pages_forget(kali_pages *p) {
    memset(p->seen, 0, p->count + 1);
}

/* ---- rows ---- */

/* A payload: what of it lies in the page, and in overflow pages from there on. */
typedef struct payload {
    const uint8_t *data;
    size_t size, local;
} payload;

/* Puts a payload together. False when its pages are not there. They are not marked: no page that goes on a payload looks
** like one of a tree, as it begins with a page's number, and a damaged one may lead anywhere. */
static bool gather(kali_pages *p, payload *load) {
    if (load->local == load->size) return true;
    uint32_t next = big(load->data + load->local, 4);
    uint8_t *whole = kali_arena_alloc(&p->arena, load->size);
    if (!whole) return false;
    size_t have = load->local;
    memcpy(whole, load->data, have);
    while (have < load->size) {
        const uint8_t *page = page_at(p, next);
        size_t n = load->size - have < p->usable - 4 ? load->size - have : p->usable - 4;
        p->gathered += n;
        if (!page || p->gathered / GATHER_MOST > p->size) return false;
        memcpy(whole + have, page + 4, n);
        have += n;
        next = big(page, 4);
    }
    load->data = whole;
    return true;
}

/* How much of a payload stands in the page itself. */
static size_t local_size(const kali_pages *p, size_t size, bool leaf_of_table) {
    size_t u = p->usable, least = (u - 12) * 32 / 255 - 23;
    size_t most = leaf_of_table ? u - 35 : (u - 12) * 64 / 255 - 23;
    if (size <= most) return size;
    size_t k = least + (size - least) % (u - 4);
    return k <= most ? k : least;
}

static int64_t integer_of(const uint8_t *p, size_t bytes) {
    uint64_t v = bytes && p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

/* A value by its type in the row's header. False for types that do not exist. */
static bool read_value(uint64_t type, const uint8_t *p, size_t size, kal_value *v) {
    *v = (kal_value){.kind = KAL_NULL};
    if (type == 0) return true;
    if (type == 10 || type == 11) return false;
    if (type >= 12) {
        v->kind = type % 2 ? KAL_TEXT : KAL_BLOB;
        v->text = (kal_str){(const char *)p, size};
        return true;
    }
    v->kind = type == 7 ? KAL_REAL : KAL_INTEGER;
    v->integer = type == 8 ? 0 : type == 9 ? 1 : integer_of(p, size);
    if (type == 7) memcpy(&v->real, &v->integer, sizeof v->real);
    return true;
}

static size_t size_of(uint64_t type) {
    static const uint8_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
    return type < 12 ? sizes[type] : (size_t)((type - 12) / 2);
}

static bool read_record(const payload *load, kali_cells *out) {
    const uint8_t *end = load->data + load->size, *p;
    uint64_t header;
    out->count = 0;
    p = varint(load->data, end, &header);
    if (!p || header > load->size || header < 1) return false;
    const uint8_t *body = load->data + header, *types = body;
    while (p < types) {
        uint64_t type;
        p = varint(p, types, &type);
        if (!p || type > 2ull * PAYLOAD_MAX) return false;
        size_t size = size_of(type);
        if (size > (size_t)(end - body)) return false;
        if (out->count < KALI_COLUMNS && !read_value(type, body, size, &out->values[out->count++]))
            return false;
        body += size;
    }
    return body == end && out->count > 0;
}

static bool visit_cell(kali_pages *p, const uint8_t *page, size_t at, int kind, kali_visit visit,
                       void *context) {
    const uint8_t *end = page + p->usable, *c = page + at;
    uint64_t size, rowid = 0;
    kali_cells row;
    if (kind == INDEX_INNER) c += 4;
    c = c < end ? varint(c, end, &size) : NULL;
    if (c && kind == TABLE_LEAF) c = varint(c, end, &rowid);
    if (!c || size < 2 || size > PAYLOAD_MAX || size > p->size) return true;
    payload load = {c, (size_t)size, local_size(p, (size_t)size, kind == TABLE_LEAF)};
    if (load.local + (load.local < load.size ? 4 : 0) > (size_t)(end - c)) return true;
    p->local += load.local;
    if (p->local > LOCAL_MOST * p->page_size) return true;
    kali_arena_reset(&p->arena);
    if (!gather(p, &load) || !read_record(&load, &row)) return true;
    row.rowid = (int64_t)rowid;
    return visit(context, &row);
}

static bool visit_cells(kali_pages *p, uint32_t number, kali_visit visit, void *context) {
    if (!visit) return true;
    p->local = 0;
    /* What was read need not stay in memory: the file gives it again. */
    if (++p->visited % 2048 == 0) madvise((void *)(uintptr_t)p->data, p->size, MADV_DONTNEED);
    const uint8_t *page = page_at(p, number), *head = number == 1 ? page + 100 : page;
    int kind = head[0];
    size_t first = (size_t)(head - page) + (kind == INDEX_INNER ? 12 : 8), n = big(head + 3, 2);
    for (size_t i = 0; i < n && first + 2 * i + 2 <= p->usable; i++) {
        size_t at = big(page + first + 2 * i, 2);
        if (at < first || at >= p->usable) continue;
        if (!visit_cell(p, page, at, kind, visit, context)) return false;
    }
    return true;
}

/* ---- trees ---- */

static bool walk(kali_pages *p, uint32_t number, int inner, int depth, kali_visit visit,
                 void *context) {
    const uint8_t *page = page_at(p, number);
    if (!page || p->seen[number] || depth > DEPTH_MAX) return true;
    const uint8_t *head = number == 1 ? page + 100 : page;
    int leaf = inner == TABLE_INNER ? TABLE_LEAF : INDEX_LEAF;
    if (head[0] != inner && head[0] != leaf) return true;
    p->seen[number] = 1;
    if (head[0] == leaf) return visit_cells(p, number, visit, context);
    size_t n = big(head + 3, 2), first = (size_t)(head - page) + 12;
    for (size_t i = 0; i < n && first + 2 * i + 2 <= p->usable; i++) {
        size_t at = big(page + first + 2 * i, 2);
        if (at + 4 > p->usable) continue;
        if (!walk(p, big(page + at, 4), inner, depth + 1, visit, context)) return false;
    }
    if (inner == INDEX_INNER && !visit_cells(p, number, visit, context)) return false;
    return walk(p, big(head + 8, 4), inner, depth + 1, visit, context);
}

bool kali_pages_walk(kali_pages *p, uint32_t root, kali_visit visit, void *context) {
    return walk(p, root, TABLE_INNER, 0, visit, context);
}

bool kali_pages_index(kali_pages *p, uint32_t root, kali_visit visit, void *context) {
    return walk(p, root, INDEX_INNER, 0, visit, context);
}

bool kali_pages_rest(kali_pages *p, kali_visit visit, void *context) {
    for (uint32_t number = 1; number <= p->count; number++) {
        const uint8_t *page = page_at(p, number);
        if (p->seen[number] || page[number == 1 ? 100 : 0] != TABLE_LEAF) continue;
        p->seen[number] = 1;
        if (!visit_cells(p, number, visit, context)) return false;
    }
    return true;
}
