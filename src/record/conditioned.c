/* record/conditioned.c - a call of a token whose scopes have search conditions. */
#include "record/conditioned.h"

#include "access/scope.h"
#include "fhir/fhir.h"
#include "search/search.h"

enum { QUERY_BYTES_MAX = 64 * 1024 };

/* Of a search that is held to a condition: what looks at the rows that it finds, and no others. */
static const Str plain[] = {
    STR_INIT("_id"),       STR_INIT("_lastUpdated"), STR_INIT("_tag"),     STR_INIT("_profile"),
    STR_INIT("_security"), STR_INIT("_text"),        STR_INIT("_content"), STR_INIT("_count"),
    STR_INIT("_sort"),     STR_INIT("_total"),       STR_INIT("_summary"), STR_INIT("_elements"),
    STR_INIT("_cursor"),   STR_INIT("_format"),      STR_INIT("_pretty"),
};

/* A modifier (":not", ":Patient") leaves it plain. */
static bool is_plain(Str name, Str value)
{
    Str bare = str_cut(&name, ':');
    if (name.at && (str_index(name, '.') != SIZE_MAX || str_index(name, ':') != SIZE_MAX))
        return false;
    if (str_index(bare, '.') != SIZE_MAX || str_index(bare, '%') != SIZE_MAX)
        return false;
    if (!bare.len || bare.at[0] != '_')
        return true;
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        if (str_eq(plain[i], bare))
            return !str_eq(bare, STR("_sort")) || str_index(value, '.') == SIZE_MAX;
    }
    return false;
}

static bool is_for(const Scope *scope, uint16_t type, uint8_t letter)
{
    return scope->level != SCOPE_WORD && (!scope->type || scope->type == type) &&
           (scope->letters & letter);
}

/* The values of all scopes with the parameter of the first, as one that is true of any. A scope
 * with another parameter adds nothing: less than was given, never more. */
static Status write_condition(Ctx *cx, const Scope *scopes, size_t count, uint16_t type,
                              uint8_t letter, Str *ret_condition)
{
    Buf out;
    Str first = STR_EMPTY;
    buf_init(&out, cx->arena, 256, SCOPES_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!is_for(&scopes[i], type, letter) || !scope_condition_is_offered(&scopes[i]))
            continue;
        Str value = scopes[i].query, name = str_cut(&value, '=');
        if (!first.len)
            buf_format(&out, STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(value));
        else if (str_eq(name, first))
            buf_format(&out, "," STR_FMT, STR_ARG(value));
        first = first.len ? first : name;
    }
    *ret_condition = buf_str(&out);
    return buf_done(&out);
}

/* The scopes with the conditions of this type taken off: what was "patient/" stays it. */
static Status write_scopes(Ctx *cx, const Scope *scopes, size_t count, uint16_t type,
                           uint8_t letter, Str *ret_scopes)
{
    Buf out;
    buf_init(&out, cx->arena, 512, SCOPES_BYTES_MAX + SCOPES_MAX);
    for (size_t i = 0; i < count; i++) {
        Str text = scopes[i].text;
        if (scopes[i].query.len && is_for(&scopes[i], type, letter))
            text = str_head(text, str_index(text, '?'));
        buf_format(&out, "%s" STR_FMT, i ? " " : "", STR_ARG(text));
    }
    *ret_scopes = buf_str(&out);
    return buf_done(&out);
}

static Status check_plain(Ctx *cx, Str query)
{
    for (Str name, value; search_next_pair(&query, &name, &value);) {
        if (!is_plain(name, value))
            return ctx_fail(cx, STATUS_UNSUPPORTED, STR_EMPTY,
                            "\"" STR_FMT "\" cannot be asked with this token: its scope has a "
                            "search condition, which is held to one resource at a time.",
                            STR_ARG(name));
    }
    return STATUS_OK;
}

/* A link of ours to the next page has it already. */
static Status add_condition(Ctx *cx, Str condition, Str *query)
{
    Str rest = *query, name, value;
    Str wanted = condition, wanted_name = str_cut(&wanted, '=');
    Buf out;
    while (search_next_pair(&rest, &name, &value)) {
        if (str_eq(name, wanted_name) && str_eq(value, wanted))
            return STATUS_OK;
    }
    buf_init(&out, cx->arena, query->len + condition.len + 1, QUERY_BYTES_MAX);
    buf_add_str(&out, *query);
    if (query->len)
        buf_add_char(&out, '&');
    buf_add_str(&out, condition);
    *query = buf_str(&out);
    return buf_done(&out);
}

Status conditioned_call(Ctx *cx, const Call *call, Str type_name, uint8_t letter, Conditioned *ret)
{
    Scope *scopes;
    size_t count;
    Str narrowed, text = call->access ? access_scopes(call->access) : STR_EMPTY;
    uint16_t type = type_name.len ? fhir_type_find(type_name) : 0;
    *ret = (Conditioned){.call = *call, .condition = STR_EMPTY};
    if (!type || str_index(text, '?') == SIZE_MAX)
        return STATUS_OK;
    TRY(scopes_read(cx, text, &scopes, &count));
    for (size_t i = 0; i < count; i++) {
        if (!scopes[i].query.len && is_for(&scopes[i], type, letter))
            return STATUS_OK; /* all of the type is allowed besides */
    }
    TRY(write_condition(cx, scopes, count, type, letter, &ret->condition));
    if (!ret->condition.len)
        return STATUS_OK; /* and nothing of it is */
    TRY(write_scopes(cx, scopes, count, type, letter, &narrowed));
    if (letter == RIGHTS_SEARCH) {
        TRY(check_plain(cx, call->query));
        TRY(add_condition(cx, ret->condition, &ret->call.query));
        ret->call.prefer = STR_EMPTY; /* lenient would pass over what cannot be asked */
    }
    ret->call.access = access_under_scopes(cx->arena, call->access, narrowed);
    return ret->call.access ? STATUS_OK : STATUS_MEMORY;
}
