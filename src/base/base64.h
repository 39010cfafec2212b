/* base/base64.h - bytes as text in the standard alphabet, with padding. Not for secrets: the time
 * depends on the bytes (crypto_base64url does not). SPEC RFC 4648 4 */
#ifndef ACESO_BASE64_H
#define ACESO_BASE64_H

#include "base/buf.h"

void base64_write(Buf *buf, Str bytes);
/* Blanks and line ends between are passed over, as FHIR allows. False when it is not base64, or the
 * arena is full. */
bool base64_read(Arena *arena, Str text, Str *ret_bytes) MUST_USE;
/* The same over the text itself, which is overwritten. */
bool base64_read_in_place(char *text, size_t len, Str *ret_bytes) MUST_USE;

#endif
