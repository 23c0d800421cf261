/* Contexts: what is a candidate, what is taken under the budget, and that every one is explained. The last
 * part throws random sessions, plans and budgets at it. */
#include "support.h"

#define RECALLED(message, points) {.id = (message), .score = (points)}

static kal_context *context;
static kal_context_info info;

static void drop(void) {
    kal_context_close(context);
    context = NULL;
}

/* Builds anew; leaves the figures in `info`. */
static kal_code build(fixture *f, kal_request request) {
    drop();
    kal_code code = kal_context_build(f->store, &request, &context, &f->err);
    if (code == KAL_OK)
        kal_context_stat(context, &info);
    else
        assert_null(context);
    return code;
}

static kal_prompt message(size_t i) {
    kal_prompt p;
    assert_true(kal_context_message(context, i, &p));
    return p;
}

static kal_item item(size_t i) {
    kal_item it;
    assert_true(kal_context_item(context, i, &it));
    return it;
}

/* "pin:p1 recent:3" of what is in; with a minus of what is out. */
static const char *outline(void) {
    static char text[65536];
    char *p = text;
    *p = 0;
    for (size_t i = 0; i < info.items; i++) {
        kal_item it = item(i);
        p += sprintf(p, "%s%s%s:%.*s", i ? " " : "", it.in ? "" : "-", kal_part_name(it.part),
                     (int)it.id.len, it.id.data ? it.id.data : "");
    }
    return text;
}

static int64_t counted(void) {
    int64_t sum = 0;
    for (size_t i = 0; i < info.messages; i++)
        sum += (int64_t)kal_tokens(message(i).content) + KAL_MESSAGE_TOKENS;
    return sum;
}

static int with_session(void **state) {
    in_memory(state);
    add_session(*state, "s");
    return 0;
}

static int down(void **state) {
    drop();
    return tear_down(state);
}

/* ---- what is shown */

static void an_empty_session_gives_an_empty_context(void **state) {
    fixture *f = *state;
    ok(build(f, (kal_request){.session = T("s"), .budget = 1}));
    assert_int_equal(info.messages, 0);
    assert_int_equal(info.items, 0);
    assert_int_equal(info.tokens, 0);
    assert_int_equal(info.bytes, 0);
    assert_int_equal(info.budget, 1);
    assert_text(info.session, "s");
    kal_prompt p;
    kal_item it;
    assert_false(kal_context_message(context, 0, &p));
    assert_false(kal_context_item(context, 0, &it));
}

static void all_parts_stand_in_their_order(void **state) {
    fixture *f = *state;
    add_persona(f, "guide", "general", true);
    kal_session change = {.id = T("s"), .persona = T("guide")};
    ok(kal_session_set(f->store, &change, &f->err));
    int64_t old = add_message(f, "s", "We parked on level 3.");
    add_pin(f, "s", "p1", "The car is red.", 0.9);
    add_pin(f, "s", "p2", "The trip begins on Monday.", 0.95);
    add_summary(f, "s", "m1", "They planned a trip.", 0.7);
    kal_session boundary = {
        .has = KAL_BIT(10), .id = T("s"), .boundary_at = T("2029-01-01"), .boundary_id = 0};
    ok(kal_session_set(f->store, &boundary, &f->err));
    add_message_at(f, "s", "Hello?", "2030-01-01");
    kal_message reply = {.session = T("s"), .role = T("assistant"), .text = T("Hello!")};
    ok(kal_message_add(f->store, &reply, &f->err));
    kal_recalled recalled = {.id = old, .score = 3.5, .reasons = T("[[\"parking\",3.5]]")};
    ok(build(f, (kal_request){.session = T("s"),
                              .text = T("Where is the car?"),
                              .budget = 1000,
                              .recalled = &recalled,
                              .recalled_count = 1}));
    assert_string_equal(outline(),
                        "persona:guide pin:p2 pin:p1 summary:m1 recent:2 recent:3 recalled:1 new:");
    assert_int_equal(info.messages, 5);
    assert_text(message(0).role, "system");
    assert_text(message(0).content,
                "You are helpful.\n\n# Pinned\n- The trip begins on Monday.\n- The car is "
                "red.\n\n# Summaries of earlier messages\n- They planned a trip.");
    assert_text(message(1).role, "user");
    assert_text(message(1).content, "Hello?");
    assert_text(message(2).role, "assistant");
    assert_text(message(2).content, "Hello!");
    assert_text(message(3).role, "system");
    assert_text(message(3).content,
                "# Recalled from earlier messages\n- [2025-03-01 user] We parked on level 3.");
    assert_text(message(4).role, "user");
    assert_text(message(4).content, "Where is the car?");
    assert_true(counted() <= info.tokens && info.tokens <= 1000);
    kal_item it = item(6);
    assert_text(it.reasons, "[[\"parking\",3.5]]");
    assert_true(it.score == 3.5);
    assert_text(it.text, "We parked on level 3.");
    assert_text(it.role, "user");
    assert_string_equal(it.why, "recalled for the query");
    assert_true(item(1).score == 0.95);
    assert_text(item(1).role, NULL);
    assert_int_equal(message(4).content.data[message(4).content.len], 0);
}

static void the_part_names_are_fixed(void **state) {
    (void)state;
    static const char *const names[KAL_PARTS] = {"persona",  "pin",    "summary",
                                                 "recalled", "recent", "new"};
    for (int i = 0; i < KAL_PARTS; i++)
        assert_string_equal(kal_part_name((kal_part)i), names[i]);
    assert_string_equal(kal_part_name((kal_part)99), "unknown");
}

