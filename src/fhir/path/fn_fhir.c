/* fhir/path/fn_fhir.c - what R4 adds to FHIRPath.
 *
 * SPEC R4 fhirpath.html#functions */
#include "fhir/path/inner.h"
#include "fhir/primitive.h"

/* ---- references --------------------------------------------------------------------------------
 */

/* The text of a Reference, or of a uri, url or canonical. */
static Str reference_text(const PathItem *item)
{
    if (item->kind == PATH_STRING)
        return item->text;
    if (item->kind != PATH_ELEMENT)
        return STR_EMPTY;
    return json_is(item->json, JSON_OBJECT) ? json_get_str(item->json, STR("reference"))
                                            : json_str(item->json);
}

/* "Patient/123", "http://x.org/fhir/Patient/123/_history/1": the name before the last id. */
static uint16_t type_in_text(Str text)
{
    size_t end = text.len, slash;
    for (;;) {
        for (slash = end; slash && text.at[slash - 1] != '/'; slash--)
            ;
        if (slash == 0)
            return 0;
        size_t from = slash - 1;
        while (from && text.at[from - 1] != '/')
            from--;
        Str name = str_n(text.at + from, slash - 1 - from);
        if (!str_eq(name, STR("_history")))
            return fhir_type_find(name);
        if (from == 0)
            return 0;
        end = from - 1;
    }
}

/* "#" alone is the resource that contains. */
static JsonValue *contained(const PathEval *ev, Str id)
{
    JsonValue *resource, *root = ev->env->root ? ev->env->root : ev->env->resource;
    if (id.len == 0)
        return root;
    for (JsonIter it = json_iter(json_get(root, STR("contained")));
         json_next(&it, NULL, &resource);) {
        if (str_eq(json_get_str(resource, STR("id")), id))
            return resource;
    }
    return NULL;
}

/* An entry of the Bundle that is evaluated: by its fullUrl, or its type and id. */
static JsonValue *entry_of(const PathEval *ev, Str text)
{
    JsonValue *entry, *root = ev->env->root ? ev->env->root : ev->env->resource;
    if (!str_eq(json_get_str(root, STR("resourceType")), STR("Bundle")))
        return NULL;
    for (JsonIter it = json_iter(json_get(root, STR("entry"))); json_next(&it, NULL, &entry);) {
        JsonValue *resource = json_get(entry, STR("resource"));
        Str url = json_get_str(entry, STR("fullUrl"));
        Str type = json_get_str(resource, STR("resourceType"));
        Str id = json_get_str(resource, STR("id"));
        if (resource && url.len && str_eq(url, text))
            return resource;
        if (resource && type.len && id.len && text.len == type.len + 1 + id.len &&
            str_has_prefix(text, type) && text.at[type.len] == '/' && str_has_suffix(text, id))
            return resource;
    }
    return NULL;
}

/* Neither found nor typed: both stay empty. */
static Status resolve(PathEval *ev, const PathItem *reference, JsonValue **ret_found,
                      uint16_t *ret_type)
{
    Str text = reference_text(reference);
    *ret_found = NULL;
    *ret_type = 0;
    if (text.len == 0)
        return STATUS_OK;
    *ret_found = text.at[0] == '#' ? contained(ev, str_from(text, 1)) : entry_of(ev, text);
    if (!*ret_found && text.at[0] != '#' && ev->env->resolve)
        TRY(ev->env->resolve(ev->env->to, ev->cx, text, ret_found, ret_type));
    if (*ret_found)
        *ret_type = path_actual_type(0, *ret_found);
    return STATUS_OK;
}

Status path_resolve_type(PathEval *ev, const PathItem *reference, uint16_t *ret_type)
{
    JsonValue *found;
    Str text = reference_text(reference);
    if (text.len && text.at[0] != '#' && !ev->env->resolve) {
        *ret_type = type_in_text(text); /* the usual, and cheap */
        if (*ret_type)
            return STATUS_OK;
    }
    TRY(resolve(ev, reference, &found, ret_type));
    if (!*ret_type && text.len && text.at[0] != '#')
        *ret_type = type_in_text(text);
    if (!*ret_type && reference->kind == PATH_ELEMENT)
        *ret_type = fhir_type_find(json_get_str(reference->json, STR("type")));
    return STATUS_OK;
}

