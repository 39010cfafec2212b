/* test_net_url.c - which addresses may be asked: 480 and more that may not, as text and against a
 * listener; names that lie; and those that may.
 *
 * SPEC RFC 3986 3.2, RFC 6890 */
#include "net/net.h"

#include <arpa/inet.h>
#include <unistd.h>

#include "testing.h"

#include "net_urls.h"

/* A listener on every address of this machine. What has connected waits in its backlog. */
typedef struct {
    int fd;
    uint16_t port;
} Listener;

static Listener listener_open(void)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6};
    socklen_t len = sizeof(at);
    int off = 0, fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    check(fd >= 0);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    check_int(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    check_int(listen(fd, 16), 0);
    check_int(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    return (Listener){fd, ntohs(at.sin6_port)};
}

static unsigned connected(const Listener *listener)
{
    unsigned count = 0;
    for (int fd; (fd = accept(listener->fd, NULL, NULL)) >= 0; count++)
        close(fd);
    return count;
}

static Str with_port(Arena *arena, const char *url, uint16_t port)
{
    const char *at = strstr(url, "@P");
    return at ? arena_format(arena, "%.*s%u%s", (int)(at - url), url, port, at + 2) : str_of(url);
}

static Status ask(Ctx *cx, Str url, const NetSite *site)
{
    NetResponse answer;
    NetRequest request = {.url = url,
                          .http_too = true,
                          .body_bytes_max = 1000,
                          .timeout_ms = 2000, /* of silence, in which a busy machine connects */
                          .redirects_max = 3,
                          .site = site};
    Status status = net_fetch(cx, &request, &answer);
    ctx_forget(cx);
    return status;
}

static void no_tricky_address_is_asked(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    Listener listener = listener_open();
    NetSite any_port = {.any_port = true};
    check(COUNT_OF(tricky) >= 300);
    for (size_t i = 0; i < COUNT_OF(tricky); i++) {
        NetUrl url;
        arena_clear(cx.arena);
        cx = (Ctx){.arena = cx.arena};
        Str text = with_port(cx.arena, tricky[i].url, listener.port);
        CASE(arena_format(cx.arena, "%s: " STR_FMT, tricky[i].why, STR_ARG(text)).at);
        check_int(net_url_judge(&cx, text, NULL, STR_EMPTY, &url), STATUS_INVALID);
        check_int(cx.issue_count, 1);
        check_int(ask(&cx, text, NULL), STATUS_INVALID);
        if (strstr(tricky[i].url, "@P")) /* not for its port alone */
            check_int(ask(&cx, text, &any_port), STATUS_INVALID);
        check_int(connected(&listener), 0);
    }
    close(listener.fd);
    arena_free(cx.arena);
}

/* The listener would have seen it. */
static void what_the_site_names_is_asked(void **state)
{
    UNUSED(state);
    static const char *const names[] = {"127.0.0.1", "[::1]", "localhost", "127.3.2.1"};
    Ctx cx = testing_ctx();
    Listener listener = listener_open();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        NetSite site;
        CASE(names[i]);
        Str host = arena_format(cx.arena, "other.lan, %s:%u", names[i], listener.port);
        Str url = arena_format(cx.arena, "http://%s:%u/", names[i], listener.port);
        check_int(net_site_read(&cx, host, STR_EMPTY, &site), STATUS_OK);
        check_int(ask(&cx, url, &site), STATUS_UNAVAILABLE); /* nobody answers */
        check(connected(&listener) >= 1);
        host = str_of(names[i]); /* without the port: 80 and 443 */
        check_int(net_site_read(&cx, host, STR_EMPTY, &site), STATUS_OK);
        check_int(ask(&cx, url, &site), STATUS_INVALID);
        check_int(connected(&listener), 0);
    }
    close(listener.fd);
    arena_free(cx.arena);
}