static void the_default_plan_is_the_originals(void **state) {
    fixture *f = *state;
    kal_plan plan = kal_plan_default();
    assert_int_equal(plan.pin.limit, 10);
    assert_int_equal(plan.summary.limit, 3);
    assert_int_equal(plan.recent.limit, 20);
    char id[16];
    for (int i = 0; i < 30; i++) {
        snprintf(id, sizeof id, "n%02d", i);
        add_pin(f, "s", id, "x", 0.5);
        add_summary(f, "s", id, "x", 0.5);
        add_message(f, "s", "x");
    }
    ok(build(f, (kal_request){.session = T("s"), .budget = 100000}));
    size_t counts[KAL_PARTS] = {0};
    for (size_t i = 0; i < info.items; i++)
        counts[item(i).part]++;
    assert_int_equal(counts[KAL_PART_PIN], 10);
    assert_int_equal(counts[KAL_PART_SUMMARY], 3);
    assert_int_equal(counts[KAL_PART_RECENT], 20);
    assert_text(item(0).id, "n29"); /* of equal importance, the newest */
    assert_text(item(info.items - 1).id, "30");
}

static void the_persona_may_be_chosen_or_replaced_by_a_prompt(void **state) {
    fixture *f = *state;
    add_persona(f, "own", NULL, false);
    add_persona(f, "other", NULL, false);
    kal_session change = {.id = T("s"), .persona = T("own")};
    ok(kal_session_set(f->store, &change, &f->err));
    ok(build(f, (kal_request){.session = T("s"), .budget = 100}));
    assert_string_equal(outline(), "persona:own");
    ok(build(f, (kal_request){.session = T("s"), .persona = T("other"), .budget = 100}));
    assert_string_equal(outline(), "persona:other");
    ok(build(f, (kal_request){.session = T("s"), .prompt = T("Be brief."), .budget = 100}));
    assert_text(message(0).content, "Be brief.");
    ok(build(f, (kal_request){.session = T("s"), .prompt = T(""), .budget = 100}));
    assert_int_equal(info.messages, 0);
    fails(KAL_NOT_FOUND,
          build(f, (kal_request){.session = T("s"), .persona = T("none"), .budget = 100}));
}

static void a_persona_that_another_program_has_deleted_is_left_out(void **state) {
    fixture *f = *state;
    add_persona(f, "gone", NULL, false);
    kal_session row = {.id = T("s"), .persona = T("gone")};
    ok(kal_session_add(f->store, &row, &f->err));
    run(f, "DELETE FROM personas");
    ok(build(f, (kal_request){.session = T("s"), .budget = 100}));
    assert_int_equal(info.items, 0);
}

static void a_stored_message_is_shown_once_and_ends_the_conversation(void **state) {
    fixture *f = *state;
    for (int i = 0; i < 5; i++)
        add_message(f, "s", "x");
    kal_recalled recalled[] = {RECALLED(4, 2), RECALLED(2, 1)};
    ok(build(f, (kal_request){.session = T("s"),
                              .message = 4,
                              .budget = 1000,
                              .recalled = recalled,
                              .recalled_count = 2}));
    assert_string_equal(outline(), "recent:1 recent:2 recent:3 -recalled:2 -recalled:4 new:4");
    assert_string_equal(item(3).why, "already shown as a recent message");
    assert_int_equal(info.messages, 4);
}

static void archived_messages_are_recalled_but_not_recent(void **state) {
    fixture *f = *state;
    for (int i = 0; i < 6; i++)
        add_message_at(f, "s", "x", "2025-01-01");
    kal_session boundary = {
        .has = KAL_BIT(10), .id = T("s"), .boundary_at = T("2025-01-01"), .boundary_id = 4};
    ok(kal_session_set(f->store, &boundary, &f->err));
    kal_recalled recalled = RECALLED(2, 1);
    ok(build(f,
             (kal_request){
                 .session = T("s"), .budget = 1000, .recalled = &recalled, .recalled_count = 1}));
    assert_string_equal(outline(), "recent:5 recent:6 recalled:2");
}

static void messages_at_the_same_time_stand_in_the_order_of_their_ids(void **state) {
    fixture *f = *state;
    for (int i = 0; i < 9; i++)
        add_message_at(f, "s", "x", i < 3 ? "2025-01-01" : "2025-01-02");
    kal_plan plan = kal_plan_default();
    plan.block = 1;
    plan.recent.limit = 4;
    ok(build(f, (kal_request){.session = T("s"), .budget = 1000, .plan = &plan}));
    assert_string_equal(outline(), "recent:6 recent:7 recent:8 recent:9");
    plan.recent.limit = 7;
    ok(build(f, (kal_request){.session = T("s"), .budget = 1000, .plan = &plan}));
    assert_string_equal(outline(),
                        "recent:3 recent:4 recent:5 recent:6 recent:7 recent:8 recent:9");
}

static void recalled_messages_come_from_anywhere_and_only_once(void **state) {
    fixture *f = *state;
    add_session(f, "t");
    int64_t a = add_message(f, "t", "apple"), b = add_message(f, "t", "pear");
    kal_recalled recalled[] = {RECALLED(b, 3),   RECALLED(a, 2),  RECALLED(b, 1),
                               RECALLED(999, 1), RECALLED(-1, 1), RECALLED(a, 9)};
    ok(build(f, (kal_request){
                    .session = T("s"), .budget = 1000, .recalled = recalled, .recalled_count = 6}));
    assert_string_equal(outline(), "recalled:1 recalled:2");
    assert_true(item(1).score == 3);
    kal_plan plan = kal_plan_default();
    plan.recalled.limit = 1;
    ok(build(f, (kal_request){.session = T("s"),
                              .budget = 1000,
                              .recalled = recalled,
                              .recalled_count = 6,
                              .plan = &plan}));
    assert_string_equal(outline(), "recalled:2");
}

static void say(fixture *f, const char *role, const char *text) {
    kal_message row = {.session = T("t"), .role = T(role), .text = T(text)};
    ok(kal_message_add(f->store, &row, &f->err));
}

/* A conversation about a boiler, with copies. */
static void talk_of_boilers(fixture *f) {
    add_session(f, "t");
    say(f, "user", "Where is the manual of the boiler?");
    say(f, "assistant", "In the blue tin.");
    say(f, "user", "The boiler leaks in the cellar since Monday.");
    say(f, "user", "The boiler leaks in the cellar since Monday!");
}

