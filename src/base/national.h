/* base/national.h - the Belgian national number, and the BIS number of who is in no register.
 *
 *   YYMMDD SSS CC   CC = 97 - (YYMMDDSSS mod 97); born since 2000: of 2YYMMDDSSS
 *
 *   850730 033 28   97 - 850730033 mod 97: a man who was born on 30 July 1985
 *   170730 033 84   97 - 2170730033 mod 97: on 30 July 2017
 *
 * A BIS number has 20 (sex unknown) or 40 added to its month. Where the day or the month of birth
 * is not known they are 00, and the day goes on counting where a birthday has more people than
 * numbers: only the month is held to a calendar. Royal decree of 3 April 1984; Royal decree of 8
 * February 1991. */
#ifndef ACESO_BASE_NATIONAL_H
#define ACESO_BASE_NATIONAL_H

#include "base/base.h"

enum { NATIONAL_DIGITS = 11 };

/* Those of the first nine digits. */
unsigned national_check_digits(uint64_t nine, bool since_2000);
/* Whether eleven digits end with theirs, of either century: a month of 13 may pass. */
bool national_is_checked(uint64_t eleven);
/* Eleven digits whose last two are right, of a month that can be; blanks, dots and dashes are left
 * out. The digits, or false. */
bool national_number(Str text, char ret_digits[NATIONAL_DIGITS]);

#endif
