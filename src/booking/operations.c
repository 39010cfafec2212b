/* booking/operations.c - the table. docs/guide/booking.md */
#include "booking/internal.h"

const OperationKind booking_kinds[BOOKING_KINDS] = {
    {STR_INIT("Slot"), STR_INIT("$find"), OPERATION_ON_TYPE | OPERATION_OPEN, true, booking_find},
    {STR_INIT("Schedule"), STR_INIT("$calendar"), OPERATION_ON_TYPE, true, booking_calendar},
    {STR_INIT("Appointment"), STR_INIT("$hold"), OPERATION_ON_TYPE, false, booking_hold},
    {STR_INIT("Appointment"), STR_INIT("$book"), OPERATION_ON_TYPE, false, booking_book},
    {STR_INIT("Appointment"), STR_INIT("$cancel"), OPERATION_ON_INSTANCE, false, booking_cancel},
    {STR_INIT("Appointment"), STR_INIT("$reschedule"), OPERATION_ON_INSTANCE, false,
     booking_reschedule},
};
