/* consult/submit.c - $validate-response and $submit: a filled-in form is checked, becomes complete,
 * and what it measured becomes Observations, in one commit. docs/adr/0141, 0151
 *
 * SPEC R4 questionnaireresponse.html */
#include "consult/asked.h"
#include "consult/form_class.h"
#include "consult/forms.h"

enum { RESPONSE_MAX = 8 << 20 /* with the files in it */, VERSIONS_MAX = 100 };

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
    if (after && !str_eq(form_class_label(before), form_class_label(after)))
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("QuestionnaireResponse.meta.security"),
                        "The class of a response is that of its form, and set by $submit.");
    if (!is_done(before) && !is_done(after))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("QuestionnaireResponse.status"),
                    "A form is completed, and changed afterwards, with $submit.");
}

/* ---- its form
 * ------------------------------------------------------------------------------------- */

static void add_bytes(Buf *query, Str text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_format(query, "%%%02X", (unsigned char)text.at[i]);
}

/* "http://x/form|2" by url and version, "Questionnaire/1" by its id; as the caller sees it. */
static Status find_form(Operation *op, const JsonValue *response, OperationRow *ret_form)
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
    add_bytes(&query, url);
    buf_add_str(&query, version.len ? STR("&version=") : STR("&status=active"));
    add_bytes(&query, version);
    TRY(buf_done(&query));
    TRY(operation_find(op, STR("Questionnaire"), buf_str(&query), VERSIONS_MAX, &rows));
    for (size_t i = rows.count; i-- > 0;) {
        *ret_form = rows.rows[i];
        if (!version.len || str_eq(json_get_str(ret_form->resource, STR("version")), version))
            return STATUS_OK;
    }
    return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR("QuestionnaireResponse.questionnaire"),
                    "There is no such form here.");
}

/* Whole, where the caller sees a part: the rules of a form are not for him to choose. */
static Status form_of(Operation *op, const JsonValue *response, OperationRow *ret_form)
{
    TRY(find_form(op, response, ret_form));
    bool before = operation_own(op, true);
    Status status = operation_get(op, STR("Questionnaire"), ret_form->id, ret_form);
    operation_own(op, before);
    return status;
}

static Status check(Operation *op, const OperationRow *form, const JsonValue *response,
                    bool complete)
{
    FormCodes *codes;
    TRY(form_codes_new(op, form->resource, &codes));
    return form_check(op->cx, codes, form->resource, response, complete);
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
    Status status = check(op, &form, response, true);
    if (status != STATUS_OK && status != STATUS_UNPROCESSABLE)
        return status;
    if (status == STATUS_OK && !op->cx->issue_count) {
        operation_answer(op, 200,
                         STR("{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":"
                             "\"information\",\"code\":\"informational\",\"diagnostics\":"
                             "\"The form is complete.\"}]}"));
        return STATUS_OK;
    }
    TRY(ctx_outcome(op->cx, status, &outcome));
    ctx_forget(op->cx);
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
    Str query = arena_format(op->cx->arena, "derived-from=" STR_FMT "&status:not=entered-in-error",
                             STR_ARG(response));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(op, STR("Observation"), query, OPERATION_FIND_MAX, &rows));
    for (size_t i = 0; i < rows.count; i++)
        TRY(operation_set_status(op, &rows.rows[i], "entered-in-error"));
    return STATUS_OK;
}

/* What of a response $submit says itself. */
static bool is_set(Str name, bool author)
{
    return str_eq(name, STR("resourceType")) || str_eq(name, STR("status")) ||
           str_eq(name, STR("authored")) || str_eq(name, STR("meta")) ||
           (str_eq(name, STR("author")) && author);
}

