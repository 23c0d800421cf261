/*
** interrupt.c: Ctrl-C. A signal handler may do little: it sets the hook of the running Lua thread, as lua.c
** does, and asks every open store to stop, both of which are allowed there.
*/
#include "boundary.h"

#include <lua.h>
#include <signal.h>

#define STORES 16

static lua_State *volatile watched;
static kal_store *volatile stores[STORES];

static void stop(lua_State *L, lua_Debug *ar) {
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    luaL_error(L, "interrupted");
}

void kalb_interrupt(void) {
    const int every = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT;
    if (watched) lua_sethook(watched, stop, every, 1);
    for (int i = 0; i < STORES; i++)
        if (stores[i]) kal_store_interrupt(stores[i]);
}

void kalb_interrupt_watch(lua_State *L) {
    watched = L;
}

bool kalb_interrupt_add(kal_store *store) {
    for (int i = 0; i < STORES; i++) {
        if (stores[i]) continue;
        stores[i] = store;
        return true;
    }
    return false;
}

void kalb_interrupt_remove(kal_store *store) {
    for (int i = 0; i < STORES; i++)
        if (stores[i] == store) stores[i] = NULL;
}
