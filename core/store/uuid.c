/*
** uuid.c: names of things: random UUIDs for new rows, from libuuid or the caller's source, and hashes of
** contents.
*/
#include "internal.h"

#include <string.h>
#include <uuid/uuid.h>

void kali_uuid(kal_store *store, char out[37]) {
    if (store->options.uuid) {
        store->options.uuid(store->options.context, out);
        return;
    }
    uuid_t id;
    uuid_generate_random(id);
    uuid_unparse_lower(id, out);
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
