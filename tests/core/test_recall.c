/* Recall: what raises a message, which sessions take part, what is never found, and other languages against plain
 * FTS5. How well it ranks on long conversations is measured elsewhere (tests/bench/README.md). */
#include "support.h"

#include <math.h>

static kal_hit hits[100];
static size_t count;

static kal_code recall(fixture *f, const char *text) {
    kal_query query = {.text = T(text), .limit = 100};
    return kal_recall_find(f->store, &query, hits, &count, &f->err);
}

static int64_t say(fixture *f, const char *session, const char *role, const char *speaker,
                   const char *text) {
    kal_message row = {.session = T(session), .role = T(role), .text = T(text)};
    if (speaker) row.speaker = T(speaker);
    ok(kal_message_add(f->store, &row, &f->err));
    return row.id;
}

static int64_t best(fixture *f, const char *text) {
    ok(recall(f, text));
    return count ? hits[0].message.id : 0;
}

static size_t rank_of(int64_t id) {
    for (size_t i = 0; i < count; i++)
        if (hits[i].message.id == id) return i + 1;
    return 0;
}

static double score_of(int64_t id) {
    size_t rank = rank_of(id);
    return rank ? hits[rank - 1].score : 0;
}

/* The lists that the product gives the core, read from the script's text. */
static void take_english(fixture *f) {
    static char *file;
    static const char *const names[] = {"stop",       "asked",        "forms",    "related", "ask_when",
                                        "time_words", "first_person", "you_said", "look_up", "openers", "months", "past", "numbers"};
    char path[600];
    size_t size;
    snprintf(path, sizeof path, "%s", __FILE__);
    *strstr(path, "tests/core/") = 0;
    strcat(path, "scripts/words/english.lua");
    free(file);
    file = read_file(path, &size);
    kal_word_lists lists = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char head[40];
        snprintf(head, sizeof head, "  %s = [[\n", names[i]);
        char *from = strstr(file, head);
        if (!from) fail_msg("english.lua has no %s", names[i]);
        from += strlen(head);
        ((kal_str *)&lists)[i] = (kal_str){from, (size_t)(strstr(from, "]]") - from)};
    }
    ok(kal_recall_words(f->store, &lists, &f->err));
}

static int with_sessions(void **state) {
    in_file(state);
    take_english(*state);
    add_session(*state, "a");
    add_session(*state, "b");
    return 0;
}

static void nothing_is_found_where_nothing_is(void **state) {
    fixture *f = *state;
    assert_int_equal(best(f, "boiler"), 0);
    say(f, "a", "user", NULL, "The boiler is broken");
    assert_int_equal(best(f, "zebra walrus"), 0);
    assert_int_equal(best(f, "?!"), 0);
    assert_int_equal(best(f, "boilers"), 1);
}

static void an_answer_has_the_words_of_its_question(void **state) {
    fixture *f = *state;
    say(f, "a", "user", "Ann", "How was the pottery class?");
    int64_t answer = say(f, "a", "user", "Bob", "We made a bowl and I burnt my hand.");
    int64_t other_one = say(f, "b", "user", "Bob", "We made a bowl once.");
    assert_true(best(f, "What did Bob make in the pottery class?") == answer);
    assert_true(rank_of(other_one) > rank_of(answer));
}

static void the_speaker_who_is_named_is_heard_first(void **state) {
    fixture *f = *state;
    int64_t ann = say(f, "a", "user", "Ann", "The museum has a new roof."),
            bob = say(f, "b", "user", "Bob", "The museum has a new roof.");
    assert_true(best(f, "What did Ann tell of the museum?") == ann);
    assert_true(best(f, "What did Bob tell of the museum?") == bob);
    kal_weights none = kal_weights_default();
    none.speaker = none.first_person = 0;
    kal_query query = {.text = T("What did Ann tell of the museum?"), .limit = 5, .weights = &none};
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_true(hits[0].message.id == bob); /* equal: the newer first */
}

static void weights_that_make_no_sense_do_no_harm(void **state) {
    fixture *f = *state;
    for (int i = 0; i < 40; i++)
        say(f, i % 2 ? "a" : "b", i % 3 ? "assistant" : "user", NULL,
            i < 20  ? "the boiler manual, is it in the kitchen?"
            : i % 2 ? "kitchen"
                    : "a manual");
    static const double values[] = {0, -1, 1e-60, 1e60, 1000, 1, NAN, INFINITY};
    kal_weights weights;
    double *each = (double *)&weights;
    kal_query queries[] = {
        {.text = T("boiler manual kitchen")},
        {.text = T(
             "I was in the kitchen on 1 March 2025, and the manual of the boiler was not there.")}};
    for (size_t w = 0; w < sizeof weights / sizeof *each; w++)
        for (size_t v = 0; v < 2 * sizeof values / sizeof *values; v++) {
            weights = kal_weights_default();
            each[w] = values[v / 2];
            queries[v % 2].weights = &weights;
            queries[v % 2].limit = 100;
            ok(kal_recall_find(f->store, &queries[v % 2], hits, &count, &f->err));
            for (size_t i = 0; i < count; i++)
                for (size_t k = 0; k < i; k++)
                    assert_true(hits[i].message.id != hits[k].message.id);
        }
}

