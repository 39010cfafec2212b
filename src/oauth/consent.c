/* oauth/consent.c - a person is asked, and answers; what he let in, and takes back.
 *
 * The page keeps nothing but the address it was opened with: all of it is read and checked again
 * when the answer comes. What was ticked can only be less than what was asked for. */
#include "oauth/inner.h"

#include "fhir/fhir.h"

static const Str consent_space = STR_INIT("oauth-consent");

static Status answer_json(Buf *out, OauthAnswer *answer)
{
    TRY(buf_done(out));
    *answer = (OauthAnswer){.http = 200, .body = buf_str(out)};
    return STATUS_OK;
}

static Status answer_redirect(Ctx *cx, Str url, OauthAnswer *answer)
{
    Buf out;
    buf_init(&out, cx->arena, url.len + 64, 65536);
    buf_add_char(&out, '{');
    json_text(&out, "redirect", url);
    buf_add_char(&out, '}');
    return answer_json(&out, answer);
}

/* ---- what was asked
 * ------------------------------------------------------------------------------ */

typedef struct {
    Request request;
    RequestFault fault;
    const char *error;
    const JsonValue *body;
    Str patient;      /* "Patient/1": of the chart it was started from, or the person himself */
    Str encounter;    /* "Encounter/1", of the same chart; or empty */
    StoreItem launch; /* the handle, to be used up; space.at NULL: none */
} Asked;

static Status read_asked(Oauth *oauth, Ctx *cx, const OauthCall *call, Asked *asked)
{
    JsonValue *body;
    *asked = (Asked){.patient = STR_EMPTY, .encounter = STR_EMPTY};
    TRY(json_parse(cx, call->form, &body));
    asked->body = body;
    return request_read(oauth, cx, call, json_get_str(body, STR("query")), &asked->request,
                        &asked->fault, &asked->error);
}

static bool has(const Asked *asked, ScopeWord word)
{
    return scopes_have(asked->request.scopes, asked->request.scope_count, word);
}

/* Patient/ scopes are for one patient; so is what asks for a patient by name. */
static bool needs_patient(const Scope *scopes, size_t count)
{
    return scopes_have_level(scopes, count, SCOPE_PATIENT) ||
           scopes_have(scopes, count, SCOPE_LAUNCH_PATIENT);
}

/* Whose chart it is: the one that it was started from, or the person's own. A handle that is not
 * good is told to the program. */
static Status find_patient(Oauth *oauth, Ctx *cx, const OauthCall *call, Asked *asked)
{
    if (asked->request.launch.len && has(asked, SCOPE_LAUNCH)) {
        Status status = launch_read(oauth, cx, &asked->request, call->session->user, &asked->launch,
                                    &asked->patient, &asked->encounter);
        if (status != STATUS_NOT_FOUND)
            return status;
        asked->fault = REQUEST_REDIRECTED;
        asked->error = "invalid_request";
        (void)ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                       "The launch is not known, was used, or is too long ago.");
        return STATUS_OK;
    }
    if (str_has_prefix(call->session->reference, STR("Patient/")))
        asked->patient = call->session->reference;
    return STATUS_OK;
}

static bool prompts(const Asked *asked, Str word)
{
    Str text = asked->request.prompt;
    while (text.len) {
        if (str_eq(str_cut(&text, ' '), word))
            return true;
    }
    return false;
}

/* Whether the sign-in is too long ago for this program. */
static bool must_sign_in(Oauth *oauth, const OauthCall *call, const Asked *asked)
{
    if (!call->access)
        return true;
    Time age = oauth_now(oauth) - call->session->created;
    if (asked->request.has_max_age && age > (Time)asked->request.max_age_s * TIME_SECOND)
        return true;
    return prompts(asked, STR("login")) && age > RECENT_S * TIME_SECOND;
}

/* ---- the page
 * ------------------------------------------------------------------------------------- */

static Str consent_key(Ctx *cx, Str user, Str client)
{
    return arena_format(cx->arena, STR_FMT "\n" STR_FMT, STR_ARG(user), STR_ARG(client));
}

/* What was allowed last time; empty: nothing. */
static Status remembered_scopes(Oauth *oauth, Ctx *cx, const OauthCall *call, Str client,
                                Str *ret_scopes)
{
    Str value, key = consent_key(cx, call->session->user, client);
    JsonValue *root;
    *ret_scopes = STR_EMPTY;
    if (!key.at)
        return STATUS_MEMORY;
    Status status = item_read(oauth, cx, consent_space, key, &value);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    TRY(json_parse(cx, value, &root));
    *ret_scopes = json_get_str(root, STR("scopes"));
    return STATUS_OK;
}

