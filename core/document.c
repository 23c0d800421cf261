/*
** document.c: what recall knows of every message without reading its row: session, speaker, the message before it,
** length, day, and who speaks. A record has 12 bytes; 320 of them are one row of kalito_documents, so that all of
** them are read in a few milliseconds even for a million messages. Layout, little-endian:
**   0  u24 number of the session      3  u8 number of the speaker, 0 none
**   4  u24 id minus that of the message before it in the session, 0 none or too far
**   7  u8 flags                       8  u16 words     10  u16 day since 2000-01-01, 0 unknown
*/
#include "document.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define RECORD 12
#define DAY_2000 10957 /* of 2000-01-01 since 1970 */

/* ---- writing ---- */

static const char WRITE_BLOCK[] = "INSERT INTO kalito_documents(block, records) VALUES ($1, $2)"
                                  " ON CONFLICT (block) DO UPDATE SET records = $2";
static const char READ_BLOCK[] = "SELECT records FROM kalito_documents WHERE block = $1";
static const char FIND_SESSION[] = "SELECT number FROM kalito_numbers WHERE session_id = $1";
static const char FIND_SPEAKER[] = "SELECT number FROM kalito_speakers WHERE name = $1";

kal_code kali_document_flush(kal_store *store, kal_err *err) {
    kali_leaf *b = &store->block;
    if (!b->dirty) return KAL_OK;
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, WRITE_BLOCK, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(q, 1, b->number);
    kali_bind_blob(q, 2, b->records, sizeof b->records);
    code = kali_run(q, err);
    b->dirty = code != KAL_OK;
    return code;
}

void kali_document_forget(kal_store *store) {
    store->block.loaded = store->block.dirty = false;
}

/* Fills the leaf with the block of that number, unless it holds it; zeros when there is none. */
static kal_code read_leaf(kal_store *store, kali_leaf *b, int64_t number, kal_err *err) {
    kali_stmt *q;
    bool row;
    if (b->loaded && b->number == number) return KAL_OK;
    kal_code code = kali_db_use(store->db, READ_BLOCK, &q, err);
    if (code != KAL_OK) return code;
    b->loaded = false;
    memset(b->records, 0, sizeof b->records);
    kali_bind_integer(q, 1, number);
    code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    if (row) {
        kal_str blob = kali_blob(q, 0);
        if (blob.len)
            memcpy(b->records, blob.data,
                   blob.len < sizeof b->records ? blob.len : sizeof b->records);
        kali_reset(q);
    }
    b->number = number;
    b->loaded = true;
    return KAL_OK;
}

/* Makes the block the one that is being filled. */
static kal_code load_block(kal_store *store, int64_t number, kal_err *err) {
    kali_leaf *b = &store->block;
    if (b->loaded && b->number == number) return KAL_OK;
    kal_code code = kali_document_flush(store, err);
    return code == KAL_OK ? read_leaf(store, b, number, err) : code;
}

/* The number of a name; 0 when it has none. */
static kal_code known_number(kal_store *store, const char *find, kal_str name, int64_t *out,
                             kal_err *err) {
    kali_stmt *q;
    bool row;
    *out = 0;
    kal_code code = kali_db_use(store->db, find, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, name);
    code = kali_step(q, &row, err);
    if (code != KAL_OK || !row) return code;
    *out = kali_integer(q, 0);
    kali_reset(q);
    return KAL_OK;
}

/* The number that stands for a name, made when there is none. */
static kal_code number_of(kal_store *store, const char *find, const char *add, kal_str name,
                          int64_t *out, kal_err *err) {
    kali_stmt *q;
    kal_code code = known_number(store, find, name, out, err);
    if (code != KAL_OK || *out) return code;
    code = kali_db_use(store->db, add, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, name);
    code = kali_run(q, err);
    *out = kali_db_last_id(store->db);
    return code;
}

kal_code kali_document_session(kal_store *store, kal_str session, int64_t *out, kal_err *err) {
    static const char ADD[] = "INSERT INTO kalito_numbers(session_id) VALUES ($1)";
    return number_of(store, FIND_SESSION, ADD, session, out, err);
}

static kal_code speaker_number(kal_store *store, kal_str name, int64_t *out, kal_err *err) {
    static const char ADD[] = "INSERT INTO kalito_speakers(name) VALUES ($1)";
    *out = 0;
    if (!name.len) return KAL_OK;
    kal_code code = number_of(store, FIND_SPEAKER, ADD, name, out, err);
    if (*out > KALI_SPEAKERS) *out = KALI_SPEAKERS;
    return code;
}