static void forms_and_related_words_are_found_after_the_word_itself(void **state) {
    fixture *f = *state;
    int64_t bought = say(f, "a", "user", NULL, "I bought it on Monday");
    assert_true(best(f, "buy") == bought);
    say(f, "a", "user", NULL, "x");
    int64_t dog = say(f, "b", "user", NULL, "My dog sleeps");
    assert_true(best(f, "animal") == dog);
    int64_t animal = say(f, "b", "user", NULL, "An animal sleeps");
    assert_true(best(f, "animal") == animal);
}

static void words_that_stand_together_count_more(void **state) {
    fixture *f = *state;
    say(f, "a", "user", NULL,
        "garden one two three four five six seven eight nine ten shed eleven");
    add_session(f, "c");
    int64_t near = say(f, "c", "user", NULL,
                       "one two three four five six garden shed seven eight nine ten eleven");
    add_session(f, "d");
    say(f, "d", "user", NULL,
        "garden one two three four five six seven eight nine ten shed eleven");
    assert_true(best(f, "garden shed") == near);
}

/* A text of 9,000 words, two of which are the given ones, at these places. */
static char *long_text(int first, int second) {
    char *text = malloc(9000 * 7 + 1), *p = text;
    for (int i = 0; i < 9000; i++)
        p += sprintf(p, "%s ", i == first ? "garden" : i == second ? "shed" : "word");
    return text;
}

/* Positions are looked at part by part. */
static void words_stand_together_wherever_they_do_in_a_long_message(void **state) {
    fixture *f = *state;
    static const int places[] = {1, 4080, 4088, 4090, 4093, 4095, 4096, 4100, 8175, 8180, 8192, 8990};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *together = long_text(places[i], places[i] + 7), *apart = long_text(places[i], places[i] + 8);
        int64_t near = say(f, "a", "user", NULL, together), far = say(f, "b", "user", NULL, apart);
        ok(recall(f, "garden shed"));
        assert_true(score_of(near) > 1.05 * score_of(far));
        ok(kal_message_del(f->store, near, &f->err));
        ok(kal_message_del(f->store, far, &f->err));
        free(together);
        free(apart);
    }
}

static void what_says_the_same_is_handed_out_once(void **state) {
    fixture *f = *state;
    kal_query query = {.text = T("When does the zebra eat apples?"), .limit = 100};
    int64_t first = say(f, "a", "user", NULL, "The zebra of Lisbon eats apples in the morning."),
            other = say(f, "a", "user", NULL, "A zebra is a kind of horse."),
            repeats = say(f, "a", "assistant", NULL, "Noted! \"The zebra of Lisbon eats apples in the morning.\""),
            again = say(f, "a", "user", NULL, "the zebra of Lisbon eats apples, in the morning"),
            last = say(f, "a", "user", NULL, "Apples are red.");
    char reasons[200];
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 5);
    double most = hits[0].score, less = score_of(other), least = score_of(last);
    query.similar = 0.8;
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 3);
    assert_int_equal(hits[0].message.id, again); /* the newest of what the user said */
    assert_true(hits[0].score == most && score_of(other) == less && score_of(last) == least);
    assert_int_equal(hits[0].copy_count, 2);
    assert_int_equal(hits[0].copies[0], first);
    assert_int_equal(hits[0].copies[1], repeats);
    assert_int_equal(hits[1].copy_count, 0);
    snprintf(reasons, sizeof reasons, "[[\"also said in\",\"%d %d\"],[\"words\",", (int)first, (int)repeats);
    assert_memory_equal(hits[0].reasons.data, reasons, strlen(reasons));
    assert_memory_equal(hits[0].reasons.data + hits[0].reasons.len - 2, "]]", 3);
    /* As much of it as nothing else says is no copy. */
    ok(kal_message_set(f->store,
                       &(kal_message){.id = repeats, .text = T("Noted! \"The zebra of Lisbon eats apples in the morning.\""
                                                               " And in the evening it has hay, which it takes in the"
                                                               " stable behind the house of the keeper.")},
                       &f->err));
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 4);
}

static void a_date_that_is_asked_for_raises_its_day(void **state) {
    fixture *f = *state;
    int64_t march = add_message_at(f, "a", "We ate soup", "2025-03-09T10:00:00.000Z");
    add_message_at(f, "b", "We ate soup", "2025-04-09T10:00:00.000Z");
    assert_true(best(f, "What did we eat on 9 March 2025?") == march);
    assert_true(best(f, "What did we eat in March?") == march);
}

