/* Word sets: many words and phrases matched at once in one pass. A set is a flat block in the
 * caller's buffer: a filter over three bytes that almost no position of a text passes, and a trie
 * of folded code points that decides about the few that do. A trie step is one character, so a
 * position costs at most KAL_WORD_MAX steps whatever the entries are. */
#include <string.h>

#include "kalito.h"

#include "internal.h"
#include "text/text.h"

#define FILTER 6     /* bytes that the filter looks at */
#define FIRST 3      /* of them at every position; at the others only when these pass */
#define BUCKETS 7    /* entries are spread over the bits 0..6 of the filter by how they begin */
#define ANYWHERE 128 /* bit 7: entries whose beginning may follow a letter */
#define NONE 0u      /* no node; node 0 is the root, which is nobody's child */

struct node {
    uint32_t c; /* folded code point; ' ' for any run of white space */
    uint32_t child;
    uint32_t sibling;
    uint32_t word; /* index of the entry that ends here + 1 */
};

/* before[b]: buckets that may begin behind byte b. byte[i][b]: buckets that may have b at offset i.
 */
struct set {
    uint8_t before[256];
    uint8_t byte[FILTER][256];
    uint32_t first[128]; /* the root's children in ASCII */
    uint32_t used;       /* nodes */
    struct node nodes[]; /* nodes[0] is the root and has its children above ASCII */
};

size_t kal_words_size(const kal_str *words, size_t n) {
    size_t nodes = 1;
    for (size_t i = 0; i < n; i++) {
        nodes += words[i].len <= KAL_WORD_MAX ? words[i].len : KAL_WORD_MAX;
    }
    return sizeof(struct set) + nodes * sizeof(struct node);
}

/* ---- building */

static uint32_t *slot_of(struct set *set, uint32_t parent, uint32_t c) {
    if (parent == 0 && c < 128) return &set->first[c];
    uint32_t *slot = &set->nodes[parent].child;
    while (*slot != NONE && set->nodes[*slot].c != c)
        slot = &set->nodes[*slot].sibling;
    return slot;
}

static uint32_t child_add(struct set *set, uint32_t parent, uint32_t c) {
    uint32_t *slot = slot_of(set, parent, c);
    if (*slot == NONE) {
        *slot = set->used++;
        set->nodes[*slot] = (struct node){.c = c};
    }
    return *slot;
}

/* Lets the filter pass every byte in bucket from offset i on. */
static void open_from(struct set *set, size_t i, uint8_t bucket) {
    for (; i < FILTER; i++) {
        for (size_t b = 0; b < 256; b++)
            set->byte[i][b] |= bucket;
    }
}

/* May an entry with this character at its edge have a letter as its neighbour? */
static bool is_free_edge(uint32_t c) {
    enum kali_kind kind = kali_kind(c);
    return kind != KALI_LETTER && kind != KALI_DIGIT;
}

/* Lets the filter pass what may follow an entry that ends with `last` before offset i. */
static void open_end(struct set *set, size_t i, uint32_t last, uint8_t bucket) {
    if (is_free_edge(last)) open_from(set, i, bucket);
    if (i >= FILTER) return;
    for (size_t b = 0; b < 256; b++) {
        if (b >= 128 || !kali_is_wordlike(kali_kind((uint32_t)b))) set->byte[i][b] |= bucket;
    }
    open_from(set, i + 1, bucket);
}

/* Lets the filter pass all spellings of the folded character c at offset i; their length. */
static size_t open_char(struct set *set, size_t i, uint32_t c, uint8_t bucket) {
    /* distances from lower to upper letters in the table of kali_fold */
    static const int32_t back[] = {0, -1, -32, -37, -38, -63, -64, -80, 121};
    size_t length = 1;
    for (size_t k = 0; k < sizeof back / sizeof *back; k++) {
        int64_t spelling = (int64_t)c + back[k];
        if (spelling <= 0 || kali_fold((uint32_t)spelling) != c) continue;
        unsigned char bytes[4];
        length = kali_encode((uint32_t)spelling, bytes);
        for (size_t j = 0; j < length && i + j < FILTER; j++)
            set->byte[i + j][bytes[j]] |= bucket;
    }
    return length;
}

