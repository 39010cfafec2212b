/* http/serve_access.c - why somebody sees what he sees: for administrators.
 *
 * docs/guide/access.md */
#include "http/request.h"

#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"

static Status find_account(Request *rq, Str user, AuthAccount *ret_account)
{
    AuthAccount *accounts;
    size_t count;
    TRY(auth_account_list(rq->http->auth, &rq->cx, &accounts, &count));
    for (size_t i = 0; i < count; i++)
        if (str_eq(accounts[i].user, user)) {
            *ret_account = accounts[i];
            return STATUS_OK;
        }
    return ctx_fail(&rq->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no account of that name.");
}

Status serve_explain_access(Request *rq)
{
    const Access *access = rq->call.access;
    Str user, patient;
    AuthAccount account = {.user = STR_EMPTY};
    if (access_role_of(access_role(access)) != ROLE_ADMIN && !access_is_system(access))
        return ctx_fail(&rq->cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "Only an administrator asks what somebody else may see.");
    TRY(record_explain_asked(&rq->cx, rq->call.query, &user, &patient));
    TRY(find_account(rq, user, &account));
    return record_explain(rq->http->record, &rq->cx, &rq->call, account.role, account.reference,
                          patient, &rq->reply);
}
