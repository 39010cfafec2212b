/* http/identify.h - who calls, from where, and is a browser's write its own doing. */
#ifndef ACESO_HTTP_IDENTIFY_H
#define ACESO_HTTP_IDENTIFY_H

#include "http/request.h"

/* The client's address, and the base of our own links: call.address, call.base. */
Status identify_address(Request *rq) MUST_USE;

/* Cookie or bearer token -> call.access; checks what the route needs.
 * SPEC RFC 6750 2.1 */
Status identify_caller(Request *rq) MUST_USE;

/* The value of a cookie, or empty. */
Str identify_cookie(Str header, Str name);

#endif
