/* record/transaction.c - a transaction: all entries or none.
 *
 * Ids are given first, so that links between entries can be resolved; then every write is
 * planned in the order of the specification; then one commit. GETs are tried before the
 * commit, because one that fails must fail the whole, and answered after it.
 *
 * SPEC R4 http.html#trules */
#include "record/bundle.h"

static bool writes(const Entry *entry)
{
    return entry->verb != VERB_GET;
}

static Str identity(Ctx *cx, const Entry *entry)
{
    return arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(entry->type)),
                        STR_ARG(entry->id));
}

static Status refuse_twice(Ctx *cx, const Entry *entry, const char *what)
{
    Str place = arena_format(cx->arena, "Bundle.entry[%zu]", entry->index);
    return ctx_fail_code(cx, STATUS_INVALID, "duplicate", place,
                         "Another entry of the transaction has the same %s.", what);
}

/* Gives ids to what is created; fills links: fullUrl -> "Type/id", and targets: the
 * identities that the transaction touches. */
static Status name_entries(Bundle *bundle, StrMap *links, StrMap *targets)
{
    Ctx *cx = bundle->scene->cx;
    for (size_t i = 0; i < bundle->count; i++) {
        Entry *entry = &bundle->entries[i];
        if (!writes(entry))
            continue;
        if (entry->verb == VERB_POST)
            entry->id = new_id(cx);
        Str target = identity(cx, entry);
        if (!target.at)
            return STATUS_MEMORY;
        if (!strmap_add(targets, target, target))
            return refuse_twice(cx, entry, "resource");
        if (entry->full_url.len && entry->verb != VERB_DELETE &&
            !strmap_add(links, entry->full_url, target))
            return refuse_twice(cx, entry, "fullUrl");
    }
    return STATUS_OK;
}

static Status check_entry(Bundle *bundle, const StrMap *links, Entry *entry)
{
    Ctx *cx = bundle->scene->cx;
    if (entry->verb != VERB_POST && entry->verb != VERB_PUT)
        return STATUS_OK;
    TRY(check_resource(cx, entry->type, entry->resource, &entry->checked));
    if (entry->verb == VERB_PUT && !str_eq(entry->checked.id, entry->id))
        return ctx_fail(cx, STATUS_INVALID, STR("Resource.id"),
                        "The id in the resource is not the one of the url.");
    return links_resolve(cx, links, entry);
}

/* All faults of all entries at once, up to the limit of issues. */
static Status check_entries(Bundle *bundle, const StrMap *links)
{
    Ctx *cx = bundle->scene->cx;
    Status first = STATUS_OK;
    for (size_t i = 0; i < bundle->count && cx->issue_count < CTX_ISSUES_MAX; i++) {
        size_t mark = bundle_mark(cx);
        Status status = check_entry(bundle, links, &bundle->entries[i]);
        bundle_place_issues(cx, mark, i);
        if (!first)
            first = status;
    }
    return first;
}

/* ---- planning ---------------------------------------------------------------------- */

static Status patched(Bundle *bundle, Ctx *cx, Entry *entry, JsonValue **ret_resource)
{
    JsonValue *patch, *before;
    if (!entry->before.rid || entry->before.deleted)
        return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing to patch.");
    TRY(bundle_patch_of(cx, entry, &patch));
    TRY(json_parse(cx, entry->before.body, &before));
    Buf text;
    buf_init(&text, cx->arena, entry->before.body.len + 256,
             bundle->scene->record->options.resource_bytes_max);
    TRY(json_patch(cx, before, patch, &text));
    TRY(buf_done(&text));
    TRY(json_parse(cx, buf_str(&text), ret_resource));
    TRY(check_resource(cx, entry->type, *ret_resource, &entry->checked));
    if (!str_eq(entry->checked.id, entry->id))
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("Resource.id"),
                        "A patch may not change the id.");
    return STATUS_OK;
}

static Status plan_entry(Bundle *bundle, Ctx *cx, StoreReader *reader, Entry *entry,
                         StoreWrite *ret_write)
{
    static const StoreMethod methods[] = {[VERB_DELETE] = STORE_DELETE,
                                          [VERB_POST] = STORE_CREATE,
                                          [VERB_PUT] = STORE_UPDATE,
                                          [VERB_PATCH] = STORE_PATCH};
    const Record *record = bundle->scene->record;
    Change change = {.method = methods[entry->verb],
                     .type = entry->type,
                     .id = entry->id,
                     .id_is_fresh = entry->verb == VERB_POST,
                     .resource = entry->resource};
    if (entry->verb != VERB_POST) {
        TRY(find_current(reader, entry->type, entry->id, &entry->before));
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
        TRY(patched(bundle, cx, entry, &change.resource));
    if (entry->verb == VERB_PUT && !change.before && !record->options.client_ids)
        return ctx_fail(cx, STATUS_METHOD, STR_EMPTY,
                        "This server gives ids itself: create the resource with POST.");
    return plan_write(record, cx, &change, ret_write);
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
        arena_clear(bundle->scratch);
    }
    cx->issues = scratch.issues; /* they live as long as the scratch arena: with the request */
    cx->issues_last = scratch.issues_last;
    cx->issue_count = scratch.issue_count;
    return status;
}

