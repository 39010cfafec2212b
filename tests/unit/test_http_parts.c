/* The readers of what strangers write in a request: targets, cookies, Accept. */
#include "http/identify.h"
#include "http/negotiate.h"
#include "http/routes.h"
#include "http/slot.h"
#include "http/target.h"
#include "testing.h"

static void targets_are_split(void **state)
{
    static const struct {
        const char *why;
        Str target, path, query;
        bool good;
    } cases[] = {
        {"path alone", STR_INIT("/a/b"), STR_INIT("/a/b"), STR_INIT(""), true},
        {"with a query", STR_INIT("/a?b=c"), STR_INIT("/a"), STR_INIT("b=c"), true},
        {"only the first ?", STR_INIT("/a?b?c"), STR_INIT("/a"), STR_INIT("b?c"), true},
        {"absolute", STR_INIT("HTTPS://h:1/a?b"), STR_INIT("/a"), STR_INIT("b"), true},
        {"absolute without a path", STR_INIT("http://h"), STR_INIT("/"), STR_INIT(""), true},
        {"relative", STR_INIT("a/b"), STR_INIT(""), STR_INIT(""), false},
        {"empty", STR_INIT(""), STR_INIT(""), STR_INIT(""), false},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Str path = STR_EMPTY, query = STR_EMPTY;
        check(target_split(c->target, &path, &query) == c->good);
        check_str(path, c->path);
        check_str(query, c->query);
    }
}

static void escapes_are_decoded_or_refused(void **state)
{
    static const struct {
        const char *why;
        Str text;
        bool plus;
        Str decoded;
        bool good;
    } cases[] = {
        {"nothing escaped", STR_INIT("abc"), false, STR_INIT("abc"), true},
        {"one escape", STR_INIT("a%20b"), false, STR_INIT("a b"), true},
        {"at the end", STR_INIT("a%7c"), false, STR_INIT("a|"), true},
        {"UTF-8", STR_INIT("%C3%A9"), false, STR_INIT("\xc3\xa9"), true},
        {"plus in a path", STR_INIT("a+b"), false, STR_INIT("a+b"), true},
        {"plus in a query", STR_INIT("a+b"), true, STR_INIT("a b"), true},
        {"cut after %", STR_INIT("a%"), false, STR_INIT(""), false},
        {"cut after one digit", STR_INIT("a%4"), false, STR_INIT(""), false},
        {"not hexadecimal", STR_INIT("%4g"), false, STR_INIT(""), false},
        {"NUL", STR_INIT("a%00"), false, STR_INIT(""), false},
        {"overlong", STR_INIT("%c0%af"), false, STR_INIT(""), false},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Arena *arena = arena_new(4096, false);
        Str decoded = STR_EMPTY;
        check(target_decode(arena, c->text, c->plus, &decoded) == c->good);
        if (c->good)
            check_str(decoded, c->decoded);
        arena_free(arena);
    }
}

/* SPEC RFC 6265 4.2.1 */
static void cookies_are_found_by_their_whole_name(void **state)
{
    static const struct {
        const char *why;
        Str header, value;
    } cases[] = {
        {"alone", STR_INIT("a=1"), STR_INIT("1")},
        {"among others", STR_INIT("b=2; a=1; c=3"), STR_INIT("1")},
        {"not the end of another", STR_INIT("ba=2"), STR_INIT("")},
        {"the first of two", STR_INIT("a=1; a=2"), STR_INIT("1")},
        {"with an equals sign", STR_INIT("a=1=2"), STR_INIT("1=2")},
        {"none", STR_INIT(""), STR_INIT("")},
        {"without a value", STR_INIT("a"), STR_INIT("")},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_str(identify_cookie(c->header, STR("a")), c->value);
    }
}

/* SPEC RFC 9110 12.5.1, R4 http.html#mime-type */
static void accept_leaves_room_for_json_or_not(void **state)
{
    static const struct {
        const char *why;
        Str accept;
        bool json;
    } cases[] = {
        {"none", STR_INIT(""), true},
        {"FHIR JSON", STR_INIT("application/fhir+json"), true},
        {"capitals", STR_INIT("Application/FHIR+JSON"), true},
        {"with its version", STR_INIT("application/fhir+json; fhirVersion=4.0"), true},
        {"another version", STR_INIT("application/fhir+json; fhirVersion=3.0"), false},
        {"anything", STR_INIT("*/*"), true},
        {"XML first", STR_INIT("application/fhir+xml, application/fhir+json;q=0.5"), true},
        {"XML only", STR_INIT("application/fhir+xml"), false},
        {"refused", STR_INIT("application/json;q=0.0"), false},
        {"HTML only", STR_INIT("text/html"), false},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check(negotiate_accepts_json(c->accept) == c->json);
    }
}

static void every_route_has_a_need_and_a_handler(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < route_count; i++) {
        CASE(routes[i].pattern);
        check(routes[i].need >= NEEDS_NOTHING && routes[i].need <= NEEDS_READ_OR_LOCAL);
        check(routes[i].handler != NULL);
        bool fhir = str_has_prefix(str_of(routes[i].pattern), STR("/fhir"));
        check(routes[i].fhir == fhir);
        bool metadata = str_eq(str_of(routes[i].pattern), STR("/fhir/metadata"));
        check(!fhir || metadata || routes[i].need == NEEDS_READ || routes[i].need == NEEDS_WRITE);
    }
}

/* Memory goes back when a crowd has gone, not at each coming and going. */
static void a_crowd_that_went_is_noticed_once(void **state)
{
    UNUSED(state);
    enum { ALL = 4 * SLOTS_CROWD };
    static const struct {
        const char *why;
        size_t come, go, notices;
    } cases[] = {
        {"a few", 100, 100, 0},
        {"nearly a crowd", SLOTS_CROWD - 1, SLOTS_CROWD - 1, 0},
        {"a crowd of which half goes", SLOTS_CROWD, SLOTS_CROWD / 2, 0},
        {"and the rest", 0, SLOTS_CROWD / 2, 1},
        {"a crowd that comes back", SLOTS_CROWD, SLOTS_CROWD, 1},
        {"a crowd of crowds: at its quarter, and at that one's", ALL, ALL, 2},
    };
    Ctx cx = testing_ctx();
    Slots slots;
    SlotAddress nowhere = {.any.sa_family = AF_INET};
    Slot **taken = arena_array_of(cx.arena, Slot *, ALL);
    size_t count = 0;
    assert_int_equal(slots_init(&slots, cx.arena, ALL, 0), STATUS_OK);
    FOR_CASES(cases, c)
    {
        size_t notices = 0;
        CASE(c->why);
        for (size_t i = 0; i < c->come; i++)
            taken[count++] = slot_take(&slots, &nowhere);
        for (size_t i = 0; i < c->go; i++)
            notices += slot_give(&slots, taken[--count]);
        check_int(notices, c->notices);
    }
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_split),
        cmocka_unit_test(escapes_are_decoded_or_refused),
        cmocka_unit_test(cookies_are_found_by_their_whole_name),
        cmocka_unit_test(accept_leaves_room_for_json_or_not),
        cmocka_unit_test(every_route_has_a_need_and_a_handler),
        cmocka_unit_test(a_crowd_that_went_is_noticed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
