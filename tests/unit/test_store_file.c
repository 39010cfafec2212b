/* The files of the embedded store: keys, strangers, damage, and nothing in clear. */
#include <fcntl.h>
#include <unistd.h>

#include "access/grant.h"
#include "store/store.h"
#include "testing.h"

typedef struct {
    char folder[64], path[96], key_file[96], other_key_file[96];
} Place;

static void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "w");
    check(file && fwrite(bytes, 1, len, file) == len && fclose(file) == 0);
}

static int make_place(void **state)
{
    Place *place = calloc(1, sizeof(Place));
    const char *tmp = getenv("TMPDIR");
    snprintf(place->folder, sizeof(place->folder), "%s/aceso-file-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(place->folder))
        return -1;
    snprintf(place->path, sizeof(place->path), "%s/store", place->folder);
    snprintf(place->key_file, sizeof(place->key_file), "%s/secret", place->folder);
    snprintf(place->other_key_file, sizeof(place->other_key_file), "%s/other", place->folder);
    write_file(place->key_file, "0123456789abcdef0123456789abcdef", 32);
    write_file(place->other_key_file, "fedcba9876543210fedcba9876543210", 32);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    Place *place = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", place->folder);
    int failed = system(command);
    free(place);
    return failed;
}

static StoreOptions options_of(const Place *place)
{
    return (StoreOptions){.address = str_of(place->path), .key_file = str_of(place->key_file)};
}

static Store *open_store(Ctx *cx, const StoreOptions *options)
{
    Store *store = NULL;
    Status status = store_open(cx, options, &store);
    if (status != STATUS_OK)
        fail_msg("open: " STR_FMT, STR_ARG(cx->issues ? cx->issues->diagnostics : STR("?")));
    return store;
}

static const Access *grant(Ctx *cx)
{
    return access_grant(cx->arena, &(AccessGrant){.account = STR("t"),
                                                  .role = STR("operator"),
                                                  .may_write = true,
                                                  .everything = true});
}

static void put(Ctx *cx, Store *store, unsigned number, Str body)
{
    Str key = arena_format(cx->arena, "\x10zebracanary%04u", number);
    Str audit = STR("who was it: zebracanary");
    StoreItem item = {STR("zebracanary-space"), STR("zebracanary-key"), STR("zebracanary-value")};
    StoreWrite write = {.method = STORE_CREATE,
                        .type = 3,
                        .version = 1,
                        .rid = store_new_rid(store),
                        .id = arena_format(cx->arena, "zebracanary-%u", number),
                        .updated = 1,
                        .body = body,
                        .add = &key,
                        .add_count = 1};
    StoreCommit commit = {.writes = &write,
                          .write_count = 1,
                          .audits = &audit,
                          .audit_count = 1,
                          .items = &item,
                          .item_count = 1};
    check_int(store_commit(store, cx, grant(cx), &commit), STATUS_OK);
}

/* Opening must fail with STATUS_INVALID and a sentence that has `words` in it. */
static void check_refused(const StoreOptions *options, const char *words)
{
    Ctx cx = testing_ctx();
    Store *store;
    check_int(store_open(&cx, options, &store), STATUS_INVALID);
    check_int(cx.issue_count, 1);
    Str text = cx.issues->diagnostics;
    if (!memmem(text.at, text.len, words, strlen(words)))
        fail_msg("%s: \"" STR_FMT "\" does not speak of \"%s\"", testing_case, STR_ARG(text),
                 words);
    arena_free(cx.arena);
}

static void a_store_opens_with_its_key_only(void **state)
{
    Place *place = *state;
    Ctx cx = testing_ctx();
    StoreOptions options = options_of(place), wrong = options;
    check_int(store_create(&cx, &options), STATUS_OK);
    check_int(store_create(&cx, &options), STATUS_CONFLICT);
    wrong.key_file = str_of(place->other_key_file);
    CASE("another key file");
    check_refused(&wrong, "key file is not the one");
    CASE("a passphrase instead");
    wrong.key_file = STR_EMPTY;
    wrong.passphrase = STR("open sesame");
    check_refused(&wrong, "opens with a key file, not with a passphrase");
    CASE("nothing");
    wrong.passphrase = STR_EMPTY;
    check_refused(&wrong, "needs a key file or a passphrase");
    CASE("both");
    wrong = options;
    wrong.passphrase = STR("open sesame");
    check_refused(&wrong, "not both");
    CASE("a key file that is not there");
    wrong = options;
    wrong.key_file = STR("/nowhere/secret");
    check_refused(&wrong, "is not there");
    CASE("a key file of another size");
    write_file(place->other_key_file, "short", 5);
    wrong.key_file = str_of(place->other_key_file);
    check_refused(&wrong, "32 random bytes");
    store_close(open_store(&cx, &options));
    arena_free(cx.arena);
}

static void a_store_opens_with_its_passphrase_only(void **state)
{
    Place *place = *state;
    Ctx cx = {.arena = arena_new((size_t)64 << 20, false)};
    StoreOptions options = {.address = str_of(place->path), .passphrase = STR("correct horse")};
    check_int(store_create(&cx, &options), STATUS_OK);
    store_close(open_store(&cx, &options));
    options.passphrase = STR("battery staple");
    check_refused(&options, "passphrase is not the one");
    options = options_of(place);
    check_refused(&options, "opens with a passphrase, not with a key file");
    arena_free(cx.arena);
}

static void what_is_no_store_is_refused_with_a_reason(void **state)
{
    Place *place = *state;
    Ctx cx = testing_ctx();
    StoreOptions options = options_of(place);
    char page[8192], key[160], command[400];
    CASE("nothing there");
    check_refused(&options, "There is no store");
    check_int(store_create(&cx, &options), STATUS_OK);
    CASE("the .key file is gone");
    snprintf(key, sizeof(key), "%s.key", place->path);
    snprintf(command, sizeof(command), "cp '%s' '%s.saved'", key, key);
    check_int(system(command), 0);
    unlink(key);
    check_refused(&options, "is not there");
    CASE("the .key file is something else");
    write_file(key, "hello\n", 6);
    check_refused(&options, "is not a key file");
    snprintf(command, sizeof(command), "cp '%s.saved' '%s'", key, key);
    check_int(system(command), 0);
    CASE("noise of the right size");
    for (size_t i = 0; i < sizeof(page); i++)
        page[i] = (char)(i * 2654435761u >> 11);
    write_file(place->path, page, sizeof(page));
    check_refused(&options, "cannot be read with the key");
    CASE("a size that no store has");
    write_file(place->path, page, 5000);
    check_refused(&options, "whole number of pages");
    CASE("a database in clear");
    memcpy(page, "SQLite format 3", 16);
    write_file(place->path, page, sizeof(page));
    check_refused(&options, "plain SQLite");
    CASE("a folder");
    options.address = str_of(place->folder);
    check_refused(&options, "is not a file");
    arena_free(cx.arena);
}

static void a_store_is_open_in_one_place(void **state)
{
    Place *place = *state;
    Ctx cx = testing_ctx();
    StoreOptions options = options_of(place);
    check_int(store_create(&cx, &options), STATUS_OK);
    Store *store = open_store(&cx, &options), *again;
    check_int(store_open(&cx, &options, &again), STATUS_UNAVAILABLE);
    store_close(store);
    store_close(open_store(&cx, &options));
    arena_free(cx.arena);
}

static void change_first(Ctx *cx, Store *store, uint32_t version, Str body)
{
    StoreRow row;
    check_int(store_get_now(store, cx, grant(cx), 3, STR("zebracanary-0"), &row), STATUS_OK);
    StoreWrite write = {.method = STORE_UPDATE,
                        .type = 3,
                        .version = version,
                        .rid = row.rid,
                        .id = row.id,
                        .updated = 1,
                        .body = body};
    StoreCommit commit = {.writes = &write, .write_count = 1};
    check_int(store_commit(store, cx, grant(cx), &commit), STATUS_OK);
}

static void another_process_may_read_along(void **state)
{
    Place *place = *state;
    Ctx cx = testing_ctx();
    StoreOptions options = options_of(place), beside = options;
    beside.read_only = true;
    check_int(store_create(&cx, &options), STATUS_OK);
    Store *store = open_store(&cx, &options);
    for (unsigned i = 0; i < 30; i++)
        put(&cx, store, i, STR("{}"));
    Store *other = open_store(&cx, &beside); /* as another process would */
    for (unsigned round = 0; round < 3; round++) {
        StoreReader *reader;
        StoreCursor *cursor;
        StoreRow row;
        unsigned count = 0;
        check_int(store_read_begin(other, &cx, grant(&cx), &reader), STATUS_OK);
        check_int(store_cursor(reader, STR("\x10"), &cursor), STATUS_OK);
        for (Str key;; count++) {
            check_int(store_cursor_next(cursor, &key), STATUS_OK);
            if (!key.at)
                break;
        }
        check_int(count, 30 + round);
        check_int(
            store_get(reader, 3, arena_format(cx.arena, "zebracanary-%u", 29 + round), true, &row),
            STATUS_OK);
        store_read_end(reader);
        put(&cx, store, 30 + round, STR("{}"));
        change_first(&cx, store, 2 + round, STR("{\"changed\":true}"));
        check_int(store_read_begin(other, &cx, grant(&cx), &reader), STATUS_OK);
        check_int(store_get(reader, 3, STR("zebracanary-0"), true, &row), STATUS_OK);
        check_int(row.version, 2 + round);
        store_read_end(reader);
        check_int(store_get_now(other, &cx, grant(&cx), 3, STR("zebracanary-0"), &row), STATUS_OK);
        check_int(row.version, 2 + round);
        if (round == 0)
            check_int(store_settle(store, &cx), STATUS_OK);
    }
    StoreCommit commit = {.audits = &(Str){"x", 1}, .audit_count = 1};
    check_int(store_commit(other, &cx, grant(&cx), &commit), STATUS_UNAVAILABLE);
    check_int(store_check(other, &cx, NULL, NULL), STATUS_OK);
    Str backup = arena_format(cx.arena, "%s/backup", place->folder);
    check_int(store_backup(other, &cx, backup, NULL, NULL), STATUS_OK);
    store_close(store);
    store_close(other);
    options.address = backup;
    store = open_store(&cx, &options);
    check_int(store_check(store, &cx, NULL, NULL), STATUS_OK);
    store_close(store);
    arena_free(cx.arena);
}

/* ---- in clear -------------------------------------------------------------------------------- */

static bool file_has(const char *path, const char *word)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    char *bytes = malloc(64 << 20);
    size_t len = fread(bytes, 1, 64 << 20, file);
    fclose(file);
    bool has = memmem(bytes, len, word, strlen(word)) != NULL;
    free(bytes);
    return has;
}

