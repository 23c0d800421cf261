/*
** documents.c: brings the records of all messages in memory up to date, from one recall to the next: 24 bytes for each
** message and 40 for each session. A session's order is (time, id); as nearly all messages are added in it, slots ascend in
** it too, and a session where they do not is sorted when everything is read.
*/
#include "search/history.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is known to have changed ---- */

void kali_documents_changed(kal_store *store, int64_t block) {
    kali_history *h = store->history;
    if (!h) return;
    for (size_t i = 0; i < h->stales; i++)
        if (h->stale[i] == block) return;
    if (h->stales < KALI_STALE)
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
    kali_history_free(store->history);
    store->history = NULL;
}

/* ---- reading everything ---- */

/* All records by slot, as they are read. */
typedef struct reading {
    kali_history *history;
    kali_record *records;
    size_t room; /* blocks */
} reading;

/* Takes in a block. A session whose messages are not in the order of slots is tangled from then on. */
static bool take_block(reading *g, int64_t number, kal_str blob) {
    kali_history *h = g->history;
    if (blob.len < KALI_RECORD) return true; /* damaged: memory is made only for what is there */
    if (!kali_history_block(h, number)) return false;
    if (h->count > g->room) {
        kali_record *p = realloc(g->records, h->block_room * KALI_BLOCK * sizeof *p);
        if (!p) return false;
        g->records = p;
        g->room = h->block_room;
    }
    const uint8_t *p = (const uint8_t *)blob.data;
    size_t n = blob.len / KALI_RECORD < KALI_BLOCK ? blob.len / KALI_RECORD : KALI_BLOCK;
    kali_record *row = g->records + (h->count - 1) * KALI_BLOCK;
    memset(row, 0, KALI_BLOCK * sizeof *row);
    for (size_t i = 0; i < n; i++, row++, p += KALI_RECORD) {
        int64_t time = kali_record_read(p, row);
        if (row->session > h->sessions) row->flags = 0; /* damaged */
        if (!row->flags) continue;
        kali_chain *c = &h->chains[row->session];
        c->time = c->time <= time ? time : KALI_UNKNOWN;
        kali_history_count(h, row, 1);
    }
    return true;
}

static const char ALL[] = "SELECT block, records FROM kalito_documents WHERE block >= 0"
                          " AND block < 28823037615171174 ORDER BY block";

static kal_code read_all(kal_store *store, kali_history *h, kal_err *err) {
    kali_stmt *q;
    bool row;
    reading g = {.history = h};
    kal_code code = kali_db_use(store->db, ALL, &q, err);
    if (code != KAL_OK) return code;
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        if (take_block(&g, kali_integer(q, 0), kali_blob(q, 1))) continue;
        kali_reset(q);
        code = kali_no_memory(err);
        break;
    }
    if (code == KAL_OK && !kali_history_arrange(h, g.records)) code = kali_no_memory(err);
    free(g.records);
    return code;
}

/* A message whose session is not in the order of slots. */
typedef struct knot {
    int64_t time;
    uint32_t slot;
    kali_record row;
} knot;

static int by_order(const void *x, const void *y) {
    const knot *a = x, *b = y;
    if (a->row.session != b->row.session) return a->row.session < b->row.session ? -1 : 1;
    if (a->time != b->time) return a->time < b->time ? -1 : 1;
    return (a->slot > b->slot) - (a->slot < b->slot);
}

/* The messages of tangled sessions; their times are in the file only. */
static kal_code find_knots(kal_store *store, const kali_history *h, knot *out, kal_err *err) {
    kali_leaf leaf = {0};
    for (size_t slot = 0; slot < h->count * KALI_BLOCK; slot++) {
        const kali_spot *s = &h->spots[slot];
        if (!s->place || h->chains[s->session].time != KALI_UNKNOWN) continue;
        kal_code code = kali_leaf_read(store, &leaf, h->blocks[slot / KALI_BLOCK], err);
        if (code != KAL_OK) return code;
        kali_record same;
        int64_t time = kali_record_read(leaf.records + slot % KALI_BLOCK * KALI_RECORD, &same);
        *out++ = (knot){time, (uint32_t)slot, h->rows[s->place]};
    }
    return KAL_OK;
}

/* Puts the messages of such sessions into their order. */
static kal_code untangle(kal_store *store, kali_history *h, kal_err *err) {
    size_t n = 0, k = 0;
    for (size_t s = 0; s <= h->sessions; s++)
        if (h->chains[s].time == KALI_UNKNOWN) n += h->chains[s].messages;
    if (n == 0) return KAL_OK;
    knot *all = malloc(n * sizeof *all);
    if (!all) return kali_no_memory(err);
    kal_code code = find_knots(store, h, all, err);
    if (code == KAL_OK) qsort(all, n, sizeof *all, by_order);
    for (size_t i = 0; i < n && code == KAL_OK; i++) {
        kali_chain *c = &h->chains[all[i].row.session];
        k = i && all[i].row.session == all[i - 1].row.session ? k + 1 : 0;
        kali_history_put(h, c->first + (uint32_t)k, all[i].slot, &all[i].row);
        c->time = all[i].time;
    }
    free(all);
    return code;
}

