/*
** memo.c: the token counts of texts that were counted before. The contexts of a conversation share nearly all
** their texts from turn to turn, and counting them is a third of building one. A text is found by its own bytes, so
** that nothing here can be out of date; what is remembered is bounded, and forgotten all at once.
*/
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define SHORT 64          /* bytes: counting them is as fast as finding them */
#define LONG (32 * 1024)  /* bytes: counted anew, to keep many others */
#define MOST (512 * 1024) /* bytes of all remembered texts */

static size_t place_of(kal_str text) {
    uint64_t a, b, c;
    memcpy(&a, text.data, 8);
    memcpy(&b, text.data + text.len / 2, 8);
    memcpy(&c, text.data + text.len - 8, 8);
    uint64_t h = (a ^ (b << 1 | b >> 63) ^ text.len) * 0x9E3779B97F4A7C15ull;
    h = (h ^ h >> 32 ^ c) * 0xBF58476D1CE4E5B9ull;
    return (size_t)(h >> 32) % KALI_MEMO;
}

void kali_memo_clear(kali_memo *memo) {
    for (size_t i = 0; i < KALI_MEMO; i++)
        free(memo->counts[i].text);
    memset(memo, 0, sizeof *memo);
}

static void remember(kali_memo *memo, kali_count *place, kal_str text, size_t tokens) {
    if (memo->bytes + text.len > MOST) kali_memo_clear(memo);
    char *copy = malloc(text.len);
    if (!copy) return;
    memo->bytes += text.len - place->len;
    free(place->text);
    *place = (kali_count){memcpy(copy, text.data, text.len), text.len, tokens};
}

size_t kali_memo_tokens(kali_memo *memo, kal_str text) {
    if (text.len < SHORT || text.len > LONG) return kal_tokens(text);
    size_t i = place_of(text);
    kali_count *place = NULL;
    for (size_t k = 0; k < 2; k++) {
        kali_count *c = &memo->counts[i ^ k];
        if (c->len == text.len && memcmp(c->text, text.data, text.len) == 0) return c->tokens;
        if (!place || !c->text) place = c;
    }
    size_t tokens = kal_tokens(text);
    remember(memo, place, text, tokens);
    return tokens;
}
