/*
** redact_key.c: keys, tokens and passwords: by the beginnings that their makers give them, in the forms that
** have a form (PEM, JWT, bearer), and as values behind names such as api_key and password.
*/
#include "redact/redact.h"

#include <string.h>

#define LOOK 128 /* bytes that tell whether a value is a secret: what fails costs no more */

/* ---- characters ---- */

enum { ALNUM, WORD, DASHED, DOTTED, TOKEN, PASSWORD };

static bool belongs(unsigned c, int set) {
    static const char *const more[] = {
        [ALNUM] = "",     [WORD] = "_",        [DASHED] = "_-",
        [DOTTED] = "_-.", [TOKEN] = "_-.~+/=", [PASSWORD] = "_-.~+/=!@#$%^&*?"};
    return kali_is_alnum(c) || (c && c < 0x80 && strchr(more[set], (int)c));
}

/* Where the run of such characters ends, at most `most` further on. */
static size_t run_end(const kali_scan *s, size_t at, int set, size_t most) {
    size_t end = at;
    while (end - at < most && belongs(kali_peek(s, end), set))
        end++;
    return end;
}

/* Sixteen letters and digits or more in one piece, four of each: people part their words. */
static bool has_long_piece(const kali_scan *s, size_t from, size_t to) {
    size_t letters = 0, digits = 0;
    for (size_t i = from; i < to; i++) {
        unsigned c = kali_peek(s, i);
        letters = kali_is_alnum(c) ? letters + kali_is_alpha(c) : 0;
        digits = kali_is_alnum(c) ? digits + kali_is_digit(c) : 0;
        if (letters >= 4 && digits >= 4 && letters + digits >= 16) return true;
    }
    return false;
}

/* Does what is there look drawn by lot? Letters and digits, or capitals and small letters, take turns; or it is long. */
static bool is_random(const kali_scan *s, size_t from, size_t to, size_t turns) {
    size_t changes = 0, digits = 0;
    for (size_t i = from; i < to; i++) {
        unsigned c = kali_peek(s, i), next = i + 1 < to ? kali_peek(s, i + 1) : 0;
        digits += kali_is_digit(c);
        changes += kali_is_alnum(c) && kali_is_alnum(next) &&
                   (kali_is_digit(c) != kali_is_digit(next) || (c & 32) < (next & 32));
    }
    return (digits > 0 && changes >= turns) || has_long_piece(s, from, to);
}

/* ---- beginnings ---- */

typedef struct prefix {
    const char *text;
    size_t least; /* characters behind it */
    int set;
    size_t turns; /* see is_random; 0: the beginning says enough */
} prefix;

static const prefix PREFIXES[] = {
    {"sk-ant-", 16, DASHED, 0},
    {"sk-proj-", 16, DASHED, 0},
    {"sk-", 16, DASHED, 2},
    {"sk_live_", 16, ALNUM, 0},
    {"sk_test_", 16, ALNUM, 0},
    {"rk_live_", 16, ALNUM, 0},
    {"rk_test_", 16, ALNUM, 0},
    {"whsec_", 16, TOKEN, 0},
    {"ghp_", 20, ALNUM, 0},
    {"gho_", 20, ALNUM, 0},
    {"ghu_", 20, ALNUM, 0},
    {"ghs_", 20, DOTTED, 0},
    {"ghr_", 20, ALNUM, 0},
    {"github_pat_", 20, WORD, 0},
    {"glpat-", 16, DOTTED, 0},
    {"xoxa-", 10, DASHED, 0},
    {"xoxb-", 10, DASHED, 0},
    {"xoxe-", 10, DASHED, 0},
    {"xoxp-", 10, DASHED, 0},
    {"xoxr-", 10, DASHED, 0},
    {"xoxs-", 10, DASHED, 0},
    {"xapp-", 10, DASHED, 0},
    {"AKIA", 16, ALNUM, 0},
    {"ASIA", 16, ALNUM, 0},
    {"AIza", 30, DASHED, 0},
    {"ya29.", 20, DASHED, 0},
    {"hf_", 20, ALNUM, 0},
    {"npm_", 30, ALNUM, 0},
    {"pypi-", 32, DASHED, 0},
    {"SG.", 30, DOTTED, 2},
    {"dop_v1_", 40, ALNUM, 0},
    {"shpat_", 24, ALNUM, 0},
    {"gsk_", 20, ALNUM, 2},
    {"xai-", 20, DASHED, 2},
    {"r8_", 30, ALNUM, 2},
    {"nvapi-", 20, DASHED, 2},
    {"pplx-", 20, ALNUM, 2},
    {"tvly-", 16, DASHED, 2},
    {"dckr_pat_", 20, DASHED, 0},
    {"lin_api_", 20, ALNUM, 0},
    {"hvs.", 20, DASHED, 2},
    {"ATATT3", 30, TOKEN, 0},
    {"AGE-SECRET-KEY-1", 40, ALNUM, 0},
};

