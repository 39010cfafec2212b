/* tools/gen_definitions.c - turns HL7's FHIR R4 definition files into C tables.
 *
 *   gen_definitions FOLDER OUTPUT.c
 *
 * The pinned package adds elements of its own to some resources. HL7's list of data
 * elements in the same package is untouched, so it decides: an element that holds a value
 * counts when that list has it, with the list's cardinality, types and binding; an element
 * that only groups others counts when one of its parts does. (docs/adr/0020) */
#include "gen_definitions.h"

#include <ctype.h>
#include <stdarg.h>

enum { ELEMENTS_OF_TYPE_MAX = 512, POOL_MAX = 4 << 20, POOL_SLOTS = 1 << 17 };

void gen_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("gen_definitions: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

/* ---- input --------------------------------------------------------------------------- */

static JsonValue *load(Gen *gen, const char *name)
{
    Str path = arena_format(gen->arena, "%s/%s", gen->folder, name);
    FILE *file = fopen(path.at, "rb");
    if (!file)
        gen_die("%s cannot be read; ./setup fetches the definitions", path.at);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = arena_alloc_raw(gen->arena, (size_t)size + JSON_PADDING);
    JsonValue *root;
    if (size <= 0 || !text || fread(text, 1, (size_t)size, file) != (size_t)size ||
        json_parse_in_place(&gen->cx, text, (size_t)size, &root) != STATUS_OK)
        gen_die("%s is not what it should be", path.at);
    fclose(file);
    return json_get(root, STR("entry"));
}

bool gen_next_resource(JsonIter *it, Str type, JsonValue **ret_resource)
{
    JsonValue *entry;
    while (json_next(it, NULL, &entry)) {
        JsonValue *resource = json_get(entry, STR("resource"));
        if (str_eq(json_get_str(resource, STR("resourceType")), type)) {
            *ret_resource = resource;
            return true;
        }
    }
    return false;
}

/* ---- pool and small tables ----------------------------------------------------------- */

Str gen_pool_str(const Gen *gen, uint32_t at)
{
    const unsigned char *p = (const unsigned char *)gen->pool + at;
    return str_n((const char *)p + 2, (size_t)(p[0] | p[1] << 8));
}

uint32_t gen_pool(Gen *gen, Str s)
{
    size_t slot = fhir_hash(s) % POOL_SLOTS;
    for (; gen->pool_slots[slot]; slot = (slot + 1) % POOL_SLOTS) {
        if (str_eq(gen_pool_str(gen, gen->pool_slots[slot]), s))
            return gen->pool_slots[slot];
    }
    if (gen->pool_len + s.len + 2 > POOL_MAX)
        gen_die("the pool of names is full");
    uint32_t at = (uint32_t)gen->pool_len;
    gen->pool[at] = (char)(s.len & 255);
    gen->pool[at + 1] = (char)(s.len >> 8);
    memcpy(gen->pool + at + 2, s.at, s.len);
    gen->pool_len += s.len + 2;
    gen->pool_slots[slot] = at;
    return at;
}

void gen_write_c_string(Gen *gen, Str s)
{
    fputc('"', gen->out);
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '?')
            fprintf(gen->out, "\\%03o", c);
        else
            fputc(c, gen->out);
    }
    fputc('"', gen->out);
}

void gen_write_u16s(Gen *gen, const char *name, const uint16_t *values, size_t n)
{
    fprintf(gen->out, "const uint16_t %s[] = {", name);
    for (size_t i = 0; i < n; i++)
        fprintf(gen->out, "%s%u,", i % 24 ? "" : "\n", values[i]);
    fprintf(gen->out, "\n0};\n\n");
}

uint16_t gen_slots(const Str *names, size_t n, size_t room_min, uint16_t *slots)
{
    size_t room = 2;
    while (room < room_min || room <= n)
        room *= 2;
    memset(slots, 0, room * sizeof(*slots));
    for (size_t i = 0; i < n; i++) {
        size_t slot = fhir_hash(names[i]) & (room - 1);
        while (slots[slot])
            slot = (slot + 1) & (room - 1);
        slots[slot] = (uint16_t)(i + 1);
    }
    return (uint16_t)(room - 1);
}

/* ---- types --------------------------------------------------------------------------- */

/* The patterns that src/fhir/primitive.c implements by hand; a definition that says
 * otherwise stops the build. SPEC R4 datatypes.html */