static void the_assistants_words_count_less_unless_they_are_asked_for(void **state) {
    fixture *f = *state;
    int64_t user = say(f, "a", "user", NULL, "a boiler needs water"),
            reply = say(f, "b", "assistant", NULL, "a boiler needs water");
    assert_true(best(f, "boiler") == user);
    static const char *const asked_for[] = {"What was your advice about the boiler?", "Which boiler did you recommend?",
                                            "In our chat about the boiler, what was it?"};
    for (int i = 0; i < 3; i++) {
        ok(recall(f, asked_for[i]));
        assert_true(score_of(reply) > score_of(user));
    }
    assert_true(best(f, "Can you recommend a boiler?") == user); /* he will say something new */
    ok(recall(f, "Your advice about the boiler was fine. I shall follow it."));
    assert_true(score_of(reply) <
                score_of(user) * 1.2); /* a turn of a chat: it goes on with either */
}

static void what_the_assistant_answered_has_the_words_of_the_question(void **state) {
    fixture *f = *state;
    say(f, "a", "user", NULL, "Which hostel in Porto is quiet?");
    int64_t reply = say(f, "a", "assistant", NULL, "Try the house by the bridge.");
    assert_true(best(f, "What hostel in Porto was it that you recommended?") == reply);
}

static void who_asks_about_himself_is_told_what_he_said_of_himself(void **state) {
    fixture *f = *state;
    int64_t mine = say(f, "a", "user", NULL, "I have a camera, a good one");
    say(f, "b", "user", NULL, "Phones have a camera, a good one");
    assert_true(best(f, "Which camera do I use?") == mine);
}

static void archived_sessions_take_part_only_when_they_are_named(void **state) {
    fixture *f = *state;
    int64_t one = say(f, "a", "user", NULL, "the boiler"),
            two = say(f, "b", "user", NULL, "the boiler");
    kal_session row = {.id = T("a"), .archived_at = T("2025-04-01")};
    ok(kal_session_set(f->store, &row, &f->err));
    ok(recall(f, "boiler"));
    assert_int_equal(count, 1);
    assert_true(hits[0].message.id == two);
    kal_str sessions[] = {T("a")};
    kal_query query = {.text = T("boiler"), .limit = 5, .sessions = sessions, .session_count = 1};
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 1);
    assert_true(hits[0].message.id == one);
    sessions[0] = T("nowhere");
    fails(KAL_NOT_FOUND, kal_recall_find(f->store, &query, hits, &count, &f->err));
}

static void limit_budget_and_the_query_itself(void **state) {
    fixture *f = *state;
    for (int i = 0; i < 20; i++)
        say(f, "a", "user", NULL, "boiler and a few more words, to be a message of some length");
    kal_query query = {.text = T("boiler"), .limit = 7};
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 7);
    query = (kal_query){.text = T("boiler"), .limit = 100, .without = 5};
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 19);
    assert_int_equal(rank_of(5), 0);
    for (int64_t budget = 1; budget < 200; budget += 17) {
        size_t tokens = 0;
        query = (kal_query){.text = T("boiler"), .limit = 100, .budget = budget};
        ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
        for (size_t i = 0; i < count; i++)
            tokens += kal_tokens(hits[i].message.text);
        assert_true((int64_t)tokens <= budget);
    }
    query = (kal_query){.text = T("boiler"), .limit = 0};
    fails(KAL_MISUSE, kal_recall_find(f->store, &query, hits, &count, &f->err));
    query.limit = 1001;
    fails(KAL_MISUSE, kal_recall_find(f->store, &query, hits, &count, &f->err));
    fails(KAL_MISUSE, recall(f, ""));
    fails(KAL_MISUSE, recall(f, "\xC3"));
}

static const kal_hit *found(int64_t id) {
    size_t rank = rank_of(id);
    if (!rank) fail_msg("message %lld is not found", (long long)id);
    return &hits[rank - 1];
}

static void reasons_say_why(void **state) {
    fixture *f = *state;
    say(f, "a", "user", "Ann", "How is the boiler?");
    say(f, "a", "user", "Bob", "It leaks, and the manual is lost.");
    ok(recall(f, "What did Bob say about the manual of the boiler?"));
    assert_int_equal(hits[0].message.id, 2);
    const char *reasons = hits[0].reasons.data;
    assert_non_null(strstr(reasons, "[\"words\",\"manual\"]"));
    assert_non_null(strstr(reasons, "[\"nearby\",\"boiler\"]"));
    assert_non_null(strstr(reasons, "[\"speaker\",0.6]"));
    int64_t dog = say(f, "b", "user", NULL, "My dog sleeps");
    for (int i = 0; i < 4; i++)
        say(f, "b", "user", NULL, "Hm.");
    ok(recall(f, "animal"));
    assert_non_null(strstr(found(dog)->reasons.data, "[\"related to\",\"animal\"]"));
    assert_non_null(strstr(found(dog + 4)->reasons.data, "[\"nearby\",\"animal\"]"));
}

