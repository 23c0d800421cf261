/*
** shipped.c: the Lua files embedded in the program: finding, unpacking and loading them. There is no store and no
** decision here, so that the jail's worker has it too.
*/
#include "boundary.h"
#include "embedded.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static int compare(const void *key, const void *script) {
    return strcmp(key, ((const kalb_script *)script)->name);
}

const kalb_script *kalb_embedded_find(const char *name) {
    return bsearch(name, kalb_scripts, kalb_script_count, sizeof *kalb_scripts, compare);
}

/* Unpacks exactly `size` bytes. */
static bool unpack(const kalb_piece *p, char *out) {
    z_stream z = {.next_in = (Bytef *)(uintptr_t)p->data, .avail_in = p->len};
    z.next_out = (Bytef *)out;
    z.avail_out = p->size;
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) return false;
    int result = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return result == Z_STREAM_END && z.avail_out == 0;
}

/* Pushes what keeps the unpacked data alive. */
static const char *push_data(lua_State *L, const kalb_piece *p) {
    bool packed = p->len != p->size;
    char *data = lua_newuserdatauv(L, packed ? p->size + 1 : 0, 0);
    if (!packed) return p->data;
    if (!unpack(p, data)) kalb_no_memory(L);
    return data;
}

bool kalb_embedded(lua_State *L, const char *name, const char **source, size_t *len) {
    const kalb_script *s = kalb_embedded_find(name);
    if (!s || !s->source.data) return false;
    *source = push_data(L, &s->source);
    *len = s->source.size;
    return true;
}

/* Exported by liblua, declared in none of its headers: "$LuaVersion: Lua 5.4.4 ...". */
extern const char lua_ident[] __attribute__((weak));

int kalb_embedded_load(lua_State *L, const char *name) {
    char chunk[512];
    const kalb_script *s = kalb_embedded_find(name);
    if (!s) return -1;
    bool runs = s->code.data && lua_ident && strstr(lua_ident, LUA_RELEASE);
    if (!runs && !s->source.data) {
        snprintf(chunk, sizeof chunk, "%s/%s.lua", KALITO_DATA, name);
        return luaL_loadfilex(L, chunk, "t");
    }
    snprintf(chunk, sizeof chunk, "@kalito/%s.lua", name);
    const kalb_piece *p = runs ? &s->code : &s->source;
    const char *data = push_data(L, p);
    int status = luaL_loadbufferx(L, data, p->size, chunk, runs ? "b" : "t");
    lua_remove(L, -2);
    return status;
}
