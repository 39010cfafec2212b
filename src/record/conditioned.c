/* record/conditioned.c - a call of a token whose scopes have search conditions. */
#include "record/conditioned.h"

#include "access/rights.h"
#include "access/scope.h"

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

/* With any of the letters. */
static bool is_for(const Scope *scope, uint16_t type, uint8_t letters)
{
    return scope->level != SCOPE_WORD && (!scope->type || scope->type == type) &&
           (scope->letters & letters);
}

static bool is_whole(const Scope *scopes, size_t count, uint16_t type, uint8_t letters)
{
    for (size_t i = 0; i < count; i++) {
        if (!scopes[i].query.len && is_for(&scopes[i], type, letters))
            return true;
    }
    return false;
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
                           uint8_t letters, Str *ret_scopes)
{
    Buf out;
    buf_init(&out, cx->arena, 512, SCOPES_BYTES_MAX + SCOPES_MAX);
    for (size_t i = 0; i < count; i++) {
        Str text = scopes[i].text;
        if (is_for(&scopes[i], type, letters) && scope_condition_is_offered(&scopes[i]))
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
    if (is_whole(scopes, count, type, letter))
        return STATUS_OK; /* all of the type is allowed besides */
    TRY(write_condition(cx, scopes, count, type, letter, &ret->condition));
    if (!ret->condition.len)
        return STATUS_OK; /* and nothing of it is */
    TRY(write_scopes(cx, scopes, count, type, letter, &narrowed));
    if (letter == RIGHTS_SEARCH) {
        TRY(check_plain(cx, call->query));
        TRY(add_condition(cx, ret->condition, &ret->call.query));
        ret->call.prefer = STR_EMPTY; /* lenient would pass over what cannot be asked */
    }
    ret->call.access = access_under_scopes(cx->arena, call->access, narrowed, NULL);
    return ret->call.access ? STATUS_OK : STATUS_MEMORY;
}

/* ---- writes ------------------------------------------------------------------------------------
 */

/* Of what is given whole: none. */
static Status condition_of(Ctx *cx, const Scope *scopes, size_t count, uint16_t type,
                           uint8_t letter, Str *ret_condition)
{
    *ret_condition = STR_EMPTY;
    return is_whole(scopes, count, type, letter)
               ? STATUS_OK
               : write_condition(cx, scopes, count, type, letter, ret_condition);
}

/* A row is there for whoever may read or search it. */
static Status condition_to_see(Ctx *cx, const Scope *scopes, size_t count, uint16_t type,
                               Str *ret_condition)
{
    *ret_condition = STR_EMPTY;
    if (is_whole(scopes, count, type, RIGHTS_READ | RIGHTS_SEARCH))
        return STATUS_OK;
    TRY(write_condition(cx, scopes, count, type, RIGHTS_READ, ret_condition));
    return ret_condition->len
               ? STATUS_OK
               : write_condition(cx, scopes, count, type, RIGHTS_SEARCH, ret_condition);
}

static bool any_is_offered(const Scope *scopes, size_t count, uint16_t type)
{
    for (size_t i = 0; i < count; i++) {
        if (is_for(&scopes[i], type, RIGHTS_ALL) && scope_condition_is_offered(&scopes[i]))
            return true;
    }
    return false;
}

Status conditioned_caller(Ctx *cx, uint16_t type, const Access **access)
{
    Scope *scopes;
    size_t count;
    Str narrowed, text = *access ? access_scopes(*access) : STR_EMPTY;
    if (!type || str_index(text, '?') == SIZE_MAX)
        return STATUS_OK;
    TRY(scopes_read(cx, text, &scopes, &count));
    if (!any_is_offered(scopes, count, type))
        return STATUS_OK;
    AccessConditions *held = arena_new_of(cx->arena, AccessConditions);
    if (!held)
        return STATUS_MEMORY;
    held->type = type;
    TRY(condition_to_see(cx, scopes, count, type, &held->see));
    TRY(condition_of(cx, scopes, count, type, RIGHTS_CREATE, &held->create));
    TRY(condition_of(cx, scopes, count, type, RIGHTS_UPDATE, &held->update));
    TRY(condition_of(cx, scopes, count, type, RIGHTS_DELETE, &held->delete));
    TRY(write_scopes(cx, scopes, count, type, RIGHTS_ALL, &narrowed));
    *access = access_under_scopes(cx->arena, *access, narrowed, held);
    return *access ? STATUS_OK : STATUS_MEMORY;
}

Status conditioned_write(Ctx *cx, const Call *call, Str type, Call *ret_call)
{
    *ret_call = *call;
    return conditioned_caller(cx, type.len ? fhir_type_find(type) : 0, &ret_call->access);
}

/* What the caller is held to for this type; NULL: to nothing. */
static const AccessConditions *held_of(const Access *access, uint16_t type)
{
    const AccessConditions *held = access_conditions(access);
    return held && held->type == type ? held : NULL;
}

/* The program asks: it is about content alone. */
static Status answers(const Record *record, Ctx *cx, StoreReader *reader, uint16_t type,
                      const JsonValue *resource, Str condition, bool *ret_answers)
{
    const SearchQuery *query;
    SearchScope where = {.access = record->self, .type = type};
    SearchSource source = {.type = type, .resource = resource, .updated = time_now()};
    TRY(search_parse(record->search, cx, &where, condition, &query));
    return search_answers(record->search, cx, reader, query, &source, 1, ret_answers);
}

/* What is deleted has no content that could answer. */
static Status row_answers(const Record *record, Ctx *cx, StoreReader *reader, const StoreRow *row,
                          Str condition, bool *ret_answers)
{
    JsonValue *resource;
    *ret_answers = false;
    if (row->deleted)
        return STATUS_OK;
    TRY(json_parse(cx, row->body, &resource));
    return answers(record, cx, reader, row->type, resource, condition, ret_answers);
}

Status conditioned_sees(const Scene *scene, StoreReader *reader, const StoreRow *row,
                        bool *ret_sees)
{
    const AccessConditions *held = held_of(scene->access, row->type);
    *ret_sees = true;
    return held && held->see.len
               ? row_answers(scene->record, scene->cx, reader, row, held->see, ret_sees)
               : STATUS_OK;
}

Status conditioned_criteria(Ctx *cx, const Access *access, Criteria *criteria)
{
    const AccessConditions *held = held_of(access, criteria->type);
    if (!held || !held->see.len)
        return STATUS_OK;
    TRY(check_plain(cx, criteria->query));
    return add_condition(cx, held->see, &criteria->query);
}

static Status refuse(Ctx *cx, uint16_t type, Str condition, const char *when)
{
    return ctx_fail(cx, STATUS_FORBIDDEN, fhir_type_name(type),
                    "The scopes of the token allow this of a " STR_FMT " that answers \"" STR_FMT
                    "\", and %s.",
                    STR_ARG(fhir_type_name(type)), STR_ARG(condition), when);
}

bool conditioned_is_held(const Change *change)
{
    const AccessConditions *held = held_of(change->writer, change->type);
    return held && (held->create.len || held->update.len || held->delete.len);
}

Status conditioned_may_write(const Record *record, Ctx *cx, StoreReader *reader,
                             const Change *change)
{
    const AccessConditions *held = held_of(change->writer, change->type);
    Str condition = !change->before     ? held->create
                    : !change->resource ? held->delete
                                        : held->update;
    bool does = true;
    if (!condition.len)
        return STATUS_OK;
    if (change->before)
        TRY(row_answers(record, cx, reader, change->before, condition, &does));
    if (!does)
        return refuse(cx, change->type, condition, "this one as it stands does not");
    if (change->resource)
        TRY(answers(record, cx, reader, change->type, change->resource, condition, &does));
    return does ? STATUS_OK : refuse(cx, change->type, condition, "what it is to become does not");
}
