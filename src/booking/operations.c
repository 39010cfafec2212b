/* booking/operations.c - the table. docs/guide/booking.md */
#include "booking/internal.h"

const OperationKind booking_kinds[BOOKING_KINDS] = {
    {STR_INIT("Slot"), STR_INIT("$find"), OPERATION_ON_TYPE | OPERATION_OPEN, true, booking_find},
    {STR_INIT("Schedule"), STR_INIT("$calendar"), OPERATION_ON_TYPE, true, booking_calendar},
    {STR_INIT("Appointment"), STR_INIT("$hold"), OPERATION_ON_TYPE, false, booking_hold},
    {STR_INIT("Appointment"), STR_INIT("$book"), OPERATION_ON_TYPE, false, booking_book},
    {STR_INIT("Appointment"), STR_INIT("$cancel"), OPERATION_ON_INSTANCE, false, booking_cancel},
    {STR_INIT("Appointment"), STR_INIT("$confirm"), OPERATION_ON_INSTANCE, false, booking_confirm},
    {STR_INIT("Appointment"), STR_INIT("$reschedule"), OPERATION_ON_INSTANCE, false,
     booking_reschedule},
    {STR_INIT("Appointment"), STR_INIT("$ics"), OPERATION_ON_INSTANCE, true, booking_ics},
    {STR_INIT("Practitioner"), STR_INIT("$calendar-address"), OPERATION_ON_INSTANCE, false,
     booking_feed_address},
    {STR_INIT("Practitioner"), STR_INIT("$calendar-feed"), OPERATION_ON_INSTANCE, true,
     booking_feed_state},
    {STR_INIT("Practitioner"), STR_INIT("$calendar-revoke"), OPERATION_ON_INSTANCE, false,
     booking_feed_revoke},
    {STR_INIT("Schedule"), STR_INIT("$feed"), OPERATION_ON_TYPE | OPERATION_OPEN, true,
     booking_feed},
    {STR_INIT("Schedule"), STR_INIT("$feed-owner"), OPERATION_ON_TYPE | OPERATION_OPEN, true,
     booking_feed_owner},
    {STR_INIT("Appointment"), STR_INIT("$wait"), OPERATION_ON_TYPE, false, booking_wait},
    {STR_INIT("Appointment"), STR_INIT("$offers"), OPERATION_ON_TYPE, true, booking_offers},
    {STR_INIT("Appointment"), STR_INIT("$accept"), OPERATION_ON_INSTANCE, false, booking_accept},
};
