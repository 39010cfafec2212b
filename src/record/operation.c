/* record/operation.c - several reads and writes as one interaction: its life and its answer. See
 * operation.h. */
#include "record/operation_inner.h"

/* ---- answering ------------------------------------------------------------------------------ */

void operation_answer(Operation *op, unsigned http, Str body)
{
    op->inner->answered = true;
    op->reply->http = http;
    op->reply->body = body;
}

void operation_answer_bytes(Operation *op, const char *type, Str file_name, Str bytes)
{
    operation_answer(op, 200, bytes);
    op->reply->content_type = type;
    op->reply->file_name = file_name;
}

Status operation_written(Operation *op, size_t i, Str *ret_body)
{
    const struct OperationInner *in = op->inner;
    *ret_body = STR_EMPTY;
    if (i >= in->write_count)
        return STATUS_OK;
    const StoreWrite *write = &in->writes[i];
    StoreRow row = {.type = write->type, .facts = write->facts};
    if (!scene_sees(&in->scene, &row))
        return STATUS_OK;
    return scene_show(&in->scene, op->cx, write->type, write->facts, write->body, ret_body);
}

Status operation_made(Operation *op, size_t i, Str *ret_body)
{
    assert(i < op->inner->write_count);
    *ret_body = op->inner->writes[i].body;
    return STATUS_OK;
}

/* What its own writes have brought (owned.c) comes before what the module has added. */
static Status join_jobs(Operation *op)
{
    const struct OperationInner *in = op->inner;
    StoreCommit *commit = &op->reply->commit;
    size_t count = commit->job_count;
    StoreJobAdd *jobs = arena_array_of(in->home->arena, StoreJobAdd, count + in->job_count + 1);
    if (!jobs)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count + in->job_count; i++)
        jobs[i] = i < count ? commit->jobs[i] : in->jobs[i - count];
    commit->jobs = jobs;
    commit->job_count += in->job_count;
    return STATUS_OK;
}

static Status answer(Operation *op)
{
    struct OperationInner *in = op->inner;
    Reply *reply = op->reply;
    in->scene.audit.resources = in->names;
    in->scene.audit.facts_of = in->facts_of;
    in->scene.audit.resource_count = in->name_count;
    reply->commit.writes = in->writes;
    reply->commit.write_count = in->write_count;
    TRY(join_jobs(op));
    reply->commit.items = in->items;
    reply->commit.item_count = in->item_count;
    reply->commit.guard = in->guard;
    if (in->answered)
        return STATUS_OK;
    TRY(operation_written(op, 0, &reply->body));
    reply->http = reply->body.len ? 200 : 204;
    return STATUS_OK;
}

static Status run(Operation *op)
{
    const OperationKind *kind = op->asked.kind;
    Scene *scene = &op->inner->scene;
    TRY(kind->reads ? access_need_read(op->cx, op->call->access)
                    : access_need_write(op->cx, op->call->access));
    TRY(scene_target(scene, kind->type, op->asked.id));
    TRY(scene_know(scene));
    TRY(operation_parameters(op));
    TRY(kind->run(op));
    return answer(op);
}

/* "$book" -> "book" */
static Str interaction_of(const OperationKind *kind)
{
    Str name = kind->name;
    (void)str_cut(&name, '$');
    return name;
}

/* Begins the reply too. STATUS_MEMORY: it has no inner part. */
static Status begin(Record *record, Ctx *cx, const Call *call, const OperationAsked *asked,
                    Reply *reply, Operation *ret_op)
{
    Scene scene = scene_begin(record, cx, call, reply, interaction_of(asked->kind));
    *ret_op = (Operation){.record = record,
                          .cx = cx,
                          .call = call,
                          .asked = *asked,
                          .reply = reply,
                          .now = time_now(),
                          .inner = arena_new_of(cx->arena, struct OperationInner)};
    if (!ret_op->inner)
        return scene_end(&scene, STATUS_MEMORY);
    ret_op->inner->scene = scene;
    ret_op->inner->home = cx;
    return STATUS_OK;
}

static void end(Operation *op)
{
    if (operation_is_apart(op))
        operation_come_home(op);
    operation_shut(op);
}

Status record_operation(Record *record, Ctx *cx, const Call *call, const OperationAsked *asked,
                        Reply *reply)
{
    Operation op;
    TRY(begin(record, cx, call, asked, reply, &op));
    Status status = run(&op);
    end(&op);
    if (status != STATUS_OK)
        reply->commit.job_count = reply->commit.item_count = reply->commit.rekey_count = 0;
    return scene_end(&op.inner->scene, status);
}

Status record_operation_open(Record *record, Ctx *cx, const Call *call, const OperationAsked *asked,
                             Reply *reply)
{
    Operation op;
    if (!(asked->kind->places & OPERATION_OPEN) || !asked->kind->reads)
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first.");
    Status status = begin(record, cx, call, asked, reply, &op);
    if (status == STATUS_OK) {
        op.inner->own = true;
        status = operation_parameters(&op);
        if (status == STATUS_OK)
            status = asked->kind->run(&op);
        end(&op);
        assert(!op.inner->write_count && !op.inner->item_count && !op.inner->job_count);
    }
    reply->commit = (StoreCommit){0};
    record_settled(reply);
    reply->retry = false;
    reply->status = status;
    return status;
}
