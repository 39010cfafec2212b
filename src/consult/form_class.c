/* consult/form_class.c - the class of a form's answers: see form_class.h. */
#include "consult/form_class.h"

#include "access/rules.h"
#include "consult/forms.h"

#define CLASS_SYSTEM "urn:aceso:class"

Status form_class_of(Ctx *cx, const JsonValue *form, AccessClass *ret_class)
{
    const JsonValue *declared = form_extension(form, STR(CLASS_SYSTEM));
    Str word = json_get_str(declared, STR("valueCode"));
    unsigned class = declared ? rules_class_of(word) : D7_PROBLEMS;
    if (class < D5_ALLERGIES || class > D15_SENSITIVE)
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("Questionnaire.extension"),
                        "The form declares a class of data that no form has: D5 to D15 do.");
    *ret_class = (AccessClass) class;
    return STATUS_OK;
}

bool form_class_is_own(AccessClass class)
{
    return class == D10_NOTES || class == D14_PSYCHOTHERAPY;
}

static bool is_label(const JsonValue *coding)
{
    return str_eq(json_get_str(coding, STR("system")), STR(CLASS_SYSTEM));
}

Str form_class_label(const JsonValue *response)
{
    JsonValue *coding;
    const JsonValue *security = json_get(json_get(response, STR("meta")), STR("security"));
    for (JsonIter it = json_iter(security); json_next(&it, NULL, &coding);)
        if (is_label(coding))
            return json_get_str(coding, STR("code"));
    return STR_EMPTY;
}

static void write_label(Buf *buf, AccessClass class)
{
    buf_format(buf, "{\"system\":\"" CLASS_SYSTEM "\",\"code\":\"" STR_FMT "\"}",
               STR_ARG(rules_class_word(class)));
}

static void write_security(Buf *buf, const JsonValue *security, AccessClass class)
{
    JsonValue *coding;
    const char *comma = "";
    buf_add_char(buf, '[');
    for (JsonIter it = json_iter(security); json_next(&it, NULL, &coding);) {
        if (is_label(coding))
            continue;
        buf_format(buf, "%s", comma);
        json_write(buf, coding, false);
        comma = ",";
    }
    if (class != D7_PROBLEMS) {
        buf_format(buf, "%s", comma);
        write_label(buf, class);
    }
    buf_add_char(buf, ']');
}

static bool has_security(const JsonValue *security, AccessClass class)
{
    JsonValue *coding;
    bool others = false;
    for (JsonIter it = json_iter(security); json_next(&it, NULL, &coding);)
        others |= !is_label(coding);
    return others || class != D7_PROBLEMS;
}

void form_class_write(Buf *buf, const JsonValue *meta, AccessClass class)
{
    Str name;
    JsonValue *value;
    const JsonValue *security = json_get(meta, STR("security"));
    const char *before = ",\"meta\":{";
    for (JsonIter it = json_iter(meta); json_next(&it, &name, &value);) {
        if (str_eq(name, STR("security")))
            continue;
        buf_format(buf, "%s", before);
        json_write_string(buf, name);
        buf_add_char(buf, ':');
        json_write(buf, value, false);
        before = ",";
    }
    if (has_security(security, class)) {
        buf_format(buf, "%s\"security\":", before);
        write_security(buf, security, class);
        before = ",";
    }
    if (before[1] == '\0') /* an object without members is none */
        buf_add_char(buf, '}');
}

void form_class_write_measured(Buf *buf, AccessClass class)
{
    if (class != D13_MENTAL_HEALTH && class != D14_PSYCHOTHERAPY && class != D15_SENSITIVE)
        return;
    buf_add_lit(buf, ",\"meta\":{\"security\":[");
    write_label(buf, class);
    buf_add_lit(buf, "]}");
}
