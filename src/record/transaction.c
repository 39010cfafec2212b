/* record/transaction.c - a transaction: all entries or none.
 *
 * First it is said which resource each entry is about (identify.c), so that links between
 * entries can be resolved (links.c); then every write is planned in the order of the
 * specification; then one commit. GETs are tried before the commit, because one that fails
 * must fail the whole, and answered after it.
 *
 * SPEC R4 http.html#trules */
#include "record/bundle.h"
#include "record/write.h"

static Status check_entry(Ctx *cx, Entry *entry)
{
    if (entry->verb != VERB_POST && entry->verb != VERB_PUT)
        return STATUS_OK;
    TRY(check_resource(cx, entry->type, entry->resource, &entry->checked));
    if (entry->verb == VERB_PUT && entry->id.len && !str_eq(entry->checked.id, entry->id))
        return ctx_fail(cx, STATUS_INVALID, STR("Resource.id"),
                        "The id in the resource is not the one of the url.");
    return STATUS_OK;
}

/* All faults of all entries at once, up to the limit of issues. */
static Status check_entries(Bundle *bundle)
{
    Ctx *cx = bundle->scene->cx;
    Status first = STATUS_OK;
    for (size_t i = 0; i < bundle->count && cx->issue_count < CTX_ISSUES_MAX; i++) {
        size_t mark = bundle_mark(cx);
        Status status = check_entry(cx, &bundle->entries[i]);
        bundle_place_issues(cx, mark, i);
        if (!first)
            first = status;
    }
    return first;
}

/* ---- planning ---------------------------------------------------------------------- */

static Status patched(const Scene *scene, Ctx *cx, Entry *entry, JsonValue **ret_resource)
{
    JsonValue *patch;
    if (!entry->before.rid || entry->before.deleted)
        return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing to patch.");
    TRY(bundle_patch_of(cx, entry, &patch));
    return patch_resource(scene, cx, &entry->before, patch, ret_resource);
}

/* A PUT to what is not there. */
static Status check_absent(const Scene *scene, Ctx *cx, const Entry *entry)
{
    bool there = entry->before.rid && !entry->before.deleted;
    if (there && entry->criteria && !entry->found.count)
        return ctx_fail(cx, STATUS_CONFLICT, STR("Resource.id"),
                        "The id in the resource is that of another one, which the condition does "
                        "not match.");
    return entry->before.rid || entry->is_fresh ? STATUS_OK : check_client_id(scene, cx);
}

/* What an entry belongs to may be another entry: a Provenance and what it is about. */
static bool find_sibling(const void *of, uint16_t type, Str id, const JsonValue **ret_resource)
{
    const Bundle *bundle = of;
    Str name = bundle_identity(bundle->scene->cx, type, id);
    Str found = name.at ? strmap_get(&bundle->whole, name) : (Str){0};
    if (!found.at || found.len >= bundle->count)
        return false;
    *ret_resource = bundle->entries[found.len].resource;
    return *ret_resource != NULL;
}

static Status plan_entry(Bundle *bundle, Ctx *cx, StoreReader *reader, Entry *entry,
                         StoreWrite *ret_write)
{
    Scene as;
    const Scene *scene = &as;
    const SearchSiblings siblings = {bundle, find_sibling};
    TRY(scene_of_entry(bundle->scene, reader, entry->type, &as));
    entry->access = as.access;
    Change change = {.writer = scene->access,
                     .method = bundle_method(entry->verb),
                     .type = entry->type,
                     .id = entry->id,
                     .id_is_fresh = entry->is_fresh,
                     .resource = entry->resource,
                     .siblings = &siblings,
                     .commit = bundle->commit,
                     .kept = scene->cx->arena};
    if (!entry->is_fresh) {
        TRY(scene_current(scene, reader, entry->type, entry->id, &entry->before));
        change.before = entry->before.rid ? &entry->before : NULL;
        TRY(check_if_match(cx, entry->if_match, change.before));
        TRY(check_if_none_match(cx, entry->if_none_match, change.before));
    }
    bool absent = !change.before || change.before->deleted;
    entry->http = entry->verb == VERB_POST || (entry->verb == VERB_PUT && absent) ? 201 : 200;
    if (entry->verb == VERB_DELETE) {
        entry->http = 204;
        change.resource = NULL;
        if (absent)
            return STATUS_NOT_FOUND; /* nothing to write; no issue: it is a success */
    }
    if (entry->verb == VERB_PATCH)
        TRY(patched(scene, cx, entry, &change.resource));
    if (entry->verb == VERB_PUT)
        TRY(check_absent(scene, cx, entry));
    if (entry->verb == VERB_PUT || entry->verb == VERB_POST)
        TRY(scene_restore(scene, cx, change.before, &change.resource));
    return plan_write(scene->record, cx, &change, ret_write);
}

