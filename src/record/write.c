/* record/write.c - create, update, patch, delete.
 *
 * SPEC R4 http.html#create, http.html#update, http.html#patch, http.html#delete */
#include "record/internal.h"

Status check_resource(Ctx *cx, uint16_t type, JsonValue *resource, FhirChecked *ret_checked)
{
    FhirCheck how = {0};
    TRY(fhir_validate(cx, resource, &how, ret_checked));
    if (ret_checked->type == type)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_INVALID, fhir_type_name(ret_checked->type),
                    "The address is for a " STR_FMT ", the body is a " STR_FMT ".",
                    STR_ARG(fhir_type_name(type)), STR_ARG(fhir_type_name(ret_checked->type)));
}

Status parse_resource(Scene *scene, Body body, JsonValue **ret_resource)
{
    size_t max = scene->record->options.resource_bytes_max;
    if (body.len > max)
        return ctx_fail(scene->cx, STATUS_TOO_LARGE, STR_EMPTY,
                        "A resource may have at most %zu bytes.", max);
    return json_parse_in_place(scene->cx, body.at, body.len, ret_resource);
}

static Status refuse_conditional(Scene *scene, const char *what)
{
    return ctx_fail(scene->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                    "A conditional %s is not supported yet.", what);
}

/* Fills the reply of a write: status, ETag, Location, and the body as Prefer has it. */
static Status answer_write(Scene *scene, StoreWrite *write, bool created)
{
    Reply *reply = scene->reply;
    Ctx *cx = scene->cx;
    reply->http = created ? 201 : 200;
    reply->version = write->version;
    reply->updated = write->updated;
    reply->retry = !write->id_is_fresh;
    reply->commit.writes = write;
    reply->commit.write_count = 1;
    scene->audit.id = write->id;
    scene->audit.version = write->version;
    Str type = fhir_type_name(write->type);
    if (created) {
        reply->location = arena_format(cx->arena, STR_FMT "/" STR_FMT "/" STR_FMT "/_history/%u",
                                       STR_ARG(scene->call->base), STR_ARG(type),
                                       STR_ARG(write->id), write->version);
    }
    switch (preferred_return(scene->call->prefer, RETURN_REPRESENTATION)) {
    case RETURN_MINIMAL: return STATUS_OK;
    case RETURN_REPRESENTATION: reply->body = write->body; return STATUS_OK;
    case RETURN_OUTCOME:
        reply->body = STR("{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":"
                          "\"information\",\"code\":\"informational\",\"diagnostics\":"
                          "\"Stored.\"}]}");
        return STATUS_OK;
    }
    return STATUS_OK;
}

static Status commit_change(Scene *scene, const Change *change, bool created)
{
    StoreWrite *write = arena_new_of(scene->cx->arena, StoreWrite);
    if (!write)
        return STATUS_MEMORY;
    TRY(plan_write(scene->record, scene->cx, change, write));
    return answer_write(scene, write, created);
}

Status create_value(Scene *scene, JsonValue *resource)
{
    FhirChecked checked;
    TRY(check_resource(scene->cx, scene->type, resource, &checked));
    Change change = {.method = STORE_CREATE,
                     .type = scene->type,
                     .id = new_id(scene->cx),
                     .id_is_fresh = true,
                     .resource = resource};
    return change.id.len ? commit_change(scene, &change, true) : STATUS_MEMORY;
}

static Status read_current(Scene *scene, Str id, StoreRow *ret_row)
{
    StoreReader *reader;
    TRY(store_read_begin(scene->record->store, scene->cx, scene->call->access, &reader));
    Status status = find_current(reader, scene->type, id, ret_row);
    store_read_end(reader);
    return status;
}

/* "Patient.id", for the place of an issue. */
static Str id_of(const Scene *scene)
{
    return arena_format(scene->cx->arena, STR_FMT ".id", STR_ARG(fhir_type_name(scene->type)));
}

Status update_value(Scene *scene, Str id, JsonValue *resource)
{
    Ctx *cx = scene->cx;
    FhirChecked checked;
    TRY(check_resource(cx, scene->type, resource, &checked));
    if (!checked.id.len)
        return ctx_fail_code(cx, STATUS_INVALID, "required", id_of(scene),
                             "An update names the id of the resource in its body.");
    if (!str_eq(checked.id, id))
        return ctx_fail(cx, STATUS_INVALID, id_of(scene),
                        "The id in the body is not the one of the address.");
    StoreRow current;
    TRY(read_current(scene, id, &current));
    TRY(check_if_match(cx, scene->call->if_match, current.rid ? &current : NULL));
    TRY(check_if_none_match(cx, scene->call->if_none_match, current.rid ? &current : NULL));
    if (!current.rid && !scene->record->options.client_ids)
        return ctx_fail(cx, STATUS_METHOD, STR_EMPTY,
                        "This server gives ids itself: create the resource with POST.");
    Change change = {.method = STORE_UPDATE,
                     .type = scene->type,
                     .id = id,
                     .resource = resource,
                     .before = current.rid ? &current : NULL};
    return commit_change(scene, &change, !current.rid || current.deleted);
}

