/* cli/care.c - the tables of care.h. */
#include "cli/care.h"

#include "consult/consult.h"

const OperationSet care_operations[] = {
    {consult_kinds, CONSULT_KINDS},
};
const size_t care_operation_count = COUNT_OF(care_operations);

const RecordGuard care_guards[] = {
    {STR_INIT("Composition"), consult_guard_note},
    {STR_INIT("QuestionnaireResponse"), consult_guard_response},
    {STR_INIT("Binary"), consult_guard_binary},
    {STR_INIT("DocumentReference"), consult_guard_document},
};
const size_t care_guard_count = COUNT_OF(care_guards);
