/* oauth/client.c - programs that are known: what they may ask for, and where answers go.
 *
 *   {"name":"Growth chart","proof":"public","redirects":["https://app.example/done"],
 *    "scopes":"launch/patient
 * patient/Observation.rs","launch":"https://app.example/launch","created":...} */
#include "oauth/inner.h"

static const Str space = STR_INIT("oauth-client");

static const Str proofs[] = {
    [OAUTH_PUBLIC] = STR_INIT("public"),
    [OAUTH_SECRET] = STR_INIT("secret"),
    [OAUTH_SIGNED] = STR_INIT("signed"),
};

enum {
    ID_BYTES = 12,
    ID_LEN_MAX = 100,
    SECRET_BYTES = 32,
    KNOWN_BYTES_MAX = 16 << 20,
    KNOWN_S = 2
};

/* ---- as an item ------------------------------------------------------------------------------ */

static Status client_item(Ctx *cx, const OauthClient *client, StoreItem *ret_item)
{
    Buf out;
    buf_init(&out, cx->arena, 1024, ITEM_BYTES_MAX);
    buf_add_char(&out, '{');
    json_text(&out, "name", client->name);
    json_text(&out, "proof", proofs[client->proof]);
    buf_add_lit(&out, ",\"redirects\":[");
    for (size_t i = 0; i < client->redirect_count; i++) {
        if (i)
            buf_add_char(&out, ',');
        json_write_string(&out, client->redirects[i]);
    }
    buf_add_char(&out, ']');
    json_text_or_none(&out, "scopes", client->scopes);
    json_text_or_none(&out, "launch", client->launch_at);
    json_text_or_none(&out, "home", client->home);
    json_text_or_none(&out, "keys", client->keys);
    json_text_or_none(&out, "keys_at", client->keys_at);
    json_text_or_none(&out, "secret", client->secret_hash);
    json_flag(&out, "service", client->service);
    json_flag(&out, "inspects", client->inspects);
    json_flag(&out, "self", client->self_registered);
    json_time(&out, "created", client->created);
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    *ret_item = (StoreItem){space, client->id, buf_str(&out)};
    return STATUS_OK;
}

static Status client_parse(Ctx *cx, const StoreItem *item, OauthClient *ret_client)
{
    JsonValue *root, *one;
    Str name;
    TRY(json_parse(cx, item->value, &root));
    OauthClient client = {.id = item->key,
                          .name = json_get_str(root, STR("name")),
                          .scopes = json_get_str(root, STR("scopes")),
                          .launch_at = json_get_str(root, STR("launch")),
                          .home = json_get_str(root, STR("home")),
                          .keys = json_get_str(root, STR("keys")),
                          .keys_at = json_get_str(root, STR("keys_at")),
                          .secret_hash = json_get_str(root, STR("secret")),
                          .service = json_bool(json_get(root, STR("service"))),
                          .inspects = json_bool(json_get(root, STR("inspects"))),
                          .self_registered = json_bool(json_get(root, STR("self"))),
                          .created = read_time(root, STR("created"))};
    for (size_t i = 0; i < COUNT_OF(proofs); i++) {
        if (str_eq(json_get_str(root, STR("proof")), proofs[i]))
            client.proof = (OauthProof)i;
    }
    for (JsonIter it = json_iter(json_get(root, STR("redirects"))); json_next(&it, &name, &one);) {
        if (client.redirect_count < OAUTH_REDIRECTS_MAX)
            client.redirects[client.redirect_count++] = json_str(one);
    }
    *ret_client = client;
    return STATUS_OK;
}

Status client_find(Oauth *oauth, Ctx *cx, Str id, OauthClient *ret_client)
{
    StoreItem item = {.space = space, .key = id};
    if (!str_is_name(id, ID_LEN_MAX))
        return STATUS_NOT_FOUND;
    Status status = item_read(oauth, cx, space, id, &item.value);
    if (status != STATUS_OK)
        return status;
    return client_parse(cx, &item, ret_client);
}

