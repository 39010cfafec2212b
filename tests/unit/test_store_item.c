/* Items asked for by themselves (store/item.h): what is made once is made once, whoever is first.
 */
#include "testing.h"

#include "fake_store.h"

#include "access/grant.h"
#include "store/item.h"

static Ctx cx;
static Store *store;
static const Access *program;

static int begin(void **state)
{
    UNUSED(state);
    cx = testing_ctx();
    store = fake_store_new();
    program = access_grant(
        cx.arena, &(AccessGrant){.account = STR("test"), .may_write = true, .everything = true});
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    fake_store_free(store);
    arena_free(cx.arena);
    return 0;
}

static void an_item_is_what_was_committed_last(void **state)
{
    UNUSED(state);
    Str value = STR_EMPTY;
    check_int(store_item_now(store, &cx, program, STR("space"), STR("key"), &value),
              STATUS_NOT_FOUND);
    fake_put(store, &(StoreItem){STR("space"), STR("key"), STR("value")});
    check_int(store_item_now(store, &cx, program, STR("space"), STR("key"), &value), STATUS_OK);
    check_str(value, STR("value"));
    check_int(cx.issue_count, 0);
}

static void another_node_makes_one(Store *of)
{
    fake_put(of, &(StoreItem){STR("space"), STR("key"), STR("theirs")});
}

static void a_key_is_made_once(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *there;
        void (*meanwhile)(Store *of);
        Status fail;
        const char *wanted; /* NULL: it fails */
        size_t commits;
    } cases[] = {
        {"nobody has made one", NULL, NULL, STATUS_OK, "ours", 1},
        {"one is there: nothing is written", "old", NULL, STATUS_OK, "old", 0},
        {"another node was faster: its one counts", NULL, another_node_makes_one, STATUS_OK,
         "theirs", 0},
        {"it cannot be written: there is none", NULL, NULL, STATUS_STORAGE, NULL, 0},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        StoreItem made = {STR("space"), STR("key"), STR("ours")};
        Str value = STR_EMPTY;
        fake_put(store, &(StoreItem){made.space, made.key, STR_EMPTY});
        if (c->there)
            fake_put(store, &(StoreItem){made.space, made.key, str_of(c->there)});
        store->before_commit = c->meanwhile;
        store->fail = c->fail;
        size_t before = store->commits;
        Status status = store_item_once(store, &cx, program, &made, &value);
        check_int(status, c->fail);
        check_str(value, c->wanted ? str_of(c->wanted) : STR_EMPTY);
        check_int(store->commits - before, c->commits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_item_is_what_was_committed_last, begin, end),
        cmocka_unit_test_setup_teardown(a_key_is_made_once, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
