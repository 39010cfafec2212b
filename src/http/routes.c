/* http/routes.c - the table of routes, and how a path finds its row.
 *
 * Rows are tried in order; a literal segment stands above the {name} it could be taken for.
 * HEAD is GET without its body, OPTIONS is answered from the rows of the path. */
#include "http/routes.h"

#include "http/serve.h"

/* A row without a need, or with need 0, is an error of the compiler. */
#define NEED(need) ((Need)((need) + 0 * sizeof(char[(need) > 0 ? 1 : -1])))
#define ROUTE(method, pattern, need, place, body, fhir, handler)                                   \
    {                                                                                              \
        method, pattern, NEED(need), place, body, fhir, handler                                    \
    }

const Route routes[] = {
    /* clang-format off */
    ROUTE("GET",    "/fhir/metadata",                  NEEDS_NOTHING,       IN_PLACE,  BODY_NONE,     true,  serve_metadata),
    ROUTE("GET",    "/fhir/.well-known/smart-configuration",NEEDS_NOTHING,  IN_PLACE,  BODY_NONE,     false, serve_smart_configuration),
    ROUTE("POST",   "/fhir",                           NEEDS_WRITE,         ON_WORKER, BODY_BUNDLE,   true,  serve_bundle),
    ROUTE("POST",   "/fhir/",                          NEEDS_WRITE,         ON_WORKER, BODY_BUNDLE,   true,  serve_bundle),
    ROUTE("GET",    "/fhir",                           NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_search),
    ROUTE("GET",    "/fhir/",                          NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_search),
    ROUTE("POST",   "/fhir/_search",                   NEEDS_READ,          ON_WORKER, BODY_FORM,     true,  serve_search),
    ROUTE("GET",    "/fhir/_history",                  NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_system_history),
    ROUTE("GET",    "/fhir/$explain-access",           NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_explain_access),
    ROUTE("GET",    "/fhir/Slot/$find",                NEEDS_ANYBODY,       ON_WORKER, BODY_NONE,     true,  serve_operation),
    ROUTE("GET",    "/fhir/{$operation}",              NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_operation),
    ROUTE("POST",   "/fhir/{$operation}",              NEEDS_WRITE,         ON_WORKER, BODY_PARAMETERS,true,  serve_operation),
    ROUTE("GET",    "/fhir/{type}",                    NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_search),
    ROUTE("POST",   "/fhir/Binary",                    NEEDS_WRITE,         ON_WORKER, BODY_FILE,     true,  serve_binary_create),
    ROUTE("POST",   "/fhir/{type}",                    NEEDS_WRITE,         BY_SIZE,   BODY_RESOURCE, true,  serve_create),
    ROUTE("PUT",    "/fhir/{type}",                    NEEDS_WRITE,         ON_WORKER, BODY_RESOURCE, true,  serve_update),
    ROUTE("PATCH",  "/fhir/{type}",                    NEEDS_WRITE,         ON_WORKER, BODY_PATCH,    true,  serve_patch),
    ROUTE("DELETE", "/fhir/{type}",                    NEEDS_WRITE,         ON_WORKER, BODY_NONE,     true,  serve_delete),
    ROUTE("POST",   "/fhir/{type}/_search",            NEEDS_READ,          ON_WORKER, BODY_FORM,     true,  serve_search),
    ROUTE("GET",    "/fhir/{type}/_history",           NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_history),
    ROUTE("GET",    "/fhir/{type}/{$operation}",       NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_operation),
    ROUTE("POST",   "/fhir/{type}/{$operation}",       NEEDS_WRITE,         ON_WORKER, BODY_PARAMETERS,true,  serve_operation),
    ROUTE("GET",    "/fhir/Binary/{id}",               NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_binary_read),
    ROUTE("GET",    "/fhir/{type}/{id}",               NEEDS_READ,          IN_PLACE,  BODY_NONE,     true,  serve_read),
    ROUTE("PUT",    "/fhir/{type}/{id}",               NEEDS_WRITE,         BY_SIZE,   BODY_RESOURCE, true,  serve_update),
    ROUTE("PATCH",  "/fhir/{type}/{id}",               NEEDS_WRITE,         BY_SIZE,   BODY_PATCH,    true,  serve_patch),
    ROUTE("DELETE", "/fhir/{type}/{id}",               NEEDS_WRITE,         IN_PLACE,  BODY_NONE,     true,  serve_delete),
    ROUTE("GET",    "/fhir/{type}/{id}/_history",      NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_history),
    ROUTE("GET",    "/fhir/Binary/{id}/_history/{n}",  NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_binary_read),
    ROUTE("GET",    "/fhir/{type}/{id}/_history/{n}",  NEEDS_READ,          IN_PLACE,  BODY_NONE,     true,  serve_vread),
    ROUTE("POST",   "/fhir/{type}/{id}/_search",       NEEDS_READ,          ON_WORKER, BODY_FORM,     true,  serve_compartment),
    ROUTE("GET",    "/fhir/{type}/{id}/{types}",       NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_compartment),
    ROUTE("POST",   "/fhir/{type}/{id}/{types}/_search",NEEDS_READ,          ON_WORKER, BODY_FORM,     true,  serve_compartment),
    ROUTE("GET",    "/fhir/Patient/{id}/$who-looked",  NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_who_looked),
    ROUTE("GET",    "/fhir/{type}/{id}/{$operation}",  NEEDS_READ,          ON_WORKER, BODY_NONE,     true,  serve_operation),
    ROUTE("POST",   "/fhir/{type}/{id}/{$operation}",  NEEDS_WRITE,         ON_WORKER, BODY_PARAMETERS,true,  serve_operation),
    ROUTE("GET",    "/fhir/*",                         NEEDS_READ,          IN_PLACE,  BODY_NONE,     true,  serve_nothing),
    ROUTE("GET",    "/live",                           NEEDS_READ,          ON_WORKER, BODY_NONE,     false, serve_live),
    ROUTE("POST",   "/auth/sign-in",                    NEEDS_OWN_ORIGIN,    ON_SIGN_IN, BODY_JSON,     false, serve_sign_in),
    ROUTE("POST",   "/auth/sign-in/factor",             NEEDS_OWN_ORIGIN,    ON_SIGN_IN, BODY_JSON,     false, serve_sign_in_factor),
    ROUTE("POST",   "/auth/passkey/ask",                NEEDS_OWN_ORIGIN,    IN_PLACE,  BODY_ANY,      false, serve_passkey_ask),
    ROUTE("POST",   "/auth/passkey/sign-in",            NEEDS_OWN_ORIGIN,    ON_SIGN_IN, BODY_JSON,     false, serve_sign_in_passkey),
    ROUTE("GET",    "/auth/providers",                  NEEDS_NOTHING,       IN_PLACE,  BODY_NONE,     false, serve_providers),
    ROUTE("POST",   "/auth/provider/begin",             NEEDS_OWN_ORIGIN,    ON_SIGN_IN, BODY_JSON,     false, serve_provider_begin),
    ROUTE("POST",   "/auth/provider/sign-in",           NEEDS_OWN_ORIGIN,    ON_SIGN_IN, BODY_JSON,     false, serve_provider_sign_in),
    ROUTE("POST",   "/auth/provider/link/begin",        NEEDS_SESSION,       ON_SIGN_IN, BODY_JSON,     false, serve_provider_link_begin),
    ROUTE("POST",   "/auth/provider/link",              NEEDS_SESSION,       ON_SIGN_IN, BODY_JSON,     false, serve_provider_link),
    ROUTE("GET",    "/auth/identities",                 NEEDS_SESSION,       ON_WORKER, BODY_NONE,     false, serve_identities),
    ROUTE("POST",   "/auth/identities/remove",          NEEDS_SESSION,       ON_WORKER, BODY_JSON,     false, serve_identity_remove),
    ROUTE("POST",   "/auth/sign-out",                   NEEDS_OWN_ORIGIN,    ON_WORKER, BODY_ANY,      false, serve_sign_out),
    ROUTE("POST",   "/auth/lock",                       NEEDS_OWN_ORIGIN,    ON_WORKER, BODY_ANY,      false, serve_lock),
    ROUTE("POST",   "/auth/unlock",                     NEEDS_OWN_ORIGIN,    ON_SIGN_IN, BODY_JSON,     false, serve_unlock),
    ROUTE("POST",   "/auth/step-up/ask",                NEEDS_OWN_ORIGIN,    ON_WORKER, BODY_ANY,      false, serve_step_up_ask),
    ROUTE("POST",   "/auth/step-up",                    NEEDS_SESSION,       ON_SIGN_IN, BODY_JSON,     false, serve_step_up),
    ROUTE("POST",   "/auth/password/ask",               NEEDS_OWN_ORIGIN,    ON_SIGN_IN, BODY_JSON,     false, serve_password_ask),
    ROUTE("POST",   "/auth/link/ask",                   NEEDS_OWN_ORIGIN,    ON_WORKER, BODY_JSON,     false, serve_link_ask),
    ROUTE("POST",   "/auth/link",                       NEEDS_OWN_ORIGIN,    ON_SIGN_IN, BODY_JSON,     false, serve_link_use),
    ROUTE("GET",    "/auth/ways",                       NEEDS_NOTHING,       IN_PLACE,  BODY_NONE,     false, serve_ways),
    ROUTE("GET",    "/auth/card/door",                  NEEDS_CARD,          ON_SIGN_IN, BODY_NONE,     false, serve_card_door),
    ROUTE("POST",   "/auth/card/ask",                   NEEDS_OWN_ORIGIN,    ON_WORKER, BODY_JSON,     false, serve_card_ask),
    ROUTE("POST",   "/auth/card/sign-in",               NEEDS_OWN_ORIGIN,    ON_SIGN_IN, BODY_JSON,     false, serve_sign_in_card),
    ROUTE("POST",   "/auth/card",                       NEEDS_SESSION,       ON_WORKER, BODY_JSON,     false, serve_card_link),
    ROUTE("POST",   "/auth/card/remove",                NEEDS_SESSION,       ON_WORKER, BODY_ANY,      false, serve_card_unlink),
    ROUTE("GET",    "/auth/session",                    NEEDS_SESSION,       IN_PLACE,  BODY_NONE,     false, serve_session),
    ROUTE("GET",    "/auth/sessions",                   NEEDS_SESSION,       ON_WORKER, BODY_NONE,     false, serve_sessions),
    ROUTE("POST",   "/auth/sessions/end",               NEEDS_SESSION,       ON_WORKER, BODY_JSON,     false, serve_session_end),
    ROUTE("GET",    "/auth/factors",                    NEEDS_SESSION,       ON_WORKER, BODY_NONE,     false, serve_factors),
    ROUTE("POST",   "/auth/totp/begin",                 NEEDS_SESSION,       ON_WORKER, BODY_ANY,      false, serve_totp_begin),
    ROUTE("POST",   "/auth/totp",                       NEEDS_SESSION,       ON_WORKER, BODY_JSON,     false, serve_totp_set),
    ROUTE("POST",   "/auth/totp/remove",                NEEDS_SESSION,       ON_WORKER, BODY_ANY,      false, serve_totp_remove),
    ROUTE("POST",   "/auth/passkeys/begin",             NEEDS_SESSION,       ON_WORKER, BODY_ANY,      false, serve_passkey_begin),
    ROUTE("POST",   "/auth/passkeys",                   NEEDS_SESSION,       ON_WORKER, BODY_JSON,     false, serve_passkey_add),
    ROUTE("POST",   "/auth/passkeys/remove",            NEEDS_SESSION,       ON_WORKER, BODY_JSON,     false, serve_passkey_remove),
    ROUTE("POST",   "/auth/recovery",                   NEEDS_SESSION,       ON_WORKER, BODY_ANY,      false, serve_recovery_renew),
    ROUTE("POST",   "/auth/apps/request",              NEEDS_OWN_ORIGIN,    ON_WORKER, BODY_JSON,     false, serve_app_request),
    ROUTE("POST",   "/auth/apps/decision",             NEEDS_PERSON,        ON_WORKER, BODY_JSON,     false, serve_app_decision),
    ROUTE("GET",    "/auth/apps",                      NEEDS_PERSON,        ON_WORKER, BODY_NONE,     false, serve_apps),
    ROUTE("POST",   "/auth/apps/end",                  NEEDS_PERSON,        ON_WORKER, BODY_JSON,     false, serve_apps_end),
    ROUTE("GET",    "/auth/launches",                  NEEDS_PERSON,        ON_WORKER, BODY_NONE,     false, serve_launchers),
    ROUTE("POST",   "/auth/launches",                  NEEDS_PERSON,        ON_WORKER, BODY_JSON,     false, serve_launch),
    ROUTE("GET",    "/auth/accounts",                  NEEDS_PERSON,        ON_WORKER, BODY_NONE,     false, serve_accounts),
    ROUTE("POST",   "/auth/accounts/invite",           NEEDS_STEP_UP,       ON_WORKER, BODY_JSON,     false, serve_account_invite),
    ROUTE("POST",   "/auth/accounts/change",           NEEDS_STEP_UP,       ON_WORKER, BODY_JSON,     false, serve_account_change),
    ROUTE("POST",   "/auth/accounts/end",              NEEDS_STEP_UP,       ON_WORKER, BODY_JSON,     false, serve_account_end),
    ROUTE("POST",   "/auth/accounts/open",             NEEDS_STEP_UP,       ON_WORKER, BODY_JSON,     false, serve_account_open),
    ROUTE("POST",   "/auth/accounts/factors/reset",    NEEDS_STEP_UP,       ON_WORKER, BODY_JSON,     false, serve_account_factors_reset),
    ROUTE("POST",   "/auth/accounts/sign-out",         NEEDS_STEP_UP,       ON_WORKER, BODY_JSON,     false, serve_account_sign_out),
    ROUTE("GET",    "/auth/roles",                     NEEDS_PERSON,        IN_PLACE,  BODY_NONE,     false, serve_roles),
    ROUTE("GET",    "/auth/state",                     NEEDS_PERSON,        ON_WORKER, BODY_NONE,     false, serve_state),
    ROUTE("GET",    "/auth/*",                         NEEDS_NOTHING,       IN_PLACE,  BODY_NONE,     false, serve_nothing),
    ROUTE("GET",    "/oauth/authorize",                NEEDS_NOTHING,       ON_WORKER, BODY_NONE,     false, serve_authorize),
    ROUTE("POST",   "/oauth/authorize",                NEEDS_CLIENT,        ON_WORKER, BODY_FORM,     false, serve_authorize_form),
    ROUTE("POST",   "/oauth/token",                    NEEDS_CLIENT,        ON_WORKER, BODY_FORM,     false, serve_token),
    ROUTE("POST",   "/oauth/introspect",               NEEDS_CLIENT,        ON_WORKER, BODY_FORM,     false, serve_introspect),
    ROUTE("POST",   "/oauth/revoke",                   NEEDS_CLIENT,        ON_WORKER, BODY_FORM,     false, serve_revoke),
    ROUTE("GET",    "/oauth/userinfo",                 NEEDS_CLIENT,        ON_WORKER, BODY_NONE,     false, serve_userinfo),
    ROUTE("POST",   "/oauth/userinfo",                 NEEDS_CLIENT,        ON_WORKER, BODY_FORM,     false, serve_userinfo),
    ROUTE("POST",   "/oauth/register",                 NEEDS_CLIENT,        ON_WORKER, BODY_JSON,     false, serve_register),
    ROUTE("GET",    "/oauth/jwks",                     NEEDS_NOTHING,       ON_WORKER, BODY_NONE,     false, serve_jwks),
    ROUTE("GET",    "/oauth/*",                        NEEDS_NOTHING,       IN_PLACE,  BODY_NONE,     false, serve_nothing),
    ROUTE("GET",    "/.well-known/smart-configuration",NEEDS_NOTHING,       IN_PLACE,  BODY_NONE,     false, serve_smart_configuration),
    ROUTE("GET",    "/.well-known/openid-configuration",NEEDS_NOTHING,      IN_PLACE,  BODY_NONE,     false, serve_openid_configuration),
    ROUTE("GET",    "/.well-known/oauth-authorization-server",NEEDS_NOTHING,IN_PLACE,  BODY_NONE,     false, serve_openid_configuration),
    ROUTE("GET",    "/calendar/{file}",                NEEDS_NOTHING,       ON_WORKER, BODY_NONE,     false, serve_feed),
    ROUTE("GET",    "/healthz",                        NEEDS_NOTHING,       ON_WORKER, BODY_NONE,     false, serve_health),
    ROUTE("GET",    "/metrics",                        NEEDS_READ_OR_LOCAL, IN_PLACE,  BODY_NONE,     false, serve_metrics),
    ROUTE("GET",    "/*",                              NEEDS_NOTHING,       IN_PLACE,  BODY_NONE,     false, serve_site),
    /* clang-format on */
};
const size_t route_count = COUNT_OF(routes);