Status patch_value(Scene *scene, Str id, const JsonValue *patch)
{
    Ctx *cx = scene->cx;
    StoreRow current;
    TRY(read_current(scene, id, &current));
    if (!current.rid || current.deleted)
        return ctx_fail(cx, current.rid ? STATUS_GONE : STATUS_NOT_FOUND, STR_EMPTY,
                        "There is no such " STR_FMT " to patch.",
                        STR_ARG(fhir_type_name(scene->type)));
    TRY(check_if_match(cx, scene->call->if_match, &current));
    TRY(check_if_none_match(cx, scene->call->if_none_match, &current));
    JsonValue *before, *resource;
    TRY(json_parse(cx, current.body, &before));
    Buf text;
    buf_init(&text, cx->arena, current.body.len + 256, scene->record->options.resource_bytes_max);
    TRY(json_patch(cx, before, patch, &text));
    TRY(buf_done(&text));
    TRY(json_parse(cx, buf_str(&text), &resource));
    FhirChecked checked;
    Status status = check_resource(cx, scene->type, resource, &checked);
    if (status != STATUS_OK) /* the patch was sound JSON Patch; what it makes is not FHIR */
        return status == STATUS_INVALID ? STATUS_UNPROCESSABLE : status;
    if (!str_eq(checked.id, id))
        return ctx_fail(cx, STATUS_UNPROCESSABLE, id_of(scene), "A patch may not change the id.");
    Change change = {.method = STORE_PATCH,
                     .type = scene->type,
                     .id = id,
                     .resource = resource,
                     .before = &current};
    return commit_change(scene, &change, false);
}

/* Deleting what is not there is a success: it is not there. */
Status delete_id(Scene *scene, Str id)
{
    StoreRow current;
    TRY(read_current(scene, id, &current));
    TRY(check_if_match(scene->cx, scene->call->if_match, current.rid ? &current : NULL));
    TRY(check_if_none_match(scene->cx, scene->call->if_none_match, current.rid ? &current : NULL));
    if (current.rid && !current.deleted) {
        Change change = {.method = STORE_DELETE, .type = scene->type, .id = id, .before = &current};
        TRY(commit_change(scene, &change, false));
    }
    scene->reply->http = 204;
    scene->reply->body = STR_EMPTY;
    return STATUS_OK;
}

/* ---- the interactions -------------------------------------------------------------- */

static Status create(Scene *scene, Str type, Body body)
{
    JsonValue *resource;
    TRY(access_need_write(scene->cx, scene->call->access));
    TRY(scene_target(scene, type, STR_EMPTY));
    if (scene->call->if_none_exist.len)
        return refuse_conditional(scene, "create");
    TRY(parse_resource(scene, body, &resource));
    return create_value(scene, resource);
}

Status record_create(Record *record, Ctx *cx, const Call *call, Str type, Body body, Reply *reply)
{
    Scene scene = scene_begin(record, cx, call, reply, STR("create"));
    return scene_end(&scene, create(&scene, type, body));
}

static Status update(Scene *scene, Str type, Str id, Body body)
{
    JsonValue *resource;
    TRY(access_need_write(scene->cx, scene->call->access));
    TRY(scene_target(scene, type, id));
    if (!id.len)
        return refuse_conditional(scene, "update");
    TRY(parse_resource(scene, body, &resource));
    return update_value(scene, id, resource);
}

Status record_update(Record *record, Ctx *cx, const Call *call, Str type, Str id, Body body,
                     Reply *reply)
{
    Scene scene = scene_begin(record, cx, call, reply, STR("update"));
    return scene_end(&scene, update(&scene, type, id, body));
}

static Status patch(Scene *scene, Str type, Str id, Body body)
{
    JsonValue *operations;
    TRY(access_need_write(scene->cx, scene->call->access));
    TRY(scene_target(scene, type, id));
    if (!id.len)
        return refuse_conditional(scene, "patch");
    TRY(parse_resource(scene, body, &operations));
    return patch_value(scene, id, operations);
}

Status record_patch(Record *record, Ctx *cx, const Call *call, Str type, Str id, Body body,
                    Reply *reply)
{
    Scene scene = scene_begin(record, cx, call, reply, STR("patch"));
    return scene_end(&scene, patch(&scene, type, id, body));
}

static Status delete_one(Scene *scene, Str type, Str id)
{
    TRY(access_need_write(scene->cx, scene->call->access));
    TRY(scene_target(scene, type, id));
    return id.len ? delete_id(scene, id) : refuse_conditional(scene, "delete");
}

Status record_delete(Record *record, Ctx *cx, const Call *call, Str type, Str id, Reply *reply)
{
    Scene scene = scene_begin(record, cx, call, reply, STR("delete"));
    return scene_end(&scene, delete_one(&scene, type, id));
}
