/*
** system.c: kalito.system: the little of the operating system that the commands need and Lua lacks:
** folders, kinds of files, terminals, the clock, other programs.
*/
#include "boundary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

static int fail(lua_State *L, const char *path) {
    int number = errno;
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", path, strerror(number));
    lua_pushstring(L, number == ENOENT ? "not_found" : "io");
    return 3;
}

/* system.mkdir(path) -> true: makes the folder and those above it, for the user alone (0700). */
static int make_folder(lua_State *L) {
    size_t len;
    const char *path = luaL_checklstring(L, 1, &len);
    char *copy = lua_newuserdatauv(L, len + 1, 0);
    memcpy(copy, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (copy[i] != '/' && copy[i] != 0) continue;
        char c = copy[i];
        copy[i] = 0;
        bool made = mkdir(copy, 0700) == 0;
        if (!made && errno != EEXIST) return fail(L, copy);
        if (made) chmod(copy, 0700); /* whatever the user's mask takes away */
        copy[i] = c;
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* system.stat(path) -> { kind = "file"|"folder"|"other", size =, mode =, modified = seconds } */
static int stat_path(lua_State *L) {
    struct stat st;
    const char *path = luaL_checkstring(L, 1);
    if (stat(path, &st) != 0) return fail(L, path);
    lua_createtable(L, 0, 4);
    lua_pushstring(L, S_ISREG(st.st_mode) ? "file" : S_ISDIR(st.st_mode) ? "folder" : "other");
    lua_setfield(L, -2, "kind");
    lua_pushinteger(L, st.st_size);
    lua_setfield(L, -2, "size");
    lua_pushinteger(L, st.st_mode & 07777);
    lua_setfield(L, -2, "mode");
    lua_pushinteger(L, st.st_mtime);
    lua_setfield(L, -2, "modified");
    return 1;
}

typedef struct folder_box {
    DIR *handle;
} folder_box;

static int close_folder(lua_State *L) {
    folder_box *box = lua_touserdata(L, 1);
    if (box->handle) closedir(box->handle);
    box->handle = NULL;
    return 0;
}

/* system.list(path) -> names in the folder, sorted by nothing, without . and .. */
static int list_folder(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    folder_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    box->handle = NULL;
    if (luaL_newmetatable(L, "kalito.folder")) {
        lua_pushcfunction(L, close_folder);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    box->handle = opendir(path);
    if (!box->handle) return fail(L, path);
    lua_newtable(L);
    lua_Integer n = 0;
    for (struct dirent *e; (e = readdir(box->handle));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        lua_pushstring(L, e->d_name);
        lua_rawseti(L, -2, ++n);
    }
    closedir(box->handle);
    box->handle = NULL;
    return 1;
}

/* system.realpath(path) -> the path without links and dots */
static int real_path(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    char real[PATH_MAX];
    if (!realpath(path, real)) return fail(L, path);
    lua_pushstring(L, real);
    return 1;
}

static int check_fd(lua_State *L) {
    static const char *const names[] = {"stdin", "stdout", "stderr", NULL};
    return luaL_checkoption(L, 1, "stdout", names);
}

/* system.isatty(["stdin"|"stdout"|"stderr"]) -> boolean */
static int is_terminal(lua_State *L) {
    lua_pushboolean(L, isatty(check_fd(L)));
    return 1;
}

/* system.columns() -> width of the terminal on stdout, 80 when it is none */
static int columns(lua_State *L) {
    struct winsize size;
    const char *given = getenv("COLUMNS");
    int width = given ? atoi(given) : 0;
    if (width <= 0 && ioctl(1, TIOCGWINSZ, &size) == 0) width = size.ws_col;
    lua_pushinteger(L, width > 0 ? width : 80);
    return 1;
}

locale_t kalb_utf8(void) {
    static locale_t made;
    if (!made) made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!made)
        made = newlocale(LC_CTYPE_MASK, "", (locale_t)0); /* the user's, which most likely is */
    return made;
}

static size_t count_cells(const char *text, size_t len) {
    mbstate_t state = {0};
    size_t cells = 0;
    for (size_t i = 0; i < len;) {
        wchar_t c;
        size_t n = mbrtowc(&c, text + i, len - i, &state);
        if (n == 0 || n > len - i) {
            memset(&state, 0, sizeof state);
            n = 1;
            cells++;
        } else {
            int w = wcwidth(c);
            cells += w > 0 ? (size_t)w : 0;
        }
        i += n;
    }
    return cells;
}

/* system.width(text) -> cells the text takes on a terminal */
static int text_width(lua_State *L) {
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    locale_t before = uselocale(kalb_utf8());
    size_t cells = count_cells(text, len);
    uselocale(before);
    lua_pushinteger(L, (lua_Integer)cells);
    return 1;
}

/* system.clock() -> seconds of a clock that never goes back */
static int monotonic(lua_State *L) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    lua_pushnumber(L, (lua_Number)t.tv_sec + (lua_Number)t.tv_nsec / 1e9);
    return 1;
}

/* system.sync(path) -> true: what was written to the file or folder is on the disk */
static int sync_path(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(L, path);
    int result = fsync(fd);
    close(fd);
    if (result != 0) return fail(L, path);
    lua_pushboolean(L, 1);
    return 1;
}

/* ---- other programs ---- */

extern char **environ;

/* Of its own session, so that neither Ctrl-C nor the end of the terminal reaches it; with signals as usual. */
static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
                                                    POSIX_SPAWN_SETSIGMASK);
}

