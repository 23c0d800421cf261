/*
 * Frames: how Lua values travel between the program and a jail worker. A frame is a header (length
 * of what follows, kind, sequence number) and a body of values. Both ends are the same program on
 * one machine, so numbers travel in native byte order.
 *
 * What arrives from a worker is hostile: its interpreter may have been taken over. Nothing here
 * trusts a length or a count, calls a metamethod, or recurses deeper than the limits allow.
 */
#ifndef KALB_FRAME_H
#define KALB_FRAME_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing byte buffer. All zero is empty; `failed` is sticky until the next reset. */
typedef struct kalb_buf {
    unsigned char *data;
    size_t len;
    size_t cap;
    size_t max;  /* never grows beyond; set by reset */
    bool failed; /* max reached or out of memory: what is inside is incomplete */
} kalb_buf;

void kalb_buf_reset(kalb_buf *b, size_t max); /* empty, keeps the memory */
void kalb_buf_put(kalb_buf *b, const void *bytes, size_t n);
void kalb_buf_byte(kalb_buf *b, unsigned byte);
void kalb_buf_u32(kalb_buf *b, uint32_t n);
void kalb_buf_patch(kalb_buf *b, size_t at, uint32_t n); /* overwrite a u32 written earlier */
bool kalb_buf_reserve(kalb_buf *b, size_t cap);          /* false: max reached, out of memory */
void kalb_buf_free(kalb_buf *b);

/* A cursor over received bytes; every getter checks the end. */
typedef struct kalb_reader {
    const unsigned char *at;
    const unsigned char *end;
} kalb_reader;

bool kalb_read_byte(kalb_reader *r, unsigned *byte);
bool kalb_read_u32(kalb_reader *r, uint32_t *n);
bool kalb_read_bytes(kalb_reader *r, const unsigned char **bytes, size_t n);

#define KALB_FRAME_HEADER 9u /* u32 length of all after itself, kind byte, u32 sequence number */

void kalb_frame_begin(kalb_buf *b, unsigned kind, uint32_t seq); /* b is empty */
bool kalb_frame_end(kalb_buf *b);                                /* false: does not fit */

typedef struct kalb_limits {
    int depth;         /* tables inside tables; a cycle runs into it */
    int nodes;         /* scalars and tables in one value, keys not counted */
    size_t bytes;      /* encoded size of one value; only kalb_value_put looks at it */
    size_t text_bytes; /* put: cut field `text` at this size, add truncated = true; 0: never */
    bool finite;       /* refuse NaN and infinities */
} kalb_limits;

/* The two refusals that are about size, not about kind. */
#define KALB_TOO_BIG "too large"
#define KALB_TOO_MANY "too many values"

/* Appends the value at idx. NULL, or why not (static text; the buffer is as before the call). May
 * raise a Lua memory error. Stack: unchanged. */
const char *kalb_value_put(lua_State *L, int idx, kalb_buf *b, const kalb_limits *limits);

/* Pushes the next value. NULL, or why not (static text; nothing pushed). May raise a Lua memory
 * error. Stack: one more on success. */
const char *kalb_value_get(lua_State *L, kalb_reader *r, const kalb_limits *limits);

#endif
