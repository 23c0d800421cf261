/*
** document.c: what recall knows of every message without reading its row: session, speaker, time, length, and who
** speaks. A record says nothing that its row does not say, so that no other record changes with it: who is whose
** neighbour follows from session, time and id, see documents.c. 12 bytes, little-endian; 320 of them are one row of
** kalito_documents, so that all of them are read in a few milliseconds even for a million messages:
**   0  u24 number of the session       3  u8 number of the speaker, 0 none
**   4  u24 time, bits 0 to 23          7  u8 four flags, then time, bits 40 to 42
**   8  u16 words                      10  u16 time, bits 24 to 39
** The time is in milliseconds since 2000-01-01, 0 unknown or before; it lasts until 2278.
*/
#include "search/document.h"
#include "text/text.h"

#include <stdlib.h>
#include <string.h>

#define RECORD KALI_RECORD
#define MS_2000 946684800000
#define MS_MOST (((int64_t)1 << 43) - 1)
#define MS_DAY 86400000

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

kal_code kali_leaf_read(kal_store *store, kali_leaf *b, int64_t number, kal_err *err) {
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
    return code == KAL_OK ? kali_leaf_read(store, b, number, err) : code;
}

static void change(kal_store *store) {
    store->block.dirty = true;
    kali_documents_changed(store, store->block.number);
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
    if (d->role.len == 9 && memcmp(d->role.data, "assistant", 9) == 0) flags |= KALI_ASSISTANT;
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

static uint64_t time_of(kal_str time) {
    int64_t ms;
    if (!time.data || !kali_time_ms(time, &ms) || ms <= MS_2000) return 0;
    return (uint64_t)(ms - MS_2000 < MS_MOST ? ms - MS_2000 : MS_MOST);
}

static void make_record(const kali_document *d, int64_t session, int64_t speaker, uint8_t *p) {
    size_t words = count_words(d->text);
    uint64_t time = time_of(d->created_at);
    put(p, (uint64_t)session, 3);
    put(p + 3, (uint64_t)speaker, 1);
    put(p + 4, time, 3);
    put(p + 7, flags_of(d) | time >> 40 << 4, 1);
    put(p + 8, words < 0xFFFF ? words : 0xFFFF, 2);
    put(p + 10, time >> 24, 2);
}

kal_code kali_document_add(kal_store *store, const kali_document *d, kal_err *err) {
    int64_t session = d->number, speaker;
    kal_code code = KAL_OK;
    if (d->id < 0) return KAL_OK; /* given by another program; it is searched, but not recalled */
    if (session == 0) code = kali_document_session(store, d->session, &session, err);
    if (code == KAL_OK) code = speaker_number(store, d->speaker, &speaker, err);
    if (code == KAL_OK) code = load_block(store, d->id / KALI_BLOCK, err);
    if (code != KAL_OK) return code;
    make_record(d, session, speaker, store->block.records + d->id % KALI_BLOCK * RECORD);
    change(store);
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
    if (code == KAL_OK) code = kali_leaf_read(store, leaf, d->id / KALI_BLOCK, err);
    if (code != KAL_OK) return code;
    make_record(d, session, speaker < KALI_SPEAKERS ? speaker : KALI_SPEAKERS, wanted);
    *out = memcmp(leaf->records + d->id % KALI_BLOCK * RECORD, wanted, RECORD) == 0;
    return KAL_OK;
}

kal_code kali_document_drop(kal_store *store, int64_t id, kal_err *err) {
    if (id < 0) return KAL_OK;
    kal_code code = load_block(store, id / KALI_BLOCK, err);
    if (code != KAL_OK) return code;
    memset(store->block.records + id % KALI_BLOCK * RECORD, 0, RECORD);
    change(store);
    return KAL_OK;
}

/* ---- reading ---- */

static uint32_t get(const uint8_t *p, int bytes) {
    uint32_t v = 0;
    for (int i = bytes; i > 0; i--)
        v = v << 8 | p[i - 1];
    return v;
}

int64_t kali_record_read(const uint8_t *p, kali_record *out) {
    int64_t time =
        (int64_t)get(p + 4, 3) | (int64_t)get(p + 10, 2) << 24 | (int64_t)(p[7] >> 4 & 7) << 40;
    int64_t day = time / MS_DAY;
    *out = (kali_record){.session = get(p, 3),
                         .words = (uint16_t)get(p + 8, 2),
                         .day = (uint16_t)(day <= 0xFFFF ? day : 0),
                         .tick = (uint16_t)time,
                         .flags = p[7] & KALI_PRESENT ? p[7] & 0xF : 0,
                         .speaker = p[3]};
    return time;
}

kal_code kali_document_read(kal_store *store, kali_leaf *leaf, int64_t id, kali_record *out,
                            kal_err *err) {
    *out = (kali_record){0};
    if (id < 0) return KAL_OK;
    kal_code code = kali_leaf_read(store, leaf, id / KALI_BLOCK, err);
    if (code == KAL_OK) kali_record_read(leaf->records + id % KALI_BLOCK * RECORD, out);
    return code;
}
