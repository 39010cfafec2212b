/* base/status.c - the one table from Status to words. */
#include "base/status.h"

#include <assert.h>

static const struct {
    const char *name;
    const char *issue_code;
} statuses[STATUS_COUNT] = {
    [STATUS_OK] = {"ok", "informational"},
    [STATUS_INVALID] = {"invalid", "invalid"},
    [STATUS_UNSUPPORTED] = {"not supported", "not-supported"},
    [STATUS_UNAUTHORIZED] = {"not signed in", "login"},
    [STATUS_FORBIDDEN] = {"forbidden", "forbidden"},
    [STATUS_NOT_FOUND] = {"not found", "not-found"},
    [STATUS_METHOD] = {"method not allowed", "not-supported"},
    [STATUS_NOT_ACCEPTABLE] = {"not acceptable", "not-supported"},
    [STATUS_TIMEOUT] = {"timeout", "timeout"},
    [STATUS_CONFLICT] = {"conflict", "conflict"},
    [STATUS_GONE] = {"gone", "deleted"},
    [STATUS_LENGTH] = {"length required", "required"},
    [STATUS_PRECONDITION] = {"precondition failed", "conflict"},
    [STATUS_TOO_LARGE] = {"too large", "too-long"},
    [STATUS_MEDIA_TYPE] = {"unsupported media type", "not-supported"},
    [STATUS_UNPROCESSABLE] = {"unprocessable", "invariant"},
    [STATUS_LOCKED_OUT] = {"too many attempts", "throttled"},
    [STATUS_HEADERS] = {"headers too large", "too-long"},
    [STATUS_INTERNAL] = {"internal error", "exception"},
    [STATUS_UNAVAILABLE] = {"unavailable", "transient"},
    [STATUS_STORAGE] = {"storage full", "no-store"},
    [STATUS_MEMORY] = {"memory limit", "too-costly"},
};

const char *status_issue_code(Status status)
{
    assert(status < STATUS_COUNT);
    return statuses[status].issue_code;
}

const char *status_name(Status status)
{
    assert(status < STATUS_COUNT);
    return statuses[status].name;
}
