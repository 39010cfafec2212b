/* consult/submit.c - $validate-response and $submit: a filled-in form is checked, becomes complete,
 * and what it measured becomes Observations, in one commit. docs/adr/0141
 *
 * SPEC R4 questionnaireresponse.html */
#include "consult/forms.h"

enum { RESPONSE_MAX = 4 << 20 };

/* ---- direct writes
 * -------------------------------------------------------------------------------- */

static bool is_done(const JsonValue *response)
{
    Str status = json_get_str(response, STR("status"));
    return str_eq(status, STR("completed")) || str_eq(status, STR("amended"));
}

Status consult_guard_response(Ctx *cx, const Access *writer, const JsonValue *before,
                              const JsonValue *after)
{
    UNUSED(writer);
    if (!is_done(before) && !is_done(after))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("QuestionnaireResponse.status"),
                    "A form is completed, and changed afterwards, with $submit.");
}

/* ---- its form
 * ------------------------------------------------------------------------------------- */

/* "http://x/form|2" by url and version, "Questionnaire/1" by its id. */
static Status form_of(Operation *op, const JsonValue *response, OperationRow *ret_form)
{
    Str canonical = json_get_str(response, STR("questionnaire")), version = canonical,
        url = str_cut(&version, '|');
    OperationRows rows;
    Buf query;
    if (str_has_prefix(bare_reference(url), STR("Questionnaire/")))
        return operation_get(op, STR("Questionnaire"),
                             str_from(bare_reference(url), sizeof("Questionnaire/") - 1), ret_form);
    if (!url.len)
        return ctx_fail_code(op->cx, STATUS_UNPROCESSABLE, "required",
                             STR("QuestionnaireResponse.questionnaire"),
                             "The response does not say which form it answers.");
    buf_init(&query, op->cx->arena, 256, 4096);
    buf_add_lit(&query, "url=");
    for (size_t i = 0; i < url.len; i++)
        buf_format(&query, "%%%02X", (unsigned char)url.at[i]);
    TRY(buf_done(&query));
    TRY(operation_find(op, STR("Questionnaire"), buf_str(&query), 100, &rows));
    for (size_t i = rows.count; i-- > 0;) {
        Str one = json_get_str(rows.rows[i].resource, STR("version"));
        if (version.len
                ? str_eq(one, version)
                : str_eq(json_get_str(rows.rows[i].resource, STR("status")), STR("active"))) {
            *ret_form = rows.rows[i];
            return STATUS_OK;
        }
    }
    return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR("QuestionnaireResponse.questionnaire"),
                    "There is no such form here.");
}

static Status given_response(Operation *op, JsonValue **ret_response)
{
    *ret_response = operation_value(op, STR("resource"), 0);
    if (str_eq(json_get_str(*ret_response, STR("resourceType")), STR("QuestionnaireResponse")))
        return STATUS_OK;
    return ctx_fail_code(op->cx, STATUS_INVALID, "required", STR_EMPTY,
                         "The parameter \"resource\" is a QuestionnaireResponse.");
}

/* As $validate: what is wrong is the answer, not a failure. */
Status form_validate(Operation *op)
{
    JsonValue *response;
    OperationRow form;
    Str outcome;
    TRY(given_response(op, &response));
    TRY(form_of(op, response, &form));
    Status status = form_check(op->cx, form.resource, response, true);
    if (status == STATUS_OK) {
        operation_answer(op, 200,
                         STR("{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":"
                             "\"information\",\"code\":\"informational\",\"diagnostics\":"
                             "\"The form is complete.\"}]}"));
        return STATUS_OK;
    }
    TRY(ctx_outcome(op->cx, status, &outcome));
    op->cx->issues = op->cx->issues_last = NULL;
    op->cx->issue_count = 0;
    operation_answer(op, 200, outcome);
    return STATUS_OK;
}

/* ---- $submit
 * -------------------------------------------------------------------------------------- */

static Status keep_observation(void *to, Str text)
{
    Operation *op = to;
    JsonValue *observation;
    TRY(json_parse(op->cx, text, &observation));
    return operation_create(op, STR("Observation"), observation, NULL);
}

