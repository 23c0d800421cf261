/*
** documents.c: the records of all messages in memory, linked with their neighbours: 20 bytes for each message and 40
** for each session, kept from one recall to the next. A session's order is (time, id); as nearly all messages are
** added in it, places ascend in it too, and a session where they do not is sorted when everything is read.
*/
#include "search/document.h"

#include <stdlib.h>
#include <string.h>

#define STALE 64 /* changed blocks that are worth knowing one by one */
#define UNKNOWN INT64_MAX

typedef struct kali_history {
    int64_t *blocks;
    kali_record *rows;
    size_t count, room; /* blocks */
    kali_chain *chains;
    int64_t *latest; /* see kali_documents */
    size_t latest_count;
    kali_layout layout;
    uint32_t sessions;      /* highest session number */
    uint32_t speakers[256]; /* how many messages each has */
    bool whole, ranked;     /* it is loaded; `latest` is true */
    uint32_t version;       /* kali_db_version when it was */
    int64_t stale[STALE];   /* blocks that have changed since, in any order */
    size_t stales;
} kali_history;

static kal_code no_memory(kal_err *err) {
    return kali_fail(err, KAL_NOMEM, "out of memory");
}

/* ---- what is known to have changed ---- */

void kali_documents_changed(kal_store *store, int64_t block) {
    kali_history *h = store->history;
    if (!h) return;
    for (size_t i = 0; i < h->stales; i++)
        if (h->stale[i] == block) return;
    if (h->stales < STALE)
        h->stale[h->stales++] = block;
    else
        h->whole = false;
}

void kali_documents_locked(kal_store *store, uint32_t version) {
    if (store->history && store->history->version != version) kali_documents_forget(store);
}

void kali_documents_committed(kal_store *store, uint32_t version) {
    if (store->history) store->history->version = version;
}

void kali_documents_forget(kal_store *store) {
    kali_history *h = store->history;
    if (!h) return;
    free(h->blocks);
    free(h->rows);
    free(h->chains);
    free(h->latest);
    kali_layout_free(&h->layout);
    free(h);
    store->history = NULL;
}

/* ---- chains ---- */

/* Behind the last message of its session. */
static void append(kali_history *h, int32_t place, int64_t time) {
    kali_record *row = &h->rows[place];
    kali_chain *c = &h->chains[row->session];
    row->previous = c->last;
    row->next = -1;
    if (c->last >= 0)
        h->rows[c->last].next = place;
    else
        c->first = place;
    if (row->previous < 0) row->flags |= KALI_OPENING;
    c->last = place;
    c->time = time;
}

static void count_in(kali_history *h, const kali_record *row) {
    kali_chain *c = &h->chains[row->session];
    c->messages++;
    c->words += row->words;
    h->speakers[row->speaker] += !(row->flags & KALI_ASSISTANT);
}

static void count_out(kali_history *h, const kali_record *row) {
    kali_chain *c = &h->chains[row->session];
    c->messages--;
    c->words -= row->words;
    h->speakers[row->speaker] -= !(row->flags & KALI_ASSISTANT);
}

static void take_out(kali_history *h, int32_t place) {
    kali_record *row = &h->rows[place];
    kali_chain *c = &h->chains[row->session];
    count_out(h, row);
    if (row->previous >= 0)
        h->rows[row->previous].next = row->next;
    else
        c->first = row->next;
    if (row->next >= 0)
        h->rows[row->next].previous = row->previous;
    else
        c->last = row->previous, c->time = UNKNOWN;
    if (row->previous < 0 && row->next >= 0) h->rows[row->next].flags |= KALI_OPENING;
    row->flags = 0;
}

/* ---- reading everything ---- */