static void add_scope(Buf *out, const Scope *scope)
{
    static const char *const levels[] = {"", "word", "patient", "user", "system"};
    buf_add_char(out, '{');
    json_text(out, "text", scope->text);
    json_text(out, "level", str_of(levels[scope->level]));
    if (scope->level != SCOPE_WORD) {
        char letters[5];
        json_text(out, "type", scope->type ? fhir_type_name(scope->type) : STR("*"));
        json_text(out, "letters", scope_letters_text(scope->letters, letters));
        json_text_or_none(out, "query", scope->query);
    }
    buf_add_char(out, '}');
}

static Status show_request(Oauth *oauth, Ctx *cx, const OauthCall *call, const Asked *asked,
                           OauthAnswer *answer)
{
    Buf out;
    const Request *request = &asked->request;
    Str remembered = STR_EMPTY, origin;
    bool signed_in = !must_sign_in(oauth, call, asked);
    if (signed_in)
        TRY(remembered_scopes(oauth, cx, call, request->client.id, &remembered));
    buf_init(&out, cx->arena, 2048, 65536);
    buf_add_lit(&out, "{\"client\":{");
    json_text(&out, "id", request->client.id);
    json_text(&out, "name", request->client.name);
    json_text_or_none(&out, "home", request->client.home);
    if (url_origin(cx->arena, request->redirect, &origin))
        json_text(&out, "origin", origin);
    json_flag(&out, "self_registered", request->client.self_registered);
    buf_add_lit(&out, "},\"scopes\":[");
    for (size_t i = 0; i < request->scope_count; i++) {
        if (i)
            buf_add_char(&out, ',');
        add_scope(&out, &request->scopes[i]);
    }
    buf_add_char(&out, ']');
    json_flag(&out, "must_sign_in", !signed_in);
    json_flag(&out, "needs_patient", needs_patient(request->scopes, request->scope_count));
    json_text_or_none(&out, "patient", asked->patient);
    json_text_or_none(&out, "remembered", remembered);
    buf_add_char(&out, '}');
    return answer_json(&out, answer);
}

/* The program is told; the page goes there. */
static Status tell(Ctx *cx, const OauthCall *call, const Asked *asked, const char *error,
                   OauthAnswer *answer)
{
    Str url;
    TRY(request_redirect(cx, call, &asked->request, error, STR_EMPTY, &url));
    (void)take_issue(cx, STR_EMPTY);
    return answer_redirect(cx, url, answer);
}

static Status show_fault(Ctx *cx, const OauthCall *call, const Asked *asked, OauthAnswer *answer)
{
    if (asked->fault == REQUEST_REDIRECTED)
        return tell(cx, call, asked, asked->error, answer);
    Str sentence = take_issue(cx, STR("The program's request cannot be read."));
    return answer_error(cx, answer, 400, asked->error, sentence.at);
}

/* ---- the answer
 * ------------------------------------------------------------------------------------ */

/* What was ticked: each within something that was asked for. */
static Status read_ticked(Ctx *cx, Asked *asked, Scope **ret_scopes, size_t *ret_count,
                          bool *ret_good)
{
    Str name;
    JsonValue *one;
    const JsonValue *list = json_get(asked->body, STR("scopes"));
    Scope *scopes = arena_array_of(cx->arena, Scope, SCOPES_MAX);
    size_t count = 0;
    *ret_good = json_count(list) <= SCOPES_MAX;
    if (!scopes)
        return STATUS_MEMORY;
    for (JsonIter it = json_iter(list); *ret_good && json_next(&it, &name, &one);) {
        bool covered = scope_read(json_str(one), &scopes[count]);
        bool within = false;
        for (size_t i = 0; covered && i < asked->request.scope_count && !within; i++)
            within = scope_covers(&asked->request.scopes[i], &scopes[count]);
        *ret_good = covered && within;
        count++;
    }
    *ret_scopes = scopes;
    *ret_count = count;
    return STATUS_OK;
}

