/* http/negotiate.c - Accept, _format, Content-Type. */
#include "http/negotiate.h"

#include "http/routes.h"
#include "http/server.h"
#include "http/target.h"

static const Str json_types[] = {
    STR_INIT("application/fhir+json"),
    STR_INIT("application/json"),
    STR_INIT("text/json"),
};

bool negotiate_is_json(Str type)
{
    for (size_t i = 0; i < COUNT_OF(json_types); i++) {
        if (str_eq_nocase(type, json_types[i]))
            return true;
    }
    return false;
}

static Str unquoted(Str text)
{
    bool quoted = text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"';
    return quoted ? str_n(text.at + 1, text.len - 2) : text;
}

/* "0", "0.0", "0.000" */
static bool is_zero(Str q)
{
    for (size_t i = 0; i < q.len; i++) {
        if (q.at[i] != '0' && q.at[i] != '.')
            return false;
    }
    return q.len > 0;
}

/* Parameters behind a media type that rule it out: q=0, another version of FHIR. */
static bool parameters_fit(Str parameters)
{
    while (parameters.len) {
        Str value = str_cut(&parameters, ';');
        Str name = str_trim(str_cut(&value, '='));
        value = value.at ? unquoted(str_trim(value)) : STR_EMPTY;
        if (str_eq_nocase(name, STR("q")) && is_zero(value))
            return false;
        if (str_eq_nocase(name, STR("fhirVersion")) && !str_eq(value, STR("4.0")) &&
            !str_eq(value, STR("4.0.1")))
            return false;
    }
    return true;
}

bool negotiate_names_json(Str accept)
{
    while (accept.len) {
        Str range = str_cut(&accept, ',');
        if (negotiate_is_json(str_trim(str_cut(&range, ';'))))
            return true;
    }
    return false;
}

bool negotiate_accepts_json(Str accept)
{
    if (str_trim(accept).len == 0)
        return true;
    while (accept.len) {
        Str range = str_cut(&accept, ',');
        Str type = str_trim(str_cut(&range, ';'));
        bool ours = negotiate_is_json(type) || str_eq(type, STR("*/*")) ||
                    str_eq_nocase(type, STR("application/*"));
        if (ours && (!range.at || parameters_fit(range)))
            return true;
    }
    return false;
}

bool negotiate_accepts_gzip(Str accept_encoding)
{
    while (accept_encoding.len) {
        Str coding = str_cut(&accept_encoding, ',');
        Str name = str_trim(str_cut(&coding, ';'));
        if (str_eq_nocase(name, STR("gzip")) && (!coding.at || parameters_fit(coding)))
            return true;
    }
    return false;
}

/* What operations answer beside FHIR. */
static bool accepts_document(Str accept)
{
    static const Str types[] = {STR_INIT("application/pdf"), STR_INIT("text/calendar")};
    while (accept.len) {
        Str range = str_cut(&accept, ','), type = str_trim(str_cut(&range, ';'));
        for (size_t i = 0; i < COUNT_OF(types); i++)
            if (str_eq_nocase(type, types[i]))
                return true;
    }
    return false;
}

/* _format overrides Accept; "+" in it is a blank for a decoder. */
static bool format_is_json(Str format)
{
    Str type = str_trim(str_cut(&format, ';'));
    return str_eq_nocase(type, STR("json")) || negotiate_is_json(type) ||
           str_eq_nocase(type, STR("application/fhir json"));
}