static bool starts(const kali_scan *s, size_t at, const char *word) {
    size_t n = strlen(word);
    return at < s->text.len && n <= s->text.len - at && memcmp(s->text.data + at, word, n) == 0;
}

/* A beginning that fails for what follows has looked at LOOK bytes; one that fits takes all of its run. A dot at the
** end closes the sentence. */
static size_t prefixed(const kali_scan *s, size_t at) {
    for (const prefix *p = PREFIXES; p < PREFIXES + sizeof PREFIXES / sizeof *PREFIXES; p++) {
        if (p->text[0] != s->text.data[at] || !starts(s, at, p->text)) continue;
        size_t from = at + strlen(p->text), end = run_end(s, from, p->set, LOOK);
        if (end - from < p->least || (p->turns && !is_random(s, from, end, p->turns))) continue;
        end = run_end(s, end, p->set, SIZE_MAX);
        while (kali_peek(s, end - 1) == '.')
            end--;
        return end;
    }
    return 0;
}

/* ---- forms ---- */

/* Three parts of base64url, the first of which is a JSON object: {" is eyJ. */
static size_t jwt(const kali_scan *s, size_t at) {
    if (!starts(s, at, "eyJ") || belongs(kali_behind(s, at, 1), DASHED)) return 0;
    for (int part = 0;; part++) {
        size_t end = run_end(s, at, DASHED, SIZE_MAX);
        if (end - at < 4) return 0;
        if (part == 2) return end;
        if (kali_peek(s, end) != '.') return 0;
        at = end + 1;
    }
}

static bool starts_in_any_case(const kali_scan *s, size_t at, const char *word) {
    for (; *word; word++, at++)
        if ((kali_peek(s, at) | 32) != (unsigned char)*word) return false;
    return true;
}

/* "Bearer TOKEN": the token is the secret. */
static size_t bearer(const kali_scan *s, size_t at, size_t *from) {
    if (!starts_in_any_case(s, at, "bearer ")) return 0;
    *from = at + 7;
    size_t end = run_end(s, *from, TOKEN, LOOK);
    if (end - *from < 16 || !is_random(s, *from, end, 1)) return 0;
    return run_end(s, end, TOKEN, SIZE_MAX);
}

static bool is_body(unsigned c) {
    return kali_is_alnum(c) || (c && c < 0x80 && strchr("+/=:,.-\\ \t\r\n", (int)c));
}

/* A private key in PEM, also inside a string where its lines end with \n: to its end, or as far as something goes
** on that may be its body. */
static size_t pem(const kali_scan *s, size_t at) {
    static const char BEGIN[] = "-----BEGIN ", KEY[] = "PRIVATE KEY", END[] = "-----END ";
    if (!starts(s, at, BEGIN) || kali_is_alnum(kali_behind(s, at, 1))) return 0;
    size_t i = at + sizeof BEGIN - 1, most = i + 40;
    while (i < most && (kali_is_alnum(kali_peek(s, i)) || kali_peek(s, i) == ' ') &&
           !starts(s, i, KEY))
        i++;
    if (!starts(s, i, KEY)) return 0;
    for (i += sizeof KEY - 1; is_body(kali_peek(s, i)) && !starts(s, i, END);)
        i++;
    if (!starts(s, i, END)) return i;
    for (i += sizeof END - 1; kali_is_alnum(kali_peek(s, i)) || kali_peek(s, i) == ' ';)
        i++;
    while (kali_peek(s, i) == '-')
        i++;
    return i;
}

