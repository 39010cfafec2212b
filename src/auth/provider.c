/* auth/provider.c - to an identity provider and back: the ticket, the address, and who is let in.
 *
 * state, nonce and verifier are hashes of the one secret in the ticket: whoever has only what went
 * through the provider (state, nonce, code) cannot go on, and whoever has only the ticket cannot
 * either. Each provider has an address of its own to send people back to, which must be the
 * ticket's (RFC 9700 4.4). */
#include "auth/inner.h"
#include "auth/attempt.h"
#include "auth/identity.h"
#include "auth/session.h"

enum { RANDOM_BYTES = 32, ASKING_MAX = 2, LET_IN_TRIES = 4, URL_BYTES_MAX = 4096 };

static const char nobody_here[] =
    "Nobody here is known by that sign-in. Sign in another way, and connect it under My account.";

static Status no_provider(Ctx *cx)
{
    return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such sign-in here.");
}

static const AuthProvider *find(const Auth *auth, Str id)
{
    const AuthProviders *all = auth->options.providers;
    for (size_t i = 0; all && i < all->count; i++) {
        if (str_eq(all->at[i].id, id))
            return &all->at[i];
    }
    return NULL;
}

Status auth_providers_json(Auth *auth, Ctx *cx, Str *ret_json)
{
    const AuthProviders *all = auth->options.providers;
    Buf buf;
    buf_init(&buf, cx->arena, 256, 4096);
    buf_add_lit(&buf, "{\"providers\":[");
    for (size_t i = 0; all && i < all->count; i++) {
        buf_add_str(&buf, i ? STR(",{") : STR("{"));
        member_text(&buf, "id", all->at[i].id);
        member_text(&buf, "name", all->at[i].name);
        buf_add_char(&buf, '}');
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

/* ---- out of a ticket ----------------------------------------------------------------------------
 */

static Str word_of(Arena *arena, const char *what, Str secret)
{
    uint8_t mac[CRYPTO_SHA256_BYTES];
    crypto_hmac_sha256(str_head(secret, RANDOM_BYTES), str_of(what), mac);
    return crypto_base64url(arena, str_n((const char *)mac, sizeof mac));
}

static Status make_words(Ctx *cx, Str secret, ProviderWords *ret_words)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    ProviderWords words = {.state = word_of(cx->arena, "state", secret),
                           .nonce = word_of(cx->arena, "nonce", secret),
                           .verifier = word_of(cx->arena, "verifier", secret)};
    if (!words.state.at || !words.nonce.at || !words.verifier.at)
        return STATUS_MEMORY;
    crypto_sha256(words.verifier, hash);
    words.challenge = crypto_base64url(cx->arena, str_n((const char *)hash, sizeof hash));
    *ret_words = words;
    return words.challenge.at ? STATUS_OK : STATUS_MEMORY;
}

/* chance | what for | provider */
static Status make_secret(Ctx *cx, AuthPurpose purpose, Str provider, Str *ret_secret)
{
    char random[RANDOM_BYTES];
    crypto_random(random, sizeof random);
    Str chance = str_n(random, sizeof random);
    Buf buf;
    buf_init(&buf, cx->arena, TICKET_SECRET_BYTES_MAX, TICKET_SECRET_BYTES_MAX);
    buf_add_str(&buf, chance);
    buf_add_char(&buf, (char)purpose);
    buf_add_str(&buf, provider);
    *ret_secret = buf_str(&buf);
    return buf_done(&buf);
}

static Str redirect_of(Arena *arena, const AuthProvider *provider, Str origin)
{
    return arena_format(arena, STR_FMT "/provider/" STR_FMT, STR_ARG(origin),
                        STR_ARG(provider->id));
}

/* ---- there
 * ---------------------------------------------------------------------------------------- */

static void add(Buf *url, const char *name, Str value)
{
    buf_format(url, "&%s=", name);
    uri_encode(url, value);
}

static Status write_redirect(Ctx *cx, const AuthProvider *provider, const Provided *provided,
                             const ProviderWords *words, Str origin, Str *ret_url)
{
    Buf url;
    Str redirect = redirect_of(cx->arena, provider, origin);
    Str scope = arena_format(cx->arena, "openid%s" STR_FMT, provider->scopes.len ? " " : "",
                             STR_ARG(provider->scopes));
    if (!redirect.at || !scope.at)
        return STATUS_MEMORY;
    buf_init(&url, cx->arena, 1024, URL_BYTES_MAX);
    buf_add_str(&url, provided->authorize_at);
    buf_add_char(&url, str_index(provided->authorize_at, '?') == SIZE_MAX ? '?' : '&');
    buf_add_lit(&url, "response_type=code");
    add(&url, "client_id", provider->client_id);
    add(&url, "redirect_uri", redirect);
    add(&url, "scope", scope);
    add(&url, "state", words->state);
    add(&url, "nonce", words->nonce);
    add(&url, "code_challenge", words->challenge);
    add(&url, "code_challenge_method", STR("S256"));
    if (provider->acr_values.len)
        add(&url, "acr_values", provider->acr_values);
    *ret_url = buf_str(&url);
    return buf_done(&url);
}

/* A provider that is slow holds no more threads than these; strangers can make us ask. */
static Status enter(Auth *auth, Ctx *cx)
{
    if (atomic_fetch_add(&auth->asking, 1) < ASKING_MAX)
        return STATUS_OK;
    atomic_fetch_sub(&auth->asking, 1);
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                    "Many sign in at this moment. Try again in a few seconds.");
}

