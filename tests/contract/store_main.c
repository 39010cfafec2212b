/* Runs the suite on the engine that is linked, and holds what its files share. */
#include "contract.h"

int contract_setup(void **state)
{
    Contract *at = calloc(1, sizeof(Contract));
    at->cx = testing_ctx();
    at->access = access_grant(at->cx.arena, &(AccessGrant){.account = STR("test"),
                                                           .role = STR("operator"),
                                                           .may_write = true,
                                                           .everything = true});
    contract_fresh();
    at->store = contract_open(&at->cx);
    *state = at;
    return at->store ? 0 : -1;
}

int contract_teardown(void **state)
{
    Contract *at = *state;
    arena_free(at->cx.arena); /* readers end first */
    store_close(at->store);
    free(at);
    return 0;
}

void contract_reopen(Contract *at)
{
    store_close(at->store);
    at->store = contract_open(&at->cx);
    check(at->store != NULL);
}

static const Str *keys_of(Arena *arena, const char *const *list, size_t *ret_count)
{
    Str *keys = arena_array_of(arena, Str, 8);
    *ret_count = 0;
    for (size_t i = 0; i < 8 && list[i]; i++)
        keys[(*ret_count)++] = str_of(list[i]);
    return keys;
}

StoreWrite contract_write(Contract *at, const Draft *draft)
{
    StoreWrite write = {.method = draft->method         ? draft->method
                                  : draft->version == 1 ? STORE_CREATE
                                                        : STORE_UPDATE,
                        .type = draft->type ? draft->type : TYPE_A,
                        .id_is_fresh = draft->id_is_fresh,
                        .version = draft->version,
                        .rid = draft->rid ? draft->rid : store_new_rid(at->store),
                        .id = str_of(draft->id),
                        .updated = draft->updated ? draft->updated : time_now(),
                        .facts = str_of(draft->facts ? draft->facts : ""),
                        .body = str_of(draft->body ? draft->body : "")};
    write.add = keys_of(at->cx.arena, draft->add, &write.add_count);
    write.remove = keys_of(at->cx.arena, draft->remove, &write.remove_count);
    return write;
}

Status contract_try(Contract *at, const Draft *draft)
{
    StoreWrite write = contract_write(at, draft);
    StoreCommit commit = {.writes = &write, .write_count = 1};
    return store_commit(at->store, &at->cx, at->access, &commit);
}

uint64_t contract_put(Contract *at, const Draft *draft)
{
    StoreWrite write = contract_write(at, draft);
    StoreCommit commit = {.writes = &write, .write_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    return write.rid;
}

StoreReader *contract_read(Contract *at)
{
    StoreReader *reader = NULL;
    Str value;
    check_int(store_read_begin(at->store, &at->cx, at->access, &reader), STATUS_OK);
    /* Its first question takes the snapshot. */
    check_int(store_item_get(reader, STR("no space"), STR("no key"), &value), STATUS_NOT_FOUND);
    return reader;
}

Str contract_keys(Contract *at, StoreReader *reader, const char *prefix)
{
    StoreCursor *cursor;
    Buf buf;
    buf_init(&buf, at->cx.arena, 64, 1 << 20);
    check_int(store_cursor(reader, str_of(prefix), &cursor), STATUS_OK);
    for (Str key;;) {
        check_int(store_cursor_next(cursor, &key), STATUS_OK);
        if (!key.at)
            return buf_str(&buf);
        if (buf.len)
            buf_add_char(&buf, ' ');
        buf_add_str(&buf, str_from(key, 1));
    }
}

int main(void)
{
    const struct {
        const struct CMUnitTest *tests;
        size_t count;
    } parts[] = {
        {contract_commit_tests, contract_commit_count}, {contract_read_tests, contract_read_count},
        {contract_rekey_tests, contract_rekey_count},   {contract_care_tests, contract_care_count},
        {contract_move_tests, contract_move_count},     {contract_keys_tests, contract_keys_count},
        {contract_nodes_tests, contract_nodes_count},   {contract_jobs_tests, contract_jobs_count},
        {contract_facts_tests, contract_facts_count},   {contract_wall_tests, contract_wall_count},
        {contract_piece_tests, contract_piece_count},
    };
    struct CMUnitTest all[128];
    size_t count = 0;
    const char *skipped = contract_skipped();
    if (skipped) {
        printf("1..1\n# skipped: the contract of a store (%s)\nok 1 - store contract\n", skipped);
        return 0;
    }
    FOR_CASES(parts, part)
    {
        assert(count + part->count <= COUNT_OF(all));
        memcpy(all + count, part->tests, part->count * sizeof(*all));
        count += part->count;
    }
    return _cmocka_run_group_tests("store contract", all, count, NULL, NULL);
}
