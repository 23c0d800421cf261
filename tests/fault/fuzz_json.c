/* JSON from a server, a card or a file: decoded; what was understood is written and understood again. */
#include "boundary.h"
#include "fuzz.h"

#include <lualib.h>
#include <stdlib.h>

static lua_State *L;

static void open_state(void) {
    L = luaL_newstate();
    luaL_openlibs(L);
    kalb_open_json(L);
    lua_setglobal(L, "json");
    if (luaL_dostring(L, "return function(text)\n"
                         "  local ok, value = pcall(json.decode, text)\n"
                         "  if not ok or value == nil then return end\n"
                         "  local wrote, again = pcall(json.encode, value)\n"
                         "  if wrote then assert(json.decode(again) ~= nil, again) end\n"
                         "end") != LUA_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!L) open_state();
    lua_pushvalue(L, -1);
    lua_pushlstring(L, (const char *)data, size);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) abort();
    return 0;
}
