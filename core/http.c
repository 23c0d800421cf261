/*
** http.c: one HTTP client over libcurl. Owns how requests are allowed to travel (encrypted, verified, no
** redirects, bounded in size and in silence) and knows nothing of models, keys or retries. Not part of
** libkalito: it is linked into the module kalito_http alone.
*/
#include "internal.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONNECT_MS 10000
#define STALL_S 300
#define ANSWER_MAX (16u * 1024 * 1024)
#define HEADERS_MAX (256u * 1024)
#define URL_MAX 8192u
#define TOKEN "-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define SHOWN_MAX 256 /* characters of an address in a message */

/* Why the transfer ended before its end, if it was we who ended it. */
typedef enum verdict { RAN, STOPPED, INTERRUPTED, TOO_LARGE, NO_MEMORY } verdict;

struct kal_http {
    CURL *curl;
    CURLU *url;
    struct curl_slist *headers;
    kali_arena arena; /* copies of the request's text that libcurl wants to end with a NUL */
    const kal_http_request *request;
    char *body;
    size_t body_len, body_room;
    size_t received, header_bytes;
    verdict verdict;
    bool transient;
    volatile sig_atomic_t aborted;
    char detail[CURL_ERROR_SIZE];
    char origin[SHOWN_MAX]; /* scheme://host:port, for messages */
};

static kal_str text(const char *z) {
    return (kal_str){z, z ? strlen(z) : 0};
}

kal_code kal_http_open(kal_http **out, kal_err *err) {
    *out = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return kali_fail(err, KAL_NOMEM, "libcurl cannot start");
    kal_http *http = calloc(1, sizeof *http);
    if (http) http->curl = curl_easy_init();
    if (!http || !http->curl) {
        free(http);
        curl_global_cleanup();
        return kali_no_memory(err);
    }
    *out = http;
    return KAL_OK;
}

/* Lets go of everything that belongs to the latest request; connections stay. */
static void forget(kal_http *http) {
    curl_easy_reset(http->curl);
    curl_url_cleanup(http->url);
    curl_slist_free_all(http->headers);
    kali_arena_reset(&http->arena);
    free(http->body);
    *http = (kal_http){.curl = http->curl, .arena = http->arena};
}

void kal_http_close(kal_http *http) {
    if (!http) return;
    forget(http);
    curl_easy_cleanup(http->curl);
    kali_arena_free(&http->arena);
    free(http);
    curl_global_cleanup();
}

void kal_http_abort(kal_http *http) {
    http->aborted = 1;
}

/* ---- the answer ---- */

int kal_http_status(const kal_http *http) {
    long status = 0;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

bool kal_http_header(const kal_http *http, size_t i, kal_header *out) {
    struct curl_header *header = NULL;
    do
        header = curl_easy_nextheader(http->curl, CURLH_HEADER, -1, header);
    while (header && i-- > 0);
    if (header) *out = (kal_header){text(header->name), text(header->value)};
    return header != NULL;
}

kal_str kal_http_body(const kal_http *http) {
    return (kal_str){http->body, http->body_len};
}

bool kal_http_transient(const kal_http *http) {
    return http->transient;
}

/* ---- what libcurl calls ---- */

static bool keep(kal_http *http, const char *data, size_t len) {
    if (http->body_room - http->body_len <= len) {
        size_t room = (http->body_len + len) * 2 + 1024;
        char *body = realloc(http->body, room);
        if (!body) return false;
        http->body = body;
        http->body_room = room;
    }
    memcpy(http->body + http->body_len, data, len);
    http->body_len += len;
    http->body[http->body_len] = 0;
    return true;
}

static size_t answer_max(const kal_http *http) {
    return http->request->answer_max ? http->request->answer_max : ANSWER_MAX;
}

static verdict take(kal_http *http, const char *data, size_t len) {
    const kal_http_request *r = http->request;
    int status = kal_http_status(http);
    http->received += len;
    if (http->aborted) return INTERRUPTED;
    if (http->received > answer_max(http)) return TOO_LARGE;
    if (!r->chunk || status < 200 || status > 299) return keep(http, data, len) ? RAN : NO_MEMORY;
    return r->chunk(r->context, (kal_str){data, len}) ? RAN : STOPPED;
}

/* Anything but the number of bytes ends the transfer. */
static size_t on_body(char *data, size_t size, size_t count, void *context) {
    kal_http *http = context;
    size_t len = size * count;
    if (len > 0) http->verdict = take(http, data, len);
    return http->verdict == RAN ? len : CURL_WRITEFUNC_ERROR;
}

static size_t on_header(char *data, size_t size, size_t count, void *context) {
    kal_http *http = context;
    (void)data;
    http->header_bytes += size * count;
    if (http->header_bytes <= HEADERS_MAX) return size * count;
    http->verdict = TOO_LARGE;
    return CURL_WRITEFUNC_ERROR;
}

static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up) {
    kal_http *http = context;
    const kal_http_request *r = http->request;
    (void)down_total, (void)down, (void)up_total, (void)up;
    bool alive = !http->aborted && (!r->alive || r->alive(r->context));
    if (!alive && http->verdict == RAN) http->verdict = INTERRUPTED;
    return http->verdict != RAN;
}

