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
    ON("Composition", "$sign", OPERATION_ON_INSTANCE, false, note_sign),
    ON("Composition", "$addendum", OPERATION_ON_INSTANCE, false, note_append),
    ON("Composition", "$retract", OPERATION_ON_INSTANCE, false, note_retract),
    ON("MedicationRequest", "$parse", OPERATION_ON_TYPE, true, prescription_parse),
};
