/* record/links.c - references between the entries of a transaction, and by condition.
 *
 * References by condition come last: then the entries read as they will be stored. A condition asks
 * the store without what the transaction writes or deletes, and the entries that it writes.
 * SPEC R4 http.html#trules, bundle.html#references */
#include "record/bundle.h"
#include "record/write.h"

typedef struct {
    Bundle *bundle;
    StoreReader *reader; /* NULL until the first condition */
    StrMap known;        /* a condition as it was written -> "Type/id" */
    StrMap here;         /* name of a condition -> the entry that answers it; empty: several */
    StrMap written;      /* "Type/id" of those entries -> the same */
    bool *indexed;       /* by type: its entries are in `here` and `written` */
    bool conditions;     /* their turn has come */
} Links;

/* "http://host/fhir/" of a full URL "http://host/fhir/Patient/1"; empty when it is none. */
static Str root_of(Str full_url)
{
    if (!str_has_prefix(full_url, STR("http://")) && !str_has_prefix(full_url, STR("https://")))
        return STR_EMPTY;
    size_t slashes = 0;
    for (size_t i = full_url.len; i-- > 0;) {
        if (full_url.at[i] == '/' && ++slashes == 2)
            return str_head(full_url, i + 1);
    }
    return STR_EMPTY;
}

/* ---- conditions ---------------------------------------------------------------------- */

bool link_is_condition(Str reference)
{
    Str type = str_cut(&reference, '?');
    return reference.at && fhir_type_find(type);
}

/* SPEC R4 search.html#escaping */
static Str escaped(Ctx *cx, Str text)
{
    Buf out;
    buf_init(&out, cx->arena, text.len + 8, text.len * 2 + 8);
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("\\,$|", text.at[i]))
            buf_add_char(&out, '\\');
        buf_add_char(&out, text.at[i]);
    }
    return buf_str(&out);
}

static Status note_here(Links *l, Str name, Str target)
{
    if (!name.at)
        return STATUS_MEMORY;
    Str known = strmap_get(&l->here, name);
    if (known.at && str_eq(known, target))
        return STATUS_OK;
    return strmap_set(&l->here, name, known.at ? STR_EMPTY : target);
}

/* The ways in which a reference can ask for an identifier. SPEC R4 search.html#token */
static Status note_identifier(Links *l, uint16_t type, const JsonValue *identifier, Str target)
{
    Ctx *cx = l->bundle->scene->cx;
    Str system = escaped(cx, json_get_str(identifier, STR("system")));
    Str value = escaped(cx, json_get_str(identifier, STR("value")));
    if (!value.len)
        return STATUS_OK;
    Str both = arena_format(cx->arena, STR_FMT "|" STR_FMT, STR_ARG(system), STR_ARG(value));
    TRY(note_here(l, criteria_name(cx, type, STR("identifier"), value), target));
    return note_here(l, criteria_name(cx, type, STR("identifier"), both), target);
}

static Status note_entry(Links *l, const Entry *entry)
{
    Ctx *cx = l->bundle->scene->cx;
    Str target = bundle_identity(cx, entry->type, entry->id);
    if (!target.at)
        return STATUS_MEMORY;
    TRY(strmap_set(&l->written, target, target));
    if (entry->criteria)
        TRY(note_here(l, entry->criteria->name, target));
    JsonValue *identifiers = json_get(entry->resource, STR("identifier")), *one;
    if (!json_is(identifiers, JSON_ARRAY))
        return identifiers ? note_identifier(l, entry->type, identifiers, target) : STATUS_OK;
    for (JsonIter it = json_iter(identifiers); json_next(&it, NULL, &one);)
        TRY(note_identifier(l, entry->type, one, target));
    return STATUS_OK;
}

static bool is_made(const Entry *entry, uint16_t type)
{
    return entry->writes && (entry->verb == VERB_POST || entry->verb == VERB_PUT) &&
           entry->type == type;
}

/* What the entries of the bundle will be found by: their own conditions and identifiers. */
static Status index_here(Links *l, uint16_t type)
{
    if (l->indexed[type])
        return STATUS_OK;
    l->indexed[type] = true;
    for (size_t i = 0; i < l->bundle->count; i++) {
        if (is_made(&l->bundle->entries[i], type))
            TRY(note_entry(l, &l->bundle->entries[i]));
    }
    return STATUS_OK;
}

/* "identifier=a|b" alone, which note_identifier has foreseen in all spellings. */
static bool is_plain_identifier(const Criteria *criteria)
{
    Str value = str_from(criteria->name, fhir_type_name(criteria->type).len + 12);
    return str_eq(criteria->params, STR("identifier")) && str_index(value, ',') == SIZE_MAX &&
           value.at[value.len - 1] != '|';
}

