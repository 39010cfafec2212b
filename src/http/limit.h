/* http/limit.h - how often one account, or one address that has not signed in, may ask. */
#ifndef ACESO_HTTP_LIMIT_H
#define ACESO_HTTP_LIMIT_H

#include "http/request.h"

/* Counts the request of a caller who was looked at. STATUS_LOCKED_OUT (429 with Retry-After) when
 * it is one too many. */
Status limit_check(Request *rq) MUST_USE;

#endif
