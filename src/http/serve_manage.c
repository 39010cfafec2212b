/* http/serve_manage.c - administrators look after accounts, and see how the server does.
 *
 * Routes that change something need a session that is stepped up (routes.c); who administers is
 * asked by auth. docs/guide/administration.md */
#include "http/routes.h"

#include "access/rules.h"
#include "auth/manage.h"
#include "http/serve.h"
#include "http/serve_auth.h"
#include "http/server.h"
#include "jobs/state.h"

/* Who may not has tried, and that is to be seen; when it cannot be written, the refusal stands. */
static Status judged(Request *rq, Status status)
{
    Ctx quiet = {
        .arena = rq->cx.arena, .request_id = rq->cx.request_id, .deadline = rq->cx.deadline};
    if (status == STATUS_FORBIDDEN)
        UNUSED(auth_note_refused(rq->http->auth, &quiet, rq->call.access) == STATUS_OK);
    return status;
}

Status serve_accounts(Request *rq)
{
    AuthAccountQuery asked;
    Str json;
    TRY(auth_accounts_asked(&rq->cx, rq->call.query, &asked));
    TRY(judged(rq, auth_accounts_json(rq->http->auth, &rq->cx, rq->call.access, &asked, &json)));
    return answer_json(rq, 200, json);
}

/* Members that are not there stay as they are. */
static Status read_account(Request *rq, AuthAccount *ret_account)
{
    JsonValue *root;
    TRY(read_object(rq, &root));
    TRY(need_text(rq, root, "user", &ret_account->user));
    ret_account->display = json_get_str(root, STR("display"));
    ret_account->role = json_get_str(root, STR("role"));
    ret_account->reference = json_get_str(root, STR("reference"));
    ret_account->language = json_get_str(root, STR("language"));
    ret_account->mail = json_get_str(root, STR("mail"));
    return STATUS_OK;
}

/* The account is there even when no mail could leave: then its link is handed over by hand, as
 * `aceso account invite` does. Who has had it by mail alone has it. */
Status serve_account_invite(Request *rq)
{
    AuthAccount account = {.user = STR_EMPTY};
    Str link, json;
    bool mailed = false;
    TRY(read_account(rq, &account));
    Status status =
        auth_invite_by_mail(rq->http->auth, &rq->cx, rq->call.access, &account, &link, &mailed);
    if (status != STATUS_OK && !link.len)
        return judged(rq, status);
    ctx_forget(&rq->cx); /* of the mail: said by `mailed` */
    json = mailed ? STR("{\"mailed\":true}")
                  : arena_format(rq->cx.arena, "{\"mailed\":false,\"link\":\"" STR_FMT "\"}",
                                 STR_ARG(link));
    return json.at ? answer_json(rq, 200, json) : STATUS_MEMORY;
}

Status serve_account_change(Request *rq)
{
    AuthAccount account = {.user = STR_EMPTY};
    TRY(read_account(rq, &account));
    TRY(judged(rq, auth_account_change(rq->http->auth, &rq->cx, rq->call.access, &account)));
    rq->reply.http = 204;
    return STATUS_OK;
}

static Status read_user(Request *rq, Str *ret_user)
{
    JsonValue *root;
    TRY(read_object(rq, &root));
    return need_text(rq, root, "user", ret_user);
}

static Status block(Request *rq, bool blocked)
{
    Str user;
    TRY(read_user(rq, &user));
    TRY(judged(rq, auth_account_block(rq->http->auth, &rq->cx, rq->call.access, user, blocked)));
    rq->reply.http = 204;
    return STATUS_OK;
}

Status serve_account_end(Request *rq)
{
    return block(rq, true);
}

Status serve_account_open(Request *rq)
{
    return block(rq, false);
}

Status serve_account_factors_reset(Request *rq)
{
    Str user;
    TRY(read_user(rq, &user));
    TRY(judged(rq, auth_factors_reset(rq->http->auth, &rq->cx, rq->call.access, user)));
    rq->reply.http = 204;
    return STATUS_OK;
}

Status serve_account_sign_out(Request *rq)
{
    Str user;
    TRY(read_user(rq, &user));
    TRY(judged(rq, auth_session_end(rq->http->auth, &rq->cx, rq->call.access, user)));
    rq->reply.http = 204;
    return STATUS_OK;
}

/* ---- looking ------------------------------------------------------------------------------- */

static Status need_overseer(Request *rq)
{
    AccessRole role = access_role_of(access_role(rq->call.access));
    if (role == ROLE_ADMIN || role == ROLE_AUDITOR)
        return STATUS_OK;
    return ctx_fail(&rq->cx, STATUS_FORBIDDEN, STR_EMPTY,
                    "Only an administrator or an auditor may see this.");
}

Status serve_roles(Request *rq)
{
    Rules rules;
    Str json;
    TRY(need_overseer(rq));
    record_rules(rq->http->record, &rules);
    TRY(rules_matrix_json(&rq->cx, &rules, &json));
    return answer_json(rq, 200, json);
}

Status serve_state(Request *rq)
{
    Str json;
    TRY(need_overseer(rq));
    if (!rq->http->options.jobs)
        return ctx_fail(&rq->cx, STATUS_NOT_FOUND, STR_EMPTY, "This server does no work later.");
    TRY(jobs_state_json(rq->http->options.jobs, &rq->cx, &json));
    return answer_json(rq, 200, json);
}