static const struct {
    const char *name, *pattern;
    Primitive primitive;
} primitives[] = {
#define YEAR  "([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
#define MONTH "(0[1-9]|1[0-2])"
#define DAY   "(0[1-9]|[1-2][0-9]|3[0-1])"
#define CLOCK "([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?"
#define ZONE  "(Z|(\\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
    {"base64Binary", "(\\s*([0-9a-zA-Z\\+/=]){4}\\s*)+", PRIMITIVE_BASE64_BINARY},
    {"boolean", "true|false", PRIMITIVE_BOOLEAN},
    {"canonical", "\\S*", PRIMITIVE_CANONICAL},
    {"code", "[^\\s]+(\\s[^\\s]+)*", PRIMITIVE_CODE},
    {"date", YEAR "(-" MONTH "(-" DAY ")?)?", PRIMITIVE_DATE},
    {"dateTime", YEAR "(-" MONTH "(-" DAY "(T" CLOCK ZONE ")?)?)?", PRIMITIVE_DATE_TIME},
    {"decimal", "-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?", PRIMITIVE_DECIMAL},
    {"id", "[A-Za-z0-9\\-\\.]{1,64}", PRIMITIVE_ID},
    {"instant", YEAR "-" MONTH "-" DAY "T" CLOCK ZONE, PRIMITIVE_INSTANT},
    {"integer", "-?([0]|([1-9][0-9]*))", PRIMITIVE_INTEGER},
    {"markdown", "[ \\r\\n\\t\\S]+", PRIMITIVE_MARKDOWN},
    {"oid", "urn:oid:[0-2](\\.(0|[1-9][0-9]*))+", PRIMITIVE_OID},
    {"positiveInt", "[1-9][0-9]*", PRIMITIVE_POSITIVE_INT},
    {"string", "[ \\r\\n\\t\\S]+", PRIMITIVE_STRING},
    {"time", CLOCK, PRIMITIVE_TIME},
    {"unsignedInt", "[0]|([1-9][0-9]*)", PRIMITIVE_UNSIGNED_INT},
    {"uri", "\\S*", PRIMITIVE_URI},
    {"url", "\\S*", PRIMITIVE_URL},
    {"uuid", "urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
     PRIMITIVE_UUID},
    {"xhtml", "", PRIMITIVE_XHTML},
};

uint16_t gen_type(const Gen *gen, Str name)
{
    for (uint16_t i = 1; i <= gen->type_count; i++) {
        if (str_eq(gen->type_list[i].name, name))
            return i;
    }
    return 0;
}

static Type *add_type(Gen *gen, Str name, TypeKind kind)
{
    if (gen->type_count + 1 >= TYPES_MAX)
        gen_die("too many types");
    Type *type = &gen->type_list[++gen->type_count];
    *type = (Type){.name = name, .kind = kind};
    type->elements = arena_array_of(gen->arena, Element, ELEMENTS_OF_TYPE_MAX);
    return type;
}

static JsonValue *snapshot(const JsonValue *definition)
{
    return json_get(json_get(definition, STR("snapshot")), STR("element"));
}

static Str element_path(const JsonValue *element)
{
    return json_get_str(element, STR("path"));
}

/* The pattern that a primitive type's value element carries in an extension. */
static Str primitive_pattern(const JsonValue *definition)
{
    JsonValue *element, *type, *extension;
    for (JsonIter it = json_iter(snapshot(definition)); json_next(&it, NULL, &element);) {
        if (!str_has_suffix(element_path(element), STR(".value")))
            continue;
        type = json_item(json_get(element, STR("type")), 0);
        for (JsonIter x = json_iter(json_get(type, STR("extension")));
             json_next(&x, NULL, &extension);) {
            if (str_eq(json_get_str(extension, STR("url")),
                       STR("http://hl7.org/fhir/StructureDefinition/regex")))
                return json_get_str(extension, STR("valueString"));
        }
    }
    return STR_EMPTY;
}

static Primitive known_primitive(const JsonValue *definition, Str name)
{
    for (size_t i = 0; i < COUNT_OF(primitives); i++) {
        if (!str_eq(name, str_of(primitives[i].name)))
            continue;
        if (!str_eq(primitive_pattern(definition), str_of(primitives[i].pattern)))
            gen_die("the pattern of the type " STR_FMT " is not the one that is implemented",
                    STR_ARG(name));
        return primitives[i].primitive;
    }
    gen_die("the primitive type " STR_FMT " is not implemented", STR_ARG(name));
}

