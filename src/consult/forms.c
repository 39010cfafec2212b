/* consult/forms.c - whether a response answers its form. See forms.h. */
#include "consult/forms.h"

#include <stdarg.h>

#include "base/base64.h"
#include "base/decimal.h"
#include "consult/sniff.h"

enum { DEPTH_MAX = 20 };

typedef struct {
    Ctx *cx;
    FormCodes *codes;
    const JsonValue *response;
    bool complete;
    bool faulty;
    Status failed; /* of a question to the store */
} Check;

static void __attribute__((format(printf, 3, 4)))
fault(Check *check, Str link, const char *format, ...)
{
    char sentence[200];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    Str where =
        arena_format(check->cx->arena, "QuestionnaireResponse.item.where(linkId='" STR_FMT "')",
                     STR_ARG(str_head(link, 80)));
    (void)ctx_fail(check->cx, STATUS_UNPROCESSABLE, where.at ? where : STR_EMPTY, "%s", sentence);
    check->faulty = true;
}

JsonValue *answer_value(const JsonValue *answer, Str prefix, Str *ret_name)
{
    Str name;
    JsonValue *value;
    for (JsonIter it = json_iter(answer); json_next(&it, &name, &value);)
        if (str_has_prefix(name, prefix)) {
            *ret_name = str_from(name, prefix.len);
            return value;
        }
    *ret_name = STR_EMPTY;
    return NULL;
}

const JsonValue *form_extension(const JsonValue *item, Str url)
{
    JsonValue *one;
    for (JsonIter it = json_iter(json_get(item, STR("extension"))); json_next(&it, NULL, &one);)
        if (str_eq(json_get_str(one, STR("url")), url))
            return one;
    return NULL;
}

static Str link_of(const JsonValue *item)
{
    return json_get_str(item, STR("linkId"));
}

/* ---- comparing --------------------------------------------------------------------------------
 */

static bool same_coding(const JsonValue *a, const JsonValue *b)
{
    return str_eq(json_get_str(a, STR("code")), json_get_str(b, STR("code"))) &&
           str_eq(json_get_str(a, STR("system")), json_get_str(b, STR("system")));
}

static bool same(Str kind, const JsonValue *a, const JsonValue *b)
{
    if (str_eq(kind, STR("Coding")))
        return same_coding(a, b);
    return json_equal(a, b, true);
}

/* <0, 0, >0; of quantities by their values, dates by their text. */
static int order(const JsonValue *a, const JsonValue *b)
{
    Decimal one, two;
    const JsonValue *left = json_is(a, JSON_OBJECT) ? json_get(a, STR("value")) : a,
                    *right = json_is(b, JSON_OBJECT) ? json_get(b, STR("value")) : b;
    if (json_is(left, JSON_NUMBER) && decimal_parse(json_str(left), &one) &&
        decimal_parse(json_str(right), &two))
        return decimal_compare(one, two);
    return str_cmp(json_str(left), json_str(right));
}

/* ---- whether a question is asked at all ---------------------------------------------------------
 */

typedef struct {
    Str operator, kind;
    const JsonValue *wanted;
    bool exists, holds;
} When;

static void look_at_answers(const JsonValue *item, When *when)
{
    JsonValue *answer;
    Str kind;
    for (JsonIter it = json_iter(json_get(item, STR("answer"))); json_next(&it, NULL, &answer);) {
        const JsonValue *value = answer_value(answer, STR("value"), &kind);
        when->exists |= value != NULL;
        if (!value || !str_eq(kind, when->kind))
            continue;
        if (str_eq(when->operator, STR("=")))
            when->holds |= same(kind, value, when->wanted);
        else if (str_eq(when->operator, STR("!=")))
            when->holds |= !same(kind, value, when->wanted);
        else if (str_eq(when->operator, STR(">")))
            when->holds |= order(value, when->wanted) > 0;
        else if (str_eq(when->operator, STR("<")))
            when->holds |= order(value, when->wanted) < 0;
        else if (str_eq(when->operator, STR(">=")))
            when->holds |= order(value, when->wanted) >= 0;
        else if (str_eq(when->operator, STR("<=")))
            when->holds |= order(value, when->wanted) <= 0;
    }
}

