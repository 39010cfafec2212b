/* consult/forms.h - what a QuestionnaireResponse says against its Questionnaire. */
#ifndef ACESO_CONSULT_FORMS_H
#define ACESO_CONSULT_FORMS_H

#include "access/facts.h"
#include "consult/inner.h"

/* Whether a value set has a code; kept for one form. */
typedef struct FormCodes FormCodes;
typedef enum { FORM_HAS, FORM_HAS_NOT, FORM_NOT_KNOWN, FORM_NO_SET } FormHas;
Status form_codes_new(Operation *op, const JsonValue *form, FormCodes **ret_codes) MUST_USE;
/* Not known: of a code system that is not here. Leaves no issue. */
Status form_codes_has(FormCodes *codes, Str set_name, const JsonValue *coding,
                      FormHas *ret_has) MUST_USE;

/* Every fault is an issue that names the question by its linkId; STATUS_UNPROCESSABLE when there is
 * one. complete: what is required must be there. codes NULL: value sets are not asked; what cannot
 * be known of one is a warning.
 * SPEC R4 questionnaireresponse.html, questionnaire.html#enableWhen */
Status form_check(Ctx *cx, FormCodes *codes, const JsonValue *questionnaire,
                  const JsonValue *response, bool complete) MUST_USE;

/* The Observations that a response is to become, each by `each`.
 * SPEC http://hl7.org/fhir/uv/sdc/extraction.html#observation-based-extraction */
typedef struct {
    Str response; /* "QuestionnaireResponse/1" */
    Str author, subject, encounter, when;
    AccessClass class; /* of the form: form_class.h */
} FormSource;
typedef Status (*FormEach)(void *to, Str observation);
Status form_observations(Ctx *cx, const JsonValue *questionnaire, const JsonValue *response,
                         const FormSource *source, FormEach each, void *to) MUST_USE;

/* The first value[x] of an answer or option: its name ("valueCoding") in *ret_name. */
JsonValue *answer_value(const JsonValue *answer, Str prefix, Str *ret_name);
/* The extension of that url, or NULL. */
const JsonValue *form_extension(const JsonValue *item, Str url);

#endif