/* The message before one in the order of its session. */
static kal_code previous(kal_store *store, const kali_document *d, int64_t *out, kal_err *err) {
    static const char SQL[] =
        "SELECT id FROM messages WHERE session_id = $1 AND created_at <= $2"
        " AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT 1";
    kali_stmt *q;
    bool row;
    *out = 0;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, d->session);
    kali_bind_text(q, 2, d->created_at);
    kali_bind_integer(q, 3, d->id);
    code = kali_step(q, &row, err);
    if (code != KAL_OK || !row) return code;
    *out = kali_integer(q, 0);
    kali_reset(q);
    return KAL_OK;
}

/* Words as the index counts them, nearly: runs of letters and digits; of unspaced writing every character. */
static size_t count_words(kal_str text) {
    size_t words = 0;
    bool inside = false;
    for (size_t i = 0; i < text.len;) {
        enum kali_kind kind = kali_kind(kali_decode(text, i, &i));
        bool word = kind == KALI_LETTER || kind == KALI_DIGIT || kind == KALI_HANGUL;
        words += kind == KALI_UNSPACED || (word && !inside);
        inside = word;
    }
    return words;
}

static unsigned flags_of(const kali_document *d) {
    unsigned flags = KALI_PRESENT;
    size_t end = d->text.len;
    if (d->role.len == 9) flags |= KALI_ASSISTANT;
    if (d->role.len && d->role.data[0] != 'u' && d->role.data[0] != 'a') flags |= KALI_OTHER;
    while (end && strchr(" \t\r\n\"')", d->text.data[end - 1]))
        end--;
    if (end && d->text.data[end - 1] == '?') flags |= KALI_QUESTION;
    if (end >= 3 && memcmp(d->text.data + end - 3, "\xEF\xBC\x9F", 3) == 0) flags |= KALI_QUESTION;
    return flags;
}

