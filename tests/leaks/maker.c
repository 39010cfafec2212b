/* leaks/maker.c - one walk over the tables: each element is made or left out by a throw. */
#include "leaks/maker.h"

#include "fhir/codes.h"
#include "fhir/lookup.h"

enum { DEPTH_MAX = 5, RESOURCE_MAX = 1 << 18 };

typedef struct {
    OracleDice *dice;
    Arena *arena;
    const MakerTask *task;
    Buf buf;
    bool contained; /* something refers to #inner */
    uint16_t inner; /* type of the contained resource; 0 = none */
} Maker;

#define ADD(m, ...) buf_format(&(m)->buf, __VA_ARGS__)

static void make_object(Maker *m, uint16_t type, int depth);

/* ---- words --------------------------------------------------------------------------------- */

static const char *const words[] = {"amber",  "birch", "cedar",  "delta",  "ember", "fjord",
                                    "garnet", "hazel", "indigo", "jasper", "kelp",  "lotus"};
static const char *const days[] = {"2022",       "2023-05",    "2023-05-14", "2023-05-15",
                                   "2023-12-31", "2024-02-29", "2024-06-01"};
static const char *const moments[] = {"2023-05-14T10:00:00Z", "2023-05-14T00:30:00+02:00",
                                      "2023-12-31T23:30:00-05:00", "2024-02-29T12:00:00+01:00"};
static const char *const decimals[] = {"5.4", "54", "0.5", "100", "7", "6.95"};

const char *maker_word(OracleDice *d)
{
    return PICK(d, words);
}

/* ---- primitives ---------------------------------------------------------------------------- */

static void make_code(Maker *m, uint16_t binding, bool with_system)
{
    const BindingRow *row = &fhir_bindings[binding];
    const ConceptRow *concept =
        &fhir_concepts[fhir_binding_codes[row->codes + dice(m->dice, row->code_count)]];
    Str code = fhir_pool_str(concept->code),
        system = fhir_pool_str(fhir_systems[concept->system].url);
    if (with_system)
        ADD(m, "\"system\":\"" STR_FMT "\",\"code\":", STR_ARG(system));
    ADD(m, "\"" STR_FMT "\"", STR_ARG(code));
}

static void make_primitive(Maker *m, const ElementRow *row)
{
    static const char *const values[PRIMITIVE_COUNT] = {
        [PRIMITIVE_BASE64_BINARY] = "\"aGVsbG8=\"",
        [PRIMITIVE_OID] = "\"urn:oid:1.2.3\"",
        [PRIMITIVE_TIME] = "\"10:30:00\"",
        [PRIMITIVE_UUID] = "\"urn:uuid:c757873d-ec9a-4326-a141-556f43239520\"",
        [PRIMITIVE_XHTML] = "\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">amber</div>\"",
    };
    unsigned number = dice(m->dice, 6);
    Primitive primitive = fhir_types[row->type].primitive;
    switch (primitive) {
    case PRIMITIVE_BOOLEAN: ADD(m, number & 1 ? "true" : "false"); return;
    case PRIMITIVE_CANONICAL: ADD(m, "\"http://acme.org/canonical/%u\"", number); return;
    case PRIMITIVE_URI:
    case PRIMITIVE_URL: ADD(m, "\"http://acme.org/uri/%u\"", number); return;
    case PRIMITIVE_CODE:
        if (row->binding)
            make_code(m, row->binding, false);
        else
            ADD(m, "\"code%u\"", number);
        return;
    case PRIMITIVE_DATE: ADD(m, "\"%s\"", PICK(m->dice, days)); return;
    case PRIMITIVE_DATE_TIME:
        ADD(m, "\"%s\"", number < 3 ? PICK(m->dice, days) : PICK(m->dice, moments));
        return;
    case PRIMITIVE_INSTANT: ADD(m, "\"%s\"", PICK(m->dice, moments)); return;
    case PRIMITIVE_DECIMAL: ADD(m, "%s", PICK(m->dice, decimals)); return;
    case PRIMITIVE_ID: ADD(m, "\"id%u\"", number); return;
    case PRIMITIVE_INTEGER:
    case PRIMITIVE_UNSIGNED_INT: ADD(m, "%u", number); return;
    case PRIMITIVE_POSITIVE_INT: ADD(m, "%u", number + 1); return;
    default:
        if (values[primitive])
            ADD(m, "%s", values[primitive]);
        else
            ADD(m, "\"%s %s\"", maker_word(m->dice), maker_word(m->dice));
    }
}

/* ---- references ------------------------------------------------------------------------------ */

Str pool_reference(OracleDice *d, Arena *arena, Str type)
{
    for (size_t i = 0; i < pool_count; i++) {
        if (str_eq(str_of(pools[i].type), type) && pools[i].count)
            return arena_format(arena, "%s/%s%u", pools[i].type, pools[i].letter,
                                dice(d, pools[i].count + 1)); /* sometimes nobody */
    }
    return STR_EMPTY;
}

