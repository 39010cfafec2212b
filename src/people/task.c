/* people/task.c - who may take a task, give it back and finish it.
 *
 *   requested (owner: a place, a team, himself) --$claim--> in-progress (owner: himself)
 *        ^------------------$give-back-----------------------'   '--$finish--> completed, rejected
 *
 * By these operations, or by PATCH and PUT for those whose rights let them write it: the guard says
 * the same of both. Programs of the network do as they like. SPEC R4 task.html#statemachine */
#include "people/inner.h"

static bool is_one_of(Str word, const char *words)
{
    Str rest = str_of(words);
    while (rest.len)
        if (str_eq(str_cut(&rest, ' '), word))
            return true;
    return false;
}

static bool is_open(Str status)
{
    return is_one_of(status, "draft requested received accepted ready in-progress on-hold");
}

static Status refuse(Ctx *cx, const char *why)
{
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("Task.status"), "%s", why);
}

/* ---- the guard: of direct writes ---------------------------------------------------------------
 */

static Str owner_of(const JsonValue *task)
{
    return json_get_str(json_get(task, STR("owner")), STR("reference"));
}

/* A team's task is taken, not given, by whoever is of the team: which teams he is of the guard
 * cannot ask, and who may write the task at all has been asked. */
Status people_guard_task(Ctx *cx, const Access *writer, const JsonValue *before,
                         const JsonValue *after)
{
    Str was = json_get_str(before, STR("status")), is = json_get_str(after, STR("status"));
    Str owner = owner_of(before), now = owner_of(after), he = access_reference(writer);
    if (!before || !after)
        return STATUS_OK;
    if (!is_open(was) && !str_eq(was, is))
        return refuse(cx, "The task is finished; make a new one.");
    if (task_is_renewal(before) && is_open(was) && !is_open(is))
        return refuse(cx, "A renewal that was asked for is answered by MedicationRequest/$renew, "
                          "or by Task/$finish with a reason.");
    bool mine = str_eq(owner, he), free = !owner.len || !str_has_prefix(owner, STR("Practitioner"));
    bool asked = str_eq(json_get_str(json_get(before, STR("requester")), STR("reference")), he);
    if (!str_eq(owner, now) && !mine && !free && !asked)
        return refuse(cx,
                      "The task is somebody else's: he gives it back, or who asked for it gives "
                      "it to another.");
    if (is_one_of(is, "completed failed rejected") && !str_eq(was, is) && !mine &&
        !(free && str_eq(now, he)))
        return refuse(cx, "Take the task first: only who has it finishes it.");
    if (is_one_of(is, "cancelled entered-in-error") && !str_eq(was, is) && !asked && !mine)
        return refuse(cx, "Who asked for the task withdraws it, or who has it.");
    return STATUS_OK;
}

/* ---- operations
 * ----------------------------------------------------------------------------------
 */

typedef struct {
    const Access *access;
    Team team;
    OperationRow row;
    Str status;
} TaskSeen;

/* The task, if it is for the caller; else there is none. */
static Status find(Operation *op, TaskSeen *seen)
{
    TRY(operation_access(op, &seen->access));
    TRY(team_of(op, &seen->team));
    bool before = operation_own(op, true);
    Status status = operation_get(op, STR("Task"), op->asked.id, &seen->row);
    operation_own(op, before);
    TRY(status);
    if (!addressed_is_his(seen->access, &seen->team, &seen->row))
        return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such Task.");
    seen->status = json_get_str(seen->row.resource, STR("status"));
    return is_open(seen->status) ? STATUS_OK : refuse(op->cx, "The task is finished already.");
}

static bool is_his_own(const TaskSeen *seen)
{
    Team himself = seen->team;
    himself.count = himself.own;
    return addressed_to(&himself, seen->row.resource);
}