static void neighbours_are_recalled_with_half_of_the_score(void **state) {
    fixture *f = *state;
    talk_of_boilers(f);
    int64_t copy = 3;
    kal_recalled recalled[] = {
        {.id = 1, .score = 9, .beside = 2}, {.id = 4, .score = 4, .beside = 3, .copies = &copy, .copy_count = 1}};
    kal_request r = {.session = T("s"), .budget = 300, .recalled = recalled, .recalled_count = 2};
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 recalled:2 recalled:4");
    assert_true(item(1).score == 4.5);
    assert_text(item(1).reasons, "[[\"beside\",\"1\"]]");
    kal_plan plan = kal_plan_default();
    plan.recalled.limit = 2;
    r.plan = &plan;
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 recalled:2");
    recalled[1].score = 5; /* more than the neighbour's */
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 recalled:4");
}

static void a_query_recalls_with_neighbours_and_once_what_says_the_same(void **state) {
    fixture *f = *state;
    talk_of_boilers(f);
    kal_request r = {.session = T("s"), .budget = 300, .query = T("boiler"), .similar = 0.8};
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 recalled:2 recalled:4");
    assert_true(strstr(item(2).reasons.data, "also said in\",\"3\""));
    r.similar = 0;
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 recalled:2 recalled:3 recalled:4");
    r.own = true;
    ok(build(f, r));
    assert_string_equal(outline(), "");
    /* What came after a message that is asked again is no memory. */
    r.session = T("t");
    r.message = 1;
    ok(build(f, r));
    assert_string_equal(outline(), "new:1");
    kal_session archived = {.id = T("t"), .archived_at = T("2025-01-01")};
    ok(kal_session_set(f->store, &archived, &f->err));
    ok(build(f, (kal_request){.session = T("s"), .budget = 300, .query = T("boiler")}));
    assert_string_equal(outline(), "");
    r.own = false;
    r.message = 4;
    ok(build(f, r));
    assert_string_equal(outline(), "recent:1 recent:2 recent:3 -recalled:1 -recalled:2 -recalled:3 new:4");
}

static void recalled_messages_may_have_what_the_recent_ones_leave(void **state) {
    fixture *f = *state;
    kal_recalled recalled[20];
    add_session(f, "t");
    for (int i = 0; i < 20; i++)
        recalled[i] = (kal_recalled)RECALLED(
            add_message(f, "t", "an apple, a pear, a plum, a fig and a quince"), 20 - i);
    add_message(f, "s", "x");
    kal_request r = {.session = T("s"), .budget = 300, .recalled = recalled, .recalled_count = 20};
    ok(build(f, r));
    assert_true(info.tokens > 270 && info.tokens <= 300); /* far more than half of it */
    for (int i = 0; i < 20; i++)
        add_message(f, "s", "an apple, a pear, a plum, a fig and a quince");
    ok(build(f, r));
    int recent = 0, old = 0;
    for (size_t i = 0; i < (size_t)info.items; i++) {
        recent += item(i).in && item(i).part == KAL_PART_RECENT;
        old += item(i).in && item(i).part == KAL_PART_RECALLED;
    }
    assert_true(recent >= 4 && old >= 4);
}

static void what_is_far_behind_the_best_is_not_recalled(void **state) {
    fixture *f = *state;
    add_session(f, "t");
    int64_t a = add_message(f, "t", "apple"), b = add_message(f, "t", "pear");
    kal_recalled recalled[] = {RECALLED(a, 10), RECALLED(b, 1.4)};
    kal_plan plan = kal_plan_default();
    kal_request r = {.session = T("s"),
                     .budget = 1000,
                     .recalled = recalled,
                     .recalled_count = 2,
                     .plan = &plan};
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 -recalled:2");
    assert_string_equal(item(1).why, "its own score is too far below the best one's");
    recalled[1].score = 1.6;
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 recalled:2");
    recalled[1].score += recalled[1].lent = 6; /* what its session has lent is not its own */
    recalled[0].score += recalled[0].lent = 6;
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 recalled:2");
    recalled[1].lent = 6.3;
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 -recalled:2");
    plan.recalled.min_importance = 0;
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 recalled:2");
}

static void a_long_message_must_be_better_than_what_it_leaves_no_room_for(void **state) {
    fixture *f = *state;
    char text[800] = "";
    add_session(f, "t");
    while (strlen(text) < 700)
        strcat(text, "an apple, a pear and a plum ");
    int64_t a = add_message(f, "t", text), b = add_message(f, "t", "apple"),
            c = add_message(f, "t", "pear");
    kal_recalled recalled[] = {RECALLED(a, 10), RECALLED(b, 9), RECALLED(c, 8)};
    kal_plan plan = kal_plan_default();
    kal_request r = {.session = T("s"),
                     .budget = 1000,
                     .recalled = recalled,
                     .recalled_count = 3,
                     .plan = &plan};
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 recalled:2 recalled:3");
    r.budget = info.tokens - 1; /* one of them must go */
    ok(build(f, r));
    assert_string_equal(outline(), "-recalled:1 recalled:2 recalled:3");
    recalled[0].score = 30;
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 recalled:2 -recalled:3");
    recalled[0].score = 10;
    plan.brevity = 0; /* the best first */
    ok(build(f, r));
    assert_string_equal(outline(), "recalled:1 recalled:2 -recalled:3");
    plan.brevity = 0.2;
    recalled[0].score = 7; /* where a rule has put it: as good as the next */
    ok(build(f, r));
    assert_string_equal(outline(), "-recalled:1 recalled:2 recalled:3");
}

/* ---- the budget */

