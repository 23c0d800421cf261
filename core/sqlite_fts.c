/*
** sqlite_fts.c: the postings of a term, read from the segments of the search index: ten times as fast as a
** query for each term. The layout of segments is that of FTS5's file format, version 4 (the comment at the head
** of SQLite's fts5_index.c). Every offset that is read is checked: a damaged segment gives KAL_CORRUPT, not a
** crash. The file is long: the pieces of one format, read in one place.
*/
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define SEGMENTS 2000 /* FTS5 itself allows no more */
#define TERM_MAX 256

/* ---- pages ---- */

typedef struct segment {
    int64_t id, first, last; /* numbers of its leaves */
} segment;

/* One leaf. It lasts until the next one is read. */
typedef struct leaf {
    const uint8_t *data;
    size_t len, keys; /* `keys`: where the list of the terms' places begins */
} leaf;

struct kali_reader {
    kali_db *db;
    kali_stmt *page, *place, *after;
    segment *segments;
    size_t count;
    leaf leaf;
    int64_t at; /* the block at which `page` stands, 0 none */
};

static const uint8_t *long_varint(const uint8_t *p, const uint8_t *end, uint64_t *out) {
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) {
        if (p >= end) return NULL;
        v = v << 7 | (*p & 0x7F);
        if (*p++ < 0x80) return *out = v, p;
    }
    if (p >= end) return NULL;
    *out = v << 8 | *p;
    return p + 1;
}

/* NULL: it does not end before `end`. Most have one byte. */
static inline const uint8_t *varint(const uint8_t *p, const uint8_t *end, uint64_t *out) {
    if (p >= end || *p >= 0x80) return long_varint(p, end, out);
    *out = *p;
    return p + 1;
}

static kal_code damaged(kal_err *err) {
    return kali_fail(err, KAL_CORRUPT,
                     "the search index is damaged (kalito optimize --rebuild mends it)");
}

/* Blocks from one on: those of a long list follow each other. */
static const char PAGE[] =
    "SELECT id, block FROM kalito_messages_fts_data WHERE id >= $1 ORDER BY id";
static const char PLACE[] =
    "SELECT pgno FROM kalito_messages_fts_idx WHERE segid = $1 AND term <= $2"
    " ORDER BY term DESC LIMIT 1";
static const char AFTER[] =
    "SELECT pgno FROM kalito_messages_fts_idx WHERE segid = $1 AND term > $2"
    " ORDER BY term LIMIT 1";

/* The block of that id; it lasts until the next call. *found: there is one. */
static kal_code read_block(kali_reader *r, int64_t id, kal_str *out, bool *found, kal_err *err) {
    if (r->at == 0 || r->at != id - 1) {
        kali_reset(r->page);
        kali_bind_integer(r->page, 1, id);
    }
    kal_code code = kali_step(r->page, found, err);
    r->at = code == KAL_OK && *found ? kali_integer(r->page, 0) : 0;
    *found = r->at == id;
    if (*found) *out = kali_blob(r->page, 1);
    return code;
}

static kal_code read_leaf(kali_reader *r, const segment *s, int64_t number, kal_err *err) {
    kal_str block;
    bool found;
    kal_code code = read_block(r, (s->id << 37) + number, &block, &found, err);
    if (code != KAL_OK) return code;
    if (!found || block.len < 4) return damaged(err);
    const uint8_t *p = (const uint8_t *)block.data;
    r->leaf = (leaf){.data = p, .len = block.len, .keys = (size_t)p[2] << 8 | p[3]};
    return r->leaf.keys >= 4 && r->leaf.keys <= r->leaf.len ? KAL_OK : damaged(err);
}

/* ---- the structure record: which segments there are, newest first in each level ---- */

