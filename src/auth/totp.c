/* auth/totp.c - one-time codes that an app makes from a shared secret and the time.
 *
 * SPEC RFC 6238 4, RFC 4226 5.3: HMAC-SHA-1, steps of 30 seconds, six digits: what every app can
 * do. A code counts one step early or late, for clocks that differ; a step counts once. */
#include "auth/inner.h"

enum { STEP_S = 30, STEPS_AROUND = 1, DIGITS = 6, MODULUS = 1000000 };

uint64_t totp_step(Time at)
{
    return (uint64_t)(at / (STEP_S * TIME_SECOND));
}

bool totp_code(Str secret, uint64_t step, unsigned *ret_code)
{
    uint8_t mac[CRYPTO_SHA1_BYTES];
    char counter[8];
    for (int i = 0; i < 8; i++)
        counter[i] = (char)(step >> 8 * (7 - i));
    if (!crypto_hmac_sha1(secret, str_n(counter, sizeof counter), mac))
        return false;
    const uint8_t *at = mac + (mac[CRYPTO_SHA1_BYTES - 1] & 15);
    uint32_t number =
        (uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    *ret_code = number % MODULUS;
    return true;
}

/* People type blanks between the halves. */
static bool read_code(Str text, unsigned *ret_code)
{
    unsigned code = 0, digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == ' ')
            continue;
        if (text.at[i] < '0' || text.at[i] > '9' || ++digits > DIGITS)
            return false;
        code = code * 10 + (unsigned)(text.at[i] - '0');
    }
    *ret_code = code;
    return digits == DIGITS;
}

bool totp_right(Str secret, Str text, Time now, uint64_t used, uint64_t *ret_step)
{
    unsigned typed, code;
    uint64_t middle = totp_step(now), found = 0;
    if (!secret.len || !read_code(text, &typed))
        return false;
    for (uint64_t step = middle - STEPS_AROUND; step <= middle + STEPS_AROUND; step++) {
        if (totp_code(secret, step, &code) && code == typed && step > used)
            found = step;
    }
    if (!found)
        return false;
    *ret_step = found;
    return true;
}

/* SPEC RFC 4648 6, without padding: how apps take a secret. */
Str totp_base32(Arena *arena, Str bytes)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    size_t len = (bytes.len * 8 + 4) / 5;
    char *text = arena_alloc(arena, len + 1);
    if (!text)
        return (Str){0};
    for (size_t i = 0; i < len; i++) {
        unsigned value = 0;
        for (size_t bit = i * 5; bit < i * 5 + 5; bit++) {
            unsigned one =
                bit / 8 < bytes.len ? (uint8_t)bytes.at[bit / 8] >> (7 - bit % 8) & 1u : 0;
            value = value << 1 | one;
        }
        text[i] = letters[value];
    }
    return str_n(text, len);
}

static void add_escaped(Buf *buf, Str text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_';
        if (plain) {
            buf_add_char(buf, (char)c);
        } else {
            buf_add_char(buf, '%');
            buf_add_char(buf, digits[c >> 4]);
            buf_add_char(buf, digits[c & 15]);
        }
    }
}

/* otpauth://totp/Aceso:dr.dupont?secret=...&issuer=Aceso : what the apps' makers agreed on. */
Status totp_uri(Ctx *cx, Str issuer, Str user, Str secret, Str *ret_uri)
{
    Buf buf;
    Str text = totp_base32(cx->arena, secret);
    if (!text.at)
        return STATUS_MEMORY;
    buf_init(&buf, cx->arena, 256, 2048);
    buf_add_lit(&buf, "otpauth://totp/");
    add_escaped(&buf, issuer);
    buf_add_char(&buf, ':');
    add_escaped(&buf, user);
    buf_add_lit(&buf, "?secret=");
    buf_add_str(&buf, text);
    buf_add_lit(&buf, "&issuer=");
    add_escaped(&buf, issuer);
    buf_format(&buf, "&algorithm=SHA1&digits=%d&period=%d", DIGITS, STEP_S);
    TRY(buf_done(&buf));
    *ret_uri = buf_str(&buf);
    return STATUS_OK;
}
