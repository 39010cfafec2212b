/* access/label_security.c - what is computed, as codings of meta.security: so that other systems
 * see it too.
 *
 *     {"extension":[{"url":"...#computed","valueBoolean":true}],"system":"...","code":"R"}
 *
 * The extension tells it from what was set by hand: a computed label goes when its reason goes,
 * one set by hand stays. N alone is not written out.
 *
 * SPEC R4 security-labels.html */
#include "access/labels.h"

#define COMPUTED_URL "urn:aceso:computed-label"

bool label_is_computed(const JsonValue *coding)
{
    JsonValue *item;
    for (JsonIter it = json_iter(json_get(coding, STR("extension")));
         json_next(&it, NULL, &item);) {
        if (str_eq(json_get_str(item, STR("url")), STR(COMPUTED_URL)))
            return true;
    }
    return false;
}

static bool has_by_hand(const JsonValue *security, Str system, Str code)
{
    JsonValue *coding;
    for (JsonIter it = json_iter(security); json_next(&it, NULL, &coding);) {
        if (!label_is_computed(coding) && str_eq(json_get_str(coding, STR("code")), code) &&
            str_eq(json_get_str(coding, STR("system")), system))
            return true;
    }
    return false;
}

static void add_coding(Buf *buf, const JsonValue *security, Str system, Str code)
{
    if (has_by_hand(security, system, code))
        return;
    buf_add_str(buf, buf->len > 1 ? STR(",") : STR_EMPTY);
    buf_add_lit(buf, "{\"extension\":[{\"url\":\"" COMPUTED_URL "\",\"valueBoolean\":true}],"
                     "\"system\":\"");
    buf_add_str(buf, system);
    buf_add_lit(buf, "\",\"code\":\"");
    buf_add_str(buf, code);
    buf_add_lit(buf, "\"}");
}

static bool has_computed(const JsonValue *security)
{
    JsonValue *coding;
    for (JsonIter it = json_iter(security); json_next(&it, NULL, &coding);) {
        if (label_is_computed(coding))
            return true;
    }
    return false;
}

Status label_security(Ctx *cx, const JsonValue *meta, const Facts *facts, Str *ret_array)
{
    enum { SECURITY_BYTES_MAX = 1 << 20 };
    const JsonValue *security = json_get(meta, STR("security"));
    JsonValue *coding;
    Buf buf;
    *ret_array = (Str){0};
    if (facts->confidentiality <= CONF_N && !facts->sensitivity && !has_computed(security))
        return STATUS_OK;
    buf_init(&buf, cx->arena, 512, SECURITY_BYTES_MAX);
    buf_add_char(&buf, '[');
    for (JsonIter it = json_iter(security); json_next(&it, NULL, &coding);) {
        if (label_is_computed(coding))
            continue;
        buf_add_str(&buf, buf.len > 1 ? STR(",") : STR_EMPTY);
        json_write(&buf, coding, false);
    }
    if (facts->confidentiality > CONF_N)
        add_coding(&buf, security, STR(LABEL_CONFIDENTIALITY),
                   label_confidentiality_word(facts->confidentiality));
    for (unsigned bit = 1; bit <= facts->sensitivity; bit <<= 1) {
        if (facts->sensitivity & bit)
            add_coding(&buf, security, STR(LABEL_ACT_CODE), label_sensitivity_word((uint16_t)bit));
    }
    buf_add_char(&buf, ']');
    TRY(buf_done(&buf));
    *ret_array = buf.len > 2 ? buf_str(&buf) : STR_EMPTY;
    return STATUS_OK;
}