static kal_code parse_structure(kali_reader *r, kal_str block, kal_err *err) {
    const uint8_t *p = (const uint8_t *)block.data + 4,
                  *end = (const uint8_t *)block.data + block.len;
    uint64_t levels, total, counter, merging, in_level, id, first, last;
    if (block.len < 7 || *p == 0xFF || !(p = varint(p, end, &levels)) ||
        !(p = varint(p, end, &total)) || !(p = varint(p, end, &counter)) || total > SEGMENTS ||
        levels > SEGMENTS)
        return damaged(err);
    r->segments = calloc(total + 1, sizeof *r->segments);
    if (!r->segments) return kali_no_memory(err);
    for (uint64_t l = 0; l < levels; l++) {
        if (!(p = varint(p, end, &merging)) || !(p = varint(p, end, &in_level)) ||
            in_level > total - r->count)
            return damaged(err);
        for (uint64_t i = 0; i < in_level; i++) {
            if (!(p = varint(p, end, &id)) || !(p = varint(p, end, &first)) ||
                !(p = varint(p, end, &last)) || id > 0xFFFF || last > INT32_MAX || first > last)
                return damaged(err);
            /* In a level the oldest comes first: each new one goes before those of its level. */
            memmove(&r->segments[r->count - i + 1], &r->segments[r->count - i],
                    i * sizeof *r->segments);
            r->segments[r->count - i] = (segment){(int64_t)id, (int64_t)first, (int64_t)last};
            r->count++;
        }
    }
    return KAL_OK;
}

kal_code kali_reader_open(kali_db *db, kali_reader **out, kal_err *err) {
    kal_str block;
    bool found;
    kali_reader *r = *out = calloc(1, sizeof *r);
    if (!r) return kali_no_memory(err);
    r->db = db;
    kal_code code = kali_db_use(db, PAGE, &r->page, err);
    if (code == KAL_OK) code = kali_db_use(db, PLACE, &r->place, err);
    if (code == KAL_OK) code = kali_db_use(db, AFTER, &r->after, err);
    if (code == KAL_OK) code = read_block(r, 10, &block, &found, err);
    if (code == KAL_OK) code = found ? parse_structure(r, block, err) : damaged(err);
    if (code != KAL_OK) {
        kali_reader_close(r);
        *out = NULL;
    }
    return code;
}

void kali_reader_close(kali_reader *r) {
    if (!r) return;
    if (r->page) kali_reset(r->page);
    free(r->segments);
    free(r);
}

/* ---- postings ---- */

static bool grow(void **data, size_t *room, size_t need, size_t size) {
    if (need <= *room) return true;
    size_t more = need > 2 * *room ? need : 2 * *room;
    void *p = realloc(*data, more * size);
    if (p) *data = p;
    if (p) *room = more;
    return p != NULL;
}

/* Room for what n bytes of a doclist hold: a row takes two of them at least. */
static bool widen(kali_postings *o, size_t n) {
    if (!grow((void **)&o->rows, &o->room, o->count + n / 2 + 1, sizeof *o->rows)) return false;
    return o->counts ||
           (o->used + n <= UINT32_MAX && grow((void **)&o->bytes, &o->bytes_room, o->used + n, 1));
}

void kali_postings_free(kali_postings *o) {
    free(o->rows);
    free(o->bytes);
    *o = (kali_postings){0};
}

/* Where a doclist stands: in leaf `number`, from p to end; open: it runs to the leaf's end and may go on in
** the next one, with the last `left` bytes of the positions of its last row. */
typedef struct cursor {
    const segment *s;
    int64_t number;
    const uint8_t *p, *end;
    uint64_t left;
    bool open;
} cursor;

/* Goes to the next leaf. The doclist ends where the leaf's first term begins. */
static kal_code next_leaf(kali_reader *r, cursor *c, kal_err *err) {
    kal_code code = c->number < c->s->last ? read_leaf(r, c->s, ++c->number, err) : damaged(err);
    if (code != KAL_OK) return code;
    const leaf *l = &r->leaf;
    uint64_t first;
    c->p = l->data + 4;
    c->end = l->data + l->keys;
    c->open = l->keys == l->len;
    if (!c->open) {
        if (!varint(l->data + l->keys, l->data + l->len, &first) || first < 4 || first > l->keys)
            return damaged(err);
        c->end = l->data + first;
    }
    if (c->left) return KAL_OK;
    size_t row = (size_t)l->data[0] << 8 | l->data[1]; /* the first that begins here, of any term */
    if (row && (row < 4 || row >= l->keys)) return damaged(err);
    c->p = row && l->data + row < c->end ? l->data + row : c->end;
    return KAL_OK;
}

/* Positions of a row, as many as the leaf has: each ends with a byte below 0x80. */
static void read_positions(cursor *c, kali_posting *row) {
    size_t n = (size_t)(c->end - c->p) < c->left ? (size_t)(c->end - c->p) : (size_t)c->left;
    for (size_t i = 0; i < n; i++)
        row->tf += c->p[i] < 0x80;
    c->p += n;
    c->left -= n;
}

