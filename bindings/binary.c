/*
** binary.c: kalito.binary: check sums, base64, and unpacking.
*/
#include "boundary.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

/* A part of the string at 1, from byte 2 to byte 3, both included, as string.sub has them; default: all of it. */
static kal_str check_part(lua_State *L) {
    kal_str text;
    text.data = luaL_checklstring(L, 1, &text.len);
    lua_Integer from = luaL_optinteger(L, 2, 1);
    lua_Integer to = luaL_optinteger(L, 3, (lua_Integer)text.len);
    luaL_argcheck(L, from >= 1, 2, "is below 1");
    luaL_argcheck(L, to >= from - 1 && to <= (lua_Integer)text.len, 3, "is outside of the text");
    return (kal_str){text.data + from - 1, (size_t)(to - from + 1)};
}

/* binary.crc32(s [, from [, to]]) -> integer */
static int crc32_of(lua_State *L) {
    lua_pushinteger(L, kal_crc32(check_part(L)));
    return 1;
}

/* binary.encode64(s) -> text */
static int encode64(lua_State *L) {
    kal_str bytes;
    luaL_Buffer b;
    bytes.data = luaL_checklstring(L, 1, &bytes.len);
    luaL_argcheck(L, bytes.len < SIZE_MAX / 2, 1, "is too long");
    size_t size = (bytes.len + 2) / 3 * 4;
    kal_base64_encode(bytes, luaL_buffinitsize(L, &b, size));
    luaL_pushresultsize(&b, size);
    return 1;
}

/* binary.decode64(text) -> bytes, or nil, message, "base64" */
static int decode64(lua_State *L) {
    kal_str text;
    luaL_Buffer b;
    size_t count, bad;
    text.data = luaL_checklstring(L, 1, &text.len);
    char *out = luaL_buffinitsize(L, &b, text.len / 4 * 3 + 3);
    if (kal_base64_decode(text, out, &count, &bad)) {
        luaL_pushresultsize(&b, count);
        return 1;
    }
    lua_pushnil(L);
    lua_pushfstring(L, "is not base64 (character %I of %I)", (LUAI_UACINT)bad + 1,
                    (LUAI_UACINT)text.len);
    lua_pushliteral(L, "base64");
    return 3;
}

/* Unpacks into `room` bytes, or only counts when there is no `out`, up to more than `room`. False: it is broken. */
static bool unpack(kal_str packed, char *out, size_t room, size_t *size) {
    char scratch[16384];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)packed.data, .avail_in = (uInt)packed.len};
    int result = inflateInit(&z);
    *size = 0;
    while (result == Z_OK && *size <= room) {
        size_t part = out ? room - *size : sizeof scratch;
        z.next_out = (Bytef *)(out ? out + *size : scratch);
        z.avail_out = (uInt)part;
        result = inflate(&z, Z_NO_FLUSH);
        *size += part - z.avail_out;
    }
    inflateEnd(&z);
    return result == Z_STREAM_END || *size > room;
}

/* binary.inflate(s, from, to, limit) -> bytes, or nil, message, "zlib" */
static int inflate_part(lua_State *L) {
    kal_str packed = check_part(L);
    lua_Integer limit = luaL_checkinteger(L, 4);
    size_t size;
    luaL_argcheck(L, limit >= 0 && limit < INT_MAX, 4, "is out of range");
    luaL_argcheck(L, packed.len < UINT_MAX, 1, "is too long");
    if (unpack(packed, NULL, (size_t)limit, &size) && size <= (size_t)limit) {
        char *out = lua_newuserdatauv(L, size + 1, 0);
        if (!unpack(packed, out, size + 1, &size)) return kalb_no_memory(L);
        lua_pushlstring(L, out, size);
        return 1;
    }
    lua_pushnil(L);
    if (size > (size_t)limit)
        lua_pushfstring(L, "has more than %I bytes", (LUAI_UACINT)limit);
    else
        lua_pushliteral(L, "cannot be unpacked");
    lua_pushliteral(L, "zlib");
    return 3;
}

int kalb_open_binary(lua_State *L) {
    static const luaL_Reg functions[] = {{"crc32", crc32_of},
                                         {"encode64", encode64},
                                         {"decode64", decode64},
                                         {"inflate", inflate_part},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
