/*
** interrupt.c: Ctrl-C. A signal handler may do little: it sets the hook of every Lua thread that is being run, as
** lua.c does for one, and asks every open store to stop; both are allowed there. Code that catches the error
** may clean up, but not go on for long.
*/
#include "boundary.h"

#include <lua.h>
#include <signal.h>

#define STORES 16
#define EVERY (LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT)
#define GRACE 1000000 /* instructions between the first error and all the others */

static kalb_running main_thread;
static kalb_running *volatile running;
static volatile sig_atomic_t asked;
static kal_store *volatile stores[STORES];

/* Pushes the message, with the innermost line of Lua code. */
static void push_message(lua_State *L) {
    lua_Debug at;
    for (int level = 0; lua_getstack(L, level, &at); level++) {
        lua_getinfo(L, "Sl", &at);
        if (at.currentline <= 0) continue;
        lua_pushfstring(L, "%s:%d: interrupted", at.short_src, at.currentline);
        return;
    }
    lua_pushliteral(L, "interrupted");
}

static void interrupt(lua_State *L, lua_Hook next, int mask, int count) {
    if (!asked) { /* answered meanwhile: the hook of a coroutine that was left alone */
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    lua_sethook(L, next, mask, count);
    push_message(L);
    lua_error(L);
}

static void stop_again(lua_State *L, lua_Debug *ar) {
    (void)ar;
    interrupt(L, stop_again, EVERY, 1);
}

static void stop(lua_State *L, lua_Debug *ar) {
    (void)ar;
    interrupt(L, stop_again, LUA_MASKCOUNT, GRACE);
}

bool kalb_interrupt(void) {
    bool first = !asked;
    asked = 1;
    for (const kalb_running *r = running; r; r = r->outer)
        lua_sethook(r->thread, stop, EVERY, 1);
    for (int i = 0; i < STORES; i++)
        if (stores[i]) kal_store_interrupt(stores[i]);
    return first;
}

void kalb_interrupt_reset(void) {
    asked = 0;
    for (const kalb_running *r = running; r; r = r->outer)
        lua_sethook(r->thread, NULL, 0, 0);
}

void kalb_interrupt_watch(lua_State *L) {
    main_thread.thread = L;
    running = L ? &main_thread : NULL;
}

void kalb_interrupt_enter(kalb_running *frame, lua_State *thread) {
    frame->thread = thread;
    frame->outer = running;
    running = frame;
}

void kalb_interrupt_leave(const kalb_running *frame) {
    running = frame->outer;
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
