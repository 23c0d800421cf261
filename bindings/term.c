/*
** term.c: kalito.term: one line from a terminal, with editing, completion and history by libedit. What completes and
** what is remembered is decided in Lua; a Lua error never passes through libedit.
*/
#include "boundary.h"
#include "library.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REMEMBERED 1000

/* ---- the library ---- */

/* With the three libraries that it needs itself it takes a quarter of a millisecond. */
#define LIBRARY "libedit.so.2"
#define EACH(X)                                                                                    \
    X(el_deletestr)                                                                                \
    X(el_end)                                                                                      \
    X(el_get)                                                                                      \
    X(el_gets)                                                                                     \
    X(el_init)                                                                                     \
    X(el_insertstr)                                                                                \
    X(el_line)                                                                                     \
    X(el_set)                                                                                      \
    X(el_source)                                                                                   \
    X(el_wgetc)                                                                                    \
    X(el_winsertstr)                                                                               \
    X(el_wset)                                                                                     \
    X(history)                                                                                     \
    X(history_end)                                                                                 \
    X(history_init)

static struct { EACH(KALB_POINTER) } edit;

static void load_library(lua_State *L) {
    static const char *const names[] = {EACH(KALB_NAME) NULL};
    const char *missing = kalb_library(LIBRARY, names, &edit);
    if (missing) luaL_error(L, "lines cannot be edited: %s", missing);
}

/* The editor, made at the first line; upvalue 1 of the functions. */
typedef struct editor {
    EditLine *line;
    History *history;
    lua_State *L;       /* while a line is read */
    const char *prompt; /* while a line is read */
    bool interrupted;
    bool pasting; /* what is pasted comes between marks, and its line ends do not end the line */
} editor;

static int close_editor(lua_State *L) {
    editor *e = lua_touserdata(L, 1);
    if (e->line) edit.el_end(e->line);
    if (e->history) edit.history_end(e->history);
    e->line = NULL;
    e->history = NULL;
    return 0;
}

/* ---- keys ---- */

static editor *editor_of(EditLine *line) {
    void *e = NULL;
    edit.el_get(line, EL_CLIENTDATA, &e);
    return e;
}

static char *show_prompt(EditLine *line) {
    return (char *)(uintptr_t)editor_of(line)->prompt;
}

/* Ctrl-C is a key while a line is edited, so that no signal can be lost. */
static unsigned char on_interrupt(EditLine *line, int key) {
    (void)key;
    editor_of(line)->interrupted = true;
    fputs("^C\n", stdout);
    return CC_EOF;
}

/* Asks the terminal to mark what is pasted, or to stop that. */
static void mark_pastes(const editor *e, bool on) {
    if (e->pasting) fputs(on ? "\033[?2004h" : "\033[?2004l", stdout), fflush(stdout);
}

/* Ctrl-Z is one too; libedit's own handler leaves the terminal in order. */
static unsigned char on_suspend(EditLine *line, int key) {
    (void)key;
    mark_pastes(editor_of(line), false);
    raise(SIGTSTP);
    mark_pastes(editor_of(line), true);
    return CC_REFRESH;
}

/* What a text may hold: its line ends come as CR. Others would be obeyed when the line is shown. */
static wchar_t pasted(wchar_t c) {
    if (c == L'\r') return L'\n';
    return c == L'\t' || c == L'\n' || (c >= 0x20 && (c < 0x7F || c > 0x9F)) ? c : 0;
}

/* The mark has been read: what follows, up to the one of the end, is text. */
static unsigned char on_paste(EditLine *line, int key) {
    static const wchar_t END[] = L"\033[201~";
    wchar_t text[256], c;
    size_t n = 0, seen = 0;
    (void)key;
    while (END[seen] && edit.el_wgetc(line, &c) == 1) {
        if (c == END[seen]) {
            seen++;
            continue;
        }
        for (size_t i = 1; i < seen; i++) /* it only began like the end; its escape goes */
            text[n++] = END[i];
        seen = c == END[0];
        if (pasted(c)) text[n++] = pasted(c);
        text[n] = 0;
        if (n > sizeof text / sizeof *text - 8) edit.el_winsertstr(line, text), n = 0;
    }
    text[n] = 0;
    edit.el_winsertstr(line, text);
    return CC_REFRESH;
}