/* Lets the filter pass white space and what may begin or continue a character above ASCII at i. */
static void open_gap(struct set *set, size_t i, uint8_t bucket) {
    for (size_t b = 0; b < 256; b++) {
        if (b >= 128 || kali_kind((uint32_t)b) == KALI_SPACE) set->byte[i][b] |= bucket;
    }
}

/* Where the filter is with an entry. */
struct filing {
    uint8_t bucket;
    bool after_gap; /* the character before, a space or an apostrophe, may be longer than a byte */
    size_t at;
};

static void file_char(struct set *set, struct filing *filing, uint32_t c) {
    size_t i = filing->at;
    if (i >= FILTER) return;
    bool gap = c == ' ' || c == '\'';
    size_t length = open_char(set, i, c, filing->bucket);
    if (gap || filing->after_gap) open_gap(set, i, filing->bucket);
    if (filing->after_gap) open_from(set, i + 1, filing->bucket);
    filing->at = filing->after_gap ? FILTER : i + length;
    filing->after_gap = gap;
}

/* The next character of an entry, folded, white space run together. */
static uint32_t entry_next(kal_str word, size_t *at) {
    uint32_t c = kali_fold(kali_decode(word, *at, at));
    if (kali_kind(c) != KALI_SPACE) return c;
    size_t next;
    while (*at < word.len && kali_kind(kali_decode(word, *at, &next)) == KALI_SPACE)
        *at = next;
    return ' ';
}

static kal_str trim(kal_str word) {
    size_t next;
    size_t from = 0;
    while (from < word.len && kali_kind(kali_decode(word, from, &next)) == KALI_SPACE)
        from = next;
    while (word.len > from && kali_kind(kali_decode_back(word, word.len, &next)) == KALI_SPACE)
        word.len = next;
    return (kal_str){word.data + from, word.len - from};
}

/* The bit of the filter that a trimmed entry is filed under: entries that begin alike share one. */
static uint8_t bucket_of(kal_str word) {
    size_t at = 0;
    uint32_t first = entry_next(word, &at);
    if (is_free_edge(first)) return ANYWHERE;
    uint32_t mixed = first;
    for (int i = 0; i < 3 && at < word.len; i++)
        mixed = mixed * 5 + entry_next(word, &at);
    return (uint8_t)(1u << mixed % BUCKETS);
}

static bool add(struct set *set, kal_str word, uint32_t index) {
    if (word.len > KAL_WORD_MAX || !kal_text_valid(word, NULL)) return false;
    word = trim(word);
    if (word.len == 0) return false;
    size_t at = 0;
    uint32_t node = 0;
    struct filing filing = {bucket_of(word), false, 0};
    uint32_t c = 0;
    while (at < word.len) {
        c = entry_next(word, &at);
        file_char(set, &filing, c);
        node = child_add(set, node, c);
    }
    open_end(set, filing.at, c, filing.bucket);
    if (set->nodes[node].word == 0) set->nodes[node].word = index + 1;
    return true;
}

bool kal_words_build(void *buffer, size_t size, const kal_str *words, size_t n) {
    if (n > KAL_WORDS_MAX || size < kal_words_size(words, n)) return false;
    struct set *set = buffer;
    memset(set, 0, sizeof *set);
    set->used = 1;
    set->nodes[0] = (struct node){0};
    for (size_t b = 0; b < 256; b++) {
        bool letter = b < 128 && kali_is_wordlike(kali_kind((uint32_t)b));
        set->before[b] = letter ? ANYWHERE : 255;
    }
    for (size_t i = 0; i < n; i++) {
        if (!add(set, words[i], (uint32_t)i)) return false;
    }
    return true;
}

/* ---- matching */

static uint32_t child_find(const struct set *set, uint32_t parent, uint32_t c) {
    if (parent == 0 && c < 128) return set->first[c];
    uint32_t node = set->nodes[parent].child;
    while (node != NONE && set->nodes[node].c != c)
        node = set->nodes[node].sibling;
    return node;
}

static bool edge_before(kal_str text, size_t at, uint32_t first) {
    if (at == 0 || is_free_edge(first)) return true;
    size_t start;
    uint32_t c = kali_decode_back(text, at, &start);
    if (!kali_is_apostrophe(c)) return !kali_is_wordlike(kali_kind(c)) || is_free_edge(c);
    return start == 0 || kali_kind(kali_decode_back(text, start, &start)) != KALI_LETTER;
}

