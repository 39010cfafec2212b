/* The door for identity cards over TLS, with a responder on this machine: it asks for a certificate
 * and has one address; the pages' port asks nobody. */
#include "record_fixture.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/card.h"
#include "crypto/crypto.h"
#include "http/http.h"
#include "json/json.h"
#include "support/card_browser.h"

#define OWN   "Origin: https://a.example\r\n"
#define JSON  "Content-Type: application/json\r\n"
#define MARIE "{\"user\":\"marie\",\"password\":\"trois chats sur un mur\",\"device\":\"test\"}"

static Fixture f;
static Auth *auth;
static Http *pages, *door, *proxied_door;
static CardCa *ca;
static AuthCards cards;
static Str pems[2];
static const Str policies[] = {STR_INIT(CARD_POLICY)};
static const Str believed[] = {STR_INIT("127.0.0.1")};

/* ---- a responder ---------------------------------------------------------------------------- */

static struct {
    int socket;
    uint16_t port;
    pthread_t thread;
    CardAnswer answer;
    bool silent;
    unsigned asked;
} responder;

static void answer_one(int fd)
{
    Arena *arena = arena_new(1 << 20, false);
    char *bytes = arena_alloc_raw(arena, 16 * 1024);
    size_t len = 0;
    const char *body = NULL, *said;
    size_t wanted = 1;
    while (len < 16 * 1024 && (!body || len < (size_t)(body - bytes) + wanted)) {
        ssize_t got = recv(fd, bytes + len, 16 * 1024 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        body = memmem(bytes, len, "\r\n\r\n", 4);
        body = body ? body + 4 : NULL;
        said = memmem(bytes, len, "Content-Length: ", 16);
        wanted = said ? strtoul(said + 16, NULL, 10) : 0;
    }
    responder.asked++;
    if (body && !responder.silent) {
        Str made = card_ca_answer(ca, arena, str_n(body, wanted), &responder.answer);
        Str head = arena_format(arena,
                                "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n"
                                "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                                made.len);
        (void)!send(fd, head.at, head.len, MSG_NOSIGNAL);
        (void)!send(fd, made.at, made.len, MSG_NOSIGNAL);
    }
    close(fd);
    arena_free(arena);
}

static void *respond(void *of)
{
    UNUSED(of);
    for (int fd; (fd = accept(responder.socket, NULL, NULL)) >= 0;)
        answer_one(fd);
    return NULL;
}

static void responder_start(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    responder.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(bind(responder.socket, (struct sockaddr *)&at, sizeof at) == 0 &&
                listen(responder.socket, 8) == 0 &&
                getsockname(responder.socket, (struct sockaddr *)&at, &len) == 0);
    responder.port = ntohs(at.sin_port);
    pthread_create(&responder.thread, NULL, respond, NULL);
}

/* What outgoing HTTP does in the program. */
static Status fetch(void *of, Ctx *cx, Str url, Str type, Str body, size_t bytes_max,
                    Str *ret_answer)
{
    UNUSED(of);
    UNUSED(url);
    Client client;
    Str head = arena_format(cx->arena, "Content-Type: " STR_FMT "\r\n", STR_ARG(type));
    if (!client_open(&client, cx->arena, responder.port))
        return STATUS_UNAVAILABLE;
    Answer answer = client_ask(&client, STR("POST"), STR("/"), head, body);
    client_close(&client);
    *ret_answer = answer.body;
    return answer.status == 200 && answer.body.len <= bytes_max ? STATUS_OK : STATUS_UNAVAILABLE;
}

/* ---- three servers on one auth -----------------------------------------------------------------
 */

static Http *serve(HttpOptions options)
{
    Http *http = NULL;
    options.address = STR("127.0.0.1");
    options.threads = 1;
    options.base_url = STR("https://a.example");
    if (http_start(&f.cx, &options, f.record, auth, &http) != STATUS_OK)
        fail_msg("%s", f.cx.issues ? f.cx.issues->diagnostics.at : "no issue");
    return http;
}

static int start(void **state)
{
    UNUSED(state);
    static const Str names[] = {STR_INIT("localhost")};
    Str key, certificate;
    fixture_open(&f, true);
    ca = card_ca_make(f.forever);
    responder_start();
    pems[0] = card_ca_root(ca);
    pems[1] = card_ca_citizens(ca); /* a proxy does not pass it on */
    cards = (AuthCards){.pems = pems,
                        .pem_count = 2,
                        .policies = policies,
                        .policy_count = 1,
                        .door = STR("https://a.example:8444"),
                        .responder = STR_EMPTY,
                        .age_s = 600,
                        .fetch = fetch};
    AuthOptions options = {.cards = &cards, .origin = STR("https://a.example")};
    assert_int_equal(auth_new(&f.cx, f.store, &options, &auth), STATUS_OK);
    AuthAccount account = {.user = STR("marie"), .role = STR("gp")};
    const Access *self = auth_operator(f.forever);
    assert_int_equal(
        auth_account_create(auth, &f.cx, self, &account, STR("trois chats sur un mur")), STATUS_OK);
    Ctx own = {.arena = f.forever};
    assert_int_equal(crypto_self_signed_certificate(&own, names, 1, 30, &key, &certificate),
                     STATUS_OK);
    pages = serve((HttpOptions){.tls = false});
    door = serve((HttpOptions){.tls = true,
                               .certificate_pem = certificate,
                               .key_pem = key,
                               .card_door = true,
                               .card_roots_pem = auth_cards_pem(auth)});
    proxied_door = serve((HttpOptions){.card_door = true,
                                       .card_roots_pem = auth_cards_pem(auth),
                                       .card_header_from = believed,
                                       .card_header_count = 1});
    return 0;
}

static int stop(void **state)
{
    UNUSED(state);
    Http *all[] = {pages, door, proxied_door};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        assert_true(http_stop(all[i], 0, 10));
    auth_free(auth);
    shutdown(responder.socket, SHUT_RDWR);
    pthread_join(responder.thread, NULL);
    close(responder.socket);
    card_ca_free(ca);
    fixture_close(&f);
    return 0;
}

/* ---- a browser
 * ------------------------------------------------------------------------------------ */

static Answer post(Str target, Str cookies, Str body)
{
    Client client;
    assert_true(client_open(&client, f.cx.arena, http_port(pages)));
    Str headers = arena_format(f.cx.arena, OWN JSON "Cookie: " STR_FMT "\r\n", STR_ARG(cookies));
    Answer answer = client_ask(&client, STR("POST"), target, headers, body);
    client_close(&client);
    return answer;
}

static Str text_in(Answer *answer, const char *name)
{
    JsonValue *root;
    assert_int_equal(json_parse(&f.cx, answer->body, &root), STATUS_OK);
    return json_get_str(root, str_of(name));
}

/* "name=value" of the answer's Set-Cookie. */
static Str cookie_of(const Answer *answer)
{
    Str line = answer_header(answer, STR("Set-Cookie"));
    return str_cut(&line, ';');
}

typedef struct {
    Str target, cookie;
} Question;

static Question ask(const char *purpose)
{
    Answer answer = post(STR("/auth/card/ask"), STR("a=b"),
                         arena_format(f.cx.arena, "{\"for\":\"%s\"}", purpose));
    check_int(answer.status, 200);
    Str set = answer_header(&answer, STR("Set-Cookie"));
    check(memmem(set.at, set.len, "; Path=/; Secure; HttpOnly; SameSite=Strict", 43) != NULL);
    Str url = text_in(&answer, "url");
    check(str_has_prefix(url, STR("https://a.example:8444/")));
    return (Question){.target = str_from(url, 22), .cookie = cookie_of(&answer)};
}

static Card card_of(const CardWanted *wanted)
{
    CardWanted all = *wanted;
    all.responder = "http://ocsp.example";
    return card_ca_issue(ca, &all);
}

static Str back_from(const Answer *answer)
{
    static const Str back = STR_INIT("https://a.example/card#");
    Str location = answer_header(answer, STR("Location"));
    check_int(answer->status, 303);
    check(str_has_prefix(location, back));
    return str_from(location, back.len);
}

/* ---- tests
 * ------------------------------------------------------------------------------------------- */

static void from_the_page_to_the_door_and_back(void **state)
{
    UNUSED(state);
    static const int versions[] = {13, 12};
    const CardWanted usual = {.number = NULL};
    Card card = card_of(&usual);
    CASE("linked once, by who is signed in");
    Answer in = post(STR("/auth/sign-in"), STR("a=b"), STR(MARIE));
    check_int(in.status, 200);
    Question q = ask("link");
    bool asked = false;
    Answer shown =
        card_browser_get(f.cx.arena, http_port(door), q.target, STR_EMPTY, &card, 13, &asked);
    Str ticket = back_from(&shown);
    check(asked && str_has_prefix(ticket, STR("ticket=")));
    check(shown.closed && str_eq_nocase(answer_header(&shown, STR("Connection")), STR("close")));
    Str cookies =
        arena_format(f.cx.arena, STR_FMT "; " STR_FMT, STR_ARG(cookie_of(&in)), STR_ARG(q.cookie));
    Answer linked =
        post(STR("/auth/card"), cookies,
             arena_format(f.cx.arena, "{\"card\":\"" STR_FMT "\"}", STR_ARG(str_from(ticket, 7))));
    check_int(linked.status, 200);
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        CASE(versions[i] == 13 ? "TLS 1.3" : "TLS 1.2");
        q = ask("sign-in");
        shown = card_browser_get(f.cx.arena, http_port(door), q.target, STR_EMPTY, &card,
                                 versions[i], &asked);
        ticket = str_from(back_from(&shown), 7);
        Str body = arena_format(f.cx.arena, "{\"card\":\"" STR_FMT "\",\"device\":\"x\"}",
                                STR_ARG(ticket));
        Answer elsewhere = post(STR("/auth/card/sign-in"), STR("a=b"), body);
        check_int(elsewhere.status, 401);
        Answer opened = post(STR("/auth/card/sign-in"), q.cookie, body);
        check_int(opened.status, 200);
        check(str_has_prefix(cookie_of(&opened), STR("__Host-aceso=")));
        check_str(text_in(&opened, "user"), STR("marie"));
        Answer again = post(STR("/auth/card/sign-in"), q.cookie, body);
        check_int(again.status, 401);
    }
    fixture_clear(&f);
}

static void the_door_has_one_address(void **state)
{
    UNUSED(state);
    static const char *const targets[] = {
        "/",          "/fhir/metadata", "/fhir/Patient", "/auth/session",
        "/auth/ways", "/healthz",       "/metrics",      "/auth/card/ask"};
    bool asked;
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        CASE(targets[i]);
        Answer answer = card_browser_get(f.cx.arena, http_port(door), str_of(targets[i]), STR_EMPTY,
                                         NULL, 13, &asked);
        check_int(answer.status, 404);
        check(asked);
    }
    CASE("and the pages' port has it not");
    Client client;
    check(client_open(&client, f.cx.arena, http_port(pages)));
    Answer answer = client_ask(&client, STR("GET"), ask("sign-in").target, STR_EMPTY, STR_EMPTY);
    client_close(&client);
    check_int(answer.status, 404);
    fixture_clear(&f);
}

