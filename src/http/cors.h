/* http/cors.h - pages of other origins: a program that runs in a browser calls us from its own.
 *
 * What anybody may read (metadata, discovery, keys) any page may read. The record and the token
 * endpoint may be called by pages of programs that are registered here, with a token: cookies are
 * never taken along, so the browser of somebody who has signed in gives such a page nothing.
 *
 * SPEC Fetch 3.2 (CORS), SMART 2.2
 * app-launch.html#considerations-for-cross-origin-resource-sharing-cors-support */
#ifndef ACESO_HTTP_CORS_H
#define ACESO_HTTP_CORS_H

#include "http/request.h"

/* Finds out whether the page that asks may; before the handler, once the route is known. */
void cors_look(Request *rq);
/* Answers a browser that asks first (OPTIONS with Access-Control-Request-Method); false: it is no
 * such question, or nothing for other pages. */
bool cors_preflight(Request *rq, Str allow);
/* The headers of the answer. */
void cors_headers(Request *rq, struct MHD_Response *response);

#endif
