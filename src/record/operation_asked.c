/* record/operation_asked.c - what an operation was asked, and by whom: see operation.h. */
#include "record/operation_inner.h"

/* ---- what was asked ----------------------------------------------------------------------- */

JsonValue *operation_value(const Operation *op, Str name, size_t i)
{
    JsonValue *item, *value;
    Str member;
    for (JsonIter it = json_iter(json_get(op->parameters, STR("parameter")));
         json_next(&it, NULL, &item);) {
        if (!str_eq(json_get_str(item, STR("name")), name) || i-- > 0)
            continue;
        for (JsonIter of = json_iter(item); json_next(&of, &member, &value);)
            if (str_has_prefix(member, STR("value")) || str_eq(member, STR("resource")))
                return value;
    }
    return NULL;
}

Str operation_text(const Operation *op, Str name, size_t i)
{
    const JsonValue *value = operation_value(op, name, i);
    if (json_is(value, JSON_BOOL))
        return json_bool(value) ? STR("true") : STR("false");
    return json_is(value, JSON_OBJECT) ? json_get_str(value, STR("reference")) : json_str(value);
}

Status operation_need(const Operation *op, Str name, Str *ret_text)
{
    *ret_text = operation_text(op, name, 0);
    if (ret_text->len)
        return STATUS_OK;
    return ctx_fail_code(op->cx, STATUS_INVALID, "required", STR_EMPTY,
                         "The parameter \"" STR_FMT "\" is missing.", STR_ARG(name));
}

/* The query of a GET, as Parameters. SPEC R4 operations.html#request */
static Status parameters_of_query(Operation *op)
{
    Buf buf;
    bool any = false;
    Str query = op->call->query;
    buf_init(&buf, op->cx->arena, query.len + 128, 256 << 10);
    buf_add_lit(&buf, "{\"resourceType\":\"Parameters\",\"parameter\":[");
    for (Str name, value; search_next_pair(&query, &name, &value);) {
        TRY(search_decode(op->cx, name, &name));
        TRY(search_decode(op->cx, value, &value));
        if (str_eq(name, STR("_format")) || str_eq(name, STR("_pretty")))
            continue;
        buf_add_str(&buf, any ? STR(",{\"name\":") : STR("{\"name\":"));
        json_write_string(&buf, name);
        buf_add_lit(&buf, ",\"valueString\":");
        json_write_string(&buf, value);
        buf_add_char(&buf, '}');
        any = true;
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    return json_parse(op->cx, buf_str(&buf), &op->parameters);
}

Status operation_parameters(Operation *op)
{
    Str text = str_trim(str_n(op->asked.body.at, op->asked.body.len));
    if (!text.len)
        return op->call->query.len ? parameters_of_query(op) : STATUS_OK;
    TRY(json_parse(op->cx, text, &op->parameters));
    if (str_eq(json_get_str(op->parameters, STR("resourceType")), STR("Parameters")))
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                    "The body of an operation is a Parameters resource.");
}

/* ---- who asks ------------------------------------------------------------------------------ */

AccessRole operation_role(const Operation *op)
{
    return access_role_of(access_role(op->call->access));
}

Str operation_who(const Operation *op)
{
    return access_reference(op->call->access);
}

Status operation_need_step_up(Operation *op)
{
    if (op->asked.stepped_up)
        return STATUS_OK;
    op->reply->wants_step_up = true;
    return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                    "Prove again who you are: this needs a second factor within the last five "
                    "minutes.");
}

Str operation_country(const Operation *op)
{
    return op->record->options.country;
}
