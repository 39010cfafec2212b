/* Who asked for what is on the audit log before the answer leaves: one row for each kind of
 * interaction, for those that were refused, too.
 *
 * SPEC R4 http.html#security, RFC 9110 15.5.2, 15.5.4 */
#include "served_fixture.h"

#include "audit/seal.h"
#include "http/refusal.h"
#include "http/routes.h"

#define PATCH_TYPE "Content-Type: application/json-patch+json\r\n"
#define FORM_TYPE  "Content-Type: application/x-www-form-urlencoded\r\n"
#define JSON_TYPE  "Content-Type: application/json\r\n"
#define BUNDLE(kind)                                                                               \
    "{\"resourceType\":\"Bundle\",\"type\":\"" kind "\",\"entry\":[{\"request\":{\"method\":"      \
    "\"PUT\",\"url\":\"Patient/p3\"},\"resource\":{\"resourceType\":\"Patient\",\"id\":\"p3\"}}]}"
#define P2 "{\"resourceType\":\"Patient\",\"id\":\"p2\",\"name\":[{\"family\":\"Zyxcanarius\"}]}"

typedef enum { NOBODY, GUESSER, READER, WRITER, BROWSER, FOREIGN_PAGE } Who;

typedef struct {
    const char *why;
    Who who;
    const char *method, *target, *headers, *body;
    unsigned status;
    const char *interaction, *type, *id; /* id NULL: any */
    Status outcome;
} AuditCase;