static void what_must_be_sent_is_never_cut(void **state) {
    fixture *f = *state;
    kal_request request = {.session = T("s"),
                           .prompt = T("Be brief and always speak of boats."),
                           .text = T("Where did we park the car yesterday evening?"),
                           .budget = 5};
    fails(KAL_BUDGET, build(f, request));
    const char *more = strstr(f->err.message, "tokens, ");
    assert_non_null(more);
    request.budget += strtoll(more + 8, NULL, 10);
    ok(build(f, request));
    assert_int_equal(info.tokens, request.budget);
    assert_int_equal(info.messages, 2);
    request.budget--;
    fails(KAL_BUDGET, build(f, request));
    says("1 more than the budget");
}

static void what_does_not_fit_is_skipped_and_the_next_one_tried(void **state) {
    fixture *f = *state;
    char *text = letters(4000);
    add_pin(f, "s", "long", text, 0.9);
    add_pin(f, "s", "short", "The car is red.", 0.1);
    free(text);
    kal_plan plan = kal_plan_default();
    plan.pin.share = 1;
    ok(build(f, (kal_request){.session = T("s"), .budget = 100, .plan = &plan}));
    assert_string_equal(outline(), "-pin:long pin:short");
    assert_non_null(strstr(item(0).why, "left of the budget"));
    plan.pin.share = 0.01;
    ok(build(f, (kal_request){.session = T("s"), .budget = 20000, .plan = &plan}));
    assert_string_equal(outline(), "-pin:long pin:short");
    assert_non_null(strstr(item(0).why, "left of its part's share"));
}

static void the_recent_run_ends_at_the_first_that_does_not_fit(void **state) {
    fixture *f = *state;
    add_message(f, "s", "short");
    char *text = letters(4000);
    add_message(f, "s", text);
    free(text);
    add_message(f, "s", "short");
    add_message(f, "s", "short");
    ok(build(f, (kal_request){.session = T("s"), .budget = 100}));
    assert_string_equal(outline(), "-recent:1 -recent:2 recent:3 recent:4");
    assert_non_null(strstr(item(1).why, "the recent run ends here"));
    assert_string_equal(item(0).why, "older than a recent message that did not fit");
}

static void rows_below_the_plans_minimum_are_not_taken(void **state) {
    fixture *f = *state;
    add_pin(f, "s", "p1", "x", 0.9);
    add_pin(f, "s", "p2", "x", 0.1);
    add_summary(f, "s", "m1", "x", 0.1);
    static const double scores[] = {0.9, 0.1, 0.9};
    for (int i = 0; i < 3; i++) {
        kal_message row = {.has = KAL_MESSAGE_IMPORTANCE,
                           .session = T("s"),
                           .role = T("user"),
                           .text = T("x"),
                           .importance_score = scores[i]};
        ok(kal_message_add(f->store, &row, &f->err));
    }
    kal_plan plan = kal_plan_default();
    plan.pin.min_importance = plan.summary.min_importance = plan.recent.min_importance = 0.5;
    ok(build(f, (kal_request){.session = T("s"), .budget = 1000, .plan = &plan}));
    assert_string_equal(outline(), "pin:p1 -pin:p2 -summary:m1 -recent:1 -recent:2 recent:3");
    for (int i = 1; i < 3; i++)
        assert_non_null(strstr(item((size_t)i).why, "below the plan's minimum"));
}

static void a_hostile_plan_becomes_the_nearest_sensible_one(void **state) {
    fixture *f = *state;
    add_pin(f, "s", "p", "x", 0);
    add_message(f, "s", "x");
    kal_share wild[] = {{INT64_MAX, INFINITY, NAN},
                        {INT64_MIN, NAN, INFINITY},
                        {-1, -INFINITY, -1},
                        {5, 1e300, -1e300}};
    for (int i = 0; i < 4; i++) {
        kal_plan plan = {wild[i], wild[(i + 1) % 4], wild[(i + 2) % 4], wild[(i + 3) % 4],
                         i % 2 ? INT64_MAX : INT64_MIN, i % 2 ? NAN : 1e300};
        ok(build(f, (kal_request){.session = T("s"), .budget = 100, .plan = &plan}));
        assert_true(info.tokens <= 100);
    }
    kal_plan all = {{INT64_MAX, 5, NAN}, {0}, {0}, {INT64_MAX, 5, -3}, -7, -1};
    ok(build(f, (kal_request){.session = T("s"), .budget = 100, .plan = &all}));
    assert_string_equal(outline(), "pin:p recent:1");
}

/* ---- misuse */

static void bad_requests_are_refused(void **state) {
    fixture *f = *state;
    add_session(f, "t");
    int64_t id = add_message(f, "s", "x"), elsewhere = add_message(f, "t", "x");
    const kal_str s = T("s");
    kal_request misuse[] = {
        {.session = s, .budget = 0},
        {.session = s, .budget = -5},
        {.session = s, .budget = 10000001},
        {.session = s, .budget = INT64_MAX},
        {.session = s, .budget = 1000000000000},
        {.session = s, .budget = 100, .text = T("x"), .message = id},
        {.session = s, .budget = 100, .text = T("")},
        {.session = s, .budget = 100, .text = T("\xFF")},
        {.session = s, .budget = 100, .prompt = {"a\0b", 3}},
        {.session = s, .budget = 100, .message = elsewhere},
        {.session = s, .budget = 100, .text = T("x"), .role = T("bot")},
        {.session = s, .budget = 100, .text = T("x"), .role = T("\xFF")},
        {.session = s, .budget = 100, .text = T("x"), .role = T("")},
    };
    for (size_t i = 0; i < sizeof misuse / sizeof *misuse; i++)
        fails(KAL_MISUSE, build(f, misuse[i]));
    fails(KAL_NOT_FOUND, build(f, (kal_request){.session = T("none"), .budget = 100}));
    fails(KAL_NOT_FOUND, build(f, (kal_request){.budget = 100}));
    fails(KAL_NOT_FOUND, build(f, (kal_request){.session = s, .message = 99, .budget = 100}));
    fails(KAL_NOT_FOUND, build(f, (kal_request){.session = s, .message = -1, .budget = 100}));
    kal_request good = {.session = s, .text = T("x"), .role = T("tool"), .budget = 10000000};
    ok(build(f, good));
    assert_text(message(info.messages - 1).role, "tool");
}

