/*
** trace.c: what was weighed for a context, as a record of the turn keeps it. There is one with every reply, so that its
** size counts: lists in the place of objects, and texts that come again and again by their number.
*/
#include <math.h>
#include <string.h>

#include "context/context.h"

typedef struct writer {
    kal_context *context;
    char *data;
    size_t len, room;
    bool lacking;       /* memory */
    const char **words; /* those named so far */
    size_t word_count;
} writer;

/* Room for so many more bytes, or nothing is written any more. */
static bool reserve(writer *w, size_t more) {
    if (w->room - w->len >= more) return true;
    size_t room = (w->room + more) * 2;
    char *data = w->lacking ? NULL : kali_arena_alloc(&w->context->arena, room);
    w->lacking = !data;
    if (!data) return false;
    if (w->len) memcpy(data, w->data, w->len);
    w->data = data;
    w->room = room;
    return true;
}

static void put(writer *w, const char *text) {
    size_t n = strlen(text);
    if (!reserve(w, n)) return;
    memcpy(w->data + w->len, text, n);
    w->len += n;
}

static void put_integer(writer *w, int64_t v) {
    if (reserve(w, KAL_NUMBER_SIZE)) w->len += kal_text_integer(v, w->data + w->len);
}

static void put_real(writer *w, double v) {
    if (!isfinite(v)) v = 0; /* JSON knows no other */
    if (reserve(w, KAL_NUMBER_SIZE)) w->len += kal_text_real(v, w->data + w->len);
}

static void put_hex(writer *w, uint64_t v, int digits) {
    if (!reserve(w, 16)) return;
    for (int i = digits - 1; i >= 0; i--)
        w->data[w->len++] = "0123456789abcdef"[v >> i * 4 & 15];
}

static void put_string(writer *w, kal_str text) {
    if (!reserve(w, text.len * 6 + 2)) return;
    w->data[w->len++] = '"';
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20) {
            put(w, "\\u");
            put_hex(w, c, 4);
            continue;
        }
        if (c == '"' || c == '\\') w->data[w->len++] = '\\';
        w->data[w->len++] = (char)c;
    }
    w->data[w->len++] = '"';
}

/* The place of a text among the words, from 1: there are few of them. */
static void put_place(writer *w, const char *word) {
    size_t i = 0;
    while (i < w->word_count && w->words[i] != word && strcmp(w->words[i], word) != 0)
        i++;
    if (i == w->word_count) w->words[w->word_count++] = word;
    put_integer(w, (int64_t)i + 1);
}

static void put_item(writer *w, const kal_item *item) {
    put(w, "[");
    put_place(w, kal_part_name(item->part));
    put(w, ",");
    put_place(w, item->why);
    put(w, item->in ? ",1," : ",0,");
    put_string(w, item->id);
    put(w, ",");
    put_integer(w, item->tokens);
    put(w, ",");
    put_real(w, item->score);
    put(w, ",\"");
    put_hex(w, kal_text_hash(item->text), 16);
    put(w, "\"]");
}

static void put_recalled(writer *w, const kali_entry *e) {
    put(w, "[");
    put_integer(w, e->number);
    put(w, ",");
    put_real(w, e->item.score);
    put(w, ",");
    put_real(w, e->lent);
    put(w, ",");
    put_string(w, e->item.reasons);
    put(w, "]");
}

/* The recalled entries stand by time: each knows its place. */
static void put_found(writer *w) {
    const kal_context *c = w->context;
    size_t count = 0;
    const kali_entry **found =
        kali_arena_alloc(&w->context->arena, (c->info.items + 1) * sizeof *found);
    if (!found) {
        w->lacking = true;
        return;
    }
    for (size_t i = 0; i < c->info.items; i++) {
        if (c->entries[i].item.part != KAL_PART_RECALLED) continue;
        found[c->entries[i].place] = &c->entries[i];
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        put(w, i ? "," : "");
        put_recalled(w, found[i]);
    }
}

kal_code kal_context_trace(kal_context *context, kal_str *out, kal_err *err) {
    size_t count = context->info.items;
    writer w = {.context = context};
    *out = (kal_str){NULL, 0};
    w.words = kali_arena_alloc(&context->arena, (2 * count + 1) * sizeof *w.words);
    w.lacking = !w.words;
    put(&w, "\"items\":[");
    for (size_t i = 0; i < count && !w.lacking; i++) {
        put(&w, i ? "," : "");
        put_item(&w, &context->entries[i].item);
    }
    put(&w, "],\"recalled\":[");
    put_found(&w);
    put(&w, "],\"words\":[");
    for (size_t i = 0; i < w.word_count; i++) {
        put(&w, i ? "," : "");
        put_string(&w, kal_text(w.words[i]));
    }
    put(&w, "]");
    if (w.lacking) return kali_no_memory(err);
    *out = (kal_str){w.data, w.len};
    return KAL_OK;
}
