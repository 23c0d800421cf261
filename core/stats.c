/*
** stats.c: figures of a store or of one session. Counts come from indexes; everything that needs the messages
** themselves is gathered in one pass over them.
*/
#include "internal.h"

#include <string.h>

/* Runs a query of one row: the columns are added to the given figures in their order. $1 is the session. */
static kal_code count(kal_store *store, const char *sql, kal_str session, int64_t *const *out,
                      kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, session);
    code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    for (int i = 0; row && out[i]; i++)
        *out[i] = kali_integer(q, i);
    kali_reset(q);
    return KAL_OK;
}

static kal_code count_all(kal_store *store, kal_stats *s, kal_err *err) {
    static const char SESSIONS[] =
        "SELECT count(*), count(archived_at), sum(coalesce(saved, 0) = 0),"
        " (SELECT count(*) FROM personas),"
        " (SELECT count(*) FROM conversation_summaries),"
        " (SELECT count(*) FROM semantic_pins) FROM sessions";
    static const char ARCHIVED[] =
        "SELECT sum((SELECT count(*) FROM messages m WHERE m.session_id = s.id"
        " AND (m.created_at, m.id) <= (s.boundary_at, s.boundary_id)))"
        " FROM sessions s WHERE s.boundary_at <> ''";
    int64_t *rows[] = {&s->sessions, &s->sessions_archived, &s->sessions_temporary,
                       &s->personas, &s->summaries,         &s->pins,
                       NULL};
    kal_str none = {NULL, 0};
    kal_code code = count(store, SESSIONS, none, rows, err);
    return code == KAL_OK ? count(store, ARCHIVED, none, (int64_t *[]){&s->archived, NULL}, err)
                          : code;
}

static kal_code count_one(kal_store *store, const kal_session *session, kal_stats *s,
                          kal_err *err) {
    static const char NOTES[] =
        "SELECT (SELECT count(*) FROM personas),"
        " (SELECT count(*) FROM conversation_summaries WHERE session_id = $1),"
        " (SELECT count(*) FROM semantic_pins WHERE session_id = $1)";
    s->sessions = 1;
    s->sessions_archived = session->archived_at.data != NULL;
    s->sessions_temporary = !session->saved;
    return count(store, NOTES, session->id,
                 (int64_t *[]){&s->personas, &s->summaries, &s->pins, NULL}, err);
}

/* ---- the pass over the messages ---- */

enum { ROLE, TEXT, MODEL, USED, IMPORTANCE, CREATED, ID };
#define COLUMNS                                                                                    \
    "SELECT role, text, model_id, coalesce(token_usage, 0), coalesce(importance_score, 0.5),"      \
    " created_at, id FROM messages"

static bool is(kal_str text, const char *word) {
    return text.len == strlen(word) && memcmp(text.data, word, text.len) == 0;
}

static void add_role(kal_stats *s, kal_str role) {
    s->user += is(role, "user");
    s->assistant += is(role, "assistant");
    s->system += is(role, "system");
    s->tool += is(role, "tool");
}

static void add_time(kal_stats *s, kal_str time) {
    if (!time.len || time.len >= sizeof s->oldest) return;
    if (!s->oldest[0] || strcmp(time.data, s->oldest) < 0)
        memcpy(s->oldest, time.data, time.len + 1);
    if (strcmp(time.data, s->newest) > 0) memcpy(s->newest, time.data, time.len + 1);
}

static void add_importance(kal_stats *s, double score) {
    int bin = score > 0 ? (int)((score < 1 ? score : 1) * KAL_STATS_BINS + 1e-9) : 0;
    s->importance[bin < KAL_STATS_BINS ? bin : KAL_STATS_BINS - 1]++;
}

/* The entry of a model. The last one takes, without a name, all that find no place. */
static kal_usage *find_usage(kal_stats *s, kal_str model) {
    size_t len = model.len < KAL_NAME_MAX ? model.len : KAL_NAME_MAX, i = 0;
    while (i < s->usage_count &&
           (memcmp(s->usage[i].model, model.data, len) != 0 || s->usage[i].model[len]))
        i++;
    if (i == KAL_STATS_MODELS) i--;
    kal_usage *u = &s->usage[i];
    if (i == s->usage_count) {
        s->usage_count++;
        if (i < KAL_STATS_MODELS - 1) memcpy(u->model, model.data, len);
    }
    return u;
}

static void add_usage(kal_stats *s, kal_str model, int64_t used) {
    s->tokens_used += used;
    if (!model.len) return;
    kal_usage *u = find_usage(s, model);
    u->messages++;
    u->tokens += used;
}

static bool is_live(const kal_session *session, kal_str time, int64_t id) {
    int order = kali_order(time, session->boundary_at);
    return order > 0 || (order == 0 && id > session->boundary_id);
}

static void add_message(kal_stats *s, const kal_session *session, kali_stmt *q) {
    kal_str text = kali_text(q, TEXT), time = kali_text(q, CREATED);
    int64_t tokens = (int64_t)kal_tokens(text);
    s->messages++;
    s->bytes += (int64_t)text.len;
    s->tokens += tokens;
    add_role(s, kali_text(q, ROLE));
    add_time(s, time);
    add_importance(s, kali_real(q, IMPORTANCE));
    add_usage(s, kali_text(q, MODEL), kali_integer(q, USED));
    if (!session) return;
    if (is_live(session, time, kali_integer(q, ID)))
        s->tokens_live += tokens + KAL_MESSAGE_TOKENS;
    else
        s->archived++;
}

static kal_code read_messages(kal_store *store, const kal_session *session, kal_stats *s,
                              kal_err *err) {
    static const char ALL[] = COLUMNS;
    static const char ONE[] = COLUMNS " WHERE session_id = $1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, session ? ONE : ALL, &q, err);
    if (code != KAL_OK) return code;
    if (session) kali_bind_text(q, 1, session->id);
    bool row;
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err))
        add_message(s, session, q);
    kali_reset(q);
    return code;
}

/* ---- */

static kal_code gather(kal_store *store, kal_str id, kal_stats *s, kal_err *err) {
    kal_session session;
    if (!id.data) {
        kal_code code = count_all(store, s, err);
        return code == KAL_OK ? read_messages(store, NULL, s, err) : code;
    }
    kal_code code = kali_row_get(store, &kali_session_noun, (kali_key){id, 0}, &session, err);
    if (code == KAL_OK) code = count_one(store, &session, s, err);
    return code == KAL_OK ? read_messages(store, &session, s, err) : code;
}

kal_code kal_stats_get(kal_store *store, kal_str session, kal_stats *out, kal_err *err) {
    memset(out, 0, sizeof *out);
    kali_answer_begin(store);
    kal_code code = kali_read_begin(store, err);
    if (code != KAL_OK) return code;
    code = gather(store, session, out, err);
    kali_read_end(store);
    return code;
}