bool client_has_redirect(const OauthClient *client, Str url)
{
    for (size_t i = 0; i < client->redirect_count; i++) {
        if (str_eq(client->redirects[i], url))
            return true;
    }
    return false;
}

/* A scope with a query is offered only when every use of the type is held to it: better not given
 * than given wider. docs/adr/0115, 0130 */
static bool is_offered(const Scope *scope)
{
    return !scope->query.len || scope_condition_is_offered(scope);
}

static bool may_have(const Scope *most, size_t most_count, const Scope *scope)
{
    for (size_t i = 0; i < most_count; i++) {
        if (scope_covers(&most[i], scope))
            return true;
    }
    return most_count == 0;
}

Status client_scopes(Ctx *cx, const OauthClient *client, Scope *scopes, size_t *count)
{
    Scope *most = NULL;
    size_t most_count = 0, kept = 0;
    if (client->scopes.len)
        TRY(scopes_read(cx, client->scopes, &most, &most_count));
    for (size_t i = 0; i < *count; i++) {
        bool service_only = scopes[i].level == SCOPE_SYSTEM;
        if (service_only == client->service && is_offered(&scopes[i]) &&
            may_have(most, most_count, &scopes[i]))
            scopes[kept++] = scopes[i];
    }
    *count = kept;
    return STATUS_OK;
}

/* ---- made ------------------------------------------------------------------------------------ */

static Status refuse(Ctx *cx, const char *sentence)
{
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "%s", sentence);
}

static Status check_redirects(Ctx *cx, const OauthClient *client)
{
    if (client->redirect_count > OAUTH_REDIRECTS_MAX ||
        (!client->redirect_count && !client->service))
        return refuse(cx, "A program that people let in has 1 to 10 redirect addresses.");
    for (size_t i = 0; i < client->redirect_count; i++) {
        bool web = url_is_web(client->redirects[i]);
        if (!web && (client->proof != OAUTH_PUBLIC || !url_is_redirect(client->redirects[i])))
            return refuse(cx, "A redirect address is https://..., http://localhost..., or for a "
                              "public program com.example.app:/..., without a fragment.");
    }
    return STATUS_OK;
}

static Status check_keys(Ctx *cx, const OauthClient *client)
{
    JsonValue *set;
    JoseKey *keys;
    size_t count;
    if (client->proof != OAUTH_SIGNED)
        return client->keys.len || client->keys_at.len
                   ? refuse(cx, "Keys are for a program that signs.")
                   : STATUS_OK;
    if (!client->keys.len == !client->keys_at.len)
        return refuse(cx, "A program that signs has its public keys here, or says where they are.");
    if (client->keys_at.len)
        return str_has_prefix(client->keys_at, STR("https://")) && url_is_web(client->keys_at)
                   ? STATUS_OK
                   : refuse(cx, "The address of keys begins with https://.");
    if (client->keys.len > ITEM_BYTES_MAX / 2)
        return refuse(cx, "The set of keys is too long.");
    TRY(json_parse(cx, client->keys, &set));
    TRY(jose_keys_read(cx, set, CRYPTO_RS384, &keys, &count));
    for (size_t i = 0; i < count; i++) {
        if (!keys[i].id.len)
            return refuse(cx, "Each key needs a \"kid\".");
    }
    return count ? STATUS_OK
                 : refuse(cx, "The set has no key for signatures of a kind that is "
                              "offered: RS384, ES384, RS256, ES256.");
}

/* Whether that place may be asked at all; it is not asked now. */
static Status check_keys_at(Oauth *oauth, Ctx *cx, Str url)
{
    NetUrl judged;
    if (!oauth->options.site)
        return refuse(cx, "This server fetches no keys; register them by value.");
    return net_url_judge(cx, url, oauth->options.site, STR_EMPTY, &judged);
}

