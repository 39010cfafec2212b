/* http/negotiate.h - which format goes out, which came in.
 *
 * SPEC R4 http.html#mime-type, RFC 9110 12.5.1 */
#ifndef ACESO_HTTP_NEGOTIATE_H
#define ACESO_HTTP_NEGOTIATE_H

#include "http/request.h"

/* Accept and _format (406), Content-Type and Content-Encoding (415), _pretty. */
Status negotiate(Request *rq) MUST_USE;

bool negotiate_is_json(Str type);
/* Whether an Accept header names JSON, rather than leave room for it. */
bool negotiate_names_json(Str accept);
/* Whether an Accept header leaves room for FHIR JSON of version 4.0. */
bool negotiate_accepts_json(Str accept);
/* Whether an Accept-Encoding header wants gzip. SPEC RFC 9110 12.5.3 */
bool negotiate_accepts_gzip(Str accept_encoding);

#endif
