/* record/write.c - create, update, patch, delete: the life of a write.
 *
 * A write finds the current version (by id here, by a condition in conditional.c), then does
 * what its row in `kinds` says.
 *
 * SPEC R4 http.html#create, http.html#update, http.html#patch, http.html#delete */
#include "record/write.h"

#include "record/conditioned.h"

/* ---- bodies ------------------------------------------------------------------------ */

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

size_t resource_bytes_max(const Record *record, uint16_t type)
{
    size_t max = record->options.resource_bytes_max;
    /* whoever sets a limit of his own means documents too */
    return type == record->binary_type && max == RESOURCE_BYTES_MAX ? BINARY_BYTES_MAX : max;
}

/* Parses the text of a body as one resource and checks its type. */
static Status parse_resource(Scene *scene, Body body, JsonValue **ret_resource)
{
    size_t max = resource_bytes_max(scene->record, scene->type);
    if (body.len > max)
        return ctx_fail(scene->cx, STATUS_TOO_LARGE, STR_EMPTY,
                        "A resource may have at most %zu bytes.", max);
    return json_parse_in_place(scene->cx, body.at, body.len, ret_resource);
}

/* SPEC R4 http.html#trules: conditional references are for transactions, and only for them. */
static Status check_alone(Scene *scene, JsonValue *resource, FhirChecked *ret_checked)
{
    TRY(check_resource(scene->cx, scene->type, resource, ret_checked));
    for (const FhirLink *link = ret_checked->links; link; link = link->next) {
        if (link->kind == FHIR_LINK_REFERENCE && link_is_condition(json_str(link->value)))
            return ctx_fail(scene->cx, STATUS_UNPROCESSABLE, fhir_type_name(scene->type),
                            "A reference by condition can stand in a transaction only.");
    }
    return STATUS_OK;
}

/* "Patient.id", for the place of an issue. */
static Str id_of(Ctx *cx, uint16_t type)
{
    return arena_format(cx->arena, STR_FMT ".id", STR_ARG(fhir_type_name(type)));
}

Status patch_resource(const Scene *scene, Ctx *cx, const StoreRow *current, const JsonValue *patch,
                      JsonValue **ret_resource)
{
    JsonValue *before;
    Buf text;
    FhirChecked checked;
    Str shown;
    TRY(scene_reduce(scene, cx, current->type, current->facts, current->body, &shown));
    TRY(json_parse(cx, shown, &before));
    buf_init(&text, cx->arena, shown.len + 256, scene->record->options.resource_bytes_max);
    TRY(json_patch(cx, before, patch, &text));
    TRY(buf_done(&text));
    TRY(json_parse(cx, buf_str(&text), ret_resource));
    TRY(scene_restore(scene, cx, current, ret_resource));
    Status status = check_resource(cx, current->type, *ret_resource, &checked);
    if (status != STATUS_OK) /* the patch was sound JSON Patch; what it makes is not FHIR */
        return status == STATUS_INVALID ? STATUS_UNPROCESSABLE : status;
    if (!str_eq(checked.id, current->id))
        return ctx_fail(cx, STATUS_UNPROCESSABLE, id_of(cx, current->type),
                        "A patch may not change the id.");
    return STATUS_OK;
}

/* ---- the answer -------------------------------------------------------------------- */

Status answer_stored(Scene *scene, const Stored *stored)
{
    Reply *reply = scene->reply;
    reply->version = stored->version;
    reply->updated = stored->updated;
    scene->audit.id = stored->id;
    scene->audit.version = stored->version;
    if (stored->says_where) {
        Str type = fhir_type_name(scene->type);
        reply->location = arena_format(
            scene->cx->arena, STR_FMT "/" STR_FMT "/" STR_FMT "/_history/%u",
            STR_ARG(scene->call->base), STR_ARG(type), STR_ARG(stored->id), stored->version);
        if (!reply->location.at)
            return STATUS_MEMORY;
    }
    switch (preferred_return(scene->call->prefer, RETURN_REPRESENTATION)) {
    case RETURN_MINIMAL: return STATUS_OK;
    case RETURN_REPRESENTATION: reply->body = stored->body; return STATUS_OK;
    case RETURN_OUTCOME:
        reply->body = arena_format(scene->cx->arena,
                                   "{\"resourceType\":\"OperationOutcome\",\"issue\":[{"
                                   "\"severity\":\"information\",\"code\":\"informational\","
                                   "\"diagnostics\":\"%s\"}]}",
                                   reply->commit.write_count ? "Stored." : "It was there before.");
        return reply->body.at ? STATUS_OK : STATUS_MEMORY;
    }
    return STATUS_OK;
}

