/*
** binary.c: kalito.binary: check sums and base64.
*/
#include "boundary.h"

#include <stdlib.h>

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
static int crc32(lua_State *L) {
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

int kalb_open_binary(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"crc32", crc32}, {"encode64", encode64}, {"decode64", decode64}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
