/* test_oauth_keys.c - programs whose keys are where they say: fetched, kept, fetched again when a
 * new one is used, and never from inside the network.
 *
 * SPEC RFC 7517 5, RFC 7591 2, SMART 2.2 client-confidential-asymmetric.html */
#include <stdatomic.h>

#include "oauth_scene.h"
#include "support/peer.h"

enum { KEYS = 3 };

typedef struct {
    Oa s;
    Peer *peer;
    NetSite site;
    JoseKey keys[KEYS];
    Str sets[KEYS]; /* each with one key */
    Str body, head; /* what is served */
    unsigned http;
    Str client;
    unsigned spent;
} Scene;

static Str told(void *of, Arena *arena, const PeerQuestion *question)
{
    const Scene *v = of;
    UNUSED(question);
    return peer_answer(arena, v->http, STR("application/json"), v->head, v->body);
}

static void make_key(Scene *v, size_t i)
{
    Ctx forever = {.arena = v->s.f.forever};
    Buf out;
    v->keys[i].id = arena_format(v->s.f.forever, "k%zu", i);
    check(crypto_pair_make(&forever, CRYPTO_ES384, &v->keys[i].pair) == STATUS_OK);
    buf_init(&out, v->s.f.forever, 1024, 8192);
    buf_add_lit(&out, "{\"keys\":[");
    check(jose_key_write(&forever, &v->keys[i], &out) == STATUS_OK);
    buf_add_lit(&out, "]}");
    v->sets[i] = buf_str(&out);
}

static Str keys_at(Scene *v)
{
    return arena_format(v->s.f.forever, STR_FMT "/keys", STR_ARG(peer_origin(v->peer)));
}

static void scene_begin(Scene *v)
{
    *v = (Scene){.http = 200, .head = STR_EMPTY};
    v->peer = peer_start(PEER_TLS, told, v);
    v->site = (NetSite){.hosts = {{STR("127.0.0.1"), peer_port(v->peer)}},
                        .host_count = 1,
                        .ca_file = peer_ca_file(v->peer)};
    v->s = oa_begin_with(true, &v->site);
    for (size_t i = 0; i < KEYS; i++)
        make_key(v, i);
    v->body = v->sets[0];
    OauthClient client = {.name = STR("Laboratory"),
                          .proof = OAUTH_SIGNED,
                          .service = true,
                          .keys_at = keys_at(v),
                          .scopes = STR("system/Patient.rs")};
    v->client = arena_str(v->s.f.forever, oa_client(&v->s, &client, NULL));
}

static void scene_end(Scene *v)
{
    peer_stop(v->peer);
    oa_end(&v->s);
}