static bool may_target(const uint16_t *targets, Str type)
{
    uint16_t number = fhir_type_find(type);
    for (size_t i = 0; targets && targets[i]; i++) {
        if (targets[i] == number)
            return true;
    }
    return !targets;
}

static Str target_type(Maker *m, const uint16_t *targets)
{
    size_t count = 0;
    while (targets && targets[count])
        count++;
    if (!count)
        return str_of(pools[dice(m->dice, (unsigned)pool_count)].type);
    return fhir_type_name(targets[dice(m->dice, (unsigned)count)]);
}

static void make_reference(Maker *m, const ElementRow *row)
{
    const uint16_t *targets = row->targets ? fhir_targets + row->targets : NULL;
    Str to = STR_EMPTY, inner = fhir_type_name(m->inner);
    if (m->inner && targets && may_target(targets, inner) && dice_percent(m->dice, 60)) {
        m->contained = true;
        ADD(m, "{\"reference\":\"#inner\"}");
        return;
    }
    if (m->task->patient.len && may_target(targets, STR("Patient")) &&
        (targets || dice_percent(m->dice, 30)))
        to = m->task->patient;
    for (int tries = 0; !to.len && tries < 4; tries++) {
        Str type = target_type(m, targets);
        if (!str_eq(type, STR("Patient")))
            to = pool_reference(m->dice, m->arena, type);
    }
    if (to.len)
        ADD(m, "{\"reference\":\"" STR_FMT "\"", STR_ARG(to));
    if (!to.len || dice_percent(m->dice, 30))
        ADD(m, "%s\"display\":\"%s\"", to.len ? "," : "{", maker_word(m->dice));
    ADD(m, "}");
}

/* ---- complex types ----------------------------------------------------------------------------
 */

static void make_coding(Maker *m, const ElementRow *row)
{
    ADD(m, "{");
    if (row->binding)
        make_code(m, row->binding, true);
    else
        ADD(m, "\"system\":\"http://acme.org/codes\",\"code\":\"c%u\"", dice(m->dice, 6));
    ADD(m, "}");
}

static void make_concept(Maker *m, const ElementRow *row)
{
    ADD(m, "{\"coding\":[");
    make_coding(m, row);
    ADD(m, "]");
    if (dice_percent(m->dice, 40))
        ADD(m, ",\"text\":\"%s\"", maker_word(m->dice));
    ADD(m, "}");
}

static void make_quantity(Maker *m)
{
    ADD(m,
        "{\"value\":%s,\"unit\":\"mg\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"mg\"}",
        PICK(m->dice, decimals));
}

static void make_period(Maker *m)
{
    ADD(m, "{\"start\":\"2023-05-%02u\",\"end\":\"2024-02-%02u\"}", 1 + dice(m->dice, 20),
        1 + dice(m->dice, 20));
}

static void make_value(Maker *m, const ElementRow *row, int depth)
{
    Str type = fhir_type_name(row->type);
    if (fhir_types[row->type].primitive)
        make_primitive(m, row);
    else if (str_eq(type, STR("Reference")))
        make_reference(m, row);
    else if (str_eq(type, STR("Coding")))
        make_coding(m, row);
    else if (str_eq(type, STR("CodeableConcept")))
        make_concept(m, row);
    else if (str_eq(type, STR("Quantity")) || str_eq(type, STR("SimpleQuantity")))
        make_quantity(m);
    else if (str_eq(type, STR("Period")))
        make_period(m);
    else if (fhir_types[row->type].kind == KIND_ANY_RESOURCE)
        ADD(m, "{\"resourceType\":\"Basic\",\"id\":\"in\",\"code\":{\"text\":\"%s\"}}",
            maker_word(m->dice));
    else
        make_object(m, row->type, depth + 1);
}

/* Whether members, each after a comma, have one of that name that is not nested. */
static bool has_member(Str members, Str quoted)
{
    int depth = 0;
    for (size_t i = 0; i < members.len; i++) {
        char c = members.at[i];
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (depth == 0 && c == ',' && str_has_prefix(str_from(members, i + 1), quoted))
            return true;
    }
    return false;
}

static bool is_made_elsewhere(const Maker *m, Str name, int depth)
{
    static const Str others[] = {
        STR_INIT("id"),        STR_INIT("extension"), STR_INIT("modifierExtension"),
        STR_INIT("contained"), STR_INIT("meta"),      STR_INIT("implicitRules"),
        STR_INIT("language")};
    enum { ALWAYS = 4 };
    for (size_t i = 0; i < (depth ? ALWAYS : COUNT_OF(others)); i++) {
        if (str_eq(name, others[i]))
            return true;
    }
    if (depth)
        return false;
    Str quoted = arena_format(m->arena, "\"" STR_FMT "\":", STR_ARG(name));
    Str spaced = arena_format(m->arena, " " STR_FMT " ", STR_ARG(name));
    return has_member(m->task->beside, quoted) ||
           memmem(m->task->without.at, m->task->without.len, spaced.at, spaced.len);
}