static void what_the_session_lends_is_told(void **state) {
    fixture *f = *state;
    int64_t zebra = say(f, "a", "user", NULL, "A zebra, a zebra and a tiger");
    say(f, "a", "user", NULL, "x");
    int64_t beside = say(f, "a", "user", NULL, "They sleep.");
    say(f, "b", "user", NULL, "No animal at all");
    ok(recall(f, "zebra tiger"));
    assert_true(found(zebra)->lent > 0 && found(zebra)->lent < found(zebra)->score / 2);
    double part = found(zebra)->lent / found(zebra)->score;
    assert_true(found(beside)->lent > 1.5 * part * found(beside)->score);
    assert_true(found(beside)->lent < found(beside)->score);
    kal_weights none = kal_weights_default();
    none.session = 0;
    ok(kal_recall_find(f->store,
                       &(kal_query){.text = T("zebra tiger"), .limit = 10, .weights = &none}, hits,
                       &count, &f->err));
    assert_true(found(zebra)->lent == 0 && found(beside)->lent == 0);
}

static void who_only_asks_tells_nothing(void **state) {
    fixture *f = *state;
    say(f, "a", "user", NULL, "x");
    int64_t asks = say(f, "a", "user", NULL, "Hi! Have you seen the zebra of the zoo?");
    say(f, "b", "user", NULL, "x");
    int64_t tells = say(f, "b", "user", NULL, "I have seen the zebra of the zoo today. And you?");
    assert_true(best(f, "What about the zebra of the zoo?") == tells);
    double fair = score_of(asks) / score_of(tells);
    kal_weights none = kal_weights_default();
    none.asking = 0;
    kal_query query = {.text = T("What about the zebra of the zoo?"), .limit = 10, .weights = &none};
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_true(fabs(score_of(asks) / score_of(tells) * 0.8 - fair) < 0.001);
    ok(recall(f, "I go on. We talk about the zebra of the zoo.")); /* a topic is one, asked or told */
    fair = score_of(asks) / score_of(tells);
    query.text = T("I go on. We talk about the zebra of the zoo.");
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_true(fabs(score_of(asks) / score_of(tells) - fair) < 0.001);
    say(f, "a", "assistant", NULL, "No.");
    say(f, "b", "assistant", NULL, "No.");
    query.text = T("What about the zebra of the zoo?");
    none.asking_assistant = 0;
    ok(recall(f, "What about the zebra of the zoo?"));
    fair = score_of(asks) / score_of(tells);
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_true(fabs(score_of(asks) / score_of(tells) * 0.6 - fair) < 0.001); /* a request is one more often */
}

static void what_is_asked_weighs_more_than_what_leads_up_to_it(void **state) {
    fixture *f = *state;
    int64_t asked = say(f, "a", "user", NULL, "The zebra was warm."),
            told = say(f, "b", "user", NULL, "The museum was warm.");
    assert_true(best(f, "I was in the museum. How is the zebra?") == asked);
    double more = score_of(asked) / score_of(told);
    ok(recall(f, "I was in the museum. Here is the zebra."));
    assert_true(more > 1.2 * score_of(asked) / score_of(told));
}

static void a_name_in_the_query_weighs_more_than_another_word(void **state) {
    fixture *f = *state;
    int64_t name = say(f, "a", "user", NULL, "Lisbon was warm."),
            word = say(f, "b", "user", NULL, "The museum was warm.");
    assert_true(best(f, "the museum in Lisbon") == name);
    double more = score_of(name) / score_of(word);
    ok(recall(f, "the museum in lisbon"));
    assert_true(more > 1.5 * score_of(name) / score_of(word));
}

static void an_assistants_words_count_less_for_their_session(void **state) {
    fixture *f = *state;
    int64_t told = say(f, "a", "user", NULL, "The zebra has a tiger.");
    say(f, "a", "assistant", NULL, "Good.");
    say(f, "b", "user", NULL, "Good morning.");
    say(f, "b", "assistant", NULL, "The zebra has a tiger. That tiger has a kitten.");
    kal_weights weights = kal_weights_default();
    kal_query query = {.text = T("zebra tiger"), .limit = 10, .weights = &weights};
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    double lent = found(told)->lent / found(told)->score;
    assert_true(lent > 0);
    weights.session_assistant = 3;
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_true(found(told)->lent / found(told)->score < lent);
}

/* Another request is not about what was asked for before; a friend who goes on is. */
static void what_is_looked_up_with_an_assistant_is_one_exchange(void **state) {
    fixture *f = *state;
    int64_t bees = say(f, "a", "user", NULL, "I keep bees behind the shed.");
    say(f, "a", "assistant", NULL, "Lovely!");
    int64_t dinner = say(f, "a", "user", NULL, "What can I cook tonight?");
    ok(recall(f, "Where do I keep bees?"));
    assert_int_equal(hits[0].message.id, bees);
    assert_int_equal(rank_of(dinner), 0);
    assert_true(rank_of(bees) && recall(f, "The bees are loud today. I wonder why they are.") == KAL_OK);
    assert_true(rank_of(dinner)); /* the next turn goes on with all of it */
    say(f, "b", "user", "Ann", "I keep bees.");
    say(f, "b", "user", "Bob", "Lovely!");
    int64_t friend = say(f, "b", "user", "Ann", "They live behind the shed.");
    ok(recall(f, "Where does Ann keep bees?"));
    assert_true(rank_of(friend));
}