/* What the leaf has of a doclist: the rest of the last row's positions, then rows. The bytes are kept as they are. */
static kal_code read_rows(cursor *c, kali_postings *o, kal_err *err) {
    const uint8_t *begin = c->p;
    size_t n = (size_t)(c->end - c->p);
    uint64_t delta, size;
    int64_t id = 0; /* the first row of a leaf has its id, the others a difference */
    if (!widen(o, n)) return kali_no_memory(err);
    if (c->left) read_positions(c, &o->rows[o->count - 1]);
    while (c->p < c->end) {
        if (!(c->p = varint(c->p, c->end, &delta)) || !(c->p = varint(c->p, c->end, &size)))
            return damaged(err);
        id = (int64_t)((uint64_t)id + delta);
        /* Ascending also without positions: what was read later counts, see settle. */
        size_t at = o->counts ? o->count : o->used + (size_t)(c->p - begin);
        kali_posting *row = &o->rows[o->count++];
        *row = (kali_posting){.id = id, .at = (uint32_t)at};
        c->left = size >> 1;
        read_positions(c, row);
    }
    if (o->counts) return KAL_OK;
    memcpy(o->bytes + o->used, begin, n);
    o->used += n;
    return KAL_OK;
}

static kal_code read_doclist(kali_reader *r, cursor *c, kali_postings *out, kal_err *err) {
    kal_code code = read_rows(c, out, err);
    while (code == KAL_OK && c->open && (c->left || c->number < c->s->last)) {
        code = next_leaf(r, c, err);
        if (code == KAL_OK) code = read_rows(c, out, err);
    }
    return code == KAL_OK && c->left ? damaged(err) : code;
}

/* The list of a term that was found. `next` is where the place of the term after it stands. */
static kal_code enter_list(const leaf *l, cursor *c, const uint8_t *p, uint64_t at,
                           const uint8_t *next, kal_err *err) {
    uint64_t step;
    const uint8_t *end = l->data + l->len;
    c->p = p;
    c->open = next >= end;
    if (!c->open && (!varint(next, end, &step) || at + step > l->keys)) return damaged(err);
    c->end = c->open ? l->data + l->keys : l->data + at + step;
    return c->p <= c->end ? KAL_OK : damaged(err); /* the next term begins inside this one */
}

/* Looks for the term among those of the leaf, which ascend and say how many bytes they share with the one before:
** only terms that share as much as the key does are compared. *found: the cursor stands at its doclist. */
static kal_code find_term(kali_reader *r, cursor *c, const uint8_t *key, size_t len, bool *found,
                          kal_err *err) {
    const leaf *l = &r->leaf;
    const uint8_t *f = l->data + l->keys, *end = l->data + l->len, *stop = l->data + l->keys;
    uint64_t at = 0, step, shared, rest,
             same = 0; /* bytes that the key shares with the last term */
    *found = false;
    for (bool first = true; f < end; first = false) {
        if (!(f = varint(f, end, &step)) || (at += step) < 4 || at >= l->keys) return damaged(err);
        const uint8_t *p = l->data + at;
        shared = 0;
        if (!first && !(p = varint(p, stop, &shared))) return damaged(err);
        if (!(p = varint(p, stop, &rest)) || rest > (uint64_t)(stop - p)) return damaged(err);
        if (shared > same) continue;
        if (shared < same) return KAL_OK;
        uint64_t i = 0;
        while (i < rest && same < len && p[i] == key[same]) {
            i++;
            same++;
        }
        *found = same == len && i == rest;
        if (*found) return enter_list(l, c, p + rest, at, f, err);
        if (same == len || (i < rest && p[i] > key[same])) return KAL_OK;
    }
    return KAL_OK;
}

/* The leaf that one of the two queries for places gives; as it was when there is none. */
static kal_code read_place(kali_stmt *q, const segment *s, const uint8_t *key, size_t len,
                           int64_t *number, kal_err *err) {
    bool found;
    kali_bind_integer(q, 1, s->id);
    kali_bind_blob(q, 2, key, len);
    kal_code code = kali_step(q, &found, err);
    if (code != KAL_OK || !found) return code;
    *number = kali_integer(q, 0) >> 1;
    kali_reset(q);
    return KAL_OK;
}

