/* auth/factors.c - the second factors of an account, and whether what somebody shows is one.
 *
 *   "factors":{"totp":"sealed","step":58261834,"card":"keyed hash","handle":"...",
 *     "passkeys":[{"id":"...","alg":"-7","x":"...","y":"...","count":3,"name":"Yubikey",
 *                  "created":1790000000000000,"used":...}],
 *     "codes":["..."],"spent":[{"hash":"...","expires":...}]}
 *
 * They stand in the account's item, so that one guard is enough for all: two sign-ins with the same
 * code at the same moment, also on two nodes, are one sign-in. */
#include "auth/inner.h"

#include "auth/passkey.h"

static const Str about_totp = STR_INIT("aceso totp");

/* ---- as JSON ------------------------------------------------------------------- */

static void add_text(Buf *buf, const char *name, Str text)
{
    buf_format(buf, ",\"%s\":", name);
    json_write_string(buf, text);
}

static void write_passkey(Buf *buf, const Passkey *passkey)
{
    buf_format(buf, "{\"alg\":\"%d\",\"count\":%u,\"created\":%lld,\"used\":%lld",
               passkey->algorithm, passkey->count, (long long)passkey->created,
               (long long)passkey->used);
    add_text(buf, "id", passkey->id);
    add_text(buf, "x", passkey->first);
    add_text(buf, "y", passkey->second);
    add_text(buf, "name", passkey->name);
    buf_add_char(buf, '}');
}

void factors_write(Buf *buf, const Factors *factors)
{
    buf_format(buf, "{\"step\":%llu", (unsigned long long)factors->totp_step);
    add_text(buf, "totp", factors->totp);
    add_text(buf, "card", factors->card);
    add_text(buf, "handle", factors->handle);
    buf_add_lit(buf, ",\"passkeys\":[");
    for (size_t i = 0; i < factors->passkey_count; i++) {
        if (i)
            buf_add_char(buf, ',');
        write_passkey(buf, &factors->passkeys[i]);
    }
    buf_add_lit(buf, "],\"codes\":[");
    for (size_t i = 0; i < factors->code_count; i++) {
        if (i)
            buf_add_char(buf, ',');
        json_write_string(buf, factors->codes[i]);
    }
    buf_add_lit(buf, "],\"spent\":[");
    for (size_t i = 0; i < factors->spent_count; i++) {
        buf_format(buf, "%s{\"expires\":%lld", i ? "," : "", (long long)factors->spent[i].expires);
        add_text(buf, "hash", factors->spent[i].hash);
        buf_add_char(buf, '}');
    }
    buf_add_lit(buf, "]}");
}

static uint64_t read_number(const JsonValue *object, Str name)
{
    uint64_t number = 0;
    UNUSED(str_to_u64(json_str(json_get(object, name)), &number)); /* absent: 0 */
    return number;
}

static int read_algorithm(Str text)
{
    uint64_t number = 0;
    bool good = text.len > 1 && text.at[0] == '-' && str_to_u64(str_from(text, 1), &number) &&
                number < 65536;
    return good ? -(int)number : 0;
}

static Passkey read_passkey(const JsonValue *object)
{
    return (Passkey){.id = json_get_str(object, STR("id")),
                     .algorithm = read_algorithm(json_get_str(object, STR("alg"))),
                     .first = json_get_str(object, STR("x")),
                     .second = json_get_str(object, STR("y")),
                     .count = (uint32_t)read_number(object, STR("count")),
                     .name = json_get_str(object, STR("name")),
                     .created = (Time)read_number(object, STR("created")),
                     .used = (Time)read_number(object, STR("used"))};
}

void factors_read(const JsonValue *object, Factors *ret_factors)
{
    Factors factors = {.totp = json_get_str(object, STR("totp")),
                       .totp_step = read_number(object, STR("step")),
                       .card = json_get_str(object, STR("card")),
                       .handle = json_get_str(object, STR("handle"))};
    JsonValue *each;
    for (JsonIter it = json_iter(json_get(object, STR("passkeys")));
         factors.passkey_count < AUTH_PASSKEYS_MAX && json_next(&it, NULL, &each);)
        factors.passkeys[factors.passkey_count++] = read_passkey(each);
    for (JsonIter it = json_iter(json_get(object, STR("codes")));
         factors.code_count < AUTH_RECOVERY_CODES && json_next(&it, NULL, &each);)
        factors.codes[factors.code_count++] = json_str(each);
    for (JsonIter it = json_iter(json_get(object, STR("spent")));
         factors.spent_count < SPENT_MAX && json_next(&it, NULL, &each);)
        factors.spent[factors.spent_count++] =
            (Spent){json_get_str(each, STR("hash")), (Time)read_number(each, STR("expires"))};
    *ret_factors = factors;
}

/* ---- what an account has ---------------------------------------------------------- */

bool factors_any(const Factors *factors)
{
    return factors->totp.len > 0 || factors->passkey_count > 0 || factors->card.len > 0;
}

