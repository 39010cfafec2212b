/* base/ctx.c - issues of a request and the OperationOutcome made of them. */
#include "base/ctx.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/base.h"

static Str format_text(Arena *arena, const char *format, va_list args)
{
    char text[1024];
    int len = vsnprintf(text, sizeof(text), format, args);
    assert(len >= 0);
    size_t used = (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1;
    return arena_str(arena, str_n(text, used));
}

/* kind: status, code, warning; the words come from the others. At the memory limit the status
 * alone must do. */
static void add_issue(Ctx *cx, Issue kind, Str expression, const char *format, va_list args)
{
    if (cx->issue_count == CTX_ISSUES_MAX)
        return;
    Issue *issue = arena_new_of(cx->arena, Issue);
    kind.diagnostics = format_text(cx->arena, format, args);
    kind.expression = arena_str(cx->arena, expression);
    if (!issue || !kind.diagnostics.at)
        return;
    *issue = kind;
    if (cx->issues_last)
        cx->issues_last->next = issue;
    else
        cx->issues = issue;
    cx->issues_last = issue;
    cx->issue_count++;
}

Status ctx_fail(Ctx *cx, Status status, Str expression, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_issue(cx, (Issue){.status = status}, expression, format, args);
    va_end(args);
    return status;
}

Status ctx_fail_code(Ctx *cx, Status status, const char *issue_code, Str expression,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_issue(cx, (Issue){.status = status, .code = str_of(issue_code)}, expression, format, args);
    va_end(args);
    return status;
}

void ctx_warn(Ctx *cx, const char *issue_code, Str expression, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_issue(cx, (Issue){.warning = true, .code = str_of(issue_code)}, expression, format, args);
    va_end(args);
}

void ctx_forget(Ctx *cx)
{
    cx->issues = cx->issues_last = NULL;
    cx->issue_count = 0;
}

void ctx_take_issues(Ctx *cx, const Ctx *from)
{
    cx->issues = from->issues;
    cx->issues_last = from->issues_last;
    cx->issue_count = from->issue_count;
}

void ctx_forget_since(Ctx *cx, const Ctx *before)
{
    ctx_take_issues(cx, before);
    if (cx->issues_last)
        cx->issues_last->next = NULL;
}

Status ctx_copy_issues(Ctx *cx, const Ctx *from, Status status)
{
    for (const Issue *issue = from->issues; issue; issue = issue->next) {
        if (!issue->warning)
            (void)ctx_fail(cx, issue->status, issue->expression, STR_FMT,
                           STR_ARG(issue->diagnostics));
    }
    return status;
}

/* A JSON string; what is not UTF-8 becomes "?": an issue may quote a broken header. */
static void add_json_string(Buf *buf, Str s)
{
    bool sound = str_is_utf8(s);
    buf_add_char(buf, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c == '"' || c == '\\') {
            buf_add_char(buf, '\\');
            buf_add_char(buf, (char)c);
        } else if (c < 0x20) {
            buf_format(buf, "\\u%04x", c);
        } else {
            buf_add_char(buf, c >= 0x80 && !sound ? '?' : (char)c);
        }
    }
    buf_add_char(buf, '"');
}

static void add_issue_json(Buf *buf, const Issue *issue)
{
    Str code = issue->code.len ? issue->code : str_of(status_issue_code(issue->status));
    buf_add_str(buf, issue->warning ? STR("{\"severity\":\"warning\",\"code\":")
                                    : STR("{\"severity\":\"error\",\"code\":"));
    add_json_string(buf, code);
    buf_add_lit(buf, ",\"diagnostics\":");
    add_json_string(buf, issue->diagnostics);
    if (issue->expression.len) {
        buf_add_lit(buf, ",\"expression\":[");
        add_json_string(buf, issue->expression);
        buf_add_lit(buf, "]");
    }
    buf_add_lit(buf, "}");
}

Status ctx_outcome(Ctx *cx, Status status, Str *ret_json)
{
    Buf buf;
    buf_init(&buf, cx->arena, 512, 256 * 1024);
    buf_add_lit(&buf, "{\"resourceType\":\"OperationOutcome\",\"issue\":[");
    for (const Issue *issue = cx->issues; issue; issue = issue->next) {
        if (issue != cx->issues)
            buf_add_lit(&buf, ",");
        add_issue_json(&buf, issue);
    }
    if (!cx->issues)
        add_issue_json(&buf,
                       &(Issue){.status = status, .diagnostics = str_of(status_name(status))});
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

Status ctx_check_deadline(Ctx *cx)
{
    if (cx->deadline && time_monotonic() > cx->deadline)
        return ctx_fail(cx, STATUS_TIMEOUT, STR_EMPTY, "The time limit of the request has passed.");
    if (cx->gone && cx->gone(cx->who))
        return ctx_fail(cx, STATUS_TIMEOUT, STR_EMPTY, "The client did not wait for the answer.");
    return STATUS_OK;
}