static void nothing_is_in_clear(void **state)
{
    Place *place = *state;
    Ctx cx = testing_ctx();
    StoreOptions options = options_of(place);
    char path[160];
    check_int(store_create(&cx, &options), STATUS_OK);
    Store *store = open_store(&cx, &options);
    for (unsigned i = 0; i < 300; i++) {
        put(&cx, store, i, STR("{\"name\":\"zebracanary\"}"));
        if (i == 150)
            check_int(store_settle(store, &cx), STATUS_OK);
    }
    snprintf(path, sizeof(path), "%s/backup", place->folder);
    check_int(store_backup(store, &cx, str_of(path), NULL, NULL), STATUS_OK);
    static const char *const names[] = {"store",     "store-wal", "store-shm",
                                        "store.key", "backup",    "backup.key"};
    static const char *const words[] = {"zebracanary", "SQLite format", "CREATE TABLE", "posting"};
    write_file(place->other_key_file, "look: zebracanary", 17);
    check(file_has(place->other_key_file, "zebracanary")); /* the search can find */
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CASE(names[i]);
        snprintf(path, sizeof(path), "%s/%s", place->folder, names[i]);
        check(access(path, F_OK) == 0);
        for (size_t k = 0; k < COUNT_OF(words); k++)
            check(!file_has(path, words[k]));
    }
    store_close(store);
    arena_free(cx.arena);
}

