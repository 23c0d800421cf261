/* A frame from a jail whose worker has been taken over. */
#include "frame.h"
#include "fuzz.h"
#include "jail.h"

#include <lauxlib.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const kalb_limits limits[] = {KALB_LIMITS_ANSWER, KALB_LIMITS_REQUEST};
    static lua_State *L;
    static kalb_buf buffer;
    if (!L) L = luaL_newstate();
    for (int i = 0; i < 2; i++) {
        kalb_reader reader = {data, data + size};
        int top = lua_gettop(L);
        const char *bad = kalb_value_get(L, &reader, &limits[i]);
        if (lua_gettop(L) != top + (bad == NULL) || reader.at > reader.end) abort();
        if (bad) continue;
        /* What came in may go out again. */
        kalb_buf_reset(&buffer, KALB_REQUEST_MAX);
        kalb_value_put(L, -1, &buffer, &limits[1]);
        lua_settop(L, top);
    }
    return 0;
}
