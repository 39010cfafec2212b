/* record/owned.c - what belongs to a resource follows it: a Binary has the facts of its owner
 * (securityContext), also when the owner becomes something else later.
 *
 * The rows are found by a key of their own (search.h: member) and given the new facts in the commit
 * that changes the owner, without a version. A Binary that is written while that commit is on its
 * way is not found by it, and has seen the owner as it was: so each of the two adds a job that
 * looks again (record_follow). Whichever commits last, its job sees both. SPEC R4
 * binary.html#security-context */
#include "record/internal.h"

enum { OWNED_MAX = 1000 }; /* of one resource; a document has one or two */

typedef struct {
    const Record *record;
    Ctx *cx;
    const Change *change;
    Str name;    /* of the owner */
    Facts facts; /* its new ones */
} Owner;

static bool find_owner(const void *of, uint16_t type, Str id, const JsonValue **ret_resource)
{
    const Owner *owner = of;
    if (type != owner->change->type || !str_eq(id, owner->change->id))
        return false;
    *ret_resource = owner->change->resource;
    return true;
}

/* The owner's, and what the row itself adds. */
static Status facts_for(const Owner *owner, const StoreRow *row, const JsonValue *resource,
                        Str *ret_facts)
{
    SearchSiblings siblings = {owner, find_owner};
    LabelSource source = {.type = row->type, .id = row->id, .resource = resource};
    Facts own, facts = owner->facts;
    search_label(owner->record->search, owner->cx, &source, NULL, &siblings, &own);
    if (own.confidentiality > facts.confidentiality)
        facts.confidentiality = own.confidentiality;
    facts.sensitivity |= own.sensitivity;
    return search_pack_facts(owner->cx, &facts, ret_facts);
}

static Status follow(const Owner *owner, StoreReader *reader, uint64_t rid, StoreRekey *ret_rekey)
{
    StoreRow row;
    JsonValue *resource;
    Str facts;
    *ret_rekey = (StoreRekey){.rid = 0};
    Status status = store_get_rid(reader, rid, true, &row);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted))
        return STATUS_OK;
    TRY(status);
    TRY(json_parse(owner->cx, row.body, &resource));
    Str context = json_get_str(json_get(resource, STR("securityContext")), STR("reference"));
    if (!str_eq(search_reference_bare(owner->record->search, context), owner->name))
        return STATUS_OK;
    TRY(facts_for(owner, &row, resource, &facts));
    if (str_eq(facts, row.facts))
        return STATUS_OK;
    facts = arena_str(owner->change->kept ? owner->change->kept : owner->cx->arena, facts);
    *ret_rekey = (StoreRekey){.rid = rid, .version = row.version, .facts = facts};
    return facts.at ? STATUS_OK : STATUS_MEMORY;
}

static Status follow_all(const Owner *owner, StoreReader *reader)
{
    StoreCommit *commit = owner->change->commit;
    Arena *kept = owner->change->kept ? owner->change->kept : owner->cx->arena;
    uint64_t *rids;
    size_t count;
    TRY(search_about(owner->record->search, owner->cx, reader,
                     search_hash_text(owner->record->search, owner->name), 0, OWNED_MAX, &rids,
                     &count));
    if (!count)
        return STATUS_OK;
    StoreRekey *rekeys = arena_array_of(kept, StoreRekey, commit->rekey_count + count);
    if (!rekeys)
        return STATUS_MEMORY;
    if (commit->rekey_count)
        memcpy(rekeys, commit->rekeys, commit->rekey_count * sizeof(*rekeys));
    for (size_t i = 0; i < count; i++) {
        TRY(follow(owner, reader, rids[i], &rekeys[commit->rekey_count]));
        commit->rekey_count += rekeys[commit->rekey_count].rid != 0;
    }
    commit->rekeys = rekeys;
    return STATUS_OK;
}

/* ---- behind the commit --------------------------------------------------------------------------
 */

/* One for each owner waits, however many of its documents are written. */
static Status look_again(Ctx *cx, const Change *change, Str owner)
{
    StoreCommit *commit = change->commit;
    Arena *arena = change->kept ? change->kept : cx->arena;
    StoreJobAdd *jobs = arena_array_of(arena, StoreJobAdd, commit->job_count + 1);
    Str name = arena_str(arena, owner);
    if (!jobs || !name.at)
        return STATUS_MEMORY;
    if (commit->job_count)
        memcpy(jobs, commit->jobs, commit->job_count * sizeof(*jobs));
    jobs[commit->job_count++] =
        (StoreJobAdd){.kind = STR(RECORD_FOLLOW_JOB), .key = name, .payload = name};
    commit->jobs = jobs;
    return STATUS_OK;
}

/* What is written beside it is read as it will be. */
static bool is_beside(const Change *change, Str owner)
{
    const JsonValue *unused;
    Str id = owner, type = str_cut(&id, '/');
    return change->siblings &&
           change->siblings->find(change->siblings->of, fhir_type_find(type), id, &unused);
}

static Status follow_binary(const Record *record, Ctx *cx, const Change *change)
{
    Str context =
        json_get_str(json_get(change->resource, STR("securityContext")), STR("reference"));
    Str owner = search_reference_bare(record->search, context), id = owner,
        type = str_cut(&id, '/');
    if (!fhir_type_find(type) || !id.len || !fhir_id_is(id) || is_beside(change, owner))
        return STATUS_OK;
    return look_again(cx, change, owner);
}

static Status run_follow(Operation *op)
{
    OperationRow row;
    Change change = {.writer = op->record->self, .commit = &op->reply->commit};
    Owner owner = {.record = op->record, .cx = op->cx, .change = &change};
    StoreReader *reader;
    Str id, type;
    TRY(operation_need(op, STR("owner"), &owner.name));
    id = owner.name;
    type = str_cut(&id, '/');
    operation_own(op, true);
    operation_answer(op, 204, STR_EMPTY);
    Status status = operation_get(op, type, id, &row);
    if (status == STATUS_NOT_FOUND) /* what nobody has any more nobody sees either */
        return op->cx->issues = op->cx->issues_last = NULL, op->cx->issue_count = 0, STATUS_OK;
    TRY(status);
    if (!facts_unpack(row.row.facts, &owner.facts))
        return STATUS_OK;
    change.type = row.row.type;
    change.id = row.id;
    change.resource = row.resource;
    TRY(store_read_begin(op->record->store, op->cx, op->record->self, &reader));
    status = follow_all(&owner, reader);
    store_read_end(reader);
    return status;
}

const OperationKind record_follow = {STR_INIT(""), STR_INIT("$follow"), OPERATION_ON_SYSTEM, false,
                                     run_follow};

Status owned_follow(const Record *record, Ctx *cx, const Change *change, const StoreWrite *write)
{
    const StoreRow *before = change->before;
    Owner owner = {.record = record, .cx = cx, .change = change};
    StoreReader *reader;
    if (!change->commit || !change->resource)
        return STATUS_OK;
    if (change->type == record->binary_type)
        return follow_binary(record, cx, change);
    if (!before || before->deleted || str_eq(before->facts, write->facts))
        return STATUS_OK;
    if (!facts_unpack(write->facts, &owner.facts))
        return STATUS_OK;
    owner.name = arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(change->type)),
                              STR_ARG(change->id));
    if (!owner.name.at)
        return STATUS_MEMORY;
    TRY(store_read_begin(record->store, cx, record->self, &reader));
    Status status = follow_all(&owner, reader);
    store_read_end(reader);
    return status == STATUS_OK ? look_again(cx, change, owner.name) : status;
}