static bool edge_after(kal_str text, size_t at, uint32_t last) {
    if (at == text.len || is_free_edge(last)) return true;
    size_t next;
    uint32_t c = kali_decode(text, at, &next);
    if (!is_free_edge(c)) return false;
    return !kali_apostrophe_joins(text, at);
}

static size_t skip_space(kal_str text, size_t at) {
    size_t next;
    while (at < text.len && kali_kind(kali_decode(text, at, &next)) == KALI_SPACE)
        at = next;
    return at;
}

/* The length of the longest entry that stands at `at`, 0 if none does. */
static size_t match(const struct set *set, kal_str text, size_t at, size_t *which) {
    size_t i = at;
    size_t best = 0;
    uint32_t node = 0;
    while (i < text.len) {
        size_t next;
        uint32_t c = kali_fold(kali_decode(text, i, &next));
        bool space = kali_kind(c) == KALI_SPACE;
        node = child_find(set, node, space ? ' ' : c);
        if (node == NONE) break;
        if (i == at && !edge_before(text, at, c)) break;
        i = space ? skip_space(text, next) : next;
        if (set->nodes[node].word == 0 || !edge_after(text, i, c)) continue;
        best = i - at;
        *which = set->nodes[node].word - 1;
    }
    return best;
}

static unsigned filter_end(const struct set *set, kal_str text, size_t at) {
    unsigned pass = at == 0 ? 255 : set->before[kali_byte(text, at - 1)];
    for (size_t i = 0; i < FILTER; i++) {
        /* behind the end stands something like a space */
        pass &= set->byte[i][at + i < text.len ? kali_byte(text, at + i) : ' '];
    }
    return pass;
}

/* The first position from `at` on that passes the filter, text.len if there is none. */
static size_t candidate(const struct set *set, kal_str text, size_t at) {
    const unsigned char *p = (const unsigned char *)text.data;
    if (at == 0 && text.len > 0 && filter_end(set, text, 0)) return 0;
    size_t i = at ? at : 1;
    for (; i + FILTER <= text.len; i++) {
        unsigned pass = set->before[p[i - 1]] & set->byte[0][p[i]];
        pass &= set->byte[1][p[i + 1]] & set->byte[2][p[i + 2]];
        if (pass == 0) continue;
        for (size_t k = FIRST; k < FILTER; k++)
            pass &= set->byte[k][p[i + k]];
        if (pass) return i;
    }
    while (i < text.len && !filter_end(set, text, i))
        i++;
    return i < text.len ? i : text.len;
}

/* Like kal_words_find; *length is that of the match in the text. */
static bool find(const struct set *set, kal_str text, size_t *at, size_t *which, size_t *length) {
    for (size_t i = *at; (i = candidate(set, text, i)) < text.len; i++) {
        *length = match(set, text, i, which);
        if (*length == 0) continue;
        *at = i;
        return true;
    }
    return false;
}

bool kali_words_next(const void *set, kal_str text, size_t *at, size_t *length) {
    size_t which;
    return find(set, text, at, &which, length);
}

size_t kal_words_count(const void *set, kal_str text, size_t limit) {
    size_t found = 0;
    size_t at = 0;
    size_t which;
    size_t length;
    while (found < limit && find(set, text, &at, &which, &length)) {
        found++;
        at += length;
    }
    return found;
}

bool kal_words_find(const void *set, kal_str text, size_t *at, size_t *which) {
    size_t index;
    size_t length;
    if (!find(set, text, at, &index, &length)) return false;
    if (which) *which = index;
    return true;
}

/* Behind the quotes and brackets that a sentence may begin with. */
static size_t skip_openers(kal_str text, size_t at) {
    size_t next;
    while (at < text.len && kali_kind(kali_decode(text, at, &next)) == KALI_SYMBOL)
        at = next;
    return at;
}

size_t kal_words_lead(const void *set, kal_str text, size_t limit) {
    size_t found = 0;
    size_t pos = 0;
    kal_str sentence;
    while (found < limit && kal_text_sentence(text, &pos, &sentence)) {
        size_t which;
        size_t at = (size_t)(sentence.data - text.data);
        size_t word = skip_openers(text, at);
        found += match(set, text, at, &which) > 0 || match(set, text, word, &which) > 0;
    }
    return found;
}
