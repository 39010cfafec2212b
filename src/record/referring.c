/* record/referring.c - who names a patient: for operations that move a whole record. */
#include "record/referring.h"

#include <stdlib.h>

#include "record/criteria.h"
#include "record/operation.h"

typedef struct {
    const Scene *scene;
    Ctx *cx;
    StoreReader *reader;
    Arena *scratch;
    uint64_t *rids;
    size_t count, room;
} Referring;

static Status keep(Referring *r, uint64_t rid)
{
    r->rids = arena_grow(r->cx->arena, r->rids, sizeof(*r->rids), r->count, &r->room, 1024);
    if (!r->rids)
        return STATUS_MEMORY;
    r->rids[r->count++] = rid;
    return STATUS_OK;
}

static Status too_many(Ctx *cx)
{
    return ctx_fail(cx, STATUS_TOO_LARGE, STR_EMPTY,
                    "The record has more than %d entries: more than one operation moves.",
                    OPERATION_APART_MAX);
}

/* What the patient's compartment has. SPEC R4 compartmentdefinition-patient.html */
static Status keep_compartment(Referring *r, Str name)
{
    const Search *search = r->scene->record->search;
    uint64_t hash = search_hash_text(search, name), *rids;
    size_t count;
    TRY(search_about(search, r->cx, r->reader, hash, 0, OPERATION_APART_MAX + 1, &rids, &count));
    if (count > OPERATION_APART_MAX)
        return too_many(r->cx);
    for (size_t i = 0; i < count; i++)
        TRY(keep(r, rids[i]));
    return STATUS_OK;
}

/* What puts a resource into the compartment is not asked for again. */
static bool is_of_compartment(uint16_t type, Str code)
{
    size_t count;
    const Str *codes = fhir_compartment_params(STR("Patient"), type, &count);
    for (size_t i = 0; i < count; i++)
        if (str_eq(codes[i], code))
            return true;
    return false;
}

static bool leads_to(const SearchOffer *offer, uint16_t type)
{
    for (size_t i = 0; i < offer->target_count; i++)
        if (offer->targets[i] == type)
            return true;
    return !offer->target_count;
}

static Status keep_param(Referring *r, uint16_t type, Str code, Str name)
{
    Criteria criteria;
    Found found;
    Str query = arena_format(r->cx->arena, STR_FMT "=" STR_FMT, STR_ARG(code), STR_ARG(name));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(criteria_parse(r->cx, type, query, OPERATION_FIND_MAX, &criteria));
    TRY(criteria_find(r->scene, r->cx, r->scratch, r->reader, &criteria, false, &found));
    if (found.count == OPERATION_FIND_MAX)
        return too_many(r->cx);
    for (size_t i = 0; i < found.count; i++)
        TRY(keep(r, found.rows[i].rid));
    return STATUS_OK;
}

static int by_rid(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static Status finish(Referring *r, uint64_t **ret_rids, size_t *ret_count)
{
    size_t kept = 0;
    if (r->count)
        qsort(r->rids, r->count, sizeof(*r->rids), by_rid);
    for (size_t i = 0; i < r->count; i++)
        if (!kept || r->rids[kept - 1] != r->rids[i])
            r->rids[kept++] = r->rids[i];
    if (kept > OPERATION_APART_MAX)
        return too_many(r->cx);
    *ret_rids = r->rids;
    *ret_count = kept;
    return STATUS_OK;
}

Status referring_find(const Scene *scene, Ctx *cx, StoreReader *reader, Str name,
                      uint64_t **ret_rids, size_t *ret_count)
{
    const Search *search = scene->record->search;
    uint16_t patient = fhir_type_find(STR("Patient"));
    Referring r = {.scene = scene, .cx = cx, .reader = reader};
    SearchOffer offer;
    r.scratch = arena_new(arena_bytes_max(cx->arena), true);
    if (!r.scratch)
        return STATUS_MEMORY;
    Status status = keep_compartment(&r, name);
    for (uint16_t type = 1; status == STATUS_OK && type <= fhir_type_count(); type++)
        for (size_t i = 0; status == STATUS_OK && search_offer(search, type, i, &offer); i++)
            if (offer.kind == FHIR_PARAM_REFERENCE && leads_to(&offer, patient) &&
                !is_of_compartment(type, offer.code))
                status = keep_param(&r, type, offer.code, name);
    arena_free(r.scratch);
    return status == STATUS_OK ? finish(&r, ret_rids, ret_count) : status;
}