static Status fn_resolve(PathEval *ev, const PathCall *call, PathList *to)
{
    for (size_t i = 0; i < call->input->count; i++) {
        JsonValue *found;
        PathItem item = {0};
        TRY(resolve(ev, &call->input->items[i], &found, &item.type));
        item.json = found;
        if (found)
            TRY(path_add(ev, to, &item));
    }
    return STATUS_OK;
}

/* ---- elements ----------------------------------------------------------------------------------
 */

static Status fn_extension(PathEval *ev, const PathCall *call, PathList *to)
{
    PathItem url;
    bool there;
    TRY(path_arg_value(ev, call, 0, PATH_STRING, &url, &there));
    for (size_t i = 0; there && i < call->input->count; i++) {
        PATH_LIST(extensions, 4);
        TRY(path_children_named(ev, &call->input->items[i], STR("extension"), &extensions));
        for (size_t e = 0; e < extensions.count; e++) {
            if (str_eq(json_get_str(extensions.items[e].json, STR("url")), url.text))
                TRY(path_add(ev, to, &extensions.items[e]));
        }
    }
    return STATUS_OK;
}

/* A primitive that has a value, not only an extension. */
static bool has_value(const PathItem *item)
{
    return item->kind != PATH_ELEMENT || (item->json && !json_is(item->json, JSON_OBJECT));
}

static Status fn_has_value(PathEval *ev, const PathCall *call, PathList *to)
{
    return path_add_boolean(ev, to, call->input->count == 1 && has_value(call->input->items));
}

static Status fn_get_value(PathEval *ev, const PathCall *call, PathList *to)
{
    if (call->input->count != 1 || !has_value(call->input->items))
        return STATUS_OK;
    PathItem value = path_simple(call->input->items);
    return path_add(ev, to, &value);
}

/* ---- terminology ------------------------------------------------------------------------ */

static Status ask_member(PathEval *ev, const PathCall *call, Str set, Str system, Str code,
                         bool *member)
{
    bool is = false;
    if (!code.len || *member)
        return STATUS_OK;
    if (!ev->env->member_of)
        return path_fail(ev, call->node, "no value sets are at hand to ask memberOf().");
    TRY(ev->env->member_of(ev->env->to, ev->cx, set, system, code, &is));
    *member = is;
    return STATUS_OK;
}

/* Of a code, a Coding, or a CodeableConcept: then one of its codings. */
static Status fn_member_of(PathEval *ev, const PathCall *call, PathList *to)
{
    PathItem set;
    bool there, member = false;
    JsonValue *coding;
    const PathItem *item = call->input->items;
    TRY(path_arg_value(ev, call, 0, PATH_STRING, &set, &there));
    if (!there)
        return STATUS_OK;
    PathItem value = path_simple(item);
    if (value.kind == PATH_STRING) {
        TRY(ask_member(ev, call, set.text, STR_EMPTY, value.text, &member));
    } else if (value.kind != PATH_ELEMENT) {
        return path_fail(ev, call->node, "memberOf() is asked of a code or a concept.");
    } else if (json_get(value.json, STR("coding"))) {
        for (JsonIter it = json_iter(json_get(value.json, STR("coding")));
             json_next(&it, NULL, &coding);)
            TRY(ask_member(ev, call, set.text, json_get_str(coding, STR("system")),
                           json_get_str(coding, STR("code")), &member));
    } else {
        TRY(ask_member(ev, call, set.text, json_get_str(value.json, STR("system")),
                       json_get_str(value.json, STR("code")), &member));
    }
    return path_add_boolean(ev, to, member);
}

/* Hierarchies of codes: a callback like memberOf's. */
static Status subsumption(PathEval *ev, const PathCall *call, bool by, PathList *to)
{
    bool is = false;
    const PathItem *other;
    PATH_LIST(list, 1);
    TRY(path_arg(ev, call, 0, &list));
    TRY(path_single(ev, call->node, &list, &other));
    if (!other)
        return STATUS_OK;
    if (!ev->env->subsumes)
        return path_fail(ev, call->node, "no code systems are at hand to ask %s().",
                         call->node->function->name);
    const PathItem *here = call->input->items;
    TRY(ev->env->subsumes(ev->env->to, ev->cx, by ? other : here, by ? here : other, &is));
    return path_add_boolean(ev, to, is);
}

