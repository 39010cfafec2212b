/* fhir/validate.c - a resource against the tables.
 *
 * One walk over the JSON in source order. A member is found by its name in the hash table
 * of its type; bits remember what was there. Nothing is allocated for what is right, except
 * the links. Depth was bounded by the parser, so the walk recurses.
 *
 * SPEC R4 json.html, validation.html */
#include "fhir/validate.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- faults ------------------------------------------------------------------------------ */

static void write_place(Buf *buf, const Place *place)
{
    if (place->up) {
        write_place(buf, place->up);
        buf_add_char(buf, '.');
    }
    buf_add_str(buf, place->name);
    if (place->in_array)
        buf_format(buf, "[%zu]", place->index);
}

void check_fail(Check *c, Status status, const Place *place, Str name, const char *format, ...)
{
    char text[512];
    va_list args;
    if (c->worst != STATUS_INVALID && c->worst != STATUS_MEMORY)
        c->worst = status;
    if (c->stop)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    Buf path;
    buf_init(&path, c->cx->arena, 128, 4096);
    write_place(&path, place);
    if (name.len)
        buf_format(&path, "." STR_FMT, STR_ARG(str_head(name, 64)));
    (void)ctx_fail(c->cx, status, buf_str(&path), "%s", text);
    c->stop = c->cx->issue_count >= CTX_ISSUES_MAX;
}

void check_link(Check *c, JsonValue *value, FhirLinkKind kind, const uint16_t *targets)
{
    FhirLink *link = arena_alloc_raw(c->cx->arena, sizeof(FhirLink));
    if (!link) {
        c->worst = STATUS_MEMORY;
        c->stop = true;
        return;
    }
    *link = (FhirLink){NULL, value, kind, targets};
    *c->links_end = link;
    c->links_end = &link->next;
    Str text = json_str(value);
    if (text.len && text.at[0] == '#')
        c->scope->local_references = true;
}

/* ---- one object -------------------------------------------------------------------------- */

/* Members of the object that is being looked at. */
typedef struct {
    const Place *place;
    const TypeRow *type;
    JsonValue *object;
    uint64_t seen;   /* groups that have a value */
    uint64_t beside; /* groups that have a _member */
    bool resource;
    bool named; /* resourceType was there */
} Members;

static void check_object(Check *c, const Place *place, uint16_t type, JsonValue *object,
                         bool resource);
static void check_resource(Check *c, const Place *place, JsonValue *object);

/* Cold: the member whose name is '_' and then `name`. */
static JsonValue *find_beside(const JsonValue *object, Str name)
{
    Str at;
    JsonValue *value;
    for (JsonIter it = json_iter(object); json_next(&it, &at, &value);) {
        if (at.len == name.len + 1 && at.at[0] == '_' && str_eq(str_from(at, 1), name))
            return value;
    }
    return NULL;
}

static void fail_twice(Check *c, Members *m, const ElementRow *row, Str name)
{
    size_t times = 0;
    Str at;
    JsonValue *value;
    for (JsonIter it = json_iter(m->object); json_next(&it, &at, &value);)
        times += str_eq(at, name);
    if (times > 1)
        check_fail(c, STATUS_INVALID, m->place, name,
                   "The JSON name " STR_FMT " occurs twice in one object.", STR_ARG(name));
    else
        check_fail(c, STATUS_INVALID, m->place, fhir_pool_str(row->base),
                   "Only one of the alternatives of " STR_FMT "[x] may be there.",
                   STR_ARG(fhir_pool_str(row->base)));
}

static void check_any_resource(Check *c, const Place *place, const ElementRow *row,
                               JsonValue *value)
{
    if (c->how->skip_entries && str_eq(fhir_pool_str(row->name), STR("resource")) && place->up &&
        str_eq(place->up->name, STR("entry"))) {
        if (!json_is(value, JSON_OBJECT))
            check_fail(c, STATUS_INVALID, place, STR_EMPTY,
                       "A resource (an object) is expected here, not %s.", json_type_name(value));
        return;
    }
    check_resource(c, place, value);
}

static void check_value(Check *c, const Place *place, const ElementRow *row, JsonValue *value)
{
    const TypeRow *type = &fhir_types[row->type];
    if (type->primitive) {
        check_primitive(c, place, row, value);
    } else if (type->kind == KIND_ANY_RESOURCE) {
        check_any_resource(c, place, row, value);
    } else {
        check_object(c, place, row->type, value, false);
        if (json_is(value, JSON_OBJECT))
            check_special(c, place, row, value);
    }
}

/* Walks _name beside the array name, in step and only when a null asks for it. */
typedef struct {
    JsonIter it;
    bool begun;
    size_t next; /* index that json_next() will give */
} Beside;

