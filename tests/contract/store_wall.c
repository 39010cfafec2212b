/* The second wall: rows leave for who may see them, by whatever way they are asked for. Nobody in
 * this suite asks access_sees first: what is hidden here is hidden by the store alone. */
#include "access/rights.h"
#include "contract.h"

enum { HERE = 1000, THERE = 2000 }; /* two patients; the caller has a link with the first */

static const Access *person(Contract *at)
{
    AccessGrant grant = {.account = STR("a person"), .role = STR("gp"), .may_write = true};
    return access_grant(at->cx.arena, &grant);
}

static const Access *with_link(Contract *at)
{
    RightsLink *link = arena_new_of(at->cx.arena, RightsLink);
    Rights *rights = arena_new_of(at->cx.arena, Rights);
    *link = (RightsLink){.patient = HERE, .mask = {.read = 1u << D7_PROBLEMS, .clearance = CONF_N}};
    *rights = (Rights){.role = ROLE_GP, .links = link, .link_count = 1};
    return access_with_rights(at->cx.arena, person(at), rights);
}

static Str facts_about(Contract *at, uint64_t patient)
{
    char *room = arena_alloc(at->cx.arena, FACTS_BYTES_MAX);
    Facts facts = {
        .class = D7_PROBLEMS, .confidentiality = CONF_N, .subject_count = 1, .subjects = {patient}};
    return str_n(room, facts_pack(&facts, (unsigned char *)room));
}

static uint64_t put(Contract *at, const char *id, uint32_t version, uint64_t rid, uint64_t patient)
{
    Draft draft = {.id = id, .version = version, .rid = rid, .body = id};
    StoreWrite write = contract_write(at, &draft);
    StoreCommit commit = {.writes = &write, .write_count = 1};
    if (patient)
        write.facts = facts_about(at, patient);
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    return write.rid;
}

static void del(Contract *at, const char *id, uint32_t version, uint64_t rid)
{
    contract_put(at, &(Draft){.id = id, .version = version, .rid = rid, .method = STORE_DELETE});
}

typedef struct {
    const char *why, *id;
    bool seen; /* today */
    uint64_t rid;
    uint32_t version; /* the newest */
} Case;

/* Every kind of row that there is. */
static size_t fill(Contract *at, Case cases[8])
{
    uint64_t here = put(at, "here", 1, 0, HERE), there = put(at, "there", 1, 0, THERE);
    uint64_t bare = put(at, "bare", 1, 0, 0), came = put(at, "came", 1, 0, THERE);
    uint64_t went = put(at, "went", 1, 0, HERE), gone = put(at, "gone", 1, 0, HERE);
    uint64_t away = put(at, "away", 1, 0, THERE);
    put(at, "here", 2, here, HERE);
    put(at, "came", 2, came, HERE);
    put(at, "went", 2, went, THERE);
    del(at, "gone", 2, gone);
    del(at, "away", 2, away);
    const Case all[] = {
        {"of his patient", "here", true, here, 2},
        {"of another one", "there", false, there, 1},
        {"of whom nothing is known", "bare", false, bare, 1},
        {"of another one before", "came", true, came, 2},
        {"of another one since", "went", false, went, 2},
        {"deleted, of his patient", "gone", true, gone, 2},
        {"deleted, of another one", "away", false, away, 2},
    };
    memcpy(cases, all, sizeof(all));
    return COUNT_OF(all);
}

static StoreReader *read_for(Contract *at, const Access *access)
{
    StoreReader *reader = NULL;
    check_int(store_read_begin(at->store, &at->cx, access, &reader), STATUS_OK);
    return reader;
}

static void check_row(Contract *at, StoreReader *reader, const Access *access, const Case *c)
{
    const Status expected = c->seen ? STATUS_OK : STATUS_NOT_FOUND;
    StoreRow row;
    Str id = str_of(c->id);
    CASE(c->why);
    for (int with_body = 0; with_body < 2; with_body++) {
        check_int(store_get(reader, TYPE_A, id, with_body, &row), expected);
        check_int(store_get_rid(reader, c->rid, with_body, &row), expected);
        check(c->seen || (!row.version && !row.body.len && !row.id.len));
        check_int(store_get_rids(reader, &c->rid, 1, with_body, &row), STATUS_OK);
        check_int(row.version, c->seen ? c->version : 0);
        check_int(row.rid, c->rid);
        check(c->seen || !row.body.len);
    }
    for (int round = 0; round < 2; round++) /* the second time out of memory */
        check_int(store_get_now(at->store, &at->cx, access, TYPE_A, id, &row), expected);
    check_int(store_get_version(reader, TYPE_A, id, c->version, &row), expected);
    check_int(store_get_rid_version(reader, c->rid, c->version, &row), expected);
}