/* ---- which elements count ------------------------------------------------------------- */

/* The untouched data element of that path, NULL when HL7 has none. */
static JsonValue *data_element(Gen *gen, Str path)
{
    static JsonValue **slots;
    enum { SLOTS = 1 << 15 };
    if (!slots) {
        slots = arena_array_of(gen->arena, JsonValue *, SLOTS);
        JsonValue *definition, *element;
        for (JsonIter it = json_iter(gen->data_elements);
             gen_next_resource(&it, STR("StructureDefinition"), &definition);) {
            for (JsonIter e = json_iter(snapshot(definition)); json_next(&e, NULL, &element);) {
                size_t slot = fhir_hash(element_path(element)) % SLOTS;
                while (slots[slot])
                    slot = (slot + 1) % SLOTS;
                slots[slot] = element;
            }
        }
    }
    for (size_t slot = fhir_hash(path) % SLOTS; slots[slot]; slot = (slot + 1) % SLOTS) {
        if (str_eq(element_path(slots[slot]), path))
            return slots[slot];
    }
    return NULL;
}

/* The list is keyed by "de-" and the path, cut at the 64 characters of an id; of several
 * paths that are alike up to there it holds only one. */
static bool is_lost_by_its_length(Gen *gen, Str path)
{
    enum { ID_MAX = 64, PREFIX = 3 };
    JsonValue *data;
    if (path.len + PREFIX <= ID_MAX)
        return false;
    for (JsonIter it = json_iter(gen->data_elements);
         gen_next_resource(&it, STR("StructureDefinition"), &data);) {
        Str id = str_from(json_get_str(data, STR("id")), PREFIX);
        if (id.len + PREFIX == ID_MAX && str_has_prefix(path, id))
            return true;
    }
    return false;
}

static Str last_name(Str path)
{
    size_t dot = path.len;
    while (dot && path.at[dot - 1] != '.')
        dot--;
    return str_from(path, dot);
}

static Str parent_path(Str path)
{
    Str last = last_name(path);
    return last.len == path.len ? STR_EMPTY : str_head(path, path.len - last.len - 1);
}

/* id, extension, meta and the like come with every type and are in no list. */
static bool is_inherited(const JsonValue *element)
{
    Str owner = parent_path(json_get_str(json_get(element, STR("base")), STR("path")));
    return str_eq(owner, STR("Element")) || str_eq(owner, STR("BackboneElement")) ||
           str_eq(owner, STR("Resource")) || str_eq(owner, STR("DomainResource"));
}

static bool is_group(const JsonValue *element)
{
    Str code = json_get_str(json_item(json_get(element, STR("type")), 0), STR("code"));
    return str_eq(code, STR("BackboneElement")) || str_eq(code, STR("Element"));
}

/* A group counts when some part of it, at any depth, is a data element or repeats other
 * content. */
static bool group_counts(Gen *gen, const JsonValue *definition, Str path)
{
    JsonValue *element;
    for (JsonIter it = json_iter(snapshot(definition)); json_next(&it, NULL, &element);) {
        Str other = element_path(element);
        if (other.len > path.len && str_has_prefix(other, path) && other.at[path.len] == '.' &&
            !is_inherited(element) &&
            (data_element(gen, other) || json_get(element, STR("contentReference"))))
            return true;
    }
    return false;
}

/* What describes an element: HL7's own row, or the snapshot's where there is no other;
 * NULL for what the package has added. */
static JsonValue *element_source(Gen *gen, const JsonValue *definition, JsonValue *element)
{
    Str path = element_path(element);
    JsonValue *data = is_inherited(element) ? element : data_element(gen, path);
    if (data)
        return data;
    if (json_get(element, STR("contentReference")))
        return element;
    if (is_group(element))
        return group_counts(gen, definition, path) ? element : NULL;
    Str origin = json_get_str(json_get(element, STR("base")), STR("path"));
    if (!str_eq(origin, path))
        return data_element(gen, origin);
    return is_lost_by_its_length(gen, path) ? element : NULL;
}