static Status commit_change(Scene *scene, const Change *change, bool created)
{
    StoreWrite *write = arena_new_of(scene->cx->arena, StoreWrite);
    if (!write)
        return STATUS_MEMORY;
    Change whole = *change;
    whole.commit = &scene->reply->commit;
    TRY(plan_write(scene->record, scene->cx, &whole, write));
    scene->reply->http = created ? 201 : 200;
    scene->reply->commit.writes = write;
    scene->reply->commit.write_count = 1;
    Stored stored = {write->id, write->version, write->updated, write->body, created};
    if (change->upload) { /* its bytes are not sent back */
        stored.body = STR_EMPTY;
        TRY(content_join(scene->cx, change->upload, &scene->reply->commit));
    } else {
        TRY(scene_show(scene, scene->cx, write->type, write->facts, write->body, &stored.body));
    }
    return answer_stored(scene, &stored);
}

/* ---- what each kind does ----------------------------------------------------------- */

static Status create_under(Scene *scene, StoreMethod method, JsonValue *resource)
{
    FhirChecked checked;
    TRY(scene_know(scene));
    TRY(check_alone(scene, resource, &checked));
    TRY(scene_restore(scene, scene->cx, NULL, &resource));
    Change change = {.writer = scene->access,
                     .method = method,
                     .type = scene->type,
                     .id = new_id(scene->cx),
                     .id_is_fresh = true,
                     .upload = scene->call->upload};
    if (change.upload)
        TRY(content_name(scene->cx, &change.upload->content, &resource));
    change.resource = resource;
    return change.id.len ? commit_change(scene, &change, true) : STATUS_MEMORY;
}

static Status create_row(Scene *scene, Str id, JsonValue *resource, const StoreRow *none)
{
    UNUSED(id);
    UNUSED(none);
    return create_under(scene, STORE_CREATE, resource);
}

Status check_body_id(Ctx *cx, uint16_t type, Str in_body, Str id, bool by_condition)
{
    if (str_eq(in_body, id) || (by_condition && !in_body.len))
        return STATUS_OK;
    if (!in_body.len)
        return ctx_fail_code(cx, STATUS_INVALID, "required", id_of(cx, type),
                             "An update names the id of the resource in its body.");
    return ctx_fail(cx, STATUS_INVALID, id_of(cx, type), "The id in the body is not the one of %s.",
                    by_condition ? "the resource that matches" : "the address");
}

Status check_client_id(const Scene *scene, Ctx *cx)
{
    if (scene->record->options.client_ids && access_is_system(scene->access))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_METHOD, STR_EMPTY,
                    "This server gives ids itself: create the resource with POST.");
}

static Status update_row(Scene *scene, Str id, JsonValue *resource, const StoreRow *current)
{
    if (!id.len) /* by a condition that nothing answers */
        return create_under(scene, STORE_UPDATE, resource);
    Ctx *cx = scene->cx;
    const StoreRow *before = current->rid ? current : NULL;
    FhirChecked checked;
    TRY(check_alone(scene, resource, &checked));
    TRY(check_body_id(cx, scene->type, checked.id, id, scene->by_condition));
    TRY(check_if_match(cx, scene->call->if_match, before));
    TRY(check_if_none_match(cx, scene->call->if_none_match, before));
    if (!before)
        TRY(check_client_id(scene, cx));
    TRY(scene_restore(scene, cx, before, &resource));
    Change change = {.writer = scene->access,
                     .method = STORE_UPDATE,
                     .type = scene->type,
                     .id = id,
                     .resource = resource,
                     .before = before};
    return commit_change(scene, &change, !before || before->deleted);
}

static Status patch_row(Scene *scene, Str id, JsonValue *patch, const StoreRow *current)
{
    Ctx *cx = scene->cx;
    JsonValue *resource;
    if (!current->rid || current->deleted)
        return ctx_fail(cx, current->rid ? STATUS_GONE : STATUS_NOT_FOUND, STR_EMPTY,
                        "There is no such " STR_FMT " to patch.",
                        STR_ARG(fhir_type_name(scene->type)));
    TRY(check_if_match(cx, scene->call->if_match, current));
    TRY(check_if_none_match(cx, scene->call->if_none_match, current));
    TRY(patch_resource(scene, cx, current, patch, &resource));
    Change change = {.writer = scene->access,
                     .method = STORE_PATCH,
                     .type = scene->type,
                     .id = id,
                     .resource = resource,
                     .before = current};
    return commit_change(scene, &change, false);
}

