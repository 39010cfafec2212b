/* tests/oauth_scene.h - an authorisation server on a real store, with a clock that a test moves. */
#ifndef ACESO_OAUTH_SCENE_H
#define ACESO_OAUTH_SCENE_H

#include "record_fixture.h"

#include "auth/auth.h"
#include "jose/jose.h"
#include "oauth/inner.h"

#define US        "https://chart.example"
#define REDIRECT  "https://app.example/done"
#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" /* SPEC RFC 7636 B */
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static Time today;
static inline Time scene_clock(void)
{
    return today;
}

typedef struct {
    Fixture f;
    Auth *auth;
    Oauth *oauth;
    const Access *operator;
    Str cookie;
    AuthSession session;
    Str client; /* public, redirects to REDIRECT */
    OauthCall call;
    OauthAnswer answer;
    JsonValue *said; /* the answer's body */
} Oa;

static inline Ctx *oa_cx(Oa *s)
{
    return &s->f.cx;
}

static inline void oa_sign_in(Oa *s, const char *user)
{
    AuthWelcome welcome;
    const Access *access;
    AuthAttempt attempt = {.user = str_of(user),
                           .password = STR("trois chats sur un mur"),
                           .address = STR("192.0.2.7")};
    attempt.old_cookie = STR_EMPTY;
    check(auth_sign_in(s->auth, oa_cx(s), &attempt, &welcome) == STATUS_OK);
    s->cookie = arena_str(s->f.forever, welcome.cookie);
    check(auth_session(s->auth, oa_cx(s), s->cookie, &access, &s->session) == STATUS_OK);
    /* The page's own calls: somebody who sees all, so that what is tested is the program. */
    s->call = (OauthCall){
        .origin = STR(US), .address = STR("192.0.2.7"), .access = s->f.access, .cookie = s->cookie};
    s->call.authorization = STR_EMPTY;
}

static inline void oa_account(Oa *s, const char *user)
{
    AuthAccount account = {.user = str_of(user),
                           .role = STR("gp"),
                           .display = STR("Dr Marie Dupont"),
                           .reference = STR("Practitioner/md"),
                           .language = STR("fr")};
    check(auth_account_create(s->auth, oa_cx(s), s->operator, & account,
                              STR("trois chats sur un mur")) == STATUS_OK);
}

static inline Str oa_client(Oa *s, const OauthClient *wanted, Str *ret_secret)
{
    OauthClient made, full = *wanted;
    Str secret;
    Str *texts[] = {&full.id, &full.scopes, &full.launch_at, &full.home, &full.keys, &full.keys_at};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        *texts[i] = texts[i]->at ? *texts[i] : STR_EMPTY;
    check(oauth_client_add(s->oauth, oa_cx(s), s->operator, & full, &made, &secret) == STATUS_OK);
    if (ret_secret)
        *ret_secret = secret;
    return made.id;
}

static inline void oa_put(Oa *s, const char *type, const char *id)
{
    Str text = arena_format(oa_cx(s)->arena, "{\"resourceType\":\"%s\",\"id\":\"%s\"}", type, id);
    Call call = fixture_call(&s->f);
    Reply reply;
    check(record_update(s->f.record, oa_cx(s), &call, str_of(type), str_of(id),
                        fixture_body(&s->f, text), &reply) == STATUS_OK);
    check(record_finish(s->f.record, oa_cx(s), &call, &reply) == STATUS_OK);
}

static inline Oa oa_begin_with(bool registers, const NetSite *site)
{
    Oa s = {.client = STR_EMPTY};
    AuthOptions how = {.clock = scene_clock};
    OauthOptions options = {.clock = scene_clock, .self_registration = registers, .site = site};
    today = (Time)1790000000 * TIME_SECOND;
    fixture_open(&s.f, true);
    s.operator= auth_operator(s.f.forever);
    check(auth_new(oa_cx(&s), s.f.store, &how, &s.auth) == STATUS_OK);
    check(oauth_new(oa_cx(&s), s.f.store, s.auth, s.f.record, s.f.access, &options, &s.oauth) ==
          STATUS_OK);
    oa_account(&s, "dr.dupont");
    oa_sign_in(&s, "dr.dupont");
    OauthClient client = {.name = STR("Growth chart"), .redirect_count = 1};
    client.redirects[0] = STR(REDIRECT);
    s.client = oa_client(&s, &client, NULL);
    oa_put(&s, "Patient", "p1");
    return s;
}

static inline Oa oa_begin(bool registers)
{
    return oa_begin_with(registers, NULL);
}

static inline void oa_end(Oa *s)
{
    oauth_free(s->oauth);
    auth_free(s->auth);
    fixture_close(&s->f);
}

