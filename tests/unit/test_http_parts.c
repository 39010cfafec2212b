/* The readers of what strangers write in a request: targets, cookies, Accept. */
#include "http/identify.h"
#include "http/negotiate.h"
#include "http/routes.h"
#include "http/slot.h"
#include "http/target.h"
#include "testing.h"

#include <arpa/inet.h>

#include "http/proxy.h"

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

/* What of FHIR is answered without a sign-in: what the server is, and which hours are free. */
static bool is_public(Str pattern)
{
    return str_eq(pattern, STR("/fhir/metadata")) || str_eq(pattern, STR("/fhir/Slot/$find"));
}

static void every_route_has_a_need_and_a_handler(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < route_count; i++) {
        CASE(routes[i].pattern);
        check(routes[i].need >= NEEDS_NOTHING && routes[i].need <= NEEDS_READ_OR_LOCAL);
        check(routes[i].handler != NULL);
        bool fhir = str_has_prefix(str_of(routes[i].pattern), STR("/fhir")) &&
                    strstr(routes[i].pattern, "/.well-known/") == NULL;
        check(routes[i].fhir == fhir);
        check(!fhir || is_public(str_of(routes[i].pattern)) || routes[i].need == NEEDS_READ ||
              routes[i].need == NEEDS_WRITE);
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
    Slot **taken = arena_array_of(cx.arena, Slot *, ALL);
    size_t count = 0;
    assert_int_equal(slots_init(&slots, cx.arena, ALL, 0), STATUS_OK);
    FOR_CASES(cases, c)
    {
        size_t notices = 0;
        CASE(c->why);
        for (size_t i = 0; i < c->come; i++)
            taken[count++] = slot_take(&slots);
        for (size_t i = 0; i < c->go; i++)
            notices += slot_give(&slots, taken[--count]);
        check_int(notices, c->notices);
    }
    arena_free(cx.arena);
}

/* SPEC The PROXY protocol 2.1, 2.2 */
static void who_the_client_is_comes_first(void **state)
{
#define V2 "\r\n\r\n\0\r\nQUIT\n"
    static const struct {
        const char *why;
        Str bytes;
        ProxyVerdict verdict;
        size_t used;
        const char *address; /* NULL: left as it was */
    } cases[] = {
        {"nothing yet", STR_INIT(""), PROXY_MORE, 0, NULL},
        {"version 1", STR_INIT("PROXY TCP4 198.51.100.22 203.0.113.7 35646 443\r\nGET"), PROXY_DONE,
         48, "198.51.100.22"},
        {"its longest address",
         STR_INIT("PROXY TCP6 ffff:f:f:f:f:f:f:ffff ffff:f:f:f:f:f:f:ffff 65535 65535\r\n"),
         PROXY_DONE, 68, "ffff:f:f:f:f:f:f:ffff"},
        {"unknown, and what follows is passed over", STR_INIT("PROXY UNKNOWN a b c\r\n"),
         PROXY_DONE, 21, NULL},
        {"cut", STR_INIT("PROXY TCP4 198.51.100.22 20"), PROXY_MORE, 0, NULL},
        {"cut before the line feed", STR_INIT("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r"), PROXY_MORE, 0,
         NULL},
        {"one letter", STR_INIT("P"), PROXY_MORE, 0, NULL},
        {"another method", STR_INIT("POST / HTTP/1.1\r\n"), PROXY_BAD, 0, NULL},
        {"no address", STR_INIT("PROXY TCP4\r\n"), PROXY_BAD, 0, NULL},
        {"an address that is none", STR_INIT("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n"), PROXY_BAD, 0,
         NULL},
        {"of the other family", STR_INIT("PROXY TCP4 ::1 ::1 1 2\r\n"), PROXY_BAD, 0, NULL},
        {"a port too many", STR_INIT("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n"), PROXY_BAD, 0, NULL},
        {"a TLS hello", STR_INIT("\x16\x03\x01\x02"), PROXY_BAD, 0, NULL},
        {"version 2", STR_INIT(V2 "\x21\x11\0\x0c\xc6\x33\x64\x16\xcb\0\x71\x07\x8b\x3e\1\xbb\x16"),
         PROXY_DONE, 28, "198.51.100.22"},
        {"version 2, IPv6, and more that we do not know",
         STR_INIT(V2 "\x21\x21\0\x27\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
                     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1\0\2\4\0\0"),
         PROXY_DONE, 55, "2001:db8::1"},
        {"version 2, for itself", STR_INIT(V2 "\x20\0\0\0"), PROXY_DONE, 16, NULL},
        {"version 2, cut", STR_INIT(V2 "\x21\x11\0\x0c\xc6\x33"), PROXY_MORE, 0, NULL},
        {"version 2, cut in its signature", STR_INIT("\r\n\r\n"), PROXY_MORE, 0, NULL},
        {"version 2, a length without room for its addresses", STR_INIT(V2 "\x21\x11\0\4\1\2\3\4"),
         PROXY_BAD, 0, NULL},
        {"version 2, longer than any", STR_INIT(V2 "\x21\x11\x10\0"), PROXY_BAD, 0, NULL},
        {"version 3", STR_INIT(V2 "\x31\x11\0\0"), PROXY_BAD, 0, NULL},
        {"a local socket: nobody we know", STR_INIT(V2 "\x21\x31\0\0"), PROXY_DONE, 16, NULL},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        SlotAddress address = {.four.sin_family = AF_INET};
        char text[INET6_ADDRSTRLEN] = "0.0.0.0";
        size_t used = 0;
        CASE(c->why);
        check_int(proxy_read(c->bytes, &used, &address), c->verdict);
        check_int(used, c->used);
        if (address.any.sa_family == AF_INET6)
            inet_ntop(AF_INET6, &address.six.sin6_addr, text, sizeof(text));
        else
            inet_ntop(AF_INET, &address.four.sin_addr, text, sizeof(text));
        check_str(str_of(text), str_of(c->address ? c->address : "0.0.0.0"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_split),
        cmocka_unit_test(escapes_are_decoded_or_refused),
        cmocka_unit_test(cookies_are_found_by_their_whole_name),
        cmocka_unit_test(accept_leaves_room_for_json_or_not),
        cmocka_unit_test(every_route_has_a_need_and_a_handler),
        cmocka_unit_test(who_the_client_is_comes_first),
        cmocka_unit_test(a_crowd_that_went_is_noticed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