static void look_for(const JsonValue *of, Str link, When *when, unsigned depth)
{
    JsonValue *item, *answer;
    for (JsonIter it = json_iter(json_get(of, STR("item"))); json_next(&it, NULL, &item);) {
        if (str_eq(link_of(item), link))
            look_at_answers(item, when);
        if (depth == DEPTH_MAX)
            continue;
        look_for(item, link, when, depth + 1);
        for (JsonIter in = json_iter(json_get(item, STR("answer"))); json_next(&in, NULL, &answer);)
            look_for(answer, link, when, depth + 1);
    }
}

static bool holds(const Check *check, const JsonValue *condition)
{
    When when = {.operator= json_get_str(condition, STR("operator"))};
    when.wanted = answer_value(condition, STR("answer"), &when.kind);
    look_for(check->response, json_get_str(condition, STR("question")), &when, 0);
    if (str_eq(when.operator, STR("exists")))
        return when.exists == json_bool(when.wanted);
    return when.holds;
}

static bool is_enabled(const Check *check, const JsonValue *question)
{
    const JsonValue *conditions = json_get(question, STR("enableWhen"));
    bool any = str_eq(json_get_str(question, STR("enableBehavior")), STR("any"));
    JsonValue *condition;
    if (!json_count(conditions))
        return true;
    for (JsonIter it = json_iter(conditions); json_next(&it, NULL, &condition);)
        if (holds(check, condition) == any)
            return any;
    return !any;
}

/* ---- answers ------------------------------------------------------------------------------------
 */

/* What value[x] a type of question takes. */
static bool takes(Str type, Str kind)
{
    static const struct {
        Str type, kind;
    } rows[] = {
        {STR_INIT("boolean"), STR_INIT("Boolean")},
        {STR_INIT("decimal"), STR_INIT("Decimal")},
        {STR_INIT("decimal"), STR_INIT("Integer")}, /* 5 is a decimal too */
        {STR_INIT("integer"), STR_INIT("Integer")},
        {STR_INIT("date"), STR_INIT("Date")},
        {STR_INIT("dateTime"), STR_INIT("DateTime")},
        {STR_INIT("time"), STR_INIT("Time")},
        {STR_INIT("string"), STR_INIT("String")},
        {STR_INIT("text"), STR_INIT("String")},
        {STR_INIT("url"), STR_INIT("Uri")},
        {STR_INIT("choice"), STR_INIT("Coding")},
        {STR_INIT("choice"), STR_INIT("String")},
        {STR_INIT("choice"), STR_INIT("Integer")},
        {STR_INIT("choice"), STR_INIT("Date")},
        {STR_INIT("choice"), STR_INIT("Time")},
        {STR_INIT("open-choice"), STR_INIT("Coding")},
        {STR_INIT("open-choice"), STR_INIT("String")},
        {STR_INIT("attachment"), STR_INIT("Attachment")},
        {STR_INIT("reference"), STR_INIT("Reference")},
        {STR_INIT("quantity"), STR_INIT("Quantity")},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq(rows[i].type, type) && str_eq(rows[i].kind, kind))
            return true;
    return false;
}

static bool is_option(const JsonValue *options, const JsonValue *value, Str kind)
{
    JsonValue *option;
    Str option_kind;
    for (JsonIter it = json_iter(options); json_next(&it, NULL, &option);) {
        const JsonValue *one = answer_value(option, STR("value"), &option_kind);
        if (one && str_eq(option_kind, kind) && same(kind, one, value))
            return true;
    }
    return false;
}

static void check_limits(Check *check, const JsonValue *question, const JsonValue *value)
{
    static const Str bounds[] = {STR_INIT("http://hl7.org/fhir/StructureDefinition/minValue"),
                                 STR_INIT("http://hl7.org/fhir/StructureDefinition/maxValue")};
    uint64_t longest;
    Str text = json_is(value, JSON_STRING) ? json_str(value) : STR_EMPTY, kind;
    if (str_to_u64(json_str(json_get(question, STR("maxLength"))), &longest)) {
        size_t letters = 0;
        for (size_t i = 0; i < text.len; i++)
            letters += ((unsigned char)text.at[i] & 0xc0) != 0x80;
        if (letters > longest)
            fault(check, link_of(question), "The answer has more than %llu letters.",
                  (unsigned long long)longest);
    }
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        const JsonValue *bound =
            answer_value(form_extension(question, bounds[i]), STR("value"), &kind);
        if (bound && (i ? order(value, bound) > 0 : order(value, bound) < 0))
            fault(check, link_of(question),
                  i ? "The answer is above the largest that is allowed."
                    : "The answer is below the smallest that is allowed.");
    }
}

