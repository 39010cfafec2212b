/* record/record.c - the life of a Record, and of one scene: audit in, audit out. */
#include "record/record.h"

#include "access/rights.h"
#include "record/internal.h"

static void init_claims(Record *record)
{
    uint64_t key[] = {search_hash_text(record->search, STR("claims 1")),
                      search_hash_text(record->search, STR("claims 2"))};
    claims_init(&record->claims, (const uint8_t *)key);
}

Status record_new(Ctx *cx, Store *store, const Access *access, const RecordOptions *options,
                  Record **ret_record)
{
    Arena *forever = arena_new((size_t)16 << 20, false);
    Record *record = forever ? arena_new_of(forever, Record) : NULL;
    if (!record)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "Out of memory.");
    record->forever = forever;
    record->store = store;
    record->options = *options;
    record->options.rights = NULL; /* borrowed until the book is made */
    record->binary_type = fhir_type_find(STR("Binary"));
    if (!record->options.resource_bytes_max)
        record->options.resource_bytes_max = RESOURCE_BYTES_MAX;
    if (!record->options.bundle_entries_max)
        record->options.bundle_entries_max = BUNDLE_ENTRIES_MAX;
    if (!record->options.conditional_deletes)
        record->options.conditional_deletes = 1;
    if (record->options.conditional_deletes > CONDITIONAL_DELETES_MAX)
        record->options.conditional_deletes = CONDITIONAL_DELETES_MAX;
    record->param_type = fhir_type_find(STR("SearchParameter"));
    record->audit_type = fhir_type_find(STR("AuditEvent"));
    record->self = access;
    metadata_init(&record->metadata);
    Status status = labels_new(cx, options->label_rules, &record->labels);
    SearchOptions search = {.address = options->base,
                            .words = options->words,
                            .changes_max = options->changes_max,
                            .country = options->country,
                            .labels = record->labels};
    if (status == STATUS_OK)
        status = search_new(cx, store, access, &search, &record->search);
    if (status == STATUS_OK)
        status =
            rights_book_new(cx, store, record->search, access, options->rights, &record->rights);
    if (status == STATUS_OK)
        status = audit_keys_new(cx, store, access, &record->audit_keys);
    if (status != STATUS_OK) {
        rights_book_free(record->rights);
        search_free(record->search);
        labels_free(record->labels);
        metadata_clear(&record->metadata);
        arena_free(record->forever);
        return status;
    }
    init_claims(record);
    pthread_mutex_init(&record->remembering, NULL);
    pthread_rwlock_init(&record->listening, NULL);
    *ret_record = record;
    return STATUS_OK;
}

void record_free(Record *record)
{
    if (!record)
        return;
    for (size_t i = 0; i < RECORD_MEMORIES_MAX && record->memories[i].kind; i++)
        record->memories[i].kind->release(record->memories[i].thing);
    pthread_mutex_destroy(&record->remembering);
    rights_book_free(record->rights);
    search_free(record->search);
    labels_free(record->labels);
    metadata_clear(&record->metadata);
    claims_clear(&record->claims);
    pthread_rwlock_destroy(&record->listening);
    audit_keys_free(record->audit_keys);
    arena_free(record->forever);
}

Store *record_store(Record *record)
{
    return record->store;
}

Search *record_index(Record *record)
{
    return record->search;
}

RightsBook *record_rights(Record *record)
{
    return record->rights;
}

Status record_metadata(Record *record, Ctx *cx, const Call *call, Reply *reply)
{
    *reply = (Reply){.http = 200};
    if (store_is_shared(record->store))
        TRY(search_catch_up(record->search, cx));
    unsigned hold = search_hold(record->search);
    Status status = metadata_get(&record->metadata, cx, record->search, &record->options,
                                 call->base, &reply->body);
    search_let_go(record->search, hold);
    reply->status = status;
    return status;
}

/* ---- scenes ----------------------------------------------------------------------- */

/* A patient's own name would stand in the clear. */
static Str who_of_access(const Access *access)
{
    Str reference = access ? access_reference(access) : STR_EMPTY;
    return str_has_prefix(reference, STR("Practitioner")) ? reference : STR_EMPTY;
}

/* What each part in care uses the record for, where nobody says otherwise.
 * SPEC https://terminology.hl7.org/CodeSystem-v3-ActReason.html PurposeOfUse */
