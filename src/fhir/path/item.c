/* fhir/path/item.c - from an element to its value and to its children, by the tables. */
#include "fhir/path/inner.h"

/* ---- types ------------------------------------------------------------------------------ */

uint16_t path_type_number(Str name)
{
    uint16_t type = fhir_type_any(name);
    if (type)
        return type;
    for (type = fhir_type_rows - 1; type > 0; type--) { /* backbones and Resource */
        if (str_eq(fhir_pool_str(fhir_types[type].name), name))
            return type;
    }
    for (uint16_t i = 0; i < fhir_abstract_count; i++) {
        if (str_eq(fhir_pool_str(fhir_abstract_names[i]), name))
            return (uint16_t)(fhir_type_rows + i);
    }
    return 0;
}

bool path_type_is(uint16_t type, uint16_t wanted)
{
    for (; type; type = fhir_type_parents[type]) {
        if (type == wanted)
            return true;
    }
    return false;
}

bool path_is_primitive(uint16_t type)
{
    return type < fhir_type_rows && fhir_types[type].kind == KIND_PRIMITIVE;
}

static const struct {
    Str name;
    PathKind kind;
} system_types[] = {
    {STR_INIT("Boolean"), PATH_BOOLEAN}, {STR_INIT("String"), PATH_STRING},
    {STR_INIT("Integer"), PATH_INTEGER}, {STR_INIT("Decimal"), PATH_DECIMAL},
    {STR_INIT("Date"), PATH_DATE},       {STR_INIT("DateTime"), PATH_DATETIME},
    {STR_INIT("Time"), PATH_TIME},       {STR_INIT("Quantity"), PATH_QUANTITY},
};

bool path_type_find(Str namespace, Str name, PathType *ret_type)
{
    PathType type = {0};
    bool any = namespace.len == 0, system = str_eq(namespace, STR("System"));
    if (any || str_eq(namespace, STR("FHIR")))
        type.fhir = path_type_number(name);
    for (size_t i = 0; i < COUNT_OF(system_types) && (any || system); i++) {
        if (str_eq(name, system_types[i].name))
            type.system = (uint8_t)system_types[i].kind;
    }
    *ret_type = type;
    return type.fhir || type.system || system;
}

bool path_item_is(const PathItem *item, PathType type)
{
    if (item->kind != PATH_ELEMENT)
        return type.system == item->kind;
    return type.fhir && path_type_is(item->type, type.fhir);
}

bool path_item_as(const PathItem *item, PathType type)
{
    if (item->kind == PATH_ELEMENT && path_is_primitive(item->type))
        return item->type == type.fhir;
    return path_item_is(item, type);
}

Str path_type_name(const PathItem *item)
{
    if (item->kind == PATH_ELEMENT)
        return fhir_type_name(item->type);
    for (size_t i = 0; i < COUNT_OF(system_types); i++) {
        if (system_types[i].kind == item->kind)
            return system_types[i].name;
    }
    return item->kind == PATH_TYPE ? STR("TypeInfo") : STR_EMPTY;
}

uint16_t path_actual_type(uint16_t type, const JsonValue *json)
{
    if (!json || (type && (type >= fhir_type_rows || fhir_types[type].kind != KIND_ANY_RESOURCE)))
        return type;
    uint16_t named = fhir_type_find(json_get_str(json, STR("resourceType")));
    return named ? named : type;
}

/* ---- values ----------------------------------------------------------------------------- */

static PathKind kind_of(uint16_t type, const JsonValue *json)
{
    static const uint8_t kinds[PRIMITIVE_COUNT] = {
        [PRIMITIVE_BOOLEAN] = PATH_BOOLEAN,
        [PRIMITIVE_DATE] = PATH_DATE,
        [PRIMITIVE_DATE_TIME] = PATH_DATETIME,
        [PRIMITIVE_INSTANT] = PATH_DATETIME,
        [PRIMITIVE_TIME] = PATH_TIME,
        [PRIMITIVE_DECIMAL] = PATH_DECIMAL,
        [PRIMITIVE_INTEGER] = PATH_INTEGER,
        [PRIMITIVE_POSITIVE_INT] = PATH_INTEGER,
        [PRIMITIVE_UNSIGNED_INT] = PATH_INTEGER,
    };
    Primitive primitive = type < fhir_type_rows ? fhir_types[type].primitive : PRIMITIVE_NONE;
    if (primitive)
        return kinds[primitive] ? kinds[primitive] : PATH_STRING;
    switch (json_type(json)) { /* of no known type */
    case JSON_BOOL: return PATH_BOOLEAN;
    case JSON_STRING: return PATH_STRING;
    case JSON_NUMBER: return PATH_DECIMAL;
    default: return PATH_ELEMENT;
    }
}