/* ---- values behind names ---- */

/* Behind these stands a password: anything that is more than a word. Behind the others, what looks drawn by lot. */
static const char *const PASSWORDS[] = {"password", "passwd", "passphrase", "passwort", "pwd"};
static const char *const OTHERS[] = {"key",        "secret", "token",        "apikey",
                                     "credential", "auth",   "authorization"};

/* Does the name that ends at `end` end with this word? */
static bool ends_with(const kali_scan *s, size_t end, const char *word) {
    size_t n = strlen(word);
    if (end < n + s->floor || !starts_in_any_case(s, end - n, word)) return false;
    unsigned before = kali_behind(s, end - n, 1), first = kali_peek(s, end - n);
    return !kali_is_alpha(before) || ((before & 32) && !(first & 32)); /* db_password, dbPassword */
}

static bool is_one_of(const kali_scan *s, size_t end, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (ends_with(s, end, list[i])) return true;
    return false;
}

static bool is_quote(unsigned c) {
    return c == '"' || c == '\'' || c == '`' || c == '\\';
}

/* The value of a password may be any word with something in it that words do not have. */
static bool is_password(const kali_scan *s, size_t from, size_t end) {
    bool letter = false, other = false;
    for (size_t i = from; i < end; i++) {
        unsigned c = kali_peek(s, i);
        letter = letter || kali_is_alpha(c);
        other = other || kali_is_digit(c) || strchr("!@#$%^&*?", (int)c);
    }
    return end - from >= 6 && letter && other;
}

/* Where the value behind the = or : at `at` begins; its scheme (Basic, Token) is no part of it. */
static size_t value_at(const kali_scan *s, size_t at) {
    at++;
    for (int i = 0; i < 4 && (kali_peek(s, at) == ' ' || is_quote(kali_peek(s, at))); i++)
        at++;
    if (starts_in_any_case(s, at, "basic ") || starts_in_any_case(s, at, "token ")) at += 6;
    return at;
}

static size_t assigned(const kali_scan *s, size_t at, size_t *from) {
    size_t end = at;
    for (int i = 0; i < 4 && end > s->floor; i++, end--) {
        unsigned c = kali_behind(s, end, 1);
        if (c != ' ' && !is_quote(c)) break;
    }
    if (end == s->floor || !kali_is_alpha(kali_behind(s, end, 1))) return 0;
    bool password = is_one_of(s, end, PASSWORDS, sizeof PASSWORDS / sizeof *PASSWORDS);
    if (!password && !is_one_of(s, end, OTHERS, sizeof OTHERS / sizeof *OTHERS)) return 0;
    int set = password ? PASSWORD : TOKEN;
    *from = value_at(s, at);
    if (kali_peek(s, *from) == '=') return 0; /* a comparison */
    size_t stop = run_end(s, *from, set, LOOK);
    bool secret =
        password ? is_password(s, *from, stop) : stop - *from >= 16 && is_random(s, *from, stop, 3);
    if (!secret) return 0;
    stop = run_end(s, stop, set, SIZE_MAX);
    bool quoted = is_quote(kali_peek(s, stop));
    while (!quoted && kali_peek(s, stop - 1) == '.')
        stop--; /* it closes the sentence */
    return stop;
}

/* Most words of a text are short and end at a blank: no key begins with such a one. */
static size_t at_word(const kali_scan *s, size_t at, size_t word_end, size_t *from) {
    unsigned next = kali_peek(s, word_end);
    size_t end = 0;
    if (kali_is_alnum(kali_behind(s, at, 1))) return 0;
    if (next == '_' || next == '-' || next == '.' || word_end - at >= 16) {
        end = prefixed(s, at);
        if (!end) end = jwt(s, at);
    }
    return end ? end : bearer(s, at, from);
}

bool kali_find_key(const kali_scan *s, size_t at, size_t word_end, kali_secret *out) {
    unsigned c = kali_peek(s, at);
    size_t from = at, end;
    if (c == '=' || c == ':')
        end = assigned(s, at, &from);
    else
        end = c == '-' ? pem(s, at) : at_word(s, at, word_end, &from);
    *out = (kali_secret){KAL_REDACT_KEY, from, end};
    return end > from;
}