/* Friends who ask an assistant once talk with each other all the same. */
static void an_assistant_who_is_asked_once_makes_no_chat_with_him(void **state) {
    fixture *f = *state;
    say(f, "a", "user", "Ann", "I keep bees.");
    say(f, "a", "user", "Bob", "Lovely!");
    int64_t ann = say(f, "a", "user", "Ann", "They live behind the shed.");
    for (int i = 0; i < 2; i++) {
        ok(recall(f, "Where does Ann keep bees?"));
        assert_true(rank_of(ann));
        say(f, "a", "assistant", NULL, "Good evening!");
        for (int k = 0; k < 4; k++)
            say(f, "a", "user", k % 2 ? "Ann" : "Bob", "Hm.");
    }
    for (int i = 0; i < 4; i++)
        say(f, "a", "assistant", NULL, "Good evening!");
    ok(recall(f, "Where does Ann keep bees?"));
    assert_int_equal(rank_of(ann), 0);
}

static void two_messages_away_the_same_one_goes_on(void **state) {
    fixture *f = *state;
    say(f, "a", "user", "Ann", "The zebra is ill.");
    say(f, "a", "user", "Bob", "Oh.");
    int64_t ann = say(f, "a", "user", "Ann", "Since Monday.");
    say(f, "b", "user", "Ann", "The zebra is ill.");
    say(f, "b", "user", "Ann", "Oh.");
    int64_t bob = say(f, "b", "user", "Bob", "Since Monday.");
    ok(recall(f, "zebra"));
    assert_true(rank_of(ann));
    assert_int_equal(rank_of(bob), 0);
    for (int i = 0; i < 4; i++)
        say(f, i % 2 ? "a" : "b", "user", "Ann", "Hm.");
    ann = say(f, "a", "user", "Ann", "Listen.");
    bob = say(f, "b", "user", "Bob", "Listen.");
    for (int i = 0; i < 2; i++)
        say(f, i ? "a" : "b", "user", i ? "Bob" : "Ann", "Yes.");
    say(f, "a", "user", "Ann", "The tiger is ill.");
    say(f, "b", "user", "Ann", "The tiger is ill.");
    ok(recall(f, "tiger"));
    assert_true(rank_of(ann)); /* nor does anybody prepare what somebody else says two messages later */
    assert_int_equal(rank_of(bob), 0);
}

static void a_session_lends_only_what_sets_it_apart(void **state) {
    fixture *f = *state;
    int64_t one = say(f, "a", "user", NULL, "The zebra sleeps.");
    say(f, "a", "user", NULL, "The tiger does not.");
    ok(recall(f, "zebra"));
    assert_true(found(one)->lent == 0); /* there is no other session */
    say(f, "b", "user", NULL, "Good morning.");
    ok(recall(f, "zebra"));
    assert_true(found(one)->lent > 0);
}

static double newer_to_older(fixture *f, const char *query, int64_t newer, int64_t older) {
    ok(recall(f, query));
    return score_of(newer) / score_of(older);
}

static void a_newer_session_is_gone_on_with_when_an_assistant_takes_part(void **state) {
    fixture *f = *state;
    static const char turn[] = "I go on with the zebra now. It sleeps.";
    int64_t older = say(f, "a", "user", "Ann", "My zebra."), newer = say(f, "b", "user", "Ann", "My zebra.");
    assert_true(fabs(newer_to_older(f, turn, newer, older) - 1) < 1e-4);
    say(f, "a", "assistant", NULL, "Good.");
    say(f, "b", "assistant", NULL, "Good.");
    assert_true(newer_to_older(f, turn, newer, older) > 1.02);
    assert_true(fabs(newer_to_older(f, "zebra", newer, older) - 1) < 1e-4);
}

static void a_hit_tells_what_it_answers_or_what_answers_it(void **state) {
    fixture *f = *state;
    say(f, "a", "user", NULL, "Good morning.");
    int64_t question = say(f, "a", "user", NULL, "Where does the zebra live?");
    int64_t answer = say(f, "a", "assistant", NULL, "The zebra lives in the stable.");
    int64_t lone = say(f, "a", "user", NULL, "I like the zebra.");
    int64_t ann = say(f, "b", "user", "Ann", "How is your zebra?");
    say(f, "b", "user", "Ann", "I heard it limps.");
    int64_t bob = say(f, "b", "user", "Bob", "The zebra is fine again.");
    int64_t more = say(f, "b", "user", "Bob", "A zebra is strong.");
    int64_t last = say(f, "b", "user", "Bob", "Is a zebra stronger?");
    ok(recall(f, "zebra"));
    assert_int_equal(found(question)->answer, answer);
    assert_int_equal(found(answer)->question, question);
    assert_true(!found(question)->question && !found(answer)->answer);
    assert_true(!found(lone)->question && !found(lone)->answer); /* what it follows asks nothing */
    assert_int_equal(found(ann)->answer, bob);
    assert_int_equal(found(bob)->question, 0); /* the nearest by somebody else asks nothing */
    assert_true(!found(more)->question && !found(last)->answer && !found(last)->question);
}

