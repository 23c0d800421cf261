/*
** embedded.h: the shipped Lua files, embedded at build time from scripts/.
*/
#ifndef KALITO_EMBEDDED_H
#define KALITO_EMBEDDED_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Absent: no data. */
typedef struct kalb_piece {
    const char *data;
    unsigned len, size; /* as it is here, and unpacked: packed when they differ */
} kalb_piece;

typedef struct kalb_script {
    const char *name;  /* path below scripts/ without ".lua": "policies/score" */
    kalb_piece source; /* absent: the layer kalito.* and the main script */
    kalb_piece code;   /* the same compiled, of what is loaded often */
    uint64_t hash;     /* kal_text_hash of the source */
} kalb_script;

extern const kalb_script kalb_scripts[]; /* ascending by name */
extern const size_t kalb_script_count;

/* The shipped file of that name, or NULL. */
const kalb_script *kalb_embedded_find(const char *name);

/* Pushes the source of the shipped file of that name, which stands at *source as long as it is on the stack.
** False, with nothing pushed, when there is none, or it is only there compiled. */
bool kalb_embedded(lua_State *L, const char *name, const char **source, size_t *len);

/* Pushes the shipped file as a function, or an error message; returns luaL_loadbufferx's result, or -1, with
** nothing pushed, when there is no such file. Where the Lua that runs is not the release that compiled it, the
** source is loaded instead, the installed one if there is no other. */
int kalb_embedded_load(lua_State *L, const char *name);

#endif
