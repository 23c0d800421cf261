/*
 * Private to the jail: a handle, shared by jail.c (its life) and jail_call.c (its work).
 */
#ifndef KALB_JAIL_HANDLE_H
#define KALB_JAIL_HANDLE_H

#include "jail_process.h"

#define KALB_JAIL_HANDLE "kalito.jail"
#define KALB_STRIKES 2 /* then the policy is out for this run */

/* One jailed policy. The strings live in the user value, a table. */
typedef struct kalb_jail {
    kalb_process process;
    kalb_buf load; /* the request that loads the policy, for every start */
    kalb_buf request;
    kalb_buf reply;
    const char *name;
    const char *key; /* of the strikes: name and a hash of the source */
    const char *program;
    uint32_t seq;
    int strikes;
    lua_Integer careful; /* elements of a batch still to be sent one by one */
    bool open;
} kalb_jail;

/* jail.c */
kalb_jail *kalb_jail_check(lua_State *L); /* at index 1; raises when closed */

/* jail_call.c. The pushing functions return how many values they pushed. */
int kalb_jail_strikes(lua_State *L, const char *key);        /* of this run, so far */
kalb_outcome kalb_jail_ask(kalb_jail *j, kalb_buf *request); /* finished; KALB_OK: j->reply */
kalb_reader kalb_jail_reply(const kalb_jail *j);
int kalb_jail_push_fail(lua_State *L, const kalb_jail *j, kalb_outcome outcome, const char *what);
int kalb_jail_push_no_answer(lua_State *L, kalb_jail *j, kalb_outcome outcome);
int kalb_jail_push_quarantined(lua_State *L, const kalb_jail *j);

/* What one element of a reply says. A malformed one ends the worker and is a failure like others;
 * *broken tells that nothing behind it can be read. */
int kalb_jail_push_answer(lua_State *L, kalb_jail *j, kalb_reader *r, const kalb_limits *limits,
                          bool *broken);

int kalb_jail_call(lua_State *L);  /* handle:call(function, ...) */
int kalb_jail_batch(lua_State *L); /* handle:batch(function, lists) */

#endif
