/* The ordered memory of index keys. */
#include <pthread.h>
#include <stdatomic.h>

#include "store/sqlite/memtable.h"
#include "testing.h"

static Str number_key(char room[8], unsigned number)
{
    snprintf(room, 8, "%06u", number);
    return str_n(room, 6);
}

static void keys_come_out_in_order(void **state)
{
    UNUSED(state);
    Memtable *table = memtable_new(10);
    char room[8];
    for (unsigned i = 0; i < 20000; i++)
        check(memtable_add(table, number_key(room, i * 7919 % 20000), 11 + i, false));
    MemtableAt at = memtable_seek(table, STR_EMPTY);
    for (unsigned i = 0; i < 20000; i++) {
        check(!memtable_at_end(&at));
        check_str(memtable_key(&at), number_key(room, i));
        memtable_next(&at);
    }
    check(memtable_at_end(&at));
    check_int(memtable_count(table), 20000);
    check_int(memtable_last_seq(table), 20010);
    check(memtable_bytes(table) < 20000 * (6 + 24)); /* the key and 24 bytes at most */
    memtable_release(table);
}

static void the_newest_entry_of_a_key_comes_first(void **state)
{
    UNUSED(state);
    static const struct {
        uint64_t seq;
        bool removed;
    } expected[] = {{9, false}, {9, true}, {5, true}, {3, false}};
    Memtable *table = memtable_new(0);
    check(memtable_add(table, STR("k"), 5, true));
    check(memtable_add(table, STR("k"), 3, false));
    check(memtable_add(table, STR("k"), 9, false));
    check(memtable_add(table, STR("k"), 9, true)); /* of one change, adding has the last word */
    check(memtable_add(table, STR("j"), 4, false));
    MemtableAt at = memtable_seek(table, STR("k"));
    FOR_CASES(expected, e)
    {
        check_int(memtable_seq(&at), e->seq);
        check_int(memtable_removed(&at), e->removed);
        memtable_next(&at);
    }
    check(memtable_at_end(&at));
    memtable_release(table);
}

static void seeking_finds_the_next_key(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str seek, found;
    } cases[] = {
        {"before all", STR_INIT(""), STR_INIT("aa")},
        {"there", STR_INIT("b"), STR_INIT("b")},
        {"between", STR_INIT("ab"), STR_INIT("b")},
        {"a prefix sorts first", STR_INIT("ba"), STR_INIT("bb")},
        {"high bytes are not negative", STR_INIT("c"), STR_INIT("\xff")},
    };
    Memtable *table = memtable_new(0);
    check(memtable_add(table, STR("\xff"), 1, false));
    check(memtable_add(table, STR("bb"), 1, false));
    check(memtable_add(table, STR("aa"), 1, false));
    check(memtable_add(table, STR("b"), 1, false));
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        MemtableAt at = memtable_seek(table, c->seek);
        check_str(memtable_key(&at), c->found);
    }
    MemtableAt end = memtable_seek(table, STR("\xff\x01"));
    check(memtable_at_end(&end));
    memtable_release(table);
}

/* ---- one writes, others read ------------------------------------------------------------ */

enum { BUSY_KEYS = 60000 };
static _Atomic uint64_t published;

/* Every key published so far is there, and the order holds. */
static void *read_along(void *argument)
{
    const Memtable *table = argument;
    char room[8];
    for (uint64_t before = 0; before < BUSY_KEYS;) {
        before = atomic_load_explicit(&published, memory_order_acquire);
        uint64_t number = before ? (before - 1) * 7919 % BUSY_KEYS : 0;
        MemtableAt at = memtable_seek(table, number_key(room, (unsigned)number));
        if (before && (memtable_at_end(&at) || !str_eq(memtable_key(&at), str_n(room, 6))))
            return "a published key is missing";
        for (unsigned steps = 0; steps < 20 && !memtable_at_end(&at); steps++) {
            Str key = memtable_key(&at);
            memtable_next(&at);
            if (!memtable_at_end(&at) && str_cmp(key, memtable_key(&at)) >= 0)
                return "the order is broken";
        }
    }
    return NULL;
}

static void readers_need_no_lock(void **state)
{
    UNUSED(state);
    Memtable *table = memtable_new(0);
    pthread_t threads[3];
    char room[8];
    for (unsigned i = 0; i < 3; i++)
        check_int(pthread_create(&threads[i], NULL, read_along, table), 0);
    for (unsigned i = 0; i < BUSY_KEYS; i++) {
        check(memtable_add(table, number_key(room, (unsigned)((uint64_t)i * 7919 % BUSY_KEYS)),
                           i + 1, false));
        atomic_store_explicit(&published, i + 1, memory_order_release);
    }
    for (unsigned i = 0; i < 3; i++) {
        void *fault;
        pthread_join(threads[i], &fault);
        if (fault)
            fail_msg("%s", (char *)fault);
    }
    memtable_release(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_out_in_order),
        cmocka_unit_test(the_newest_entry_of_a_key_comes_first),
        cmocka_unit_test(seeking_finds_the_next_key),
        cmocka_unit_test(readers_need_no_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
