/* cli/care.c - the tables of care.h. */
#include "cli/care.h"

#include "booking/booking.h"
#include "consult/consult.h"
#include "people/people.h"
#include "privacy/privacy.h"

const OperationSet care_operations[] = {
    {booking_kinds, BOOKING_KINDS},         {consult_kinds, CONSULT_KINDS},
    {people_operations, PEOPLE_OPERATIONS}, {privacy_kinds, PRIVACY_KINDS},
    {entitle_kinds, ENTITLE_KINDS},
};
const size_t care_operation_count = COUNT_OF(care_operations);

const RecordGuard care_guards[] = {
    {STR_INIT("Appointment"), booking_guard},
    {STR_INIT("Communication"), people_guard_message},
    {STR_INIT("Composition"), consult_guard_note},
    {STR_INIT("QuestionnaireResponse"), consult_guard_response},
    {STR_INIT("Binary"), consult_guard_binary},
    {STR_INIT("DocumentReference"), consult_guard_document},
    {STR_INIT("Task"), people_guard_task},
    {STR_INIT("RelatedPerson"), people_guard_kin},
};
const size_t care_guard_count = COUNT_OF(care_guards);