static bool definition_counts(Gen *gen, const JsonValue *definition)
{
    Str kind = json_get_str(definition, STR("kind"));
    if (json_bool(json_get(definition, STR("abstract"))) || str_eq(kind, STR("logical")) ||
        str_eq(json_get_str(definition, STR("derivation")), STR("constraint")))
        return false;
    if (str_eq(kind, STR("primitive-type")))
        return true;
    JsonValue *element;
    for (JsonIter it = json_iter(snapshot(definition)); json_next(&it, NULL, &element);) {
        JsonValue *source = element_source(gen, definition, element);
        if (source && source != element)
            return true;
    }
    return false;
}

/* ---- elements -------------------------------------------------------------------------- */

/* The name of the FHIR type that an element's type row names. */
static Str type_code(const JsonValue *element, const JsonValue *type)
{
    Str code = json_get_str(type, STR("code"));
    if (!str_has_prefix(code, STR("http://hl7.org/fhirpath/")))
        return code;
    if (str_eq(json_get_str(json_get(element, STR("base")), STR("path")), STR("Resource.id")))
        return STR("id"); /* SPEC R4 resource.html#id; the snapshot says string */
    Str url = json_get_str(json_item(json_get(type, STR("extension")), 0), STR("valueUrl"));
    return url.len ? url : STR("string"); /* xhtml.id says nothing */
}

static uint16_t add_targets(Gen *gen, const JsonValue *type)
{
    JsonValue *profile;
    size_t first = gen->target_count;
    for (JsonIter it = json_iter(json_get(type, STR("targetProfile")));
         json_next(&it, NULL, &profile);) {
        Str url = json_str(profile);
        size_t slash = url.len;
        while (slash && url.at[slash - 1] != '/')
            slash--;
        Str name = str_from(url, slash);
        if (str_eq(name, STR("Resource"))) {
            gen->target_count = first;
            return 0;
        }
        uint16_t target = gen_type(gen, name);
        if (!target || target > gen->resource_count)
            gen_die("unknown reference target " STR_FMT, STR_ARG(name));
        gen->target_list[gen->target_count++] = target;
    }
    if (gen->target_count == first)
        return 0;
    gen->target_list[gen->target_count++] = 0;
    return (uint16_t)first;
}

static uint16_t required_binding(Gen *gen, const JsonValue *element, Str type)
{
    JsonValue *binding = json_get(element, STR("binding"));
    if (!str_eq(json_get_str(binding, STR("strength")), STR("required")))
        return 0;
    if (!str_eq(type, STR("code")) && !str_eq(type, STR("CodeableConcept")) &&
        !str_eq(type, STR("Coding")))
        return 0;
    Str url = json_get_str(binding, STR("valueSet"));
    return gen_binding(gen, str_head(url, str_index(url, '|')));
}

static void add_element(Gen *gen, Type *owner, const Element *like, Str type, bool choice)
{
    if (owner->element_count == ELEMENTS_OF_TYPE_MAX)
        gen_die("too many elements in " STR_FMT, STR_ARG(owner->name));
    Element *element = &owner->elements[owner->element_count++];
    *element = *like;
    element->type = type;
    element->name = like->base;
    if (choice) {
        Str name = arena_format(gen->arena, STR_FMT STR_FMT, STR_ARG(like->base), STR_ARG(type));
        ((char *)name.at)[like->base.len] = (char)toupper((unsigned char)type.at[0]);
        element->name = name;
        element->flags |= ELEMENT_CHOICE;
    }
}

static void collect_element(Gen *gen, Type *owner, const JsonValue *snapshot_row,
                            const JsonValue *source)
{
    if (str_eq(json_get_str(source, STR("max")), STR("0")))
        return;
    Str path = element_path(snapshot_row), last = last_name(path);
    if (owner->kind == KIND_PRIMITIVE && str_eq(last, STR("value")))
        return; /* what stands beside a primitive in _name is the rest of it */
    bool choice = str_has_suffix(last, STR("[x]"));
    Element like = {.base = choice ? str_head(last, last.len - 3) : last};
    like.group = owner->group_count++;
    if (like.group >= GROUPS_MAX)
        gen_die("too many elements in " STR_FMT, STR_ARG(owner->name));
    if (!str_eq(json_get_str(source, STR("max")), STR("1")))
        like.flags |= ELEMENT_ARRAY;
    if (!str_eq(json_str(json_get(source, STR("min"))), STR("0")))
        like.flags |= ELEMENT_MANDATORY;
    if (json_bool(json_get(source, STR("isSummary"))))
        like.flags |= ELEMENT_SUMMARY;
    if (json_bool(json_get(source, STR("isModifier"))))
        like.flags |= ELEMENT_MODIFIER;
    Str content = json_get_str(source, STR("contentReference"));
    if (content.len) {
        add_element(gen, owner, &like, str_from(content, 1), false);
        return;
    }
    if (is_group(source)) {
        add_element(gen, owner, &like, path, false);
        return;
    }
    JsonValue *type;
    for (JsonIter it = json_iter(json_get(source, STR("type"))); json_next(&it, NULL, &type);) {
        Str code = type_code(source, type);
        like.targets = str_eq(code, STR("Reference")) ? add_targets(gen, type) : 0;
        like.binding = required_binding(gen, source, code);
        add_element(gen, owner, &like, code, choice);
    }
}