static Status check_client(Ctx *cx, const OauthClient *client)
{
    Scope *scopes;
    size_t count;
    if (!str_is_name(client->id, ID_LEN_MAX))
        return refuse(cx, "The id of a program has 1 to 100 letters, digits, points, dashes.");
    if (!client->name.len || client->name.len > OAUTH_NAME_BYTES_MAX || !str_is_utf8(client->name))
        return refuse(cx, "A program has a name of 1 to 100 bytes, which people see.");
    if (client->service && client->proof != OAUTH_SIGNED)
        return refuse(cx, "A service signs with its key: a password is not enough.");
    if ((client->launch_at.len && !url_is_web(client->launch_at)) ||
        (client->home.len && !url_is_web(client->home)))
        return refuse(cx, "The program's own addresses begin with https://.");
    TRY(check_redirects(cx, client));
    TRY(check_keys(cx, client));
    if (!client->scopes.len)
        return client->service ? refuse(cx, "A service says which system/ scopes it needs.")
                               : STATUS_OK;
    TRY(scopes_read(cx, client->scopes, &scopes, &count));
    return count ? STATUS_OK : refuse(cx, "None of these scopes is offered.");
}

static void forget_known(Oauth *oauth)
{
    pthread_mutex_lock(&oauth->lock);
    oauth->read = 0;
    pthread_mutex_unlock(&oauth->lock);
}

Status client_make(Oauth *oauth, Ctx *cx, const AuditEntry *entry, OauthClient *client,
                   Str *ret_secret)
{
    StoreItem item, absent, *all;
    size_t count;
    AuditEntry named = *entry;
    *ret_secret = STR_EMPTY;
    client->created = oauth_now(oauth);
    if (!client->id.len)
        client->id = random_text(cx->arena, ID_BYTES);
    if (!client->id.at)
        return STATUS_MEMORY;
    if (client->id.at[0] == '-') /* no option of a command line */
        client->id = arena_format(cx->arena, "a" STR_FMT, STR_ARG(str_from(client->id, 1)));
    TRY(check_client(cx, client));
    if (client->keys_at.len)
        TRY(check_keys_at(oauth, cx, client->keys_at));
    if (client->proof == OAUTH_SECRET) {
        *ret_secret = random_text(cx->arena, SECRET_BYTES);
        client->secret_hash = hash_key(cx->arena, *ret_secret);
    }
    TRY(items_read(oauth, cx, space, &all, &count));
    if (count >= OAUTH_CLIENTS_MAX)
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR_EMPTY, "There are %d programs already.",
                        OAUTH_CLIENTS_MAX);
    TRY(client_item(cx, client, &item));
    absent = (StoreItem){space, client->id, STR_EMPTY};
    named.id = client->id;
    Status status = items_commit(oauth, cx, &item, 1, &absent, &named);
    if (status == STATUS_CONFLICT)
        return ctx_fail(cx, status, STR_EMPTY, "There is a program of that id already.");
    TRY(status);
    forget_known(oauth);
    return STATUS_OK;
}

static Status need_admin(Ctx *cx, const Access *by)
{
    if (by && (str_eq(access_role(by), STR("operator")) || str_eq(access_role(by), STR("admin"))))
        return access_need_write(cx, by);
    return ctx_fail(cx, by ? STATUS_FORBIDDEN : STATUS_UNAUTHORIZED, STR_EMPTY,
                    "Only an administrator manages programs.");
}

Status oauth_client_add(Oauth *oauth, Ctx *cx, const Access *by, const OauthClient *wanted,
                        OauthClient *ret_made, Str *ret_secret)
{
    TRY(need_admin(cx, by));
    AuditEntry entry = {.account = access_account(by),
                        .role = access_role(by),
                        .interaction = STR("client-add"),
                        .request_id = cx->request_id};
    *ret_made = *wanted;
    return client_make(oauth, cx, &entry, ret_made, ret_secret);
}

/* ---- listed, removed --------------------------------------------------------------------------
 */

Status oauth_client_list(Oauth *oauth, Ctx *cx, OauthClient **ret_clients, size_t *ret_count)
{
    StoreItem *items;
    size_t count;
    TRY(items_read(oauth, cx, space, &items, &count));
    OauthClient *clients = arena_array_of(cx->arena, OauthClient, count + 1);
    if (!clients)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        TRY(client_parse(cx, &items[i], &clients[i]));
    *ret_clients = clients;
    *ret_count = count;
    return STATUS_OK;
}

