/* base/status.c - the one table from Status to words. */
#include "base/status.h"

#include <assert.h>

static const struct {
    unsigned http;
    const char *name;
    const char *issue_code;
} statuses[STATUS_COUNT] = {
    [STATUS_OK] = {200, "ok", "informational"},
    [STATUS_INVALID] = {400, "invalid", "invalid"},
    [STATUS_UNSUPPORTED] = {400, "not supported", "not-supported"},
    [STATUS_UNAUTHORIZED] = {401, "not signed in", "login"},
    [STATUS_FORBIDDEN] = {403, "forbidden", "forbidden"},
    [STATUS_NOT_FOUND] = {404, "not found", "not-found"},
    [STATUS_METHOD] = {405, "method not allowed", "not-supported"},
    [STATUS_NOT_ACCEPTABLE] = {406, "not acceptable", "not-supported"},
    [STATUS_TIMEOUT] = {503, "timeout", "timeout"},
    [STATUS_CONFLICT] = {409, "conflict", "conflict"},
    [STATUS_GONE] = {410, "gone", "deleted"},
    [STATUS_LENGTH] = {411, "length required", "required"},
    [STATUS_PRECONDITION] = {412, "precondition failed", "conflict"},
    [STATUS_TOO_LARGE] = {413, "too large", "too-long"},
    [STATUS_MEDIA_TYPE] = {415, "unsupported media type", "not-supported"},
    [STATUS_UNPROCESSABLE] = {422, "unprocessable", "invariant"},
    [STATUS_LOCKED_OUT] = {429, "too many attempts", "throttled"},
    [STATUS_HEADERS] = {431, "headers too large", "too-long"},
    [STATUS_INTERNAL] = {500, "internal error", "exception"},
    [STATUS_UNAVAILABLE] = {503, "unavailable", "transient"},
    [STATUS_STORAGE] = {507, "storage full", "no-store"},
    [STATUS_MEMORY] = {413, "memory limit", "too-costly"},
};

const char *status_issue_code(Status status)
{
    assert(status < STATUS_COUNT);
    return statuses[status].issue_code;
}

unsigned status_http(Status status)
{
    assert(status < STATUS_COUNT);
    return statuses[status].http;
}

const char *status_name(Status status)
{
    assert(status < STATUS_COUNT);
    return statuses[status].name;
}
