/* record/conditional.c - writes to the resource that a condition names.
 *
 * SPEC R4 http.html#ccreate, http.html#cond-update, http.html#3.1.0.7.1, http.html#patch */
#include "record/claim.h"
#include "record/conditioned.h"
#include "record/write.h"

static Status look(Scene *scene, const Criteria *criteria, Found *ret_found)
{
    StoreReader *reader;
    StoreMark mark;
    TRY(scene_read(scene, &reader));
    Status status = criteria_find(scene, scene->cx, NULL, reader, criteria, true, ret_found);
    if (status == STATUS_OK && scene->reply->claim && !ret_found->count) {
        status = store_mark(reader, &mark);
        claim_note(scene->reply->claim, mark.change, &scene->reply->commit);
    }
    store_read_end(reader);
    return status;
}

/* Who would create claims first, and looks again: see claim.h. What is there is guarded by its
 * version, and needs no claim. */
static Status look_to_create(Scene *scene, const Criteria *criteria, Found *ret_found)
{
    TRY(look(scene, criteria, ret_found));
    if (ret_found->count)
        return STATUS_OK;
    TRY(claim_take(&scene->record->claims, scene->cx, &criteria->name, 1, &scene->reply->claim));
    return look(scene, criteria, ret_found);
}

/* The client gets what it would have got, had it been the one who created it. */
static Status create(Scene *scene, JsonValue *resource, const Found *found)
{
    if (!found->count)
        return write_row(scene, STORE_CREATE, STR_EMPTY, resource, NULL);
    const StoreRow *row = found->rows;
    Stored stored = {row->id, row->version, row->updated, row->body, true};
    TRY(scene_show(scene, scene->cx, row->type, row->facts, row->body, &stored.body));
    return answer_stored(scene, &stored);
}

static Status update(Scene *scene, JsonValue *resource, const Found *found)
{
    Str id = json_get_str(resource, STR("id"));
    StoreRow current = {0};
    if (found->count)
        return write_row(scene, STORE_UPDATE, found->rows->id, resource, found->rows);
    if (id.len)
        TRY(scene_target(scene, STR_EMPTY, id));
    if (id.len)
        TRY(read_current(scene, id, &current));
    if (current.rid && !current.deleted)
        return ctx_fail(scene->cx, STATUS_CONFLICT, STR_EMPTY,
                        "The id in the body is that of a " STR_FMT
                        " which the condition does not match.",
                        STR_ARG(fhir_type_name(scene->type)));
    return write_row(scene, STORE_UPDATE, id, resource, &current);
}

static Status delete_all(Scene *scene, const Found *found)
{
    Ctx *cx = scene->cx;
    Reply *reply = scene->reply;
    Str *names = arena_array_of(cx->arena, Str, found->count),
        *facts_of = arena_array_of(cx->arena, Str, found->count);
    StoreWrite *writes = arena_array_of(cx->arena, StoreWrite, found->count);
    if (!names || !facts_of || !writes)
        return STATUS_MEMORY;
    if (scene->call->if_match.len || scene->call->if_none_match.len)
        return ctx_fail(cx, STATUS_PRECONDITION, STR_EMPTY,
                        "If-Match and If-None-Match are about one resource; the condition matches "
                        "several.");
    for (size_t i = 0; i < found->count; i++) {
        const StoreRow *row = &found->rows[i];
        Change change = {.writer = scene->access,
                         .method = STORE_DELETE,
                         .type = row->type,
                         .id = row->id,
                         .before = row};
        TRY(plan_write(scene->record, cx, &change, &writes[i]));
        facts_of[i] = row->facts;
        names[i] = arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(row->type)),
                                STR_ARG(row->id));
    }
    scene->audit.resources = names;
    scene->audit.facts_of = facts_of;
    scene->audit.resource_count = found->count;
    reply->commit.writes = writes;
    reply->commit.write_count = found->count;
    reply->http = 204;
    return STATUS_OK;
}

static Status run(Scene *scene, StoreMethod method, JsonValue *value, const Found *found)
{
    static const StoreRow none;
    const StoreRow *row = found->count ? found->rows : &none;
    size_t max = method == STORE_DELETE ? scene->record->options.conditional_deletes : 1;
    if (found->count > max)
        return criteria_refuse_many(scene->cx, scene->type);
    switch (method) {
    case STORE_CREATE: return create(scene, value, found);
    case STORE_UPDATE: return update(scene, value, found);
    case STORE_DELETE:
        if (found->count > 1)
            return delete_all(scene, found);
        break;
    case STORE_PATCH: break;
    }
    return write_row(scene, method, row->id, value, row);
}

Status write_by_condition(Scene *scene, StoreMethod method, JsonValue *value)
{
    bool creates = method == STORE_CREATE || method == STORE_UPDATE;
    Str text = method == STORE_CREATE ? scene->call->if_none_exist : scene->call->query;
    size_t limit =
        method == STORE_DELETE ? scene->record->options.conditional_deletes + 1 : CRITERIA_UNIQUE;
    Criteria criteria;
    Found found;
    scene->by_condition = true;
    TRY(access_need_read(scene->cx, scene->call->access));
    TRY(criteria_parse(scene->cx, scene->type, text, limit, &criteria));
    TRY(conditioned_criteria(scene->cx, scene->call->access, &criteria));
    scene->audit.query = criteria.params;
    TRY(creates ? look_to_create(scene, &criteria, &found) : look(scene, &criteria, &found));
    return run(scene, method, value, &found);
}