/* Protected: 1 the completer, 2 the editor. It gets the text before the cursor and gives what to insert, how many
** characters to take away first, and lines to show. Returns whether it had something to say. */
static int ask_completer(lua_State *L) {
    editor *e = lua_touserdata(L, 2);
    const LineInfo *info = edit.el_line(e->line);
    lua_settop(L, 1);
    lua_pushlstring(L, info->buffer, (size_t)(info->cursor - info->buffer));
    lua_call(L, 1, 3);
    const char *insert = luaL_optstring(L, 1, ""), *show = luaL_optstring(L, 3, NULL);
    int cut = (int)luaL_optinteger(L, 2, 0);
    if (cut > 0) edit.el_deletestr(e->line, cut);
    edit.el_insertstr(e->line, insert);
    if (show) printf("\n%s\n", show);
    lua_pushinteger(L, show ? CC_REDISPLAY : *insert || cut ? CC_REFRESH : CC_REFRESH_BEEP);
    return 1;
}

/* The completer is at index 2 of the readline that is running. */
static unsigned char on_complete(EditLine *line, int key) {
    editor *e = editor_of(line);
    (void)key;
    if (!lua_isfunction(e->L, 2)) return CC_REFRESH_BEEP;
    lua_pushcfunction(e->L, ask_completer);
    lua_pushvalue(e->L, 2);
    lua_pushlightuserdata(e->L, e);
    int result = CC_REFRESH_BEEP;
    if (lua_pcall(e->L, 2, 1, 0) == LUA_OK) result = (int)lua_tointeger(e->L, -1);
    lua_pop(e->L, 1);
    return (unsigned char)result;
}

static void bind_keys(EditLine *line) {
    static const char *const keys[][2] = {
        {"\t", "kalito-complete"},     {"^C", "kalito-interrupt"},
        {"^Z", "kalito-suspend"},      {"^R", "em-inc-search-prev"},
        {"^W", "ed-delete-prev-word"}, {"\\e[H", "ed-move-to-beg"},
        {"\\e[F", "ed-move-to-end"},   {"\\e[1~", "ed-move-to-beg"},
        {"\\e[4~", "ed-move-to-end"},  {"\\e[3~", "ed-delete-next-char"},
        {"\\e[1;5C", "em-next-word"},  {"\\e[1;5D", "ed-prev-word"},
        {"\\e[200~", "kalito-paste"}};
    /* In wide characters: of narrow ones libedit makes copies that it never frees. */
    edit.el_wset(line, EL_ADDFN, L"kalito-complete", L"completes the word", on_complete);
    edit.el_wset(line, EL_ADDFN, L"kalito-interrupt", L"drops the line", on_interrupt);
    edit.el_wset(line, EL_ADDFN, L"kalito-suspend", L"stops the program", on_suspend);
    edit.el_wset(line, EL_ADDFN, L"kalito-paste", L"takes what is pasted", on_paste);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        edit.el_set(line, EL_BIND, keys[i][0], keys[i][1], NULL);
}

/* ---- the editor ---- */

static History *open_history(lua_State *L, editor *e) {
    HistEvent event;
    load_library(L);
    if (!e->history) e->history = edit.history_init();
    if (!e->history) kalb_no_memory(L);
    edit.history(e->history, &event, H_SETSIZE, REMEMBERED);
    return e->history;
}

static void open_line(editor *e) {
    e->line = edit.el_init("kalito", stdin, stdout, stderr);
    if (!e->line) return;
    edit.el_set(e->line, EL_CLIENTDATA, e);
    edit.el_set(e->line, EL_PROMPT, show_prompt);
    edit.el_set(e->line, EL_EDITOR, "emacs");
    edit.el_set(e->line, EL_SIGNAL, 1);
    edit.el_set(e->line, EL_HIST, edit.history, e->history);
    edit.el_set(e->line, EL_SETTY, "-d", "-isig", NULL);
    bind_keys(e->line);
    edit.el_source(e->line, NULL);
}