static Status deletions(Oauth *oauth, Ctx *cx, Str id, StoreItem **ret_items, size_t *ret_count)
{
    StoreItem *grants, *consents;
    size_t grant_count, consent_count, count = 0;
    Grant grant;
    TRY(items_read(oauth, cx, STR("oauth-grant"), &grants, &grant_count));
    TRY(items_read(oauth, cx, STR("oauth-consent"), &consents, &consent_count));
    StoreItem *items = arena_array_of(cx->arena, StoreItem, grant_count + consent_count + 1);
    if (!items)
        return STATUS_MEMORY;
    items[count++] = (StoreItem){.space = space, .key = id};
    for (size_t i = 0; i < grant_count; i++) {
        if (grant_parse(cx, &grants[i], &grant) == STATUS_OK && str_eq(grant.client, id))
            items[count++] = (StoreItem){.space = grants[i].space, .key = grants[i].key};
    }
    Str tail = arena_format(cx->arena, "\n" STR_FMT, STR_ARG(id));
    for (size_t i = 0; tail.at && i < consent_count; i++) {
        if (str_has_suffix(consents[i].key, tail))
            items[count++] = (StoreItem){.space = consents[i].space, .key = consents[i].key};
    }
    *ret_items = items;
    *ret_count = count;
    return tail.at ? STATUS_OK : STATUS_MEMORY;
}

Status oauth_client_remove(Oauth *oauth, Ctx *cx, const Access *by, Str id)
{
    OauthClient client;
    StoreItem *items;
    size_t count;
    TRY(need_admin(cx, by));
    Status status = client_find(oauth, cx, id, &client);
    if (status == STATUS_NOT_FOUND)
        return ctx_fail(cx, status, STR_EMPTY, "There is no program of that id.");
    TRY(status);
    TRY(deletions(oauth, cx, id, &items, &count));
    AuthAppEnd end = {.client = id,
                      .items = items,
                      .item_count = count,
                      .by = by,
                      .interaction = STR("client-remove"),
                      .id = id};
    TRY(auth_app_end(oauth->auth, cx, &end));
    forget_known(oauth);
    return STATUS_OK;
}

/* ---- origins ----------------------------------------------------------------------------------
 */

static Status read_known(Oauth *oauth, Arena *arena)
{
    Ctx cx = {.arena = arena, .deadline = time_monotonic() + TIME_SECOND};
    TRY(oauth_client_list(oauth, &cx, &oauth->clients, &oauth->client_count));
    return STATUS_OK;
}

/* With the lock held. A store that does not answer leaves what was known. */
static void renew_known(Oauth *oauth)
{
    Time now = time_monotonic();
    bool fresh = oauth->known && oauth->read &&
                 (!store_is_shared(oauth->store) || now - oauth->read < KNOWN_S * TIME_SECOND);
    if (fresh)
        return;
    Arena *arena = arena_new(KNOWN_BYTES_MAX, false);
    OauthClient *clients = oauth->clients;
    size_t count = oauth->client_count;
    if (arena && read_known(oauth, arena) == STATUS_OK) {
        if (oauth->known)
            arena_free(oauth->known);
        oauth->known = arena;
    } else {
        oauth->clients = clients;
        oauth->client_count = count;
        if (arena)
            arena_free(arena);
    }
    oauth->read = now;
}

static bool client_is_from(const OauthClient *client, Arena *scratch, Str origin)
{
    for (size_t i = 0; i < client->redirect_count; i++) {
        Str own;
        if (url_origin(scratch, client->redirects[i], &own) && str_eq(own, origin))
            return true;
    }
    return false;
}

bool oauth_knows_origin(Oauth *oauth, Str origin)
{
    bool found = false;
    Arena *scratch = arena_new(4 << 20, false);
    pthread_mutex_lock(&oauth->lock);
    renew_known(oauth);
    for (size_t i = 0; scratch && i < oauth->client_count && !found; i++)
        found = client_is_from(&oauth->clients[i], scratch, origin);
    pthread_mutex_unlock(&oauth->lock);
    if (scratch)
        arena_free(scratch);
    return found;
}