/* A process that is started meanwhile must not inherit the connection. */
static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose) {
    (void)context, (void)purpose;
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

/* ---- the request ---- */

static bool has_control(kal_str text) {
    for (size_t i = 0; i < text.len; i++)
        if (((unsigned char)text.data[i] < 0x20 && text.data[i] != '\t') || text.data[i] == 0x7F)
            return true;
    return false;
}

static bool is_token(kal_str name) {
    for (size_t i = 0; i < name.len; i++)
        if (!name.data[i] || !strchr(TOKEN, name.data[i])) return false;
    return name.len > 0 && name.len <= KAL_NAME_MAX;
}

/* Headers that say where the request goes or where it ends. */
static bool is_transport(kal_str name) {
    static const char *const names[] = {"host",    "content-length", "transfer-encoding",
                                        "expect",  "connection",     "te",
                                        "trailer", "upgrade",        NULL};
    size_t i = 0;
    while (names[i] && (strlen(names[i]) != name.len || strncasecmp(names[i], name.data, name.len)))
        i++;
    return names[i];
}

static kal_code append(kal_http *http, const char *line, kal_err *err) {
    struct curl_slist *list = line ? curl_slist_append(http->headers, line) : NULL;
    if (!list) return kali_no_memory(err);
    http->headers = list;
    return KAL_OK;
}

static kal_code add_header(kal_http *http, const kal_header *header, kal_err *err) {
    kal_str name = header->name, value = header->value;
    if (!is_token(name)) return kali_fail(err, KAL_MISUSE, "a header's name is not valid");
    if (is_transport(name))
        return kali_fail(err, KAL_MISUSE, "the header '%.*s' cannot be given", KALI_STR(name));
    if (has_control(value) || value.len > HEADERS_MAX)
        return kali_fail(err, KAL_MISUSE, "the header '%.*s' is not valid", KALI_STR(name));
    /* libcurl takes "Name;" for a header without a value. */
    size_t size = name.len + value.len + 3;
    char *line = kali_arena_alloc(&http->arena, size);
    if (line)
        snprintf(line, size, "%.*s%s%.*s", (int)name.len, name.data, value.len ? ": " : ";",
                 (int)value.len, value.len ? value.data : "");
    return append(http, line, err);
}

static kal_code add_headers(kal_http *http, kal_err *err) {
    kal_code code = append(http, "Expect:", err);
    for (size_t i = 0; i < http->request->header_count && code == KAL_OK; i++)
        code = add_header(http, &http->request->headers[i], err);
    return code;
}

/* One part of the URL as text in the arena; "" when it has none. */
static kal_str url_part(kal_http *http, CURLUPart which) {
    char *part = NULL;
    kal_str copy = {NULL, 0};
    if (curl_url_get(http->url, which, &part, 0) == CURLUE_OK)
        kali_arena_copy(&http->arena, text(part), &copy);
    curl_free(part);
    return kali_some(copy);
}

/* Does the name lead to this machine whatever a name server says? libcurl knows "localhost" itself. */
static bool is_loopback(kal_str host) {
    struct in_addr address;
    if (strcasecmp(host.data, "localhost") == 0 || strcmp(host.data, "[::1]") == 0) return true;
    return inet_pton(AF_INET, host.data, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static kal_code set_url(kal_http *http, bool *loopback, kal_err *err) {
    kal_str url = http->request->url, copy;
    if (!url.data || url.len > URL_MAX || has_control(url))
        return kali_fail(err, KAL_HTTP, "the address of the server is not valid");
    http->url = curl_url();
    if (!http->url || !kali_arena_copy(&http->arena, url, &copy)) return kali_no_memory(err);
    if (curl_url_set(http->url, CURLUPART_URL, copy.data, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
        return kali_fail(err, KAL_HTTP, "the address of the server is not valid");
    kal_str scheme = url_part(http, CURLUPART_SCHEME), host = url_part(http, CURLUPART_HOST);
    kal_str port = url_part(http, CURLUPART_PORT);
    snprintf(http->origin, sizeof http->origin, "%s://%.200s%s%s", scheme.data, host.data,
             port.len ? ":" : "", port.data);
    *loopback = is_loopback(host);
    if (strcmp(scheme.data, "https") == 0) return KAL_OK;
    if (strcmp(scheme.data, "http") != 0)
        return kali_fail(err, KAL_HTTP, "%s: only https and http are spoken", http->origin);
    if (!*loopback && !http->request->allow_http)
        return kali_fail(err, KAL_REFUSED, "%s is not encrypted and not on this machine",
                         http->origin);
    return KAL_OK;
}

static long or_default(int64_t value, int64_t otherwise) {
    return (long)(value <= 0 ? otherwise : value < 1000000000 ? value : 1000000000);
}

/* What holds for every request. Not zero: libcurl refused an option. */
static unsigned set_rules(kal_http *http, bool loopback) {
    CURL *c = http->curl;
    const kal_http_request *r = http->request;
    unsigned bad = curl_easy_setopt(c, CURLOPT_CURLU, http->url);
    bad |= curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https"); /* which one: set_url */
    bad |= curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    bad |= curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    bad |= curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    bad |= curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
    bad |= curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    bad |= curl_easy_setopt(c, CURLOPT_USERAGENT, "kalito/" KALITO_VERSION);
    bad |= curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, or_default(r->connect_ms, CONNECT_MS));
    bad |= curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    bad |= curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, or_default(r->stall_s, STALL_S));
    bad |= curl_easy_setopt(c, CURLOPT_MAXCONNECTS, 4L);
    bad |= curl_easy_setopt(c, CURLOPT_ERRORBUFFER, http->detail);
    if (loopback) bad |= curl_easy_setopt(c, CURLOPT_PROXY, ""); /* it would leave the machine */
    return bad;
}

static unsigned set_callbacks(kal_http *http) {
    CURL *c = http->curl;
    unsigned bad = curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    bad |= curl_easy_setopt(c, CURLOPT_WRITEDATA, http);
    bad |= curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    bad |= curl_easy_setopt(c, CURLOPT_HEADERDATA, http);
    bad |= curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    bad |= curl_easy_setopt(c, CURLOPT_XFERINFODATA, http);
    bad |= curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    bad |= curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, on_socket);
    return bad;
}

static bool is_method(kal_str method, const char *name) {
    return method.len == strlen(name) && memcmp(method.data, name, method.len) == 0;
}

static unsigned set_content(kal_http *http) {
    CURL *c = http->curl;
    const kal_http_request *r = http->request;
    kal_str copy = {NULL, 0};
    unsigned bad = curl_easy_setopt(c, CURLOPT_HTTPHEADER, http->headers);
    if (r->body.data || is_method(r->method, "POST")) {
        bad |= curl_easy_setopt(c, CURLOPT_POST, 1L);
        bad |= curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
        bad |= curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body.data ? r->body.data : "");
    }
    if (!r->ca_file.data) return bad;
    bad |= !kali_arena_copy(&http->arena, r->ca_file, &copy);
    return bad | curl_easy_setopt(c, CURLOPT_CAINFO, copy.data);
}

static kal_code prepare(kal_http *http, kal_err *err) {
    bool loopback = false;
    const kal_http_request *r = http->request;
    bool get = is_method(r->method, "GET");
    if (r->method.data && !is_method(r->method, "POST") && (!get || r->body.data))
        return kali_fail(err, KAL_MISUSE, "method must be POST, or GET without a body");
    kal_code code = set_url(http, &loopback, err);
    if (code == KAL_OK) code = add_headers(http, err);
    if (code != KAL_OK) return code;
    if (set_rules(http, loopback) | set_callbacks(http) | set_content(http))
        return kali_fail(err, KAL_HTTP, "this libcurl lacks something that is needed");
    return KAL_OK;
}

/* ---- the end ---- */

/* Failures of the way to the server, as far as it gave no answer yet. */
static bool is_transient(CURLcode result) {
    switch (result) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return true;
    default: return false;
    }
}

