#include "world.h"

#include <unistd.h>

static int failed;
static kal_code worst;

/* Takes note of what a call gave: whatever is wrong, it must be said in one clean line. */
static bool good(kal_code code, const kal_err *err) {
    if (alarm(0)) alarm(10); /* the watchdog of a call, where one was set */
    if (code == KAL_OK) return true;
    if (err->code != code || !err->message[0]) {
        print_error("code %s without a message\n", kal_code_name(code));
        abort();
    }
    for (const char *p = err->message; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F) abort();
    /* Not every noun has every order. */
    if (code != KAL_NOT_FOUND && code != KAL_MISUSE) {
        failed++;
        if (worst == KAL_OK) worst = code;
    }
    return false;
}

#define PAGES 40
#define ROWS 16

/* Reads the rows of a noun in every order, then each of the first by its id. */
#define READ_NOUN(noun, key)                                                                       \
    static void read_##noun(kal_store *store, kal_str session) {                                   \
        kal_##noun rows[ROWS], one;                                                                \
        kal_err err;                                                                               \
        int64_t count;                                                                             \
        char id[KAL_NAME_MAX + 1];                                                                 \
        for (int order = 0; order < 4; order++) {                                                  \
            kal_filter filter = {.session = session, .order = (kal_order)order};                   \
            kal_page page = {.capacity = ROWS};                                                    \
            for (int n = 0; n < PAGES && !page.done; n++)                                          \
                if (!good(kal_##noun##_find(store, &filter, rows, &page, &err), &err)) break;      \
            good(kal_##noun##_count(store, &filter, &count, &err), &err);                          \
        }                                                                                          \
        kal_page page = {.capacity = 4};                                                           \
        kal_filter filter = {.session = session};                                                  \
        if (!good(kal_##noun##_find(store, &filter, rows, &page, &err), &err) || !page.count)      \
            return;                                                                                \
        (void)id;                                                                                  \
        good(kal_##noun##_get(store, key, &one, &err), &err);                                      \
    }

static kal_str kept(char *buffer, kal_str text) {
    snprintf(buffer, KAL_NAME_MAX + 1, "%.*s",
             (int)(text.len < KAL_NAME_MAX ? text.len : KAL_NAME_MAX), text.data ? text.data : "");
    return kal_text(buffer);
}

READ_NOUN(message, rows[0].id)
READ_NOUN(turn, rows[0].id)
READ_NOUN(session, kept(id, rows[0].id))
READ_NOUN(persona, kept(id, rows[0].id))
READ_NOUN(summary, kept(id, rows[0].id))
READ_NOUN(pin, kept(id, rows[0].id))
READ_NOUN(model, kept(id, rows[0].id))

static void read_search(kal_store *store) {
    static const char *const searches[] = {
        "boiler",           "\"boiler manual\"", "park* -level",          "三楼",
        "role:user drawer", "boiler OR plum",    "importance>0.4 message"};
    static const char *const queries[] = {
        "Where did we park?", "What did Anna say about the boiler?", "三楼停车", "uniq7"};
    kal_err err;
    size_t count;
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
        kal_found found[20];
        kal_search search = {.text = kal_text(searches[i]), .limit = 20};
        good(kal_search_find(store, &search, found, &count, &err), &err);
    }
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        kal_hit hits[20];
        kal_query query = {.text = kal_text(queries[i]), .limit = 20};
        good(kal_recall_find(store, &query, hits, &count, &err), &err);
    }
}

static void read_context(kal_store *store, kal_str session) {
    kal_request request = {
        .session = session, .query = kal_text("boiler"), .text = kal_text("Hm?"), .budget = 4000};
    kal_context *context = NULL;
    kal_context_info info;
    kal_prompt prompt;
    kal_item item;
    kal_err err;
    if (!good(kal_context_build(store, &request, &context, &err), &err)) return;
    good(kal_context_compare(store, context, &err), &err);
    kal_context_stat(context, &info);
    if (info.tokens > info.budget) abort();
    for (size_t i = 0; kal_context_message(context, i, &prompt); i++)
        (void)kal_tokens(prompt.content);
    for (size_t i = 0; kal_context_item(context, i, &item); i++)
        (void)kal_text_hash(item.text);
    kal_context_close(context);
}

static void read_rest(kal_store *store, kal_str session) {
    kal_err err;
    kal_message message;
    kal_session row;
    kal_str rejected[8];
    size_t count;
    static kal_stats stats;
    good(kal_pin_rejected(store, session, rejected, 8, &count, &err), &err);
    good(kal_message_get_external(store, session, kal_text("x"), &message, &err), &err);
    good(kal_session_get_external(store, kal_text("x"), &row, &err), &err);
    good(kal_stats_get(store, session, &stats, &err), &err);
}

kal_code world_read(kal_store *store, int *failures) {
    static const char *const sessions[] = {"s", "merge", "undo", "t"};
    kal_store_info info;
    kal_foreign foreign[16];
    kal_err err;
    size_t count;
    failed = 0;
    worst = KAL_OK;
    good(kal_store_stat(store, &info, &err), &err);
    good(kal_store_foreign(store, foreign, 16, &count, &err), &err);
    read_session(store, (kal_str){0});
    read_persona(store, (kal_str){0});
    read_model(store, (kal_str){0});
    read_message(store, (kal_str){0});
    read_search(store);
    for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++) {
        kal_str session = kal_text(sessions[i]);
        read_message(store, session);
        read_summary(store, session);
        read_pin(store, session);
        read_turn(store, session);
        read_context(store, session);
        read_rest(store, session);
    }
    *failures = failed;
    return worst;
}