static bool has_beside(Beside *b, const Members *m, const ElementRow *row, size_t index)
{
    JsonValue *item = NULL;
    if (!b->begun)
        b->it = json_iter(find_beside(m->object, fhir_pool_str(row->name)));
    b->begun = true;
    for (; b->next <= index; b->next++) {
        if (!json_next(&b->it, NULL, &item))
            return false;
    }
    return json_is(item, JSON_OBJECT);
}

/* A null in an array of primitives stands where only _name has something. */
static void check_null_item(Check *c, const Place *place, const Members *m, const ElementRow *row,
                            Beside *beside)
{
    if (!fhir_types[row->type].primitive || !has_beside(beside, m, row, place->index))
        check_fail(c, STATUS_INVALID, place, STR_EMPTY,
                   "null may stand only in an array of primitive values, where _" STR_FMT
                   " has the extension.",
                   STR_ARG(fhir_pool_str(row->name)));
}

static void check_array(Check *c, const Place *place, Members *m, const ElementRow *row,
                        JsonValue *array)
{
    if (!json_is(array, JSON_ARRAY)) {
        check_fail(c, STATUS_INVALID, place, STR_EMPTY, "An array is expected here, not %s.",
                   json_type_name(array));
        return;
    }
    if (json_count(array) == 0)
        check_fail(c, STATUS_INVALID, place, STR_EMPTY, "An array must not be empty.");
    Place item_place = *place;
    item_place.in_array = true;
    Beside beside = {.begun = false};
    JsonValue *item;
    for (JsonIter it = json_iter(array); json_next(&it, NULL, &item) && !c->stop;
         item_place.index++) {
        if (json_is(item, JSON_NULL))
            check_null_item(c, &item_place, m, row, &beside);
        else
            check_value(c, &item_place, row, item);
    }
}

static void check_member(Check *c, Members *m, Str name, const ElementRow *row, JsonValue *value)
{
    uint64_t bit = (uint64_t)1 << row->group;
    if (m->seen & bit)
        fail_twice(c, m, row, name);
    m->seen |= bit;
    Place place = {.up = m->place, .name = fhir_pool_str(row->base)};
    if (row->flags & ELEMENT_ARRAY)
        check_array(c, &place, m, row, value);
    else
        check_value(c, &place, row, value);
}

/* ---- _name ------------------------------------------------------------------------------- */

static void check_beside_item(Check *c, const Place *place, const ElementRow *row, JsonValue *item)
{
    check_object(c, place, row->type, item, false);
}

static void check_beside_array(Check *c, Place *place, Members *m, const ElementRow *row,
                               JsonValue *array)
{
    if (!json_is(array, JSON_ARRAY) || json_count(array) == 0) {
        check_fail(c, STATUS_INVALID, place, STR_EMPTY,
                   "_" STR_FMT " must be an array that is not empty, as " STR_FMT " is.",
                   STR_ARG(fhir_pool_str(row->name)), STR_ARG(fhir_pool_str(row->name)));
        return;
    }
    JsonValue *values = json_get(m->object, fhir_pool_str(row->name)), *item;
    if (json_is(values, JSON_ARRAY) && json_count(values) != json_count(array))
        check_fail(c, STATUS_INVALID, place, STR_EMPTY,
                   "The arrays " STR_FMT " and _" STR_FMT " must be of the same length.",
                   STR_ARG(fhir_pool_str(row->name)), STR_ARG(fhir_pool_str(row->name)));
    place->in_array = true;
    bool any = false;
    for (JsonIter it = json_iter(array); json_next(&it, NULL, &item) && !c->stop; place->index++) {
        if (json_is(item, JSON_NULL))
            continue;
        any = true;
        check_beside_item(c, place, row, item);
    }
    if (!any)
        check_fail(c, STATUS_INVALID, m->place, fhir_pool_str(row->base),
                   "_" STR_FMT " has nothing but null.", STR_ARG(fhir_pool_str(row->name)));
}

static void check_beside(Check *c, Members *m, Str name, JsonValue *value)
{
    const ElementRow *row = fhir_element_find(m->type, str_from(name, 1));
    if (!row || !fhir_types[row->type].primitive) {
        check_fail(c, STATUS_INVALID, m->place, name,
                   "There is no element of a primitive type for " STR_FMT " here.",
                   STR_ARG(str_head(name, 64)));
        return;
    }
    uint64_t bit = (uint64_t)1 << row->group;
    if (m->beside & bit)
        fail_twice(c, m, row, name);
    m->beside |= bit;
    Place place = {.up = m->place, .name = fhir_pool_str(row->base)};
    if (row->flags & ELEMENT_ARRAY)
        check_beside_array(c, &place, m, row, value);
    else
        check_beside_item(c, &place, row, value);
}

/* valueString beside _valueCode: two alternatives at once. */
static void check_choice_pairs(Check *c, Members *m)
{
    Str name;
    JsonValue *value;
    for (JsonIter it = json_iter(m->object); json_next(&it, &name, &value);) {
        const ElementRow *row =
            name.len && name.at[0] == '_' ? fhir_element_find(m->type, str_from(name, 1)) : NULL;
        if (row && row->flags & ELEMENT_CHOICE && m->seen & (uint64_t)1 << row->group &&
            !json_get(m->object, str_from(name, 1)))
            fail_twice(c, m, row, name);
    }
}

