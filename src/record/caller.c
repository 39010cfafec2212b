/* record/caller.c - who asks: his rights on a snapshot, and what of a row he gets.
 *
 * Everything in record that looks at rows opens its snapshot here (tests/tree/callers.sh), so that
 * the rights it is judged by are those of the very rows it sees. What does not exist for the caller
 * is answered as if it were not stored: same status, same words, same headers. What was decided by
 * rights holds only while they do: commits name their epoch. docs/internals/sight.md */
#include "record/conditioned.h"

#include "access/reduced.h"
#include "access/rights.h"
#include "base/base64.h"
#include "rights/rights.h"

static Status take_rights(Scene *scene, StoreReader *reader)
{
    const Access *access = scene->call->access;
    if (access && access_rights(access))
        (void)store_read_as(reader, access);
    else if (access)
        TRY(rights_on(scene->record->rights, scene->cx, reader, &access));
    scene->access = access;
    return STATUS_OK;
}

static Status begin_read(Scene *scene, bool unasked, StoreReader **ret_reader)
{
    TRY(store_read_begin(scene->record->store, scene->cx, scene->record->self, ret_reader));
    if (unasked)
        store_read_unasked(*ret_reader);
    Status status = take_rights(scene, *ret_reader);
    if (status != STATUS_OK)
        store_read_end(*ret_reader);
    return status;
}

Status scene_read(Scene *scene, StoreReader **ret_reader)
{
    return begin_read(scene, false, ret_reader);
}

Status scene_read_unasked(Scene *scene, StoreReader **ret_reader)
{
    return begin_read(scene, true, ret_reader);
}

void scene_saw(Scene *scene, StoreReader *reader)
{
    store_read_seen(reader, &scene->seen);
}

Status scene_know(Scene *scene)
{
    StoreReader *reader;
    if (scene->access)
        return STATUS_OK;
    if (access_is_system(scene->call->access)) {
        scene->access = scene->call->access;
        return STATUS_OK;
    }
    TRY(scene_read(scene, &reader));
    store_read_end(reader);
    return STATUS_OK;
}

void scene_name_epoch(const Scene *scene, StoreCommit *commit)
{
    const Rights *rights = scene->access ? access_rights(scene->access) : NULL;
    if (rights)
        commit->epochs[STORE_EPOCH_ACCESS] = rights->epoch;
}

/* ---- whether there is such a row ------------------------------------------------------------ */

bool scene_sees(const Scene *scene, const StoreRow *row)
{
    return access_sees_packed(scene->access, row->type, row->facts) != SIGHT_NONE;
}

Status scene_get(const Scene *scene, StoreReader *reader, uint16_t type, Str id, bool with_body,
                 StoreRow *ret_row)
{
    /* What is hidden takes no longer for its length: a body is unpacked for whoever sees it. (Over
     * a network it comes with the row, and a second question would cost everybody more.) */
    bool apart =
        with_body && !access_is_system(scene->access) && !store_is_shared(scene->record->store);
    TRY(store_get(reader, type, id, with_body && !apart, ret_row));
    if (!scene_sees(scene, ret_row))
        return STATUS_NOT_FOUND;
    return apart ? store_get_rid(reader, ret_row->rid, true, ret_row) : STATUS_OK;
}

/* By memory alone, which the commit of the audit entry compares: the row, and the rights. A row
 * that the store has not was looked for as one is that is hidden. */
static Status get_seen(Scene *scene, Str id, StoreRow *ret_row, bool *ret_known)
{
    const Record *record = scene->record;
    const Access *access = scene->call->access;
    uint64_t epoch = store_access_seen(record->store);
    *ret_known = false;
    if (!scene->call->unasked || !epoch)
        return STATUS_OK;
    TRY(rights_recall(record->rights, scene->cx, epoch, &access, ret_known));
    if (!*ret_known)
        return STATUS_OK;
    if (scene->call->absent) {
        scene->access = access;
        return STATUS_NOT_FOUND;
    }
    Status status =
        store_get_seen(record->store, scene->cx, access, scene->type, id, &scene->seen, ret_row);
    *ret_known = scene->seen.rid != 0;
    if (!*ret_known)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    scene->access = access;
    return status == STATUS_OK && !scene_sees(scene, ret_row) ? STATUS_NOT_FOUND : status;
}

Status scene_get_now(Scene *scene, Str id, StoreRow *ret_row)
{
    StoreReader *reader;
    bool known;
    Status seen = get_seen(scene, id, ret_row, &known);
    if (known || seen != STATUS_OK)
        return seen;
    if (access_is_system(scene->call->access)) {
        scene->access = scene->call->access;
        return store_get_now(scene->record->store, scene->cx, scene->access, scene->type, id,
                             ret_row);
    }
    TRY(scene_read(scene, &reader));
    Status status = scene_get(scene, reader, scene->type, id, true, ret_row);
    store_read_end(reader);
    return status;
}

/* It is shown by what it was labelled itself, and by what the resource is labelled today: what
 * either of them leaves out is left out. */