static int64_t say_on(fixture *f, const char *session, const char *day, const char *text) {
    char time[30];
    snprintf(time, sizeof time, "%sT10:00:00Z", day);
    kal_message row = {
        .session = T(session), .role = T("user"), .text = T(text), .created_at = T(time)};
    ok(kal_message_add(f->store, &row, &f->err));
    return row.id;
}

static int64_t best_asked(fixture *f, const char *text, const char *asked) {
    kal_query query = {.text = T(text), .limit = 100, .asked = T(asked)};
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    return count ? hits[0].message.id : 0;
}

static void a_time_ago_is_counted_from_when_it_is_asked(void **state) {
    fixture *f = *state;
    int64_t words = say_on(f, "a", "2025-01-07", "I met an aunt two weeks ago, for lunch."),
            lunch = say_on(f, "b", "2025-03-13", "I met Henrik for lunch.");
    add_session(f, "c");
    int64_t zoo = say_on(f, "c", "2025-03-26", "The zoo was fun.");
    static const char *const question = "Whom did I meet for lunch two weeks ago?";
    assert_true(best_asked(f, question, "2025-03-27") == lunch);
    assert_non_null(strstr(hits[0].reasons.data, "date asked for"));
    assert_true(best_asked(f, question, "2025-06-27") == words); /* nothing was said then */
    assert_true(best_asked(f, "What did I do yesterday?", "2025-03-27") == zoo);
    assert_int_equal(count, 1); /* all of its words say when */
    assert_true(best_asked(f, "What did I do last week?", "2025-04-03") == zoo);
    assert_true(best_asked(f, "What did I do yesterday?", "2025-06-27") == 0);
    kal_query query = {.text = T(question), .limit = 1, .now = T("2025-03-27T12:00:00Z")};
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err)); /* asked now */
    assert_true(hits[0].message.id == lunch);
    query.asked = T("soon");
    fails(KAL_MISUSE, kal_recall_find(f->store, &query, hits, &count, &f->err));
}

static void what_was_said_after_now_is_not_found(void **state) {
    fixture *f = *state;
    static const char *const TIMES[] = {"1999-12-31T10:00:00Z", "2025-03-01T09:00:00Z",
                                        "2025-03-01T11:00:00Z", "2025-03-02T09:00:00Z"};
    for (size_t i = 0; i < 4; i++) {
        kal_message row = {.session = T("a"),
                           .role = T("user"),
                           .text = T("the boiler"),
                           .created_at = kal_text(TIMES[i])};
        ok(kal_message_add(f->store, &row, &f->err));
    }
    kal_query query = {.text = T("boiler"), .limit = 10, .now = T("2025-03-01 12:00:00+02:00")};
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 2);
    assert_true(rank_of(1) && rank_of(2));
    query.now = T("2025-03-01T11:00:00Z");
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 3);
    query.now = T("soon");
    assert_int_equal(kal_recall_find(f->store, &query, hits, &count, &f->err), KAL_MISUSE);
    assert_string_equal(f->err.message, "recall.now is not a time: 'soon'");
}

static void what_is_gone_or_changed_is_not_found(void **state) {
    fixture *f = *state;
    int64_t one = say(f, "a", "user", NULL, "the boiler"),
            two = say(f, "a", "user", NULL, "the boiler too");
    kal_message change = {.id = one, .text = T("the stove")};
    ok(kal_message_set(f->store, &change, &f->err));
    ok(recall(f, "boiler"));
    assert_true(hits[0].message.id == two);
    run(f, "UPDATE messages SET text = 'the kettle' WHERE id = %d", (int)two); /* by the original */
    assert_int_equal(best(f, "boiler"), 0);
    assert_true(best(f, "kettle") == two);
    run(f,
        "INSERT INTO messages(session_id, role, text, created_at) VALUES ('a', 'user', 'a zebra', '2025-05-01')");
    assert_int_equal(best(f, "zebra"), 3);
    run(f, "DELETE FROM messages WHERE id = 3");
    assert_int_equal(best(f, "zebra"), 0);
    run(f, "DELETE FROM sessions");
    assert_int_equal(best(f, "kettle stove"), 0);
}

static void an_undone_transaction_leaves_no_trace(void **state) {
    fixture *f = *state;
    ok(kal_store_begin(f->store, &f->err));
    say(f, "a", "user", "Zoe", "the boiler");
    assert_int_equal(best(f, "boiler"), 1);
    kal_store_rollback(f->store);
    assert_int_equal(best(f, "boiler"), 0);
    ok(kal_store_begin_read(f->store, &f->err));
    assert_int_equal(best(f, "boiler"), 0);
    ok(kal_store_commit(f->store, &f->err));
}