/* The response with its status, class, time and author set. */
static Status written(Operation *op, const JsonValue *response, const char *status,
                      AccessClass class, JsonValue **ret_response)
{
    Str name, who = operation_who(op);
    JsonValue *value;
    Buf buf;
    buf_init(&buf, op->cx->arena, 4096, RESPONSE_MAX);
    buf_format(&buf, "{\"resourceType\":\"QuestionnaireResponse\",\"status\":\"%s\",\"authored\":",
               status);
    json_write_string(&buf, now_text(op));
    form_class_write(&buf, json_get(response, STR("meta")), class);
    if (who.len) {
        buf_add_lit(&buf, ",\"author\":{\"reference\":");
        json_write_string(&buf, who);
        buf_add_char(&buf, '}');
    }
    for (JsonIter it = json_iter(response); json_next(&it, &name, &value);) {
        if (is_set(name, who.len > 0))
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

/* ---- what a patient, or who acts for him, fills in ---------------------------------------------
 */

typedef struct {
    OperationRow before, form;
    bool stored, again;  /* it was there; and complete */
    bool complete;       /* to be */
    Str subject;         /* "Patient/1" */
    OperationRows tasks; /* that ask for it */
    AccessClass class;
} Submission;

static bool is_asked_of(const Submission *sub, Str who)
{
    for (size_t i = 0; i < sub->tasks.count; i++) {
        Str owner = reference_of(sub->tasks.rows[i].resource, STR("owner"));
        if (str_eq(owner, who) || str_eq(owner, sub->subject))
            return true;
    }
    return false;
}

/* No cell lets a patient write, and he fills in his own forms all the same; who acts for him, those
 * that were asked for. *ret_own: by this rule, and not by the matrix. */
static Status check_patient(Operation *op, const Submission *sub, bool *ret_own)
{
    AccessRole role = operation_role(op);
    Str who = operation_who(op);
    OperationRow patient;
    *ret_own = role == ROLE_PATIENT || role == ROLE_PROXY;
    if (!*ret_own)
        return STATUS_OK;
    if (form_class_is_own(sub->class))
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "This form is for a professional's own notes.");
    if (sub->stored && !str_eq(reference_of(sub->before.resource, STR("author")), who))
        return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "Somebody else has filled in this form; you change your own.");
    if (str_has_prefix(sub->subject, STR("Patient/")))
        TRY(operation_get(op, STR("Patient"), str_from(sub->subject, 8), &patient));
    bool himself = role == ROLE_PATIENT && who.len && str_eq(sub->subject, who);
    if (himself || (sub->subject.len && is_asked_of(sub, who)))
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                    "You fill in forms about yourself, and those that you were asked for.");
}

static Status write_response(Operation *op, const Submission *sub, JsonValue *response,
                             Str *ret_name)
{
    bool own, was = false;
    Status status;
    TRY(check_patient(op, sub, &own));
    if (own)
        was = operation_own(op, true);
    if (sub->stored) {
        *ret_name = sub->before.name;
        status = operation_update(op, &sub->before, response);
    } else {
        status = operation_create(op, STR("QuestionnaireResponse"), response, ret_name);
    }
    if (own)
        (void)operation_own(op, was);
    return status;
}

/* That what is measured in a form may be kept is decided by who may keep the form. */
static Status extract(Operation *op, const Submission *sub, const JsonValue *response, Str name)
{
    FormSource source = {.response = name,
                         .class = sub->class,
                         .author = operation_who(op),
                         .subject = sub->subject,
                         .encounter = reference_of(response, STR("encounter")),
                         .when = json_get_str(response, STR("authored"))};
    bool was = operation_own(op, true);
    Status status = sub->again ? drop_earlier(op, name) : STATUS_OK;
    if (status == STATUS_OK)
        status =
            form_observations(op->cx, sub->form.resource, response, &source, keep_observation, op);
    (void)operation_own(op, was);
    return status;
}

static Status find_stored(Operation *op, Submission *sub, JsonValue **ret_response)
{
    sub->stored = op->asked.id.len > 0;
    sub->complete = !str_eq(operation_text(op, STR("complete"), 0), STR("false"));
    if (sub->stored) {
        TRY(operation_get(op, STR("QuestionnaireResponse"), op->asked.id, &sub->before));
        sub->again = is_done(sub->before.resource);
        *ret_response = sub->before.resource;
    }
    if (!sub->stored || operation_value(op, STR("resource"), 0))
        TRY(given_response(op, ret_response));
    sub->subject = reference_of(*ret_response, STR("subject"));
    if (sub->stored && !str_eq(sub->subject, reference_of(sub->before.resource, STR("subject"))))
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR("QuestionnaireResponse.subject"),
                        "A form stays about whom it was about.");
    if (sub->again && !sub->complete)
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR("QuestionnaireResponse.status"),
                        "A form that was completed stays complete.");
    return STATUS_OK;
}

Status form_submit(Operation *op)
{
    Submission sub = {.stored = false};
    JsonValue *response = NULL, *whole;
    Str name;
    TRY(find_stored(op, &sub, &response));
    TRY(form_of(op, response, &sub.form));
    TRY(form_class_of(op->cx, sub.form.resource, &sub.class));
    TRY(check(op, &sub.form, response, sub.complete));
    if (sub.subject.len)
        TRY(asked_open(op, ASKED_FORM, sub.form.name, sub.subject, &sub.tasks));
    TRY(written(op, response,
                !sub.complete ? "in-progress"
                : sub.again   ? "amended"
                              : "completed",
                sub.class, &whole));
    TRY(write_response(op, &sub, whole, &name));
    if (!sub.complete)
        return STATUS_OK;
    TRY(asked_close(op, &sub.tasks, name));
    return extract(op, &sub, whole, name);
}
