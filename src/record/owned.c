/* record/owned.c - what follows a resource: its facts are made anew when that one's change.
 *
 * Two ways lead to it. A Binary has the facts of its owner (securityContext) and is found by a key
 * of its own (search.h: member). Everything else whose row in access/subjects.c leads through
 * another resource (an EnrollmentResponse through its request, a Provenance through its targets, a
 * prescription through its Medication) is found by the search parameter of that very path, and so
 * is what follows that again. They get the new facts in the commit of the change, without a
 * version.
 *
 * A new resource with an id that the server has made has nobody who could name it already. Paths
 * without a search parameter (PaymentReconciliation.detail.request) are made anew when they are
 * written, or by `aceso reindex`.
 *
 * A Binary that is written while its owner's commit is on its way is not found by it, and has seen
 * the owner as it was: each of the two adds a job that looks again (record_follow). Whichever
 * commits last, its job sees both. (A merge of thousands of rows adds none: what is written about
 * one of them in that very moment waits for its own job.) Such a job also does what the index,
 * while it is made anew, cannot say. SPEC R4 binary.html#security-context */
#include "record/internal.h"

#include "access/subjects.h"
#include "record/criteria.h"

enum {
    OWNED_MAX = 1000, /* of one resource; a document has one or two */
    DEPTH_MAX = 4,    /* as deep as search/facts.c looks */
};

typedef struct Owner {
    const Record *record;
    Ctx *cx;
    const Change *change; /* the one that began it */
    const struct Owner *above;
    unsigned depth;
    uint16_t type;
    Str id, name;
    const JsonValue *resource;
    Facts facts; /* its new ones */
    bool same;   /* they are what they were: what counts its codes as its own follows alone */
} Owner;

static bool find_owner(const void *of, uint16_t type, Str id, const JsonValue **ret_resource)
{
    for (const Owner *owner = of; owner; owner = owner->above) {
        if (type != owner->type || !str_eq(id, owner->id))
            continue;
        *ret_resource = owner->resource;
        return true;
    }
    const SearchSiblings *more = ((const Owner *)of)->change->siblings;
    return more && more->find(more->of, type, id, ret_resource);
}

static Arena *arena_of_commit(const Owner *owner)
{
    return owner->change->kept ? owner->change->kept : owner->cx->arena;
}

Status owned_new_facts(StoreCommit *commit, Arena *kept, const StoreRow *row, Str facts)
{
    size_t count = commit->rekey_count;
    StoreRekey *rekeys = (StoreRekey *)commit->rekeys;
    if (!(count & (count - 1))) { /* an array that doubles as it must */
        rekeys = arena_array_of(kept, StoreRekey, count ? 2 * count : 1);
        if (rekeys && count)
            memcpy(rekeys, commit->rekeys, count * sizeof(*rekeys));
    }
    facts = arena_str(kept, facts);
    if (!rekeys || !facts.at)
        return STATUS_MEMORY;
    rekeys[count] = (StoreRekey){.rid = row->rid, .version = row->version, .facts = facts};
    commit->rekeys = rekeys;
    commit->rekey_count = count + 1;
    return STATUS_OK;
}

static Status add_rekey(const Owner *owner, const StoreRow *row, Str facts)
{
    return owned_new_facts(owner->change->commit, arena_of_commit(owner), row, facts);
}

/* ---- what belongs to it ---------------------------------------------------------------------- */

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

static Status follow_belonging(const Owner *owner, StoreReader *reader, uint64_t rid)
{
    StoreRow row;
    JsonValue *resource;
    Str facts;
    Status status = store_get_rid(reader, rid, true, &row);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted))
        return STATUS_OK;
    TRY(status);
    TRY(json_parse(owner->cx, row.body, &resource));
    Str context = json_get_str(json_get(resource, STR("securityContext")), STR("reference"));
    if (!str_eq(search_reference_bare(owner->record->search, context), owner->name))
        return STATUS_OK;
    TRY(facts_for(owner, &row, resource, &facts));
    return str_eq(facts, row.facts) ? STATUS_OK : add_rekey(owner, &row, facts);
}

