/* test_net_fetch.c - asking a server: what is sent, what is taken, whom TLS believes, where a
 * redirect may lead. SPEC RFC 9110 15.4, RFC 9111 4.2 */
#include "net/net.h"

#include "support/peer.h"
#include "testing.h"

/* What the other server says: one answer for each path. */
typedef struct {
    Str elsewhere; /* for /redirect */
    char method[8], type[64], authorization[64], length[16];
    Str body;
    char seen[256];
} Script;

static Str header_of(Str head, Str name)
{
    NetResponse as_answer = {.head = head};
    return net_header(&as_answer, name);
}

static void keep(char *to, size_t room, Str text)
{
    snprintf(to, room, STR_FMT, STR_ARG(text));
}

static Str told(void *of, Arena *arena, const PeerQuestion *q)
{
    Script *script = of;
    keep(script->method, sizeof(script->method), q->method);
    keep(script->seen, sizeof(script->seen), q->body);
    keep(script->type, sizeof(script->type), header_of(q->head, STR("content-type")));
    keep(script->authorization, sizeof(script->authorization),
         header_of(q->head, STR("authorization")));
    if (str_eq(q->target, STR("/redirect")))
        return peer_answer(
            arena, 302, STR("text/plain"),
            arena_format(arena, "Location: " STR_FMT "\r\n", STR_ARG(script->elsewhere)),
            STR("moved"));
    if (str_eq(q->target, STR("/big")))
        return peer_answer(arena, 200, STR("text/plain"), STR_EMPTY,
                           arena_format(arena, "%01001d", 7));
    if (str_eq(q->target, STR("/endless-head"))) {
        Buf head;
        buf_init(&head, arena, 100000, 200000);
        for (int i = 0; i < 2000; i++)
            buf_format(&head, "X-%d: 01234567890123456789\r\n", i);
        return peer_answer(arena, 200, STR("text/plain"), buf_str(&head), STR("x"));
    }
    if (str_eq(q->target, STR("/zipped")))
        return peer_answer(arena, 200, STR("text/plain"), STR("Content-Encoding: gzip\r\n"),
                           STR("not unpacked"));
    if (str_eq(q->target, STR("/silent")))
        return STR_EMPTY;
    if (str_eq(q->target, STR("/announced")))
        return STR("HTTP/1.1 103 Early Hints\r\nCache-Control: max-age=1\r\n\r\nHTTP/1.1 200 OK\r\n"
                   "cache-control: public, max-age=60\r\nContent-Length: 2\r\n\r\nok");
    if (str_eq(q->target, STR("/missing")))
        return peer_answer(arena, 404, STR("text/plain"), STR_EMPTY, STR("no"));
    return peer_answer(arena, 200, STR("application/json; charset=utf-8"),
                       STR("Cache-Control: max-age=300\r\nAge: 40\r\n"), STR("{\"a\":1}"));
}

typedef struct {
    Ctx cx;
    Script script;
    Peer *peer;
    NetSite site;
    NetResponse answer;
} Scene;

static void scene_open(Scene *s, PeerKind kind)
{
    *s = (Scene){.cx = testing_ctx()};
    s->peer = peer_start(kind, told, &s->script);
    s->site = (NetSite){.hosts = {{STR("127.0.0.1"), peer_port(s->peer)}},
                        .host_count = 1,
                        .ca_file = peer_ca_file(s->peer)};
}

static void scene_close(Scene *s)
{
    peer_stop(s->peer);
    arena_free(s->cx.arena);
}

static NetRequest get(Scene *s, const char *path)
{
    return (NetRequest){
        .url = arena_format(s->cx.arena, STR_FMT "%s", STR_ARG(peer_origin(s->peer)), path),
        .http_too = true,
        .body_bytes_max = 1000,
        .timeout_ms = 30000,
        .site = &s->site};
}

static Status fetch(Scene *s, const NetRequest *request)
{
    ctx_forget(&s->cx);
    Status status = net_fetch(&s->cx, request, &s->answer);
    check_int(s->cx.issue_count, status == STATUS_OK ? 0 : 1);
    return status;
}

