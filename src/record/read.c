/* record/read.c - read and vread.
 *
 * SPEC R4 http.html#read, http.html#vread */
#include "record/trail.h"

#include "record/conditioned.h"

#include "access/rights.h"

/* A Binary whose bytes stand elsewhere, where whoever asks can take them from there. */
static Status answer_content(Scene *scene, const StoreRow *row)
{
    Str shown;
    if (row->type != scene->record->binary_type)
        return STATUS_OK;
    TRY(scene_reduce(scene, scene->cx, row->type, row->facts, row->body, &shown));
    return content_of(scene->cx, shown, &scene->reply->content, &scene->reply->body);
}

static Status answer_row(Scene *scene, const StoreRow *row)
{
    Reply *reply = scene->reply;
    FhirView view;
    TRY(search_parse_view(scene->cx, row->type, scene->call->query, &view));
    reply->version = row->version;
    reply->updated = row->updated;
    scene->audit.version = row->version;
    scene->audit.facts = row->facts;
    if (client_has(scene->call, row)) {
        reply->http = 304;
        return STATUS_OK;
    }
    if (scene->call->streams && view.kind == FHIR_VIEW_FULL) {
        TRY(answer_content(scene, row));
        if (reply->content.id.len)
            return STATUS_OK;
    }
    TRY(scene_show_for(scene, scene->cx, &view, row, &reply->body));
    if (view.kind == FHIR_VIEW_FULL)
        return STATUS_OK;
    Buf out;
    buf_init(&out, scene->cx->arena, reply->body.len, ANSWER_BYTES_MAX);
    TRY(fhir_view(scene->cx, &view, reply->body, &out));
    TRY(buf_done(&out));
    reply->body = buf_str(&out);
    return STATUS_OK;
}

static Status absent(Scene *scene)
{
    return ctx_fail(scene->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such " STR_FMT ".",
                    STR_ARG(fhir_type_name(scene->type)));
}

static Status get_version(Scene *scene, Str id, uint32_t version, StoreRow *ret_row)
{
    StoreReader *reader;
    TRY(scene_read(scene, &reader));
    Status status = scene_get_version(scene, reader, id, version, ret_row);
    store_read_end(reader);
    return status;
}

static Status read_event(Scene *scene, Str id)
{
    TRY(scene_know(scene));
    TRY(scene_need(scene, scene->type, RIGHTS_READ));
    return trail_read(scene, id);
}

/* Whether this very version answers the condition of the token's scope. */
static Status check_condition(Scene *scene, const StoreRow *row, Str condition)
{
    StoreReader *reader;
    const SearchQuery *query;
    bool answers = false;
    SearchScope where = {.access = scene->access, .type = row->type};
    JsonValue *resource;
    if (row->deleted)
        return absent(scene);
    TRY(json_parse(scene->cx, row->body, &resource));
    SearchSource source = {.type = row->type, .resource = resource, .updated = row->updated};
    TRY(scene_read(scene, &reader));
    Status status = search_parse(scene->record->search, scene->cx, &where, condition, &query);
    if (status == STATUS_OK)
        status =
            search_answers(scene->record->search, scene->cx, reader, query, &source, 1, &answers);
    store_read_end(reader);
    TRY(status);
    return answers ? STATUS_OK : absent(scene);
}

static Status read_version(Scene *scene, Str type, Str id, Str version, Str condition)
{
    TRY(access_need_read(scene->cx, scene->call->access));
    TRY(scene_target(scene, type, id));
    if (scene->type == scene->record->audit_type)
        return !version.at || str_eq(version, STR("1")) ? read_event(scene, id) : absent(scene);
    uint64_t number = 0;
    if (version.at && (!str_to_u64(version, &number) || number == 0 || number > UINT32_MAX))
        return absent(scene); /* our versions are whole numbers from 1 */
    StoreRow row;
    Status status =
        number ? get_version(scene, id, (uint32_t)number, &row) : scene_get_now(scene, id, &row);
    if (status == STATUS_OK || status == STATUS_NOT_FOUND)
        TRY(scene_need(scene, scene->type, RIGHTS_READ));
    if (status == STATUS_NOT_FOUND)
        return absent(scene);
    TRY(status);
    if (condition.len)
        TRY(check_condition(scene, &row, condition));
    if (row.deleted) {
        scene->reply->version = row.version;
        scene->reply->updated = row.updated;
        return ctx_fail(scene->cx, STATUS_GONE, STR_EMPTY, "This " STR_FMT " was deleted.",
                        STR_ARG(fhir_type_name(scene->type)));
    }
    return answer_row(scene, &row);
}

Status record_read(Record *record, Ctx *cx, const Call *call, Str type, Str id, Reply *reply)
{
    Conditioned as;
    Status status = conditioned_call(cx, call, type, RIGHTS_READ, &as);
    Scene scene = scene_begin(record, cx, &as.call, reply, STR("read"));
    if (status == STATUS_OK)
        status = read_version(&scene, type, id, (Str){NULL, 0}, as.condition);
    return scene_end(&scene, status);
}

bool record_lacks(Record *record, Str type, Str id, StoreWish *ret_wish)
{
    uint16_t number = fhir_type_find(type);
    if (!number || number == record->audit_type || !fhir_id_is(id) ||
        !store_lacks(record->store, number, id))
        return false;
    *ret_wish = (StoreWish){.type = number, .id = id};
    return true;
}

Status record_vread(Record *record, Ctx *cx, const Call *call, Str type, Str id, Str version,
                    Reply *reply)
{
    Scene scene = scene_begin(record, cx, call, reply, STR("vread"));
    return scene_end(&scene, read_version(&scene, type, id, version, STR_EMPTY));
}