static void the_context_outlives_other_calls_and_the_store(void **state) {
    fixture *f = *state;
    add_message(f, "s", "hello");
    ok(build(f, (kal_request){.session = T("s"), .budget = 100}));
    add_message(f, "s", "more");
    kal_store_close(f->store);
    f->store = NULL;
    assert_text(message(0).content, "hello");
    assert_text(info.session, "s");
}

/* ---- the trace */

static void the_trace_holds_what_was_weighed_in_a_short_form(void **state) {
    fixture *f = *state;
    char expect[1024];
    kal_str trace;
    kal_note note = {.id = T("a \"b\"\\\n"), .text = T("The car is red."), .score = 0.5};
    for (int i = 0; i < 3; i++)
        add_message(f, "s", "x");
    kal_plan plan = kal_plan_default();
    plan.recent.limit = 1;
    kal_recalled recalled[] = {
        {.id = 2, .score = 53.035, .lent = 18.4, .reasons = T("[[\"words\",\"red car\"]]")}, RECALLED(1, 1.0 / 3), RECALLED(2, 1)};
    ok(build(f, (kal_request){.session = T("s"),
                              .text = T("Where?"),
                              .budget = 1000,
                              .plan = &plan,
                              .notes = &note,
                              .note_count = 1,
                              .recalled = recalled,
                              .recalled_count = 3}));
    assert_string_equal(outline(), "pin:a \"b\"\\\n recent:3 -recalled:1 recalled:2 new:");
    ok(kal_context_trace(context, &trace, &f->err));
    unsigned long long x = kal_text_hash(T("x"));
    snprintf(expect, sizeof expect,
             "\"items\":[[1,2,1,\"a \\\"b\\\"\\\\\\u000a\",%lld,0.5,\"%016llx\"]"
             ",[3,3,1,\"3\",%lld,0.5,\"%016llx\"],[4,5,0,\"1\",%lld,0.333,\"%016llx\"]"
             ",[4,6,1,\"2\",%lld,53.035,\"%016llx\"],[7,8,1,\"\",%lld,0.0,\"%016llx\"]]"
             ",\"recalled\":[[2,53.035,18.4,\"[[\\\"words\\\",\\\"red car\\\"]]\"]"
             ",[1,0.333,0.0,\"\"]],\"words\":[\"pin\",\"%s\",\"recent\",\"recalled\"",
             (long long)item(0).tokens, (unsigned long long)kal_text_hash(note.text),
             (long long)item(1).tokens, x, (long long)item(2).tokens, x,
             (long long)item(3).tokens, x, (long long)item(4).tokens,
             (unsigned long long)kal_text_hash(T("Where?")), item(0).why);
    assert_true(trace.len > strlen(expect));
    assert_memory_equal(trace.data, expect, strlen(expect));
}

/* ---- the previous context */

static void the_prefix_is_what_has_not_changed_at_the_front(void **state) {
    fixture *f = *state;
    kal_request request = {.session = T("s"), .prompt = T("Be brief."), .budget = 1000};
    add_pin(f, "s", "p", "The car is red.", 0.5);
    add_message(f, "s", "hello");
    ok(build(f, request));
    ok(kal_context_compare(f->store, context, &f->err));
    kal_context_stat(context, &info);
    assert_int_equal(info.prefix_bytes, 0); /* there is no previous one */
    ok(kal_context_save(f->store, context, &f->err));
    ok(kal_context_compare(f->store, context, &f->err));
    kal_context_stat(context, &info);
    assert_true(info.prefix_bytes > 0 && info.prefix_bytes <= info.bytes);
    int64_t before = info.prefix_bytes;
    add_message(f, "s", "more");
    ok(build(f, request));
    ok(kal_context_compare(f->store, context, &f->err));
    kal_context_stat(context, &info);
    assert_true(info.prefix_bytes >= before - 1 && info.prefix_bytes < info.bytes);
    request.prompt = T("Be long.");
    ok(build(f, request));
    ok(kal_context_compare(f->store, context, &f->err));
    kal_context_stat(context, &info);
    assert_int_equal(info.prefix_bytes, 0);
    ok(kal_context_save(f->store, context, &f->err));
    ok(kal_context_save(f->store, context, &f->err));
}

static void an_unchanged_context_is_all_prefix_and_never_more(void **state) {
    fixture *f = *state;
    ok(build(f, (kal_request){.session = T("s"), .prompt = T("Be brief."), .budget = 1000}));
    ok(kal_context_save(f->store, context, &f->err));
    ok(kal_context_compare(f->store, context, &f->err));
    kal_context_stat(context, &info);
    assert_int_equal(info.prefix_bytes, info.bytes);
    add_message(f, "s", "hello");
    ok(build(f, (kal_request){.session = T("s"), .prompt = T("Be brief."), .budget = 1000}));
    ok(kal_context_save(f->store, context, &f->err));
    ok(kal_context_compare(f->store, context, &f->err));
    kal_context_stat(context, &info);
    assert_int_equal(info.prefix_bytes, info.bytes);
}

static void the_context_of_a_deleted_session_cannot_be_saved(void **state) {
    fixture *f = *state;
    ok(build(f, (kal_request){.session = T("s"), .budget = 1000}));
    ok(kal_session_del(f->store, T("s"), &f->err));
    kal_code code = kal_context_save(f->store, context, &f->err);
    assert_int_equal(code, KAL_NOT_FOUND);
}

