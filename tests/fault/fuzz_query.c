/* What a user may ask: text to search for and to recall by. */
#include "fuzz.h"
#include "support.h"

static kal_store *store;

static void fill(void) {
    static const char *const texts[] = {"where did we park? level three", "三楼停车, because",
                                        "the boiler manual is in the \"second\" drawer",
                                        "NEAR/2 AND OR NOT park*", "don't C++ a_b 3.14 2025-03-01"};
    kal_store_open(":memory:", NULL, &store, NULL);
    kal_session session = {.id = kal_text("s"), .name = kal_text("Trip")};
    kal_session_add(store, &session, NULL);
    for (int i = 0; i < 50; i++) {
        kal_message row = {.session = kal_text("s"),
                           .role = kal_text(i % 2 ? "assistant" : "user"),
                           .text = kal_text(texts[i % 5]),
                           .speaker = kal_text(i % 3 ? "Anna" : "Ben")};
        kal_message_add(store, &row, NULL);
    }
    kal_pin pin = {.session = kal_text("s"), .content = kal_text("the boiler")};
    kal_pin_add(store, &pin, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    kal_found found[10];
    kal_hit hits[10];
    size_t count;
    kal_err err;
    if (!store) fill();
    kal_str text = {(const char *)data, size};
    kal_search search = {.text = text, .limit = 10};
    kal_query query = {.text = text, .limit = 10};
    kal_code code = kal_search_find(store, &search, found, &count, &err);
    if (code != KAL_OK && code != KAL_MISUSE && code != KAL_NOT_FOUND) abort();
    for (size_t i = 0; code == KAL_OK && i < count; i++)
        for (size_t k = 0; k < found[i].span_count; k++)
            if (found[i].spans[k].to > found[i].text.len) abort();
    code = kal_recall_find(store, &query, hits, &count, &err);
    if (code != KAL_OK && code != KAL_MISUSE) abort();
    return 0;
}