/* Whether a segment may stand at the place of a {name}: "{$...}" takes operations only, any
 * other takes all but operations; a type begins with a capital, so it is never "metadata";
 * "{types}" is one or all of them, "*". */
static bool fits(Str name, Str segment)
{
    if (segment.len == 0)
        return false;
    bool capital = segment.at[0] >= 'A' && segment.at[0] <= 'Z';
    if (str_eq(name, STR("{type}")) && !capital)
        return false;
    if (str_eq(name, STR("{types}")) && !capital && !str_eq(segment, STR("*")) &&
        !str_eq_nocase(segment, STR("%2A")))
        return false;
    return (segment.at[0] == '$') == (name.at[1] == '$');
}

/* Whether path has the shape of pattern; fills args with what stands at {names}. */
static bool matches(Str pattern, Str path, Str args[REQUEST_ARGS_MAX])
{
    size_t arg = 0;
    for (;;) {
        Str want = str_cut(&pattern, '/');
        if (str_eq(want, STR("*")))
            return true;
        Str have = str_cut(&path, '/');
        if (want.len && want.at[0] == '{') {
            if (!fits(want, have))
                return false;
            assert(arg < REQUEST_ARGS_MAX);
            args[arg++] = have;
        } else if (!str_eq(want, have)) {
            return false;
        }
        if (!pattern.at || !path.at)
            return !pattern.at && !path.at;
    }
}

