/* consult/form_ask.c - Questionnaire/$ask: a patient, or who acts for him, is asked to fill in a
 * form. It waits in his inbox as a Task, until he has. docs/guide/consultation.md */
#include "consult/asked.h"
#include "consult/form_class.h"

/* Whom: the patient, or somebody of his. */
static Status check_owner(Operation *op, Str owner, Str patient)
{
    OperationRow row;
    if (str_eq(owner, patient))
        return STATUS_OK;
    if (str_has_prefix(owner, STR("RelatedPerson/"))) {
        TRY(operation_get(op, STR("RelatedPerson"), str_from(owner, 14), &row));
        if (str_eq(reference_of(row.resource, STR("patient")), patient))
            return STATUS_OK;
    }
    return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                    "A form is asked of the patient, or of a RelatedPerson of his.");
}

static Status find_form(Operation *op, OperationRow *ret_form)
{
    AccessClass class;
    TRY(operation_get(op, STR("Questionnaire"), op->asked.id, ret_form));
    TRY(form_class_of(op->cx, ret_form->resource, &class));
    if (form_class_is_own(class))
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "This form is for a professional's own notes: it is asked of nobody else.");
    if (!str_eq(json_get_str(ret_form->resource, STR("status")), STR("active")))
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY, "This form is not in use.");
    return STATUS_OK;
}

Status form_ask(Operation *op)
{
    Asked asked = {.code = ASKED_FORM,
                   .owner = operation_text(op, STR("to"), 0),
                   .note = operation_text(op, STR("note"), 0),
                   .until = operation_text(op, STR("until"), 0)};
    OperationRow form, patient;
    OperationRows open;
    Str who, claim;
    TRY(need_practitioner(op, &who));
    TRY(operation_need(op, STR("patient"), &asked.patient));
    if (!str_has_prefix(asked.patient, STR("Patient/")))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY, "The patient is like Patient/12.");
    claim = arena_format(op->cx->arena, "ask Questionnaire/" STR_FMT " " STR_FMT,
                         STR_ARG(op->asked.id), STR_ARG(asked.patient));
    if (!claim.at)
        return STATUS_MEMORY;
    TRY(operation_claim(op, &claim, 1));
    TRY(find_form(op, &form));
    TRY(operation_get(op, STR("Patient"), str_from(asked.patient, 8), &patient));
    if (!asked.owner.len)
        asked.owner = asked.patient;
    TRY(check_owner(op, asked.owner, asked.patient));
    TRY(asked_open(op, ASKED_FORM, form.name, asked.patient, &open));
    if (open.count)
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "This form was asked of him already, and is not filled in yet.");
    asked.focus = form.name;
    return asked_write(op, &asked);
}