static Type *owner_of(Gen *gen, Str path)
{
    uint16_t type = gen_type(gen, parent_path(path));
    return type ? &gen->type_list[type] : NULL;
}

/* HL7's data elements that the package has dropped from a type. */
static void collect_dropped(Gen *gen, const JsonValue *definition, Str name)
{
    JsonValue *data, *element, *row;
    for (JsonIter it = json_iter(gen->data_elements);
         gen_next_resource(&it, STR("StructureDefinition"), &data);) {
        row = json_item(snapshot(data), 0);
        Str path = element_path(row);
        if (!str_has_prefix(path, name) || path.len <= name.len || path.at[name.len] != '.')
            continue;
        bool there = false;
        for (JsonIter e = json_iter(snapshot(definition)); !there && json_next(&e, NULL, &element);)
            there = str_eq(element_path(element), path);
        Type *owner = there ? NULL : owner_of(gen, path);
        if (owner)
            collect_element(gen, owner, row, row);
    }
}

static void collect_elements(Gen *gen, const JsonValue *definition)
{
    Str name = json_get_str(definition, STR("type"));
    JsonValue *element;
    /* Groups first: they are types that others name. */
    for (JsonIter it = json_iter(snapshot(definition)); json_next(&it, NULL, &element);) {
        Str path = element_path(element);
        if (!str_eq(path, name) && is_group(element) && element_source(gen, definition, element))
            add_type(gen, path, KIND_BACKBONE)->parent =
                json_get_str(json_item(json_get(element, STR("type")), 0), STR("code"));
    }
    for (JsonIter it = json_iter(snapshot(definition)); json_next(&it, NULL, &element);) {
        JsonValue *source = element_source(gen, definition, element);
        Type *owner = owner_of(gen, element_path(element));
        if (source && owner)
            collect_element(gen, owner, element, source);
    }
    collect_dropped(gen, definition, name);
}

/* ---- all of them ----------------------------------------------------------------------- */

static int compare_types(const void *a, const void *b)
{
    return str_cmp(((const Type *)a)->name, ((const Type *)b)->name);
}

static Str base_name(const JsonValue *definition)
{
    Str url = json_get_str(definition, STR("baseDefinition"));
    size_t slash = url.len;
    while (slash && url.at[slash - 1] != '/')
        slash--;
    return str_from(url, slash);
}

static void add_abstract(Gen *gen, JsonValue *entries)
{
    JsonValue *definition;
    for (JsonIter it = json_iter(entries);
         gen_next_resource(&it, STR("StructureDefinition"), &definition);) {
        Str name = json_get_str(definition, STR("type"));
        if (!json_bool(json_get(definition, STR("abstract"))) ||
            str_eq(json_get_str(definition, STR("derivation")), STR("constraint")) ||
            str_eq(name, STR("Resource")))
            continue;
        if (gen->abstract_count == ABSTRACT_MAX)
            gen_die("too many abstract types");
        gen->abstract[gen->abstract_count++] =
            (Type){.name = name, .parent = base_name(definition)};
    }
}