/* The entries that answer, by their content or because they are made under this very condition. */
static Status ask_entries(Links *l, const Criteria *criteria, Str *ret_target)
{
    Bundle *bundle = l->bundle;
    Ctx *cx = bundle->scene->cx;
    SearchSource *sources = arena_array_of(cx->arena, SearchSource, bundle->count + 1);
    Str *targets = arena_array_of(cx->arena, Str, bundle->count + 1);
    bool *answers = arena_array_of(cx->arena, bool, bundle->count + 1);
    size_t count = 0;
    if (!sources || !targets || !answers)
        return STATUS_MEMORY;
    for (size_t i = 0; i < bundle->count; i++) {
        const Entry *entry = &bundle->entries[i];
        if (!is_made(entry, criteria->type))
            continue;
        sources[count] =
            (SearchSource){.type = entry->type, .resource = entry->resource, .updated = time_now()};
        targets[count] = bundle_identity(cx, entry->type, entry->id);
        if (!targets[count++].at)
            return STATUS_MEMORY;
    }
    if (count)
        TRY(criteria_ask(bundle->scene, cx, bundle->scratch, l->reader, criteria, sources, count,
                         answers));
    for (size_t i = 0; i < count; i++) {
        if (answers[i])
            *ret_target =
                !ret_target->at || str_eq(*ret_target, targets[i]) ? targets[i] : STR_EMPTY;
    }
    return STATUS_OK;
}

/* The entry that answers the condition: at = NULL none, empty several. */
static Status find_here(Links *l, const Criteria *criteria, Str *ret_target)
{
    *ret_target = strmap_get(&l->here, criteria->name);
    return is_plain_identifier(criteria) || (ret_target->at && !ret_target->len)
               ? STATUS_OK
               : ask_entries(l, criteria, ret_target);
}

/* How many matches to look for: some may be written or deleted by the transaction. */
static size_t matches_max(const Links *l)
{
    for (size_t i = 0; i < l->bundle->count; i++) {
        if (l->bundle->entries[i].verb == VERB_PUT)
            return SEARCH_COUNT_MAX;
    }
    return bundle_matches_max(l->bundle, false);
}

static Status find_in_store(Links *l, const Criteria *criteria, Found *ret_found)
{
    Scene *scene = l->bundle->scene;
    size_t kept = 0;
    if (!l->reader)
        TRY(scene_read(scene, &l->reader));
    TRY(criteria_find(scene, scene->cx, l->bundle->scratch, l->reader, criteria, false, ret_found));
    TRY(bundle_leave_out_deleted(l->bundle, criteria->type, ret_found));
    for (size_t i = 0; l->written.count && i < ret_found->count; i++) {
        Str identity = bundle_identity(scene->cx, criteria->type, ret_found->rows[i].id);
        if (!identity.at)
            return STATUS_MEMORY;
        if (!strmap_get(&l->written, identity).at)
            ret_found->rows[kept++] = ret_found->rows[i];
    }
    if (l->written.count)
        ret_found->count = kept;
    return STATUS_OK;
}

/* The one resource that answers the condition, in the store or in the bundle. */
static Status find_one(Links *l, Str link, Str *ret_target)
{
    Ctx *cx = l->bundle->scene->cx;
    Str text = link, here;
    uint16_t type = fhir_type_find(str_cut(&text, '?'));
    Criteria criteria;
    Found found;
    TRY(criteria_parse(cx, type, text, matches_max(l), &criteria));
    TRY(index_here(l, type));
    TRY(find_in_store(l, &criteria, &found));
    TRY(find_here(l, &criteria, &here));
    Str stored = found.count ? bundle_identity(cx, type, found.rows->id) : here;
    if (!stored.at)
        return ctx_fail_code(cx, STATUS_UNPROCESSABLE, "not-found", STR_EMPTY,
                             "A reference by condition finds no " STR_FMT
                             ", neither here nor in the bundle.",
                             STR_ARG(fhir_type_name(type)));
    if (found.count > 1 || (here.at && !str_eq(here, stored)) || !stored.len)
        return ctx_fail_code(cx, STATUS_PRECONDITION, "multiple-matches", STR_EMPTY,
                             "A reference by condition finds more than one " STR_FMT ".",
                             STR_ARG(fhir_type_name(type)));
    *ret_target = stored;
    return strmap_set(&l->known, link, stored);
}

static Status condition_target(Links *l, Str link, Str *ret_target)
{
    *ret_target = strmap_get(&l->known, link);
    return ret_target->at ? STATUS_OK : find_one(l, link, ret_target);
}

/* ---- references ------------------------------------------------------------------------ */

/* What the link should say; at = NULL when it stays as it is. */
static Str target_of(const Links *l, const Entry *entry, Str link)
{
    const StrMap *map = &l->bundle->links;
    Str found = strmap_get(map, link);
    if (found.at || str_index(link, ':') != SIZE_MAX)
        return found;
    Str root = root_of(entry->full_url);
    if (!root.len)
        return found;
    return strmap_get(map, arena_format(l->bundle->scene->cx->arena, STR_FMT STR_FMT, STR_ARG(root),
                                        STR_ARG(link)));
}

