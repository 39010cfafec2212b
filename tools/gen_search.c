/* tools/gen_search.c - search parameters and compartments.
 *
 * Expressions are carried over as FHIRPath and compiled when a Search is made. SPEC R4
 * searchparameter.html */
#include "gen_definitions.h"

enum { PARAMS_MAX = 6000 };

/* ---- parameters -------------------------------------------------------------------------- */

typedef struct {
    uint16_t type;
    const JsonValue *source;
    Str code;
} Param;

static const struct {
    const char *name, *kind;
} kinds[] = {
    {"number", "FHIR_PARAM_NUMBER"},       {"date", "FHIR_PARAM_DATE"},
    {"string", "FHIR_PARAM_STRING"},       {"token", "FHIR_PARAM_TOKEN"},
    {"reference", "FHIR_PARAM_REFERENCE"}, {"composite", "FHIR_PARAM_COMPOSITE"},
    {"quantity", "FHIR_PARAM_QUANTITY"},   {"uri", "FHIR_PARAM_URI"},
    {"special", "FHIR_PARAM_SPECIAL"},
};

static int compare_params(const void *a, const void *b)
{
    const Param *x = a, *y = b;
    return x->type != y->type ? (x->type < y->type ? -1 : 1) : str_cmp(x->code, y->code);
}

static void add_param(Gen *gen, const JsonValue *source, Str base, Param *list, size_t *count)
{
    uint16_t only = gen_type(gen, base);
    bool resource = str_eq(base, STR("Resource")), domain = str_eq(base, STR("DomainResource"));
    for (uint16_t t = 1; t <= gen->resource_count; t++) {
        bool has_text = false;
        const Type *type = &gen->type_list[t];
        for (size_t i = 0; i < type->element_count; i++)
            has_text = has_text || str_eq(type->elements[i].name, STR("text"));
        if (t != only && !resource && !(domain && has_text))
            continue;
        if (*count == PARAMS_MAX)
            gen_die("too many search parameters");
        list[(*count)++] = (Param){t, source, json_get_str(source, STR("code"))};
    }
}

static size_t collect_params(Gen *gen, Param *list)
{
    JsonValue *source, *base;
    size_t count = 0;
    for (JsonIter it = json_iter(gen->params);
         gen_next_resource(&it, STR("SearchParameter"), &source);) {
        if (!str_eq(json_get_str(source, STR("version")), STR(FHIR_VERSION)))
            continue; /* taken into the package from a later release */
        for (JsonIter b = json_iter(json_get(source, STR("base"))); json_next(&b, NULL, &base);)
            add_param(gen, source, json_str(base), list, &count);
    }
    qsort(list, count, sizeof(*list), compare_params);
    return count;
}

static void write_str(Gen *gen, Str s)
{
    fputs("STR_INIT(", gen->out);
    gen_write_c_string(gen, s);
    fputs(")", gen->out);
}

/* HL7 wrote one type with a capital that no type has: Observation.code-value-date. */
static Str mended(Gen *gen, Str expression)
{
    static const Str wrong = STR_INIT("ofType(DateTime)");
    for (size_t i = 0; i + wrong.len <= expression.len; i++) {
        if (str_has_prefix(str_from(expression, i), wrong)) {
            expression = arena_str(gen->arena, expression);
            ((char *)expression.at)[i + 7] = 'd';
        }
    }
    return expression;
}

static size_t write_components(Gen *gen, const Param *param)
{
    JsonValue *component;
    size_t count = 0;
    for (JsonIter it = json_iter(json_get(param->source, STR("component")));
         json_next(&it, NULL, &component); count++) {
        fputs("{", gen->out);
        write_str(gen, json_get_str(component, STR("definition")));
        fputs(",", gen->out);
        write_str(gen, mended(gen, json_get_str(component, STR("expression"))));
        fputs("},\n", gen->out);
    }
    return count;
}

static size_t add_targets(Gen *gen, const Param *param, Buf *rows)
{
    JsonValue *target;
    size_t count = 0;
    for (JsonIter it = json_iter(json_get(param->source, STR("target")));
         json_next(&it, NULL, &target);) {
        uint16_t type = gen_type(gen, json_str(target));
        if (!type || type > gen->resource_count)
            continue;
        buf_format(rows, "%u,", type);
        count++;
    }
    return count;
}

static const char *kind_of(const Param *param)
{
    Str type = json_get_str(param->source, STR("type"));
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (str_eq(type, str_of(kinds[i].name)))
            return kinds[i].kind;
    }
    gen_die("unknown kind of search parameter " STR_FMT, STR_ARG(type));
}

