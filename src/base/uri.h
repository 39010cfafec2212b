/* base/uri.h - percent-encoding. SPEC RFC 3986 2.1 */
#ifndef ACESO_URI_H
#define ACESO_URI_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* Percent-encodes all but letters, digits, '-', '.', '_' and '~'. */
void uri_encode(Buf *out, Str text);

/* Decodes text; with `plus`, a '+' is a blank, as forms and queries have it. The result is
 * text itself when nothing was escaped. NULL when it is sound, else what it is not: "has a
 * broken percent-encoding", for a sentence. Neither a NUL nor broken UTF-8 is let through. */
const char *uri_decode(Arena *arena, Str text, bool plus, Str *ret_text);

#endif
