/* oauth/launch.c - a program is started from a chart: the handle that stands for the chart.
 *
 * It is opaque, for one program and one person, lives five minutes and is used up with the code.
 * SPEC SMART 2.2 app-launch.html#launch-app-ehr-launch */
#include "oauth/inner.h"

static const Str space = STR_INIT("oauth-launch");

Status launch_read(Oauth *oauth, Ctx *cx, const Request *request, Str user, StoreItem *ret_item,
                   Str *ret_patient, Str *ret_encounter)
{
    JsonValue *root;
    StoreItem item = {.space = space, .key = hash_key(cx->arena, request->launch)};
    if (!item.key.at)
        return STATUS_MEMORY;
    Status status = item_read(oauth, cx, space, item.key, &item.value);
    if (status != STATUS_OK)
        return status;
    TRY(json_parse(cx, item.value, &root));
    if (!str_eq(json_get_str(root, STR("client")), request->client.id) ||
        !str_eq(json_get_str(root, STR("user")), user) ||
        oauth_now(oauth) >= read_time(root, STR("expires")))
        return STATUS_NOT_FOUND;
    *ret_item = item;
    *ret_patient = json_get_str(root, STR("patient"));
    *ret_encounter = json_get_str(root, STR("encounter"));
    return STATUS_OK;
}

/* *ret_body is what he sees of it. */
static Status read_seen(Oauth *oauth, Ctx *cx, const OauthCall *call, Str reference, bool *ret_seen,
                        Str *ret_body)
{
    Reply reply;
    Str id = reference, type = str_cut(&id, '/');
    Ctx own = {.arena = cx->arena, .deadline = cx->deadline, .request_id = cx->request_id};
    Str base = arena_format(cx->arena, STR_FMT "/fhir", STR_ARG(call->origin));
    Call as = {.access = call->access, .base = base, .address = call->address};
    as.if_match = as.if_none_match = as.if_modified_since = as.if_none_exist = STR_EMPTY;
    as.prefer = as.query = STR_EMPTY;
    *ret_seen = false;
    if (!base.at)
        return STATUS_MEMORY;
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        Status status = record_read(oauth->record, &own, &as, type, id, &reply);
        Status kept = record_finish(oauth->record, &own, &as, &reply);
        if (kept == STATUS_CONFLICT)
            continue;
        *ret_seen = status == STATUS_OK && kept == STATUS_OK;
        if (*ret_seen)
            *ret_body = reply.body;
        bool answer = *ret_seen || status == STATUS_NOT_FOUND || status == STATUS_GONE ||
                      status == STATUS_FORBIDDEN || status == STATUS_INVALID;
        return answer ? STATUS_OK
                      : ctx_fail(cx, status != STATUS_OK ? status : kept, STR_EMPTY,
                                 "The record cannot be read now.");
    }
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The record cannot be read now.");
}

Status patient_is_seen(Oauth *oauth, Ctx *cx, const OauthCall *call, Str reference, bool *ret_seen)
{
    Str body;
    return read_seen(oauth, cx, call, reference, ret_seen, &body);
}

/* Whether he sees the encounter, and it is of that patient. */
static Status encounter_is_seen(Oauth *oauth, Ctx *cx, const OauthCall *call, Str reference,
                                Str patient, bool *ret_seen)
{
    static const Str type = STR_INIT("Encounter/");
    Str body;
    JsonValue *root;
    *ret_seen = false;
    if (!str_has_prefix(reference, type) || reference.len > 80 || !patient.len)
        return STATUS_OK;
    TRY(read_seen(oauth, cx, call, reference, ret_seen, &body));
    if (!*ret_seen)
        return STATUS_OK;
    TRY(json_parse(cx, body, &root));
    *ret_seen = str_eq(json_get_str(json_get(root, STR("subject")), STR("reference")), patient);
    return STATUS_OK;
}