static Status negotiate_answer(Request *rq)
{
    Str value;
    if (rq->query.len && target_param(rq->home, rq->query, STR("_pretty"), &value))
        rq->pretty = str_eq(value, STR("true"));
    bool has_format = rq->query.len && target_param(rq->home, rq->query, STR("_format"), &value);
    bool json =
        has_format ? format_is_json(value) : negotiate_accepts_json(rq->given[HEADER_ACCEPT]);
    bool operation = str_has_suffix(str_of(rq->route->pattern), STR("{$operation}"));
    bool binary = str_has_prefix(str_of(rq->route->pattern), STR("/fhir/Binary"));
    if (json || (binary && !has_format) ||
        (operation && !has_format && accepts_document(rq->given[HEADER_ACCEPT])))
        return STATUS_OK;
    return ctx_fail(&rq->cx, STATUS_NOT_ACCEPTABLE, STR_EMPTY,
                    "This server answers FHIR 4.0 as JSON: ask for application/fhir+json.");
}

static const struct {
    const char *expected;
    Str types[3];
} content_types[] = {
    [BODY_RESOURCE] = {"application/fhir+json",
                       {STR_INIT("application/fhir+json"), STR_INIT("application/json"),
                        STR_INIT("text/json")}},
    [BODY_PARAMETERS] = {"application/fhir+json",
                         {STR_INIT("application/fhir+json"), STR_INIT("application/json"),
                          STR_INIT("text/json")}},
    [BODY_BUNDLE] = {"application/fhir+json",
                     {STR_INIT("application/fhir+json"), STR_INIT("application/json"),
                      STR_INIT("text/json")}},
    [BODY_PATCH] = {"application/json-patch+json", {STR_INIT("application/json-patch+json")}},
    [BODY_JSON] = {"application/json", {STR_INIT("application/json")}},
    [BODY_FORM] = {"application/x-www-form-urlencoded",
                   {STR_INIT("application/x-www-form-urlencoded")}},
};

static bool charset_fits(Str parameters)
{
    while (parameters.len) {
        Str value = str_cut(&parameters, ';');
        Str name = str_trim(str_cut(&value, '='));
        if (str_eq_nocase(name, STR("charset")) &&
            !(value.at && str_eq_nocase(unquoted(str_trim(value)), STR("utf-8"))))
            return false;
    }
    return true;
}

static bool content_type_fits(Str given, BodyKind kind)
{
    Str type = str_trim(str_cut(&given, ';'));
    Str parameters = given.at ? given : STR_EMPTY;
    if (!charset_fits(parameters) || !parameters_fit(parameters))
        return false;
    for (size_t i = 0; i < COUNT_OF(content_types[kind].types); i++) {
        Str expected = content_types[kind].types[i];
        if (expected.len && str_eq_nocase(type, expected))
            return true;
    }
    return false;
}

static Status negotiate_body(Request *rq)
{
    BodyKind kind = rq->route->body;
    if (kind == BODY_NONE || kind == BODY_ANY || kind == BODY_FILE)
        return STATUS_OK;
    Str encoding = rq->given[HEADER_CONTENT_ENCODING];
    if (encoding.len && !str_eq_nocase(encoding, STR("identity")))
        return ctx_fail(&rq->cx, STATUS_MEDIA_TYPE, STR_EMPTY,
                        "A compressed body is not supported; send it as it is.");
    Str given = rq->given[HEADER_CONTENT_TYPE];
    bool empty = !rq->given[HEADER_TRANSFER_ENCODING].len &&
                 (!rq->given[HEADER_CONTENT_LENGTH].len ||
                  str_eq(rq->given[HEADER_CONTENT_LENGTH], STR("0")));
    if ((kind == BODY_FORM || kind == BODY_PARAMETERS) && empty)
        return STATUS_OK;
    if (content_type_fits(given, kind))
        return STATUS_OK;
    if (kind == BODY_PATCH)
        request_header(rq, "Accept-Patch", "application/json-patch+json");
    return ctx_fail(&rq->cx, STATUS_MEDIA_TYPE, STR_EMPTY, "The Content-Type must be %s, in UTF-8.",
                    content_types[kind].expected);
}

Status negotiate(Request *rq)
{
    if (rq->route->fhir)
        TRY(negotiate_answer(rq));
    return negotiate_body(rq);
}
