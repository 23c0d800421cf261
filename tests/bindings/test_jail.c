/*
 * The program's side of the jail while its own memory ends: at whichever allocation, the call
 * fails cleanly and no process or descriptor stays behind. The test program is its own worker.
 */
#include "jail.h"

#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

/* An allocator whose call number `left` fails, and all after it unless `once`; -1: none. */
typedef struct failing {
    long left;
    bool once;
} failing;

static void *fail_later(void *ud, void *block, size_t old, size_t size) {
    failing *f = ud;
    if (size == 0) {
        free(block);
        return NULL;
    }
    bool grows = block == NULL || size > old;
    if (grows && f->left == 0) {
        if (f->once) f->left = -1;
        return NULL;
    }
    if (grows && f->left > 0) f->left--;
    return realloc(block, size);
}

static const char session[] =
    "local jail = ...\n"
    "local handle, message, code = jail.open { name = 'policies/a.lua', unisolated = true,\n"
    "  options = { weights = { 1, 2, 3 } }, source = [[return { name = 'a', defaults = { x = 1 },\n"
    "  score = function(m, ctx) if m.id == 2 then m = m.x.y end\n"
    "    return m.id, { m.text, ctx.options.weights } end }]] }\n"
    "if not handle then return false, message, code end\n"
    "local id, reasons = handle:call('score', { id = 1, text = 'hello' }, { now = 'x' })\n"
    "local list = {}\n"
    "for i = 1, 20 do list[i] = { { id = i, text = 'hello' }, {} } end\n"
    "local results = handle:batch('score', list)\n"
    "local right = id == 1 and reasons[1] == 'hello' and results[20][1] == 20\n"
    "  and results[2][3] == 'policy' and handle:info().functions.score\n"
    "handle:close()\n"
    "return right, 'wrong answers', 'wrong'\n";

static int count_descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    int n = 0;
    while (readdir(folder) != NULL)
        n++;
    closedir(folder);
    return n;
}

/* Whether the session went through to its end with allocation `at` failing. */
static bool run_session(long at, bool once) {
    failing f = {-1, once};
    lua_State *L = lua_newstate(fail_later, &f);
    assert_non_null(L);
    kalb_jail_self(L);
    assert_int_equal(luaL_loadstring(L, session), LUA_OK);
    lua_pushcfunction(L, kalb_open_jail);
    lua_call(L, 0, 1);
    f.left = at;
    int status = lua_pcall(L, 1, 3, 0);
    f.left = -1;
    if (status != LUA_OK) {
        assert_int_equal(status, LUA_ERRMEM);
    } else if (!lua_toboolean(L, -3)) {
        fail_msg("allocation %ld: %s", at, lua_tostring(L, -2));
    }
    lua_close(L);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return status == LUA_OK;
}

static void test_a_session_goes_through_when_memory_lasts(void **state) {
    (void)state;
    assert_true(run_session(-1, false));
}

static void test_memory_that_ends_at_any_point_leaves_nothing_behind(void **state) {
    (void)state;
    int before = count_descriptors();
    long at = 0;
    while (!run_session(at, false))
        at++;
    assert_true(at > 50);
    assert_int_equal(count_descriptors(), before);
}

static void test_one_failing_allocation_leaves_nothing_behind(void **state) {
    (void)state;
    int before = count_descriptors();
    for (long at = 0; at < 400; at += 3)
        run_session(at, true);
    assert_int_equal(count_descriptors(), before);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], KALB_WORKER_WORD) == 0) return kalb_worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_goes_through_when_memory_lasts),
        cmocka_unit_test(test_memory_that_ends_at_any_point_leaves_nothing_behind),
        cmocka_unit_test(test_one_failing_allocation_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
