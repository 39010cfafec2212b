/* jose/claims.c - who says what to whom, and until when: the claims of a JWT.
 *
 * SPEC RFC 7519 4.1, RFC 7523 3 */
#include "jose/jose.h"

#include "base/decimal.h"

static Status refuse(Ctx *cx, const char *sentence)
{
    return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "%s", sentence);
}

/* A NumericDate: seconds since 1970, which may have places behind the point. False: there, and not
 * one, or outside the years 1970 to 2200. Absent is 0. */
static bool date_of(const JsonValue *claims, Str name, Time *ret_date)
{
    static const int64_t seconds_max = 7258118400; /* 2200-01-01 */
    const JsonValue *value = json_get(claims, name);
    Decimal number;
    int64_t seconds;
    *ret_date = 0;
    if (!value)
        return true;
    if (!json_is(value, JSON_NUMBER) || !decimal_parse(json_str(value), &number) ||
        !decimal_to_i64(number, &seconds) || seconds <= 0 || seconds > seconds_max)
        return false;
    *ret_date = seconds * TIME_SECOND;
    return true;
}

/* Absent, or a string with something in it. */
static bool text_of(const JsonValue *claims, Str name, Str *ret_text)
{
    const JsonValue *value = json_get(claims, name);
    *ret_text = json_str(value);
    return !value || (json_is(value, JSON_STRING) && ret_text->len > 0);
}

static bool is_ours(const JsonValue *audience, const JoseExpect *expect)
{
    for (size_t i = 0; json_is(audience, JSON_STRING) && i < expect->audience_count; i++) {
        if (str_eq(json_str(audience), expect->audiences[i]))
            return true;
    }
    return false;
}

/* A token that is also for somebody else could have been sent to us by him. */
static bool is_for_us_alone(const JsonValue *audience, const JoseExpect *expect)
{
    Str name;
    JsonValue *one;
    if (!json_is(audience, JSON_ARRAY))
        return is_ours(audience, expect);
    for (JsonIter it = json_iter(audience); json_next(&it, &name, &one);) {
        if (!is_ours(one, expect))
            return false;
    }
    return json_count(audience) > 0;
}

static Status check_times(Ctx *cx, const JsonValue *all, const JoseExpect *expect,
                          JoseClaims *claims)
{
    Time skew = expect->skew_s * TIME_SECOND, not_before;
    if (!date_of(all, STR("exp"), &claims->expires) || !date_of(all, STR("iat"), &claims->issued) ||
        !date_of(all, STR("nbf"), &not_before))
        return refuse(cx, "A date of the token is not a number of seconds.");
    if (!claims->expires)
        return refuse(cx, "The token does not say when it expires.");
    if (claims->expires <= expect->now - skew)
        return refuse(cx, "The token has expired.");
    if (claims->expires > expect->now + expect->lifetime_max_s * TIME_SECOND + skew)
        return refuse(cx, "The token is valid for too long.");
    if (claims->issued > expect->now + skew || not_before > expect->now + skew)
        return refuse(cx, "The token is not valid yet.");
    return STATUS_OK;
}

Status jose_claims(Ctx *cx, Str payload, const JoseExpect *expect, JoseClaims *ret_claims)
{
    JsonValue *all;
    JoseClaims claims = {0};
    Ctx quiet = {.arena = cx->arena, .deadline = cx->deadline};
    if (json_parse(&quiet, payload, &all) != STATUS_OK || !json_is(all, JSON_OBJECT) ||
        !jose_is_unambiguous(all))
        return refuse(cx, "The claims of the token are no object, or one is there twice.");
    claims.all = all;
    if (!text_of(all, STR("iss"), &claims.issuer) || !text_of(all, STR("sub"), &claims.subject) ||
        !text_of(all, STR("jti"), &claims.id))
        return refuse(cx, "A claim of the token is not a string.");
    if (!str_eq(claims.issuer, expect->issuer) ||
        (expect->subject.len && !str_eq(claims.subject, expect->subject)))
        return refuse(cx, "The token is by or about somebody else.");
    if (!is_for_us_alone(json_get(all, STR("aud")), expect))
        return refuse(cx, "The token is for somebody else.");
    if ((expect->needs_id && !claims.id.len) || claims.id.len > JOSE_JTI_BYTES_MAX)
        return refuse(cx, "The token has no \"jti\", or one of more than 255 bytes.");
    TRY(check_times(cx, all, expect, &claims));
    *ret_claims = claims;
    return STATUS_OK;
}
