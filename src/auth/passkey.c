/* auth/passkey.c - passkeys: challenge, origin, host, presence, signature, counter, in the order of
 * the standard; any fault is one answer. */
#include "auth/passkey.h"

#include "crypto/pair.h"

const Str passkey_space = STR_INIT("passkey");

enum { CLIENT_DATA_BYTES_MAX = 4096, SIGNATURE_BYTES_MAX = 1024, NAME_BYTES_MAX = 60 };

/* "chart.example.org" of "https://chart.example.org:8443": the relying party. */
static Str passkey_host(Str origin)
{
    size_t colon = str_index(origin, ':');
    Str host = colon == SIZE_MAX ? origin : str_from(origin, colon + 3);
    if (host.len && host.at[0] == '[') /* no host of IPv6 can have passkeys */
        return host;
    return str_cut(&host, ':');
}

Status passkey_key(Ctx *cx, Str id, Str *ret_key)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(id, hash);
    *ret_key = crypto_hex(cx->arena, str_n((const char *)hash, sizeof hash));
    return ret_key->at ? STATUS_OK : STATUS_MEMORY;
}

/* ---- what the browser signed along -------------------------------------------------- */

static bool client_data_right(Ctx *cx, Str text, Str type, Str ticket, Str origin, Str *ret_bytes)
{
    Ctx quiet = {.arena = cx->arena};
    uint8_t challenge[CRYPTO_SHA256_BYTES];
    JsonValue *root;
    if (text.len > CLIENT_DATA_BYTES_MAX || !crypto_base64url_decode(cx->arena, text, ret_bytes) ||
        json_parse(&quiet, *ret_bytes, &root) != STATUS_OK)
        return false;
    ticket_challenge(ticket, challenge);
    Str wanted = crypto_base64url(cx->arena, str_n((const char *)challenge, sizeof challenge));
    return wanted.at && str_eq(json_get_str(root, STR("type")), type) &&
           crypto_equal(json_get_str(root, STR("challenge")), wanted) &&
           str_eq_nocase(json_get_str(root, STR("origin")), origin) &&
           !json_bool(json_get(root, STR("crossOrigin"))) && !json_get(root, STR("topOrigin"));
}

static bool host_right(const Authenticator *said, Str origin)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(passkey_host(origin), hash);
    return str_eq(said->rp_hash, str_n((const char *)hash, sizeof hash));
}

/* ---- signatures ---------------------------------------------------------------------- */

/* One INTEGER of DER into 32 bytes. SPEC X.690 8.3, 10.1 */
static bool take_integer(Str *rest, char to[32])
{
    if (rest->len < 2 || rest->at[0] != 2)
        return false;
    size_t len = (uint8_t)rest->at[1];
    Str number = str_head(str_from(*rest, 2), len);
    if (!len || len > 33 || number.len != len || (number.at[0] & 0x80))
        return false;
    *rest = str_from(*rest, 2 + len);
    if (number.at[0] == 0 && len > 1) {
        if (!(number.at[1] & 0x80))
            return false;
        number = str_from(number, 1);
    }
    if (number.len > 32)
        return false;
    memset(to, 0, 32);
    memcpy(to + 32 - number.len, number.at, number.len);
    return true;
}

/* Authenticators sign ECDSA as DER; the pair wants r and s side by side. */
static bool plain_signature(Str der, char to[64])
{
    if (der.len < 8 || der.len > 72 || der.at[0] != 0x30 || (uint8_t)der.at[1] != der.len - 2)
        return false;
    Str rest = str_from(der, 2);
    return take_integer(&rest, to) && take_integer(&rest, to + 32) && !rest.len;
}

static CryptoSignature kind_of(int algorithm)
{
    switch (algorithm) {
    case COSE_ES256: return CRYPTO_ES256;
    case COSE_EDDSA: return CRYPTO_ED25519;
    case COSE_RS256: return CRYPTO_RS256;
    }
    return 0;
}

static bool open_pair(Ctx *cx, const Passkey *passkey, CryptoPair **ret_pair)
{
    Ctx quiet = {.arena = cx->arena};
    CryptoPublic numbers = {STR_EMPTY, STR_EMPTY};
    CryptoSignature kind = kind_of(passkey->algorithm);
    return kind && crypto_base64url_decode(cx->arena, passkey->first, &numbers.first) &&
           crypto_base64url_decode(cx->arena, passkey->second, &numbers.second) &&
           crypto_pair_public(&quiet, kind, &numbers, ret_pair) == STATUS_OK;
}

static bool signature_right(Ctx *cx, const Passkey *passkey, Str message, Str signature)
{
    CryptoPair *pair;
    char plain[64];
    if (!open_pair(cx, passkey, &pair))
        return false;
    if (passkey->algorithm == COSE_ES256) {
        if (!plain_signature(signature, plain))
            return false;
        signature = str_n(plain, sizeof plain);
    }
    return crypto_pair_verify(pair, message, signature);
}

/* ---- the ceremonies ------------------------------------------------------------------- */

/* SPEC WebAuthn level 2 7.2, 21: a copied authenticator falls behind. */
static bool count_right(uint32_t before, uint32_t now)
{
    return (!before && !now) || now > before;
}

