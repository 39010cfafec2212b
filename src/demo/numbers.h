/* demo/numbers.h - Belgian numbers with their check digits.
 *
 * SSIN (national number): base/national.h; the serial is odd for men, even for women.
 * NIHDI: six digits, 97 minus their value modulo 97, and three digits of qualification. */
#ifndef ACESO_DEMO_NUMBERS_H
#define ACESO_DEMO_NUMBERS_H

#include "demo/calendar.h"

enum { SSIN_LEN = 11, NIHDI_LEN = 11 };

/* serial: 1..997, or 998 for women. */
Str ssin_make(Day birth, unsigned serial, char text[SSIN_LEN]);

/* body: the first six digits. */
Str nihdi_make(unsigned body, unsigned qualification, char text[NIHDI_LEN]);

#endif
