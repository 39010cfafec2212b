/* http/routes.h - every address of the server, in one table (routes.c). */
#ifndef ACESO_HTTP_ROUTES_H
#define ACESO_HTTP_ROUTES_H

#include "http/request.h"

typedef enum {
    NEEDS_NOTHING = 1, /* 0 is not a need: a route without one does not compile */
    NEEDS_READ,        /* somebody who may read charts */
    NEEDS_WRITE,       /* somebody who may write charts; a browser from our own origin */
    NEEDS_OWN_ORIGIN,  /* no sign-in, but a browser must come from our own origin */
    NEEDS_SESSION,     /* a browser's, also of who must still set up a second factor */
    NEEDS_STEP_UP,     /* a browser's, and a factor was shown within five minutes */
    NEEDS_PERSON,      /* the same of somebody who may do more than set up a factor */
    NEEDS_CLIENT,      /* a program shows who it is in OAuth's ways: the handler asks it */
    NEEDS_ANYBODY,     /* nothing; but who has signed in is known */
    NEEDS_CARD,        /* the port that asks for certificates of identity cards; no other has it */
    NEEDS_READ_OR_LOCAL, /* a program of this machine, else somebody who may read */
} Need;

typedef enum {
    IN_PLACE = 1, /* on the event thread */
    BY_SIZE,      /* small bodies in place, others on a worker */
    ON_WORKER,
    ON_SIGN_IN, /* on the few threads of sign-ins: a flood of them delays nobody else */
} Place;

typedef enum {
    BODY_NONE,       /* what comes is read and dropped */
    BODY_RESOURCE,   /* application/fhir+json, up to body_bytes_max */
    BODY_PARAMETERS, /* the same, or nothing */
    BODY_FILE,       /* of any type, up to file_bytes_max */
    BODY_BUNDLE,     /* the same, up to bundle_bytes_max */
    BODY_PATCH,      /* application/json-patch+json */
    BODY_JSON,       /* application/json, small */
    BODY_FORM,       /* application/x-www-form-urlencoded, small */
    BODY_ANY,        /* not looked at, small */
} BodyKind;

struct Route {
    const char *method;
    const char *pattern; /* "/fhir/{type}/{id}"; "*" at the end takes any rest */
    Need need;
    Place place;
    BodyKind body;
    bool fhir; /* FHIR rules of Accept and _format hold */
    Handler handler;
};

extern const Route routes[];
extern const size_t route_count;

/* The route of method and path; args are the raw segments of {names}. NULL when none:
 * *ret_allow then lists the methods of the path ("GET, HEAD, ..."), or is empty. */
const Route *route_find(Arena *arena, Str method, Str path, Str args[REQUEST_ARGS_MAX],
                        Str *ret_allow);

#endif
