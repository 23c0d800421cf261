/* Damaged and malicious files: header, pages, length, log, index, records, schema, values. Nothing crashes, nothing
 * hangs for 10 s, memory stays below 256 MB (where no sanitizer needs more), and what cannot be opened is refused
 * with its name and the trouble. */
#include "child.h"
#include "damage.h"
#include "world.h"

static int files;

/* Runs the reader over every `step`-th variant of one kind of damage; after a death it goes on behind it. */
static int run_kind(fixture *f, int kind, int step) {
    static child c;
    int deaths = 0, variants = damage_variants(&damages[kind]);
    char from[16], by[16], number[16], base[320];
    snprintf(base, sizeof base, "%s/base", f->dir);
    snprintf(number, sizeof number, "%d", kind);
    snprintf(by, sizeof by, "%d", step);
    for (int next = 0; next < variants;) {
        snprintf(from, sizeof from, "%d", next);
        const char *const argv[] = {"reader", base, f->dir, number, from, by, NULL};
        child_start(&c, READER, argv);
        int status = child_wait(&c);
        int last = (int)child_last(&c, next - step);
        if (status == 0) break;
        print_error("%s %d: status %d\n", damages[kind].name, last + step, status);
        next = last + 2 * step;
        if (++deaths > 20) break;
    }
    files += (variants + step - 1) / step;
    return deaths;
}

static void no_damaged_file_does_harm(void **state) {
    fixture *f = *state;
    char base[320];
    int deaths = 0;
    bool is_long = getenv("KALITO_LONG") != NULL;
    world_make(f, "delete");
    reopen(f);
    ok(operations[12].run(f)); /* a context is saved */
    kal_store_close(f->store);
    f->store = NULL;
    snprintf(base, sizeof base, "%s/base", f->dir);
    world_copy(f->path, base);
    for (int kind = 0; kind < damage_count; kind++)
        deaths += run_kind(f, kind, is_long ? 1 : damages[kind].stride);
    print_message("# %d damaged files\n", files);
    if (deaths) fail_msg("%d files did harm", deaths);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_damaged_file_does_harm, in_memory_folder, tear_down)};
    return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
