/*
** document.h: the records of messages that recall reads: document.c keeps them in the file, documents.c in memory.
*/
#ifndef KALITO_DOCUMENT_H
#define KALITO_DOCUMENT_H

#include "internal.h"

#define KALI_SPEAKERS 255 /* this number and above: too many to tell apart */

enum {
    KALI_PRESENT = 1,
    KALI_ASSISTANT = 2,
    KALI_QUESTION = 4, /* ends in a question mark */
    KALI_OTHER = 8,    /* neither user nor assistant */
    KALI_OPENING = 128 /* the first message of its session; known in memory only */
};

/* One message, as it is in memory. */
typedef struct kali_record {
    uint32_t session;
    uint16_t words, day;    /* since 2000-01-01, 0 unknown */
    uint16_t tick;          /* the lowest bits of its time, which tell it from another one */
    uint8_t flags, speaker; /* flags == 0: there is no message */
} kali_record;

/* The messages of one session in their order. They stand side by side, from the place `first` on. */
typedef struct kali_chain {
    uint32_t first, messages;
    uint32_t room;       /* places it has, with KALI_APART that stay empty */
    uint32_t assistants; /* how many of the messages are an assistant's */
    uint64_t words;
    int64_t time; /* of the last one */
} kali_chain;

/* Where the message of an id stands (place 0: there is none), and of its record what every posting needs. */
typedef struct kali_spot {
    uint32_t place;
    uint32_t session : 24, flags : 8;
} kali_spot;

/* Which sessions take part, by number: those of `only`, or all but those of `without`. A number that no session has
** stands in a damaged record only. */
typedef struct kali_scope {
    const uint8_t *only, *without; /* bit sets; NULL: no such condition */
    size_t numbers;                /* above all numbers, bits in the sets; 0: not known */
} kali_scope;

/* Those of the sessions with these ids; sessions == NULL: all that are not archived. The sets live in the arena.
** NOT_FOUND: there is no such session. */
kal_code kali_scope_make(kal_store *store, const kal_str *sessions, size_t count, kali_arena *arena,
                         kali_scope *out, kal_err *err);
/* The highest number of a session; 0 none. */
kal_code kali_scope_most(kal_store *store, uint32_t *out, kal_err *err);
static inline bool kali_scope_has(const kali_scope *s, uint32_t number) {
    if (s->numbers && number >= s->numbers) return false;
    const uint8_t *set = s->only ? s->only : s->without;
    bool in = set && (set[number / 8] >> number % 8 & 1);
    return s->only ? in : !in;
}

#define KALI_MARGIN 64 /* empty places before all messages and behind them */
#define KALI_APART 4   /* empty places between two sessions: as far as a message lends its words */

/* All messages, and which of them take part. A message has a slot and a place. Slots are in the order of ids: its block's
** position times KALI_BLOCK plus its position in the block. Places are in the order of its session, whose neighbours have
** the next places, or no message is there. Borrowed: valid until the next call that writes or loads. */
typedef struct kali_documents {
    const int64_t *blocks;   /* numbers of the blocks, ascending */
    const kali_spot *spots;  /* of each slot */
    size_t count;            /* blocks */
    const kali_record *rows; /* at each place */
    const uint32_t *slots;   /* the same */
    size_t places;           /* a multiple of KALI_MARGIN */
    const kali_chain *chains;
    /* The numbers of all sessions that have messages, that of the last message first. */
    const int64_t *latest;
    size_t latest_count;
    uint32_t sessions;        /* highest session number; chains has one more */
    const uint32_t *speakers; /* how many messages each has, without scope */
    kali_scope scope;
    size_t session_count; /* of those that take part: sessions with words, messages, words */
    size_t messages;
    uint64_t words;
} kali_documents;

static inline int64_t kali_documents_id(const kali_documents *d, uint32_t place) {
    uint32_t slot = d->slots[place];
    return d->blocks[slot / KALI_BLOCK] * KALI_BLOCK + (int64_t)(slot % KALI_BLOCK);
}
static inline bool kali_documents_has(const kali_documents *d, size_t place) {
    return d->rows[place].flags && kali_scope_has(&d->scope, d->rows[place].session);
}
/* The neighbours of a place in its session, 0 none; of 0 there are none. */
static inline uint32_t kali_documents_next(const kali_documents *d, uint32_t place) {
    return d->rows[place + 1].flags ? place + 1 : 0;
}
static inline uint32_t kali_documents_previous(const kali_documents *d, uint32_t place) {
    return place && d->rows[place - 1].flags ? place - 1 : 0;
}

/* The slot of an id, which may be that of no message; near `from` it is found faster. SIZE_MAX: there is none. */
size_t kali_documents_slot(const kali_documents *documents, int64_t id, size_t from);
/* The place of a message that takes part; 0 when it is not there. */
uint32_t kali_documents_find(const kali_documents *documents, int64_t id);
/* Inside a transaction. What was read before is kept by the store and brought up to date: by the blocks that the store
** has changed since, or as a whole when another connection has written. */
kal_code kali_documents_load(kal_store *store, const kali_scope *scope, kali_documents *out,
                             kal_err *err);
/* Which speakers, but for the assistant, take part, by number. */
void kali_documents_speakers(const kali_documents *documents, bool out[256]);

/* ---- document.c ---- */

/* A record as it is in the file; returns its time. */
int64_t kali_record_read(const uint8_t *bytes, kali_record *out);
/* Fills the leaf with the block of that number, unless it holds it; zeros when there is none. */
kal_code kali_leaf_read(kal_store *store, kali_leaf *leaf, int64_t number, kal_err *err);
/* One record, from the leaf that holds its block or is filled with it; zero-initialise the leaf. flags are 0 when
** there is no such message. */
kal_code kali_document_read(kal_store *store, kali_leaf *leaf, int64_t id, kali_record *out,
                            kal_err *err);
/* Whether the record of a message says what the message says. */
kal_code kali_document_same(kal_store *store, kali_leaf *leaf, const kali_document *document,
                            bool *out, kal_err *err);

/* For qsort: numbers in ascending order. */
static inline int kali_by_number(const void *x, const void *y) {
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

#endif
