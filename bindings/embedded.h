/*
** embedded.h: the shipped Lua files, embedded at build time from scripts/.
*/
#ifndef KALITO_EMBEDDED_H
#define KALITO_EMBEDDED_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct kalb_script {
    const char *name; /* path below scripts/ without ".lua": "policies/score" */
    const char *text; /* followed by a NUL */
    size_t len;
    const char *code; /* the same compiled, or NULL */
    size_t code_len;
} kalb_script;

extern const kalb_script kalb_scripts[]; /* ascending by name */
extern const size_t kalb_script_count;

/* The shipped file of that name. False when there is none. */
bool kalb_embedded(const char *name, const char **source, size_t *len);

/* Pushes the shipped file as a function, or an error message; returns luaL_loadbufferx's result, or -1, with
** nothing pushed, when there is no such file. Compiled code is taken where the Lua that runs is the release that
** compiled it: it loads in a ninth of the time. */
int kalb_embedded_load(lua_State *L, const char *name);

#endif