static Status code_item(Oauth *oauth, Ctx *cx, const OauthCall *call, const Asked *asked,
                        Str scopes, Str patient, uint64_t changes, Str code, StoreItem *ret_item)
{
    Buf out;
    const Request *request = &asked->request;
    buf_init(&out, cx->arena, 1024, ITEM_BYTES_MAX);
    buf_add_char(&out, '{');
    json_text(&out, "client", request->client.id);
    json_text(&out, "redirect", request->redirect);
    json_text(&out, "challenge", request->challenge);
    json_text(&out, "user", call->session->user);
    json_text(&out, "scopes", scopes);
    json_text_or_none(&out, "patient", patient);
    json_text_or_none(&out, "encounter", asked->encounter);
    json_text_or_none(&out, "nonce", request->nonce);
    json_text(&out, "session", auth_session_key(cx->arena, call->cookie));
    json_time(&out, "changes", (Time)changes);
    json_time(&out, "signed_in", call->session->created);
    json_time(&out, "expires", oauth_now(oauth) + CODE_S * TIME_SECOND);
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    *ret_item = (StoreItem){STR("oauth-code"), hash_key(cx->arena, code), buf_str(&out)};
    return ret_item->key.at ? STATUS_OK : STATUS_MEMORY;
}

static Status consent_item(Oauth *oauth, Ctx *cx, const OauthCall *call, Str client, Str scopes,
                           StoreItem *ret_item)
{
    Buf out;
    buf_init(&out, cx->arena, 256, ITEM_BYTES_MAX);
    buf_add_char(&out, '{');
    json_text(&out, "scopes", scopes);
    json_time(&out, "at", oauth_now(oauth));
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    *ret_item =
        (StoreItem){consent_space, consent_key(cx, call->session->user, client), buf_str(&out)};
    return ret_item->key.at ? STATUS_OK : STATUS_MEMORY;
}

/* The code, what is remembered, and the end of the launch handle: one commit. */
static Status give_code(Oauth *oauth, Ctx *cx, const OauthCall *call, const Asked *asked,
                        const Scope *ticked, size_t count, Str patient, OauthAnswer *answer)
{
    StoreItem items[3];
    AuthAccount account;
    uint64_t changes;
    size_t item_count = 2;
    Str scopes, url, code = random_text(cx->arena, CRYPTO_SHA256_BYTES);
    AuditEntry entry = {.account = call->session->user,
                        .role = call->session->role,
                        .interaction = STR("app-allow"),
                        .id = asked->request.client.id,
                        .address = call->address,
                        .request_id = cx->request_id};
    if (!code.at)
        return STATUS_MEMORY;
    TRY(auth_account_now(oauth->auth, cx, call->session->user, &account, &changes));
    TRY(scopes_write(cx, ticked, count, &scopes));
    TRY(code_item(oauth, cx, call, asked, scopes, patient, changes, code, &items[0]));
    TRY(consent_item(oauth, cx, call, asked->request.client.id, scopes, &items[1]));
    bool launched = asked->launch.space.at != NULL;
    if (launched)
        items[item_count++] = (StoreItem){.space = asked->launch.space, .key = asked->launch.key};
    Status status =
        items_commit(oauth, cx, items, item_count, launched ? &asked->launch : NULL, &entry);
    if (status == STATUS_CONFLICT)
        return tell(cx, call, asked, "access_denied", answer); /* the handle was used meanwhile */
    TRY(status);
    TRY(request_redirect(cx, call, &asked->request, NULL, code, &url));
    return answer_redirect(cx, url, answer);
}

static bool is_patient(Str reference)
{
    static const Str type = STR_INIT("Patient/");
    return str_has_prefix(reference, type) && reference.len > type.len && reference.len < 80;
}

/* Where an answer can only come to the program itself: a public one of a phone or a desktop shares
 * its scheme with whoever takes it. SPEC RFC 8252 8.6 */
static bool is_surely_the_program(const Request *request)
{
    return request->client.proof != OAUTH_PUBLIC ||
           (str_has_prefix(request->redirect, STR("https://")) && !request->client.self_registered);
}

static Status all_was_allowed(Oauth *oauth, Ctx *cx, const OauthCall *call, const Request *request,
                              bool *ret_allowed)
{
    Str text;
    Scope *before;
    size_t count;
    TRY(remembered_scopes(oauth, cx, call, request->client.id, &text));
    TRY(scopes_read(cx, text, &before, &count));
    *ret_allowed = is_surely_the_program(request);
    for (size_t i = 0; i < request->scope_count && *ret_allowed; i++) {
        bool covered = false;
        for (size_t k = 0; k < count && !covered; k++)
            covered = scope_covers(&before[k], &request->scopes[i]);
        *ret_allowed = covered;
    }
    return STATUS_OK;
}

