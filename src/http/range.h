/* http/range.h - which part of an answer is asked for. SPEC RFC 9110 14.1.2 */
#ifndef ACESO_HTTP_RANGE_H
#define ACESO_HTTP_RANGE_H

#include "base/base.h"

/* The one range of bytes that a Range header names, of an answer of so many (at least one); all of
 * it for several ranges, other units, and what is no range. False: it begins behind the end. */
bool range_read(Str range, uint64_t bytes, uint64_t *ret_from, uint64_t *ret_bytes);

#endif
