/* Text as a terminal shows it and does not obey: what could steer it becomes an escape. Owns the list of what that
 * is. */
#include <stdio.h>

#include "text/text.h"

typedef struct writer {
    char *out;
    size_t room, len; /* of all that is written or would be */
} writer;

static void put(writer *w, const char *data, size_t len) {
    if (len && w->len <= w->room && len <= w->room - w->len) memcpy(w->out + w->len, data, len);
    w->len += len;
}

/* Printable ASCII from `at` on. */
static size_t plain(kal_str text, size_t at) {
    size_t from = at;
    while (text.len - at >= 8 &&
           kali_in_range(kali_eight(text.data + at), 0x20, 0x7E) == KALI_BYTES(0x80))
        at += 8;
    while (at < text.len && kali_byte(text, at) >= 0x20 && kali_byte(text, at) <= 0x7E)
        at++;
    return at - from;
}

/* Controls, marks that change the direction of writing, what has no width but the joiner of emoji, and separators of
 * lines. */
static bool steers(uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x200B && c <= 0x200F && c != 0x200D) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F);
}

static void put_escape(writer *w, uint32_t c) {
    char escape[16];
    const char *name = c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : NULL;
    int n = name ? snprintf(escape, sizeof escape, "%s", name)
                 : snprintf(escape, sizeof escape, c > 0xFF ? "\\u{%x}" : "\\x%02x", (unsigned)c);
    put(w, escape, (size_t)n);
}

size_t kal_text_safe(kal_str text, const char *kept, char *out, size_t room) {
    writer w = {out, room, 0};
    for (size_t i = 0, next; i < text.len; i = next) {
        next = i + plain(text, i);
        if (next > i) {
            put(&w, text.data + i, next - i);
            continue;
        }
        uint32_t c = kali_decode(text, i, &next);
        unsigned byte = kali_byte(text, i);
        bool broken = byte >= 0x80 && next == i + 1;
        if (broken || (steers(c) && !(c && c < 0x80 && strchr(kept, (int)c))))
            put_escape(&w, broken ? byte : c);
        else
            put(&w, text.data + i, next - i);
    }
    return w.len;
}