static Status told(Ctx *cx, const OauthCall *call, const Asked *asked, const char *error,
                   const char *sentence, OauthAnswer *answer)
{
    (void)ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "%s", sentence);
    return tell(cx, call, asked, error, answer);
}

/* prompt=none: nobody is asked anything. What he allowed this program before, it has again; the
 * patient must be settled by a launch, or be himself. SPEC OIDC Core 3.1.2.1, 3.1.2.6 */
static Status answer_silently(Oauth *oauth, Ctx *cx, const OauthCall *call, Asked *asked,
                              OauthAnswer *answer)
{
    const Request *request = &asked->request;
    bool allowed, seen = true;
    bool needed = needs_patient(request->scopes, request->scope_count);
    if (!str_eq(request->prompt, STR("none")))
        return told(cx, call, asked, "invalid_request", "prompt=none stands alone.", answer);
    if (must_sign_in(oauth, call, asked))
        return told(cx, call, asked, "login_required", "Nobody is signed in.", answer);
    TRY(all_was_allowed(oauth, cx, call, request, &allowed));
    if (!allowed)
        return told(cx, call, asked, "consent_required", "Not all of this was allowed before.",
                    answer);
    if (needed && !asked->patient.len)
        return told(cx, call, asked, "interaction_required", "A patient has to be chosen.", answer);
    Str patient = needed || asked->launch.space.at ? asked->patient : STR_EMPTY;
    if (patient.len)
        TRY(patient_is_seen(oauth, cx, call, patient, &seen));
    if (!seen)
        return told(cx, call, asked, "interaction_required", "A patient has to be chosen.", answer);
    return give_code(oauth, cx, call, asked, request->scopes, request->scope_count, patient,
                     answer);
}

static Status allow(Oauth *oauth, Ctx *cx, const OauthCall *call, Asked *asked, OauthAnswer *answer)
{
    Scope *ticked;
    size_t count;
    bool good, seen = true;
    TRY(read_ticked(cx, asked, &ticked, &count, &good));
    if (!good || !count)
        return answer_error(cx, answer, 400, "invalid_scope",
                            "What is allowed is part of what was asked for.");
    Str chosen = json_get_str(asked->body, STR("patient"));
    Str patient = asked->patient.len ? asked->patient : chosen;
    bool needed = needs_patient(ticked, count);
    if ((needed || patient.len) && !is_patient(patient))
        return answer_error(cx, answer, 400, "invalid_request", "Choose the patient first.");
    if (asked->patient.len && chosen.len && !str_eq(chosen, asked->patient))
        return answer_error(cx, answer, 400, "invalid_request", "The patient is settled already.");
    if (!needed && !asked->launch.space.at)
        patient = STR_EMPTY;
    if (patient.len)
        TRY(patient_is_seen(oauth, cx, call, patient, &seen));
    if (!seen)
        return answer_error(cx, answer, 400, "invalid_request", "There is no such patient.");
    if (!scopes_have(ticked, count, SCOPE_LAUNCH_ENCOUNTER) &&
        !scopes_have(ticked, count, SCOPE_LAUNCH))
        asked->encounter = STR_EMPTY;
    return give_code(oauth, cx, call, asked, ticked, count, patient, answer);
}

Status oauth_request(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    Asked asked;
    TRY(read_asked(oauth, cx, call, &asked));
    if (asked.fault == REQUEST_GOOD && call->access)
        TRY(find_patient(oauth, cx, call, &asked));
    if (asked.fault != REQUEST_GOOD)
        return show_fault(cx, call, &asked, answer);
    if (prompts(&asked, STR("none")))
        return answer_silently(oauth, cx, call, &asked, answer);
    return show_request(oauth, cx, call, &asked, answer);
}

Status oauth_decide(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    Asked asked;
    TRY(read_asked(oauth, cx, call, &asked));
    if (asked.fault == REQUEST_GOOD)
        TRY(find_patient(oauth, cx, call, &asked));
    if (asked.fault != REQUEST_GOOD)
        return show_fault(cx, call, &asked, answer);
    if (!json_bool(json_get(asked.body, STR("allow"))))
        return tell(cx, call, &asked, "access_denied", answer);
    if (must_sign_in(oauth, call, &asked))
        return answer_error(cx, answer, 401, "login_required", "Sign in again.");
    return allow(oauth, cx, call, &asked, answer);
}