static void a_row_is_for_who_may_see_it(void **state)
{
    Contract *at = *state;
    Case cases[8];
    size_t count = fill(at, cases);
    const Access *access = with_link(at);
    for (int round = 0; round < 2; round++) {
        StoreReader *reader = read_for(at, access);
        for (size_t i = 0; i < count; i++)
            check_row(at, reader, access, &cases[i]);
        store_read_end(reader);
        if (round == 0)
            check_int(store_settle(at->store, &at->cx), STATUS_OK);
    }
}

static void an_old_version_is_judged_by_its_own_and_by_today(void **state)
{
    Contract *at = *state;
    Case cases[8];
    fill(at, cases);
    StoreReader *reader = read_for(at, with_link(at));
    const struct {
        const char *why, *id;
        Status status;
    } first_versions[] = {
        {"seen then and now", "here", STATUS_OK},
        {"hidden then", "came", STATUS_NOT_FOUND},
        {"hidden now", "went", STATUS_NOT_FOUND},
        {"seen before it was deleted", "gone", STATUS_OK},
        {"hidden before it was deleted", "away", STATUS_NOT_FOUND},
    };
    FOR_CASES(first_versions, c)
    {
        StoreRow row;
        CASE(c->why);
        check_int(store_get_version(reader, TYPE_A, str_of(c->id), 1, &row), c->status);
        for (size_t i = 0; i < COUNT_OF(cases) - 1; i++) {
            if (strcmp(cases[i].id, c->id) == 0)
                check_int(store_get_rid_version(reader, cases[i].rid, 1, &row), c->status);
        }
    }
    store_read_end(reader);
}

/* "here2 came2 ...", so many at a time, continued as a page link does. */
static Str history_of(Contract *at, StoreReader *reader, uint16_t type, const char *id,
                      size_t limit)
{
    StoreHistory query = {.type = type, .id = str_of(id), .limit = limit, .with_body = true};
    Buf buf;
    buf_init(&buf, at->cx.arena, 64, 4096);
    for (size_t count = limit; count == limit;) {
        StoreChange *changes;
        Status status = store_history(reader, &query, &changes, &count);
        if (status == STATUS_NOT_FOUND)
            return STR("not found");
        check_int(status, STATUS_OK);
        check(count <= limit);
        for (size_t i = 0; i < count; i++) {
            const StoreRow *row = &changes[i].row;
            buf_format(&buf, "%s" STR_FMT "%u", buf.len ? " " : "", STR_ARG(row->id), row->version);
            query.before = changes[i].change;
        }
    }
    return buf_str(&buf);
}

static void a_history_leaves_out_what_is_hidden(void **state)
{
    Contract *at = *state;
    Case cases[8];
    fill(at, cases);
    StoreReader *reader = read_for(at, with_link(at));
    const struct {
        const char *why, *id, *history;
        uint16_t type;
    } histories[] = {
        {"of all", "", "gone2 came2 here2 gone1 here1", 0},
        {"of a type", "", "gone2 came2 here2 gone1 here1", TYPE_A},
        {"of another type", "", "", TYPE_B},
        {"of one", "here", "here2 here1", TYPE_A},
        {"of one that was hidden", "came", "came2", TYPE_A},
        {"of a deleted one", "gone", "gone2 gone1", TYPE_A},
        {"of one that is hidden: as of one that is not there", "went", "not found", TYPE_A},
        {"of one that never was", "never", "not found", TYPE_A},
    };
    FOR_CASES(histories, c)
    {
        for (size_t limit = 1; limit < 5; limit++) {
            CASE(c->why);
            check_str(history_of(at, reader, c->type, c->id, limit), str_of(c->history));
        }
    }
    store_read_end(reader);
}