/* Deleting what is not there is a success: it is not there. */
static Status delete_row(Scene *scene, Str id, JsonValue *nothing, const StoreRow *current)
{
    const StoreRow *before = current->rid ? current : NULL;
    UNUSED(nothing);
    TRY(check_if_match(scene->cx, scene->call->if_match, before));
    TRY(check_if_none_match(scene->cx, scene->call->if_none_match, before));
    if (before && !before->deleted) {
        Change change = {.writer = scene->access,
                         .method = STORE_DELETE,
                         .type = scene->type,
                         .id = id,
                         .before = before};
        TRY(commit_change(scene, &change, false));
    }
    scene->reply->http = 204;
    scene->reply->body = STR_EMPTY;
    return STATUS_OK;
}

/* ---- the interactions -------------------------------------------------------------- */

static const struct {
    Str interaction;
    Status (*run)(Scene *scene, Str id, JsonValue *value, const StoreRow *current);
} kinds[] = {
    [STORE_CREATE] = {STR_INIT("create"), create_row},
    [STORE_UPDATE] = {STR_INIT("update"), update_row},
    [STORE_PATCH] = {STR_INIT("patch"), patch_row},
    [STORE_DELETE] = {STR_INIT("delete"), delete_row},
};

Status write_row(Scene *scene, StoreMethod method, Str id, JsonValue *value,
                 const StoreRow *current)
{
    return kinds[method].run(scene, id, value, current);
}

Status read_current(Scene *scene, Str id, StoreRow *ret_row)
{
    StoreReader *reader;
    TRY(scene_read(scene, &reader));
    Status status = scene_current(scene, reader, scene->type, id, ret_row);
    store_read_end(reader);
    return status;
}

/* A condition where none is taken is not no condition. */
static Status check_conditions(Scene *scene, StoreMethod method, Str id)
{
    if (method != STORE_CREATE && scene->call->if_none_exist.len)
        return ctx_fail(scene->cx, STATUS_INVALID, STR_EMPTY, "If-None-Exist is for a create.");
    if (method != STORE_CREATE && !id.len)
        return STATUS_OK;
    return criteria_refuse(scene->cx, scene->call->query);
}

static Status write_value(Scene *scene, StoreMethod method, Str id, JsonValue *value)
{
    StoreRow current = {0};
    TRY(check_conditions(scene, method, id));
    if (method == STORE_CREATE ? scene->call->if_none_exist.len : !id.len)
        return write_by_condition(scene, method, value);
    if (method != STORE_CREATE)
        TRY(read_current(scene, id, &current));
    return write_row(scene, method, id, value, &current);
}

static Status write_text(Scene *scene, StoreMethod method, Str type, Str id, const Body *body)
{
    JsonValue *value = NULL;
    TRY(access_need_write(scene->cx, scene->call->access));
    TRY(scene_target(scene, type, id));
    if (body)
        TRY(parse_resource(scene, *body, &value));
    return write_value(scene, method, id, value);
}

static Status write_one(Record *record, Ctx *cx, const Call *call, StoreMethod method, Str type,
                        Str id, const Body *body, Reply *reply)
{
    Call as;
    Status status = conditioned_write(cx, call, type, &as);
    Scene scene = scene_begin(record, cx, &as, reply, kinds[method].interaction);
    return scene_end(&scene,
                     status == STATUS_OK ? write_text(&scene, method, type, id, body) : status);
}

Status record_create(Record *record, Ctx *cx, const Call *call, Str type, Body body, Reply *reply)
{
    return write_one(record, cx, call, STORE_CREATE, type, STR_EMPTY, &body, reply);
}

Status record_update(Record *record, Ctx *cx, const Call *call, Str type, Str id, Body body,
                     Reply *reply)
{
    return write_one(record, cx, call, STORE_UPDATE, type, id, &body, reply);
}

Status record_patch(Record *record, Ctx *cx, const Call *call, Str type, Str id, Body body,
                    Reply *reply)
{
    return write_one(record, cx, call, STORE_PATCH, type, id, &body, reply);
}

Status record_delete(Record *record, Ctx *cx, const Call *call, Str type, Str id, Reply *reply)
{
    return write_one(record, cx, call, STORE_DELETE, type, id, NULL, reply);
}

static Status write_parsed(Scene *scene, StoreMethod method, Str type, Str id, JsonValue *value)
{
    TRY(access_need_write(scene->cx, scene->call->access));
    TRY(scene_target(scene, type, id));
    return write_value(scene, method, id, value);
}

Status write_entry(Record *record, Ctx *cx, const Call *call, StoreMethod method, Str type, Str id,
                   JsonValue *value, Reply *reply)
{
    Call as;
    Status status = conditioned_write(cx, call, type, &as);
    Scene scene = scene_begin(record, cx, &as, reply, kinds[method].interaction);
    return scene_end(&scene,
                     status == STATUS_OK ? write_parsed(&scene, method, type, id, value) : status);
}
