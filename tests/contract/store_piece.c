/* Pieces: parts of what is too large for a row. store.h, moving.h */
#include "contract.h"

static const StoreSome many = {100, SIZE_MAX};

static Str bytes_of(Contract *at, size_t len, unsigned seed)
{
    char *bytes = arena_alloc_raw(at->cx.arena, len);
    uint32_t dice = seed;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)((dice = dice * 1664525 + 1013904223) >> 24);
    return str_n(bytes, len);
}

static Status put(Contract *at, const char *content, uint32_t number, Str bytes)
{
    StorePiece piece = {str_of(content), number, bytes};
    StoreCommit commit = {.pieces = &piece, .piece_count = 1};
    return store_commit(at->store, &at->cx, at->access, &commit);
}

static Status get(Contract *at, const char *content, uint32_t number, Str *ret_bytes)
{
    StoreReader *reader = contract_read(at);
    Status status = store_piece_get(reader, str_of(content), number, ret_bytes);
    store_read_end(reader);
    return status;
}

/* A commit with an item, which every reader from then on must see, and what stood before it. */
static void settle(Contract *at)
{
    StoreItem item = {STR("space"), STR("key"), STR("value")};
    StoreCommit commit = {.items = &item, .item_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
}

static void they_come_back_byte_for_byte(void **state)
{
    Contract *at = *state;
    static const size_t sizes[] = {1, 100, 4096, 65536, 196608, STORE_PIECE_BYTES_MAX};
    Str bytes;
    for (unsigned i = 0; i < COUNT_OF(sizes); i++)
        check_int(put(at, "doc", i, bytes_of(at, sizes[i], i)), STATUS_OK);
    settle(at);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = COUNT_OF(sizes); i-- > 0;) {
            check_int(get(at, "doc", i, &bytes), STATUS_OK);
            check_str(bytes, bytes_of(at, sizes[i], i));
        }
        contract_reopen(at);
    }
    CASE("what was never there");
    check_int(get(at, "doc", COUNT_OF(sizes), &bytes), STATUS_NOT_FOUND);
    check_int(get(at, "do", 0, &bytes), STATUS_NOT_FOUND);
    CASE("sent once more, and taken away");
    check_int(put(at, "doc", 0, STR("again")), STATUS_OK);
    check_int(put(at, "doc", 1, STR_EMPTY), STATUS_OK);
    check_int(put(at, "doc", 1, STR_EMPTY), STATUS_OK);
    settle(at);
    check_int(get(at, "doc", 0, &bytes), STATUS_OK);
    check_str(bytes, STR("again"));
    check_int(get(at, "doc", 1, &bytes), STATUS_NOT_FOUND);
}

/* With a resource they are there when it is, and are not when it is not. */
static void they_belong_to_their_commit(void **state)
{
    Contract *at = *state;
    Str bytes;
    StoreItem wrong = {STR("space"), STR("key"), STR("was never this")};
    StoreWrite write = contract_write(at, &(Draft){.id = "x", .version = 1, .body = "{}"});
    StorePiece pieces[] = {{STR("doc"), 0, STR("first")}, {STR("doc"), 1, STR("second")}};
    StoreCommit commit = {
        .writes = &write, .write_count = 1, .pieces = pieces, .piece_count = 2, .guard = &wrong};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_CONFLICT);
    check_int(get(at, "doc", 0, &bytes), STATUS_NOT_FOUND);
    commit.guard = NULL;
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    check_int(get(at, "doc", 0, &bytes), STATUS_OK);
    check_str(bytes, STR("first"));
    check_int(get(at, "doc", 1, &bytes), STATUS_OK);
    check_str(bytes, STR("second"));
}

static void they_are_for_the_program_alone(void **state)
{
    Contract *at = *state;
    StoreReader *reader;
    StorePiece pieces[1];
    StorePiecesAfter after = {.content = STR_EMPTY, .number = -1, .some = {1, 1}};
    Str bytes;
    size_t count;
    AccessGrant grant = {.account = STR("a person"), .role = STR("gp"), .may_write = true};
    const Access *person = access_grant(at->cx.arena, &grant);
    check_int(put(at, "doc", 0, STR("secret")), STATUS_OK);
    check_int(store_read_begin(at->store, &at->cx, person, &reader), STATUS_OK);
    check_int(store_piece_get(reader, STR("doc"), 0, &bytes), STATUS_FORBIDDEN);
    check_int(store_scan_pieces(reader, &after, pieces, &count), STATUS_FORBIDDEN);
    store_read_end(reader);
}

/* "a0 a1 b0", or with their bytes, "a0=x a1=y". */
static Str names_of(Contract *at, StoreSome some, bool with_bytes)
{
    StoreReader *reader = contract_read(at);
    StorePiecesAfter after = {
        .content = STR_EMPTY, .number = -1, .some = some, .with_bytes = with_bytes};
    StorePiece pieces[100];
    size_t count;
    Buf buf;
    buf_init(&buf, at->cx.arena, 64, 4096);
    do {
        check_int(store_scan_pieces(reader, &after, pieces, &count), STATUS_OK);
        check(count <= some.rows_max);
        for (size_t i = 0; i < count; i++) {
            buf_format(&buf, "%s" STR_FMT "%u", buf.len ? " " : "", STR_ARG(pieces[i].content),
                       pieces[i].number);
            if (with_bytes)
                buf_format(&buf, "=" STR_FMT, STR_ARG(pieces[i].bytes));
            after.content = pieces[i].content;
            after.number = pieces[i].number;
        }
    } while (count);
    store_read_end(reader);
    return buf_str(&buf);
}

static void they_have_an_order(void **state)
{
    Contract *at = *state;
    static const struct {
        const char *content;
        uint32_t number;
    } pieces[] = {{"b", 0}, {"a", 10}, {"a", 9}, {"ab", 0}, {"a", 0}};
    for (size_t i = 0; i < COUNT_OF(pieces); i++)
        check_int(put(at, pieces[i].content, pieces[i].number, str_of(pieces[i].content)),
                  STATUS_OK);
    settle(at);
    check_str(names_of(at, many, false), STR("a0 a9 a10 ab0 b0"));
    check_str(names_of(at, (StoreSome){2, SIZE_MAX}, false), STR("a0 a9 a10 ab0 b0"));
    check_str(names_of(at, (StoreSome){3, 1}, true), STR("a0=a a9=a a10=a ab0=ab b0=b"));
}

static void a_check_finds_what_is_lacking(void **state)
{
    Contract *at = *state;
    check_int(put(at, "whole", 0, STR("0")), STATUS_OK);
    check_int(put(at, "whole", 1, STR("1")), STATUS_OK);
    settle(at);
    check_int(store_check(at->store, &at->cx, NULL, NULL), STATUS_OK);
    check_int(put(at, "torn", 0, STR("0")), STATUS_OK);
    check_int(put(at, "torn", 2, STR("2")), STATUS_OK);
    settle(at);
    check_int(store_check(at->store, &at->cx, NULL, NULL), STATUS_INVALID);
    Str said = at->cx.issues_last->diagnostics;
    check(memmem(said.at, said.len, "1 documents lack a piece", 24) != NULL);
}

const struct CMUnitTest contract_piece_tests[] = {
    CONTRACT_TEST(they_come_back_byte_for_byte),   CONTRACT_TEST(they_belong_to_their_commit),
    CONTRACT_TEST(they_are_for_the_program_alone), CONTRACT_TEST(they_have_an_order),
    CONTRACT_TEST(a_check_finds_what_is_lacking),
};
const size_t contract_piece_count = COUNT_OF(contract_piece_tests);
