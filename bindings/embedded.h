/*
** embedded.h: the shipped Lua files, embedded at build time from scripts/.
*/
#ifndef KALITO_EMBEDDED_H
#define KALITO_EMBEDDED_H

#include <stdbool.h>
#include <stddef.h>

typedef struct kalb_script {
    const char *name; /* path below scripts/ without ".lua": "policies/score" */
    const char *text; /* followed by a NUL */
    size_t len;
} kalb_script;

extern const kalb_script kalb_scripts[]; /* ascending by name */
extern const size_t kalb_script_count;

/* The shipped file of that name. False when there is none. */
bool kalb_embedded(const char *name, const char **source, size_t *len);

#endif