static bool make_room(kali_history *h) {
    if (h->count < h->room) return true;
    size_t room = h->room + h->room / 2 + 16;
    if (room > INT32_MAX / KALI_BLOCK) return false;
    int64_t *numbers = realloc(h->blocks, room * sizeof *numbers);
    if (numbers) h->blocks = numbers;
    kali_record *rows = realloc(h->rows, room * KALI_BLOCK * sizeof *rows);
    if (rows) h->rows = rows;
    if (!numbers || !rows) return false;
    h->room = room;
    return true;
}

/* A message whose session is not in the order of ids. */
typedef struct knot {
    int64_t time;
    uint32_t session;
    int32_t place;
} knot;

static int by_order(const void *x, const void *y) {
    const knot *a = x, *b = y;
    if (a->session != b->session) return a->session < b->session ? -1 : 1;
    if (a->time != b->time) return a->time < b->time ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* Takes in a block: its messages go to the ends of their chains. Where they do not belong there the session is tangled
** from then on. */
static void take_block(kali_history *h, int64_t number, kal_str blob) {
    const uint8_t *p = (const uint8_t *)blob.data;
    size_t n = blob.len / KALI_RECORD < KALI_BLOCK ? blob.len / KALI_RECORD : KALI_BLOCK;
    size_t first = h->count * KALI_BLOCK;
    h->blocks[h->count++] = number;
    memset(h->rows + first, 0, KALI_BLOCK * sizeof *h->rows);
    for (size_t i = 0; i < n; i++, p += KALI_RECORD) {
        kali_record *row = &h->rows[first + i];
        int64_t time = kali_record_read(p, row);
        if (row->session > h->sessions) row->flags = 0; /* damaged */
        if (!row->flags) continue;
        kali_chain *c = &h->chains[row->session];
        count_in(h, row);
        if (c->time <= time)
            append(h, (int32_t)(first + i), time);
        else
            c->time = UNKNOWN;
    }
}

static const char ALL[] = "SELECT block, records FROM kalito_documents WHERE block >= 0"
                          " AND block < 28823037615171174 ORDER BY block";

static kal_code read_all(kal_store *store, kali_history *h, kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(store->db, ALL, &q, err);
    if (code != KAL_OK) return code;
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        if (!make_room(h)) {
            kali_reset(q);
            return no_memory(err);
        }
        take_block(h, kali_integer(q, 0), kali_blob(q, 1));
    }
    return code;
}

/* The messages of tangled sessions; their times are in the file only. */
static kal_code find_knots(kal_store *store, const kali_history *h, knot *out, kal_err *err) {
    kali_leaf leaf = {0};
    kali_record record;
    for (size_t i = 0; i < h->count * KALI_BLOCK; i++) {
        const kali_record *row = &h->rows[i];
        if (!row->flags || h->chains[row->session].time != UNKNOWN) continue;
        kal_code code = kali_leaf_read(store, &leaf, h->blocks[i / KALI_BLOCK], err);
        if (code != KAL_OK) return code;
        int64_t time = kali_record_read(leaf.records + i % KALI_BLOCK * KALI_RECORD, &record);
        *out++ = (knot){time, row->session, (int32_t)i};
    }
    return KAL_OK;
}

/* Links the messages of such sessions in their order. */
static kal_code untangle(kal_store *store, kali_history *h, kal_err *err) {
    size_t n = 0;
    for (size_t s = 0; s <= h->sessions; s++)
        if (h->chains[s].time == UNKNOWN) n += h->chains[s].messages;
    if (n == 0) return KAL_OK;
    knot *all = malloc(n * sizeof *all);
    if (!all) return no_memory(err);
    kal_code code = find_knots(store, h, all, err);
    if (code == KAL_OK) qsort(all, n, sizeof *all, by_order);
    for (size_t i = 0; i < n && code == KAL_OK; i++) {
        kali_chain *c = &h->chains[all[i].session];
        if (i == 0 || all[i].session != all[i - 1].session) c->first = c->last = -1;
        h->rows[all[i].place].flags &= (uint8_t)~KALI_OPENING;
        append(h, all[i].place, all[i].time);
    }
    free(all);
    return code;
}

