/*
 * Text of strangers on its way to a person: error messages of policies. One pure function.
 */
#include "jail.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence at s, 0 if there is none; *point is its character. */
static size_t decode(const unsigned char *s, size_t n, uint32_t *point) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = s[0] < 0x80 ? 1 : s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if (len == 0 || len > n || s[0] > 0xF4) return 0;
    *point = len == 1 ? s[0] : s[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xC0) != 0x80) return 0;
        *point = *point << 6 | (s[i] & 0x3Fu);
    }
    bool surrogate = *point >= 0xD800 && *point <= 0xDFFF;
    return *point < least[len] || *point > 0x10FFFF || surrogate ? 0 : len;
}

/* Controls, line and paragraph separators, marks that reorder or hide, tag characters. */
static bool harmful(uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF ||
           (c >= 0xE0000 && c <= 0xE007F);
}

size_t kalb_safe_text(const char *text, size_t n, char *out, size_t size) {
    const unsigned char *s = (const unsigned char *)text;
    size_t used = 0;
    while (n > 0) {
        uint32_t point = 0;
        size_t len = decode(s, n, &point);
        bool escape = len == 0 || harmful(point);
        if (len == 0) len = 1;
        if (used + (escape ? 4 * len : len) >= size) break;
        for (size_t i = 0; i < len && escape; i++)
            used += (size_t)snprintf(out + used, 5, "\\x%02X", s[i]);
        if (!escape) {
            memcpy(out + used, s, len);
            used += len;
        }
        s += len;
        n -= len;
    }
    if (size > 0) out[used] = '\0';
    return used;
}