static void any_query_gives_falling_scores_and_the_same_again(void **state) {
    fixture *f = *state;
    static const char *const words[] = {"boiler", "when",    "Ann",  "may 3", "?",        ".",
                                        "dog",    "animals", "停车", "\"",    "you said", "2025",
                                        "my",     "manual",  "a",    "und",   "è"};
    dice d = {8};
    for (int i = 0; i < 120; i++) {
        char text[300] = "x ";
        for (int n = (int)below(&d, 12); n > 0; n--) {
            strcat(text, words[below(&d, 17)]);
            strcat(text, " ");
        }
        say(f, below(&d, 2) ? "a" : "b", below(&d, 3) ? "user" : "assistant",
            below(&d, 2) ? "Ann" : NULL, text);
    }
    for (int i = 0; i < 200; i++) {
        char text[600] = "";
        int64_t first;
        for (int n = (int)below(&d, 30) + 1; n > 0; n--) {
            strcat(text, words[below(&d, 17)]);
            strcat(text, below(&d, 3) ? " " : ". ");
        }
        first = best(f, text);
        for (size_t k = 0; k < count; k++) {
            assert_true(hits[k].score > 0 && hits[k].score < 1e9);
            if (k) assert_true(hits[k].score <= hits[k - 1].score);
        }
        assert_true(best(f, text) == first);
    }
}

/* Three messages about nothing, `apart` ids from each other: as many places as that takes are looked at. */
static void put_aside(fixture *f, int64_t apart) {
    ok(kal_store_begin(f->store, &f->err));
    for (int i = 1; i <= 3; i++) {
        kal_message row = {.has = KAL_MESSAGE_ID,
                           .id = 300 + i * apart,
                           .session = T("b"),
                           .role = T("user"),
                           .text = T("well")};
        ok(kal_message_add(f->store, &row, &f->err));
    }
    ok(kal_store_commit(f->store, &f->err));
}

static void take_away(fixture *f, int64_t apart) {
    for (int i = 1; i <= 3; i++)
        ok(kal_message_del(f->store, 300 + i * apart, &f->err));
}

/* How far apart the ids of other messages are, and so in how many blocks the records stand. */
static void the_ids_of_other_messages_change_no_score(void **state) {
    fixture *f = *state;
    static const char *const texts[] = {
        "the boiler",      "a manual, a boiler?", "no", "Where is the manual?",
        "It is the stove", "boiler boiler",       "ok", "the manual of a boiler"};
    static double scores[100];
    dice d = {3};
    for (int i = 0; i < 70; i++) {
        bool people = below(&d, 2) == 0; /* "a" is a chat with an assistant */
        bool user = people || below(&d, 2) == 0;
        say(f, people ? "b" : "a", user ? "user" : "assistant", people && below(&d, 2) ? "Ann" : NULL,
            texts[below(&d, 8)]);
    }
    for (int round = 0; round < 20; round++) {
        const char *query =
            round % 2 ? "boiler manual" : "Where did you say is the manual of the boiler?";
        kal_message change = {.id = 1 + (int64_t)below(&d, 70), .text = T(texts[below(&d, 8)])};
        put_aside(f, 1);
        ok(recall(f, query));
        ok(kal_message_set(f->store, &change, &f->err));
        ok(recall(f, query));
        size_t n = count;
        for (int id = 1; id <= 70; id++)
            scores[id] = score_of(id);
        take_away(f, 1);
        put_aside(f, 400);
        ok(recall(f, query));
        assert_int_equal(count, n);
        for (int id = 1; id <= 70; id++)
            assert_true(fabs(score_of(id) - scores[id]) <= 1e-5 * scores[id]);
        take_away(f, 400);
    }
}

/* ---- other languages ---- */

typedef struct pair {
    char language[8], message[400], question[400];
} pair;

static size_t read_pairs(const char *language, pair *out, size_t room, char reply[400]) {
    char path[600], line[1000];
    size_t n = 0;
    snprintf(path, sizeof path, "%s", __FILE__);
    *strstr(path, "core/") = 0;
    strcpy(strstr(path, "tests/"), "tests/fixtures/languages.tsv");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        pair p;
        if (sscanf(line, "%7[a-z]\t%399[^\t]\t%399[^\n]", p.language, p.message, p.question) != 3)
            continue;
        if (strcmp(p.language, language) != 0) continue;
        if (strcmp(p.message, "reply") == 0)
            strcpy(reply, p.question);
        else if (n < room)
            out[n++] = p;
    }
    fclose(file);
    return n;
}

/* What plain FTS5 gives: the words of the question with OR between them, best of bm25; 0 when it is not there. */
static size_t plain_rank(fixture *f, const char *question, int64_t id) {
    char copy[400], expression[1000] = "";
    size_t rank = 0, at = 0;
    strcpy(copy, question);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
        sprintf(expression + strlen(expression), "%s\"%s\"", *expression ? " OR " : "", w);
    sqlite3_stmt *q;
    sqlite3_prepare_v2(
        other(f), "SELECT rowid FROM plain WHERE plain MATCH ?1 ORDER BY bm25(plain), rowid DESC",
        -1, &q, NULL);
    sqlite3_bind_text(q, 1, expression, -1, SQLITE_TRANSIENT);
    while (sqlite3_step(q) == SQLITE_ROW && ++at)
        if (sqlite3_column_int64(q, 0) == id) rank = at;
    sqlite3_finalize(q);
    return rank;
}