static Status plan_entries(Bundle *bundle, StoreReader *reader, StoreCommit *commit)
{
    Ctx *cx = bundle->scene->cx;
    commit->write_count = 0;
    for (Verb verb = 0; verb < VERB_GET; verb++) {
        for (size_t i = 0; i < bundle->count; i++) {
            Entry *entry = &bundle->entries[i];
            StoreWrite *write = &commit->writes[commit->write_count];
            if (entry->verb != verb)
                continue;
            TRY(ctx_check_deadline(cx));
            size_t mark = bundle_mark(cx);
            Status status = plan_packed(bundle, reader, entry, write);
            bundle_place_issues(cx, mark, i);
            entry->write = NULL;
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
static Status try_gets(Bundle *bundle, const StrMap *targets)
{
    Ctx *cx = bundle->scene->cx;
    for (size_t i = 0; i < bundle->count; i++) {
        Entry trial = bundle->entries[i];
        if (trial.verb != VERB_GET || strmap_get(targets, trial.path).at)
            continue;
        TRY(ctx_check_deadline(cx));
        size_t mark = bundle_mark(cx);
        Status status = bundle_get(bundle, &trial);
        bundle_place_issues(cx, mark, i);
        TRY(status);
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
        cx->issues = cx->issues_last = NULL;
        cx->issue_count = 0;
    }
    return STATUS_OK;
}

/* ---- the whole ------------------------------------------------------------------------- */

static Status note_targets(Bundle *bundle)
{
    AuditEntry *audit = &bundle->scene->audit;
    Ctx *cx = bundle->scene->cx;
    Str *names = arena_array_of(cx->arena, Str, bundle->count + 1);
    if (!names)
        return STATUS_MEMORY;
    audit->resource_count = 0;
    for (size_t i = 0; i < bundle->count; i++) {
        if (bundle->entries[i].write)
            names[audit->resource_count++] = identity(cx, &bundle->entries[i]);
    }
    audit->resources = names;
    return STATUS_OK;
}

/* The audit entry goes with the writes: both or neither. */
static Status commit_once(Bundle *bundle, StoreCommit *commit)
{
    Scene *scene = bundle->scene;
    StoreReader *reader;
    TRY(store_read_begin(scene->record->store, scene->cx, scene->call->access, &reader));
    Status status = plan_entries(bundle, reader, commit);
    store_read_end(reader);
    TRY(status);
    TRY(note_targets(bundle));
    if (!commit->write_count)
        return STATUS_OK;
    TRY(scene_audit(scene, STATUS_OK, commit));
    TRY(store_commit(scene->record->store, scene->cx, scene->call->access, commit));
    scene->audited = true;
    return STATUS_OK;
}

static Status commit_all(Bundle *bundle)
{
    Ctx *cx = bundle->scene->cx;
    StoreCommit commit = {.writes = arena_array_of(cx->arena, StoreWrite, bundle->count + 1)};
    if (!commit.writes)
        return STATUS_MEMORY;
    Status status = STATUS_CONFLICT;
    for (int tries = 0; status == STATUS_CONFLICT && tries < RETRIES_MAX; tries++)
        status = commit_once(bundle, &commit);
    if (status == STATUS_CONFLICT && !cx->issues)
        return ctx_fail(cx, status, STR_EMPTY, "Others kept changing the same resources.");
    return status;
}

static void note_results(Bundle *bundle)
{
    Ctx *cx = bundle->scene->cx;
    for (size_t i = 0; i < bundle->count; i++) {
        Entry *entry = &bundle->entries[i];
        if (!entry->write)
            continue;
        entry->version = entry->write->version;
        entry->updated = entry->write->updated;
        if (entry->verb != VERB_DELETE)
            entry->location = arena_format(cx->arena, STR_FMT "/" STR_FMT "/_history/%u",
                                           STR_ARG(fhir_type_name(entry->type)), STR_ARG(entry->id),
                                           entry->version);
        if (bundle->bodies_wanted)
            entry->body = entry->write->body;
    }
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

Status transaction_run(Bundle *bundle)
{
    Ctx *cx = bundle->scene->cx;
    StrMap links, targets;
    size_t write_count = 0;
    for (size_t i = 0; i < bundle->count; i++)
        write_count += writes(&bundle->entries[i]);
    if (write_count)
        TRY(access_need_write(cx, bundle->scene->call->access));
    bundle->bodies_wanted =
        preferred_return(bundle->scene->call->prefer, RETURN_MINIMAL) == RETURN_REPRESENTATION;
    bundle->scratch = arena_new(arena_bytes_max(cx->arena), true);
    if (!bundle->scratch || !arena_defer(cx->arena, free_arena, bundle->scratch))
        return STATUS_MEMORY;
    TRY(strmap_init(&links, cx->arena, write_count));
    TRY(strmap_init(&targets, cx->arena, write_count));
    TRY(name_entries(bundle, &links, &targets));
    TRY(check_entries(bundle, &links));
    TRY(try_gets(bundle, &targets));
    TRY(commit_all(bundle));
    note_results(bundle);
    return answer_gets(bundle);
}
