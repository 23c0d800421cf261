/*
** history.c: the records of all messages in memory. Those of one session stand side by side in their order, so that recall,
** which looks at neighbours all the time, reads memory in its order. A session that outgrows its room moves behind all
** others and gets twice as much: adding a message never moves more than its session.
*/
#include "search/history.h"

#include <stdlib.h>
#include <string.h>

#define ROOM 16 /* messages of a session that is new */

void kali_history_free(kali_history *h) {
    if (!h) return;
    free(h->blocks);
    free(h->spots);
    free(h->rows);
    free(h->slots);
    free(h->chains);
    free(h->latest);
    free(h);
}

static bool widen(void **array, size_t room, size_t size) {
    void *p = realloc(*array, room * size);
    if (p) *array = p;
    return p != NULL;
}

bool kali_history_block(kali_history *h, int64_t number) {
    if (h->count == h->block_room) {
        size_t room = h->block_room + h->block_room / 2 + 16;
        if (room > INT32_MAX / KALI_BLOCK || !widen((void **)&h->blocks, room, sizeof *h->blocks) ||
            !widen((void **)&h->spots, room, KALI_BLOCK * sizeof *h->spots))
            return false;
        h->block_room = room;
    }
    memset(h->spots + h->count * KALI_BLOCK, 0, KALI_BLOCK * sizeof *h->spots);
    h->blocks[h->count++] = number;
    return true;
}

bool kali_history_sessions(kali_history *h, uint32_t most) {
    if (!h->chains || most >= h->session_room) {
        uint32_t room = most + most / 2 + 2;
        if (!widen((void **)&h->chains, room, sizeof *h->chains) ||
            !widen((void **)&h->latest, room, sizeof *h->latest))
            return false;
        memset(h->chains + h->session_room, 0, (room - h->session_room) * sizeof *h->chains);
        h->session_room = room;
    }
    h->sessions = most;
    return true;
}

void kali_history_count(kali_history *h, const kali_record *row, int one) {
    kali_chain *c = &h->chains[row->session];
    c->messages += (uint32_t)one;
    c->words += (uint64_t)((int64_t)row->words * one);
    if (row->flags & KALI_ASSISTANT)
        c->assistants += (uint32_t)one;
    else
        h->speakers[row->speaker] += (uint32_t)one;
}

/* There are places up to `end`, and an empty margin behind it. */
static bool make_places(kali_history *h, size_t end) {
    size_t places = (end + 2 * KALI_MARGIN - 1) / KALI_MARGIN * KALI_MARGIN;
    if (places > UINT32_MAX) return false;
    if (places > h->place_room) {
        size_t room = h->place_room ? places + places / 4 : places;
        if (!widen((void **)&h->rows, room, sizeof *h->rows) ||
            !widen((void **)&h->slots, room, sizeof *h->slots))
            return false;
        memset(h->rows + h->place_room, 0, (room - h->place_room) * sizeof *h->rows);
        memset(h->slots + h->place_room, 0, (room - h->place_room) * sizeof *h->slots);
        h->place_room = room;
    }
    h->places = places;
    h->end = end;
    return true;
}

void kali_history_put(kali_history *h, uint32_t place, uint32_t slot, const kali_record *row) {
    h->rows[place] = *row;
    h->slots[place] = slot;
    h->spots[slot] = (kali_spot){place, row->session & 0xFFFFFF, row->flags};
}

bool kali_history_arrange(kali_history *h, const kali_record *records) {
    size_t end = KALI_MARGIN;
    for (uint32_t s = 0; s <= h->sessions; s++) {
        kali_chain *c = &h->chains[s];
        c->first = (uint32_t)end;
        c->room = c->messages ? c->messages + KALI_APART : 0;
        end += c->room;
    }
    if (!make_places(h, end)) return false;
    for (uint32_t s = 0; s <= h->sessions; s++)
        h->chains[s].messages = 0;
    for (size_t slot = 0; slot < h->count * KALI_BLOCK; slot++) {
        const kali_record *row = &records[slot];
        if (!row->flags) continue;
        kali_chain *c = &h->chains[row->session];
        kali_history_put(h, c->first + c->messages++, (uint32_t)slot, row);
    }
    return true;
}

static bool move_session(kali_history *h, kali_chain *c) {
    uint32_t from = c->first, to = (uint32_t)h->end;
    uint32_t room = 2 * c->messages + ROOM + KALI_APART;
    if (!make_places(h, h->end + room)) return false;
    for (uint32_t i = 0; i < c->messages; i++) {
        kali_history_put(h, to + i, h->slots[from + i], &h->rows[from + i]);
        h->rows[from + i] = (kali_record){0};
    }
    h->wasted += c->room;
    c->first = to;
    c->room = room;
    return true;
}

/* Moves the session of what is now the very last message to the front. */
static void renew_rank(kali_history *h, uint32_t session, uint32_t slot) {
    size_t at = 0;
    const kali_chain *newest = h->latest_count ? &h->chains[h->latest[0]] : NULL;
    if (newest && (!newest->messages || h->slots[newest->first + newest->messages - 1] > slot))
        h->ranked = false;
    if (!h->ranked) return;
    while (at < h->latest_count && h->latest[at] != session)
        at++;
    h->latest_count += at == h->latest_count;
    memmove(h->latest + 1, h->latest, at * sizeof *h->latest);
    h->latest[0] = session;
}

bool kali_history_append(kali_history *h, uint32_t slot, const kali_record *row, int64_t time) {
    kali_chain *c = &h->chains[row->session];
    if (c->messages + KALI_APART >= c->room && !move_session(h, c)) return false;
    renew_rank(h, row->session, slot);
    uint32_t place = c->first + c->messages;
    kali_history_put(h, place, slot, row);
    if (!c->messages) h->rows[place].flags |= KALI_OPENING;
    kali_history_count(h, row, 1);
    c->time = time;
    return true;
}

void kali_history_take_out(kali_history *h, uint32_t slot) {
    uint32_t place = h->spots[slot].place;
    kali_chain *c = &h->chains[h->spots[slot].session];
    kali_history_count(h, &h->rows[place], -1);
    uint32_t last = c->first + c->messages;
    if (place == last) c->time = KALI_UNKNOWN;
    h->spots[slot] = (kali_spot){0};
    for (; place < last; place++)
        kali_history_put(h, place, h->slots[place + 1], &h->rows[place + 1]);
    h->rows[last] = (kali_record){0};
    if (c->messages)
        h->rows[c->first].flags |= KALI_OPENING;
    else
        c->time = 0;
    h->ranked = false;
}

void kali_history_rank(kali_history *h) {
    if (h->ranked) return;
    h->latest_count = 0;
    for (uint32_t s = 0; s <= h->sessions; s++) {
        const kali_chain *c = &h->chains[s];
        if (!c->messages) continue;
        uint32_t last = h->slots[c->first + c->messages - 1];
        h->latest[h->latest_count++] = (int64_t)(INT32_MAX - last) << 24 | s;
    }
    qsort(h->latest, h->latest_count, sizeof *h->latest, kali_by_number);
    for (size_t i = 0; i < h->latest_count; i++)
        h->latest[i] &= 0xFFFFFF;
    h->ranked = true;
}
