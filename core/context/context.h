/*
** context.h: what context.c (candidates and packing), context_messages.c and recalled.c (messages), render.c (what is
** sent) and trace.c (the record) share.
*/
#ifndef KALITO_CONTEXT_H
#define KALITO_CONTEXT_H

#include "internal.h"

/* A candidate: what the caller sees, and what packing and rendering need beside it. */
typedef struct kali_entry {
    kal_item item;
    kal_str piece; /* its rendered text: a line of a section, or the whole content of a message */
    kal_str created_at;
    kal_str speaker; /* of a recalled message, where the role does not tell */
    double lent;     /* of a recalled message: what its session has lent to its score */
    double worth;    /* of a recalled message: the order in which they are taken */
    size_t place;    /* of a recalled message: among them, the best is 0 */
    int64_t number;  /* id of a message */
} kali_entry;

struct kal_context {
    kali_arena arena;
    kal_context_info info;
    kali_entry *entries; /* persona, pins, summaries, recent oldest first, recalled by time, new */
    kal_prompt *messages;
    kal_store *store; /* while the context is being built */
};

/* The line that begins the section of a part in its system message; NULL for parts without one. */
const char *kali_heading(kal_part part);
/* Sets entry->piece and item.tokens from item.text. */
kal_code kali_render_entry(kal_context *context, kali_entry *entry, kal_err *err);
/* Makes context->messages from the entries that are in. */
kal_code kali_render(kal_context *context, kal_err *err);

/* A context under construction. */
typedef struct kali_build {
    kal_store *store;
    const kal_request *request;
    kal_plan plan;
    kal_context *context;
    kal_session session;
    kal_message stored;           /* the new message, when it is a stored one */
    const kal_recalled *recalled; /* the request's, or what was found for its query: */
    size_t recalled_count;
    const kal_hit *hits; /* their rows; NULL when the request brought them */
    int64_t rest;        /* tokens not yet spent */
    int64_t after_fixed; /* tokens that the fixed parts leave: shares are parts of it */
    bool system;         /* the first system message exists */
} kali_build;

/* A part whose rows are lines of one message. */
typedef struct kali_section {
    int64_t cap, used;
    bool begun; /* its heading is paid for */
} kali_section;

/* The next free entry: `room` was counted from the plan's limits. */
kali_entry *kali_build_entry(kali_build *build, kal_part part);
/* A copy that lives as long as the context. False when out of memory. */
static inline bool kali_build_keep(kali_build *build, kal_str text, kal_str *out) {
    return kali_arena_copy(&build->context->arena, text, out);
}
static inline bool kali_build_keep_id(kali_build *build, int64_t id, kal_str *out) {
    char text[KAL_NUMBER_SIZE];
    return kali_build_keep(build, (kal_str){text, kal_text_integer(id, text)}, out);
}
static inline void kali_build_put(kal_item *item, bool in, const char *why) {
    item->in = in;
    item->why = why;
}
/* Out, with a reason that holds two numbers. */
kal_code kali_build_explain(kali_build *build, kal_item *item, const char *format, long long x,
                            long long y, kal_err *err);
kali_section kali_build_section(const kali_build *build, const kal_share *share);
/* What a line costs, with its part's heading and message when it is the first. */
int64_t kali_build_cost(const kali_build *build, const kali_section *section,
                        const kali_entry *entry);
/* Takes the line when it fits into budget and share, and else says why not. */
kal_code kali_build_take(kali_build *build, kali_section *section, kali_entry *entry,
                         const char *why, kal_err *err);

/* ---- recalled.c ---- */

/* Room for the recalled candidates, and how many there are. */
typedef struct kali_found {
    kali_entry *list;
    size_t count;
} kali_found;
/* Is there something to recall that the request does not bring? Then the index must be complete. */
bool kali_build_recalls(const kali_build *build);
kal_code kali_build_fetch(kali_build *build, kali_found *out, kal_err *err);
/* The room that the recent run leaves for the recalled part. */
int64_t kali_build_reserve(const kali_build *build, const kali_found *found);
kal_code kali_build_recalled(kali_build *build, kali_found *found, kal_err *err);

/* ---- context_messages.c ---- */

kal_code kali_build_recent(kali_build *build, const kali_found *found, kal_err *err);
/* For qsort of entries: by time and id. */
int kali_by_time(const void *x, const void *y);

#endif
