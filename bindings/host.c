/*
** host.c: the program around the scripts: one Lua state with the standard libraries and the module, Ctrl-C,
** and the main script, whose result is the exit status.
*/
#include "host.h"
#include "boundary.h"
#include "embedded.h"
#include "jail.h"

#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int luaopen_kalito(lua_State *L);

/* The first Ctrl-C asks, a second one before the answer ends: all that was acknowledged is on the disk. */
static void on_interrupt(int signal_number) {
    (void)signal_number;
    if (!kalb_interrupt()) _exit(130);
}

static int traceback(lua_State *L) {
    if (lua_type(L, 1) != LUA_TSTRING) return 1;
    luaL_traceback(L, L, lua_tostring(L, 1), 1);
    return 1;
}

/* What a short command allocates is not worth collecting: the first time comes when there is ten times as much as now, at
** half a megabyte or so; from then on Lua's own measure holds. */
static void collect_later(lua_State *L) {
    lua_gc(L, LUA_GCRESTART);
    int usual = lua_gc(L, LUA_GCSETPAUSE, 1000);
    lua_gc(L, LUA_GCCOLLECT);
    lua_gc(L, LUA_GCSETPAUSE, usual);
}

/* Runs inside a protected call: 1 is argc, 2 is argv. Returns the exit status. */
static int run_main(lua_State *L) {
    int argc = (int)lua_tointeger(L, 1);
    char **argv = lua_touserdata(L, 2);
    lua_gc(L, LUA_GCSTOP);
    luaL_openlibs(L);
    kalb_watch_coroutines(L);
    kalb_jail_self(L);
    luaL_requiref(L, "kalito", luaopen_kalito, 1);
    lua_newtable(L);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
    lua_setglobal(L, "arg");
    int status = kalb_embedded_load(L, "main");
    if (status < 0) return luaL_error(L, "the main script is missing");
    if (status != LUA_OK) return lua_error(L);
    collect_later(L);
    lua_call(L, 0, 1);
    return 1;
}

static int report(lua_State *L) {
    const char *message = lua_tostring(L, -1);
    fprintf(stderr, "kalito: %s\n", message ? message : "an error that is no text");
    return message && strstr(message, "interrupted") ? 130 : 1;
}

int kalb_host(int argc, char **argv) {
    struct sigaction action = {.sa_handler = on_interrupt};
    lua_State *L = luaL_newstate();
    if (!L) {
        fprintf(stderr, "kalito: out of memory\n");
        return 1;
    }
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    kalb_interrupt_watch(L);
    lua_pushcfunction(L, traceback);
    lua_pushcfunction(L, run_main);
    lua_pushinteger(L, argc);
    lua_pushlightuserdata(L, argv);
    int status = lua_pcall(L, 2, 1, 1) == LUA_OK ? (int)lua_tointeger(L, -1) : report(L);
    kalb_interrupt_watch(NULL);
    lua_close(L);
    if (fflush(stdout) != 0 && status == 0) status = 1;
    return status;
}