static void the_front_stays_the_same_for_the_turns_of_a_block(void **state) {
    fixture *f = *state;
    for (int block = 1; block <= 8; block *= 2) {
        char id[16], first[64] = "";
        snprintf(id, sizeof id, "turns-%d", block);
        add_session(f, id);
        kal_plan plan = kal_plan_default();
        plan.block = block;
        int changes = 0;
        for (int turn = 0; turn < 120; turn++) {
            add_message(f, id, "a message of some words");
            ok(build(f, (kal_request){.session = T(id), .budget = 100000, .plan = &plan}));
            size_t i = 0;
            while (!item(i).in)
                i++;
            if (strcmp(first, item(i).id.data) != 0) changes++;
            strcpy(first, item(i).id.data);
            /* No more is dropped than the block. */
            assert_true(info.messages >= (size_t)(turn < 20 ? turn + 1 : 20 - block + 1));
        }
        assert_true(changes <= 100 / block + 2);
    }
}

/* ---- the same rows give the same bytes */

static char *bytes_of(void) {
    size_t size = 1;
    for (size_t i = 0; i < info.messages; i++)
        size += message(i).content.len + message(i).role.len + 2;
    char *text = malloc(size), *p = text;
    *p = 0;
    for (size_t i = 0; i < info.messages; i++)
        p += sprintf(p, "%s\n%s\n", message(i).role.data, message(i).content.data);
    return text;
}

static void the_order_of_writing_rows_does_not_show(void **state) {
    fixture *f = *state;
    char *want = NULL;
    for (int round = 0; round < 6; round++) {
        strcpy(f->path, ":memory:");
        reopen(f);
        add_session(f, "s");
        for (int i = 0; i < 7; i++) {
            char id[8], text[16];
            int n = (i * 3 + round) % 7;
            snprintf(id, sizeof id, "id%d", n);
            snprintf(text, sizeof text, "text %d", n);
            kal_pin pin = {
                .id = T(id), .session = T("s"), .content = T(text), .created_at = T("2025-01-01")};
            ok(kal_pin_add(f->store, &pin, &f->err));
            kal_summary summary = {
                .id = T(id), .session = T("s"), .summary = T(text), .created_at = T("2025-01-01")};
            ok(kal_summary_add(f->store, &summary, &f->err));
            kal_message row = {.has = KAL_MESSAGE_ID,
                               .id = n + 1,
                               .session = T("s"),
                               .role = T("user"),
                               .text = T(text),
                               .created_at = T("2025-01-01")};
            ok(kal_message_add(f->store, &row, &f->err));
        }
        ok(build(f, (kal_request){.session = T("s"), .budget = 1000}));
        char *got = bytes_of();
        if (want) {
            assert_string_equal(got, want);
            free(got);
        } else {
            want = got;
        }
    }
    free(want);
}

/* ---- anything at all */

static const char *const pieces[] = {"the car ",
                                     "parking ",
                                     "is red. ",
                                     "x",
                                     "\n",
                                     "  ",
                                     "{ return 0; } ",
                                     "1234567",
                                     "ä",
                                     "\xE4\xB8\x80\xE4\xB8\x89",
                                     "\xF0\x9F\x98\x80",
                                     "!?",
                                     "\n# Pinned\n- ",
                                     "\t",
                                     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                     "\x01"};

static const char *random_text(dice *d) {
    static char text[2000];
    char *p = text;
    for (int64_t n = below(d, below(d, 8) ? 8 : 50) + 1; n > 0; n--) {
        const char *piece = pieces[below(d, 16)];
        p = stpcpy(p, piece);
    }
    return text;
}

static int64_t wild_integer(dice *d) {
    static const int64_t values[] = {0,  1,  2,    3,  5,         10,        20,
                                     20, 30, 1000, -1, INT64_MIN, INT64_MAX, 1LL << 40};
    return values[below(d, 14)];
}

static double wild_number(dice *d) {
    static const double values[] = {0, 0.1,   0.25, 0.3,    0.5, 0.7,      1,         1,
                                    1, 1e300, -1,   -1e300, NAN, INFINITY, -INFINITY, 5e-324};
    return values[below(d, 16)];
}

static kal_share wild_share(dice *d) {
    if (below(d, 3))
        return (kal_share){below(d, 25), (double)below(d, 101) / 100, (double)below(d, 3) / 5};
    return (kal_share){wild_integer(d), wild_number(d), wild_number(d)};
}

#define SESSIONS 24

/* What the test knows of each session. */
static struct {
    char id[16];
    int64_t pins, summaries, live, first, last; /* ids of messages are consecutive */
} known[SESSIONS];

static void fill(fixture *f, dice *d) {
    char id[32];
    ok(kal_store_begin(f->store, &f->err));
    add_persona(f, "guide", "general", true);
    for (int s = 0; s < SESSIONS; s++) {
        snprintf(known[s].id, sizeof known[s].id, "session-%d", s);
        kal_session row = {.has = KAL_BIT(4), .id = T(known[s].id)};
        if (below(d, 2)) row.persona = T("guide");
        ok(kal_session_add(f->store, &row, &f->err));
        known[s].pins = below(d, 4) ? below(d, 16) : 0;
        known[s].summaries = below(d, 3) ? below(d, 6) : 0;
        known[s].live = below(d, 5) ? below(d, 60) : 0;
        for (int i = 0; i < known[s].pins; i++) {
            snprintf(id, sizeof id, "p%d-%d", s, i);
            add_pin(f, known[s].id, id, random_text(d), (double)below(d, 11) / 10);
        }
        for (int i = 0; i < known[s].summaries; i++) {
            snprintf(id, sizeof id, "m%d-%d", s, i);
            add_summary(f, known[s].id, id, random_text(d), (double)below(d, 11) / 10);
        }
        known[s].first = known[s].last = 0;
        int64_t archived = below(d, 3) ? 0 : below(d, 30), mark = 0;
        char mark_at[25] = "";
        for (int64_t i = 0; i < archived + known[s].live; i++) {
            kal_message m = {.has = KAL_MESSAGE_IMPORTANCE,
                             .session = T(known[s].id),
                             .role = T(i % 2 ? "assistant" : "user"),
                             .text = T(random_text(d)),
                             .importance_score = (double)below(d, 11) / 10};
            ok(kal_message_add(f->store, &m, &f->err));
            if (i == archived - 1) {
                mark = m.id;
                strcpy(mark_at, m.created_at.data);
            }
            if (i == archived) known[s].first = m.id;
            known[s].last = m.id;
        }
        if (mark) {
            kal_session b = {.has = KAL_BIT(10),
                             .id = T(known[s].id),
                             .boundary_at = T(mark_at),
                             .boundary_id = mark};
            ok(kal_session_set(f->store, &b, &f->err));
        }
    }
    ok(kal_store_commit(f->store, &f->err));
}

