/*
** document.h: the records of messages that document.c keeps and recall reads.
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
    KALI_OPENING = 128 /* the first message of its session; made when loading */
};

/* One message, as it is in memory during one recall. */
typedef struct kali_record {
    uint32_t session;
    int32_t previous, next; /* places of its neighbours in the session, -1 none */
    uint16_t words, day;
    uint8_t flags, speaker; /* flags == 0: there is no message at this place, or none in scope */
} kali_record;

/* All messages in scope. The place of a message is its block's position times KALI_BLOCK plus its position
** in the block. */
typedef struct kali_documents {
    int64_t *blocks; /* numbers of the blocks, ascending */
    kali_record *rows;
    size_t count, room; /* blocks */
    size_t messages;
    uint64_t words;
    uint32_t sessions; /* highest session number */
} kali_documents;

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
static inline bool kali_scope_has(const kali_scope *s, uint32_t number) {
    if (s->numbers && number >= s->numbers) return false;
    const uint8_t *set = s->only ? s->only : s->without;
    bool in = set && (set[number / 8] >> number % 8 & 1);
    return s->only ? in : !in;
}

static inline int64_t kali_documents_id(const kali_documents *d, size_t place) {
    return d->blocks[place / KALI_BLOCK] * KALI_BLOCK + (int64_t)(place % KALI_BLOCK);
}

/* The place of a message, at or after `from` when that helps; SIZE_MAX when it is not there. */
size_t kali_documents_find(const kali_documents *documents, int64_t id, size_t from);
/* One record, from the leaf that holds its block or is filled with it; zero-initialise the leaf. flags are 0 when
** there is no such message; neighbours are not told. */
kal_code kali_document_read(kal_store *store, kali_leaf *leaf, int64_t id, kali_record *out,
                            kal_err *err);
/* Whether the record of a message says what the message says; the link to the one before it is not looked at. */
kal_code kali_document_same(kal_store *store, kali_leaf *leaf, const kali_document *document,
                            bool *out, kal_err *err);
kal_code kali_documents_load(kal_store *store, const kali_scope *scope, kali_documents *out,
                             kal_err *err);
void kali_documents_free(kali_documents *documents);

#endif
