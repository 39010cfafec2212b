/* fhir/write.c - a resource as it is stored and answered, and the views of it.
 *
 * SPEC R4 resource.html#Meta, search.html#summary, search.html#elements */
#include "fhir/lookup.h"

/* ---- stored form ------------------------------------------------------------------------- */

static void write_member(Buf *buf, Str name, const JsonValue *value)
{
    buf_add_char(buf, ',');
    json_write_string(buf, name);
    buf_add_char(buf, ':');
    json_write(buf, value, false);
}

/* security.at = NULL: as it stands in meta. */
static void write_meta(Buf *buf, const JsonValue *meta, uint32_t version, Time updated,
                       Str security)
{
    char instant[TIME_INSTANT_LEN];
    buf_add_lit(buf, ",\"meta\":{\"versionId\":\"");
    buf_add_u64(buf, version);
    buf_add_lit(buf, "\",\"lastUpdated\":\"");
    buf_add_str(buf, time_format_instant(updated, instant));
    buf_add_char(buf, '"');
    Str name = STR_EMPTY;
    JsonValue *value;
    for (JsonIter it = json_iter(meta); json_next(&it, &name, &value);) {
        if (!str_eq(name, STR("versionId")) && !str_eq(name, STR("lastUpdated")) &&
            !(security.at && str_eq(name, STR("security"))))
            write_member(buf, name, value);
    }
    if (security.len) {
        buf_add_lit(buf, ",\"security\":");
        buf_add_str(buf, security);
    }
    buf_add_char(buf, '}');
}

void fhir_write(Buf *buf, const JsonValue *resource, Str id, uint32_t version, Time updated)
{
    fhir_write_labelled(buf, resource, id, version, updated, (Str){0});
}

void fhir_write_labelled(Buf *buf, const JsonValue *resource, Str id, uint32_t version,
                         Time updated, Str security)
{
    buf_add_lit(buf, "{\"resourceType\":");
    json_write_string(buf, json_get_str(resource, STR("resourceType")));
    buf_add_lit(buf, ",\"id\":");
    json_write_string(buf, id);
    write_meta(buf, json_get(resource, STR("meta")), version, updated, security);
    Str name = STR_EMPTY;
    JsonValue *value;
    for (JsonIter it = json_iter(resource); json_next(&it, &name, &value);) {
        if (!str_eq(name, STR("resourceType")) && !str_eq(name, STR("id")) &&
            !str_eq(name, STR("meta")))
            write_member(buf, name, value);
    }
    buf_add_char(buf, '}');
}

/* ---- views ------------------------------------------------------------------------------- */

typedef struct {
    const FhirView *view;
    Buf *buf;
    Str type_name;
} Writer;

/* "name" or "Patient.name", also for "Patient.name.family": no less than asked for. */
static bool is_asked_for(const Writer *w, const ElementRow *row)
{
    Str base = fhir_pool_str(row->base);
    for (size_t i = 0; i < w->view->element_count; i++) {
        Str rest = w->view->elements[i], first = str_cut(&rest, '.');
        if (str_eq(first, w->type_name) && rest.len)
            first = str_cut(&rest, '.');
        if (str_eq(first, base))
            return true;
    }
    return false;
}

static bool is_kept(const Writer *w, const ElementRow *row)
{
    Str base = fhir_pool_str(row->base);
    if (row->flags & ELEMENT_MANDATORY || str_eq(base, STR("id")) || str_eq(base, STR("meta")))
        return true;
    switch (w->view->kind) {
    case FHIR_VIEW_TRUE: return row->flags & ELEMENT_SUMMARY;
    case FHIR_VIEW_TEXT: return str_eq(base, STR("text"));
    case FHIR_VIEW_DATA: return !str_eq(base, STR("text"));
    case FHIR_VIEW_ELEMENTS: return is_asked_for(w, row);
    case FHIR_VIEW_FULL:
    case FHIR_VIEW_COUNT: break;
    }
    return true;
}

/* The row of a member; "_birthDate" goes where birthDate goes. */
static const ElementRow *row_of(const TypeRow *type, Str name)
{
    bool beside = name.len && name.at[0] == '_';
    return fhir_element_find(type, beside ? str_from(name, 1) : name);
}

static void write_summary(Buf *buf, const TypeRow *type, const JsonValue *value);

/* Only marked and mandatory elements, at every level. Primitives are whole. */
static void write_summary_object(Buf *buf, const TypeRow *type, const JsonValue *object)
{
    bool first = true;
    Str name;
    JsonValue *value;
    buf_add_char(buf, '{');
    for (JsonIter it = json_iter(object); json_next(&it, &name, &value);) {
        const ElementRow *row = row_of(type, name);
        if (row && !(row->flags & (ELEMENT_SUMMARY | ELEMENT_MANDATORY)))
            continue;
        if (!first)
            buf_add_char(buf, ',');
        first = false;
        json_write_string(buf, name);
        buf_add_char(buf, ':');
        if (row && name.at[0] != '_')
            write_summary(buf, &fhir_types[row->type], value);
        else
            json_write(buf, value, false);
    }
    buf_add_char(buf, '}');
}

/* Otherwise the object would come out empty, which no element may be. */
static bool has_summary(const TypeRow *type, const JsonValue *object)
{
    Str name;
    JsonValue *value;
    for (JsonIter it = json_iter(object); json_next(&it, &name, &value);) {
        const ElementRow *row = row_of(type, name);
        if (!row || row->flags & (ELEMENT_SUMMARY | ELEMENT_MANDATORY))
            return true;
    }
    return false;
}