static void what_is_refused_goes_back_with_a_word(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        CardWanted card;
        CardAnswer answer;
        bool silent, none;
        Str told;
    } cases[] = {
        {"no card", {.number = NULL}, {.status = CARD_GOOD}, false, true, STR_INIT("refused=none")},
        {"revoked",
         {.number = NULL},
         {.status = CARD_REVOKED},
         false,
         false,
         STR_INIT("refused=revoked")},
        {"the signature's certificate, of which TLS itself wants nothing",
         {.usage = "critical,nonRepudiation"},
         {.status = CARD_GOOD},
         false,
         false,
         STR_INIT("")},
        {"one for both",
         {.usage = "critical,digitalSignature,nonRepudiation"},
         {.status = CARD_GOOD},
         false,
         false,
         STR_INIT("refused=use")},
        {"an imitation",
         {.imitated = true},
         {.status = CARD_GOOD},
         false,
         false,
         STR_INIT("refused=unknown")},
        {"expired",
         {.from_days = -9, .to_days = -1},
         {.status = CARD_GOOD},
         false,
         false,
         STR_INIT("refused=expired")},
        {"an old answer",
         {.number = NULL},
         {.from_s = -7200, .until_s = -60},
         false,
         false,
         STR_INIT("refused=unchecked")},
        {"somebody else's answer",
         {.number = NULL},
         {.signer = CARD_BY_IMITATOR},
         false,
         false,
         STR_INIT("refused=unchecked")},
        {"silence",
         {.number = NULL},
         {.status = CARD_GOOD},
         true,
         false,
         STR_INIT("refused=unchecked")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Card card = card_of(&c->card);
        responder.answer = c->answer;
        responder.silent = c->silent;
        Answer shown = card_browser_get(f.cx.arena, http_port(door), ask("sign-in").target,
                                        STR_EMPTY, c->none ? NULL : &card, 13, NULL);
        if (c->told.len)
            check_str(back_from(&shown), c->told);
        else
            check_int(shown.status, 0);
    }
    responder.silent = false;
    responder.answer = (CardAnswer){.status = CARD_GOOD};
    CASE("no ticket");
    Answer bare = card_browser_get(f.cx.arena, http_port(door), STR("/auth/card/door"), STR_EMPTY,
                                   NULL, 13, NULL);
    check_str(back_from(&bare), STR("refused=late"));
    fixture_clear(&f);
}

