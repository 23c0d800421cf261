/*
** uuid.c: names of things: random UUIDs for new rows, from the system or the caller's source, and hashes of
** contents.
*/
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Version 4 of RFC 9562: 122 random bits. */
kal_code kali_uuid(kal_store *store, char out[37], kal_err *err) {
    if (store->options.uuid) {
        store->options.uuid(store->options.context, out);
        return KAL_OK;
    }
    uint64_t id[2];
    if (getentropy(id, sizeof id) != 0)
        return kali_fail(err, KAL_IO, "no random numbers for an id: %s", strerror(errno));
    unsigned high = (unsigned)(id[0] >> 32), low = (unsigned)id[0];
    snprintf(out, 37, "%08x-%04x-4%03x-%04x-%012llx", high, low >> 16, low & 0xFFFu,
             (unsigned)(0x8000u | (id[1] >> 48 & 0x3FFFu)),
             (unsigned long long)(id[1] & 0xFFFFFFFFFFFFull));
    return KAL_OK;
}

/* A 64-bit mix of 8 bytes a step: multiply and fold with the constants of splitmix64. */
static inline uint64_t mix(uint64_t h, const char *data, size_t n) {
    uint64_t word = 0;
    memcpy(&word, data, n);
    h = (h ^ word) * 0xBF58476D1CE4E5B9ull;
    return h ^ h >> 29;
}

uint64_t kal_text_hash(kal_str text) {
    uint64_t h = 0x9E3779B97F4A7C15ull ^ text.len;
    size_t i = 0;
    for (; text.len - i >= 8; i += 8)
        h = mix(h, text.data + i, 8); /* a length that the compiler knows: one load */
    if (i < text.len) h = mix(h, text.data + i, text.len - i);
    h *= 0x94D049BB133111EBull;
    return h ^ h >> 32;
}