static kal_code check_redirect(kal_http *http, kal_err *err) {
    char *target = NULL;
    int status = kal_http_status(http);
    curl_easy_getinfo(http->curl, CURLINFO_REDIRECT_URL, &target);
    if (status < 300 || status > 399 || !target) return KAL_OK;
    return kali_fail(err, KAL_HTTP, "%s answered %d, a redirect to %.*s, which is not followed",
                     http->origin, status, (int)strcspn(target, "?#"), target);
}

static kal_code conclude(kal_http *http, CURLcode result, kal_err *err) {
    curl_off_t connected = 0;
    switch (http->verdict) {
    case STOPPED: return KAL_OK;
    case INTERRUPTED: return kali_fail(err, KAL_INTERRUPTED, "interrupted");
    case NO_MEMORY: return kali_no_memory(err);
    case TOO_LARGE:
        return kali_fail(err, KAL_HTTP, "the answer of %s is larger than %zu bytes", http->origin,
                         http->header_bytes > HEADERS_MAX ? (size_t)HEADERS_MAX : answer_max(http));
    case RAN: break;
    }
    if (result == CURLE_OK) return check_redirect(http, err);
    if (result == CURLE_OUT_OF_MEMORY) return kali_no_memory(err);
    curl_easy_getinfo(http->curl, CURLINFO_CONNECT_TIME_T, &connected);
    http->transient =
        http->received == 0 &&
        (is_transient(result) || (result == CURLE_OPERATION_TIMEDOUT && connected == 0));
    return kali_fail(err, KAL_HTTP, "%s: %s", http->origin,
                     http->detail[0] ? http->detail : curl_easy_strerror(result));
}

kal_code kal_http_perform(kal_http *http, const kal_http_request *request, kal_err *err) {
    forget(http);
    http->request = request;
    kal_code code = prepare(http, err);
    if (code == KAL_OK) code = conclude(http, curl_easy_perform(http->curl), err);
    http->request = NULL;
    return code;
}
