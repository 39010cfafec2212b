/* base/status.h - how a function says that it failed.
 *
 * A function that can fail returns Status; the sentence for people goes to the
 * request's Issues (base/ctx.h). One table, in base/status.c, turns a Status into an HTTP
 * status and an OperationOutcome code. */
#ifndef ACESO_STATUS_H
#define ACESO_STATUS_H

typedef enum {
    STATUS_OK = 0,
    STATUS_INVALID,        /* 400 the input is not what the standard allows */
    STATUS_UNSUPPORTED,    /* 400 understood, but not offered by this server */
    STATUS_UNAUTHORIZED,   /* 401 not signed in */
    STATUS_FORBIDDEN,      /* 403 signed in, not allowed */
    STATUS_NOT_FOUND,      /* 404 no such thing, or not for this caller */
    STATUS_METHOD,         /* 405 */
    STATUS_NOT_ACCEPTABLE, /* 406 */
    STATUS_TIMEOUT,        /* 503 the deadline of the request has passed */
    STATUS_CONFLICT,       /* 409 another writer was there first */
    STATUS_GONE,           /* 410 deleted */
    STATUS_LENGTH,         /* 411 */
    STATUS_PRECONDITION,   /* 412 If-Match and its kin */
    STATUS_TOO_LARGE,      /* 413 */
    STATUS_MEDIA_TYPE,     /* 415 */
    STATUS_UNPROCESSABLE,  /* 422 parsed, but against a rule of FHIR or of the site */
    STATUS_LOCKED_OUT,     /* 429 too many attempts */
    STATUS_HEADERS,        /* 431 */
    STATUS_INTERNAL,       /* 500 a bug; must never be reachable from outside */
    STATUS_UNAVAILABLE,    /* 503 stopping, or the store cannot be read */
    STATUS_STORAGE,        /* 507 the disk is full: nothing was written, reads go on */
    STATUS_MEMORY,         /* 413 a request wanted more memory than its limit */
    STATUS_COUNT
} Status;

#define MUST_USE __attribute__((warn_unused_result))

/* Leaves the function with the callee's Status. Always safe: nothing needs a manual
 * release, everything hangs on an arena. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        Status try_status_ = (call);                                                               \
        if (__builtin_expect(try_status_ != STATUS_OK, 0))                                         \
            return try_status_;                                                                    \
    } while (0)

/* The code of OperationOutcome.issue for a status, e.g. "not-found".
 * SPEC R4 valueset-issue-type.html */
const char *status_issue_code(Status status);

/* The HTTP status, e.g. 404: the one table for answers and for entries of a bundle. */
unsigned status_http(Status status);

/* The bare English name, for logs: "not found". */
const char *status_name(Status status);

#endif