/* ---- objects ----------------------------------------------------------------------------- */

static void fail_missing(Check *c, Members *m, uint64_t missing)
{
    const ElementRow *rows = fhir_elements + m->type->elements;
    for (size_t i = 0; i < m->type->element_count && missing; i++) {
        uint64_t bit = (uint64_t)1 << rows[i].group;
        if (!(missing & bit))
            continue;
        missing &= ~bit;
        Str base = fhir_pool_str(rows[i].base);
        check_fail(c, STATUS_INVALID, m->place, base,
                   "The element " STR_FMT "%s is required and missing.", STR_ARG(base),
                   rows[i].flags & ELEMENT_CHOICE ? "[x]" : "");
    }
}

static void check_unknown(Check *c, Members *m, Str name, JsonValue *value)
{
    if (name.len > 1 && name.at[0] == '_') {
        check_beside(c, m, name, value);
    } else if (m->resource && !m->named && str_eq(name, STR("resourceType"))) {
        m->named = true;
    } else {
        Str type = fhir_pool_str(m->type->name);
        check_fail(c, STATUS_INVALID, m->place, name, STR_FMT " has no element " STR_FMT "%s.",
                   STR_ARG(type), STR_ARG(str_head(name, 64)),
                   m->named && str_eq(name, STR("resourceType")) ? " a second time" : "");
    }
}

static void check_object(Check *c, const Place *place, uint16_t type, JsonValue *object,
                         bool resource)
{
    Members m = {.place = place, .type = &fhir_types[type], .object = object, .resource = resource};
    if (!json_is(object, JSON_OBJECT)) {
        check_fail(c, STATUS_INVALID, place, STR_EMPTY,
                   "An object (" STR_FMT ") is expected here, not %s.",
                   STR_ARG(fhir_pool_str(m.type->name)), json_type_name(object));
        return;
    }
    Str name;
    JsonValue *value;
    for (JsonIter it = json_iter(object); json_next(&it, &name, &value) && !c->stop;) {
        const ElementRow *row = fhir_element_find(m.type, name);
        if (__builtin_expect(row != NULL, 1))
            check_member(c, &m, name, row, value);
        else
            check_unknown(c, &m, name, value);
    }
    if (m.seen & m.beside)
        check_choice_pairs(c, &m);
    uint64_t missing = m.type->mandatory & ~(m.seen | m.beside);
    if (missing && !c->stop)
        fail_missing(c, &m, missing);
    if (!resource && json_count(object) <= 1 &&
        (!json_count(object) || json_get(object, STR("id"))))
        check_fail(c, STATUS_INVALID, place, STR_EMPTY,
                   "An element must have a value or children, not just an id.");
}

/* A resource at any level, with its contained ones. */
static void check_resource(Check *c, const Place *place, JsonValue *object)
{
    Str name = json_get_str(object, STR("resourceType"));
    uint16_t type = fhir_type_find(name);
    if (!json_is(object, JSON_OBJECT) || !type) {
        check_fail(c, STATUS_INVALID, place, name.len ? STR("resourceType") : STR_EMPTY, "%s",
                   !json_is(object, JSON_OBJECT) ? "A resource must be a JSON object."
                   : name.len                    ? "There is no resource type of that name in R4."
                                                 : "A resource must have its resourceType.");
        return;
    }
    Scope scope = {.contained = json_get(object, STR("contained"))};
    bool contained = place->up && str_eq(place->name, STR("contained"));
    if (contained) { /* the container's scope goes on */
        if (scope.contained)
            check_fail(c, STATUS_INVALID, place, STR("contained"),
                       "A contained resource must not contain others.");
        check_object(c, place, type, object, true);
        return;
    }
    Scope *outer = c->scope;
    FhirLink **first = c->links_end;
    c->scope = &scope;
    Place root = {.name = fhir_type_name(type)};
    place = place->up ? place : &root;
    check_object(c, place, type, object, true);
    if ((scope.contained || scope.local_references) && !c->stop)
        check_contained(c, place, *first);
    c->scope = outer;
}

Status fhir_validate(Ctx *cx, JsonValue *resource, const FhirCheck *how, FhirChecked *ret_checked)
{
    static const FhirCheck usual = {.skip_entries = false};
    Check c = {.cx = cx, .how = how ? how : &usual};
    c.links_end = &c.links;
    Place root = {.name = STR_EMPTY};
    check_resource(&c, &root, resource);
    if (c.worst != STATUS_OK)
        return c.worst;
    *ret_checked = (FhirChecked){
        .type = fhir_type_find(json_get_str(resource, STR("resourceType"))),
        .id = json_get_str(resource, STR("id")),
        .links = c.links,
    };
    return STATUS_OK;
}