static bool read_number(PathItem *value, const JsonValue *json)
{
    if (!json_is(json, JSON_NUMBER) || !decimal_parse(json_str(json), &value->decimal))
        return false;
    if (value->kind == PATH_INTEGER || value->decimal.scale == 0)
        value->kind = decimal_to_i64(value->decimal, &value->integer) ? PATH_INTEGER : PATH_DECIMAL;
    return true;
}

PathItem path_simple(const PathItem *item)
{
    if (item->kind != PATH_ELEMENT || !item->json || json_is(item->json, JSON_OBJECT))
        return *item;
    PathItem value = {.kind = kind_of(item->type, item->json)};
    bool sound = false;
    switch (value.kind) {
    case PATH_BOOLEAN:
        value.boolean = json_bool(item->json);
        sound = json_is(item->json, JSON_BOOL);
        break;
    case PATH_INTEGER:
    case PATH_DECIMAL: sound = read_number(&value, item->json); break;
    case PATH_ELEMENT: break;
    default:
        value.text = json_str(item->json);
        sound = json_is(item->json, JSON_STRING);
        break;
    }
    if (fhir_types[item->type < fhir_type_rows ? item->type : 0].primitive == PRIMITIVE_DECIMAL &&
        sound)
        value.kind = PATH_DECIMAL;
    return sound ? value : *item;
}

/* SPEC R4 fhirpath.html#quantity: the unit is the code, when the system is UCUM. */
PathItem path_value(const PathItem *item)
{
    PathItem value = path_simple(item);
    if (value.kind != PATH_ELEMENT || !json_is(item->json, JSON_OBJECT) ||
        !path_type_is(item->type, fhir_type_any(STR("Quantity"))))
        return value;
    PathItem quantity = {.kind = PATH_QUANTITY};
    JsonValue *number = json_get(item->json, STR("value"));
    if (!json_is(number, JSON_NUMBER) || !decimal_parse(json_str(number), &quantity.decimal))
        return *item;
    Str code = json_get_str(item->json, STR("code")), unit = json_get_str(item->json, STR("unit"));
    quantity.text = code.len ? code : unit.len ? unit : STR("1");
    return quantity;
}

/* ---- children --------------------------------------------------------------------------- */

size_t path_rows(uint16_t type, Str name, const ElementRow **ret_rows)
{
    if (type == 0 || type >= fhir_type_rows)
        return 0;
    const TypeRow *row = &fhir_types[type];
    const ElementRow *found = fhir_element_find(row, name);
    if (found) {
        *ret_rows = found;
        return !(found->flags & ELEMENT_CHOICE); /* valueQuantity is no name of FHIRPath */
    }
    const ElementRow *rows = fhir_elements + row->elements;
    size_t count = 0;
    for (size_t i = 0; i < row->element_count; i++) {
        if ((rows[i].flags & ELEMENT_CHOICE) && str_eq(fhir_pool_str(rows[i].base), name)) {
            if (count++ == 0)
                *ret_rows = &rows[i];
        }
    }
    return count;
}

static Status add_one(PathEval *ev, uint16_t type, JsonValue *value, JsonValue *extra, PathList *to)
{
    PathItem *item;
    if (json_is(value, JSON_NULL))
        value = NULL;
    if (json_is(extra, JSON_NULL))
        extra = NULL;
    if (!value && !extra)
        return STATUS_OK;
    TRY(path_step(ev));
    TRY(path_new(ev, to, &item));
    item->type = path_actual_type(type, value);
    item->json = value;
    item->extra = extra;
    return STATUS_OK;
}