/* A word of one's own in an open choice is no code. */
static void check_set(Check *check, const JsonValue *question, const JsonValue *value, Str kind)
{
    Str set = json_get_str(question, STR("answerValueSet"));
    FormHas has = FORM_HAS;
    if (!set.len || !check->codes || !str_eq(kind, STR("Coding")) || check->failed != STATUS_OK)
        return;
    check->failed = form_codes_has(check->codes, set, value, &has);
    if (has == FORM_HAS_NOT)
        fault(check, link_of(question), "The answer is not one of the value set.");
    else if (has == FORM_NO_SET)
        fault(check, link_of(question), "The value set of this question is not on this server.");
    else if (has == FORM_NOT_KNOWN)
        ctx_warn(check->cx, "not-supported", STR_EMPTY,
                 "The answer to \"" STR_FMT "\" could not be looked up: its code system is not on"
                 " this server.",
                 STR_ARG(str_head(link_of(question), 80)));
}

/* ---- files and references ---------------------------------------------------------------------
 */

#define FORM_EXTENSION "http://hl7.org/fhir/StructureDefinition/"

/* Whether the word is one of those that extensions of that url list; none listed: any is. */
static bool is_listed(const JsonValue *question, Str url, Str word)
{
    JsonValue *one;
    bool any = false;
    for (JsonIter it = json_iter(json_get(question, STR("extension"))); json_next(&it, NULL, &one);)
        if (str_eq(json_get_str(one, STR("url")), url)) {
            any = true;
            if (str_eq(json_get_str(one, STR("valueCode")), word))
                return true;
        }
    return !any;
}

static bool is_too_large(const JsonValue *question, size_t bytes)
{
    Decimal most;
    const JsonValue *limit =
        json_get(form_extension(question, STR(FORM_EXTENSION "maxSize")), STR("valueDecimal"));
    return limit && decimal_parse(json_str(limit), &most) &&
           (double)bytes > decimal_to_double(most) * (1 << 20);
}

/* As of any document that a person brings (documents.c). */
static void check_file(Check *check, const JsonValue *question, const JsonValue *file)
{
    Str type = json_get_str(file, STR("contentType")), data = json_get_str(file, STR("data")),
        bytes;
    if (!type.len || (!data.len && !json_get_str(file, STR("url")).len)) {
        fault(check, link_of(question), "A file needs its content and contentType.");
        return;
    }
    if (!is_listed(question, STR(FORM_EXTENSION "mimeType"), type)) {
        fault(check, link_of(question), "This question takes no file of this type.");
        return;
    }
    if (!data.len)
        return;
    if (!base64_read(check->cx->arena, data, &bytes))
        fault(check, link_of(question), "The content of the file is not base64.");
    else if (is_too_large(question, bytes.len))
        fault(check, link_of(question), "The file is larger than this question takes.");
    else if (sniff(type, str_head(bytes, SNIFF_BYTES)) != SNIFF_FITS)
        fault(check, link_of(question),
              "The file is of a type that is not accepted, or is not what it says it is.");
}

static void check_reference(Check *check, const JsonValue *question, const JsonValue *value)
{
    Str id = bare_reference(json_get_str(value, STR("reference"))), type = str_cut(&id, '/');
    if (!id.len)
        fault(check, link_of(question), "A reference is like Practitioner/12.");
    else if (!is_listed(question, STR(FORM_EXTENSION "questionnaire-referenceResource"), type))
        fault(check, link_of(question), "This question takes no reference to a " STR_FMT ".",
              STR_ARG(str_head(type, 40)));
}