static kal_code read_segment(kali_reader *r, const segment *s, const uint8_t *key, size_t len,
                             kali_postings *out, kal_err *err) {
    cursor c = {.s = s, .number = s->first};
    bool found = false;
    kal_code code = KAL_OK;
    if (s->first == 0) return KAL_OK;
    if (s->last > s->first) code = read_place(r->place, s, key, len, &c.number, err);
    if (c.number < s->first) c.number = s->first;
    if (code == KAL_OK) code = c.number <= s->last ? read_leaf(r, s, c.number, err) : damaged(err);
    if (code == KAL_OK) code = find_term(r, &c, key, len, &found, err);
    return code == KAL_OK && found ? read_doclist(r, &c, out, err) : code;
}

static int by_id(const void *x, const void *y) {
    const kali_posting *a = x, *b = y;
    if (a->id != b->id) return a->id < b->id ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

/* Segments may overlap after edits: of the entries of one id the newest holds, and one without positions says
** that the message is gone. */
static void settle(kali_postings *o) {
    bool fine = true;
    for (size_t i = 0; i < o->count && fine; i++)
        fine = o->rows[i].tf && (i == 0 || o->rows[i].id > o->rows[i - 1].id);
    if (fine) return;
    qsort(o->rows, o->count, sizeof *o->rows, by_id);
    size_t n = 0;
    for (size_t i = 0; i < o->count; i++) {
        bool newest = i + 1 == o->count || o->rows[i + 1].id != o->rows[i].id;
        if (newest && o->rows[i].tf) o->rows[n++] = o->rows[i];
    }
    o->count = n;
}

/* The key of a term in the main index. False: it is longer than any term. */
static bool make_key(kal_str term, uint8_t key[TERM_MAX + 1]) {
    if (term.len >= TERM_MAX) return false;
    key[0] = '0';
    memcpy(key + 1, term.data, term.len);
    return true;
}

kal_code kali_reader_term(kali_reader *r, kal_str term, kali_postings *out, kal_err *err) {
    uint8_t key[TERM_MAX + 1];
    out->count = out->used = 0;
    if (!make_key(term, key)) return KAL_OK;
    for (size_t i = r->count; i > 0; i--) { /* the oldest first */
        kal_code code = read_segment(r, &r->segments[i - 1], key, term.len + 1, out, err);
        if (code != KAL_OK) return code;
    }
    settle(out);
    return KAL_OK;
}

kal_code kali_reader_leaves(kali_reader *r, kal_str term, size_t *leaves, kal_err *err) {
    uint8_t key[TERM_MAX + 1];
    *leaves = 0;
    for (size_t i = 0; make_key(term, key) && i < r->count; i++) {
        const segment *s = &r->segments[i];
        int64_t from = s->first, to = s->last;
        if (s->last - s->first < 4) continue;
        kal_code code = read_place(r->place, s, key, term.len + 1, &from, err);
        if (code == KAL_OK) code = read_place(r->after, s, key, term.len + 1, &to, err);
        if (code != KAL_OK) return code;
        if (to > from) *leaves += (size_t)(to - from);
    }
    return KAL_OK;
}

kal_code kali_reader_totals(kali_reader *r, int64_t *messages, int64_t *words, kal_err *err) {
    kal_str block;
    bool found;
    uint64_t rows = 0, size = 0;
    kal_code code = read_block(r, 1, &block, &found, err);
    if (code != KAL_OK) return code;
    const uint8_t *p = (const uint8_t *)block.data, *end = p + (found ? block.len : 0);
    if (found && block.len && (!(p = varint(p, end, &rows)) || !varint(p, end, &size)))
        return damaged(err);
    *messages = rows < INT64_MAX / 2 ? (int64_t)rows : 0;
    *words = size < INT64_MAX / 2 ? (int64_t)size : 0;
    return KAL_OK;
}

size_t kali_positions(const kali_postings *o, size_t row, uint32_t *out, size_t room) {
    const uint8_t *p = o->bytes + o->rows[row].at, *end = o->bytes + o->used;
    uint64_t v;
    uint32_t position = 0;
    size_t n = 0, count = o->rows[row].tf < room ? o->rows[row].tf : room;
    /* Differences plus two; a one would announce another column, and there is only one. */
    while (n < count && (p = varint(p, end, &v)) && v >= 2) {
        position += (uint32_t)(v - 2);
        out[n++] = position;
    }
    return n;
}