static void add_member(Buf *patch, const char *path, Str value)
{
    buf_format(patch, "%s{\"op\":\"add\",\"path\":\"%s\",\"value\":", patch->len > 1 ? "," : "",
               path);
    json_write_string(patch, value);
    buf_add_char(patch, '}');
}

/* Status, owner (empty: as it is) and note (empty: none), as the program: he was asked before. */
static Status change(Operation *op, const TaskSeen *seen, Str status, Str owner, Str note)
{
    Buf patch;
    char now[TIME_INSTANT_LEN];
    Str body;
    buf_init(&patch, op->cx->arena, 1024, 64 << 10);
    buf_add_char(&patch, '[');
    add_member(&patch, "/status", status);
    add_member(&patch, "/lastModified", time_format_instant(op->now, now));
    if (owner.len) {
        buf_add_lit(&patch, ",{\"op\":\"add\",\"path\":\"/owner\",\"value\":{\"reference\":");
        json_write_string(&patch, owner);
        buf_add_lit(&patch, "}}");
    }
    if (note.len) {
        bool has = json_get(seen->row.resource, STR("note")) != NULL;
        buf_format(&patch,
                   ",{\"op\":\"add\",\"path\":\"/note%s\",\"value\":%s{\"text\":", has ? "/-" : "",
                   has ? "" : "[");
        json_write_string(&patch, note);
        buf_format(&patch, "}%s}", has ? "" : "]");
    }
    buf_add_char(&patch, ']');
    TRY(buf_done(&patch));
    bool before = operation_own(op, true);
    Status done = operation_patch(op, &seen->row, buf_str(&patch));
    operation_own(op, before);
    TRY(done);
    TRY(operation_made(op, 0, &body));
    operation_answer(op, 200, body);
    return STATUS_OK;
}

/* Of two who take it at once one is told that the other was faster: the row has one next version.
 */
Status run_claim(Operation *op)
{
    TaskSeen seen;
    TRY(find(op, &seen));
    if (!addressed_to(&seen.team, seen.row.resource))
        return refuse(op->cx, "The task was given to others.");
    if (is_his_own(&seen) && str_eq(seen.status, STR("in-progress")))
        return refuse(op->cx, "You have taken the task already.");
    if (str_has_prefix(owner_of(seen.row.resource), STR("Practitioner")) && !is_his_own(&seen))
        return refuse(op->cx, "Somebody else has taken the task.");
    return change(op, &seen, STR("in-progress"), operation_who(op), STR_EMPTY);
}

Status run_give_back(Operation *op)
{
    TaskSeen seen;
    Str to = operation_text(op, STR("to"), 0);
    TRY(find(op, &seen));
    if (!is_his_own(&seen))
        return refuse(op->cx, "Only who has the task gives it back.");
    if (!to.len && seen.team.count > seen.team.own)
        to = seen.team.names[seen.team.own];
    if (to.len && !team_has(&seen.team, to))
        return refuse(op->cx, "The task goes back to a place or a team of yours.");
    return change(op, &seen, STR("requested"), to, operation_text(op, STR("note"), 0));
}

Status run_finish(Operation *op)
{
    TaskSeen seen;
    Str outcome = operation_text(op, STR("outcome"), 0);
    if (outcome.len && !is_one_of(outcome, "completed failed rejected"))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "The outcome is completed, failed or rejected.");
    TRY(find(op, &seen));
    if (!is_his_own(&seen))
        return refuse(op->cx, "Take the task first: only who has it finishes it.");
    Str note = operation_text(op, STR("note"), 0);
    bool refused = is_one_of(outcome, "failed rejected"),
         renewal = task_is_renewal(seen.row.resource);
    if (renewal && !refused)
        return refuse(op->cx,
                      "Renew it with MedicationRequest/$renew, or refuse it with a reason.");
    TRY(change(op, &seen, refused ? outcome : STR("completed"), STR_EMPTY, note));
    return renewal ? refusal_tell(op, &seen.row, note) : STATUS_OK;
}