static int64_t tamed(int64_t limit) {
    return limit < 0 ? 0 : limit > 1000 ? 1000 : limit;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static bool joined(kal_part part) {
    return part != KAL_PART_RECENT && part != KAL_PART_NEW;
}

static bool holds(kal_str text, kal_str part) {
    return memmem(text.data, text.len, part.data, part.len) != NULL;
}

/* Everything that must hold of any context. `s`: its session. */
static void assert_sound(const kal_request *r, const kal_plan *plan, int s) {
    assert_true(info.tokens >= 0 && info.tokens <= r->budget);
    assert_true(counted() <= info.tokens);
    int64_t bytes = 0, part[KAL_PARTS] = {0};
    for (size_t i = 0; i < info.messages; i++)
        bytes += (int64_t)message(i).content.len;
    assert_int_equal(bytes, info.bytes);
    size_t next = 0; /* the next rendered message that is whole */
    bool ended = false, system_seen = false, recalled_seen = false;
    for (size_t i = 0; i < info.items; i++) {
        kal_item a = item(i);
        part[a.part]++;
        assert_true(a.why && strlen(a.why) > 5);
        assert_true(a.tokens > 0);
        for (size_t k = 0; k < i; k++) {
            kal_item b = item(k);
            bool same = a.id.data && b.id.data && strcmp(a.id.data, b.id.data) == 0;
            if (same && a.part == b.part)
                fail_msg("%s %s is explained twice", kal_part_name(a.part), a.id.data);
            bool messages = a.part >= KAL_PART_RECALLED && b.part >= KAL_PART_RECALLED;
            if (same && messages && a.in && b.in) fail_msg("message %s is shown twice", a.id.data);
        }
        if (a.part == KAL_PART_RECENT) {
            /* One run up to the newest. */
            if (ended) assert_true(a.in);
            ended |= a.in;
        }
        if (!a.in) continue;
        if (joined(a.part)) {
            bool *seen = a.part == KAL_PART_RECALLED ? &recalled_seen : &system_seen;
            if (!*seen) next++;
            *seen = true;
            assert_true(holds(message(next - 1).content, a.text));
            assert_text(message(next - 1).role, "system");
        } else {
            kal_prompt p = message(next++);
            assert_text(p.role, a.role.data);
            assert_int_equal(p.content.len, a.text.len);
            assert_memory_equal(p.content.data, a.text.data, a.text.len);
        }
    }
    assert_int_equal(next, info.messages);
    assert_int_equal(part[KAL_PART_PIN], least(known[s].pins, tamed(plan->pin.limit)));
    assert_int_equal(part[KAL_PART_SUMMARY], least(known[s].summaries, tamed(plan->summary.limit)));
    int64_t live = known[s].live;
    if (r->message) live = r->message < known[s].first ? 0 : r->message - known[s].first;
    assert_int_equal(part[KAL_PART_RECENT], least(live, tamed(plan->recent.limit)));
    assert_int_equal(part[KAL_PART_NEW], r->text.data || r->message);
    assert_true(part[KAL_PART_RECALLED] <= tamed(plan->recalled.limit));
    if (!r->recalled_count) assert_int_equal(part[KAL_PART_RECALLED], 0);
}

static void no_session_plan_or_budget_breaks_the_rules(void **state) {
    fixture *f = *state;
    const char *fewer = getenv("KALITO_CASES");
    int cases = fewer ? atoi(fewer) : 10000, built = 0, refused = 0;
    dice d = {20250301};
    static const int64_t budgets[] = {30, 100, 300, 1000, 4000, 10000000};
    for (int n = 0; n < cases; n++) {
        if (n % 1000 == 0) {
            reopen(f);
            fill(f, &d);
        }
        int s = (int)below(&d, SESSIONS);
        kal_plan plan = {wild_share(&d), wild_share(&d), wild_share(&d), wild_share(&d),
                         below(&d, 4) ? below(&d, 9) : wild_integer(&d), wild_number(&d)};
        if (below(&d, 4) == 0) plan = kal_plan_default();
        kal_recalled recalled[30];
        char text[2000];
        kal_request r = {.session = T(known[s].id), .plan = &plan, .recalled = recalled};
        r.budget = below(&d, budgets[below(&d, 6)]) + 1;
        r.recalled_count = below(&d, 2) ? (size_t)below(&d, 30) : 0;
        for (size_t i = 0; i < r.recalled_count; i++) {
            /* Its own messages often, sometimes one that is not there. */
            int64_t id =
                below(&d, 2) && known[s].last ? known[s].last - below(&d, 60) : below(&d, 900) - 5;
            recalled[i] = (kal_recalled){.id = id,
                                         .score = wild_number(&d),
                                         .lent = wild_number(&d),
                                         .reasons = below(&d, 2) ? T("[]") : T(NULL),
                                         .beside = below(&d, 3) ? 0 : id + below(&d, 9) - 4,
                                         .copies = &recalled[below(&d, 10)].id,
                                         .copy_count = below(&d, 2)};
        }
        if (below(&d, 3) == 0) {
            strcpy(text, random_text(&d));
            r.text = T(text);
        } else if (known[s].live && below(&d, 2)) {
            r.message = known[s].first + below(&d, known[s].live);
        }
        if (below(&d, 3) == 0) r.prompt = T(below(&d, 2) ? "Be brief." : "");
        kal_code code = build(f, r);
        if (code == KAL_BUDGET) {
            refused++;
            const char *more = strstr(f->err.message, "tokens, ");
            assert_non_null(more);
            r.budget += strtoll(more + 8, NULL, 10);
            ok(build(f, r));
            assert_int_equal(info.tokens, r.budget);
        } else {
            ok(code);
            built++;
        }
        assert_sound(&r, &plan, s);
        char *first = bytes_of();
        ok(build(f, r));
        char *second = bytes_of();
        assert_string_equal(first, second);
        free(first);
        free(second);
    }
    assert_true(built > refused);
}

/* ---- notes: pins of this one context */

static void notes_stand_behind_the_pins_in_their_order(void **state) {
    fixture *f = *state;
    add_pin(f, "s", "p1", "The car is red.", 0.1);
    kal_note notes[] = {{T("n1"), T("Dragons sleep."), 0.2, T("[[\"keyword\",\"dragon\"]]")},
                        {T("n2"), T("Gold is soft."), 0.9, {0}}};
    kal_request request = {
        .session = T("s"), .budget = 1000, .notes = notes, .note_count = 2, .text = T("Hello")};
    ok(build(f, request));
    assert_string_equal(outline(), "pin:p1 pin:n1 pin:n2 new:");
    assert_text(message(0).content,
                "# Pinned\n- The car is red.\n- Dragons sleep.\n- Gold is soft.");
    assert_text(item(1).reasons, "[[\"keyword\",\"dragon\"]]");
    assert_string_equal(item(1).why, "belongs to this turn, and fits");
    assert_string_equal(item(0).why, "pinned, and fits");
    assert_true(counted() <= info.tokens && info.tokens <= 1000);
}

static void notes_and_pins_are_taken_by_score(void **state) {
    fixture *f = *state;
    kal_plan plan = kal_plan_default();
    add_pin(f, "s", "p1", "one two three four five six", 0.5);
    kal_note notes[] = {{T("n1"), T("one two three four five six"), 0.4, {0}},
                        {T("n2"), T("one two three four five six"), 0.6, {0}}};
    kal_request request = {
        .session = T("s"), .budget = 1000, .notes = notes, .note_count = 2, .plan = &plan};
    plan.pin.share = 0.018;
    ok(build(f, request));
    assert_string_equal(outline(), "-pin:p1 -pin:n1 pin:n2");
    plan.pin.share = 1;
    plan.pin.min_importance = 0.5;
    ok(build(f, request));
    assert_string_equal(outline(), "pin:p1 -pin:n1 pin:n2");
    plan.pin.limit = 0;
    ok(build(f, request));
    assert_string_equal(outline(), "");
}

static void bad_notes_are_refused(void **state) {
    fixture *f = *state;
    kal_note bad[] = {{T(""), T("x"), 0, {0}},
                      {T("n"), T(""), 0, {0}},
                      {T("n"), T("\xC3"), 0, {0}},
                      {T("n"), T("x"), 1.5, {0}},
                      {T("n"), T("x"), NAN, {0}}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        fails(KAL_MISUSE,
              build(f, (kal_request){
                           .session = T("s"), .budget = 100, .notes = &bad[i], .note_count = 1}));
    fails(KAL_MISUSE,
          build(f,
                (kal_request){.session = T("s"), .budget = 100, .notes = bad, .note_count = 1001}));
}

#define ON_SESSION(test) cmocka_unit_test_setup_teardown(test, with_session, down)

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_SESSION(an_empty_session_gives_an_empty_context),
        ON_SESSION(all_parts_stand_in_their_order),
        ON_SESSION(the_part_names_are_fixed),
        ON_SESSION(the_default_plan_is_the_originals),
        ON_SESSION(the_persona_may_be_chosen_or_replaced_by_a_prompt),
        ON_FILE(a_persona_that_another_program_has_deleted_is_left_out),
        ON_SESSION(a_stored_message_is_shown_once_and_ends_the_conversation),
        ON_SESSION(archived_messages_are_recalled_but_not_recent),
        ON_SESSION(messages_at_the_same_time_stand_in_the_order_of_their_ids),
        ON_SESSION(recalled_messages_come_from_anywhere_and_only_once),
        ON_SESSION(neighbours_are_recalled_with_half_of_the_score),
        ON_SESSION(a_query_recalls_with_neighbours_and_once_what_says_the_same),
        ON_SESSION(recalled_messages_may_have_what_the_recent_ones_leave),
        ON_SESSION(what_is_far_behind_the_best_is_not_recalled),
        ON_SESSION(a_long_message_must_be_better_than_what_it_leaves_no_room_for),
        ON_SESSION(what_must_be_sent_is_never_cut),
        ON_SESSION(what_does_not_fit_is_skipped_and_the_next_one_tried),
        ON_SESSION(the_recent_run_ends_at_the_first_that_does_not_fit),
        ON_SESSION(rows_below_the_plans_minimum_are_not_taken),
        ON_SESSION(a_hostile_plan_becomes_the_nearest_sensible_one),
        ON_SESSION(bad_requests_are_refused),
        ON_SESSION(notes_stand_behind_the_pins_in_their_order),
        ON_SESSION(notes_and_pins_are_taken_by_score),
        ON_SESSION(bad_notes_are_refused),
        ON_SESSION(the_context_outlives_other_calls_and_the_store),
        ON_SESSION(the_trace_holds_what_was_weighed_in_a_short_form),
        ON_SESSION(the_prefix_is_what_has_not_changed_at_the_front),
        ON_SESSION(an_unchanged_context_is_all_prefix_and_never_more),
        ON_SESSION(the_context_of_a_deleted_session_cannot_be_saved),
        ON_SESSION(the_front_stays_the_same_for_the_turns_of_a_block),
        ON_SESSION(the_order_of_writing_rows_does_not_show),
        ON_SESSION(no_session_plan_or_budget_breaks_the_rules),
    };
    return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