bool passkey_verify(Ctx *cx, const Passkey *passkey, const AuthProof *proof, bool alone,
                    uint32_t *ret_count)
{
    const AuthAssertion *made = &proof->passkey;
    unsigned needed = AUTHENTICATOR_PRESENT | (alone ? AUTHENTICATOR_VERIFIED : 0);
    uint8_t hash[CRYPTO_SHA256_BYTES];
    Str client, data, signature;
    Authenticator said;
    if (!client_data_right(cx, made->client_data, STR("webauthn.get"), proof->ticket, proof->origin,
                           &client) ||
        made->signature.len > SIGNATURE_BYTES_MAX ||
        !crypto_base64url_decode(cx->arena, made->authenticator_data, &data) ||
        !crypto_base64url_decode(cx->arena, made->signature, &signature) ||
        !authenticator_read(data, &said) || !host_right(&said, proof->origin) ||
        (said.flags & needed) != needed)
        return false;
    crypto_sha256(client, hash);
    char *message = arena_alloc_raw(cx->arena, data.len + sizeof hash);
    if (!message)
        return false;
    memcpy(message, data.at, data.len);
    memcpy(message + data.len, hash, sizeof hash);
    *ret_count = said.count;
    return signature_right(cx, passkey, str_n(message, data.len + sizeof hash), signature) &&
           count_right(passkey->count, said.count);
}

static Status refuse(Ctx *cx)
{
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "That is no passkey for this place.");
}

static bool name_right(Str name)
{
    return name.len && name.len <= NAME_BYTES_MAX && str_is_utf8(name);
}

Status passkey_register(Ctx *cx, const AuthRegistration *made, Passkey *ret_passkey)
{
    const unsigned needed = AUTHENTICATOR_PRESENT | AUTHENTICATOR_CREDENTIAL;
    Str client, object, data;
    Authenticator said;
    CryptoPair *pair;
    if (!name_right(made->name))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A passkey has a name of 1 to %d bytes.",
                        NAME_BYTES_MAX);
    if (!client_data_right(cx, made->client_data, STR("webauthn.create"), made->ticket,
                           made->origin, &client) ||
        !crypto_base64url_decode(cx->arena, made->attestation, &object) ||
        !attestation_read(object, &data) || !authenticator_read(data, &said) ||
        !host_right(&said, made->origin) || (said.flags & needed) != needed)
        return refuse(cx);
    *ret_passkey = (Passkey){.id = crypto_base64url(cx->arena, said.credential),
                             .algorithm = said.algorithm,
                             .first = crypto_base64url(cx->arena, said.first),
                             .second = crypto_base64url(cx->arena, said.second),
                             .count = said.count,
                             .name = made->name};
    if (!ret_passkey->id.at || !ret_passkey->first.at || !ret_passkey->second.at)
        return STATUS_MEMORY;
    return open_pair(cx, ret_passkey, &pair) ? STATUS_OK : refuse(cx);
}

/* ---- what the browser is asked --------------------------------------------------------- */

static void add_member(Buf *buf, const char *name, Str value)
{
    buf_format(buf, ",\"%s\":", name);
    json_write_string(buf, value);
}

static Status add_challenge(Ctx *cx, Str ticket, Buf *buf)
{
    uint8_t challenge[CRYPTO_SHA256_BYTES];
    ticket_challenge(ticket, challenge);
    Str text = crypto_base64url(cx->arena, str_n((const char *)challenge, sizeof challenge));
    if (!text.at)
        return STATUS_MEMORY;
    buf_format(buf, "{\"timeout\":%d", AUTH_TICKET_S * 1000);
    add_member(buf, "challenge", text);
    return STATUS_OK;
}

static void add_credentials(const Factors *factors, Buf *buf)
{
    for (size_t i = 0; factors && i < factors->passkey_count; i++) {
        buf_format(buf, "%s{\"type\":\"public-key\"", i ? "," : "");
        add_member(buf, "id", factors->passkeys[i].id);
        buf_add_char(buf, '}');
    }
}

Status passkey_ask_options(Ctx *cx, const Factors *factors, Str ticket, Str origin, Buf *buf)
{
    TRY(add_challenge(cx, ticket, buf));
    add_member(buf, "rpId", passkey_host(origin));
    add_member(buf, "userVerification", factors ? STR("preferred") : STR("required"));
    buf_add_lit(buf, ",\"allowCredentials\":[");
    add_credentials(factors, buf);
    buf_add_lit(buf, "]}");
    return buf_done(buf);
}

Status passkey_make_options(Ctx *cx, const Account *account, Str ticket, Str origin, Buf *buf)
{
    TRY(add_challenge(cx, ticket, buf));
    buf_add_lit(buf, ",\"rp\":{\"name\":\"Aceso\"");
    add_member(buf, "id", passkey_host(origin));
    buf_add_lit(buf, "},\"user\":{\"id\":");
    json_write_string(buf, account->factors.handle);
    add_member(buf, "name", account->public.user);
    add_member(buf, "displayName", account->public.display);
    buf_add_lit(buf, "},\"pubKeyCredParams\":[{\"type\":\"public-key\",\"alg\":-7},"
                     "{\"type\":\"public-key\",\"alg\":-8},{\"type\":\"public-key\",\"alg\":-257}],"
                     "\"attestation\":\"none\",\"authenticatorSelection\":{\"residentKey\":"
                     "\"preferred\",\"userVerification\":\"preferred\"},\"excludeCredentials\":[");
    add_credentials(&account->factors, buf);
    buf_add_lit(buf, "]}");
    return buf_done(buf);
}