static void leave(Auth *auth)
{
    atomic_fetch_sub(&auth->asking, 1);
}

static Status write_begin(Ctx *cx, Str redirect, Str ticket, Str *ret_json)
{
    Buf buf;
    buf_init(&buf, cx->arena, 2048, 16 * 1024);
    buf_add_char(&buf, '{');
    member_text(&buf, "redirect", redirect);
    member_text(&buf, "ticket", ticket);
    buf_add_char(&buf, '}');
    *ret_json = buf_str(&buf);
    return buf_done(&buf);
}

Status auth_provider_begin(Auth *auth, Ctx *cx, Str id, Str origin, AuthPurpose purpose,
                           const AuthSession *session, Str *ret_json)
{
    const AuthProvider *provider = find(auth, id);
    Account account = {.changes = 0};
    Ticket ticket = {.kind = TICKET_PROVIDER, .user = STR_EMPTY};
    Provided provided;
    ProviderWords words;
    Str text, redirect;
    if (!provider)
        return no_provider(cx);
    if (purpose == AUTH_FOR_LINK) {
        TRY(session_account(auth, cx, session, true, &account));
        if (session->must_enrol)
            return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY, "Set up your second factor first.");
        ticket.user = session->user;
        ticket.changes = account.changes;
    }
    TRY(enter(auth, cx));
    Status status = provided_read(auth, cx, provider, &provided);
    leave(auth);
    TRY(status);
    TRY(make_secret(cx, purpose, provider->id, &ticket.secret));
    TRY(make_words(cx, ticket.secret, &words));
    TRY(ticket_make(auth, cx, &ticket, &text));
    TRY(write_redirect(cx, provider, &provided, &words, origin, &redirect));
    return write_begin(cx, redirect, text, ret_json);
}

/* ---- and back
 * --------------------------------------------------------------------------------------- */

/* Whether it is an answer to this ticket, for this purpose, from this provider. */
static Status open_return(Auth *auth, Ctx *cx, const AuthReturn *back, AuthPurpose purpose,
                          Ticket *ret_ticket, const AuthProvider **ret_provider,
                          ProviderWords *ret_words)
{
    TRY(ticket_open(auth, cx, TICKET_PROVIDER, back->ticket, ret_ticket));
    Str secret = ret_ticket->secret;
    *ret_provider = find(auth, str_from(secret, RANDOM_BYTES + 1));
    TRY(make_words(cx, secret, ret_words));
    if (secret.len <= RANDOM_BYTES + 1 || secret.at[RANDOM_BYTES] != (char)purpose ||
        !*ret_provider || !str_eq((*ret_provider)->id, back->provider) ||
        !crypto_equal(back->state, ret_words->state) || !back->code.len)
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY,
                        "This does not belong to the sign-in that was begun here. Begin again.");
    return STATUS_OK;
}

static Status tell(Auth *auth, Ctx *cx, const AuthProvider *provider, const AuthReturn *back,
                   const ProviderWords *words, Told *ret_told)
{
    Str redirect = redirect_of(cx->arena, provider, back->origin);
    if (!redirect.at)
        return STATUS_MEMORY;
    TRY(enter(auth, cx));
    Status status = provider_tell(auth, cx, provider, back, words, redirect, ret_told);
    leave(auth);
    return status;
}

/* The account whose identity it is, as it is now. */
static Status find_account(Auth *auth, Ctx *cx, Str key, Attempt *attempt)
{
    Str user;
    Account account;
    attempt->known = false;
    attempt->account = (Account){0};
    Status status = identity_owner(auth, cx, key, &user);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status == STATUS_OK)
        status = account_read(auth, cx, user, &account);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status != STATUS_OK)
        return ctx_fail(cx, status, STR_EMPTY, "The store cannot be read now.");
    attempt->known = identity_is_of(&account, key) && !account.public.blocked;
    attempt->user = account.public.user;
    attempt->account = account;
    return STATUS_OK;
}