static void a_name_server_that_lies_leads_nowhere(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *addresses;
    } cases[] = {
        {"a public name with the address of this machine", "127.0.0.1"},
        {"the same over IPv6", "[::1]"},
        {"several, none of them public", "127.0.0.1,[::1],127.0.0.2"},
        {"private and then public: one lie is enough", "127.0.0.1,93.184.215.14"},
        {"both kinds, private first", "[::1],[2606:2800:21f:cb07:6820:80da:af6b:8b2c]"},
        {"no address at all", "0.0.0.0"},
        {"no address at all, IPv6", "[::]"},
        {"IPv4 in IPv6", "[::ffff:127.0.0.1]"},
        {"NAT64 of this machine", "[64:ff9b::7f00:1]"},
        {"6to4 of this machine", "[2002:7f00:1::1]"},
        {"metadata", "169.254.169.254"},
        {"private", "10.0.0.1"},
        {"unique local", "[fd00::1]"},
    };
    Ctx cx = testing_ctx();
    Listener listener = listener_open();
    Str url = arena_format(cx.arena, "http://chart.example.org:%u/", listener.port);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        NetSite site = {.any_port = true};
        site.answers =
            arena_format(cx.arena, "chart.example.org:%u:%s", listener.port, c->addresses);
        check_int(ask(&cx, url, &site), STATUS_INVALID);
        check_int(connected(&listener), 0);
    }
    NetSite site = {
        .any_port = true, .hosts = {{STR("chart.example.org"), listener.port}}, .host_count = 1};
    site.answers = arena_format(cx.arena, "chart.example.org:%u:127.0.0.1", listener.port);
    CASE("the same name, when the site vouches for it");
    check_int(ask(&cx, url, &site), STATUS_UNAVAILABLE);
    check(connected(&listener) >= 1);
    close(listener.fd);
    arena_free(cx.arena);
}

static void good_addresses_are_written_in_one_form(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *url, *whole, *host;
        unsigned port;
        bool tls;
    } cases[] = {
        {"as it is", "https://keys.example.org/jwks", "https://keys.example.org:443/jwks",
         "keys.example.org", 443, true},
        {"small letters, a path is added", "HTTPS://Keys.Example.ORG",
         "https://keys.example.org:443/", "keys.example.org", 443, true},
        {"a query without a path", "http://keys.example.org?a=b", "http://keys.example.org:80/?a=b",
         "keys.example.org", 80, false},
        {"http at 443", "http://keys.example.org:443/", "http://keys.example.org:443/",
         "keys.example.org", 443, false},
        {"a path is nobody's business",
         "https://keys.example.org/a/../%2e%2e/@x:8/http://127.0.0.1/",
         "https://keys.example.org:443/a/../%2e%2e/@x:8/http://127.0.0.1/", "keys.example.org", 443,
         true},
        {"a public address", "https://8.8.8.8/", "https://8.8.8.8:443/", "8.8.8.8", 443, true},
        {"IPv6 in one form", "https://[2A00:1450:0:0:0:0:0:8]/", "https://[2a00:1450::8]:443/",
         "2a00:1450::8", 443, true},
        {"NAT64 of a public address", "https://[64:ff9b::8.8.8.8]/",
         "https://[64:ff9b::808:808]:443/", "64:ff9b::808:808", 443, true},
        {"an IDN in ASCII", "https://xn--caf-dma.example.org/",
         "https://xn--caf-dma.example.org:443/", "xn--caf-dma.example.org", 443, true},
    };
    Ctx cx = testing_ctx();
    FOR_CASES(cases, c)
    {
        NetUrl url, again;
        CASE(c->why);
        check_int(net_url_judge(&cx, str_of(c->url), NULL, STR_EMPTY, &url), STATUS_OK);
        check_str(url.whole, str_of(c->whole));
        check_str(url.host, str_of(c->host));
        check_int(url.port, c->port);
        check_int(url.tls, c->tls);
        check(!url.named);
        check_int(net_url_judge(&cx, url.whole, NULL, STR_EMPTY, &again), STATUS_OK);
        check_str(again.whole, url.whole);
    }
    arena_free(cx.arena);
}

