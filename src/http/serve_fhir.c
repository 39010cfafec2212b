/* http/serve_fhir.c - the interactions of FHIR, handed to record.
 *
 * SPEC R4 http.html */
#include "http/request.h"
#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"
#include "http/target.h"

Status serve_metadata(Request *rq)
{
    return record_metadata(rq->http->record, &rq->cx, &rq->call, &rq->reply);
}

/* What was answered unasked and is not so is asked for the second time. */
Status serve_read(Request *rq)
{
    rq->call.unasked = rq->tries <= 1;
    rq->call.absent = rq->call.unasked && rq->wish.absent;
    return record_read(rq->http->record, &rq->cx, &rq->call, rq->args[0], rq->args[1], &rq->reply);
}

Status serve_vread(Request *rq)
{
    return record_vread(rq->http->record, &rq->cx, &rq->call, rq->args[0], rq->args[1], rq->args[2],
                        &rq->reply);
}

Status serve_create(Request *rq)
{
    return record_create(rq->http->record, &rq->cx, &rq->call, rq->args[0], rq->body, &rq->reply);
}

Status serve_update(Request *rq)
{
    return record_update(rq->http->record, &rq->cx, &rq->call, rq->args[0], rq->args[1], rq->body,
                         &rq->reply);
}

Status serve_patch(Request *rq)
{
    return record_patch(rq->http->record, &rq->cx, &rq->call, rq->args[0], rq->args[1], rq->body,
                        &rq->reply);
}

Status serve_delete(Request *rq)
{
    return record_delete(rq->http->record, &rq->cx, &rq->call, rq->args[0], rq->args[1],
                         &rq->reply);
}

Status serve_history(Request *rq)
{
    Str id = rq->args[1].at ? rq->args[1] : STR_EMPTY;
    return record_history(rq->http->record, &rq->cx, &rq->call, rq->args[0], id, &rq->reply);
}

Status serve_system_history(Request *rq)
{
    return record_history(rq->http->record, &rq->cx, &rq->call, STR_EMPTY, STR_EMPTY, &rq->reply);
}

/* POST [type]/_search carries its parameters in the body, and may carry more in the address.
 * SPEC R4 http.html#search */
static Status join_form(Request *rq)
{
    Str form = str_trim(str_n(rq->body.at, rq->body.len));
    if (!target_query_is_sound(rq->home, form))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY,
                        "The form has a bad percent-encoding, a NUL, or is not UTF-8.");
    if (!rq->query.len) {
        rq->call.query = form;
        return STATUS_OK;
    }
    rq->call.query = arena_format(rq->home, STR_FMT "&" STR_FMT, STR_ARG(rq->query), STR_ARG(form));
    return rq->call.query.at ? STATUS_OK : STATUS_MEMORY;
}

/* In one type, or in all. */
Status serve_search(Request *rq)
{
    RecordScope scope = {.type = rq->args[0]};
    if (rq->route->body == BODY_FORM && rq->body.len)
        TRY(join_form(rq));
    rq->call.unasked = rq->tries <= 1;
    return record_search(rq->http->record, &rq->cx, &rq->call, &scope, &rq->reply);
}

Status serve_compartment(Request *rq)
{
    bool all = !rq->args[2].len || str_eq(rq->args[2], STR("*"));
    RecordScope scope = {all ? STR_EMPTY : rq->args[2], rq->args[0], rq->args[1]};
    if (rq->route->body == BODY_FORM && rq->body.len)
        TRY(join_form(rq));
    rq->call.unasked = rq->tries <= 1;
    return record_search(rq->http->record, &rq->cx, &rq->call, &scope, &rq->reply);
}

Status serve_bundle(Request *rq)
{
    return record_bundle(rq->http->record, &rq->cx, &rq->call, rq->body, &rq->reply);
}

Status serve_who_looked(Request *rq)
{
    return record_who_looked(rq->http->record, &rq->cx, &rq->call, rq->args[0], &rq->reply);
}

Status serve_nothing(Request *rq)
{
    return ctx_fail(&rq->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing at this address.");
}