static Status follow_belongings(const Owner *owner, StoreReader *reader)
{
    uint64_t *rids;
    size_t count;
    TRY(search_about(owner->record->search, owner->cx, reader,
                     search_hash_text(owner->record->search, owner->name), 0, OWNED_MAX, &rids,
                     &count));
    for (size_t i = 0; i < count; i++)
        TRY(follow_belonging(owner, reader, rids[i]));
    return STATUS_OK;
}

/* ---- what leads through it --------------------------------------------------------------------
 */

static bool is_person(Str type)
{
    static const Str persons[] = {STR_INIT("Patient"), STR_INIT("Practitioner"),
                                  STR_INIT("Group"),   STR_INIT("RelatedPerson"),
                                  STR_INIT("Person"),  STR_INIT("PractitionerRole")};
    for (size_t i = 0; i < COUNT_OF(persons); i++) {
        if (str_eq(persons[i], type))
            return true;
    }
    return false;
}

/* Whether a path of a row ("request", "+medicationReference", "actor:Patient") leads through a
 * resource of this type, whose own facts count then; *ret_path: without what stands around it. */
static bool leads_through(Str path, Str type, Str *ret_path)
{
    bool takes = str_has_prefix(path, STR("=")) || str_has_prefix(path, STR("+"));
    Str rest = takes ? str_from(path, 1) : path, only;
    *ret_path = str_cut(&rest, ':');
    only = rest;
    if (str_has_prefix(path, STR("@")) || (only.len && !str_eq(only, type)))
        return false;
    return takes || !is_person(type);
}

/* "(MedicationRequest.medication.ofType(Reference))" is medicationReference. */
static bool is_the_path(Str expression, Str type, Str path)
{
    static const Str choices[] = {STR_INIT(".ofType(Reference))"), STR_INIT(" as Reference)")};
    expression = str_trim(expression);
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        if (!str_has_prefix(expression, STR("(")) || !str_has_suffix(expression, choices[i]))
            continue;
        if (!str_has_suffix(path, STR("Reference")))
            return false;
        expression = str_n(expression.at + 1, expression.len - 1 - choices[i].len);
        path = str_head(path, path.len - (sizeof("Reference") - 1));
        break;
    }
    Str rest = expression, head = str_cut(&rest, '.');
    return str_eq(head, type) && str_eq(rest, path);
}

static bool says(const FhirParam *param, Str type, Str path)
{
    for (Str rest = param->expression, one; rest.len;) {
        one = str_cut(&rest, '|');
        if (is_the_path(one, type, path))
            return true;
    }
    return false;
}

static bool may_name(const FhirParam *param, uint16_t type)
{
    bool may = !param->target_count;
    for (size_t i = 0; i < param->target_count; i++)
        may |= param->targets[i] == type;
    return param->kind == FHIR_PARAM_REFERENCE && may;
}

static Status follow_all(const Owner *owner, StoreReader *reader);

static Status follow_row(const Owner *owner, StoreReader *reader, const StoreRow *row)
{
    SearchSiblings siblings = {owner, find_owner};
    Owner next = *owner;
    JsonValue *resource;
    Facts before;
    Str facts;
    bool known = facts_unpack(row->facts, &before);
    TRY(json_parse(owner->cx, row->body, &resource));
    LabelSource source = {
        .type = row->type, .id = row->id, .resource = resource, .before = known ? &before : NULL};
    search_label(owner->record->search, owner->cx, &source, NULL, &siblings, &next.facts);
    TRY(search_pack_facts(owner->cx, &next.facts, &facts));
    if (str_eq(facts, row->facts))
        return STATUS_OK;
    TRY(add_rekey(owner, row, facts));
    if (++next.depth > DEPTH_MAX)
        return STATUS_OK;
    next.above = owner;
    next.same = false;
    next.type = row->type;
    next.id = row->id;
    next.resource = resource;
    next.name = arena_format(owner->cx->arena, STR_FMT "/" STR_FMT,
                             STR_ARG(fhir_type_name(row->type)), STR_ARG(row->id));
    return next.name.at ? follow_all(&next, reader) : STATUS_MEMORY;
}