static void an_answer_comes_back_whole(void **state)
{
    UNUSED(state);
    Scene s;
    scene_open(&s, PEER_PLAIN);
    NetRequest request = get(&s, "/x?y=%20");
    check_int(fetch(&s, &request), STATUS_OK);
    check_int(s.answer.http, 200);
    check_str(s.answer.body, STR("{\"a\":1}"));
    check_str(s.answer.type, STR("application/json; charset=utf-8"));
    check_int(net_fresh_s(&s.answer, 5), 260);
    check_str(str_of(s.script.method), STR("GET"));
    NetHeader headers[] = {{STR("Content-Type"), STR("application/ocsp-request")},
                           {STR("Authorization"), STR("Basic eDp5")}};
    request = get(&s, "/post");
    request.method = NET_POST;
    request.headers = headers;
    request.header_count = COUNT_OF(headers);
    request.body = STR("question");
    check_int(fetch(&s, &request), STATUS_OK);
    check_str(str_of(s.script.method), STR("POST"));
    check_str(str_of(s.script.seen), STR("question"));
    check_str(str_of(s.script.type), STR("application/ocsp-request"));
    check_str(str_of(s.script.authorization), STR("Basic eDp5"));
    request = get(&s, "/missing");
    check_int(fetch(&s, &request), STATUS_OK);
    check_int(s.answer.http, 404);
    request = get(&s, "/announced");
    check_int(fetch(&s, &request), STATUS_OK);
    check_int(s.answer.http, 200);
    check_int(net_fresh_s(&s.answer, 5), 60);
    request = get(&s, "/zipped");
    check_int(fetch(&s, &request), STATUS_OK);
    check_str(s.answer.body, STR("not unpacked"));
    scene_close(&s);
}

static void what_is_too_much_is_cut(void **state)
{
    UNUSED(state);
    static const struct {
        const char *path;
        Status status;
    } cases[] = {{"/big", STATUS_TOO_LARGE},
                 {"/endless-head", STATUS_TOO_LARGE},
                 {"/silent", STATUS_UNAVAILABLE}};
    Scene s;
    scene_open(&s, PEER_PLAIN);
    FOR_CASES(cases, c)
    {
        CASE(c->path);
        NetRequest request = get(&s, c->path);
        check_int(fetch(&s, &request), c->status);
    }
    NetHeader split = {STR("X-A"), STR("b\r\nX-C: d")};
    NetRequest request = get(&s, "/");
    request.headers = &split;
    request.header_count = 1;
    unsigned before = peer_requests(s.peer);
    CASE("a header that is two");
    check_int(fetch(&s, &request), STATUS_INVALID);
    check_int(peer_requests(s.peer), before);
    scene_close(&s);
}

static void a_deadline_ends_it(void **state)
{
    UNUSED(state);
    Scene s;
    scene_open(&s, PEER_TLS);
    NetRequest request = get(&s, "/");
    request.url = arena_format(s.cx.arena, "http://127.0.0.1:%u/", peer_port(s.peer));
    s.cx.deadline = time_monotonic() + 200 * TIME_MS; /* it waits for the greeting of TLS */
    Time begun = time_monotonic();
    check_int(fetch(&s, &request), STATUS_UNAVAILABLE);
    check(time_monotonic() - begun < 15 * TIME_SECOND); /* half of what the request has */
    scene_close(&s);
}

/* The environment of a server is not where it is configured. */
static void no_proxy_of_the_environment_is_used(void **state)
{
    UNUSED(state);
    Scene s, proxy;
    scene_open(&s, PEER_PLAIN);
    scene_open(&proxy, PEER_PLAIN);
    static const char *const names[] = {"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY",
                                        "ALL_PROXY"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        setenv(names[i], arena_str(s.cx.arena, peer_origin(proxy.peer)).at, 1);
    NetRequest request = get(&s, "/");
    check_int(fetch(&s, &request), STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unsetenv(names[i]);
    check_int(peer_connections(proxy.peer), 0);
    check_int(peer_requests(s.peer), 1);
    scene_close(&proxy);
    scene_close(&s);
}

static void tls_believes_only_the_right_certificate(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        PeerKind kind;
        bool ca;
        Status status;
    } cases[] = {
        {"a certificate by the site's own CA", PEER_TLS, true, STATUS_OK},
        {"by a CA that nobody knows", PEER_TLS, false, STATUS_UNAVAILABLE},
        {"for another name", PEER_TLS_OTHER_NAME, true, STATUS_UNAVAILABLE},
        {"that has ended", PEER_TLS_EXPIRED, true, STATUS_UNAVAILABLE},
    };
    FOR_CASES(cases, c)
    {
        Scene s;
        CASE(c->why);
        scene_open(&s, c->kind);
        if (!c->ca)
            s.site.ca_file = STR_EMPTY;
        NetRequest request = get(&s, "/");
        check_int(fetch(&s, &request), c->status);
        check_int(peer_requests(s.peer), c->status == STATUS_OK);
        scene_close(&s);
    }
    Scene s;
    scene_open(&s, PEER_PLAIN);
    NetRequest request = get(&s, "/");
    request.http_too = false;
    CASE("http where https was wanted");
    check_int(fetch(&s, &request), STATUS_INVALID);
    check_int(peer_connections(s.peer), 0);
    scene_close(&s);
}

/* "@": the origin of the other server, "=" the same. */
static void a_redirect_is_judged_like_an_address(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *to;
        unsigned most;
        Status status;
        unsigned http;
        bool other_named; /* the other server stands in outgoing_hosts */
        unsigned reached; /* requests there */
    } cases[] = {
        {"none is followed unasked", "@/", 0, STATUS_OK, 302, true, 0},
        {"to a server inside that nobody named", "@/", 3, STATUS_INVALID, 0, false, 0},
        {"to one that is named", "@/", 3, STATUS_OK, 200, true, 1},
        {"a path of the same server", "/ok", 3, STATUS_OK, 200, false, 0},
        {"to itself, for ever", "/redirect", 3, STATUS_UNAVAILABLE, 0, false, 0},
        {"to metadata", "http://169.254.169.254/latest/", 3, STATUS_INVALID, 0, false, 0},
        {"to a file", "file:///etc/passwd", 3, STATUS_INVALID, 0, false, 0},
        {"to a number in another form", "http://0x7f000001/", 3, STATUS_INVALID, 0, false, 0},
        {"to a user at a host", "http://x@127.0.0.1/", 3, STATUS_INVALID, 0, false, 0},
        {"without a scheme", "//127.0.0.1:9/", 3, STATUS_INVALID, 0, false, 0},
        {"with a backslash", "http:\\\\127.0.0.1\\", 3, STATUS_INVALID, 0, false, 0},
    };
    FOR_CASES(cases, c)
    {
        Scene s, other;
        CASE(c->why);
        scene_open(&s, PEER_PLAIN);
        scene_open(&other, PEER_PLAIN);
        s.script.elsewhere = c->to[0] == '@'
                                 ? arena_format(s.cx.arena, STR_FMT "%s",
                                                STR_ARG(peer_origin(other.peer)), c->to + 1)
                                 : str_of(c->to);
        if (c->other_named)
            s.site.hosts[s.site.host_count++] = (NetHost){STR("127.0.0.1"), peer_port(other.peer)};
        NetHeader secret = {STR("Authorization"), STR("Bearer x")};
        NetRequest request = get(&s, "/redirect");
        request.redirects_max = c->most;
        request.headers = &secret;
        request.header_count = 1;
        check_int(fetch(&s, &request), c->status);
        if (c->status == STATUS_OK)
            check_int(s.answer.http, c->http);
        check_int(peer_connections(other.peer), c->reached);
        check_str(str_of(other.script.authorization), STR_EMPTY); /* was for the first alone */
        scene_close(&other);
        scene_close(&s);
    }
}

