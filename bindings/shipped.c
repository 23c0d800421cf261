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

static const kalb_script *find(const char *name) {
    return bsearch(name, kalb_scripts, kalb_script_count, sizeof *kalb_scripts, compare);
}

/* Unpacks exactly text_len bytes. */
static bool unpack(const kalb_script *s, char *out) {
    z_stream z = {.next_in = (Bytef *)(uintptr_t)s->data, .avail_in = (uInt)s->len};
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)s->text_len;
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) return false;
    int result = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return result == Z_STREAM_END && z.avail_out == 0;
}

bool kalb_embedded(lua_State *L, const char *name, const char **source, size_t *len) {
    const kalb_script *s = find(name);
    if (!s || s->compiled) return false;
    char *text = lua_newuserdatauv(L, s->text_len + 1, 0);
    if (!unpack(s, text)) kalb_no_memory(L);
    *source = text;
    *len = s->text_len;
    return true;
}

/* Exported by liblua, declared in none of its headers: "$LuaVersion: Lua 5.4.4 ...". */
extern const char lua_ident[] __attribute__((weak));

int kalb_embedded_load(lua_State *L, const char *name) {
    char chunk[512];
    const kalb_script *s = find(name);
    if (!s) return -1;
    bool same_release = lua_ident && strstr(lua_ident, LUA_RELEASE);
    if (s->compiled && !same_release) {
        snprintf(chunk, sizeof chunk, "%s/%s.lua", KALITO_DATA, name);
        return luaL_loadfilex(L, chunk, "t");
    }
    snprintf(chunk, sizeof chunk, "@kalito/%s.lua", name);
    if (s->compiled) return luaL_loadbufferx(L, s->data, s->len, chunk, "b");
    const char *source;
    size_t len;
    kalb_embedded(L, name, &source, &len);
    int status = luaL_loadbufferx(L, source, len, chunk, "t");
    lua_remove(L, -2);
    return status;
}
