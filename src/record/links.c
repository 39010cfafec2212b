/* record/links.c - references between the entries of a transaction.
 *
 * SPEC R4 http.html#trules, bundle.html#references */
#include "record/bundle.h"

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

/* What the link should say; at = NULL when it stays as it is. */
static Str target_of(Ctx *cx, const StrMap *map, const Entry *entry, Str link)
{
    Str found = strmap_get(map, link);
    if (found.at || str_index(link, ':') != SIZE_MAX)
        return found;
    Str root = root_of(entry->full_url);
    if (!root.len)
        return found;
    return strmap_get(map, arena_format(cx->arena, STR_FMT STR_FMT, STR_ARG(root), STR_ARG(link)));
}

/* A urn does not say what it points to; the bundle does. */
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

static Status resolve_reference(Ctx *cx, const StrMap *map, const Entry *entry, const FhirLink *at)
{
    Str link = json_str(at->value), target = target_of(cx, map, entry, link);
    if (target.at) {
        TRY(check_target(cx, entry, at, target));
        json_set_string(at->value, target);
        return STATUS_OK;
    }
    if (str_has_prefix(link, STR("urn:uuid:")) || str_has_prefix(link, STR("urn:oid:")))
        return ctx_fail_code(cx, STATUS_UNPROCESSABLE, "not-found", fhir_type_name(entry->type),
                             "A reference names a urn that no entry of the bundle has as its "
                             "fullUrl.");
    if (str_index(link, '?') != SIZE_MAX && str_index(link, ':') == SIZE_MAX)
        return ctx_fail(cx, STATUS_UNSUPPORTED, fhir_type_name(entry->type),
                        "A conditional reference is not supported yet.");
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

static Status resolve_html(Ctx *cx, const StrMap *map, const Entry *entry, JsonValue *value)
{
    Str html = json_str(value);
    Buf out;
    buf_init(&out, cx->arena, 0, html.len * 2 + 4096);
    size_t done = 0, at = 0;
    char quote;
    while ((at = next_attribute(html, at, &quote)) != SIZE_MAX) {
        Str link = str_from(html, at);
        link = str_head(link, str_index(link, quote));
        Str target = target_of(cx, map, entry, link);
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

Status links_resolve(Ctx *cx, const StrMap *map, const Entry *entry)
{
    for (const FhirLink *link = entry->checked.links; link; link = link->next) {
        if (link->kind == FHIR_LINK_REFERENCE) {
            TRY(resolve_reference(cx, map, entry, link));
        } else if (link->kind == FHIR_LINK_XHTML) {
            TRY(resolve_html(cx, map, entry, link->value));
        } else {
            Str target = strmap_get(map, json_str(link->value));
            if (target.at)
                json_set_string(link->value, target);
        }
    }
    return STATUS_OK;
}
