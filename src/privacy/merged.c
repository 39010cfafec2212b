/* privacy/merged.c - records that were made one (src/people): which of them belong together.
 *
 * What says so is the journal of the merge, which nobody writes but $merge and $unmerge; a link
 * that somebody has written into a Patient only says where to look. */
#include "privacy/inner.h"

/* Items of people/journal.c, by the source: "TARGET\n", and what was changed. */
static const Str merges = STR_INIT("merge");

static Status successor_of(StoreReader *reader, Str patient, Str *ret_id)
{
    Str value;
    *ret_id = STR_EMPTY;
    Status status = store_item_get(reader, merges, patient, &value);
    if (status == STATUS_OK)
        *ret_id = str_cut(&value, '\n');
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static bool has(const MergedIds *ids, Str id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (str_eq(ids->at[i], id))
            return true;
    return false;
}

/* What cannot be followed is not acted upon. */
static Status add(Ctx *cx, MergedIds *ids, Str id)
{
    if (!id.len || has(ids, id))
        return STATUS_OK;
    if (ids->count == PRIVACY_MERGED_MAX)
        return ctx_fail(cx, STATUS_TOO_LARGE, STR_EMPTY,
                        "More than %d records were merged into one here.", PRIVACY_MERGED_MAX);
    ids->at[ids->count] = arena_str(cx->arena, id);
    return ids->at[ids->count++].at ? STATUS_OK : STATUS_MEMORY;
}

Status privacy_successors(Ctx *cx, Record *record, const Access *access, Str patient,
                          MergedIds *ret_ids)
{
    StoreReader *reader;
    Str next;
    *ret_ids = (MergedIds){.count = 0};
    TRY(add(cx, ret_ids, patient));
    TRY(store_read_begin(record_store(record), cx, access, &reader));
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < ret_ids->count; i++) {
        status = successor_of(reader, ret_ids->at[i], &next);
        if (status == STATUS_OK)
            status = add(cx, ret_ids, next);
    }
    store_read_end(reader);
    return status;
}

/* Those that the Patient says to replace, where the journal says so too. */
static Status add_sources(Ctx *cx, Record *record, const Call *call, Str patient, MergedIds *ids)
{
    Reply reply;
    JsonValue *resource, *link;
    StoreReader *reader;
    Status status = record_read(record, cx, call, STR("Patient"), patient, &reply);
    Status durable = record_finish(record, cx, call, &reply);
    if (status == STATUS_NOT_FOUND || status == STATUS_GONE)
        return STATUS_OK; /* an earlier call has erased it */
    TRY(status);
    TRY(durable);
    TRY(json_parse(cx, reply.body, &resource));
    TRY(store_read_begin(record_store(record), cx, call->access, &reader));
    for (JsonIter it = json_iter(json_get(resource, STR("link")));
         status == STATUS_OK && json_next(&it, NULL, &link);) {
        Str into, id = json_get_str(json_get(link, STR("other")), STR("reference")),
                  type = str_cut(&id, '/');
        if (!str_eq(type, STR("Patient")) || !fhir_id_is(id))
            continue;
        status = successor_of(reader, id, &into);
        if (status == STATUS_OK && str_eq(into, patient))
            status = add(cx, ids, id);
    }
    store_read_end(reader);
    return status;
}

Status privacy_sources(Ctx *cx, Record *record, const Call *call, Str patient, MergedIds *ret_ids)
{
    *ret_ids = (MergedIds){.count = 0};
    TRY(add(cx, ret_ids, patient));
    for (size_t i = 0; i < ret_ids->count; i++)
        TRY(add_sources(cx, record, call, ret_ids->at[i], ret_ids));
    return STATUS_OK;
}