/* ---- damage -------------------------------------------------------------------------------------
 */

static void flip(const char *path, off_t at)
{
    char byte = 0;
    int file = open(path, O_RDWR);
    check(file >= 0 && pread(file, &byte, 1, at) == 1);
    byte = (char)(byte ^ 0x10);
    check(pwrite(file, &byte, 1, at) == 1);
    close(file);
}

static void zero_page(const char *path, off_t page, char *was)
{
    static const char zeros[4096];
    int file = open(path, O_RDWR);
    check(file >= 0 && pread(file, was, 4096, page * 4096) == 4096);
    check(pwrite(file, zeros, 4096, page * 4096) == 4096);
    close(file);
}

static void put_page_back(const char *path, off_t page, const char *was)
{
    int file = open(path, O_RDWR);
    check(file >= 0 && pwrite(file, was, 4096, page * 4096) == 4096);
    close(file);
}

static Status open_and_check(const StoreOptions *options)
{
    Ctx cx = testing_ctx();
    Store *store;
    Status status = store_open(&cx, options, &store);
    if (status == STATUS_OK) {
        status = store_check(store, &cx, NULL, NULL);
        store_close(store);
    }
    check((status == STATUS_OK) == (cx.issue_count == 0));
    arena_free(cx.arena);
    return status;
}