static Str as_header(const Card *card)
{
    Buf buf;
    Str lines = card->pem;
    buf_init(&buf, f.cx.arena, 4096, 1 << 16);
    buf_add_lit(&buf, "Client-Cert: :");
    while (lines.len) {
        Str line = str_cut(&lines, '\n');
        if (line.len && line.at[0] != '-')
            buf_add_str(&buf, line);
    }
    buf_add_lit(&buf, ":\r\n");
    return buf_str(&buf);
}

static void a_header_counts_from_who_is_believed(void **state)
{
    UNUSED(state);
    const CardWanted usual = {.number = NULL};
    Card card = card_of(&usual);
    Str header = as_header(&card);
    CASE("on the door that asks itself, a header is nothing");
    Answer shown = card_browser_get(f.cx.arena, http_port(door), ask("sign-in").target, header,
                                    NULL, 13, NULL);
    check_str(back_from(&shown), STR("refused=none"));
    CASE("the proxy's is read");
    Client client;
    check(client_open(&client, f.cx.arena, http_port(proxied_door)));
    shown = client_ask(&client, STR("GET"), ask("sign-in").target, header, STR_EMPTY);
    client_close(&client);
    check(str_has_prefix(back_from(&shown), STR("ticket=")));
    CASE("two of them are an attempt to be read in two ways");
    check(client_open(&client, f.cx.arena, http_port(proxied_door)));
    Str twice = arena_format(f.cx.arena, STR_FMT STR_FMT, STR_ARG(header), STR_ARG(header));
    shown = client_ask(&client, STR("GET"), ask("sign-in").target, twice, STR_EMPTY);
    client_close(&client);
    check_int(shown.status, 400);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_page_to_the_door_and_back),
        cmocka_unit_test(the_door_has_one_address),
        cmocka_unit_test(what_is_refused_goes_back_with_a_word),
        cmocka_unit_test(a_header_counts_from_who_is_believed),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