/* What is named by a request is its own address, not what that address says next. */
static void an_address_of_the_settings_needs_no_entry(void **state)
{
    UNUSED(state);
    Scene s, other;
    scene_open(&s, PEER_PLAIN);
    scene_open(&other, PEER_PLAIN);
    NetRequest request = get(&s, "/");
    s.site.host_count = 0;
    check_int(fetch(&s, &request), STATUS_INVALID);
    check_int(peer_connections(s.peer), 0);
    request.named = arena_format(s.cx.arena, STR_FMT "/realms/x", STR_ARG(peer_origin(s.peer)));
    check_int(fetch(&s, &request), STATUS_OK);
    s.script.elsewhere = peer_origin(other.peer);
    request.url = arena_format(s.cx.arena, STR_FMT "/redirect", STR_ARG(peer_origin(s.peer)));
    request.redirects_max = 2;
    check_int(fetch(&s, &request), STATUS_INVALID);
    check_int(peer_connections(other.peer), 0);
    scene_close(&other);
    scene_close(&s);
}

static void how_long_an_answer_keeps(void **state)
{
    UNUSED(state);
    static const struct {
        const char *head;
        unsigned seconds;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\n\r\n", 77},
        {"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n", 60},
        {"HTTP/1.1 200 OK\r\nCACHE-CONTROL: public,MAX-AGE = \"60\" , x\r\n", 60},
        {"HTTP/1.1 200 OK\r\nCache-Control: no-store, max-age=60\r\n", 0},
        {"HTTP/1.1 200 OK\r\nCache-Control: max-age=60, no-cache\r\n", 0},
        {"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nAge: 100\r\n", 0},
        {"HTTP/1.1 200 OK\r\nCache-Control: max-age=-1\r\n", 77},
        {"HTTP/1.1 200 OK\r\nCache-Control: max-age=99999999999999999999\r\n", 77},
        {"HTTP/1.1 200 OK\r\nCache-Control: max-age=9999999999\r\n", 366 * 86400},
        {"HTTP/1.1 200 OK\r\nX-Cache-Control: max-age=60\r\n", 77},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->head);
        NetResponse answer = {.head = str_of(c->head)};
        check_int(net_fresh_s(&answer, 77), c->seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_back_whole),
        cmocka_unit_test(what_is_too_much_is_cut),
        cmocka_unit_test(a_deadline_ends_it),
        cmocka_unit_test(no_proxy_of_the_environment_is_used),
        cmocka_unit_test(tls_believes_only_the_right_certificate),
        cmocka_unit_test(a_redirect_is_judged_like_an_address),
        cmocka_unit_test(an_address_of_the_settings_needs_no_entry),
        cmocka_unit_test(how_long_an_answer_keeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