static bool obeys_escapes(void) {
    const char *term = getenv("TERM");
    return term && *term && strcmp(term, "dumb") != 0;
}

static size_t line_length(const char *line) {
    size_t n = strlen(line);
    return n > 0 && line[n - 1] == '\n' ? n - 1 : n;
}

/* libedit reads characters as the locale has them. */
static const char *edit_line(editor *e, int *count) {
    locale_t before = uselocale(kalb_utf8());
    const char *line = NULL;
    if (!e->line) open_line(e);
    if (e->line) {
        mark_pastes(e, true);
        line = edit.el_gets(e->line, count);
        mark_pastes(e, false);
    }
    uselocale(before);
    return line;
}

/* term.readline(prompt [, completer [, pasting]]) -> the line; nil at the end of the input; nil, "interrupted". With
** pasting, what is pasted into it may have several lines. */
static int read_line(lua_State *L) {
    editor *e = lua_touserdata(L, lua_upvalueindex(1));
    const char *prompt = luaL_checkstring(L, 1);
    int count = 0;
    lua_settop(L, 3);
    if (e->L) return luaL_error(L, "a line is being read already");
    fflush(stdout);
    open_history(L, e);
    e->prompt = prompt;
    e->interrupted = false;
    e->pasting = lua_toboolean(L, 3) && obeys_escapes();
    e->L = L;
    const char *line = edit_line(e, &count);
    e->L = NULL;
    kalb_interrupt_reset(); /* a signal from elsewhere: nothing was running */
    if (!e->line) return luaL_error(L, "the terminal cannot be used");
    if (line) return lua_pushlstring(L, line, line_length(line)), 1;
    lua_pushnil(L);
    if (e->interrupted) lua_pushliteral(L, "interrupted");
    return e->interrupted ? 2 : 1;
}

/* ---- history ---- */

/* term.history(lines): what the arrow keys go through, oldest first; the last thousand */
static int set_history(lua_State *L) {
    HistEvent event;
    editor *e = lua_touserdata(L, lua_upvalueindex(1));
    luaL_checktype(L, 1, LUA_TTABLE);
    History *h = open_history(L, e);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
    edit.history(h, &event, H_CLEAR);
    for (lua_Integer i = n > REMEMBERED ? n - REMEMBERED + 1 : 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        edit.history(h, &event, H_ENTER, luaL_checkstring(L, -1));
        lua_pop(L, 1);
    }
    return 0;
}

/* term.append(path, text) -> true: adds to a file that only the user may read (0600), and makes it. */
static int append(lua_State *L) {
    size_t len;
    const char *path = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &len);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    bool fine = fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, text, len) == (ssize_t)len;
    int number = errno;
    if (fd >= 0) close(fd);
    if (!fine) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s: %s", path, strerror(number));
        lua_pushliteral(L, "io");
        return 3;
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* The handler of guard: upvalue 1 runs with no interruption waiting. */
static int answer(lua_State *L) {
    kalb_interrupt_reset();
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

/* term.guard(f, handler) -> as xpcall; and the Ctrl-C that ended f is answered: the next one is a first one. */
static int guard(lua_State *L) {
    lua_settop(L, 2);
    lua_pushcclosure(L, answer, 1);
    lua_insert(L, 1);
    int status = lua_pcall(L, 0, LUA_MULTRET, 1); /* 1 the handler, 2 f */
    kalb_interrupt_reset();
    lua_pushboolean(L, status == LUA_OK);
    lua_replace(L, 1);
    return lua_gettop(L);
}

int kalb_open_term(lua_State *L) {
    static const luaL_Reg functions[] = {{"readline", read_line},
                                         {"history", set_history},
                                         {"append", append},
                                         {"guard", guard},
                                         {NULL, NULL}};
    luaL_newlibtable(L, functions);
    memset(lua_newuserdatauv(L, sizeof(editor), 0), 0, sizeof(editor));
    if (luaL_newmetatable(L, "kalito.editor")) {
        lua_pushcfunction(L, close_editor);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    luaL_setfuncs(L, functions, 1);
    return 1;
}
