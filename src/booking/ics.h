/* booking/ics.h - appointments as other calendars read them. SPEC RFC 5545 */
#ifndef ACESO_BOOKING_ICS_H
#define ACESO_BOOKING_ICS_H

#include "booking/appointment.h"

/* NAME:value with what must be escaped escaped, folded after 75 octets, never inside a character.
 */
void ics_line(Buf *buf, const char *name, Str value);

#endif
