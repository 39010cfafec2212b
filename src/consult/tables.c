/* consult/tables.c - the operations of the module. */
#include "consult/inner.h"

#define ON(type, name, places, reads, run)                                                         \
    {                                                                                              \
        STR_INIT(type), STR_INIT(name), places, reads, run                                         \
    }
const OperationKind consult_kinds[CONSULT_KINDS] = {
    ON("", "$draft", OPERATION_ON_SYSTEM, true, draft_read),
    ON("", "$save-draft", OPERATION_ON_SYSTEM, false, draft_save),
    ON("", "$drop-draft", OPERATION_ON_SYSTEM, false, draft_drop),
    ON("", "$drafts", OPERATION_ON_SYSTEM, true, draft_list),
    ON("Composition", "$sign", OPERATION_ON_TYPE | OPERATION_ON_INSTANCE, false, note_sign),
    ON("Composition", "$addendum", OPERATION_ON_INSTANCE, false, note_append),
    ON("Composition", "$retract", OPERATION_ON_INSTANCE, false, note_retract),
    ON("MedicationRequest", "$parse", OPERATION_ON_TYPE, true, request_parse),
    ON("MedicationRequest", "$stop", OPERATION_ON_INSTANCE, false, request_stop),
    ON("MedicationRequest", "$renew", OPERATION_ON_INSTANCE, false, request_renew),
    ON("MedicationRequest", "$ask-renewal", OPERATION_ON_INSTANCE, false, request_ask_renewal),
    ON("Patient", "$medicines", OPERATION_ON_INSTANCE, true, medicines_list),
    ON("Library", "$save", OPERATION_ON_TYPE | OPERATION_ON_INSTANCE, false, text_save),
    ON("Library", "$drop", OPERATION_ON_INSTANCE, false, text_drop),
    ON("Library", "$fill", OPERATION_ON_TYPE | OPERATION_ON_INSTANCE, true, text_fill),
    ON("Composition", "$pdf", OPERATION_ON_INSTANCE, true, paper_note),
    ON("Patient", "$prescription-pdf", OPERATION_ON_INSTANCE, true, paper_prescription),
    ON("Patient", "$summary-pdf", OPERATION_ON_INSTANCE, true, paper_summary),
    ON("Patient", "$attendance-pdf", OPERATION_ON_INSTANCE, true, paper_attendance),
    ON("Patient", "$medicines-pdf", OPERATION_ON_INSTANCE, true, paper_medicines),
    ON("Questionnaire", "$ask", OPERATION_ON_INSTANCE, false, form_ask),
    ON("QuestionnaireResponse", "$validate-response", OPERATION_ON_TYPE, true, form_validate),
    ON("QuestionnaireResponse", "$submit", OPERATION_ON_TYPE | OPERATION_ON_INSTANCE, false,
       form_submit),
};
static_assert(COUNT_OF(consult_kinds) == CONSULT_KINDS, "as many as the header says");