/* It reads nothing, writes to nowhere, and inherits no descriptor. */
static int start(pid_t *pid, char *const *words) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = set_attributes(&attributes);
        for (int fd = 0; fd < 3 && error == 0; fd++)
            error = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
        if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
        if (error == 0) error = posix_spawn(pid, words[0], &actions, &attributes, words, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* system.spawn(words) -> the process that runs the program words[1] with the other words */
static int spawn(lua_State *L) {
    pid_t pid;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
    luaL_argcheck(L, n > 0 && n < 256, 1, "must be a list of words");
    luaL_checkstack(L, (int)n + 4, NULL);
    char **words = lua_newuserdatauv(L, (size_t)(n + 1) * sizeof *words, 0);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i); /* stays on the stack, and so alive */
        words[i - 1] = (char *)(uintptr_t)luaL_checkstring(L, -1);
    }
    words[n] = NULL;
    errno = start(&pid, words);
    if (errno != 0) return fail(L, words[0]);
    lua_pushinteger(L, pid);
    return 1;
}

/* system.ended(process) -> its status when it has ended (128 and more: by a signal), false while it runs */
static int ended(lua_State *L) {
    int status;
    pid_t pid = (pid_t)luaL_checkinteger(L, 1), found = waitpid(pid, &status, WNOHANG);
    if (found < 0) return fail(L, "the process");
    if (found == 0) {
        lua_pushboolean(L, 0);
    } else {
        lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
    return 1;
}

/* system.space(path) -> bytes that are free on its disk */
static int free_space(lua_State *L) {
    struct statvfs fs;
    const char *path = luaL_checkstring(L, 1);
    if (statvfs(path, &fs) != 0) return fail(L, path);
    lua_pushinteger(L, (lua_Integer)(fs.f_bavail * fs.f_frsize));
    return 1;
}

int kalb_open_system(lua_State *L) {
    static const luaL_Reg functions[] = {{"mkdir", make_folder},
                                         {"stat", stat_path},
                                         {"list", list_folder},
                                         {"realpath", real_path},
                                         {"isatty", is_terminal},
                                         {"columns", columns},
                                         {"width", text_width},
                                         {"clock", monotonic},
                                         {"sync", sync_path},
                                         {"spawn", spawn},
                                         {"ended", ended},
                                         {"space", free_space},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
