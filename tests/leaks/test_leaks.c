/* Non-interference: what a caller may not see has no say in what he is answered.
 *
 *   test_leaks --definitions FOLDER [--seed N] [--seconds N] [--asks N]
 *
 * docs/internals/leaks.md */
#include "leaks/ask.h"
#include "leaks/world.h"

static const char *definitions = "build/definitions";
static uint64_t seed = 1;
static unsigned asks_each = 120;
static unsigned seconds;

typedef struct {
    OracleDice dice;
    Twin master, whole, part;
    Arena *forever; /* of the world */
    Arena *scratch; /* of the request in hand */
    StoreChange *changes;
    size_t count;
    Oracle *oracle;
    Compare compare;
    unsigned asked, refused, wrote, pages, differences;
} Run;

static void tell_oracle(Run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        const StoreRow *row = &run->changes[i].row;
        if (row->deleted)
            oracle_remove(run->oracle, fhir_type_name(row->type), row->id);
        else
            oracle_put(run->oracle, row->body);
    }
}

static void report(Run *run, const Ask *ask, const char *who, Str a, Str b)
{
    run->differences++;
    printf("# seed %llu, %s: " STR_FMT "\n", (unsigned long long)seed, who,
           STR_ARG(ask_text(run->scratch, ask)));
    compare_print(a, b);
}

/* One request to both; false when they differ. */
static bool same(Run *run, const Access *access, const Ask *ask, Answer *ret_a, Answer *ret_b)
{
    Answer a = ask_run(&run->whole, run->scratch, access, ask);
    Answer b = ask_run(&run->part, run->scratch, access, ask);
    if (a.wrote || b.wrote) {
        compare_note(&run->compare, 0, a.text);
        compare_note(&run->compare, 1, b.text);
        run->compare.wrote = true;
        run->wrote++;
    }
    run->asked++;
    run->refused += a.status != STATUS_OK;
    Str left = compare_normal(&run->compare, run->scratch, 0, a.text);
    Str right = compare_normal(&run->compare, run->scratch, 1, b.text);
    *ret_a = a;
    *ret_b = b;
    if (str_eq(left, right))
        return true;
    report(run, ask, "caller", left, right);
    return false;
}

/* All pages forward, then one back. */
static void follow(Run *run, const Access *access, Ask ask, Answer a, Answer b)
{
    enum { PAGES_MAX = 6 };
    for (int page = 0; page < PAGES_MAX && a.next.len && b.next.len; page++) {
        Ask other = ask;
        ask.query = a.next;
        other.query = b.next;
        a = ask_run(&run->whole, run->scratch, access, &ask);
        b = ask_run(&run->part, run->scratch, access, &other);
        run->pages++;
        Str left = compare_normal(&run->compare, run->scratch, 0, a.text);
        Str right = compare_normal(&run->compare, run->scratch, 1, b.text);
        if (!str_eq(left, right)) {
            report(run, &ask, "page", left, right);
            return;
        }
    }
}

static void ask_some(Run *run, const Access *access)
{
    Asker asker = {.dice = &run->dice,
                   .arena = run->scratch,
                   .oracle = run->oracle,
                   .changes = run->changes,
                   .change_count = run->count};
    for (unsigned i = 0; i < asks_each; i++) {
        Answer a, b;
        arena_clear(run->scratch);
        Ask ask = asker_make(&asker, i > asks_each / 2);
        if (same(run, access, &ask, &a, &b) && a.next.len)
            follow(run, access, ask, a, b);
    }
}

static void what_is_hidden_has_no_say(void **state)
{
    UNUSED(state);
    static Run run;
    run = (Run){.dice = {seed}};
    run.forever = arena_new((size_t)256 << 20, false);
    run.scratch = arena_new((size_t)256 << 20, false);
    run.compare.arena = run.forever;
    twin_open(&run.master, TWIN_MASTER);
    world_make(&run.dice, &run.master);
    run.changes = twin_changes(&run.master, run.forever, &run.count);
    run.oracle = oracle_new(definitions, STR("http://test/fhir"));
    tell_oracle(&run);
    run.compare.since = time_now();
    TwinRow *rows = arena_array_of(run.forever, TwinRow, run.count);
    for (size_t i = 0; i < run.count; i++)
        rows[i] = (TwinRow){TWIN_ROW, run.changes[i].row.body};
    twin_fill(&run.whole, TWIN_WHOLE, &run.master, run.changes, rows, run.count);
    twin_fill(&run.part, TWIN_PART, &run.master, run.changes, rows, run.count);
    ask_some(&run, run.master.system);
    printf("# seed %llu: %zu versions, %u requests, %u refused, %u writes, %u pages, %u differ\n",
           (unsigned long long)seed, run.count, run.asked, run.refused, run.wrote, run.pages,
           run.differences);
    CASE("answers that differ");
    check_int(run.differences, 0);
    twin_close(&run.whole);
    twin_close(&run.part);
    twin_close(&run.master);
    oracle_free(run.oracle);
    arena_free(run.scratch);
    arena_free(run.forever);
}

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t number = 0;
        if (!strcmp(argv[i], "--definitions"))
            definitions = argv[i + 1];
        else if (!str_to_u64(str_of(argv[i + 1]), &number))
            return 2;
        else if (!strcmp(argv[i], "--seed"))
            seed = number;
        else if (!strcmp(argv[i], "--seconds"))
            seconds = (unsigned)number;
        else if (!strcmp(argv[i], "--asks"))
            asks_each = (unsigned)number;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_hidden_has_no_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
