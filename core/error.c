/*
** error.c: codes, their words, and the one way to report a failure.
*/
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

const char *kal_code_name(kal_code code) {
    static const char *const names[] = {
        [KAL_OK] = "ok",
        [KAL_MISUSE] = "misuse",
        [KAL_NOT_FOUND] = "not_found",
        [KAL_EXISTS] = "exists",
        [KAL_BUSY] = "busy",
        [KAL_BUDGET] = "budget",
        [KAL_READONLY] = "readonly",
        [KAL_FULL] = "full",
        [KAL_IO] = "io",
        [KAL_CORRUPT] = "corrupt",
        [KAL_NOT_KALITO] = "not_kalito",
        [KAL_TOO_NEW] = "too_new",
        [KAL_NOMEM] = "nomem",
        [KAL_INTERRUPTED] = "interrupted",
        [KAL_REFUSED] = "refused",
        [KAL_HTTP] = "http",
    };
    size_t i = (size_t)code;
    return i < sizeof names / sizeof *names ? names[i] : "unknown";
}

/* The message may quote a user's bytes: what could steer a terminal or is no text becomes '?', and a
** character that the end of the buffer cut is dropped. */
static void make_printable(char *text, bool cut) {
    size_t n = 0;
    for (unsigned char *p = (unsigned char *)text; *p; p++, n++) {
        bool c1 = *p == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0;
        if (*p < 0x20 || *p == 0x7F || c1) *p = '?';
    }
    size_t bad;
    kal_str all = {text, n};
    while (all.len && !kal_text_valid(all, &bad)) {
        if (cut && bad + 4 > all.len) {
            all.len = bad;
            text[bad] = 0;
        } else {
            text[bad] = '?';
        }
    }
}

kal_code kali_fail(kal_err *err, kal_code code, const char *format, ...) {
    if (!err) return code;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    err->code = code;
    make_printable(err->message, len >= (int)sizeof err->message);
    return code;
}

kal_code kali_no_memory(kal_err *err) {
    return kali_fail(err, KAL_NOMEM, "out of memory");
}
