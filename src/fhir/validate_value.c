/* fhir/validate_value.c - what single values must be: formats, codes, references,
 * extensions, contained resources. */
#include "fhir/validate.h"

#include "fhir/codes.h"

/* ---- primitives and codes ---------------------------------------------------------------- */

/* "male, female, other": the first codes of a set. */
static Str some_codes(Check *c, const BindingRow *row)
{
    enum { CODES_SHOWN = 12 };
    Buf buf;
    buf_init(&buf, c->cx->arena, 64, 1024);
    for (uint16_t i = 0; i < row->code_count && i < CODES_SHOWN; i++) {
        buf_add_str(&buf, i ? STR(", ") : STR_EMPTY);
        buf_add_str(&buf, fhir_pool_str(fhir_concepts[fhir_binding_codes[row->codes + i]].code));
    }
    if (row->code_count > CODES_SHOWN)
        buf_add_lit(&buf, ", ...");
    return buf_str(&buf);
}

static void fail_binding(Check *c, const Place *place, uint16_t binding)
{
    const BindingRow *row = &fhir_bindings[binding];
    Str codes = some_codes(c, row), url = fhir_pool_str(row->url);
    check_fail(c, STATUS_UNPROCESSABLE, place, STR_EMPTY,
               "The code must be one of " STR_FMT " (value set " STR_FMT ").", STR_ARG(codes),
               STR_ARG(url));
}

/* Names of systems and of extensions are no addresses of resources, unless they point into
 * the resource itself. */
static bool is_location(const ElementRow *row, const Place *place, Str text)
{
    Str name = fhir_pool_str(row->name);
    bool in_extension = place->up && (str_eq(place->up->name, STR("extension")) ||
                                      str_eq(place->up->name, STR("modifierExtension")));
    return text.at[0] == '#' ||
           !(str_eq(name, STR("system")) || (in_extension && str_eq(name, STR("url"))));
}

static void check_narrative(Check *c, const Place *place, JsonValue *value)
{
    bool links;
    const char *fault = xhtml_fault(json_str(value), &links);
    if (fault)
        check_fail(c, STATUS_UNPROCESSABLE, place, STR_EMPTY,
                   "A narrative must be a well-formed XHTML <div> without active content; "
                   "this one has %s.",
                   fault);
    else if (links)
        check_link(c, value, FHIR_LINK_XHTML, NULL);
}

void check_primitive(Check *c, const Place *place, const ElementRow *row, JsonValue *value)
{
    Primitive primitive = fhir_types[row->type].primitive;
    if (__builtin_expect(json_type(value) != primitive_json_type(primitive), 0)) {
        check_fail(c, STATUS_INVALID, place, STR_EMPTY, "The value must be %s (%s), not %s.",
                   primitive_words(primitive),
                   primitive_json_type(primitive) == JSON_STRING   ? "a JSON string"
                   : primitive_json_type(primitive) == JSON_NUMBER ? "a JSON number"
                                                                   : "JSON true or false",
                   json_type_name(value));
        return;
    }
    switch (primitive) {
    case PRIMITIVE_BOOLEAN: return;
    case PRIMITIVE_XHTML: check_narrative(c, place, value); return;
    default: break;
    }
    if (!primitive_matches(primitive, json_str(value))) {
        check_fail(c, STATUS_UNPROCESSABLE, place, STR_EMPTY, "The value must be %s.",
                   primitive_words(primitive));
        return;
    }
    switch (primitive) {
    case PRIMITIVE_CODE:
        if (row->binding && !fhir_binding_has(row->binding, (Str){NULL, 0}, json_str(value)))
            fail_binding(c, place, row->binding);
        break;
    case PRIMITIVE_CANONICAL:
    case PRIMITIVE_OID:
    case PRIMITIVE_URI:
    case PRIMITIVE_URL:
    case PRIMITIVE_UUID:
        if (is_location(row, place, json_str(value)))
            check_link(c, value, FHIR_LINK_URI, NULL);
        break;
    default: break;
    }
}

/* ---- Coding and CodeableConcept ---------------------------------------------------------- */

static bool coding_fits(uint16_t binding, const JsonValue *coding)
{
    return fhir_binding_has(binding, json_get_str(coding, STR("system")),
                            json_get_str(coding, STR("code")));
}

