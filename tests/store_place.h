/* tests/store_place.h - where a test's store is: a file in a folder of its own; or, when the
 * program runs under with_postgres (support/with_postgres.c), a database. So every test of a
 * fixture can be asked of both engines. */
#ifndef ACESO_TESTS_STORE_PLACE_H
#define ACESO_TESTS_STORE_PLACE_H

#include "crypto/crypto.h"
#include "postgres.h"
#include "store/store.h"
#include "testing.h"

static inline bool store_place_is_database(void)
{
    const char *given = getenv("ACESO_TEST_POSTGRES");
    return given && *given;
}

/* For store_open, after store_place_make in the same folder. */
static inline StoreOptions store_place(Arena *arena, const char *folder)
{
    StoreOptions options = {.address = arena_format(arena, "%s/store", folder),
                            .key_file = arena_format(arena, "%s/key", folder)};
    const char *why;
    if (store_place_is_database())
        options.address = arena_format(arena, "postgres:%s", test_postgres(false, &why)->app);
    return options;
}

/* A key file in the folder, and a new store that it opens. */
static inline StoreOptions store_place_make(Ctx *cx, Arena *arena, const char *folder)
{
    StoreOptions options = store_place(arena, folder), make = options;
    uint8_t key[32];
    const char *why;
    assert_int_equal(crypto_init(cx), STATUS_OK);
    crypto_random(key, sizeof(key));
    FILE *file = fopen(options.key_file.at, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(key, 1, sizeof(key), file), sizeof(key));
    fclose(file);
    if (store_place_is_database()) {
        const TestPostgres *postgres = test_postgres(false, &why);
        assert_true(test_postgres_clean(postgres));
        make.address = arena_format(arena, "postgres:%s", postgres->owner);
        make.role = str_of(postgres->app_role);
    }
    assert_int_equal(store_create(cx, &make), STATUS_OK);
    return options;
}

#endif
