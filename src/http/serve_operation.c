/* http/serve_operation.c - operations of the modules above the record, found in their tables.
 *
 * SPEC R4 operations.html */
#include "http/request.h"

#include "auth/factors.h"
#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"
#include "record/operation.h"

static const OperationKind *find(const HttpOptions *options, Str type, Str name,
                                 OperationPlace place)
{
    for (size_t i = 0; i < options->operation_count; i++)
        for (size_t k = 0; k < options->operations[i].count; k++) {
            const OperationKind *kind = &options->operations[i].kinds[k];
            if ((kind->places & place) && str_eq(kind->name, name) &&
                (place == OPERATION_ON_SYSTEM || str_eq(kind->type, type)))
                return kind;
        }
    return NULL;
}

/* The segments of the path: [$operation], [type, $operation], [type, id, $operation]. A route
 * without a {name} is "/fhir/Type/$name". */
static const OperationKind *find_asked(const Request *rq, Str *ret_id)
{
    const HttpOptions *options = &rq->http->options;
    *ret_id = STR_EMPTY;
    if (!rq->args[0].at) {
        Str name = str_from(str_of(rq->route->pattern), STR("/fhir/").len);
        Str type = str_cut(&name, '/');
        return find(options, type, name, OPERATION_ON_TYPE);
    }
    if (!rq->args[1].at)
        return find(options, STR_EMPTY, rq->args[0], OPERATION_ON_SYSTEM);
    if (!rq->args[2].at)
        return find(options, rq->args[0], rq->args[1], OPERATION_ON_TYPE);
    *ret_id = rq->args[1];
    return find(options, rq->args[0], rq->args[2], OPERATION_ON_INSTANCE);
}

Status serve_operation(Request *rq)
{
    OperationAsked asked = {.body = rq->body};
    asked.kind = find_asked(rq, &asked.id);
    if (!asked.kind)
        return ctx_fail(&rq->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "This operation is not supported by this server.");
    if (!asked.kind->reads && strcmp(rq->route->method, "GET") == 0)
        return ctx_fail(&rq->cx, STATUS_METHOD, STR_EMPTY,
                        "This operation changes something: it is asked with POST.");
    if (!rq->call.access)
        return record_operation_open(rq->http->record, &rq->cx, &rq->call, &asked, &rq->reply);
    asked.stepped_up = auth_is_stepped_up(rq->http->auth, &rq->session);
    Status status = record_operation(rq->http->record, &rq->cx, &rq->call, &asked, &rq->reply);
    if (rq->reply.wants_step_up)
        request_header(rq, "Aceso-Needs", "step-up");
    return status;
}

/* The name of the file is a secret: it stands in a body, of which nothing is kept. */
static Status ask_feed(Request *rq, Str name)
{
    Buf body;
    OperationAsked asked = {.kind =
                                find(&rq->http->options, STR("Schedule"), name, OPERATION_ON_TYPE)};
    buf_init(&body, rq->cx.arena, 256, 256 + 6 * rq->args[0].len);
    buf_add_lit(&body, "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"file\","
                       "\"valueString\":");
    json_write_string(&body, rq->args[0]);
    buf_add_lit(&body, "}]}");
    TRY(buf_done(&body));
    asked.body = (Body){body.at, body.len};
    if (!asked.kind)
        return ctx_fail(&rq->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing at this address.");
    return rq->call.access
               ? record_operation(rq->http->record, &rq->cx, &rq->call, &asked, &rq->reply)
               : record_operation_open(rq->http->record, &rq->cx, &rq->call, &asked, &rq->reply);
}

/* As whoever made the address, for as long as he has his account. */
Status serve_feed(Request *rq)
{
    Ctx home = rq->cx;
    home.arena = rq->home; /* he outlives this try */
    rq->call.access = NULL;
    TRY(ask_feed(rq, STR("$feed-owner")));
    Str account = rq->reply.body;
    Status status =
        account.len ? auth_access_of(rq->http->auth, &home, account, &rq->call.access) : STATUS_OK;
    if (status == STATUS_NOT_FOUND)
        return ctx_fail(&rq->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing at this address.");
    TRY(status);
    rq->reply = (Reply){.status = STATUS_OK};
    return ask_feed(rq, STR("$feed"));
}
