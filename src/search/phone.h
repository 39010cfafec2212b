/* search/phone.h - telephone numbers by their digits, however they are written.
 *
 * 0470 12 34 56, +32 (0)470/12.34.56 and 0032470123456 are 32470123456: the country's code, then
 * the number within it. A beginning of a number gives the beginning of its digits. */
#ifndef ACESO_SEARCH_PHONE_H
#define ACESO_SEARCH_PHONE_H

#include "base/base.h"

enum { PHONE_MAX = 32 };

/* country: the digits of its code, of numbers that name none. Empty when there is no digit. */
Str phone_digits(Str country, Str text, char to[PHONE_MAX]);

#endif
