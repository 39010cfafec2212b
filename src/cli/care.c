/* cli/care.c - the tables of care.h. */
#include "cli/care.h"

#include "booking/booking.h"

const OperationSet care_operations[] = {
    {booking_kinds, BOOKING_KINDS},
    {NULL, 0},
};
const size_t care_operation_count = COUNT_OF(care_operations);

const RecordGuard care_guards[] = {
    {STR_INIT("Appointment"), booking_guard},
    {STR_INIT(""), NULL},
};
const size_t care_guard_count = COUNT_OF(care_guards);
