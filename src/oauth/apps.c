/* oauth/apps.c - the programs that somebody let in: a list, and the end of it. */
#include "oauth/inner.h"

typedef struct {
    Str client, scopes;
    Time since, seen;
    bool lives; /* it has tokens now */
} App;

static App *app_of(App *apps, size_t *count, Str client)
{
    for (size_t i = 0; i < *count; i++) {
        if (str_eq(apps[i].client, client))
            return &apps[i];
    }
    apps[*count] = (App){.client = client, .scopes = STR_EMPTY};
    return &apps[(*count)++];
}

static Status collect(Oauth *oauth, Ctx *cx, Str user, App **ret_apps, size_t *ret_count)
{
    StoreItem *consents, *grants;
    size_t consent_count, grant_count, count = 0;
    TRY(items_read(oauth, cx, STR("oauth-consent"), &consents, &consent_count));
    TRY(items_read(oauth, cx, STR("oauth-grant"), &grants, &grant_count));
    App *apps = arena_array_of(cx->arena, App, consent_count + grant_count + 1);
    if (!apps)
        return STATUS_MEMORY;
    for (size_t i = 0; i < consent_count; i++) {
        JsonValue *root;
        Str client = consents[i].key, owner = str_cut(&client, '\n');
        if (!str_eq(owner, user) || !client.at)
            continue;
        TRY(json_parse(cx, consents[i].value, &root));
        App *app = app_of(apps, &count, client);
        app->scopes = json_get_str(root, STR("scopes"));
        app->since = read_time(root, STR("at"));
    }
    for (size_t i = 0; i < grant_count; i++) {
        Grant grant;
        TRY(grant_parse(cx, &grants[i], &grant));
        if (!str_eq(grant.user, user))
            continue;
        App *app = app_of(apps, &count, grant.client);
        app->lives |= oauth_now(oauth) < grant.expires;
        app->seen = grant.seen > app->seen ? grant.seen : app->seen;
        app->since = app->since ? app->since : grant.created;
        app->scopes = app->scopes.len ? app->scopes : grant.scopes;
    }
    *ret_apps = apps;
    *ret_count = count;
    return STATUS_OK;
}

static void add_instant(Buf *out, const char *name, Time at)
{
    char text[TIME_INSTANT_LEN];
    if (at)
        json_text(out, name, time_format_instant(at, text));
}

Status oauth_apps(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    App *apps;
    size_t count;
    Buf out;
    bool first = true;
    TRY(collect(oauth, cx, call->session->user, &apps, &count));
    buf_init(&out, cx->arena, 1024, 1 << 20);
    buf_add_lit(&out, "{\"apps\":[");
    for (size_t i = 0; i < count; i++) {
        OauthClient client;
        Status status = client_find(oauth, cx, apps[i].client, &client);
        if (status == STATUS_NOT_FOUND)
            continue;
        TRY(status);
        buf_format(&out, "%s{", first ? "" : ",");
        first = false;
        json_text(&out, "client", client.id);
        json_text(&out, "name", client.name);
        json_text(&out, "scopes", apps[i].scopes);
        json_flag(&out, "lives", apps[i].lives);
        add_instant(&out, "since", apps[i].since);
        add_instant(&out, "seen", apps[i].seen);
        buf_add_char(&out, '}');
    }
    buf_add_lit(&out, "]}");
    TRY(buf_done(&out));
    *answer = (OauthAnswer){.http = 200, .body = buf_str(&out)};
    return STATUS_OK;
}

Status oauth_apps_end(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    JsonValue *body;
    StoreItem *grants;
    size_t grant_count, count = 0;
    TRY(json_parse(cx, call->form, &body));
    Str client = json_get_str(body, STR("client")), user = call->session->user;
    if (!client.len)
        return answer_error(cx, answer, 400, "invalid_request", "Name the program: \"client\".");
    TRY(items_read(oauth, cx, STR("oauth-grant"), &grants, &grant_count));
    StoreItem *items = arena_array_of(cx->arena, StoreItem, grant_count + 1);
    Str key = arena_format(cx->arena, STR_FMT "\n" STR_FMT, STR_ARG(user), STR_ARG(client));
    if (!items || !key.at)
        return STATUS_MEMORY;
    items[count++] = (StoreItem){.space = STR("oauth-consent"), .key = key};
    for (size_t i = 0; i < grant_count; i++) {
        Grant grant;
        TRY(grant_parse(cx, &grants[i], &grant));
        if (str_eq(grant.user, user) && str_eq(grant.client, client))
            items[count++] = (StoreItem){.space = grants[i].space, .key = grants[i].key};
    }
    AuthAppEnd end = {.client = client,
                      .user = user,
                      .items = items,
                      .item_count = count,
                      .by = call->access,
                      .interaction = STR("app-end"),
                      .id = client,
                      .address = call->address};
    TRY(auth_app_end(oauth->auth, cx, &end));
    *answer = (OauthAnswer){.http = 204};
    return STATUS_OK;
}