static Status follow_param(const Owner *owner, StoreReader *reader, uint16_t type, Str code)
{
    Scene scene = {
        .record = (Record *)owner->record, .cx = owner->cx, .access = owner->record->self};
    Criteria criteria;
    Found found;
    Str query =
        arena_format(owner->cx->arena, STR_FMT "=" STR_FMT, STR_ARG(code), STR_ARG(owner->name));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(criteria_parse(owner->cx, type, query, OWNED_MAX, &criteria));
    TRY(criteria_find(&scene, owner->cx, NULL, reader, &criteria, true, &found));
    for (size_t i = 0; i < found.count; i++)
        TRY(follow_row(owner, reader, &found.rows[i]));
    return STATUS_OK;
}

/* One row of the table. */
static Status follow_type(const Owner *owner, StoreReader *reader, const SubjectRow *row)
{
    Str paths = str_of(row->subjects), path, bare, name = str_of(row->type);
    uint16_t type = fhir_type_find(name);
    size_t count;
    const FhirParam *params = fhir_params_of(type, &count);
    while (paths.len) {
        path = str_cut(&paths, ' ');
        if (!leads_through(path, fhir_type_name(owner->type), &bare) ||
            (owner->same && !str_has_prefix(path, STR("+"))))
            continue;
        for (size_t i = 0; i < count; i++) {
            if (!may_name(&params[i], owner->type) || !says(&params[i], name, bare))
                continue;
            TRY(follow_param(owner, reader, type, params[i].code));
            break;
        }
    }
    return STATUS_OK;
}

/* Whether the codes of such a resource count as those of others: a Medication's. */
static bool counts_elsewhere(uint16_t type)
{
    for (size_t i = 0; i < subject_row_count; i++) {
        Str name = str_of(subject_rows[i].type), paths = str_of(subject_rows[i].subjects), path;
        size_t count;
        if (!strchr(subject_rows[i].subjects, '+'))
            continue;
        const FhirParam *params = fhir_params_of(fhir_type_find(name), &count);
        while (paths.len) {
            path = str_cut(&paths, ' ');
            for (size_t k = 0; str_has_prefix(path, STR("+")) && k < count; k++)
                if (may_name(&params[k], type) && says(&params[k], name, str_from(path, 1)))
                    return true;
        }
    }
    return false;
}

static bool is_about_nobody(Str type)
{
    for (size_t i = 0; i < subject_row_count; i++) {
        if (str_eq(str_of(subject_rows[i].type), type))
            return subject_rows[i].about == ABOUT_NOBODY;
    }
    return false;
}

static Status follow_all(const Owner *owner, StoreReader *reader)
{
    bool nobody = is_about_nobody(fhir_type_name(owner->type));
    const char *wanted = owner->same ? "+" : nobody ? "+=" : NULL;
    if (!owner->same)
        TRY(follow_belongings(owner, reader));
    for (size_t i = 0; i < subject_row_count; i++) {
        if (!wanted || strpbrk(subject_rows[i].subjects, wanted))
            TRY(follow_type(owner, reader, &subject_rows[i]));
    }
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
        return ctx_forget(op->cx), STATUS_OK;
    TRY(status);
    if (!facts_unpack(row.row.facts, &owner.facts))
        return STATUS_OK;
    change.type = owner.type = row.row.type;
    change.id = owner.id = row.id;
    change.resource = row.resource;
    owner.resource = row.resource;
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
    bool is_new = !before || before->deleted;
    Owner owner = {.record = record,
                   .cx = cx,
                   .change = change,
                   .type = change->type,
                   .id = change->id,
                   .resource = change->resource};
    StoreReader *reader;
    if (change->commit && change->resource && change->type == record->binary_type)
        return follow_binary(record, cx, change);
    owner.same = !is_new && str_eq(before->facts, write->facts);
    if (!change->commit || !change->resource || change->id_is_fresh ||
        (owner.same && !counts_elsewhere(change->type)))
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
    if (status == STATUS_UNAVAILABLE) { /* while the index is made anew; writing goes on */
        ctx_forget(cx);
        return look_again(cx, change, owner.name);
    }
    if (status != STATUS_OK || is_new || owner.same || change->many)
        return status;
    return look_again(cx, change, owner.name);
}
