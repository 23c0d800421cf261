/* Bytes from elsewhere that the Lua layer reads: lines to import, character cards, streams of model servers. KIND
 * says which. An error is an answer; one that is a defect of a script ("attempt to ...") is not. */
#include "fuzz.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int luaopen_kalito(lua_State *L);

static const char SCRIPT[] =
    "local kind, path = ...\n"
    "local kalito = require 'kalito'\n"
    "local print = require 'kalito.terminal.print'\n"
    "for _, name in ipairs { 'note', 'result', 'warn', 'error' } do print[name] = function() end end\n"
    "local targets = {}\n"
    "function targets.import()\n"
    "  local transfer = require 'kalito.transfer.import'\n"
    "  local db = assert(kalito.open(':memory:', { create = true }))\n"
    "  return function(bytes)\n"
    "    local file = assert(io.open(path, 'w+b'))\n"
    "    file:write(bytes)\n"
    "    file:seek('set', 0)\n"
    "    transfer.import({ { name = 'x', file = file, size = #bytes } }, { open = function() return db end })\n"
    "    file:close()\n"
    "    for s in db.session.each() do db.session.del(s.id) end\n"
    "    db.rollback()\n"
    "  end\n"
    "end\n"
    "function targets.card()\n"
    "  local png, card = require 'kalito.card.png', require 'kalito.card.read'\n"
    "  return function(bytes) card.read(png.read(bytes) or bytes) end\n"
    "end\n"
    "function targets.stream()\n"
    "  local stream = require 'kalito.model.stream'\n"
    "  return function(bytes)\n"
    "    local s = stream.new(bytes:byte() == 35 and 'ndjson' or 'sse', function(event) return event.text ~= 'end' end)\n"
    "    for i = 2, #bytes, 7 do if not s:feed(bytes:sub(i, i + 6)) then return end end\n"
    "  end\n"
    "end\n"
    "local run = targets[kind]()\n"
    "return function(bytes)\n"
    "  local ok, message = xpcall(run, debug.traceback, bytes)\n"
    "  if not ok and tostring(message):find 'attempt to ' then error(message, 0) end\n"
    "end\n";

static lua_State *L;
static char path[64];

static void remove_file(void) {
    unlink(path);
}

static void die(void) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    abort();
}

static void open_state(void) {
    snprintf(path, sizeof path, "/dev/shm/kalito-fuzz-%d", (int)getpid());
    atexit(remove_file);
    L = luaL_newstate();
    luaL_openlibs(L);
    luaL_requiref(L, "kalito", luaopen_kalito, 1);
    lua_pop(L, 1);
    if (luaL_loadstring(L, SCRIPT) != LUA_OK) die();
    lua_pushstring(L, KIND);
    lua_pushstring(L, path);
    if (lua_pcall(L, 2, 1, 0) != LUA_OK) die();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!L) open_state();
    lua_pushvalue(L, -1);
    lua_pushlstring(L, (const char *)data, size);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) die();
    return 0;
}
