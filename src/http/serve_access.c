/* http/serve_access.c - operations on who may see a patient, and why somebody sees what he sees.
 *
 * docs/guide/access.md */
#include "http/request.h"

#include "auth/factors.h"
#include "fhir/fhir.h"
#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"
#include "rights/rights.h"
#include "search/search.h"

/* Whether who calls has proved again who he is within the last five minutes. */
static bool session_is_stepped_up(const Request *rq)
{
    return auth_is_stepped_up(rq->http->auth, &rq->session);
}

Status serve_entitle(Request *rq)
{
    bool instance = rq->args[1].at != NULL;
    RecordEntitle asked = {.operation = instance ? rq->args[1] : rq->args[0],
                           .id = instance ? rq->args[0] : STR_EMPTY,
                           .body = rq->body};
    if (!record_entitles(asked.operation))
        return serve_operation(rq);
    asked.stepped_up = session_is_stepped_up(rq);
    return record_entitle(rq->http->record, &rq->cx, &rq->call, &asked, &rq->reply);
}

/* ---- why: for administrators ------------------------------------------------------------------
 */

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

/* ?user=...&patient=Patient/1 */
static Status read_question(Request *rq, Str *ret_user, Str *ret_patient)
{
    Str query = rq->call.query;
    *ret_user = *ret_patient = STR_EMPTY;
    for (Str name, value; search_next_pair(&query, &name, &value);) {
        Str *to = str_eq(name, STR("user"))      ? ret_user
                  : str_eq(name, STR("patient")) ? ret_patient
                                                 : NULL;
        if (!to)
            return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY,
                            "The parameters are \"user\" and \"patient\".");
        TRY(search_decode(&rq->cx, value, to));
    }
    Str id = *ret_patient;
    if (!ret_user->len || !str_eq(str_cut(&id, '/'), STR("Patient")) || !id.at || !fhir_id_is(id))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY,
                        "Ask with user=NAME and patient=Patient/ID.");
    return STATUS_OK;
}

Status serve_explain_access(Request *rq)
{
    const Access *access = rq->call.access;
    Str user, patient;
    AuthAccount account = {.user = STR_EMPTY};
    if (access_role_of(access_role(access)) != ROLE_ADMIN && !access_is_system(access))
        return ctx_fail(&rq->cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "Only an administrator asks what somebody else may see.");
    TRY(read_question(rq, &user, &patient));
    TRY(find_account(rq, user, &account));
    return record_explain(rq->http->record, &rq->cx, &rq->call, account.role, account.reference,
                          patient, &rq->reply);
}
