/*
** binary.c: check sums and base64: what it takes to read a picture that carries a text. Pure functions of bytes.
*/
#include "internal.h"

#include <string.h>

/* Half a byte at a time: a table of 64 bytes, and still some 200 MB a second. */
uint32_t kal_crc32(kal_str bytes) {
    static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                       0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                       0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                       0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (unsigned char)bytes.data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void kal_base64_encode(kal_str bytes, char *out) {
    const unsigned char *p = (const unsigned char *)bytes.data;
    for (size_t left = bytes.len; left > 0; p += 3) {
        size_t n = left < 3 ? left : 3;
        uint32_t v = (uint32_t)p[0] << 16;
        if (n > 1) v |= (uint32_t)p[1] << 8;
        if (n > 2) v |= p[2];
        *out++ = DIGITS[v >> 18];
        *out++ = DIGITS[v >> 12 & 63];
        *out++ = n > 1 ? DIGITS[v >> 6 & 63] : '=';
        *out++ = n > 2 ? DIGITS[v & 63] : '=';
        left -= n;
    }
}

/* The value of a digit; 64: it is none. */
static uint32_t value_of(char c) {
    if (c >= 'A' && c <= 'Z') return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z') return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9') return (uint32_t)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* How many characters of padding the text ends with: 0 to 2. */
static size_t padding_of(kal_str text) {
    if (text.len < 4 || text.data[text.len - 1] != '=') return 0;
    return text.data[text.len - 2] == '=' ? 2 : 1;
}

bool kal_base64_decode(kal_str text, char *out, size_t *count, size_t *bad_at) {
    size_t digits = text.len - padding_of(text), n = 0;
    uint32_t v = 0;
    *count = 0;
    for (size_t i = 0; i < digits; i++) {
        uint32_t d = value_of(text.data[i]);
        *bad_at = i;
        if (d == 64) return false;
        v = v << 6 | d;
        if (i % 4 == 0) continue; /* six bits are no byte yet */
        unsigned spare = (unsigned)(3 - i % 4) * 2;
        bool last = i + 1 == digits;
        out[n++] = (char)(v >> spare & 0xFF);
        if (last && (v & ((1u << spare) - 1))) return false;
    }
    *bad_at = text.len;
    if (text.len % 4 != 0) return false;
    *count = n;
    return true;
}