static void add_types_of(Gen *gen, JsonValue *entries, const char *kind, TypeKind as)
{
    uint16_t first = (uint16_t)(gen->type_count + 1);
    JsonValue *definition;
    for (JsonIter it = json_iter(entries);
         gen_next_resource(&it, STR("StructureDefinition"), &definition);) {
        if (!str_eq(json_get_str(definition, STR("kind")), str_of(kind)) ||
            !definition_counts(gen, definition))
            continue;
        Str name = json_get_str(definition, STR("type"));
        Type *type = add_type(gen, name, as);
        type->parent = base_name(definition);
        if (as == KIND_PRIMITIVE)
            type->primitive = known_primitive(definition, name);
    }
    qsort(gen->type_list + first, (size_t)(gen->type_count + 1 - first), sizeof(Type),
          compare_types);
}

static void collect_all(Gen *gen, JsonValue *entries)
{
    JsonValue *definition;
    for (JsonIter it = json_iter(entries);
         gen_next_resource(&it, STR("StructureDefinition"), &definition);) {
        if (definition_counts(gen, definition))
            collect_elements(gen, definition);
    }
}

static void collect(Gen *gen)
{
    add_types_of(gen, gen->resources, "resource", KIND_RESOURCE);
    gen->resource_count = gen->type_count;
    add_types_of(gen, gen->types, "complex-type", KIND_COMPLEX);
    add_types_of(gen, gen->types, "primitive-type", KIND_PRIMITIVE);
    add_type(gen, STR("Resource"), KIND_ANY_RESOURCE);
    add_abstract(gen, gen->types);
    add_abstract(gen, gen->resources);
    collect_all(gen, gen->types);
    collect_all(gen, gen->resources);
}

/* ---- output ---------------------------------------------------------------------------- */

static void write_type(Gen *gen, const Type *type, size_t *element_at, size_t *slot_at,
                       uint16_t *slots)
{
    Str names[ELEMENTS_OF_TYPE_MAX];
    uint64_t mandatory = 0;
    for (size_t i = 0; i < type->element_count; i++) {
        names[i] = type->elements[i].name;
        if (type->elements[i].flags & ELEMENT_MANDATORY)
            mandatory |= (uint64_t)1 << type->elements[i].group;
    }
    uint16_t mask =
        gen_slots(names, type->element_count, 2 * type->element_count, slots + *slot_at);
    fprintf(gen->out, "{0x%llx,%u,%zu,%u,%zu,%zu,%d,%d},\n", (unsigned long long)mandatory,
            gen_pool(gen, type->name), *slot_at, mask, *element_at, type->element_count, type->kind,
            type->primitive);
    *element_at += type->element_count;
    *slot_at += (size_t)mask + 1;
}

static void write_elements(Gen *gen)
{
    fputs("const ElementRow fhir_elements[] = {{0},\n", gen->out);
    for (uint16_t t = 1; t <= gen->type_count; t++) {
        const Type *type = &gen->type_list[t];
        for (size_t i = 0; i < type->element_count; i++) {
            const Element *e = &type->elements[i];
            uint16_t number = gen_type(gen, e->type);
            if (!number)
                gen_die("unknown type " STR_FMT " in " STR_FMT, STR_ARG(e->type),
                        STR_ARG(type->name));
            fprintf(gen->out, "{%u,%u,%u,%u,%u,%u,%u},\n", gen_pool(gen, e->name),
                    gen_pool(gen, e->base), number, e->binding, e->targets, e->group, e->flags);
        }
    }
    fputs("};\n\n", gen->out);
}

static void write_types(Gen *gen)
{
    size_t element_at = 1, slot_at = 0;
    uint16_t *slots = arena_array_of(gen->arena, uint16_t, 4 * ELEMENTS_MAX);
    fputs("const TypeRow fhir_types[] = {{0},\n", gen->out);
    for (uint16_t i = 1; i <= gen->type_count; i++)
        write_type(gen, &gen->type_list[i], &element_at, &slot_at, slots);
    fputs("};\n\n", gen->out);
    gen_write_u16s(gen, "fhir_slots", slots, slot_at);
    Str names[512];
    size_t named = 0;
    while (named < gen->type_count && gen->type_list[named + 1].kind != KIND_ANY_RESOURCE) {
        names[named] = gen->type_list[named + 1].name;
        named++;
    }
    uint16_t mask = gen_slots(names, named, 2 * named, slots);
    gen_write_u16s(gen, "fhir_type_slots", slots, (size_t)mask + 1);
    fprintf(gen->out,
            "const uint16_t fhir_type_slot_mask = %u;\nconst uint16_t fhir_type_rows = %u;\n"
            "const uint16_t fhir_resource_count = %u;\n\n",
            mask, gen->type_count + 1, gen->resource_count);
    gen_write_u16s(gen, "fhir_targets", gen->target_list, gen->target_count);
}