/* How often an element that may be missing is there. */
static unsigned percent_at(const ElementRow *row, int depth)
{
    bool refers = str_eq(fhir_type_name(row->type), STR("Reference"));
    if (depth == 0)
        return refers ? 65 : 45;
    return depth >= DEPTH_MAX - 1 ? 0 : depth == 1 ? 25 : 10;
}

static void make_element(Maker *m, const ElementRow *row, int depth)
{
    Str name = fhir_pool_str(row->name);
    bool is_array = row->flags & ELEMENT_ARRAY;
    unsigned count = is_array ? 1 + dice(m->dice, 2) : 1;
    ADD(m, ",\"" STR_FMT "\":%s", STR_ARG(name), is_array ? "[" : "");
    for (unsigned i = 0; i < count; i++) {
        if (i)
            ADD(m, ",");
        make_value(m, row, depth);
    }
    if (is_array)
        ADD(m, "]");
}

/* Rows of a choice stand together: one of them. */
static const ElementRow *chosen_of(Maker *m, const ElementRow *rows, size_t count, size_t *ret_next)
{
    size_t same = 1;
    while (same < count && rows[same].group == rows[0].group)
        same++;
    *ret_next = same;
    return &rows[dice(m->dice, (unsigned)same)];
}

/* Members behind whatever stands there: each begins with a comma. */
static void make_members(Maker *m, uint16_t type, int depth)
{
    const TypeRow *row = &fhir_types[type];
    const ElementRow *rows = fhir_elements + row->elements;
    for (size_t i = 0, next; i < row->element_count; i += next) {
        const ElementRow *one = chosen_of(m, rows + i, row->element_count - i, &next);
        bool mandatory = row->mandatory & (uint64_t)1 << one->group;
        if (is_made_elsewhere(m, fhir_pool_str(one->name), depth) ||
            is_made_elsewhere(m, fhir_pool_str(one->base), depth))
            continue;
        if (mandatory || dice_percent(m->dice, percent_at(one, depth)))
            make_element(m, one, depth);
    }
}

/* An object is never empty: one of its simple members. */
static void make_one_member(Maker *m, uint16_t type, int depth)
{
    const TypeRow *row = &fhir_types[type];
    const ElementRow *chosen = NULL;
    unsigned seen = 0;
    for (size_t i = 0; i < row->element_count; i++) {
        const ElementRow *one = &fhir_elements[row->elements + i];
        bool simple = fhir_types[one->type].primitive ||
                      str_eq(fhir_type_name(one->type), STR("CodeableConcept"));
        if (simple && !is_made_elsewhere(m, fhir_pool_str(one->name), depth) &&
            dice(m->dice, ++seen) == 0)
            chosen = one;
    }
    if (!chosen)
        chosen = &fhir_elements[row->elements + row->element_count - 1];
    make_element(m, chosen, depth);
}

static void make_object(Maker *m, uint16_t type, int depth)
{
    size_t start = m->buf.len;
    ADD(m, "{");
    make_members(m, type, depth);
    if (m->buf.len == start + 1)
        make_one_member(m, type, depth);
    memmove(m->buf.at + start + 1, m->buf.at + start + 2, --m->buf.len - start - 1);
    ADD(m, "}");
}

Str maker_resource(OracleDice *d, Arena *arena, const MakerTask *task)
{
    static const Str inners[] = {STR_INIT("Practitioner"), STR_INIT("Medication"),
                                 STR_INIT("Observation"), STR_INIT("Organization"),
                                 STR_INIT("Location")};
    Maker m = {.dice = d, .arena = arena, .task = task};
    uint16_t type = fhir_type_find(task->type);
    if (task->contain)
        m.inner = fhir_type_find(PICK(d, inners));
    buf_init(&m.buf, arena, 2048, RESOURCE_MAX);
    ADD(&m, "{\"resourceType\":\"" STR_FMT "\",\"id\":\"" STR_FMT "\"", STR_ARG(task->type),
        STR_ARG(task->id));
    if (task->meta.len)
        ADD(&m, ",\"meta\":{" STR_FMT "}", STR_ARG(task->meta));
    ADD(&m, STR_FMT, STR_ARG(task->beside));
    make_members(&m, type, 0);
    if (m.contained) {
        Str inner = fhir_type_name(m.inner);
        bool observed = str_eq(inner, STR("Observation"));
        ADD(&m, ",\"contained\":[{\"resourceType\":\"" STR_FMT "\",\"id\":\"inner\"%s}]",
            STR_ARG(inner), observed ? ",\"status\":\"final\",\"code\":{\"text\":\"amber\"}" : "");
    }
    ADD(&m, "}");
    return buf_str(&m.buf);
}