/* Neither a urn nor a condition says what it points to. */
static Status check_target(Ctx *cx, const Entry *entry, const FhirLink *link, Str target)
{
    uint16_t type = fhir_type_find(str_cut(&target, '/'));
    for (const uint16_t *allowed = link->targets; allowed && *allowed != type; allowed++) {
        if (!*allowed)
            return ctx_fail(cx, STATUS_UNPROCESSABLE, fhir_type_name(entry->type),
                            "A reference points to a " STR_FMT " where that is not allowed.",
                            STR_ARG(fhir_type_name(type)));
    }
    return STATUS_OK;
}

static Status resolve_reference(Links *l, const Entry *entry, const FhirLink *at)
{
    Ctx *cx = l->bundle->scene->cx;
    Str link = json_str(at->value), target = target_of(l, entry, link);
    if (!target.at && l->conditions)
        TRY(condition_target(l, link, &target));
    if (target.at) {
        TRY(check_target(cx, entry, at, target));
        json_set_string(at->value, target);
        return STATUS_OK;
    }
    if (str_has_prefix(link, STR("urn:uuid:")) || str_has_prefix(link, STR("urn:oid:")))
        return ctx_fail_code(cx, STATUS_UNPROCESSABLE, "not-found", fhir_type_name(entry->type),
                             "A reference names a urn that no entry of the bundle has as its "
                             "fullUrl.");
    return STATUS_OK;
}

/* The offset behind the next href=" or src=" at or behind `from`, SIZE_MAX when none. */
static size_t next_attribute(Str html, size_t from, char *ret_quote)
{
    static const Str names[] = {STR_INIT("href="), STR_INIT("src=")};
    for (size_t i = from; i < html.len; i++) {
        for (size_t n = 0; n < COUNT_OF(names); n++) {
            if (html.at[i] != names[n].at[0] || !str_has_prefix(str_from(html, i), names[n]))
                continue;
            size_t quote = i + names[n].len;
            if (quote < html.len && (html.at[quote] == '"' || html.at[quote] == '\'')) {
                *ret_quote = html.at[quote];
                return quote + 1;
            }
        }
    }
    return SIZE_MAX;
}

static Status resolve_html(const Links *l, const Entry *entry, JsonValue *value)
{
    Ctx *cx = l->bundle->scene->cx;
    Str html = json_str(value);
    Buf out;
    buf_init(&out, cx->arena, 0, html.len * 2 + 4096);
    size_t done = 0, at = 0;
    char quote;
    while ((at = next_attribute(html, at, &quote)) != SIZE_MAX) {
        Str link = str_from(html, at);
        link = str_head(link, str_index(link, quote));
        Str target = target_of(l, entry, link);
        at += link.len;
        if (!target.at)
            continue;
        buf_add(&out, html.at + done, at - link.len - done);
        buf_add_str(&out, target);
        done = at;
    }
    if (!done)
        return STATUS_OK;
    buf_add_str(&out, str_from(html, done));
    TRY(buf_done(&out));
    json_set_string(value, buf_str(&out));
    return STATUS_OK;
}

static Status resolve_entry(Links *l, const Entry *entry)
{
    for (const FhirLink *link = entry->checked.links; link; link = link->next) {
        bool conditional =
            link->kind == FHIR_LINK_REFERENCE && link_is_condition(json_str(link->value));
        if (conditional != l->conditions)
            continue;
        if (link->kind == FHIR_LINK_REFERENCE) {
            TRY(resolve_reference(l, entry, link));
        } else if (link->kind == FHIR_LINK_XHTML) {
            TRY(resolve_html(l, entry, link->value));
        } else {
            Str target = strmap_get(&l->bundle->links, json_str(link->value));
            if (target.at)
                json_set_string(link->value, target);
        }
    }
    return STATUS_OK;
}

/* All faults of all entries at once, up to the limit of issues. */
static Status resolve_all(Links *l)
{
    Ctx *cx = l->bundle->scene->cx;
    Status first = STATUS_OK;
    for (size_t i = 0; i < l->bundle->count && cx->issue_count < CTX_ISSUES_MAX; i++) {
        const Entry *entry = &l->bundle->entries[i];
        if (!entry->writes || (entry->verb != VERB_POST && entry->verb != VERB_PUT))
            continue;
        size_t mark = bundle_mark(cx);
        Status status = resolve_entry(l, entry);
        bundle_place_issues(cx, mark, i);
        if (!first)
            first = status;
        if (status == STATUS_MEMORY || status == STATUS_TIMEOUT)
            return status;
    }
    return first;
}

Status links_resolve(Bundle *bundle)
{
    Arena *arena = bundle->scene->cx->arena;
    Links l = {.bundle = bundle, .indexed = arena_array_of(arena, bool, fhir_type_count() + 1u)};
    if (!l.indexed)
        return STATUS_MEMORY;
    TRY(strmap_init(&l.known, arena, 0));
    TRY(strmap_init(&l.here, arena, 0));
    TRY(strmap_init(&l.written, arena, 0));
    Status status = resolve_all(&l);
    l.conditions = true;
    if (status == STATUS_OK)
        status = resolve_all(&l);
    if (l.reader)
        store_read_end(l.reader);
    return status;
}