/* ---- asking -----------------------------------------------------------------------------------
 */

typedef struct {
    const char *name, *value; /* value NULL: it is left out */
} Param;

/* What a program asks for, with one parameter changed. */
static inline Str oa_query(Oa *s, Str client, const char *scope, const Param *other)
{
    const Param usual[] = {
        {"response_type", "code"},
        {"client_id", arena_str(oa_cx(s)->arena, client).at},
        {"redirect_uri", REDIRECT},
        {"scope", scope},
        {"state", "st&te"},
        {"aud", US "/fhir"},
        {"code_challenge", CHALLENGE},
        {"code_challenge_method", "S256"},
    };
    bool used = false;
    Buf out;
    buf_init(&out, oa_cx(s)->arena, 1024, 65536);
    for (size_t i = 0; i < COUNT_OF(usual); i++) {
        bool changed = other && strcmp(other->name, usual[i].name) == 0;
        const char *value = changed ? other->value : usual[i].value;
        used |= changed;
        if (value)
            add_parameter(&out, usual[i].name, str_of(value));
    }
    if (other && !used && other->value)
        add_parameter(&out, other->name, str_of(other->value));
    return buf_str(&out);
}

static inline void oa_read_answer(Oa *s)
{
    s->said = NULL;
    if (s->answer.body.len)
        check(json_parse(oa_cx(s), s->answer.body, &s->said) == STATUS_OK);
}

static inline Str oa_said(Oa *s, const char *name)
{
    return json_get_str(s->said, str_of(name));
}

typedef Status (*Asking)(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);

static inline void oa_ask(Oa *s, Asking asking, Str form)
{
    s->call.form = form;
    s->call.session = &s->session; /* the scene may have moved since */
    check(asking(s->oauth, oa_cx(s), &s->call, &s->answer) == STATUS_OK);
    oa_read_answer(s);
}

/* Says yes to these scopes, a JSON array; *ret_code is empty when no code came of it. */
static inline void oa_decide(Oa *s, Str query, const char *scopes, const char *patient,
                             Str *ret_code)
{
    Buf out;
    Str code, redirect;
    buf_init(&out, oa_cx(s)->arena, 1024, 65536);
    buf_add_lit(&out, "{\"allow\":true,\"query\":");
    json_write_string(&out, query);
    buf_format(&out, ",\"scopes\":%s", scopes);
    if (patient)
        buf_format(&out, ",\"patient\":\"%s\"", patient);
    buf_add_char(&out, '}');
    oa_ask(s, oauth_decide, buf_str(&out));
    *ret_code = STR_EMPTY;
    redirect = oa_said(s, "redirect");
    size_t mark = str_index(redirect, '?');
    if (mark != SIZE_MAX && form_value(oa_cx(s), str_from(redirect, mark + 1), STR("code"), &code))
        *ret_code = code;
}

static inline Str oa_form(Oa *s, const Param *params, size_t count)
{
    Buf out;
    buf_init(&out, oa_cx(s)->arena, 512, 65536);
    for (size_t i = 0; i < count; i++) {
        if (params[i].value)
            add_parameter(&out, params[i].name, str_of(params[i].value));
    }
    return buf_str(&out);
}

static inline const char *oa_text(Oa *s, Str text)
{
    return arena_str(oa_cx(s)->arena, text).at;
}

static inline void oa_redeem(Oa *s, Str client, Str code)
{
    const Param form[] = {{"grant_type", "authorization_code"},
                          {"client_id", oa_text(s, client)},
                          {"code", oa_text(s, code)},
                          {"redirect_uri", REDIRECT},
                          {"code_verifier", VERIFIER}};
    oa_ask(s, oauth_token, oa_form(s, form, COUNT_OF(form)));
}

static inline void oa_refresh(Oa *s, Str client, Str token, const char *scope)
{
    const Param form[] = {{"grant_type", "refresh_token"},
                          {"client_id", oa_text(s, client)},
                          {"refresh_token", oa_text(s, token)},
                          {"scope", scope}};
    oa_ask(s, oauth_token, oa_form(s, form, COUNT_OF(form)));
}

/* All of it, for scopes that need no patient or patient p1. */
static inline void oa_let_in(Oa *s, const char *scope, const char *json)
{
    Str code;
    oa_decide(s, oa_query(s, s->client, scope, NULL), json, "Patient/p1", &code);
    check(code.len > 0);
    oa_redeem(s, s->client, code);
    check_int(s->answer.http, 200);
}

static inline bool oa_lives(Oa *s, Str token)
{
    const Access *access;
    Ctx quiet = {.arena = oa_cx(s)->arena};
    return auth_bearer(s->auth, &quiet, token, &access) == STATUS_OK;
}

#endif