static bool takes_any_rest(const Route *route)
{
    return str_has_suffix(str_of(route->pattern), STR("*"));
}

/* Whether a row above this one is of the same method and the same path. */
static bool said_above(size_t row, Str path)
{
    for (size_t i = 0; i < row; i++) {
        Str unused[REQUEST_ARGS_MAX];
        if (str_eq(str_of(routes[i].method), str_of(routes[row].method)) &&
            matches(str_of(routes[i].pattern), path, unused))
            return true;
    }
    return false;
}

/* The methods of a path that has none for this one, each once. Below a "*" that only says
 * "nothing here" there is nothing to allow. */
static Str allowed(Arena *arena, Str path)
{
    Buf allow;
    buf_init(&allow, arena, 64, 128);
    for (size_t i = 0; i < route_count; i++) {
        Str unused[REQUEST_ARGS_MAX];
        if (!matches(str_of(routes[i].pattern), path, unused))
            continue;
        if (takes_any_rest(&routes[i]) && (allow.len || routes[i].handler == serve_nothing))
            break;
        if (said_above(i, path))
            continue;
        if (allow.len)
            buf_add_lit(&allow, ", ");
        buf_add_str(&allow, str_of(routes[i].method));
        if (str_eq(str_of(routes[i].method), STR("GET")))
            buf_add_lit(&allow, ", HEAD");
    }
    if (allow.len)
        buf_add_lit(&allow, ", OPTIONS");
    return buf_str(&allow);
}

const Route *route_find(Arena *arena, Str method, Str path, Str args[REQUEST_ARGS_MAX],
                        Str *ret_allow)
{
    Str wanted = str_eq(method, STR("HEAD")) ? STR("GET") : method;
    const Route *rest = NULL;
    for (size_t i = 0; i < route_count; i++) {
        Str found[REQUEST_ARGS_MAX] = {{0}};
        if (!str_eq(str_of(routes[i].method), wanted) ||
            !matches(str_of(routes[i].pattern), path, found))
            continue;
        if (takes_any_rest(&routes[i])) {
            rest = &routes[i];
            break;
        }
        memcpy(args, found, sizeof(found));
        return &routes[i];
    }
    *ret_allow = allowed(arena, path);
    if (rest && (rest->handler != serve_nothing || ret_allow->len == 0))
        return rest;
    return NULL;
}