Status scene_get_version(Scene *scene, StoreReader *reader, Str id, uint32_t version,
                         StoreRow *ret_row)
{
    StoreRow today;
    TRY(scene_get(scene, reader, scene->type, id, false, &today));
    TRY(store_get_version(reader, scene->type, id, version, ret_row));
    if (!scene_sees(scene, ret_row))
        return STATUS_NOT_FOUND;
    return scene_reduce(scene, scene->cx, scene->type, today.facts, ret_row->body, &ret_row->body);
}

Status scene_current(const Scene *scene, StoreReader *reader, uint16_t type, Str id,
                     StoreRow *ret_row)
{
    bool sees = false;
    Status status = scene_get(scene, reader, type, id, true, ret_row);
    if (status == STATUS_OK)
        TRY(conditioned_sees(scene, reader, ret_row, &sees));
    if (!sees)
        *ret_row = (StoreRow){0};
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

Status scene_of_entry(const Scene *scene, StoreReader *reader, uint16_t type, Scene *ret_scene)
{
    const Access *access = scene->call->access;
    *ret_scene = *scene;
    TRY(conditioned_caller(scene->cx, type, &access));
    if (access == scene->call->access) {
        (void)store_read_as(reader, scene->access);
        return STATUS_OK;
    }
    TRY(rights_on(scene->record->rights, scene->cx, reader, &access));
    ret_scene->access = access;
    return STATUS_OK;
}

bool scene_may(const Scene *scene, uint16_t type, uint8_t letter)
{
    const Rights *rights = access_rights(scene->access);
    return !rights || rights_scope(rights, type) & letter;
}

Status scene_need(const Scene *scene, uint16_t type, uint8_t letter)
{
    if (scene_may(scene, type, letter))
        return STATUS_OK;
    return ctx_fail(scene->cx, STATUS_FORBIDDEN, STR_EMPTY,
                    "The scopes of the token do not cover this of " STR_FMT ".",
                    STR_ARG(fhir_type_name(type)));
}

/* ---- links -------------------------------------------------------------------------------- */

static Str link_about(const Scene *scene)
{
    const Rights *rights = access_rights(scene->access);
    return arena_format(scene->cx->arena, "history " STR_FMT "/" STR_FMT " %llx",
                        STR_ARG(scene->audit.type), STR_ARG(scene->audit.id),
                        rights ? (unsigned long long)rights->digest : 0ull);
}

Status scene_make_link(const Scene *scene, uint64_t change, Str *ret_token)
{
    Ctx *cx = scene->cx;
    Str about = link_about(scene);
    if (access_is_system(scene->access)) {
        *ret_token = arena_format(cx->arena, "%llu", (unsigned long long)change);
        return ret_token->at ? STATUS_OK : STATUS_MEMORY;
    }
    if (!about.at)
        return STATUS_MEMORY;
    return search_seal(scene->record->search, cx, about,
                       str_n((const char *)&change, sizeof(change)), ret_token);
}

Status scene_open_link(const Scene *scene, Str token, uint64_t *ret_change)
{
    Str about = link_about(scene), bytes;
    bool opens = access_is_system(scene->access)
                     ? str_to_u64(token, ret_change) && *ret_change != 0
                     : about.at &&
                           search_unseal(scene->record->search, scene->cx, about, token, &bytes) &&
                           bytes.len == sizeof(*ret_change);
    if (!opens)
        return ctx_fail(scene->cx, STATUS_INVALID, STR_EMPTY, "The page link is not one of ours.");
    if (!access_is_system(scene->access))
        memcpy(ret_change, bytes.at, sizeof(*ret_change));
    return STATUS_OK;
}

/* ---- what of a row is his ---------------------------------------------------------------------
 */

/* What he does not get of a row with these facts. */
static Reduced lack_of(const Scene *scene, uint16_t type, Str packed)
{
    Facts facts;
    if (access_is_system(scene->access) || !facts_unpack(packed, &facts))
        return (Reduced){0};
    return reduced_of(scene->access, type, &facts, access_sees(scene->access, type, &facts));
}

Status scene_show(const Scene *scene, Ctx *cx, uint16_t type, Str facts, Str body, Str *ret_body)
{
    const Record *record = scene->record;
    TRY(scene_reduce(scene, cx, type, facts, body, ret_body));
    return type == record->binary_type
               ? content_whole(record->store, cx, record->self, *ret_body, ret_body)
               : STATUS_OK;
}

static bool shows_data(const FhirView *view)
{
    bool named = false;
    for (size_t i = 0; i < view->element_count; i++)
        named |=
            str_eq(view->elements[i], STR("data")) || str_eq(view->elements[i], STR("Binary.data"));
    return view->kind == FHIR_VIEW_FULL || view->kind == FHIR_VIEW_DATA ||
           (view->kind == FHIR_VIEW_ELEMENTS && named);
}

Status scene_show_for(const Scene *scene, Ctx *cx, const FhirView *view, const StoreRow *row,
                      Str *ret_body)
{
    RecordContent content;
    Str head;
    if (row->type != scene->record->binary_type || shows_data(view))
        return scene_show(scene, cx, row->type, row->facts, row->body, ret_body);
    TRY(scene_reduce(scene, cx, row->type, row->facts, row->body, ret_body));
    TRY(content_of(cx, *ret_body, &content, &head));
    if (!content.id.len)
        return STATUS_OK;
    *ret_body = arena_format(cx->arena, STR_FMT "}", STR_ARG(head));
    return ret_body->at ? STATUS_OK : STATUS_MEMORY;
}

Status scene_reduce(const Scene *scene, Ctx *cx, uint16_t type, Str facts, Str body, Str *ret_body)
{
    Reduced lack = lack_of(scene, type, facts);
    Buf out;
    *ret_body = body;
    if (reduced_is_whole(lack) || !body.len)
        return STATUS_OK;
    buf_init(&out, cx->arena, body.len, RESOURCE_BYTES_MAX);
    TRY(reduced_write(cx, type, lack, body, &out));
    TRY(buf_done(&out));
    *ret_body = buf_str(&out);
    return STATUS_OK;
}

static Status refuse_part(Ctx *cx, uint16_t type)
{
    return ctx_fail(cx, STATUS_UNPROCESSABLE, fhir_type_name(type),
                    "The resource is tagged SUBSETTED: it is a part, and would be written over the"
                    " whole. Read it in full first.");
}

Status scene_restore(const Scene *scene, Ctx *cx, const StoreRow *before, JsonValue **resource)
{
    Reduced lack = {0};
    Buf out;
    if (before)
        lack = lack_of(scene, before->type, before->facts);
    if (!before || before->deleted || reduced_is_whole(lack))
        return reduced_is_part(*resource) ? refuse_part(cx, scene->type) : STATUS_OK;
    buf_init(&out, cx->arena, before->body.len + 1024, scene->record->options.resource_bytes_max);
    TRY(reduced_restore(cx, before->type, lack, before->body, *resource, &out));
    TRY(buf_done(&out));
    return json_parse(cx, buf_str(&out), resource);
}

/* ---- whether he may write -----------------------------------------------------------------------
 */

/* A CareTeam or a Consent gives and takes rights: who may write it at all, may not write any. */
static Status check_given(Ctx *cx, const Change *change)
{
    JsonValue *before = NULL;
    if (!rights_depend_on(change->type))
        return STATUS_OK;
    if (change->before && !change->before->deleted)
        TRY(json_parse(cx, change->before->body, &before));
    return rights_may_change(cx, change->writer, change->type, before, change->resource);
}

/* A document as its guard looks at it: the beginning of its bytes is in its place. */
static Status with_beginning(Ctx *cx, const Change *change, JsonValue **ret_resource)
{
    Buf text;
    buf_init(&text, cx->arena, 4096, RESOURCE_BYTES_MAX);
    buf_add_lit(&text, "{\"resourceType\":\"Binary\",\"contentType\":");
    json_write_string(&text, json_get_str(change->resource, STR("contentType")));
    buf_add_lit(&text, ",\"data\":\"");
    base64_write(&text, change->upload->beginning);
    buf_add_lit(&text, "\"}");
    TRY(buf_done(&text));
    return json_parse(cx, buf_str(&text), ret_resource);
}

static Status check_guards(const Record *record, Ctx *cx, const Change *change)
{
    const RecordOptions *options = &record->options;
    JsonValue *before = NULL, *after = change->resource;
    if (change->upload)
        TRY(with_beginning(cx, change, &after));
    for (size_t i = 0; i < options->guard_count && !change->by_operation; i++) {
        if (!str_eq(options->guards[i].type, fhir_type_name(change->type)))
            continue;
        if (!before && change->before && !change->before->deleted)
            TRY(json_parse(cx, change->before->body, &before));
        TRY(options->guards[i].check(cx, change->writer, before, after));
    }
    return STATUS_OK;
}

/* What the scopes of his token demand of the content. */
static Status check_conditions(const Record *record, Ctx *cx, const Change *change)
{
    StoreReader *reader;
    if (!conditioned_is_held(change))
        return STATUS_OK;
    TRY(store_read_begin(record->store, cx, record->self, &reader));
    Status status = conditioned_may_write(record, cx, reader, change);
    store_read_end(reader);
    return status;
}

/* What is new he may say also in elements that he does not see (the reason why somebody rings, at
 * the desk): there is nothing of anybody else in it yet that it could tell of or overwrite. The
 * answer is shown as any row is. */
Status caller_may_write(const Record *record, Ctx *cx, const Change *change,
                        const StoreWrite *write)
{
    Facts before, after;
    if (access_is_system(change->writer))
        return STATUS_OK;
    bool sound = (!change->before || facts_unpack(change->before->facts, &before)) &&
                 (!change->resource || facts_unpack(write->facts, &after));
    if (!sound || !access_may_write(change->writer, change->type, change->before ? &before : NULL,
                                    change->resource ? &after : NULL))
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "You may not %s this " STR_FMT ": your role, or your link with whom it is"
                        " about, does not allow it.",
                        !change->before    ? "create"
                        : change->resource ? "change"
                                           : "delete",
                        STR_ARG(fhir_type_name(change->type)));
    TRY(check_conditions(record, cx, change));
    TRY(check_given(cx, change));
    return check_guards(record, cx, change);
}