static void check_answer(Check *check, const JsonValue *question, const JsonValue *answer)
{
    Str type = json_get_str(question, STR("type")), kind;
    const JsonValue *value = answer_value(answer, STR("value"), &kind),
                    *options = json_get(question, STR("answerOption"));
    if (!value) {
        fault(check, link_of(question), "An answer has no value.");
        return;
    }
    if (!takes(type, kind)) {
        fault(check, link_of(question),
              "A question of type " STR_FMT " is not answered by a " STR_FMT ".", STR_ARG(type),
              STR_ARG(str_head(kind, 40)));
        return;
    }
    bool open = str_eq(type, STR("open-choice")) && str_eq(kind, STR("String"));
    if (json_count(options) && !open && !is_option(options, value, kind))
        fault(check, link_of(question), "The answer is not one of the options.");
    check_set(check, question, value, kind);
    if (str_eq(kind, STR("Attachment")))
        check_file(check, question, value);
    if (str_eq(kind, STR("Reference")))
        check_reference(check, question, value);
    check_limits(check, question, value);
}

static void check_items(Check *check, const JsonValue *form, const JsonValue *of, bool asked,
                        unsigned depth);

/* One item of the response for a question: its answers, and what stands below each. */
static size_t check_item(Check *check, const JsonValue *question, const JsonValue *item,
                         unsigned depth)
{
    Str type = json_get_str(question, STR("type"));
    const JsonValue *answers = json_get(item, STR("answer"));
    JsonValue *answer;
    bool group = str_eq(type, STR("group"));
    if ((group || str_eq(type, STR("display"))) && json_count(answers)) {
        fault(check, link_of(question), "There is nothing to answer here.");
        return 0;
    }
    if (group) {
        check_items(check, question, item, true, depth + 1);
        return json_count(json_get(item, STR("item")));
    }
    for (JsonIter it = json_iter(answers); json_next(&it, NULL, &answer);) {
        check_answer(check, question, answer);
        if (json_get(answer, STR("item")) || json_get(question, STR("item")))
            check_items(check, question, answer, true, depth + 1);
    }
    return json_count(answers);
}

static void check_question(Check *check, const JsonValue *question, const JsonValue *of, bool asked,
                           unsigned depth)
{
    JsonValue *item;
    size_t items = 0, answers = 0;
    bool enabled = asked && is_enabled(check, question), group,
         repeats = json_bool(json_get(question, STR("repeats")));
    group = str_eq(json_get_str(question, STR("type")), STR("group"));
    for (JsonIter it = json_iter(json_get(of, STR("item"))); json_next(&it, NULL, &item);) {
        if (!str_eq(link_of(item), link_of(question)))
            continue;
        items++;
        if (!enabled &&
            (json_count(json_get(item, STR("answer"))) || json_count(json_get(item, STR("item")))))
            fault(check, link_of(question), "This question is not asked here, and is answered.");
        if (enabled)
            answers += check_item(check, question, item, depth);
    }
    if (items > 1 && !(group && repeats))
        fault(check, link_of(question), "This item stands here twice.");
    if (!group && answers > 1 && !repeats)
        fault(check, link_of(question), "This question takes one answer.");
    if (enabled && check->complete && !answers && json_bool(json_get(question, STR("required"))))
        fault(check, link_of(question), "This question must be answered.");
    if (enabled && group && !items && check->complete) /* what is required in it is so anyway */
        check_items(check, question, NULL, json_bool(json_get(question, STR("required"))),
                    depth + 1);
}

static bool is_asked_for(const JsonValue *form, Str link)
{
    JsonValue *question;
    for (JsonIter it = json_iter(json_get(form, STR("item"))); json_next(&it, NULL, &question);)
        if (str_eq(link_of(question), link))
            return true;
    return false;
}

static void check_items(Check *check, const JsonValue *form, const JsonValue *of, bool asked,
                        unsigned depth)
{
    JsonValue *question, *item;
    if (depth > DEPTH_MAX) {
        fault(check, link_of(form), "The form is nested too deep.");
        return;
    }
    for (JsonIter it = json_iter(json_get(of, STR("item"))); json_next(&it, NULL, &item);)
        if (!is_asked_for(form, link_of(item)))
            fault(check, link_of(item), "The form has no such question here.");
    for (JsonIter it = json_iter(json_get(form, STR("item"))); json_next(&it, NULL, &question);)
        check_question(check, question, of, asked, depth);
}

Status form_check(Ctx *cx, FormCodes *codes, const JsonValue *questionnaire,
                  const JsonValue *response, bool complete)
{
    Check check = {.cx = cx, .codes = codes, .response = response, .complete = complete};
    check_items(&check, questionnaire, response, true, 0);
    TRY(check.failed);
    return check.faulty ? STATUS_UNPROCESSABLE : STATUS_OK;
}