/* The bytes and keys of a write are large and soon packed: they are made in a scratch arena,
 * so that a transaction holds each resource packed and once. */
static Status plan_packed(Bundle *bundle, StoreReader *reader, Entry *entry, StoreWrite *ret_write)
{
    Ctx *cx = bundle->scene->cx;
    if (bundle->bodies_wanted)
        return plan_entry(bundle, cx, reader, entry, ret_write);
    Ctx scratch = *cx;
    scratch.arena = bundle->scratch;
    Status status = plan_entry(bundle, &scratch, reader, entry, ret_write);
    if (status == STATUS_OK)
        status = store_prepare(bundle->scene->record->store, cx->arena, ret_write);
    if (status == STATUS_OK) {
        ret_write->body = STR_EMPTY;
        ret_write->add_count = ret_write->remove_count = 0;
        ret_write->facts =
            arena_str(cx->arena, ret_write->facts); /* the audit entry tells of them */
        status = ret_write->facts.at ? STATUS_OK : STATUS_MEMORY;
        arena_clear(bundle->scratch);
    }
    ctx_take_issues(cx, &scratch); /* the scratch arena lives as long as the request */
    return status;
}

static Status plan_entries(Bundle *bundle, StoreReader *reader, StoreCommit *commit)
{
    Ctx *cx = bundle->scene->cx;
    commit->write_count = commit->rekey_count = 0;
    bundle->commit = commit;
    for (size_t i = 0; i < bundle->all; i++)
        bundle->entries[i].write = NULL; /* of a try before */
    for (Verb verb = 0; verb < VERB_GET; verb++) {
        for (size_t i = 0; i < bundle->all; i++) {
            Entry *entry = &bundle->entries[i];
            StoreWrite *write = &commit->writes[commit->write_count];
            if (entry->verb != verb || !entry->writes)
                continue;
            TRY(ctx_check_deadline(cx));
            size_t mark = bundle_mark(cx);
            Status status = plan_packed(bundle, reader, entry, write);
            bundle_place_issues(cx, mark, entry->index);
            if (status == STATUS_NOT_FOUND && verb == VERB_DELETE)
                continue;
            TRY(status);
            entry->write = write;
            commit->write_count++;
        }
    }
    return STATUS_OK;
}

/* ---- GETs ------------------------------------------------------------------------------ */

/* A read of what the transaction itself writes cannot be tried before. */
static Status try_gets(Bundle *bundle)
{
    Ctx *cx = bundle->scene->cx;
    for (size_t i = 0; i < bundle->count; i++) {
        Entry trial = bundle->entries[i];
        if (trial.verb != VERB_GET || strmap_get(&bundle->targets, trial.path).at)
            continue;
        TRY(ctx_check_deadline(cx));
        size_t mark = bundle_mark(cx);
        Status status = bundle_get(bundle, &trial);
        bundle_place_issues(cx, mark, i);
        TRY(status);
        ctx_forget(cx); /* warnings: they come again with the answer */
    }
    return STATUS_OK;
}

static Status answer_gets(Bundle *bundle)
{
    Ctx *cx = bundle->scene->cx;
    for (size_t i = 0; i < bundle->count; i++) {
        Entry *entry = &bundle->entries[i];
        if (entry->verb != VERB_GET)
            continue;
        entry->status = bundle_get(bundle, entry);
        if (entry->status != STATUS_OK)
            TRY(ctx_outcome(cx, entry->status, &entry->outcome));
        ctx_forget(cx);
    }
    return STATUS_OK;
}

/* ---- the whole ------------------------------------------------------------------------- */

static Status note_targets(Bundle *bundle)
{
    AuditEntry *audit = &bundle->scene->audit;
    Ctx *cx = bundle->scene->cx;
    Str *names = arena_array_of(cx->arena, Str, bundle->all + 1),
        *facts_of = arena_array_of(cx->arena, Str, bundle->all + 1);
    if (!names || !facts_of)
        return STATUS_MEMORY;
    audit->resource_count = 0;
    for (size_t i = 0; i < bundle->all; i++) {
        const Entry *entry = &bundle->entries[i];
        if (!entry->write)
            continue;
        const StoreWrite *write = entry->write;
        facts_of[audit->resource_count] = write->facts;
        names[audit->resource_count++] = bundle_identity(cx, entry->type, entry->id);
    }
    audit->resources = names;
    audit->facts_of = facts_of;
    return STATUS_OK;
}

/* On one snapshot: what was identified holds, and the writes fit to it. */
static Status plan_on_snapshot(Bundle *bundle, StoreCommit *commit)
{
    Scene *scene = bundle->scene;
    StoreReader *reader;
    StoreMark mark;
    TRY(scene_read(scene, &reader));
    Status status = identify_again(bundle, reader);
    if (status == STATUS_OK && bundle->claim) {
        status = store_mark(reader, &mark);
        claim_note(bundle->claim, mark.change, commit);
    }
    if (status == STATUS_CONFLICT) /* from the start: links are resolved */
        (void)ctx_fail(scene->cx, status, STR_EMPTY,
                       "Others changed what a condition of the transaction finds: send it again.");
    if (status == STATUS_OK)
        status = plan_entries(bundle, reader, commit);
    store_read_end(reader);
    return status;
}

