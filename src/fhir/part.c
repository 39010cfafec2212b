/* fhir/part.c - a part of a resource: what a caller gets who may not see all of it.
 *
 * SPEC R4 search.html#summary */
#include "fhir/lookup.h"

static bool is_in(const Str *names, size_t count, Str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(names[i], name))
            return true;
    }
    return false;
}

/* Whether one path is the other, or leads to it: "content" and "content.attachment.data". */
static bool leads_to(Str path, Str to)
{
    return str_has_prefix(to, path) && (to.len == path.len || to.at[path.len] == '.');
}

/* An element at the top. */
static bool is_kept(const FhirPart *part, const ElementRow *row)
{
    Str base = fhir_pool_str(row->base);
    if (str_eq(base, STR("id")) || str_eq(base, STR("meta")))
        return true;
    if (str_eq(base, STR("text")) || str_eq(base, STR("contained")) ||
        is_in(part->drop, part->drop_count, base))
        return false;
    return !part->summary || row->flags & (ELEMENT_SUMMARY | ELEMENT_MANDATORY) ||
           is_in(part->keep, part->keep_count, base);
}

static const ElementRow *row_of(const TypeRow *type, Str name)
{
    return fhir_element_find(type, name.len && name.at[0] == '_' ? str_from(name, 1) : name);
}

static bool has_drops_below(const FhirPart *part, Str path)
{
    for (size_t i = 0; i < part->drop_count; i++) {
        if (leads_to(path, part->drop[i]))
            return true;
    }
    return false;
}

/* ---- writing --------------------------------------------------------------------------------- */

typedef struct {
    const FhirPart *part;
    Arena *arena;
    Buf *buf;
} Writer;

static void write_value(Writer *w, const TypeRow *type, Str path, const JsonValue *value);

/* ",name:value", or nothing when nothing of the value is left. */
static void write_pair(Writer *w, const TypeRow *type, Str path, Str name, const JsonValue *value)
{
    size_t before = w->buf->len;
    if (before && w->buf->at[before - 1] != '{')
        buf_add_char(w->buf, ',');
    json_write_string(w->buf, name);
    buf_add_char(w->buf, ':');
    size_t from = w->buf->len;
    write_value(w, type, path, value);
    if (w->buf->len == from && !w->buf->full)
        w->buf->len = before;
}

static void write_object(Writer *w, const TypeRow *type, Str path, const JsonValue *object)
{
    size_t before = w->buf->len;
    Str name;
    JsonValue *value;
    buf_add_char(w->buf, '{');
    for (JsonIter it = json_iter(object); json_next(&it, &name, &value);) {
        const ElementRow *row = row_of(type, name);
        Str base = row ? fhir_pool_str(row->base) : name;
        Str below = arena_format(w->arena, STR_FMT "." STR_FMT, STR_ARG(path), STR_ARG(base));
        if (!below.at)
            w->buf->full = true;
        else if (!is_in(w->part->drop, w->part->drop_count, below))
            write_pair(w, row ? &fhir_types[row->type] : type, below, name, value);
    }
    buf_add_char(w->buf, '}');
    if (w->buf->len == before + 2)
        w->buf->len = before;
}

static void write_array(Writer *w, const TypeRow *type, Str path, const JsonValue *array)
{
    size_t before = w->buf->len;
    JsonValue *item;
    buf_add_char(w->buf, '[');
    for (JsonIter it = json_iter(array); json_next(&it, NULL, &item);) {
        size_t comma = w->buf->len;
        if (comma > before + 1)
            buf_add_char(w->buf, ',');
        size_t from = w->buf->len;
        write_value(w, type, path, item);
        if (w->buf->len == from && !w->buf->full)
            w->buf->len = comma;
    }
    buf_add_char(w->buf, ']');
    if (w->buf->len == before + 2)
        w->buf->len = before;
}

static void write_value(Writer *w, const TypeRow *type, Str path, const JsonValue *value)
{
    bool whole = !has_drops_below(w->part, path);
    if (!whole && json_is(value, JSON_OBJECT))
        write_object(w, type, path, value);
    else if (!whole && json_is(value, JSON_ARRAY))
        write_array(w, type, path, value);
    else
        json_write(w->buf, value, false);
}

Status fhir_part(Ctx *cx, const FhirPart *part, Str body, Buf *out)
{
    JsonValue *resource, *value;
    Str name;
    TRY(json_parse(cx, body, &resource));
    Str type_name = json_get_str(resource, STR("resourceType"));
    uint16_t type = fhir_type_find(type_name);
    if (!type)
        return ctx_fail(cx, STATUS_INTERNAL, STR_EMPTY, "A stored body is not a resource.");
    Writer w = {part, cx->arena, out};
    buf_add_lit(out, "{\"resourceType\":");
    json_write_string(out, type_name);
    JsonValue *id = json_get(resource, STR("id"));
    if (id)
        write_pair(&w, &fhir_types[type], STR("id"), STR("id"), id);
    buf_add_lit(out, ",\"meta\":");
    fhir_write_meta_subsetted(out, json_get(resource, STR("meta")), true);
    for (JsonIter it = json_iter(resource); json_next(&it, &name, &value);) {
        const ElementRow *row = row_of(&fhir_types[type], name);
        if (!row || str_eq(name, STR("id")) || str_eq(name, STR("meta")) || !is_kept(part, row))
            continue;
        write_pair(&w, &fhir_types[row->type], fhir_pool_str(row->base), name, value);
    }
    buf_add_char(out, '}');
    return buf_done(out);
}

/* ---- asking ------------------------------------------------------------------------------------
 */

bool fhir_part_has(const FhirPart *part, uint16_t type, Str path)
{
    const ElementRow *rows = fhir_elements + fhir_types[type].elements;
    Str rest = path, first = str_cut(&rest, '.');
    for (size_t i = 0; i < part->drop_count; i++) {
        if (leads_to(part->drop[i], path) || leads_to(path, part->drop[i]))
            return false;
    }
    for (size_t i = 0; i < fhir_types[type].element_count; i++) {
        if (str_eq(fhir_pool_str(rows[i].base), first) ||
            str_eq(fhir_pool_str(rows[i].name), first))
            return is_kept(part, &rows[i]);
    }
    return false;
}