/* What an earlier submission of it has measured does not hold any more. */
static Status drop_earlier(Operation *op, Str response)
{
    OperationRows rows;
    Str query = arena_format(op->cx->arena, "derived-from=" STR_FMT, STR_ARG(response));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(op, STR("Observation"), query, 400, &rows));
    for (size_t i = 0; i < rows.count; i++)
        TRY(operation_patch(op, &rows.rows[i],
                            STR("[{\"op\":\"replace\",\"path\":\"/status\",\"value\":"
                                "\"entered-in-error\"}]")));
    return STATUS_OK;
}

/* The response with its status, time and author set. */
static Status completed(Operation *op, JsonValue *response, bool again, JsonValue **ret_response)
{
    Str name, who = operation_who(op);
    JsonValue *value;
    Buf buf;
    buf_init(&buf, op->cx->arena, 4096, RESPONSE_MAX);
    buf_format(&buf, "{\"resourceType\":\"QuestionnaireResponse\",\"status\":\"%s\",\"authored\":",
               again ? "amended" : "completed");
    json_write_string(&buf, now_text(op));
    if (who.len) {
        buf_add_lit(&buf, ",\"author\":{\"reference\":");
        json_write_string(&buf, who);
        buf_add_char(&buf, '}');
    }
    for (JsonIter it = json_iter(response); json_next(&it, &name, &value);) {
        if (str_eq(name, STR("resourceType")) || str_eq(name, STR("status")) ||
            str_eq(name, STR("authored")) || (str_eq(name, STR("author")) && who.len))
            continue;
        buf_add_char(&buf, ',');
        json_write_string(&buf, name);
        buf_add_char(&buf, ':');
        json_write(&buf, value, false);
    }
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    return json_parse(op->cx, buf_str(&buf), ret_response);
}

/* A patient has no cell that writes, and fills in his own forms all the same. */
static bool is_his_own(const Operation *op, const JsonValue *response)
{
    Str who = operation_who(op);
    return operation_role(op) == ROLE_PATIENT && who.len &&
           str_eq(reference_of(response, STR("subject")), who);
}

static Status write_response(Operation *op, const OperationRow *before, JsonValue *response,
                             Str *ret_name)
{
    bool own = is_his_own(op, response) && (!before || is_his_own(op, before->resource)),
         was = false;
    if (own)
        was = operation_own(op, true);
    Status status;
    if (before) {
        *ret_name = before->name;
        status = operation_update(op, before, response);
    } else {
        status = operation_create(op, STR("QuestionnaireResponse"), response, ret_name);
    }
    if (own)
        (void)operation_own(op, was);
    return status;
}

/* That what is measured in a form may be kept is decided by who may keep the form. */
static Status extract(Operation *op, const OperationRow *form, const JsonValue *response, Str name,
                      bool again)
{
    FormSource source = {.response = name,
                         .author = operation_who(op),
                         .subject = reference_of(response, STR("subject")),
                         .encounter = reference_of(response, STR("encounter")),
                         .when = json_get_str(response, STR("authored"))};
    bool was = operation_own(op, true);
    Status status = again ? drop_earlier(op, name) : STATUS_OK;
    if (status == STATUS_OK)
        status = form_observations(op->cx, form->resource, response, &source, keep_observation, op);
    (void)operation_own(op, was);
    return status;
}

Status form_submit(Operation *op)
{
    OperationRow before, form;
    JsonValue *response = NULL, *whole;
    Str name;
    bool stored = op->asked.id.len > 0, again = false;
    if (stored) {
        TRY(operation_get(op, STR("QuestionnaireResponse"), op->asked.id, &before));
        again = is_done(before.resource);
        response = before.resource;
    }
    if (!stored || operation_value(op, STR("resource"), 0))
        TRY(given_response(op, &response));
    if (stored && !str_eq(reference_of(response, STR("subject")),
                          reference_of(before.resource, STR("subject"))))
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR("QuestionnaireResponse.subject"),
                        "A form stays about whom it was about.");
    TRY(form_of(op, response, &form));
    TRY(form_check(op->cx, form.resource, response, true));
    TRY(completed(op, response, again, &whole));
    TRY(write_response(op, stored ? &before : NULL, whole, &name));
    return extract(op, &form, whole, name, again);
}