static kal_code load(kal_store *store, kal_err *err) {
    uint32_t most;
    kal_code code = kali_scope_most(store, &most, err);
    if (code != KAL_OK) return code;
    kali_documents_forget(store);
    kali_history *h = store->history = calloc(1, sizeof *h);
    if (!h || !kali_history_sessions(h, most)) return kali_no_memory(err);
    code = read_all(store, h, err);
    if (code == KAL_OK) code = untangle(store, h, err);
    for (size_t s = 0; code == KAL_OK && s <= h->sessions; s++)
        if (h->chains[s].messages) h->rows[h->chains[s].first].flags |= KALI_OPENING;
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
    if (c->time != KALI_UNKNOWN || !c->messages) return KAL_OK;
    uint32_t slot = h->slots[c->first + c->messages - 1];
    kal_code code = kali_leaf_read(store, &leaf, h->blocks[slot / KALI_BLOCK], err);
    if (code != KAL_OK) return code;
    int64_t time = kali_record_read(leaf.records + slot % KALI_BLOCK * KALI_RECORD, &record);
    if (record.flags) c->time = time;
    return KAL_OK;
}

/* Both are at the same place of the same session. */
static bool stays(const kali_record *a, const kali_record *b) {
    return a->flags && b->flags && a->session == b->session && a->day == b->day &&
           a->tick == b->tick;
}

/* A message that is new must come last in its session. *fine: it does, and else everything must be read. */
static kal_code add_row(kal_store *store, kali_history *h, uint32_t slot, const kali_record *now,
                        int64_t time, bool *fine, kal_err *err) {
    uint32_t most = h->sessions;
    kal_code code = now->session > most ? kali_scope_most(store, &most, err) : KAL_OK;
    if (code != KAL_OK) return code;
    *fine = now->session <= most;
    if (!*fine) return KAL_OK;
    if (most > h->sessions && !kali_history_sessions(h, most)) return kali_no_memory(err);
    kali_chain *c = &h->chains[now->session];
    code = renew_time(store, h, c, err);
    *fine = c->time <= time && (!c->messages || h->slots[c->first + c->messages - 1] < slot);
    if (code != KAL_OK || !*fine) return code;
    return kali_history_append(h, slot, now, time) ? KAL_OK : kali_no_memory(err);
}

static kal_code renew_row(kal_store *store, kali_history *h, uint32_t slot, const uint8_t *p,
                          bool *fine, kal_err *err) {
    kali_record now, *row = &h->rows[h->spots[slot].place];
    int64_t time = kali_record_read(p, &now);
    *fine = true;
    if (stays(row, &now)) {
        now.flags |= row->flags & KALI_OPENING;
        kali_history_count(h, row, -1);
        kali_history_count(h, &now, 1);
        kali_history_put(h, h->spots[slot].place, slot, &now);
        return KAL_OK;
    }
    if (row->flags) kali_history_take_out(h, slot);
    return now.flags ? add_row(store, h, slot, &now, time, fine, err) : KAL_OK;
}

static kal_code renew_block(kal_store *store, kali_history *h, int64_t number, bool *fine,
                            kal_err *err) {
    kali_leaf leaf = {0};
    size_t at = position_of(h->blocks, h->count, number);
    *fine = at == h->count || h->blocks[at] == number;
    kal_code code = *fine ? kali_leaf_read(store, &leaf, number, err) : KAL_OK;
    if (code != KAL_OK || !*fine) return code;
    if (at == h->count && !kali_history_block(h, number)) return kali_no_memory(err);
    for (size_t i = 0; i < KALI_BLOCK && *fine && code == KAL_OK; i++)
        code = renew_row(store, h, (uint32_t)(at * KALI_BLOCK + i), leaf.records + i * KALI_RECORD,
                         fine, err);
    return code;
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
    bool fine = h && h->whole && h->wasted <= h->places / 2 &&
                (writing || h->version == kali_db_version(store->db));
    if (fine && h->stales) qsort(h->stale, h->stales, sizeof *h->stale, kali_by_number);
    for (size_t i = 0; code == KAL_OK && fine && i < h->stales; i++)
        code = renew_block(store, h, h->stale[i], &fine, err);
    if (fine && code == KAL_OK) h->stales = 0;
    if (code == KAL_OK && !fine) code = load(store, err);
    if (code != KAL_OK) kali_documents_forget(store);
    return code;
}

/* ---- public ---- */

kal_code kali_documents_load(kal_store *store, const kali_scope *scope, kali_documents *out,
                             kal_err *err) {
    kal_code code = renew(store, err);
    if (code != KAL_OK) return code;
    kali_history *h = store->history;
    kali_history_rank(h);
    *out = (kali_documents){.blocks = h->blocks,
                            .spots = h->spots,
                            .count = h->count,
                            .rows = h->rows,
                            .slots = h->slots,
                            .places = h->places,
                            .chains = h->chains,
                            .latest = h->latest,
                            .latest_count = h->latest_count,
                            .sessions = h->sessions,
                            .speakers = h->speakers,
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

size_t kali_documents_slot(const kali_documents *d, int64_t id, size_t from) {
    int64_t number = id / KALI_BLOCK;
    size_t at = from / KALI_BLOCK;
    if (id < 0 || at >= d->count) return SIZE_MAX;
    /* Mostly no block is missing in between: then the distance tells. */
    size_t leap = (size_t)(number - d->blocks[at]);
    bool there = leap < d->count - at && d->blocks[at + leap] == number;
    at = there ? at + leap : position_of(d->blocks, d->count, number);
    if (at >= d->count || d->blocks[at] != number) return SIZE_MAX;
    return at * KALI_BLOCK + (size_t)(id % KALI_BLOCK);
}

uint32_t kali_documents_find(const kali_documents *d, int64_t id) {
    size_t slot = kali_documents_slot(d, id, 0);
    uint32_t place = slot == SIZE_MAX ? 0 : d->spots[slot].place;
    return place && kali_documents_has(d, place) ? place : 0;
}