static void check_concept(Check *c, const Place *place, const ElementRow *row, JsonValue *object)
{
    JsonValue *codings = json_get(object, STR("coding")), *coding;
    if (str_eq(fhir_type_name(row->type), STR("Coding"))) {
        if (!coding_fits(row->binding, object))
            fail_binding(c, place, row->binding);
        return;
    }
    for (JsonIter it = json_iter(codings); json_next(&it, NULL, &coding);) {
        if (coding_fits(row->binding, coding))
            return;
    }
    fail_binding(c, place, row->binding);
}

/* ---- references -------------------------------------------------------------------------- */

/* The resource type that an address like Patient/1, http://x/Patient/1/_history/2 or
 * Patient?identifier=1 names; 0 when it cannot be told. */
static uint16_t type_of_address(Str address)
{
    address = str_head(address, str_index(address, '|'));
    size_t query = str_index(address, '?');
    Str path = str_head(address, query), last = path, before = STR_EMPTY, found = STR_EMPTY;
    for (Str rest = path; rest.at && rest.len;) {
        before = last;
        last = str_cut(&rest, '/');
        if (str_eq(last, STR("_history")))
            break;
        found = query == SIZE_MAX ? before : last;
    }
    return path.len == found.len && query == SIZE_MAX ? 0 : fhir_type_find(found);
}

static uint16_t type_of_contained(const Scope *scope, Str id)
{
    enum { LOOK_AT_MOST = 64 };
    JsonValue *item;
    size_t looked = 0;
    for (JsonIter it = json_iter(scope->contained);
         json_next(&it, NULL, &item) && looked < LOOK_AT_MOST; looked++) {
        if (str_eq(json_get_str(item, STR("id")), id))
            return fhir_type_find(json_get_str(item, STR("resourceType")));
    }
    return 0;
}

static uint16_t type_of_reference(const Check *c, Str text)
{
    if (str_has_prefix(text, STR("urn:")) || text.len < 2)
        return 0;
    return text.at[0] == '#' ? type_of_contained(c->scope, str_from(text, 1))
                             : type_of_address(text);
}

static void fail_target(Check *c, const Place *place, const uint16_t *targets)
{
    Buf buf;
    buf_init(&buf, c->cx->arena, 64, 1024);
    for (size_t i = 0; targets[i]; i++) {
        buf_add_str(&buf, i ? STR(", ") : STR_EMPTY);
        buf_add_str(&buf, fhir_type_name(targets[i]));
    }
    check_fail(c, STATUS_UNPROCESSABLE, place, STR("reference"),
               "The reference must be to one of these types: " STR_FMT ".", STR_ARG(buf_str(&buf)));
}

static void check_reference(Check *c, const Place *place, const ElementRow *row, JsonValue *object)
{
    JsonValue *value = json_get(object, STR("reference"));
    if (!json_is(value, JSON_STRING))
        return;
    const uint16_t *targets = row->targets ? fhir_targets + row->targets : NULL;
    check_link(c, value, FHIR_LINK_REFERENCE, targets);
    Str text = json_str(value);
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] <= 0x20) {
            check_fail(c, STATUS_UNPROCESSABLE, place, STR("reference"),
                       "A reference is an address, without blanks.");
            return;
        }
    }
    if (!targets)
        return;
    uint16_t type = type_of_reference(c, text);
    for (size_t i = 0; type && targets[i]; i++) {
        if (targets[i] == type)
            return;
    }
    if (type)
        fail_target(c, place, targets);
}

/* SPEC R4 extensibility.html, invariant ext-1: a value or extensions, not both, not neither. */
static void check_extension(Check *c, const Place *place, JsonValue *object)
{
    bool value = false, nested = false;
    Str name;
    JsonValue *member;
    for (JsonIter it = json_iter(object); json_next(&it, &name, &member);) {
        value = value || str_has_prefix(name, STR("value")) || str_has_prefix(name, STR("_value"));
        nested = nested || str_eq(name, STR("extension"));
    }
    if (value == nested)
        check_fail(c, STATUS_UNPROCESSABLE, place, STR_EMPTY, "%s",
                   value ? "An extension has a value or extensions, not both."
                         : "An extension must have a value or extensions.");
}

