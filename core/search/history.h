/*
** history.h: the records of all messages in memory: history.c keeps them in their order, documents.c brings them up to date.
*/
#ifndef KALITO_HISTORY_H
#define KALITO_HISTORY_H

#include "search/document.h"

#define KALI_STALE 64          /* changed blocks that are worth knowing one by one */
#define KALI_UNKNOWN INT64_MAX /* a time */

typedef struct kali_history {
    int64_t *blocks;
    kali_spot *spots;
    size_t count, block_room;
    kali_record *rows;
    uint32_t *slots;
    size_t places, place_room, end,
        wasted; /* see kali_documents; `end`: what follows is free, `wasted`: what was left */
    kali_chain *chains;
    int64_t *latest; /* see kali_documents */
    size_t latest_count;
    uint32_t sessions, session_room; /* highest session number */
    uint32_t speakers[256];          /* how many messages each has */
    bool whole, ranked;              /* it is loaded; `latest` is true */
    uint32_t version;                /* kali_db_version when it was */
    int64_t stale[KALI_STALE];       /* blocks that have changed since, in any order */
    size_t stales;
} kali_history;

/* What returns false is out of memory. */
void kali_history_free(kali_history *history);
/* One block more, behind all others; nothing is in it. */
bool kali_history_block(kali_history *history, int64_t number);
/* Sessions of numbers up to this one are known; new ones have no messages. */
bool kali_history_sessions(kali_history *history, uint32_t most);
/* Counts one message more, or with -1 less. */
void kali_history_count(kali_history *history, const kali_record *record, int one);
/* Writes a message to a place that is its own. */
void kali_history_put(kali_history *history, uint32_t place, uint32_t slot,
                      const kali_record *record);
/* Puts all messages, which are counted already, side by side session by session: records by slot. */
bool kali_history_arrange(kali_history *history, const kali_record *records);
/* Behind the last message of its session. */
bool kali_history_append(kali_history *history, uint32_t slot, const kali_record *record,
                         int64_t time);
void kali_history_take_out(kali_history *history, uint32_t slot);
/* `latest` is true again. */
void kali_history_rank(kali_history *history);

#endif