/* Numbers of abstract types follow those of the types that have rows. */
static uint16_t parent_number(const Gen *gen, const Type *type)
{
    uint16_t number = gen_type(gen, type->parent);
    if (number || !type->parent.len)
        return number;
    for (uint16_t i = 0; i < gen->abstract_count; i++) {
        if (str_eq(gen->abstract[i].name, type->parent))
            return (uint16_t)(gen->type_count + 1 + i);
    }
    gen_die("unknown base type " STR_FMT, STR_ARG(type->parent));
}

static void write_parents(Gen *gen)
{
    uint16_t *parents = arena_array_of(gen->arena, uint16_t, TYPES_MAX + ABSTRACT_MAX);
    for (uint16_t i = 1; i <= gen->type_count; i++)
        parents[i] = parent_number(gen, &gen->type_list[i]);
    fputs("const uint32_t fhir_abstract_names[] = {", gen->out);
    for (uint16_t i = 0; i < gen->abstract_count; i++) {
        parents[gen->type_count + 1 + i] = parent_number(gen, &gen->abstract[i]);
        fprintf(gen->out, "%u,", gen_pool(gen, gen->abstract[i].name));
    }
    fprintf(gen->out, "};\nconst uint16_t fhir_abstract_count = %u;\n", gen->abstract_count);
    gen_write_u16s(gen, "fhir_type_parents", parents,
                   (size_t)gen->type_count + 1 + gen->abstract_count);
}

static void write_pool(Gen *gen)
{
    fputs("const char fhir_pool[] =\n", gen->out);
    for (size_t at = 0; at < gen->pool_len; at += 80) {
        size_t len = gen->pool_len - at;
        gen_write_c_string(gen, str_n(gen->pool + at, len < 80 ? len : 80));
        fputc('\n', gen->out);
    }
    fputs(";\n", gen->out);
}

static Gen gen_init(const char *folder)
{
    Gen gen = {.arena = arena_new((size_t)2 << 30, false), .folder = folder};
    gen.cx.arena = gen.arena;
    gen.type_list = arena_array_of(gen.arena, Type, TYPES_MAX);
    gen.target_list = arena_array_of(gen.arena, uint16_t, TARGETS_MAX);
    gen.target_count = 1;
    gen.binding_urls = arena_array_of(gen.arena, Str, BINDINGS_MAX);
    gen.bindings = arena_array_of(gen.arena, BindingRow, BINDINGS_MAX);
    gen.codes = arena_array_of(gen.arena, uint16_t, CODES_MAX);
    gen.pool = arena_alloc(gen.arena, POOL_MAX);
    gen.pool_len = 2; /* offset 0 is the empty string */
    gen.pool_slots = arena_array_of(gen.arena, uint32_t, POOL_SLOTS);
    return gen;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        gen_die("usage: gen_definitions FOLDER OUTPUT.c");
    Gen gen = gen_init(argv[1]);
    gen.resources = load(&gen, "profiles-resources.json");
    gen.types = load(&gen, "profiles-types.json");
    gen.values = load(&gen, "valuesets.json");
    gen.v3 = load(&gen, "v3-codesystems.json");
    gen.v2 = load(&gen, "v2-tables.json");
    gen.params = load(&gen, "search-parameters.json");
    gen.data_elements = load(&gen, "dataelements.json");
    gen.out = fopen(argv[2], "w");
    if (!gen.out)
        gen_die("%s cannot be written", argv[2]);
    fputs("/* Made by tools/gen_definitions.c from HL7's FHIR R4 definitions (CC0). */\n"
          "#include \"fhir/codes.h\"\n#include \"fhir/tables.h\"\n\n",
          gen.out);
    gen_collect_codes(&gen);
    collect(&gen);
    write_elements(&gen);
    write_types(&gen);
    write_parents(&gen);
    gen_write_codes(&gen);
    gen_write_bindings(&gen);
    gen_write_search(&gen);
    gen_write_compartments(&gen);
    write_pool(&gen);
    if (ferror(gen.out) || fclose(gen.out) != 0)
        gen_die("%s cannot be written", argv[2]);
    arena_free(gen.arena);
    return 0;
}
