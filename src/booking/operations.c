/* booking/operations.c - the table. docs/guide/booking.md */
#include "booking/internal.h"

const OperationKind booking_kinds[BOOKING_KINDS] = {
    {STR_INIT("Slot"), STR_INIT("$find"), OPERATION_ON_TYPE, true, booking_find},
    {STR_INIT("Appointment"), STR_INIT("$hold"), OPERATION_ON_TYPE, false, booking_hold},
    {STR_INIT("Appointment"), STR_INIT("$book"), OPERATION_ON_TYPE, false, booking_book},
};