/* Adds what stands under a member: single or array, with its _name. */
static Status path_add_member(PathEval *ev, uint16_t type, JsonValue *value, JsonValue *extra,
                              PathList *to)
{
    if (!json_is(value, JSON_ARRAY) && !json_is(extra, JSON_ARRAY))
        return add_one(ev, type, value, extra, to);
    JsonValue *at, *beside;
    for (PathPairs pairs = path_pairs(value, extra); path_next_pair(&pairs, &at, &beside);)
        TRY(add_one(ev, type, at, beside, to));
    return STATUS_OK;
}

static Status add_row(PathEval *ev, const ElementRow *row, const JsonValue *object, PathList *to)
{
    JsonValue *extra;
    JsonValue *value = json_get_pair(object, fhir_pool_str(row->name), &extra);
    return value || extra ? path_add_member(ev, row->type, value, extra, to) : STATUS_OK;
}

/* Where an element keeps its children: a primitive in its _name. */
static JsonValue *object_of(const PathItem *item)
{
    return json_is(item->json, JSON_OBJECT) ? item->json : item->extra;
}

static Status system_member(PathEval *ev, const PathItem *item, Str name, PathList *to)
{
    if (item->kind == PATH_TYPE && str_eq(name, STR("name")))
        return path_add_string(ev, to, item->text);
    if (item->kind == PATH_TYPE && str_eq(name, STR("namespace")))
        return path_add_string(ev, to, item->boolean ? STR("FHIR") : STR("System"));
    if (item->kind == PATH_QUANTITY && str_eq(name, STR("value")))
        return path_add_decimal(ev, to, item->decimal);
    if (item->kind == PATH_QUANTITY && str_eq(name, STR("unit")))
        return path_add_string(ev, to, item->text);
    return STATUS_OK;
}

Status path_children_named(PathEval *ev, const PathItem *item, Str name, PathList *to)
{
    if (item->kind != PATH_ELEMENT)
        return system_member(ev, item, name, to);
    JsonValue *object = object_of(item);
    if (object != item->json && item->json && str_eq(name, STR("value"))) {
        PathItem value = path_simple(item);
        return path_add(ev, to, &value);
    }
    if (!object)
        return STATUS_OK;
    TRY(path_step(ev));
    const ElementRow *rows = NULL;
    size_t count = path_rows(item->type, name, &rows);
    for (size_t i = 0; i < count; i++)
        TRY(add_row(ev, &rows[i], object, to));
    if (count || item->type)
        return STATUS_OK;
    JsonValue *extra;
    JsonValue *value = json_get_pair(object, name, &extra);
    return path_add_member(ev, 0, value, extra, to);
}

Status path_children(PathEval *ev, const PathItem *item, PathList *to)
{
    if (item->kind != PATH_ELEMENT)
        return STATUS_OK;
    const JsonValue *object = object_of(item);
    Str name;
    JsonValue *value, *extra;
    for (JsonIter it = json_iter(object); json_next(&it, &name, &value);) {
        TRY(path_step(ev));
        if (str_eq(name, STR("resourceType")))
            continue;
        if (name.len && name.at[0] == '_') {
            name = str_from(name, 1);
            if (json_get(object, name))
                continue; /* comes with its value */
            extra = value;
            value = NULL;
        } else {
            value = json_get_pair(object, name, &extra);
        }
        const TypeRow *type = &fhir_types[item->type < fhir_type_rows ? item->type : 0];
        const ElementRow *row = item->type ? fhir_element_find(type, name) : NULL;
        TRY(path_add_member(ev, row ? row->type : 0, value, extra, to));
    }
    return STATUS_OK;
}

/* In document order; the depth of what json_parse accepts is bounded. */
Status path_descendants(PathEval *ev, const PathItem *item, PathList *to)
{
    PATH_LIST(children, 2);
    TRY(path_children(ev, item, &children));
    for (size_t i = 0; i < children.count; i++) {
        TRY(path_add(ev, to, &children.items[i]));
        TRY(path_descendants(ev, &children.items[i], to));
    }
    return STATUS_OK;
}
