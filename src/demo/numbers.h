/* demo/numbers.h - Belgian numbers with their check digits.
 *
 * SSIN (national number): YYMMDD, a serial of three digits (odd for men, even for women),
 * and 97 minus the first nine digits modulo 97; a 2 stands before the nine digits for births
 * from 2000 on. A BIS number adds 20 (sex unknown) or 40 to the month.
 * NIHDI: six digits, 97 (later 89, 83, 79) minus their value modulo the same, and three
 * digits of qualification. */
#ifndef ACESO_DEMO_NUMBERS_H
#define ACESO_DEMO_NUMBERS_H

#include "demo/calendar.h"

enum { SSIN_LEN = 11, NIHDI_LEN = 11 };

/* serial: 1..997, or 998 for women. */
Str ssin_make(Day birth, unsigned serial, char text[SSIN_LEN]);
bool ssin_is_valid(Str text);

/* body: the first six digits; always by modulo 97. */
Str nihdi_make(unsigned body, unsigned qualification, char text[NIHDI_LEN]);
bool nihdi_is_valid(Str text);

#endif