/* Under `change`. */
static Status try_once(Auth *auth, Ctx *cx, Attempt *attempt, Str key, const AuthReturn *back,
                       const Ticket *ticket, AuthWelcome *ret_welcome)
{
    TRY(find_account(auth, cx, key, attempt));
    if (!attempt->known)
        return attempt_refuse(auth, cx, attempt, nobody_here);
    if (!factors_spend(auth, cx, &attempt->account, back->ticket, ticket))
        return attempt_refuse(auth, cx, attempt, "That was used already. Begin again.");
    attempt->account_changed = true;
    if (!attempt->strong)
        return attempt_with_password(auth, cx, attempt, back->origin, ret_welcome);
    lockout_undo(auth, &attempt->keys, true);
    return attempt_welcome(auth, cx, attempt, ret_welcome);
}

static Status let_in(Auth *auth, Ctx *cx, Attempt *attempt, Str key, const AuthReturn *back,
                     const Ticket *ticket, AuthWelcome *ret_welcome)
{
    Status status = STATUS_CONFLICT;
    pthread_mutex_lock(&auth->change);
    for (int tries = 0; status == STATUS_CONFLICT && tries < LET_IN_TRIES; tries++) {
        ctx_forget(cx);
        status = try_once(auth, cx, attempt, key, back, ticket, ret_welcome);
    }
    pthread_mutex_unlock(&auth->change);
    return status;
}

/* What was not believed counts against its address; that a provider is away does not. */
static Status judge_failure(Auth *auth, Ctx *cx, const Attempt *attempt, Status status)
{
    if (status != STATUS_UNAUTHORIZED) {
        lockout_undo(auth, &attempt->keys, false);
        return status;
    }
    Str sentence = cx->issues ? cx->issues->diagnostics : STR("Begin again.");
    sentence = arena_str(cx->arena, sentence);
    ctx_forget(cx);
    pthread_mutex_lock(&auth->change);
    status = attempt_refuse(auth, cx, attempt, sentence.at ? sentence.at : "");
    pthread_mutex_unlock(&auth->change);
    return status;
}

Status auth_sign_in_provider(Auth *auth, Ctx *cx, const AuthReturn *back, AuthWelcome *ret_welcome)
{
    Attempt attempt = {.interaction = STR("sign-in"),
                       .user = STR_EMPTY,
                       .way = AUTH_BY_PROVIDER,
                       .address = back->address,
                       .device = back->device,
                       .old_cookie = back->cookie};
    const AuthProvider *provider;
    Ticket ticket;
    ProviderWords words;
    Told told;
    Str key;
    *ret_welcome = (AuthWelcome){0};
    TRY(open_return(auth, cx, back, AUTH_FOR_SIGN_IN, &ticket, &provider, &words));
    /* Each attempt is a name of its own: only its address can be locked by it. */
    attempt.keys = lockout_keys_of("provider", words.state, back->address);
    TRY(attempt_count(auth, cx, &attempt, &ret_welcome->retry_after_s));
    Status status = tell(auth, cx, provider, back, &words, &told);
    if (status != STATUS_OK)
        return judge_failure(auth, cx, &attempt, status);
    TRY(identity_key(cx, provider->issuer, told.subject, &key));
    attempt.strong = told.strong;
    return let_in(auth, cx, &attempt, key, back, &ticket, ret_welcome);
}

/* ---- whose it is
 * --------------------------------------------------------------------------------------- */

static Status link_in(Auth *auth, Ctx *cx, const AuthSession *session, const AuthReturn *back,
                      const Ticket *ticket, const Identity *identity)
{
    Account account;
    TRY(session_account(auth, cx, session, false, &account));
    if (account.changes != ticket->changes)
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "That took too long. Begin again.");
    if (!factors_spend(auth, cx, &account, back->ticket, ticket))
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY, "That was used already. Begin again.");
    Change change = session_change(session, STR("identity-link"), back->address);
    change.audit.id = session->user;
    change.audit.query = identity->provider;
    return identity_add(auth, cx, &account, identity, &change);
}

Status auth_provider_link(Auth *auth, Ctx *cx, const AuthSession *session, const AuthReturn *back)
{
    const AuthProvider *provider;
    Ticket ticket;
    ProviderWords words;
    Told told;
    Identity identity = {.created = auth_now(auth)};
    TRY(open_return(auth, cx, back, AUTH_FOR_LINK, &ticket, &provider, &words));
    if (session->must_enrol || !str_eq(ticket.user, session->user))
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY,
                        "This does not belong to the sign-in that was begun here. Begin again.");
    TRY(tell(auth, cx, provider, back, &words, &told));
    identity.provider = provider->id;
    TRY(identity_key(cx, provider->issuer, told.subject, &identity.key));
    pthread_mutex_lock(&auth->change);
    Status status = link_in(auth, cx, session, back, &ticket, &identity);
    pthread_mutex_unlock(&auth->change);
    return status;
}
