/* base/ctx.h - what travels with one request: its arena, its issues, its deadline. */
#ifndef ACESO_CTX_H
#define ACESO_CTX_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/status.h"
#include "base/str.h"

/* One sentence for people about one problem. */
typedef struct Issue {
    struct Issue *next;
    Status status;
    bool warning;    /* severity "warning" instead of "error" */
    Str code;        /* OperationOutcome.issue.code; empty = the status' own */
    Str expression;  /* FHIRPath of the element, e.g. "Patient.name[0].family"; may be empty */
    Str diagnostics; /* the sentence; never a value out of a chart */
} Issue;

enum { CTX_ISSUES_MAX = 50 }; /* a broken bundle must not answer with a broken novel */

typedef struct {
    Arena *arena;  /* lives until the answer has left */
    Issue *issues; /* oldest first */
    Issue *issues_last;
    size_t issue_count;
    Time deadline; /* monotonic; 0 = none */
    bool (*gone)(
        const void *who); /* whether nobody waits for the answer any more; NULL = not known */
    const void *who;
    Str request_id;
} Ctx;

/* Adds an issue and returns `status`, so that `return ctx_fail(...)` reads well.
 * expression may be STR_EMPTY. The sentence must not quote values from a resource
 * other than codes and element names. */
Status ctx_fail(Ctx *cx, Status status, Str expression, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
Status ctx_fail_code(Ctx *cx, Status status, const char *issue_code, Str expression,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Severity "warning". */
void ctx_warn(Ctx *cx, const char *issue_code, Str expression, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Its issues are gone: those of a try before the next one, or of a question whose failure is an
 * answer too. Left where they are, they would stand in the answer of what went well. */
void ctx_forget(Ctx *cx);
/* Only those that came after `before`, a copy of it. */
void ctx_forget_since(Ctx *cx, const Ctx *before);
/* The issues of `from` in place of its own, with `from`'s arena behind them. */
void ctx_take_issues(Ctx *cx, const Ctx *from);
/* Adds the errors of `from`, whose arena may go then; returns `status`. */
Status ctx_copy_issues(Ctx *cx, const Ctx *from, Status status);

/* The issues so far as the bytes of an OperationOutcome; `status` speaks when there are
 * none. SPEC R4 operationoutcome.html */
Status ctx_outcome(Ctx *cx, Status status, Str *ret_json);

/* STATUS_TIMEOUT when the deadline has passed, or nobody waits any more. */
Status ctx_check_deadline(Ctx *cx) MUST_USE;

#endif