static off_t make_damageable(Place *place, Ctx *cx, const StoreOptions *options)
{
    struct stat st;
    check_int(store_create(cx, options), STATUS_OK);
    Store *store = open_store(cx, options);
    for (unsigned i = 0; i < 120; i++)
        put(cx, store, i, arena_format(cx->arena, "{\"n\":%u,\"pad\":\"%0200u\"}", i, i * 7919));
    store_close(store);
    check_int(stat(place->path, &st), 0);
    return st.st_size / 4096;
}

static void a_flipped_bit_is_found(void **state)
{
    Place *place = *state;
    Ctx cx = testing_ctx();
    StoreOptions options = options_of(place);
    off_t pages = make_damageable(place, &cx, &options);
    for (off_t page = 0; page < pages; page++) {
        off_t at = page * 4096 + (page * 2654435761u) % 4096;
        flip(place->path, at);
        if (open_and_check(&options) == STATUS_OK)
            fail_msg("a flipped bit at %lld was not found", (long long)at);
        flip(place->path, at);
    }
    check_int(open_and_check(&options), STATUS_OK);
    arena_free(cx.arena);
}

/* A disk that lost a page: only of the few that a merge gave back nothing is said, and all is
 * there. */
static void a_page_of_zeros_is_found(void **state)
{
    Place *place = *state;
    Ctx cx = testing_ctx();
    StoreOptions options = options_of(place);
    off_t pages = make_damageable(place, &cx, &options), free_pages = 0;
    for (off_t page = 0; page < pages; page++) {
        char was[4096];
        zero_page(place->path, page, was);
        if (open_and_check(&options) == STATUS_OK)
            free_pages++;
        put_page_back(place->path, page, was);
    }
    check(free_pages * 4 < pages);
    check_int(open_and_check(&options), STATUS_OK);
    arena_free(cx.arena);
}

static void a_cut_store_is_refused(void **state)
{
    Place *place = *state;
    Ctx cx = testing_ctx();
    StoreOptions options = options_of(place);
    struct stat st;
    check_int(store_create(&cx, &options), STATUS_OK);
    Store *store = open_store(&cx, &options);
    for (unsigned i = 0; i < 300; i++)
        put(&cx, store, i, STR("{}"));
    store_close(store);
    check_int(stat(place->path, &st), 0);
    check_int(truncate(place->path, st.st_size - 3 * 4096), 0);
    CASE("whole pages are missing at the end");
    check_refused(&options, "cut off");
    arena_free(cx.arena);
}

static void who_was_killed_while_making_it_may_begin_again(void **state)
{
    static const struct {
        const char *why, *left[3];
        Status status;
    } cases[] = {
        {"a file of which a part is there", {".new.key", ".new", ".new-wal"}, STATUS_OK},
        {"a key alone", {".new.key"}, STATUS_OK},
        {"a file that lacks its name alone", {".key", ".new"}, STATUS_OK},
        {"a key whose store is elsewhere", {".key"}, STATUS_CONFLICT},
        {"a store", {""}, STATUS_CONFLICT},
    };
    Place *place = *state;
    StoreOptions options = options_of(place);
    char path[128];
    FOR_CASES(cases, it)
    {
        Ctx cx = testing_ctx();
        CASE(it->why);
        for (size_t i = 0; i < COUNT_OF(it->left) && it->left[i]; i++) {
            snprintf(path, sizeof(path), "%s%s", place->path, it->left[i]);
            write_file(path, "left", 4);
        }
        check_int(store_create(&cx, &options), it->status);
        if (it->status == STATUS_OK)
            store_close(open_store(&cx, &options));
        snprintf(path, sizeof(path), "rm -f '%s'*", place->path);
        check_int(system(path), 0);
        arena_free(cx.arena);
    }
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(a_store_opens_with_its_key_only),
        FILE_TEST(a_store_opens_with_its_passphrase_only),
        FILE_TEST(what_is_no_store_is_refused_with_a_reason),
        FILE_TEST(a_store_is_open_in_one_place),
        FILE_TEST(another_process_may_read_along),
        FILE_TEST(nothing_is_in_clear),
        FILE_TEST(a_flipped_bit_is_found),
        FILE_TEST(a_page_of_zeros_is_found),
        FILE_TEST(a_cut_store_is_refused),
        FILE_TEST(who_was_killed_while_making_it_may_begin_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