static void compare_language(fixture *f, const char *language) {
    static pair pairs[100];
    char reply[400];
    int64_t ids[100];
    double plain = 0, ours = 0;
    int plain5 = 0, ours5 = 0;
    size_t n = read_pairs(language, pairs, 100, reply), asked = 0;
    assert_true(n >= 30);
    run(f, "DELETE FROM sessions");
    run(f, "DROP TABLE IF EXISTS temp.plain");
    run(f, "CREATE VIRTUAL TABLE temp.plain USING fts5(text, tokenize='unicode61')");
    for (size_t i = 0; i < n; i++) {
        char session[20];
        snprintf(session, sizeof session, "%s%d", language, (int)i / 4);
        if (i % 4 == 0) add_session(f, session);
        ids[i] = say(f, session, "user", NULL, pairs[i].message);
        say(f, session, "assistant", NULL, reply);
    }
    run(f, "INSERT INTO temp.plain(rowid, text) SELECT id, text FROM messages");
    for (size_t i = 0; i < n; i++) {
        if (strcmp(pairs[i].question, "-") == 0) continue;
        asked++;
        size_t rank = plain_rank(f, pairs[i].question, ids[i]);
        plain += rank ? 1.0 / (double)rank : 0;
        plain5 += rank && rank <= 5;
        best(f, pairs[i].question);
        rank = rank_of(ids[i]);
        ours += rank ? 1.0 / (double)rank : 0;
        ours5 += rank && rank <= 5;
        if (getenv("KALITO_SHOW") && rank != 1)
            print_message("%s: %d\n", pairs[i].question, (int)rank);
    }
    print_message("# %s: MRR %.3f, plain FTS5 %.3f; R@5 %.3f, %.3f\n", language,
                  ours / (double)asked, plain / (double)asked, (double)ours5 / (double)asked,
                  (double)plain5 / (double)asked);
    assert_true(ours >= plain - 1e-9);
    assert_true(ours5 >= plain5);
}

static void other_languages_are_not_worse_than_plain_fts5(void **state) {
    fixture *f = *state;
    compare_language(f, "de");
    compare_language(f, "es");
    compare_language(f, "zh");
    compare_language(f, "ja");
    compare_language(f, "ru");
    compare_language(f, "ko");
}

#define ON_SESSIONS(test) cmocka_unit_test_setup_teardown(test, with_sessions, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_SESSIONS(nothing_is_found_where_nothing_is),
        ON_SESSIONS(an_answer_has_the_words_of_its_question),
        ON_SESSIONS(the_speaker_who_is_named_is_heard_first),
        ON_SESSIONS(weights_that_make_no_sense_do_no_harm),
        ON_SESSIONS(forms_and_related_words_are_found_after_the_word_itself),
        ON_SESSIONS(words_that_stand_together_count_more),
        ON_SESSIONS(words_stand_together_wherever_they_do_in_a_long_message),
        ON_SESSIONS(what_says_the_same_is_handed_out_once),
        ON_SESSIONS(a_date_that_is_asked_for_raises_its_day),
        ON_SESSIONS(the_assistants_words_count_less_unless_they_are_asked_for),
        ON_SESSIONS(what_the_assistant_answered_has_the_words_of_the_question),
        ON_SESSIONS(who_asks_about_himself_is_told_what_he_said_of_himself),
        ON_SESSIONS(archived_sessions_take_part_only_when_they_are_named),
        ON_SESSIONS(limit_budget_and_the_query_itself),
        ON_SESSIONS(a_hit_tells_what_it_answers_or_what_answers_it),
        ON_SESSIONS(reasons_say_why),
        ON_SESSIONS(what_the_session_lends_is_told),
        ON_SESSIONS(who_only_asks_tells_nothing),
        ON_SESSIONS(what_is_asked_weighs_more_than_what_leads_up_to_it),
        ON_SESSIONS(a_name_in_the_query_weighs_more_than_another_word),
        ON_SESSIONS(an_assistants_words_count_less_for_their_session),
        ON_SESSIONS(what_is_looked_up_with_an_assistant_is_one_exchange),
        ON_SESSIONS(an_assistant_who_is_asked_once_makes_no_chat_with_him),
        ON_SESSIONS(two_messages_away_the_same_one_goes_on),
        ON_SESSIONS(a_session_lends_only_what_sets_it_apart),
        ON_SESSIONS(a_newer_session_is_gone_on_with_when_an_assistant_takes_part),
        ON_SESSIONS(a_time_ago_is_counted_from_when_it_is_asked),
        ON_SESSIONS(what_was_said_after_now_is_not_found),
        ON_SESSIONS(what_is_gone_or_changed_is_not_found),
        ON_SESSIONS(an_undone_transaction_leaves_no_trace),
        ON_SESSIONS(any_query_gives_falling_scores_and_the_same_again),
        ON_SESSIONS(the_ids_of_other_messages_change_no_score),
        ON_SESSIONS(other_languages_are_not_worse_than_plain_fts5),
    };
    return cmocka_run_group_tests_name("recall", tests, NULL, NULL);
}