void check_special(Check *c, const Place *place, const ElementRow *row, JsonValue *object)
{
    Str type = fhir_pool_str(fhir_types[row->type].name);
    if (str_eq(type, STR("Reference")))
        check_reference(c, place, row, object);
    else if (str_eq(type, STR("Extension")))
        check_extension(c, place, object);
    else if (row->binding)
        check_concept(c, place, row, object);
}

/* ---- contained resources ----------------------------------------------------------------- */

/* The ids of the contained resources, found by hash. */
typedef struct {
    Str *ids; /* by position */
    bool *used;
    uint32_t *slots; /* position from 1 */
    uint32_t mask;
} IdTable;

static uint32_t *find_id(const IdTable *table, Str id)
{
    uint32_t slot = fhir_hash(id) & table->mask;
    while (table->slots[slot] && !str_eq(table->ids[table->slots[slot] - 1], id))
        slot = (slot + 1) & table->mask;
    return &table->slots[slot];
}

static bool fill_table(Check *c, const Place *place, IdTable *table)
{
    size_t count = json_count(c->scope->contained), room = 2;
    while (room < 2 * count)
        room *= 2;
    table->mask = (uint32_t)(room - 1);
    table->ids = arena_array_of(c->cx->arena, Str, count + 1);
    table->used = arena_array_of(c->cx->arena, bool, count + 1);
    table->slots = arena_array_of(c->cx->arena, uint32_t, room);
    if (!table->ids || !table->used || !table->slots) {
        c->worst = STATUS_MEMORY;
        c->stop = true;
        return false;
    }
    uint32_t i = 0;
    JsonValue *item;
    for (JsonIter it = json_iter(c->scope->contained); json_next(&it, NULL, &item); i++) {
        Place at = {.up = place, .name = STR("contained"), .index = i, .in_array = true};
        table->ids[i] = json_get_str(item, STR("id"));
        uint32_t *slot = find_id(table, table->ids[i]);
        if (!table->ids[i].len)
            check_fail(c, STATUS_UNPROCESSABLE, &at, STR("id"),
                       "A contained resource must have an id.");
        else if (*slot)
            check_fail(c, STATUS_UNPROCESSABLE, &at, STR("id"),
                       "Two contained resources have the same id.");
        else
            *slot = i + 1;
    }
    return true;
}

/* Whether some reference inside a contained resource is "#": to its container. */
static bool refers_to_container(const JsonValue *value)
{
    JsonValue *item;
    Str name = STR_EMPTY;
    for (JsonIter it = json_iter(value); json_next(&it, &name, &item);) {
        if (json_is(item, JSON_STRING) ? str_eq(json_str(item), STR("#"))
                                       : refers_to_container(item))
            return true;
    }
    return false;
}

static void check_all_used(Check *c, const Place *place, const IdTable *table)
{
    size_t i = 0;
    JsonValue *item;
    for (JsonIter it = json_iter(c->scope->contained); json_next(&it, NULL, &item); i++) {
        if (table->used[i] || !table->ids[i].len || refers_to_container(item))
            continue;
        Place at = {.up = place, .name = STR("contained"), .index = i, .in_array = true};
        check_fail(c, STATUS_UNPROCESSABLE, &at, STR_EMPTY,
                   "Nothing in the resource refers to this contained resource.");
    }
}

/* SPEC R4 references.html#contained, invariants ref-1 and dom-3 */
void check_contained(Check *c, const Place *place, FhirLink *links)
{
    IdTable table;
    if ((c->scope->contained && !json_is(c->scope->contained, JSON_ARRAY)) ||
        !fill_table(c, place, &table))
        return;
    for (FhirLink *link = links; link; link = link->next) {
        Str text = json_str(link->value);
        if (link->kind == FHIR_LINK_XHTML || !text.len || text.at[0] != '#')
            continue;
        uint32_t position = *find_id(&table, str_from(text, 1));
        if (position)
            table.used[position - 1] = true;
        else if (link->kind == FHIR_LINK_REFERENCE && text.len > 1)
            check_fail(c, STATUS_UNPROCESSABLE, place, STR_EMPTY,
                       "A reference is to a contained resource that is not there.");
    }
    check_all_used(c, place, &table);
}
