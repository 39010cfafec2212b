/* A pass over the index that stands still between what it has read and its commit, while another
 * node has taken it over. Each commit of the program passes through here (--wrap). */
#include "record_fixture.h"

#include <stdatomic.h>
#include <time.h>

#include "search/search.h"

enum { PATIENTS = 300, WAIT_S = 60, COMMITS_MAX = 64 };

/* Of commits that give rows their keys: the place that each of them names, and its end. */
typedef struct {
    uint64_t at;
    Status status;
} Seen;

static struct {
    Fixture *f;
    Store *other;    /* of another node; or the same */
    unsigned number; /* the commit that comes late, */
    int rows;        /* so many rows further, or back, is the place by then */
    uint64_t place;
    Seen seen[COMMITS_MAX];
    size_t count;
} stall;

Status __real_store_commit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit);
Status __wrap_store_commit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit);

Status __wrap_store_commit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit)
{
    uint64_t at = 0;
    if (!commit->rekey_count || !commit->item_count || !stall.f)
        return __real_store_commit(store, cx, access, commit);
    (void)str_to_u64(commit->items[0].value, &at);
    if (stall.count == stall.number) {
        char digits[24];
        stall.place = stall.seen[stall.count - 1].at + (uint64_t)stall.rows;
        snprintf(digits, sizeof(digits), "%llu", (unsigned long long)stall.place);
        StoreItem item = {STR("index"), STR("at"), str_of(digits)};
        StoreCommit overtakes = {.items = &item, .item_count = 1};
        check_int(__real_store_commit(stall.other, cx, access, &overtakes), STATUS_OK);
    }
    Status status = __real_store_commit(store, cx, access, commit);
    if (stall.count < COMMITS_MAX)
        stall.seen[stall.count++] = (Seen){at, status};
    return status;
}

static void wait_until_done(Fixture *f)
{
    SearchProgress progress;
    Time end = time_monotonic() + WAIT_S * TIME_SECOND;
    do {
        nanosleep(&(struct timespec){0, 2000000}, NULL);
        search_progress(record_index(f->record), &progress);
        check(!progress.stuck && time_monotonic() < end);
    } while (progress.busy);
}

static void fill(Fixture *f)
{
    for (unsigned i = 0; i < PATIENTS; i++) {
        Str id = arena_format(f->cx.arena, "p%u", i);
        Str text = arena_format(f->cx.arena,
                                "{\"resourceType\":\"Patient\",\"id\":\"p%u\",\"active\":true}", i);
        check_int(fixture_put(f, STR("Patient"), id, text, STR_EMPTY), STATUS_OK);
        fixture_clear(f);
    }
}

static void who_was_overtaken_ends(void **state)
{
    static const struct {
        const char *why;
        int rows;
    } cases[] = {
        {"another node is further", 100},
        {"a step has set it back: some is done again", -40},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        Fixture f;
        fixture_open(&f, true);
        stall.other = f.store;
        if (store_is_shared(f.store)) {
            StoreOptions options = store_place(f.forever, f.folder);
            check_int(store_open(&f.cx, &options, &stall.other), STATUS_OK);
        }
        fill(&f);
        check_int(search_indexer_start(record_index(f.record), &f.cx, NULL, NULL), STATUS_OK);
        wait_until_done(&f);
        stall.number = 2;
        stall.rows = c->rows;
        stall.count = 0;
        stall.f = &f;
        check_int(search_remake(record_index(f.record), &f.cx, 0), STATUS_OK);
        wait_until_done(&f);
        stall.f = NULL;
        CASE(c->why);
        check(stall.count > 4);
        check_int(stall.seen[1].status, STATUS_OK);
        check_int(stall.seen[2].status, STATUS_CONFLICT);
        CASE("it goes on from there, to the end");
        check(stall.seen[3].at > stall.place && stall.seen[3].at <= stall.place + 40);
        for (size_t i = 3; i < stall.count; i++)
            check_int(stall.seen[i].status, STATUS_OK);
        check(stall.seen[stall.count - 1].at >= stall.seen[0].at + PATIENTS - 40);
        if (stall.other != f.store)
            store_close(stall.other);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_was_overtaken_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