static void addresses_are_public_or_not(void **state)
{
    UNUSED(state);
    static const struct {
        const char *address;
        bool public;
    } cases[] = {
        {"8.8.8.8", true},
        {"1.0.0.0", true},
        {"9.255.255.255", true},
        {"11.0.0.0", true},
        {"100.63.255.255", true},
        {"100.128.0.0", true},
        {"126.255.255.255", true},
        {"128.0.0.0", true},
        {"169.253.255.255", true},
        {"169.255.0.0", true},
        {"172.15.255.255", true},
        {"172.32.0.0", true},
        {"192.0.1.0", true},
        {"192.167.255.255", true},
        {"192.169.0.0", true},
        {"198.17.255.255", true},
        {"198.20.0.0", true},
        {"223.255.255.255", true},
        {"0.0.0.0", false},
        {"0.255.255.255", false},
        {"10.0.0.0", false},
        {"10.255.255.255", false},
        {"100.64.0.0", false},
        {"100.127.255.255", false},
        {"127.0.0.0", false},
        {"127.255.255.255", false},
        {"169.254.0.0", false},
        {"172.16.0.0", false},
        {"172.31.255.255", false},
        {"192.168.0.0", false},
        {"192.168.255.255", false},
        {"198.18.0.0", false},
        {"198.19.255.255", false},
        {"224.0.0.0", false},
        {"255.255.255.255", false},
        {"168.63.129.16", false},
        {"2a00:1450::1", true},
        {"2001:200::1", true},
        {"2001:4860:4860::8888", true},
        {"2003::1", true},
        {"2606:4700::1", true},
        {"64:ff9b::808:808", true},
        {"2001:1ff:ffff::1", false},
        {"2001:db8::", false},
        {"2002::", false},
        {"::", false},
        {"::1", false},
        {"::ffff:8.8.8.8", false},
        {"64:ff9b::a00:1", false},
        {"fc00::", false},
        {"fe80::1", false},
        {"ff02::1", false},
        {"1fff:ffff::1", false},
        {"4000::", false},
        {"3fff::1", false},
        {"2a00:1450::200:5efe:808:808", true},
        {"2a00:1450::200:5efe:a00:1", false},
    };
    FOR_CASES(cases, c)
    {
        struct sockaddr_in four = {.sin_family = AF_INET};
        struct sockaddr_in6 six = {.sin6_family = AF_INET6};
        CASE(c->address);
        if (inet_pton(AF_INET, c->address, &four.sin_addr) == 1)
            check_int(net_address_is_public((struct sockaddr *)&four), c->public);
        else if (inet_pton(AF_INET6, c->address, &six.sin6_addr) == 1)
            check_int(net_address_is_public((struct sockaddr *)&six), c->public);
        else
            check(false);
    }
    struct sockaddr local = {.sa_family = AF_UNIX};
    struct sockaddr_in6 zoned = {.sin6_family = AF_INET6, .sin6_scope_id = 2};
    check_int(inet_pton(AF_INET6, "2a00:1450::1", &zoned.sin6_addr), 1);
    check(!net_address_is_public(&local));
    check(!net_address_is_public((struct sockaddr *)&zoned));
}

static void lists_of_hosts_are_read_strictly(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *text;
        size_t count; /* SIZE_MAX: refused */
    } cases[] = {
        {"nobody", "", 0},
        {"a name", "fhir.lan", 1},
        {"names and numbers", "fhir.lan:8080, KEYS.lan ,[fd00::1]:8443,10.0.0.5", 4},
        {"an empty one", "fhir.lan,,x.lan", SIZE_MAX},
        {"a wildcard", "*.lan", SIZE_MAX},
        {"a whole network", "10.0.0.0/8", SIZE_MAX},
        {"an address of the web", "https://fhir.lan/", SIZE_MAX},
        {"a port that is none", "fhir.lan:0", SIZE_MAX},
        {"a number in another form", "0x7f000001", SIZE_MAX},
    };
    Ctx cx = testing_ctx();
    FOR_CASES(cases, c)
    {
        NetSite site;
        CASE(c->why);
        Status status = net_site_read(&cx, str_of(c->text), STR_EMPTY, &site);
        check_int(status, c->count == SIZE_MAX ? STATUS_INVALID : STATUS_OK);
        if (status == STATUS_OK)
            check_int(site.host_count, c->count);
    }
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_tricky_address_is_asked),
        cmocka_unit_test(what_the_site_names_is_asked),
        cmocka_unit_test(a_name_server_that_lies_leads_nowhere),
        cmocka_unit_test(good_addresses_are_written_in_one_form),
        cmocka_unit_test(addresses_are_public_or_not),
        cmocka_unit_test(lists_of_hosts_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