static Status fn_subsumes(PathEval *ev, const PathCall *call, PathList *to)
{
    return subsumption(ev, call, false, to);
}

static Status fn_subsumed_by(PathEval *ev, const PathCall *call, PathList *to)
{
    return subsumption(ev, call, true, to);
}

/* ---- conformance ------------------------------------------------------------------------ */

/* Profiles are those of the tables: the types themselves. A resource must also be valid. */
static Status fn_conforms_to(PathEval *ev, const PathCall *call, PathList *to)
{
    static const Str base = STR_INIT("http://hl7.org/fhir/StructureDefinition/");
    PathItem url;
    bool there;
    const PathItem *item = call->input->items;
    TRY(path_arg_value(ev, call, 0, PATH_STRING, &url, &there));
    if (!there)
        return STATUS_OK;
    uint16_t type =
        str_has_prefix(url.text, base) ? path_type_number(str_from(url.text, base.len)) : 0;
    if (!type)
        return path_fail(ev, call->node, "this structure definition is not known here.");
    bool is = item->kind == PATH_ELEMENT && path_type_is(item->type, type);
    if (is && item->type <= fhir_resource_count) {
        Ctx aside = {.arena = ev->cx->arena};
        FhirChecked checked;
        Status status = fhir_validate(&aside, item->json, NULL, &checked);
        is = status != STATUS_INVALID && status != STATUS_UNPROCESSABLE;
    }
    return path_add_boolean(ev, to, is);
}

/* Modifier extensions other than those that are named are an error. */
static Status fn_check_modifiers(PathEval *ev, const PathCall *call, PathList *to)
{
    PATH_LIST(known, 4);
    for (size_t i = 0; i < call->node->arg_count; i++)
        TRY(path_arg(ev, call, i, &known));
    for (size_t i = 0; i < call->input->count; i++) {
        PATH_LIST(modifiers, 4);
        TRY(path_children_named(ev, &call->input->items[i], STR("modifierExtension"), &modifiers));
        for (size_t m = 0; m < modifiers.count; m++) {
            PathItem url = {.kind = PATH_STRING,
                            .text = json_get_str(modifiers.items[m].json, STR("url"))};
            bool has;
            TRY(path_has(ev, &known, &url, &has));
            if (!has)
                return path_fail(ev, call->node, "there is a modifier extension of another kind.");
        }
    }
    return path_add_all(ev, to, call->input);
}

static Status fn_html_checks(PathEval *ev, const PathCall *call, PathList *to)
{
    bool links;
    PathItem value = path_simple(call->input->items);
    return path_add_boolean(ev, to, value.kind == PATH_STRING && !xhtml_fault(value.text, &links));
}

/* elementDefinition() and slice() ask for structure definitions at run time. */
static Status fn_profiles(PathEval *ev, const PathCall *call, PathList *to)
{
    UNUSED(to);
    return path_fail(ev, call->node, "no structure definitions are at hand to ask %s().",
                     call->node->function->name);
}

const PathFunction path_fhir_functions[] = {
    {"checkModifiers", 0, 255, CALL_KEEPS, fn_check_modifiers},
    {"conformsTo", 1, 1, CALL_SINGLE, fn_conforms_to},
    {"elementDefinition", 0, 0, 0, fn_profiles},
    {"extension", 1, 1, 0, fn_extension},
    {"getValue", 0, 0, 0, fn_get_value},
    {"hasValue", 0, 0, 0, fn_has_value},
    {"htmlChecks", 0, 0, CALL_SINGLE, fn_html_checks},
    {"memberOf", 1, 1, CALL_SINGLE, fn_member_of},
    {"resolve", 0, 0, 0, fn_resolve},
    {"slice", 2, 2, 0, fn_profiles},
    {"subsumedBy", 1, 1, CALL_SINGLE, fn_subsumed_by},
    {"subsumes", 1, 1, CALL_SINGLE, fn_subsumes},
};
const size_t path_fhir_function_count = COUNT_OF(path_fhir_functions);