unsigned factors_ways(const Account *account)
{
    const Factors *factors = &account->factors;
    unsigned ways = account->password.len ? AUTH_BY_PASSWORD : 0;
    if (factors->totp.len)
        ways |= AUTH_BY_TOTP;
    if (factors->passkey_count)
        ways |= AUTH_BY_PASSKEY;
    if (factors->card.len)
        ways |= AUTH_BY_CARD;
    if (factors->code_count && factors_any(factors))
        ways |= AUTH_BY_RECOVERY;
    return ways;
}

bool factors_required(const Auth *auth, Str role)
{
    bool staff = !str_eq(role, STR("patient")) && !str_eq(role, STR("proxy"));
    return auth->options.factors == AUTH_FACTORS_ALL ||
           (auth->options.factors == AUTH_FACTORS_STAFF && staff);
}

const char *factors_word(unsigned way)
{
    switch (way) {
    case AUTH_BY_PASSWORD: return "password";
    case AUTH_BY_TOTP: return "totp";
    case AUTH_BY_PASSKEY: return "passkey";
    case AUTH_BY_RECOVERY: return "recovery";
    case AUTH_BY_CARD: return "card";
    case AUTH_BY_PROVIDER: return "provider";
    }
    return "";
}

Status factors_set_totp(Auth *auth, Ctx *cx, Account *account, Str secret)
{
    Str about = arena_format(cx->arena, STR_FMT ":" STR_FMT, STR_ARG(about_totp),
                             STR_ARG(account->public.user));
    TRY(keys_need(auth, cx));
    account->factors.totp_step = 0;
    return about.at ? seal_text(cx, auth->keys.secrets, about, secret, &account->factors.totp)
                    : STATUS_MEMORY;
}

static bool totp_secret(Auth *auth, Ctx *cx, const Account *account, Str *ret_secret)
{
    Str about = arena_format(cx->arena, STR_FMT ":" STR_FMT, STR_ARG(about_totp),
                             STR_ARG(account->public.user));
    return about.at && keys_need(auth, cx) == STATUS_OK &&
           open_text(cx, auth->keys.secrets, about, account->factors.totp, ret_secret);
}

/* ---- what somebody shows ----------------------------------------------------------- */

bool factors_spend(Auth *auth, Ctx *cx, Account *account, Str text, const Ticket *ticket)
{
    Factors *factors = &account->factors;
    uint8_t hash[CRYPTO_SHA256_BYTES];
    size_t kept = 0;
    ticket_challenge(text, hash);
    Str wanted = crypto_base64url(cx->arena, str_n((const char *)hash, 16));
    for (size_t i = 0; i < factors->spent_count; i++) {
        if (wanted.at && str_eq(factors->spent[i].hash, wanted))
            return false;
        if (factors->spent[i].expires > auth_now(auth))
            factors->spent[kept++] = factors->spent[i];
    }
    factors->spent_count = kept;
    if (!wanted.at || kept >= SPENT_MAX)
        return false;
    factors->spent[factors->spent_count++] = (Spent){wanted, ticket->expires};
    return true;
}

static bool code_right(Auth *auth, Ctx *cx, Account *account, Str code, unsigned *ret_way)
{
    Str secret;
    if (account->factors.totp.len && totp_secret(auth, cx, account, &secret) &&
        totp_right(secret, code, auth_now(auth), account->factors.totp_step,
                   &account->factors.totp_step)) {
        *ret_way = AUTH_BY_TOTP;
        return true;
    }
    *ret_way = AUTH_BY_RECOVERY;
    return factors_any(&account->factors) && recovery_take(auth, cx, account, code);
}

static Passkey *find_passkey(Factors *factors, Str id)
{
    for (size_t i = 0; i < factors->passkey_count; i++) {
        if (str_eq(factors->passkeys[i].id, id))
            return &factors->passkeys[i];
    }
    return NULL;
}

static bool passkey_right(Auth *auth, Ctx *cx, Account *account, const AuthProof *proof,
                          const Ticket *ticket)
{
    Passkey *passkey = find_passkey(&account->factors, proof->passkey.id);
    uint32_t count;
    bool alone = ticket->kind == TICKET_PASSKEY; /* it stands for the password too */
    if (!passkey || (proof->passkey.user_handle.len &&
                     !str_eq(proof->passkey.user_handle, account->factors.handle)))
        return false;
    if (!passkey_verify(cx, passkey, proof, alone, &count))
        return false;
    passkey->count = count;
    passkey->used = auth_now(auth);
    return factors_spend(auth, cx, account, proof->ticket, ticket);
}

bool factors_right(Auth *auth, Ctx *cx, Account *account, const AuthProof *proof,
                   const Ticket *ticket, unsigned *ret_way)
{
    if (proof->passkey.id.len) {
        *ret_way = AUTH_BY_PASSKEY;
        return ticket && passkey_right(auth, cx, account, proof, ticket);
    }
    if (proof->card.len) {
        *ret_way = AUTH_BY_CARD;
        return card_right(auth, cx, account, proof, ticket && ticket->kind == TICKET_CARD);
    }
    return code_right(auth, cx, account, proof->code, ret_way);
}
