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

/* The segments of the path: [$operation], [type, $operation], [type, id, $operation]; of routes
 * that name Patient in their pattern, without it. A route without a {name} is "/fhir/Type/$name".
 */
static const OperationKind *find_asked(const Request *rq, Str *ret_id)
{
    const HttpOptions *options = &rq->http->options;
    size_t count = 0;
    if (!rq->args[0].at) {
        Str name = str_from(str_of(rq->route->pattern), STR("/fhir/").len);
        Str of_type = str_cut(&name, '/');
        *ret_id = STR_EMPTY;
        return find(options, of_type, name, OPERATION_ON_TYPE);
    }
    Str type = STR("Patient"), args[REQUEST_ARGS_MAX] = {{0}};
    for (size_t i = 0; i < REQUEST_ARGS_MAX && rq->args[i].at; i++)
        args[count++] = rq->args[i];
    *ret_id = STR_EMPTY;
    if (!str_has_prefix(str_of(rq->route->pattern), STR("/fhir/Patient/")) && count) {
        type = args[0];
        if (--count == 0)
            return find(options, STR_EMPTY, type, OPERATION_ON_SYSTEM);
        memmove(args, &args[1], count * sizeof(Str));
    }
    if (count == 1)
        return find(options, type, args[0], OPERATION_ON_TYPE);
    *ret_id = args[0];
    return find(options, type, args[1], OPERATION_ON_INSTANCE);
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
    return record_operation(rq->http->record, &rq->cx, &rq->call, &asked, &rq->reply);
}

Status serve_feed(Request *rq)
{
    const OperationAsked asked = {
        .kind = find(&rq->http->options, STR("Schedule"), STR("$feed"), OPERATION_ON_INSTANCE),
        .id = rq->args[0]};
    if (!asked.kind)
        return ctx_fail(&rq->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing at this address.");
    return record_operation_open(rq->http->record, &rq->cx, &rq->call, &asked, &rq->reply);
}