/* More that are hidden than are read at once: a page is as full as it can be. */
static void a_page_of_history_is_full_though_many_are_hidden(void **state)
{
    enum { HIDDEN = 150 };
    Contract *at = *state;
    put(at, "first", 1, 0, HERE);
    StoreWrite *writes = arena_array_of(at->cx.arena, StoreWrite, HIDDEN);
    for (size_t i = 0; i < HIDDEN; i++) {
        Draft draft = {.id = arena_format(at->cx.arena, "h%zu", i).at, .version = 1, .body = "h"};
        writes[i] = contract_write(at, &draft);
        writes[i].facts = facts_about(at, THERE);
    }
    StoreCommit commit = {.writes = writes, .write_count = HIDDEN};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    put(at, "last", 1, 0, HERE);
    StoreReader *reader = read_for(at, with_link(at));
    for (uint16_t type = 0; type <= TYPE_A; type = (uint16_t)(type + TYPE_A)) {
        check_str(history_of(at, reader, type, "", 1), STR("last1 first1"));
        check_str(history_of(at, reader, type, "", 10), STR("last1 first1"));
    }
    store_read_end(reader);
}

static void __attribute__((unused)) who_has_no_rights_is_shown_nothing(void **state)
{
    Contract *at = *state;
    Case cases[8];
    size_t count = fill(at, cases);
    StoreReader *reader = read_for(at, person(at));
    for (size_t i = 0; i < count; i++) {
        Case hidden = cases[i];
        hidden.seen = false;
        check_row(at, reader, person(at), &hidden);
    }
    check_str(history_of(at, reader, 0, "", 3), STR(""));
    CASE("nor does he read a store as a move does");
    StoreChange *changes;
    size_t found;
    check_int(store_scan_changes(reader, 0, (StoreSome){9, SIZE_MAX}, &changes, &found),
              STATUS_FORBIDDEN);
    store_read_end(reader);
}

static void the_program_looks_first_and_then_puts_the_caller_on(void **state)
{
    Contract *at = *state;
    Case cases[8];
    StoreRow row;
    fill(at, cases);
    const Access *caller = with_link(at);
    StoreReader *reader = read_for(at, at->access);
    check_int(store_get(reader, TYPE_A, STR("there"), true, &row), STATUS_OK);
    check(store_read_as(reader, caller) == at->access);
    check_int(store_get(reader, TYPE_A, STR("there"), true, &row), STATUS_NOT_FOUND);
    check_int(store_get(reader, TYPE_A, STR("here"), true, &row), STATUS_OK);
    check(store_read_as(reader, at->access) == caller);
    check_int(store_get(reader, TYPE_A, STR("there"), true, &row), STATUS_OK);
    store_read_end(reader);
}

static void other_facts_count_at_once(void **state)
{
    Contract *at = *state;
    StoreRow row;
    const Access *caller = with_link(at);
    uint64_t rid = put(at, "p", 1, 0, HERE);
    check_int(store_get_now(at->store, &at->cx, caller, TYPE_A, STR("p"), &row), STATUS_OK);
    StoreRekey rekey = {.rid = rid, .version = 1, .facts = facts_about(at, THERE)};
    StoreCommit commit = {.rekeys = &rekey, .rekey_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    check_int(store_get_now(at->store, &at->cx, caller, TYPE_A, STR("p"), &row), STATUS_NOT_FOUND);
    StoreReader *reader = read_for(at, caller);
    check_int(store_get(reader, TYPE_A, STR("p"), true, &row), STATUS_NOT_FOUND);
    store_read_end(reader);
}

const struct CMUnitTest contract_wall_tests[] = {
    CONTRACT_TEST(a_row_is_for_who_may_see_it),
    CONTRACT_TEST(an_old_version_is_judged_by_its_own_and_by_today),
    CONTRACT_TEST(a_history_leaves_out_what_is_hidden),
    CONTRACT_TEST(a_page_of_history_is_full_though_many_are_hidden),
    CONTRACT_TEST(the_program_looks_first_and_then_puts_the_caller_on),
    CONTRACT_TEST(other_facts_count_at_once),
};
const size_t contract_wall_count = COUNT_OF(contract_wall_tests);