static Str purpose_of_access(const Access *access)
{
    static const Str purposes[ACCESS_ROLES] = {
        [ROLE_GP] = STR_INIT("TREAT"),           [ROLE_SPECIALIST] = STR_INIT("TREAT"),
        [ROLE_PHYSIO] = STR_INIT("TREAT"),       [ROLE_NURSE] = STR_INIT("TREAT"),
        [ROLE_PSYCHOLOGIST] = STR_INIT("TREAT"), [ROLE_PHARMACIST] = STR_INIT("TREAT"),
        [ROLE_LAB] = STR_INIT("TREAT"),          [ROLE_SECRETARY] = STR_INIT("HOPERAT"),
        [ROLE_BILLING] = STR_INIT("HPAYMT"),     [ROLE_PATIENT] = STR_INIT("PATRQT"),
        [ROLE_PROXY] = STR_INIT("FAMRQT"),       [ROLE_AUDITOR] = STR_INIT("HOPERAT"),
        [ROLE_ADMIN] = STR_INIT("HSYSADMIN"),
    };
    AccessRole role = access ? access_role_of(access_role(access)) : ROLE_NOBODY;
    return role < ACCESS_ROLES ? purposes[role] : STR_EMPTY;
}

Scene scene_begin(Record *record, Ctx *cx, const Call *call, Reply *reply, Str interaction)
{
    Ctx scratch = {.arena = cx->arena};
    if (search_refresh(record->search, &scratch) != STATUS_OK)
        search_outdated(record->search); /* the store will say what is wrong with it */
    *reply =
        (Reply){.http = 200, .retry = true, .record = record, .hold = search_hold(record->search)};
    return (Scene){.record = record,
                   .epoch = search_epoch(record->search),
                   .cx = cx,
                   .call = call,
                   .reply = reply,
                   .audit = {.account = call->access ? access_account(call->access) : STR_EMPTY,
                             .role = call->access ? access_role(call->access) : STR_EMPTY,
                             .who = who_of_access(call->access),
                             .purpose = purpose_of_access(call->access),
                             .client = call->access ? access_client(call->access) : STR_EMPTY,
                             .factors = call->access ? access_factors(call->access) : 0,
                             .interaction = interaction,
                             .address = call->address,
                             .request_id = cx->request_id}};
}

Status scene_target(Scene *scene, Str type, Str id)
{
    if (type.len) {
        scene->type = fhir_type_find(type);
        if (!scene->type)
            return ctx_fail(scene->cx, STATUS_NOT_FOUND, STR_EMPTY,
                            "There is no such resource type in FHIR R4.");
        scene->audit.type = fhir_type_name(scene->type);
    }
    if (id.len) {
        if (!fhir_id_is(id))
            return ctx_fail(scene->cx, STATUS_INVALID, STR_EMPTY,
                            "An id has 1 to 64 characters of A-Z a-z 0-9 - and the full stop.");
        scene->audit.id = id;
    }
    return STATUS_OK;
}

static bool is_broken(const Rights *rights, Str packed)
{
    Facts facts;
    if (!facts_unpack(packed, &facts))
        return false;
    for (size_t i = 0; i < facts.subject_count; i++) {
        const RightsLink *link = rights_find(rights, facts.subjects[i]);
        if (link && link->broken)
            return true;
    }
    return false;
}

/* Whether something was shown by a link that exists because the glass was broken. */
static bool was_broken(const Access *access, const AuditEntry *entry)
{
    const Rights *rights = access ? access_rights(access) : NULL;
    bool broken = rights && is_broken(rights, entry->facts);
    for (size_t i = 0; rights && entry->facts_of && i < entry->resource_count && !broken; i++)
        broken = is_broken(rights, entry->facts_of[i]);
    return broken;
}

Status scene_audit(Scene *scene, Status outcome, StoreCommit *commit)
{
    Str *packed = arena_new_of(scene->cx->arena, Str);
    scene->audit.outcome = outcome;
    if (!packed)
        return STATUS_MEMORY;
    if (!scene->audit.facts.len && commit->write_count == 1)
        scene->audit.facts = commit->writes[0].facts;
    scene->audit.broken = was_broken(scene->access, &scene->audit);
    TRY(audit_pack_sealed(scene->cx, scene->record->audit_keys, &scene->audit, commit, packed));
    commit->audits = packed;
    commit->audit_count = 1;
    if (!commit->write_count)
        return STATUS_OK;
    scene->audit.outcome = STATUS_CONFLICT;
    return audit_pack_sealed(scene->cx, scene->record->audit_keys, &scene->audit, NULL,
                             &commit->conflict_audit);
}