Status oauth_launchers(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    OauthClient *clients;
    size_t count;
    Buf out;
    bool first = true;
    UNUSED(call);
    TRY(oauth_client_list(oauth, cx, &clients, &count));
    buf_init(&out, cx->arena, 1024, 1 << 20);
    buf_add_lit(&out, "{\"apps\":[");
    for (size_t i = 0; i < count; i++) {
        if (!clients[i].launch_at.len)
            continue;
        buf_format(&out, "%s{", first ? "" : ",");
        first = false;
        json_text(&out, "client", clients[i].id);
        json_text(&out, "name", clients[i].name);
        json_text_or_none(&out, "home", clients[i].home);
        buf_add_char(&out, '}');
    }
    buf_add_lit(&out, "]}");
    TRY(buf_done(&out));
    *answer = (OauthAnswer){.http = 200, .body = buf_str(&out)};
    return STATUS_OK;
}

static Status launch_item(Oauth *oauth, Ctx *cx, const OauthCall *call, Str client, Str patient,
                          Str encounter, Str handle, StoreItem *ret_item)
{
    Buf out;
    buf_init(&out, cx->arena, 256, 4096);
    buf_add_char(&out, '{');
    json_text(&out, "client", client);
    json_text(&out, "user", call->session->user);
    json_text(&out, "patient", patient);
    json_text_or_none(&out, "encounter", encounter);
    json_time(&out, "expires", oauth_now(oauth) + LAUNCH_S * TIME_SECOND);
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    *ret_item = (StoreItem){space, hash_key(cx->arena, handle), buf_str(&out)};
    return ret_item->key.at ? STATUS_OK : STATUS_MEMORY;
}

static Status give_handle(Oauth *oauth, Ctx *cx, const OauthCall *call, const OauthClient *client,
                          Str patient, Str encounter, OauthAnswer *answer)
{
    StoreItem item;
    Buf url, out;
    AuditEntry entry = {.account = call->session->user,
                        .role = call->session->role,
                        .interaction = STR("app-launch"),
                        .id = client->id,
                        .address = call->address,
                        .request_id = cx->request_id};
    Str handle = random_text(cx->arena, CRYPTO_SHA256_BYTES);
    Str base = arena_format(cx->arena, STR_FMT "/fhir", STR_ARG(call->origin));
    if (!handle.at || !base.at)
        return STATUS_MEMORY;
    TRY(launch_item(oauth, cx, call, client->id, patient, encounter, handle, &item));
    TRY(items_commit(oauth, cx, &item, 1, NULL, &entry));
    buf_init(&url, cx->arena, 512, 8192);
    buf_add_str(&url, client->launch_at);
    buf_add_char(&url, str_index(client->launch_at, '?') == SIZE_MAX ? '?' : '&');
    add_parameter(&url, "iss", base);
    add_parameter(&url, "launch", handle);
    TRY(buf_done(&url));
    buf_init(&out, cx->arena, 512, 16384);
    buf_add_char(&out, '{');
    json_text(&out, "url", buf_str(&url));
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    *answer = (OauthAnswer){.http = 200, .body = buf_str(&out)};
    return STATUS_OK;
}

Status oauth_launch(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    JsonValue *body;
    OauthClient client;
    bool seen;
    TRY(json_parse(cx, call->form, &body));
    Str patient = json_get_str(body, STR("patient"));
    Status status = client_find(oauth, cx, json_get_str(body, STR("client")), &client);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !client.launch_at.len))
        return answer_error(cx, answer, 400, "invalid_client",
                            "There is no such program to start from a chart.");
    TRY(status);
    if (!str_has_prefix(patient, STR("Patient/")) || patient.len > 80)
        return answer_error(cx, answer, 400, "invalid_request", "Name the patient.");
    TRY(patient_is_seen(oauth, cx, call, patient, &seen));
    if (!seen)
        return answer_error(cx, answer, 400, "invalid_request", "There is no such patient.");
    Str encounter = json_get_str(body, STR("encounter"));
    if (encounter.len)
        TRY(encounter_is_seen(oauth, cx, call, encounter, patient, &seen));
    if (!seen)
        return answer_error(cx, answer, 400, "invalid_request",
                            "There is no such encounter of this patient.");
    return give_handle(oauth, cx, call, &client, patient, encounter, answer);
}
