/* http/gzip.h - compresses answers for clients that ask. */
#ifndef ACESO_HTTP_GZIP_H
#define ACESO_HTTP_GZIP_H

#include "http/request.h"

enum { GZIP_BYTES_MIN = 1024 }; /* below, a packet is a packet */

/* In place of rq->answer; leaves it when it is small, compressed, or would not shrink. */
void gzip_answer(Request *rq);

/* The reverse, for files that are embedded compressed; at = NULL when it is broken or larger
 * than bytes_max. */
Str gzip_expand(Arena *arena, Str gzipped, size_t bytes_max);

#endif
