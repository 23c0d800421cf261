/*
** arena.c: the memory of one answer. Rows are copied out of the database into blocks that live
** until the next answer; nothing is freed one by one.
*/
#include "internal.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK (16 * 1024)
#define KEEP_BLOCK (1024 * 1024)

struct kali_block {
    struct kali_block *next;
    size_t size, used;
    alignas(max_align_t) char bytes[];
};

static struct kali_block *grow(kali_arena *arena, size_t size) {
    size_t want = arena->head ? arena->head->size * 2 : FIRST_BLOCK;
    if (want > KEEP_BLOCK) want = KEEP_BLOCK;
    if (want < size) want = size;
    struct kali_block *block = malloc(sizeof *block + want);
    if (!block) return NULL;
    block->size = want;
    block->used = 0;
    block->next = arena->head;
    arena->head = block;
    return block;
}

void *kali_arena_alloc(kali_arena *arena, size_t size) {
    size_t step = alignof(max_align_t);
    if (size > SIZE_MAX / 2) return NULL;
    size = (size + step - 1) / step * step;
    struct kali_block *block = arena->head;
    if (!block || block->size - block->used < size) block = grow(arena, size);
    if (!block) return NULL;
    void *p = block->bytes + block->used;
    block->used += size;
    arena->used += size;
    return p;
}

bool kali_arena_copy(kali_arena *arena, kal_str text, kal_str *out) {
    *out = (kal_str){NULL, 0};
    if (!text.data) return true;
    char *p = kali_arena_alloc(arena, text.len + 1);
    if (!p) return false;
    if (text.len) memcpy(p, text.data, text.len);
    p[text.len] = 0;
    *out = (kal_str){p, text.len};
    return true;
}

void kali_arena_reset(kali_arena *arena) {
    struct kali_block *keep = arena->head;
    if (!keep) return;
    while (keep->next) {
        struct kali_block *next = keep->next->next;
        free(keep->next);
        keep->next = next;
    }
    if (keep->size > KEEP_BLOCK) {
        free(keep);
        arena->head = NULL;
    } else {
        keep->used = 0;
    }
    arena->used = 0;
}

void kali_arena_free(kali_arena *arena) {
    kali_arena_reset(arena);
    free(arena->head);
    arena->head = NULL;
}
