/* tests/one_store.h - one embedded store in a folder of its own, open, for tests of its files. */
#ifndef ACESO_TESTS_ONE_STORE_H
#define ACESO_TESTS_ONE_STORE_H

#include <unistd.h>

#include "access/grant.h"
#include "store/store.h"
#include "testing.h"

static Ctx cx;
static Store *store;
static const Access *access_of_test;
static char folder[64];
static StoreOptions options;

static inline int one_store_begin(Time (*clock)(void))
{
    cx = testing_ctx();
    access_of_test = access_grant(cx.arena, &(AccessGrant){.account = STR("test"),
                                                           .role = STR("operator"),
                                                           .may_write = true,
                                                           .everything = true});
    snprintf(folder, sizeof(folder), "/tmp/aceso-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    options = (StoreOptions){.address = arena_format(cx.arena, "%s/store", folder),
                             .key_file = arena_format(cx.arena, "%s/key", folder),
                             .clock = clock};
    FILE *file = fopen(options.key_file.at, "w");
    assert_non_null(file);
    assert_int_equal(fwrite("0123456789abcdef0123456789abcdef", 32, 1, file), 1);
    fclose(file);
    return store_create(&cx, &options) == STATUS_OK &&
                   store_open(&cx, &options, &store) == STATUS_OK
               ? 0
               : -1;
}

static inline int close_store(void **state)
{
    UNUSED(state);
    char command[96];
    store_close(store);
    arena_free(cx.arena);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

#endif