static Str headers_of(const AuditCase *c)
{
    switch (c->who) {
    case NOBODY: return str_of(c->headers);
    case GUESSER:
        return with(bearer(STR("aceso_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), c->headers);
    case READER: return with(bearer(read_token), c->headers);
    case WRITER: return with(bearer(token), c->headers);
    case BROWSER: return with(with(cookie, OWN), c->headers);
    case FOREIGN_PAGE: return with(with(cookie, "Origin: https://evil.example\r\n"), c->headers);
    }
    return STR_EMPTY;
}

static uint64_t audit_count(void)
{
    StoreStats stats;
    store_stats(f.store, &stats);
    return stats.audits;
}

/* The newest entry; its interaction: those of all entries behind number `before`. */
static AuditEntry audit_since(uint64_t before)
{
    StoreReader *reader;
    StoreAuditRow *rows;
    size_t count;
    AuditEntry entry = {0};
    Buf all;
    buf_init(&all, f.cx.arena, 64, 4096);
    assert_int_equal(store_read_begin(f.store, &f.cx, f.access, &reader), STATUS_OK);
    assert_int_equal(store_audit_read(reader, before + 1, 10, &rows, &count), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        AuditAbout *about;
        assert_int_equal(audit_unpack(&f.cx, rows[i].entry, &entry), STATUS_OK);
        assert_int_equal(audit_open(&f.cx, reader, &entry, &about), STATUS_OK);
        if (entry.part_count && about[0].id.len)
            entry.id = about[0].id; /* it stood under the patient's key */
        buf_format(&all, "%s" STR_FMT, i ? " " : "", STR_ARG(entry.interaction));
    }
    store_read_end(reader);
    entry.interaction = buf_str(&all);
    return entry;
}

static void check_case(const AuditCase *c)
{
    static const struct {
        const char *account, *role;
    } people[] = {
        [NOBODY] = {"", ""},
        [GUESSER] = {"", ""},
        [READER] = {NULL, "program"}, /* named by its token */
        [WRITER] = {NULL, "program"},
        [BROWSER] = {"dr.dupont", "gp"},
        [FOREIGN_PAGE] = {"dr.dupont", "gp"},
    };
    uint64_t before = audit_count();
    CASE(c->why);
    Answer answer = ask(str_of(c->method), str_of(c->target), headers_of(c), str_of(c->body));
    check_int(answer.status, c->status);
    AuditEntry entry = audit_since(before);
    check_str(entry.interaction, str_of(c->interaction));
    check_str(entry.type, str_of(c->type));
    if (c->id)
        check_str(entry.id, str_of(c->id));
    else
        check(entry.id.len > 0);
    check_int(entry.outcome, c->outcome);
    check_str(entry.address, STR("127.0.0.1"));
    check_str(entry.request_id, answer_header(&answer, STR("X-Request-Id")));
    if (people[c->who].account)
        check_str(entry.account, str_of(people[c->who].account));
    else
        check(entry.account.len > 0);
    check_str(entry.role, str_of(people[c->who].role));
    fixture_clear(&f);
}

/* In this order: each leaves the chart as the next one needs it. */
static void every_interaction_leaves_an_entry(void **state)
{
    UNUSED(state);
    static const AuditCase cases[] = {
        {"read", READER, "GET", "/fhir/Patient/p1", "", "", 200, "read", "Patient", "p1",
         STATUS_OK},
        {"read of nothing", READER, "GET", "/fhir/Patient/none", "", "", 404, "read", "Patient",
         "none", STATUS_NOT_FOUND},
        {"vread", READER, "GET", "/fhir/Patient/p1/_history/1", "", "", 200, "vread", "Patient",
         "p1", STATUS_OK},
        {"history of one", READER, "GET", "/fhir/Patient/p1/_history", "", "", 200,
         "history-instance", "Patient", "p1", STATUS_OK},
        {"history of a type", READER, "GET", "/fhir/Patient/_history", "", "", 200, "history-type",
         "Patient", "", STATUS_OK},
        {"history of all", READER, "GET", "/fhir/_history", "", "", 200, "history-system", "", "",
         STATUS_OK},
        {"search", READER, "GET", "/fhir/Patient?_id=p1", "", "", 200, "search-type", "Patient", "",
         STATUS_OK},
        {"search by form", WRITER, "POST", "/fhir/Patient/_search", FORM_TYPE, "_id=p1", 200,
         "search-type", "Patient", "", STATUS_OK},
        {"search by nonsense", READER, "GET", "/fhir/Patient?nmae=a", "", "", 400, "search-type",
         "Patient", "", STATUS_INVALID},
        {"create", WRITER, "POST", "/fhir/Patient", TYPE, "{\"resourceType\":\"Patient\"}", 201,
         "create", "Patient", NULL, STATUS_OK},
        {"create of nonsense", WRITER, "POST", "/fhir/Patient", TYPE, "{", 400, "create", "Patient",
         "", STATUS_INVALID},
        {"update that creates", WRITER, "PUT", "/fhir/Patient/p2", TYPE, P2, 201, "update",
         "Patient", "p2", STATUS_OK},
        {"update in a browser", BROWSER, "PUT", "/fhir/Patient/p2", TYPE, P2, 200, "update",
         "Patient", "p2", STATUS_OK},
        {"patch", WRITER, "PATCH", "/fhir/Patient/p2", PATCH_TYPE,
         "[{\"op\":\"add\",\"path\":\"/active\",\"value\":true}]", 200, "patch", "Patient", "p2",
         STATUS_OK},
        {"delete", WRITER, "DELETE", "/fhir/Patient/p2", "", "", 204, "delete", "Patient", "p2",
         STATUS_OK},
        {"read of what is gone", READER, "GET", "/fhir/Patient/p2", "", "", 410, "read", "Patient",
         "p2", STATUS_GONE},
        {"batch", WRITER, "POST", "/fhir", TYPE, BUNDLE("batch"), 200, "update batch", "", "",
         STATUS_OK},
        {"transaction", WRITER, "POST", "/fhir", TYPE, BUNDLE("transaction"), 200, "transaction",
         "", "", STATUS_OK},
    };
    FOR_CASES(cases, c)
    {
        check_case(c);
    }
}

static void every_refusal_leaves_an_entry(void **state)
{
    UNUSED(state);
    static const AuditCase cases[] = {
        {"a stranger reads", NOBODY, "GET", "/fhir/Patient/p1", "", "", 401, "read", "Patient",
         "p1", STATUS_UNAUTHORIZED},
        {"a stranger looks whether it is there", NOBODY, "HEAD", "/fhir/Patient/p1", "", "", 401,
         "read", "Patient", "p1", STATUS_UNAUTHORIZED},
        {"a stranger searches", NOBODY, "GET", "/fhir/Patient?name=a", "", "", 401, "search-type",
         "Patient", "", STATUS_UNAUTHORIZED},
        {"a stranger writes", NOBODY, "POST", "/fhir/Patient", TYPE, PATIENT, 401, "create",
         "Patient", "", STATUS_UNAUTHORIZED},
        {"a stranger deletes", NOBODY, "DELETE", "/fhir/Patient/p1", "", "", 401, "delete",
         "Patient", "p1", STATUS_UNAUTHORIZED},
        {"a stranger asks for what has no name", NOBODY, "GET", "/fhir/Zyxcanarius/Zyx%20x", "", "",
         401, "read", "", "", STATUS_UNAUTHORIZED},
        {"a guessed token reads", GUESSER, "GET", "/fhir/Patient/p1", "", "", 401, "read",
         "Patient", "p1", STATUS_UNAUTHORIZED},
        {"a guessed token writes", GUESSER, "PUT", "/fhir/Patient/p1", TYPE, PATIENT, 401, "update",
         "Patient", "p1", STATUS_UNAUTHORIZED},
        {"a reader creates", READER, "POST", "/fhir/Patient", TYPE, PATIENT, 403, "create",
         "Patient", "", STATUS_FORBIDDEN},
        {"a reader updates", READER, "PUT", "/fhir/Patient/p1", TYPE, PATIENT, 403, "update",
         "Patient", "p1", STATUS_FORBIDDEN},
        {"a reader patches", READER, "PATCH", "/fhir/Patient/p1", PATCH_TYPE, "[]", 403, "patch",
         "Patient", "p1", STATUS_FORBIDDEN},
        {"a reader deletes", READER, "DELETE", "/fhir/Patient/p1", "", "", 403, "delete", "Patient",
         "p1", STATUS_FORBIDDEN},
        {"a reader sends a bundle", READER, "POST", "/fhir", TYPE, BUNDLE("batch"), 403, "batch",
         "", "", STATUS_FORBIDDEN},
        {"a foreign page writes", FOREIGN_PAGE, "PUT", "/fhir/Patient/p1", TYPE, PATIENT, 403,
         "update", "Patient", "p1", STATUS_FORBIDDEN},
    };
    FOR_CASES(cases, c)
    {
        check_case(c);
    }
}

static void signing_in_and_out_leaves_an_entry(void **state)
{
    UNUSED(state);
    static const AuditCase cases[] = {
        {"a wrong password", NOBODY, "POST", "/auth/sign-in", JSON_TYPE,
         "{\"user\":\"nobody\",\"password\":\"quatre chiens\"}", 401, "sign-in", "", "",
         STATUS_UNAUTHORIZED},
        {"out", BROWSER, "POST", "/auth/sign-out", "", "", 204, "sign-out", "", "", STATUS_OK},
        {"the old cookie", BROWSER, "GET", "/fhir/Patient/p1", "", "", 401, "read", "Patient", "p1",
         STATUS_UNAUTHORIZED},
    };
    check_case(&cases[0]);
    check_case(&cases[1]);
    uint64_t before = audit_count();
    CASE(cases[2].why);
    Answer answer = ask(str_of(cases[2].method), str_of(cases[2].target), cookie, STR_EMPTY);
    check_int(answer.status, cases[2].status);
    check_str(audit_since(before).interaction, STR("read"));
    check_str(audit_since(before).account, STR_EMPTY);
    before = audit_count();
    CASE("in");
    answer = ask(STR("POST"), STR("/auth/sign-in"), STR(JSON_TYPE), STR(SIGN_IN));
    check_int(answer.status, 200);
    AuditEntry entry = audit_since(before);
    check_str(entry.interaction, STR("sign-in"));
    check_str(entry.account, STR("dr.dupont"));
    check_int(entry.outcome, STATUS_OK);
    fixture_clear(&f);
}

typedef Status (*AuthChange)(void);

static Status make_account(void)
{
    AuthAccount account = {.user = STR("inf.renard"), .role = STR("nurse")};
    return auth_account_create(auth, &f.cx, operator, & account, STR("deux chats sur un toit"));
}

static Status set_password(void)
{
    return auth_password_set(auth, &f.cx, operator, STR("inf.renard"),
                             STR("cinq chats sur un toit"));
}

static Status block(void)
{
    return auth_account_block(auth, &f.cx, operator, STR("inf.renard"), true);
}

static Status unblock(void)
{
    return auth_account_block(auth, &f.cx, operator, STR("inf.renard"), false);
}

static Status end_sessions(void)
{
    return auth_session_end(auth, &f.cx, operator, STR("inf.renard"));
}

static Status make_token(void)
{
    (void)token_of(false);
    return STATUS_OK;
}

static Status revoke_token(void)
{
    AuthToken *tokens;
    size_t count;
    TRY(auth_token_list(auth, &f.cx, &tokens, &count));
    return auth_token_revoke(auth, &f.cx, operator, tokens[count - 1].id);
}

static void every_change_of_accounts_leaves_an_entry(void **state)
{
    UNUSED(state);
    static const struct {
        AuthChange change;
        Str why;
    } cases[] = {
        {make_account, STR_INIT("account-create")}, {set_password, STR_INIT("password-set")},
        {block, STR_INIT("account-block")},         {unblock, STR_INIT("account-unblock")},
        {end_sessions, STR_INIT("session-end")},    {make_token, STR_INIT("token-create")},
        {revoke_token, STR_INIT("token-revoke")},
    };
    FOR_CASES(cases, c)
    {
        uint64_t before = audit_count();
        CASE(c->why.at);
        check_int(c->change(), STATUS_OK);
        AuditEntry entry = audit_since(before);
        check_str(entry.interaction, c->why);
        check_str(entry.account, STR("operator"));
        check_int(entry.outcome, STATUS_OK);
        fixture_clear(&f);
    }
}

/* A route of the chart that is added later has a name, too. */
static void every_route_of_the_chart_has_a_name(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < route_count; i++) {
        const Route *route = &routes[i];
        bool chart = route->fhir && route->need != NEEDS_NOTHING && str_of(route->pattern).at &&
                     !str_has_suffix(str_of(route->pattern), STR("*"));
        CASE(route->pattern);
        check_int(refusal_interaction(route).len > 0, chart);
    }
}

/* Strangers could fill the disk. */
static void a_flood_of_strangers_is_counted(void **state)
{
    UNUSED(state);
    Refusals refusals = {0};
    Str args[REQUEST_ARGS_MAX], allow;
    Request rq = {.route =
                      route_find(f.cx.arena, STR("GET"), STR("/fhir/Patient/p1"), args, &allow)};
    const Time start_us = 1000 * TIME_SECOND, share = TIME_SECOND / REFUSALS_PER_SECOND;
    unsigned taken = 0;
    for (unsigned i = 0; i < 10000; i++)
        taken += refusal_is_audited(&refusals, &rq, STATUS_UNAUTHORIZED, start_us);
    assert_int_equal(taken, REFUSALS_IN_A_ROW);
    assert_int_equal(atomic_load(&refusals.left_out), 10000 - REFUSALS_IN_A_ROW);
    for (unsigned i = 0; i < 20; i++)
        taken += refusal_is_audited(&refusals, &rq, STATUS_UNAUTHORIZED, start_us + 7 * share);
    assert_int_equal(taken, REFUSALS_IN_A_ROW + 7);
    rq.call.access = f.reader; /* somebody who signed in is always noted */
    assert_true(refusal_is_audited(&refusals, &rq, STATUS_FORBIDDEN, start_us + 7 * share));
    assert_false(refusal_is_audited(&refusals, &rq, STATUS_INVALID, start_us + 7 * share));
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_interaction_leaves_an_entry),
        cmocka_unit_test(every_refusal_leaves_an_entry),
        cmocka_unit_test(every_change_of_accounts_leaves_an_entry),
        cmocka_unit_test(signing_in_and_out_leaves_an_entry),
        cmocka_unit_test(every_route_of_the_chart_has_a_name),
        cmocka_unit_test(a_flood_of_strangers_is_counted),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