static kal_code load(kal_store *store, kal_err *err) {
    static const char MOST[] = "SELECT max(number) FROM kalito_numbers";
    int64_t most;
    kal_code code = kali_db_integer(store->db, MOST, &most, err);
    if (code != KAL_OK) return code;
    kali_documents_forget(store);
    kali_history *h = store->history = calloc(1, sizeof *h);
    if (!h) return no_memory(err);
    h->sessions = most > 0 && most < 1 << 24 ? (uint32_t)most : 0;
    h->chains = malloc((h->sessions + 1u) * sizeof *h->chains);
    h->latest = malloc((h->sessions + 1u) * sizeof *h->latest);
    if (!h->chains || !h->latest) return no_memory(err);
    for (size_t i = 0; i <= h->sessions; i++)
        h->chains[i] = (kali_chain){.first = -1, .last = -1};
    code = read_all(store, h, err);
    if (code == KAL_OK) code = untangle(store, h, err);
    h->version = kali_db_version(store->db);
    h->whole = code == KAL_OK;
    return code;
}

/* ---- bringing it up to date ---- */

/* The position of a block, or of the one before which it would stand. */
static size_t position_of(const int64_t *blocks, size_t count, int64_t number) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (blocks[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The chain has lost its last message: the time of the one that is the last now. */
static kal_code renew_time(kal_store *store, kali_history *h, kali_chain *c, kal_err *err) {
    kali_leaf leaf = {0};
    kali_record record;
    if (c->time != UNKNOWN || c->last < 0) {
        if (c->last < 0) c->time = 0;
        return KAL_OK;
    }
    kal_code code = kali_leaf_read(store, &leaf, h->blocks[c->last / KALI_BLOCK], err);
    if (code != KAL_OK) return code;
    int64_t time = kali_record_read(leaf.records + c->last % KALI_BLOCK * KALI_RECORD, &record);
    if (record.flags) c->time = time;
    return KAL_OK;
}

/* Both are at the same place of the same session. */
static bool stays(const kali_record *a, const kali_record *b) {
    return a->flags && b->flags && a->session == b->session && a->day == b->day &&
           a->tick == b->tick;
}

/* What is new must come last in its session. *fine: it does, and else everything must be read. */
static kal_code renew_row(kal_store *store, kali_history *h, int32_t place, const uint8_t *p,
                          bool *fine, kal_err *err) {
    kali_record now;
    int64_t time = kali_record_read(p, &now);
    kali_record *row = &h->rows[place];
    *fine = true;
    if (row->flags || now.flags) kali_layout_free(&h->layout);
    if (stays(row, &now)) {
        now.previous = row->previous;
        now.next = row->next;
        now.flags |= row->flags & KALI_OPENING;
        count_out(h, row);
        *row = now;
        count_in(h, row);
        return KAL_OK;
    }
    h->ranked = h->ranked && !row->flags && !now.flags;
    if (row->flags) take_out(h, place);
    if (!now.flags) return KAL_OK;
    *fine = now.session <= h->sessions;
    kali_chain *c = &h->chains[*fine ? now.session : 0];
    kal_code code = *fine ? renew_time(store, h, c, err) : KAL_OK;
    *fine = *fine && code == KAL_OK && c->time <= time && c->last < place;
    if (!*fine) return code;
    *row = now;
    count_in(h, row);
    append(h, place, time);
    return KAL_OK;
}

static kal_code renew_block(kal_store *store, kali_history *h, int64_t number, bool *fine,
                            kal_err *err) {
    kali_leaf leaf = {0};
    size_t at = position_of(h->blocks, h->count, number);
    *fine = at == h->count || h->blocks[at] == number;
    kal_code code = *fine ? kali_leaf_read(store, &leaf, number, err) : KAL_OK;
    if (code != KAL_OK || !*fine) return code;
    if (at == h->count) {
        if (!make_room(h)) return no_memory(err);
        h->blocks[h->count++] = number;
        memset(h->rows + at * KALI_BLOCK, 0, KALI_BLOCK * sizeof *h->rows);
    }
    for (size_t i = 0; i < KALI_BLOCK && *fine && code == KAL_OK; i++)
        code = renew_row(store, h, (int32_t)(at * KALI_BLOCK + i), leaf.records + i * KALI_RECORD,
                         fine, err);
    return code;
}

static int by_number(const void *x, const void *y) {
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static kal_code renew(kal_store *store, kal_err *err) {
    static const char LOOK[] = "SELECT max(block) FROM kalito_documents";
    kali_history *h = store->history;
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, LOOK, &q, err);
    if (code == KAL_OK) code = kali_run(q, err); /* only reading tells what others have written */
    if (code == KAL_OK) code = kali_document_flush(store, err);
    if (code != KAL_OK) return code;
    bool writing = store->batch && !store->reading; /* others cannot */
    bool fine = h && h->whole && (writing || h->version == kali_db_version(store->db));
    if (fine && h->stales) qsort(h->stale, h->stales, sizeof *h->stale, by_number);
    for (size_t i = 0; code == KAL_OK && fine && i < h->stales; i++)
        code = renew_block(store, h, h->stale[i], &fine, err);
    if (fine && code == KAL_OK) h->stales = 0;
    if (code == KAL_OK && !fine) code = load(store, err);
    if (code != KAL_OK) kali_documents_forget(store);
    return code;
}

/* ---- public ---- */

/* Puts the sessions in the order of their last messages. */
static void rank_sessions(kali_history *h) {
    if (h->ranked) return;
    h->latest_count = 0;
    for (uint32_t s = 0; s <= h->sessions; s++)
        if (h->chains[s].last >= 0)
            h->latest[h->latest_count++] = (int64_t)(INT32_MAX - h->chains[s].last) << 24 | s;
    qsort(h->latest, h->latest_count, sizeof *h->latest, by_number);
    for (size_t i = 0; i < h->latest_count; i++)
        h->latest[i] &= 0xFFFFFF;
    h->ranked = true;
}

kal_code kali_documents_load(kal_store *store, const kali_scope *scope, kali_documents *out,
                             kal_err *err) {
    kal_code code = renew(store, err);
    if (code != KAL_OK) return code;
    kali_history *h = store->history;
    rank_sessions(h);
    *out = (kali_documents){.blocks = h->blocks,
                            .rows = h->rows,
                            .count = h->count,
                            .chains = h->chains,
                            .latest = h->latest,
                            .latest_count = h->latest_count,
                            .sessions = h->sessions,
                            .speakers = h->speakers,
                            .layout = &h->layout,
                            .scope = *scope};
    for (size_t i = 0; i < h->latest_count; i++) {
        const kali_chain *c = &h->chains[h->latest[i]];
        if (!kali_scope_has(scope, (uint32_t)h->latest[i])) continue;
        out->session_count += c->words > 0;
        out->messages += c->messages;
        out->words += c->words;
    }
    return KAL_OK;
}

size_t kali_documents_find(const kali_documents *d, int64_t id, size_t from) {
    int64_t number = id / KALI_BLOCK;
    size_t at = from / KALI_BLOCK;
    if (id < 0 || at >= d->count) return SIZE_MAX;
    /* Mostly no block is missing in between: then the distance tells. */
    size_t leap = (size_t)(number - d->blocks[at]);
    bool there = leap < d->count - at && d->blocks[at + leap] == number;
    at = there ? at + leap : position_of(d->blocks, d->count, number);
    if (at >= d->count || d->blocks[at] != number) return SIZE_MAX;
    size_t place = at * KALI_BLOCK + (size_t)(id % KALI_BLOCK);
    return kali_documents_has(d, place) ? place : SIZE_MAX;
}
