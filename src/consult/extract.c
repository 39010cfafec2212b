/* consult/extract.c - answers become Observations, where the form says so. See forms.h. */
#include "consult/form_class.h"
#include "consult/forms.h"

#define SDC "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
enum { DEPTH_MAX = 20, OBSERVATION_MAX = 64 << 10 };

typedef struct {
    Ctx *cx;
    const FormSource *source;
    FormEach each;
    void *to;
} Extract;

/* ---- one observation
 * ------------------------------------------------------------------------------
 */

static void add_json(Buf *buf, const char *name, const JsonValue *value)
{
    buf_format(buf, ",\"%s\":", name);
    json_write(buf, value, false);
}

static void add_reference(Buf *buf, const char *name, Str reference, bool list)
{
    if (!reference.len)
        return;
    buf_format(buf, ",\"%s\":%s{\"reference\":", name, list ? "[" : "");
    json_write_string(buf, reference);
    buf_add_str(buf, list ? STR("}]") : STR("}"));
}

/* A number with the unit that the form gives it. */
static void add_quantity(Buf *buf, const JsonValue *question, const JsonValue *value)
{
    const JsonValue *unit = json_get(
        form_extension(question, STR("http://hl7.org/fhir/StructureDefinition/questionnaire-unit")),
        STR("valueCoding"));
    Str words = json_get_str(unit, STR("display")), code = json_get_str(unit, STR("code"));
    buf_add_lit(buf, ",\"valueQuantity\":{\"value\":");
    buf_add_str(buf, json_str(value));
    if (code.len) {
        buf_add_lit(buf, ",\"unit\":");
        json_write_string(buf, words.len ? words : code);
        buf_add_lit(buf, ",\"system\":");
        Str system = json_get_str(unit, STR("system"));
        json_write_string(buf, system.len ? system : STR("http://unitsofmeasure.org"));
        buf_add_lit(buf, ",\"code\":");
        json_write_string(buf, code);
    }
    buf_add_char(buf, '}');
}

/* False: there is no such value of an Observation. */
static bool add_value(Buf *buf, const JsonValue *question, const JsonValue *answer)
{
    Str kind;
    const JsonValue *value = answer_value(answer, STR("value"), &kind);
    if (!value)
        return false;
    if (str_eq(kind, STR("Decimal")) ||
        (str_eq(kind, STR("Integer")) &&
         form_extension(question,
                        STR("http://hl7.org/fhir/StructureDefinition/questionnaire-unit")))) {
        add_quantity(buf, question, value);
    } else if (str_eq(kind, STR("Coding"))) {
        buf_add_lit(buf, ",\"valueCodeableConcept\":{\"coding\":[");
        json_write(buf, value, false);
        buf_add_lit(buf, "]}");
    } else if (str_eq(kind, STR("Date"))) {
        add_json(buf, "valueDateTime", value);
    } else if (str_eq(kind, STR("Uri"))) {
        add_json(buf, "valueString", value);
    } else if (str_eq(kind, STR("Boolean")) || str_eq(kind, STR("Integer")) ||
               str_eq(kind, STR("String")) || str_eq(kind, STR("Time")) ||
               str_eq(kind, STR("DateTime")) || str_eq(kind, STR("Quantity"))) {
        buf_format(buf, ",\"value" STR_FMT "\":", STR_ARG(kind));
        json_write(buf, value, false);
    } else {
        return false;
    }
    return true;
}

static void add_category(Buf *buf, const JsonValue *question)
{
    const JsonValue *said =
        form_extension(question, STR(SDC "sdc-questionnaire-observation-extract-category"));
    buf_add_lit(buf, ",\"category\":[");
    if (said)
        json_write(buf, json_get(said, STR("valueCodeableConcept")), false);
    else
        buf_add_lit(buf, "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
                         "observation-category\",\"code\":\"survey\"}]}");
    buf_add_char(buf, ']');
}

static Status write_one(Extract *extract, const JsonValue *question, const JsonValue *answer)
{
    const FormSource *source = extract->source;
    Buf buf;
    Str text = json_get_str(question, STR("text"));
    buf_init(&buf, extract->cx->arena, 1024, OBSERVATION_MAX);
    buf_add_lit(&buf, "{\"resourceType\":\"Observation\",\"status\":\"final\"");
    form_class_write_measured(&buf, source->class);
    add_category(&buf, question);
    buf_add_lit(&buf, ",\"code\":{\"coding\":");
    json_write(&buf, json_get(question, STR("code")), false);
    if (text.len) {
        buf_add_lit(&buf, ",\"text\":");
        json_write_string(&buf, text);
    }
    buf_add_char(&buf, '}');
    add_reference(&buf, "subject", source->subject, false);
    add_reference(&buf, "encounter", source->encounter, false);
    add_reference(&buf, "performer", source->author, true);
    add_reference(&buf, "derivedFrom", source->response, true);
    buf_add_lit(&buf, ",\"effectiveDateTime\":");
    json_write_string(&buf, source->when);
    if (!add_value(&buf, question, answer))
        return STATUS_OK;
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    return extract->each(extract->to, buf_str(&buf));
}

/* ---- the walk
 * ------------------------------------------------------------------------------------- */

static bool says(const JsonValue *item, bool inherited)
{
    const JsonValue *extension =
        form_extension(item, STR(SDC "sdc-questionnaire-observationExtract"));
    return extension ? json_bool(json_get(extension, STR("valueBoolean"))) : inherited;
}

static Status walk(Extract *extract, const JsonValue *form, const JsonValue *of, bool inherited,
                   unsigned depth);

static Status walk_item(Extract *extract, const JsonValue *question, const JsonValue *item,
                        bool wanted, unsigned depth)
{
    JsonValue *answer;
    TRY(walk(extract, question, item, wanted, depth + 1));
    for (JsonIter it = json_iter(json_get(item, STR("answer"))); json_next(&it, NULL, &answer);) {
        if (wanted && json_count(json_get(question, STR("code"))))
            TRY(write_one(extract, question, answer));
        TRY(walk(extract, question, answer, wanted, depth + 1));
    }
    return STATUS_OK;
}

static Status walk(Extract *extract, const JsonValue *form, const JsonValue *of, bool inherited,
                   unsigned depth)
{
    JsonValue *question, *item;
    if (depth > DEPTH_MAX)
        return STATUS_OK;
    for (JsonIter it = json_iter(json_get(form, STR("item"))); json_next(&it, NULL, &question);)
        for (JsonIter in = json_iter(json_get(of, STR("item"))); json_next(&in, NULL, &item);)
            if (str_eq(json_get_str(item, STR("linkId")), json_get_str(question, STR("linkId"))))
                TRY(walk_item(extract, question, item, says(question, inherited), depth));
    return STATUS_OK;
}

Status form_observations(Ctx *cx, const JsonValue *questionnaire, const JsonValue *response,
                         const FormSource *source, FormEach each, void *to)
{
    Extract extract = {cx, source, each, to};
    return walk(&extract, questionnaire, response, says(questionnaire, false), 0);
}