/* The HTTP status of an answer to an assertion that key i has signed. */
static unsigned present(Scene *v, size_t i)
{
    Arena *arena = oa_cx(&v->s)->arena;
    Str token;
    Str claims = arena_format(arena,
                              "{\"iss\":\"" STR_FMT "\",\"sub\":\"" STR_FMT "\",\"aud\":\"" US
                              "/oauth/token\",\"exp\":%lld,\"jti\":\"%u\"}",
                              STR_ARG(v->client), STR_ARG(v->client),
                              (long long)(today / TIME_SECOND + 200), v->spent++);
    check(jose_sign(oa_cx(&v->s), &v->keys[i], STR("JWT"), claims, &token) == STATUS_OK);
    const Param form[] = {
        {"grant_type", "client_credentials"},
        {"scope", "system/Patient.rs"},
        {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
        {"client_assertion", oa_text(&v->s, token)}};
    oa_ask(&v->s, oauth_token, oa_form(&v->s, form, COUNT_OF(form)));
    return v->s.answer.http;
}

static void keys_are_fetched_once_and_kept(void **state)
{
    UNUSED(state);
    Scene v;
    scene_begin(&v);
    check_int(peer_connections(v.peer), 0); /* not when it is registered */
    for (int i = 0; i < 5; i++)
        check_int(present(&v, 0), 200);
    check_int(peer_requests(v.peer), 1);
    today += (NET_FRESH_S - 1) * TIME_SECOND;
    check_int(present(&v, 0), 200);
    check_int(peer_requests(v.peer), 1);
    today += TIME_SECOND;
    check_int(present(&v, 0), 200);
    check_int(peer_requests(v.peer), 2);
    scene_end(&v);
}

/* SPEC SMART 2.2: no longer than the header says; and a day at the most. */
static void what_the_other_server_says_of_keeping_holds(void **state)
{
    UNUSED(state);
    static const struct {
        const char *head;
        unsigned after_s, requests;
    } cases[] = {
        {"Cache-Control: max-age=120\r\n", 119, 1},
        {"Cache-Control: max-age=120\r\n", 120, 2},
        {"Cache-Control: no-store\r\n", 0, 2},
        {"Cache-Control: max-age=8000000\r\n", 86399, 1},
        {"Cache-Control: max-age=8000000\r\n", 86400, 2},
    };
    FOR_CASES(cases, c)
    {
        Scene v;
        char why[80];
        snprintf(why, sizeof(why), "%s %u", c->head, c->after_s);
        CASE(why);
        scene_begin(&v);
        v.head = str_of(c->head);
        check_int(present(&v, 0), 200);
        today += c->after_s * TIME_SECOND;
        check_int(present(&v, 0), 200);
        check_int(peer_requests(v.peer), c->requests);
        scene_end(&v);
    }
}

static void a_new_key_is_looked_for_once_a_minute(void **state)
{
    UNUSED(state);
    Scene v;
    scene_begin(&v);
    check_int(present(&v, 0), 200);
    v.body = v.sets[1]; /* the program has changed its key */
    check_int(present(&v, 1), 401);
    check_int(peer_requests(v.peer), 1);
    today += NET_RENEW_S * TIME_SECOND;
    check_int(present(&v, 1), 200);
    check_int(present(&v, 0), 401); /* and the old one has ended */
    check_int(peer_requests(v.peer), 2);
    for (int i = 0; i < 20; i++)
        check_int(present(&v, 2), 401); /* a stranger's, again and again */
    check_int(peer_requests(v.peer), 2);
    today += NET_RENEW_S * TIME_SECOND;
    for (int i = 0; i < 20; i++)
        check_int(present(&v, 2), 401);
    check_int(peer_requests(v.peer), 3);
    check_int(present(&v, 1), 200);
    scene_end(&v);
}

static void what_cannot_be_fetched_refuses(void **state)
{
    UNUSED(state);
    static char big[NET_KEPT_BYTES_MAX + 2];
    memset(big, ' ', sizeof(big) - 1);
    static const struct {
        const char *why;
        unsigned http;
        const char *head, *body; /* NULL: the right set */
    } cases[] = {
        {"it is not there", 404, "", NULL},
        {"the server fails", 500, "", NULL},
        {"it is elsewhere: no redirect is followed", 302,
         "Location: https://keys.example.org/keys\r\n", NULL},
        {"no JSON", 200, "", "<html>"},
        {"no keys", 200, "", "{\"keys\":[]}"},
        {"a shared secret", 200, "", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}"},
        {"more than anybody's keys", 200, "", big},
        {"nothing", 200, "", ""},
    };
    FOR_CASES(cases, c)
    {
        Scene v;
        CASE(c->why);
        scene_begin(&v);
        v.http = c->http;
        v.head = str_of(c->head);
        v.body = c->body ? str_of(c->body) : v.body;
        check_int(present(&v, 0), 401);
        check_str(oa_said(&v.s, "error"), STR("invalid_client"));
        v.http = 200;
        v.head = STR_EMPTY;
        v.body = v.sets[0];
        today += NET_RENEW_S * TIME_SECOND;
        check_int(present(&v, 0), 200);
        scene_end(&v);
    }
}

/* A set that was good and cannot be had any more is not used on when its time is over. */
static void old_keys_end(void **state)
{
    UNUSED(state);
    Scene v;
    scene_begin(&v);
    check_int(present(&v, 0), 200);
    v.http = 503;
    today += (NET_FRESH_S - 10) * TIME_SECOND;
    check_int(present(&v, 0), 200);
    today += 10 * TIME_SECOND;
    check_int(present(&v, 0), 401);
    unsigned before = peer_requests(v.peer);
    check_int(present(&v, 0), 401); /* and it is not asked again at once */
    check_int(peer_requests(v.peer), before);
    v.http = 200;
    today += NET_AGAIN_S * TIME_SECOND;
    check_int(present(&v, 0), 200);
    scene_end(&v);
}

static void places_inside_the_network_are_refused(void **state)
{
    UNUSED(state);
    static const char *const places[] = {
        "https://127.0.0.1/keys",    "https://localhost/keys",       "https://[::1]/keys",
        "https://10.0.0.7/keys",     "https://169.254.169.254/keys", "https://0x7f.1/keys",
        "https://2130706433/keys",   "https://x@127.0.0.1/keys",     "https://vault.internal/keys",
        "https://keys.example:22/k", "https://[::ffff:7f00:1]/keys", "https://db/keys",
        "http://app.example.org/k",  "file:///etc/passwd",           "https://a.example.org/#x",
    };
    Scene v;
    scene_begin(&v);
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        CASE(places[i]);
        Ctx own = {.arena = oa_cx(&v.s)->arena};
        OauthClient made, wanted = {.id = STR_EMPTY,
                                    .name = STR("A"),
                                    .proof = OAUTH_SIGNED,
                                    .service = true,
                                    .scopes = STR("system/*.rs"),
                                    .launch_at = STR_EMPTY,
                                    .home = STR_EMPTY,
                                    .keys = STR_EMPTY,
                                    .keys_at = str_of(places[i])};
        Str secret;
        check_int(oauth_client_add(v.s.oauth, &own, v.s.operator, & wanted, &made, &secret),
                  STATUS_INVALID);
        oa_ask(&v.s, oauth_register,
               arena_format(oa_cx(&v.s)->arena,
                            "{\"client_name\":\"App\",\"redirect_uris\":[\"" REDIRECT "\"],"
                            "\"token_endpoint_auth_method\":\"private_key_jwt\","
                            "\"jwks_uri\":\"%s\"}",
                            places[i]));
        check_int(v.s.answer.http, 400);
    }
    CASE("one that may be asked");
    oa_ask(&v.s, oauth_register,
           arena_format(oa_cx(&v.s)->arena,
                        "{\"client_name\":\"App\",\"redirect_uris\":[\"" REDIRECT "\"],"
                        "\"token_endpoint_auth_method\":\"private_key_jwt\","
                        "\"jwks_uri\":\"" STR_FMT "\"}",
                        STR_ARG(keys_at(&v))));
    check_int(v.s.answer.http, 201);
    check_str(oa_said(&v.s, "jwks_uri"), keys_at(&v));
    check_int(peer_connections(v.peer), 0);
    scene_end(&v);
}

/* The site takes a host off its list: programs that were added before do not pass either. */
static void what_is_no_longer_allowed_is_not_asked(void **state)
{
    UNUSED(state);
    Scene v;
    scene_begin(&v);
    v.site.host_count = 0;
    check_int(present(&v, 0), 401);
    check_int(peer_connections(v.peer), 0);
    scene_end(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_fetched_once_and_kept),
        cmocka_unit_test(what_the_other_server_says_of_keeping_holds),
        cmocka_unit_test(a_new_key_is_looked_for_once_a_minute),
        cmocka_unit_test(what_cannot_be_fetched_refuses),
        cmocka_unit_test(old_keys_end),
        cmocka_unit_test(places_inside_the_network_are_refused),
        cmocka_unit_test(what_is_no_longer_allowed_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