static void write_summary(Buf *buf, const TypeRow *type, const JsonValue *value)
{
    if (json_is(value, JSON_ARRAY)) {
        JsonValue *item;
        bool first = true;
        buf_add_char(buf, '[');
        for (JsonIter it = json_iter(value); json_next(&it, NULL, &item); first = false) {
            if (!first)
                buf_add_char(buf, ',');
            write_summary(buf, type, item);
        }
        buf_add_char(buf, ']');
    } else if (json_is(value, JSON_OBJECT) && !type->primitive && type->kind != KIND_ANY_RESOURCE &&
               has_summary(type, value)) {
        write_summary_object(buf, type, value);
    } else {
        json_write(buf, value, false);
    }
}

/* SPEC R4 search.html#summary - a client must not take a part for the whole. */
static void write_tags(Buf *buf, const JsonValue *tags, bool subsetted)
{
    static const Str tag =
        STR_INIT("{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationValue\","
                 "\"code\":\"SUBSETTED\"}");
    bool first = true;
    JsonValue *item;
    for (JsonIter it = json_iter(tags); json_next(&it, NULL, &item);) {
        if (str_eq(json_get_str(item, STR("code")), STR("SUBSETTED")))
            continue;
        buf_add_str(buf, first ? STR("\"tag\":[") : STR(","));
        json_write(buf, item, false);
        first = false;
    }
    if (subsetted) {
        buf_add_str(buf, first ? STR("\"tag\":[") : STR(","));
        buf_add_str(buf, tag);
    }
    if (subsetted || !first)
        buf_add_char(buf, ']');
}

void fhir_write_meta_subsetted(Buf *buf, const JsonValue *meta, bool subsetted)
{
    Str name = STR_EMPTY;
    JsonValue *value;
    buf_add_char(buf, '{');
    size_t from = buf->len;
    for (JsonIter it = json_iter(meta); json_next(&it, &name, &value);) {
        if (str_eq(name, STR("tag")))
            continue;
        if (buf->len > from)
            buf_add_char(buf, ',');
        json_write_string(buf, name);
        buf_add_char(buf, ':');
        json_write(buf, value, false);
    }
    bool tags = subsetted || json_count(json_get(meta, STR("tag"))) > 0;
    if (tags && buf->len > from)
        buf_add_char(buf, ',');
    size_t comma = buf->len;
    write_tags(buf, json_get(meta, STR("tag")), subsetted);
    if (tags && buf->len == comma && comma > from)
        buf->len--; /* the only tag is gone: so is the comma */
    buf_add_char(buf, '}');
}

static void write_view(Writer *w, const TypeRow *type, const JsonValue *resource)
{
    Str name;
    JsonValue *value;
    buf_add_lit(w->buf, "{\"resourceType\":");
    json_write_string(w->buf, w->type_name);
    JsonValue *id = json_get(resource, STR("id"));
    if (id)
        write_member(w->buf, STR("id"), id);
    buf_add_lit(w->buf, ",\"meta\":");
    fhir_write_meta_subsetted(w->buf, json_get(resource, STR("meta")), true);
    for (JsonIter it = json_iter(resource); json_next(&it, &name, &value);) {
        const ElementRow *row = row_of(type, name);
        if (!row || str_eq(name, STR("id")) || str_eq(name, STR("meta")) || !is_kept(w, row))
            continue;
        buf_add_char(w->buf, ',');
        json_write_string(w->buf, name);
        buf_add_char(w->buf, ':');
        if (w->view->kind == FHIR_VIEW_TRUE && name.at[0] != '_')
            write_summary(w->buf, &fhir_types[row->type], value);
        else
            json_write(w->buf, value, false);
    }
    buf_add_char(w->buf, '}');
}

Status fhir_view(Ctx *cx, const FhirView *view, Str body, Buf *out)
{
    JsonValue *resource;
    if (view->kind == FHIR_VIEW_COUNT)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "_summary=count is for searches only.");
    if (view->kind == FHIR_VIEW_FULL && !view->pretty) {
        buf_add_str(out, body);
        return buf_done(out);
    }
    TRY(json_parse(cx, body, &resource));
    if (view->kind != FHIR_VIEW_FULL) {
        Writer w = {.view = view, .type_name = json_get_str(resource, STR("resourceType"))};
        uint16_t type = fhir_type_find(w.type_name);
        if (!type)
            return ctx_fail(cx, STATUS_INTERNAL, STR_EMPTY, "A stored body is not a resource.");
        Buf part;
        buf_init(&part, cx->arena, body.len + 128, 2 * body.len + 1024);
        w.buf = view->pretty ? &part : out;
        write_view(&w, &fhir_types[type], resource);
        if (!view->pretty)
            return buf_done(out);
        TRY(buf_done(&part));
        TRY(json_parse(cx, buf_str(&part), &resource));
    }
    json_write(out, resource, true);
    return buf_done(out);
}

bool fhir_has_element(uint16_t type, Str name)
{
    const ElementRow *rows = fhir_elements + fhir_types[type].elements;
    Str rest = name, first = str_cut(&rest, '.');
    if (str_eq(first, fhir_type_name(type)) && rest.len)
        first = str_cut(&rest, '.');
    for (size_t i = 0; i < fhir_types[type].element_count; i++) {
        if (str_eq(fhir_pool_str(rows[i].base), first))
            return true;
    }
    return false;
}
