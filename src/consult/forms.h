/* consult/forms.h - what a QuestionnaireResponse says against its Questionnaire. */
#ifndef ACESO_CONSULT_FORMS_H
#define ACESO_CONSULT_FORMS_H

#include "consult/inner.h"

/* Every fault is an issue that names the question by its linkId; STATUS_UNPROCESSABLE when there is
 * one. complete: what is required must be there. Pure.
 * SPEC R4 questionnaireresponse.html, questionnaire.html#enableWhen */
Status form_check(Ctx *cx, const JsonValue *questionnaire, const JsonValue *response,
                  bool complete) MUST_USE;

/* The Observations that a response is to become, each by `each`.
 * SPEC http://hl7.org/fhir/uv/sdc/extraction.html#observation-based-extraction */
typedef struct {
    Str response; /* "QuestionnaireResponse/1" */
    Str author, subject, encounter, when;
} FormSource;
typedef Status (*FormEach)(void *to, Str observation);
Status form_observations(Ctx *cx, const JsonValue *questionnaire, const JsonValue *response,
                         const FormSource *source, FormEach each, void *to) MUST_USE;

/* The first value[x] of an answer or option: its name ("valueCoding") in *ret_name. */
JsonValue *answer_value(const JsonValue *answer, Str prefix, Str *ret_name);
/* The extension of that url, or NULL. */
const JsonValue *form_extension(const JsonValue *item, Str url);

#endif