Status scene_end(Scene *scene, Status status)
{
    Reply *reply = scene->reply;
    if (status != STATUS_OK) {
        reply->commit.write_count = reply->commit.claim_count = 0;
        reply->commit.rekey_count = reply->commit.job_count = 0;
        reply->commit.item_count = reply->commit.piece_count = 0;
        reply->commit.guard = NULL;
        /* Decided by rights that have passed meanwhile, it may end otherwise. */
        reply->retry = reply->retry && (status == STATUS_CONFLICT || scene->access);
    }
    scene_name_epoch(scene, &reply->commit);
    reply->commit.seen = scene->seen;
    if (reply->commit.write_count) {
        reply->commit.epochs[STORE_EPOCH_INDEX] = scene->epoch;
        scene_raise(scene->record, &reply->commit);
    }
    if (!scene->audited && scene_audit(scene, status, &reply->commit) != STATUS_OK) {
        status = STATUS_MEMORY; /* without its audit entry nothing is written, nothing leaves */
        reply->commit = (StoreCommit){.write_count = 0};
    }
    if (!reply->commit.write_count && !reply->commit.claim_count)
        record_settled(reply);
    reply->status = status;
    return status;
}

/* Who writes a SearchParameter makes outdated what others know of them; who writes a link or a
 * consent, what others may see. */
void scene_raise(const Record *record, StoreCommit *commit)
{
    for (size_t i = 0; i < commit->write_count; i++) {
        if (commit->writes[i].type == record->param_type)
            commit->raises |= 1u << STORE_EPOCH_INDEX;
        if (rights_depend_on(commit->writes[i].type))
            commit->raises |= 1u << STORE_EPOCH_ACCESS;
    }
}

static bool changes_params(const Reply *reply)
{
    return reply->commit.status == STATUS_OK && (reply->commit.raises & 1u << STORE_EPOCH_INDEX);
}

void record_settled(Reply *reply)
{
    claim_give_back(reply->claim);
    reply->claim = NULL;
    if (!reply->hold)
        return;
    if (reply->commit.stale)
        search_outdated(reply->record->search);
    if (changes_params(reply))
        search_params_changed(reply->record->search);
    search_let_go(reply->record->search, reply->hold);
    reply->hold = 0;
    if (reply->commit.write_count && reply->commit.status == STATUS_OK)
        changes_tell(reply->record);
}

Status record_renew(Ctx *cx, Call *call, const Reply *reply)
{
    return reply->commit.stale && call->access ? access_renew(cx, &call->access) : STATUS_OK;
}

Status scene_renew(Scene *scene)
{
    Call *call = arena_new_of(scene->cx->arena, Call);
    if (!call)
        return STATUS_MEMORY;
    *call = *scene->call;
    scene->call = call;
    return call->access ? access_renew(scene->cx, &call->access) : STATUS_OK;
}

Status scene_audit_now(Scene *scene)
{
    Status status = STATUS_CONFLICT;
    for (int tries = 0; status == STATUS_CONFLICT && tries < RETRIES_MAX; tries++) {
        StoreCommit commit = {.write_count = 0};
        TRY(scene_audit(scene, STATUS_OK, &commit));
        status = store_commit(scene->record->store, scene->cx, scene->call->access, &commit);
        scene->audited = status == STATUS_OK;
        if (status == STATUS_CONFLICT)
            TRY(scene_renew(scene));
    }
    return status;
}

Status record_finish(Record *record, Ctx *cx, const Call *call, Reply *reply)
{
    const StoreCommit *commit = &reply->commit;
    if (!commit->write_count && !commit->audit_count && !commit->item_count)
        return reply->status;
    Status status = store_commit(record->store, cx, call->access, &reply->commit);
    record_settled(reply);
    if (status == STATUS_OK)
        return reply->status;
    reply->status = status;
    return status;
}