static void put(uint8_t *p, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t day_of(kal_str time) {
    int64_t ms;
    if (!time.data || !kali_time_ms(time, &ms)) return 0;
    int64_t day = ms / 86400000 - DAY_2000;
    return day < 1 || day > 0xFFFF ? 0 : (uint64_t)day;
}

/* The record of a message, but for the link to the one before it. */
static void make_record(const kali_document *d, int64_t session, int64_t speaker, uint8_t *p) {
    size_t words = count_words(d->text);
    put(p, (uint64_t)session, 3);
    put(p + 3, (uint64_t)speaker, 1);
    put(p + 7, flags_of(d), 1);
    put(p + 8, words < 0xFFFF ? words : 0xFFFF, 2);
    put(p + 10, day_of(d->created_at), 2);
}

kal_code kali_document_add(kal_store *store, const kali_document *d, kal_err *err) {
    int64_t before = d->previous, session = d->number, speaker;
    kal_code code = KAL_OK;
    if (d->id < 0) return KAL_OK; /* given by another program; it is searched, but not recalled */
    if (before < 0) code = previous(store, d, &before, err);
    if (code == KAL_OK && session == 0)
        code = kali_document_session(store, d->session, &session, err);
    if (code == KAL_OK) code = speaker_number(store, d->speaker, &speaker, err);
    if (code == KAL_OK) code = load_block(store, d->id / KALI_BLOCK, err);
    if (code != KAL_OK) return code;
    uint8_t *p = store->block.records + d->id % KALI_BLOCK * RECORD;
    int64_t distance = d->id - before;
    make_record(d, session, speaker, p);
    put(p + 4, before > 0 && distance > 0 && distance < 0xFFFFFF ? (uint64_t)distance : 0, 3);
    store->block.dirty = true;
    return KAL_OK;
}

kal_code kali_document_same(kal_store *store, kali_leaf *leaf, const kali_document *d, bool *out,
                            kal_err *err) {
    uint8_t wanted[RECORD] = {0};
    int64_t session, speaker;
    *out = d->id < 0;
    if (*out) return KAL_OK;
    kal_code code = known_number(store, FIND_SESSION, d->session, &session, err);
    if (code == KAL_OK) code = known_number(store, FIND_SPEAKER, d->speaker, &speaker, err);
    if (code == KAL_OK) code = read_leaf(store, leaf, d->id / KALI_BLOCK, err);
    if (code != KAL_OK) return code;
    const uint8_t *p = leaf->records + d->id % KALI_BLOCK * RECORD;
    make_record(d, session, speaker < KALI_SPEAKERS ? speaker : KALI_SPEAKERS, wanted);
    *out = memcmp(p, wanted, 4) == 0 && memcmp(p + 7, wanted + 7, RECORD - 7) == 0;
    return KAL_OK;
}

kal_code kali_document_drop(kal_store *store, int64_t id, kal_err *err) {
    if (id < 0) return KAL_OK;
    kal_code code = load_block(store, id / KALI_BLOCK, err);
    if (code != KAL_OK) return code;
    memset(store->block.records + id % KALI_BLOCK * RECORD, 0, RECORD);
    store->block.dirty = true;
    return KAL_OK;
}

/* ---- reading ---- */

static uint32_t get(const uint8_t *p, int bytes) {
    uint32_t v = 0;
    for (int i = bytes; i > 0; i--)
        v = v << 8 | p[i - 1];
    return v;
}

static bool make_room(kali_documents *d, size_t blocks) {
    size_t n = blocks * KALI_BLOCK;
    if (blocks <= d->room) return true;
    size_t room = d->room * 2 > blocks ? d->room * 2 : blocks + 8;
    int64_t *numbers = realloc(d->blocks, room * sizeof *numbers);
    if (numbers) d->blocks = numbers;
    kali_record *rows = realloc(d->rows, room * KALI_BLOCK * sizeof *rows);
    if (rows) d->rows = rows;
    if (!numbers || !rows) return false;
    d->room = room;
    return n <= room * KALI_BLOCK;
}

/* Takes the records of a block that are in scope; the link to the message before is still a distance. */
static void take_block(kali_documents *d, kal_str blob, const kali_scope *scope) {
    kali_record *row = d->rows + d->count * KALI_BLOCK;
    const uint8_t *p = (const uint8_t *)blob.data;
    memset(row, 0, KALI_BLOCK * sizeof *row);
    for (size_t i = 0; i < KALI_BLOCK && (i + 1) * RECORD <= blob.len; i++, p += RECORD, row++) {
        uint32_t session = get(p, 3);
        if (!(p[7] & KALI_PRESENT) || !kali_scope_has(scope, session)) continue;
        *row = (kali_record){.session = session,
                             .previous = (int32_t)get(p + 4, 3),
                             .next = -1,
                             .words = (uint16_t)get(p + 8, 2),
                             .day = (uint16_t)get(p + 10, 2),
                             .flags = p[7],
                             .speaker = p[3]};
        if (session > d->sessions) d->sessions = session;
        d->messages++;
        d->words += row->words;
    }
}

kal_code kali_document_read(kal_store *store, kali_leaf *leaf, int64_t id, kali_record *out,
                            kal_err *err) {
    *out = (kali_record){.previous = -1, .next = -1};
    if (id < 0) return KAL_OK;
    kal_code code = read_leaf(store, leaf, id / KALI_BLOCK, err);
    if (code != KAL_OK) return code;
    const uint8_t *p = leaf->records + id % KALI_BLOCK * RECORD;
    *out = (kali_record){.session = get(p, 3),
                         .previous = -1,
                         .next = -1,
                         .words = (uint16_t)get(p + 8, 2),
                         .day = (uint16_t)get(p + 10, 2),
                         .flags = p[7],
                         .speaker = p[3]};
    return KAL_OK;
}

size_t kali_documents_find(const kali_documents *d, int64_t id, size_t from) {
    int64_t number = id / KALI_BLOCK;
    if (id < 0) return SIZE_MAX;
    size_t low = from / KALI_BLOCK, high = d->count;
    if (low < d->count && d->blocks[low] > number) low = 0;
    if (low < d->count && d->blocks[low] == number) high = low;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (d->blocks[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low >= d->count || d->blocks[low] != number) return SIZE_MAX;
    size_t place = low * KALI_BLOCK + (size_t)(id % KALI_BLOCK);
    return d->rows[place].flags ? place : SIZE_MAX;
}

/* Distances become places, in both directions. */
static void link_all(kali_documents *d) {
    for (size_t i = 0; i < d->count * KALI_BLOCK; i++) {
        kali_record *row = &d->rows[i];
        if (!row->flags) continue;
        int32_t distance = row->previous;
        row->previous = -1;
        if (distance == 0) {
            row->flags |= KALI_OPENING;
            continue;
        }
        int64_t id = kali_documents_id(d, i) - distance;
        size_t at = distance <= (int32_t)(i % KALI_BLOCK) ? i - (size_t)distance
                                                          : kali_documents_find(d, id, 0);
        if (at == SIZE_MAX || !d->rows[at].flags || d->rows[at].session != row->session) continue;
        row->previous = (int32_t)at;
        d->rows[at].next = (int32_t)i;
    }
}

kal_code kali_documents_load(kal_store *store, const kali_scope *scope, kali_documents *out,
                             kal_err *err) {
    static const char SQL[] = "SELECT block, records FROM kalito_documents ORDER BY block";
    kali_stmt *q;
    bool row;
    *out = (kali_documents){0};
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        if (!make_room(out, out->count + 1)) {
            code = kali_fail(err, KAL_NOMEM, "out of memory");
            break;
        }
        out->blocks[out->count] = kali_integer(q, 0);
        take_block(out, kali_blob(q, 1), scope);
        out->count++;
    }
    kali_reset(q);
    if (code == KAL_OK)
        link_all(out);
    else
        kali_documents_free(out);
    return code;
}

void kali_documents_free(kali_documents *d) {
    free(d->blocks);
    free(d->rows);
    *d = (kali_documents){0};
}