/* The audit entry goes with the writes: both or neither. */
static Status commit_once(Bundle *bundle, StoreCommit *commit, bool *ret_again)
{
    Scene *scene = bundle->scene;
    Search *search = scene->record->search;
    *ret_again = false;
    TRY(search_refresh(search, scene->cx));
    commit->epochs[STORE_EPOCH_INDEX] = search_epoch(search);
    TRY(plan_on_snapshot(bundle, commit));
    TRY(note_targets(bundle));
    if (!commit->write_count)
        return STATUS_OK;
    scene_raise(scene->record, commit);
    scene_name_epoch(scene, commit);
    TRY(scene_audit(scene, STATUS_OK, commit));
    Status status = store_commit(scene->record->store, scene->cx, scene->call->access, commit);
    *ret_again = status == STATUS_CONFLICT;
    if (commit->stale) {
        search_outdated(search);
        TRY(scene_renew(scene));
    }
    if (status == STATUS_OK && commit->raises & 1u << STORE_EPOCH_INDEX)
        search_params_changed(search);
    scene->audited = status == STATUS_OK;
    if (scene->audited)
        changes_tell(scene->record);
    return status;
}

static Status commit_all(Bundle *bundle)
{
    Ctx *cx = bundle->scene->cx;
    StoreCommit commit = {.writes = arena_array_of(cx->arena, StoreWrite, bundle->all + 1)};
    if (!commit.writes)
        return STATUS_MEMORY;
    Status status;
    bool again;
    int tries = 0;
    do {
        status = commit_once(bundle, &commit, &again);
    } while (again && ++tries < RETRIES_MAX);
    if (again)
        return ctx_fail(cx, status, STR_EMPTY, "Others kept changing the same resources.");
    return status;
}

/* What the caller gets of it. */
static Status show(const Bundle *bundle, Entry *entry, Str facts, Str body)
{
    Scene scene = *bundle->scene;
    scene.access = entry->access;
    return scene_show(&scene, scene.cx, entry->type, facts, body, &entry->body);
}

/* A conditional create that found one answers as if it had made it. */
static Status note_found(Bundle *bundle, Entry *entry)
{
    const StoreRow *row = entry->found.rows;
    entry->http = 200;
    entry->version = row->version;
    entry->updated = row->updated;
    if (!bundle->bodies_wanted)
        return STATUS_OK;
    return show(bundle, entry, row->facts, row->body);
}

static Status note_results(Bundle *bundle)
{
    Ctx *cx = bundle->scene->cx;
    for (size_t i = 0; i < bundle->count; i++) {
        Entry *entry = &bundle->entries[i];
        bool found = entry->verb == VERB_POST && !entry->writes;
        if (entry->verb == VERB_DELETE)
            entry->http = 204;
        if (found)
            TRY(note_found(bundle, entry));
        if (entry->write) {
            entry->version = entry->write->version;
            entry->updated = entry->write->updated;
        }
        if (entry->write && bundle->bodies_wanted)
            TRY(show(bundle, entry, entry->write->facts, entry->write->body));
        if (entry->verb == VERB_DELETE || !(entry->write || found))
            continue;
        entry->location =
            arena_format(cx->arena, STR_FMT "/" STR_FMT "/_history/%u",
                         STR_ARG(fhir_type_name(entry->type)), STR_ARG(entry->id), entry->version);
        if (!entry->location.at)
            return STATUS_MEMORY;
    }
    return STATUS_OK;
}

/* From here on the conditions of what is created are claimed. */
static Status run(Bundle *bundle)
{
    TRY(identify_entries(bundle));
    TRY(identify_targets(bundle));
    TRY(links_resolve(bundle));
    TRY(try_gets(bundle));
    return commit_all(bundle);
}

Status transaction_run(Bundle *bundle)
{
    Ctx *cx = bundle->scene->cx;
    bool writes = false;
    for (size_t i = 0; i < bundle->count; i++)
        writes |= bundle->entries[i].verb != VERB_GET;
    if (writes)
        TRY(access_need_write(cx, bundle->scene->call->access));
    bundle->bodies_wanted =
        preferred_return(bundle->scene->call->prefer, RETURN_MINIMAL) == RETURN_REPRESENTATION;
    TRY(bundle_scratch(bundle));
    TRY(check_entries(bundle));
    Status status = run(bundle);
    claim_give_back(bundle->claim);
    TRY(status);
    TRY(note_results(bundle));
    return answer_gets(bundle);
}
