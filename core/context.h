/*
** context.h: what context.c (candidates and packing) and render.c (the messages to send) share.
*/
#ifndef KALITO_CONTEXT_H
#define KALITO_CONTEXT_H

#include "internal.h"

/* A candidate: what the caller sees, and what packing and rendering need beside it. */
typedef struct kali_entry {
    kal_item item;
    kal_str piece; /* its rendered text: a line of a section, or the whole content of a message */
    kal_str created_at;
    int64_t number; /* id of a message */
} kali_entry;

struct kal_context {
    kali_arena arena;
    kal_context_info info;
    kali_entry *entries; /* persona, pins, summaries, recent oldest first, recalled by time, new */
    size_t room;
    kal_prompt *messages;
    kali_memo *memo; /* the store's, while the context is being built */
};

/* The line that begins the section of a part in its system message; NULL for parts without one. */
const char *kali_heading(kal_part part);
/* Sets entry->piece and item.tokens from item.text. */
kal_code kali_render_entry(kal_context *context, kali_entry *entry, kal_err *err);
/* Makes context->messages from the entries that are in. */
kal_code kali_render(kal_context *context, kal_err *err);

#endif