static void write_params(Gen *gen, const Param *list, size_t count, const Range *components,
                         const Range *targets)
{
    Range *ranges = arena_array_of(gen->arena, Range, gen->resource_count + 1u);
    fputs("const FhirParam fhir_params[] = {\n", gen->out);
    for (size_t i = 0; i < count; i++) {
        const Param *param = &list[i];
        Range *range = &ranges[param->type];
        if (!range->count++)
            range->first = (uint16_t)i;
        fprintf(gen->out, "{%zu,%u,%s,", i + 1, param->type, kind_of(param));
        write_str(gen, param->code);
        fputs(",", gen->out);
        write_str(gen, json_get_str(param->source, STR("url")));
        fputs(",", gen->out);
        write_str(gen, json_get_str(param->source, STR("expression")));
        fprintf(gen->out, ",fhir_components + %u,%u,fhir_param_targets + %u,%u},\n",
                components[i].first, components[i].count, targets[i].first, targets[i].count);
    }
    fputs("};\n\nconst Range fhir_param_ranges[] = {\n", gen->out);
    for (uint16_t t = 0; t <= gen->resource_count; t++)
        fprintf(gen->out, "{%u,%u},\n", ranges[t].first, ranges[t].count);
    fputs("};\n\n", gen->out);
}

void gen_write_search(Gen *gen)
{
    Param *list = arena_array_of(gen->arena, Param, PARAMS_MAX);
    size_t count = collect_params(gen, list), component_at = 0, target_at = 0;
    Range *components = arena_array_of(gen->arena, Range, count);
    Range *targets = arena_array_of(gen->arena, Range, count);
    Buf target_rows;
    buf_init(&target_rows, gen->arena, 1 << 20, (size_t)16 << 20);
    fputs("static const FhirComponent fhir_components[] = {\n", gen->out);
    for (size_t i = 0; i < count; i++) {
        if (i && !compare_params(&list[i - 1], &list[i]))
            gen_die("two search parameters are called " STR_FMT, STR_ARG(list[i].code));
        components[i] = (Range){(uint16_t)component_at, (uint16_t)write_components(gen, &list[i])};
        targets[i] =
            (Range){(uint16_t)target_at, (uint16_t)add_targets(gen, &list[i], &target_rows)};
        component_at += components[i].count;
        target_at += targets[i].count;
    }
    if (component_at > UINT16_MAX || target_at > UINT16_MAX)
        gen_die("too many components or targets");
    fprintf(gen->out,
            "{STR_INIT(\"\"),STR_INIT(\"\")}};\n\nstatic const uint16_t "
            "fhir_param_targets[] = {" STR_FMT "0};\n\n",
            STR_ARG(buf_str(&target_rows)));
    write_params(gen, list, count, components, targets);
}

/* ---- compartments ------------------------------------------------------------------------ */

static size_t write_compartment_codes(Gen *gen, const JsonValue *compartment, size_t at,
                                      Range *ranges)
{
    JsonValue *resource, *code;
    for (JsonIter it = json_iter(json_get(compartment, STR("resource")));
         json_next(&it, NULL, &resource);) {
        uint16_t type = gen_type(gen, json_get_str(resource, STR("code")));
        JsonValue *params = json_get(resource, STR("param"));
        if (!type || type > gen->resource_count)
            continue;
        ranges[type] = (Range){(uint16_t)at, (uint16_t)json_count(params)};
        for (JsonIter p = json_iter(params); json_next(&p, NULL, &code); at++) {
            write_str(gen, json_str(code));
            fputs(",\n", gen->out);
        }
    }
    return at;
}

void gen_write_compartments(Gen *gen)
{
    enum { COMPARTMENTS_MAX = 16 };
    Range *ranges[COMPARTMENTS_MAX];
    Str names[COMPARTMENTS_MAX];
    size_t count = 0, at = 0;
    JsonValue *compartment;
    fputs("const Str fhir_compartment_codes[] = {\n", gen->out);
    for (JsonIter it = json_iter(gen->resources);
         gen_next_resource(&it, STR("CompartmentDefinition"), &compartment);) {
        if (count == COMPARTMENTS_MAX)
            gen_die("too many compartments");
        ranges[count] = arena_array_of(gen->arena, Range, gen->resource_count + 1u);
        names[count] = json_get_str(compartment, STR("code"));
        at = write_compartment_codes(gen, compartment, at, ranges[count++]);
    }
    fputs("STR_INIT(\"\")};\n\n", gen->out);
    for (size_t i = 0; i < count; i++) {
        fprintf(gen->out, "static const Range compartment_%zu[] = {", i);
        for (uint16_t t = 0; t <= gen->resource_count; t++)
            fprintf(gen->out, "{%u,%u},", ranges[i][t].first, ranges[i][t].count);
        fputs("};\n", gen->out);
    }
    fputs("const CompartmentRow fhir_compartments[] = {\n", gen->out);
    for (size_t i = 0; i < count; i++) {
        fputs("{", gen->out);
        write_str(gen, names[i]);
        fprintf(gen->out, ", compartment_%zu},\n", i);
    }
    fprintf(gen->out, "{STR_INIT(\"\"), 0}};\nconst uint16_t fhir_compartment_count = %zu;\n\n",
            count);
}
