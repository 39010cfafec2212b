/* record/erase.c - a patient leaves the record: bodies, index keys and names in the audit log.
 *
 * 1. What is about him alone is deleted, in commits of many: the current versions and their index
 *    keys go. A deletion keeps the facts of the version before it: a keyed hash of whom it was
 * about.
 * 2. The bodies of all old versions are replaced by one that says that they were erased, also of
 *    what somebody had deleted before.
 * 3. The keys of his parts of the audit log are destroyed; the chain still fits.
 *
 * What is about others too (a letter about two people) stays, and is counted. Cut off anywhere, the
 * next call goes on: what was deleted and not yet erased stands in the items "erasing". Pages that
 * a database file has given back, and backups, hold the bytes until they are written anew:
 * docs/guide/privacy.md. Whether the law allows it is asked elsewhere (src/privacy). */
#include "record/trail.h"

#include "access/rights.h"

enum { BATCH = 200, PAGE = 500 };
static const Str erasing = STR_INIT("erasing");

typedef struct {
    Record *record;
    Ctx *cx;
    uint64_t patient;
    Str id;
    RecordErased *done;
    uint64_t before; /* changes above it were looked at for deletions; 0: none was */
} Erasing;

static bool is_his_alone(const Erasing *e, const StoreRow *row)
{
    Facts facts;
    return facts_unpack(row->facts, &facts) && facts.subject_count == 1 &&
           facts.subjects[0] == e->patient;
}

static Str name_of(Ctx *cx, uint16_t type, Str id)
{
    return arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(type)), STR_ARG(id));
}

/* ---- the versions ------------------------------------------------------------------------- */

static Status tombstone(Ctx *cx, const StoreRow *row, Str *ret_body)
{
    char at[TIME_INSTANT_LEN];
    *ret_body = arena_format(cx->arena,
                             "{\"resourceType\":\"" STR_FMT "\",\"id\":\"" STR_FMT
                             "\",\"meta\":{\"versionId\":\"%u\","
                             "\"lastUpdated\":\"%.*s\",\"tag\":[{\"system\":\"urn:aceso:privacy\","
                             "\"code\":\"erased\"}]}}",
                             STR_ARG(fhir_type_name(row->type)), STR_ARG(row->id), row->version,
                             TIME_INSTANT_LEN, time_format_instant(row->updated, at).at);
    return ret_body->at ? STATUS_OK : STATUS_MEMORY;
}

/* Bytes that stand beside the row: they go with the last version that names them. */
static Status leave_content(Ctx *cx, const StoreRow *old, Str *contents, size_t *count,
                            StoreCommit *commit)
{
    RecordContent content;
    Str unused;
    TRY(content_of(cx, old->body, &content, &unused));
    if (!content.id.len || (*count && str_eq(contents[*count - 1], content.id)))
        return STATUS_OK;
    contents[(*count)++] = content.id;
    return content_leave(cx, content.id, commit);
}

static Status erase_versions(Erasing *e, Ctx *cx, StoreReader *reader, uint16_t type, Str id)
{
    StoreHistory query = {
        .type = type, .id = id, .limit = PAGE, .with_body = type == e->record->binary_type};
    uint64_t behind = 0;
    for (size_t count = 1; count;) {
        StoreChange *changes;
        TRY(store_history(reader, &query, &changes, &count));
        StoreErase *erases = arena_array_of(cx->arena, StoreErase, count + 1);
        Str *contents = arena_array_of(cx->arena, Str, count + 1);
        size_t content_count = 0;
        if (!erases || !contents)
            return STATUS_MEMORY;
        StoreCommit commit = {.erases = erases};
        for (size_t i = 0; i < count; i++) {
            const StoreRow *old = &changes[i].row;
            StoreErase erase = {old->rid, old->version, behind, old->type, old->id, STR_EMPTY};
            behind = query.before = changes[i].change;
            if (!erase.replaced_by || old->deleted)
                continue;
            TRY(tombstone(cx, old, &erase.body));
            TRY(leave_content(cx, old, contents, &content_count, &commit));
            erases[commit.erase_count++] = erase;
            e->done->versions += old->facts.len > 0; /* else it was erased before */
        }
        if (commit.erase_count)
            TRY(store_commit(e->record->store, cx, e->record->self, &commit));
        for (size_t i = 0; i < content_count; i++)
            TRY(content_sweep(e->record, cx, contents[i]));
    }
    StoreItem done = {erasing, name_of(cx, type, id), STR_EMPTY};
    StoreCommit commit = {.items = &done, .item_count = 1};
    return done.key.at ? store_commit(e->record->store, cx, e->record->self, &commit)
                       : STATUS_MEMORY;
}

/* What an earlier call has deleted before it was cut off. */
static Status go_on(Erasing *e)
{
    StoreReader *reader;
    StoreItem *items;
    size_t count = 0;
    Ctx *cx = e->cx;
    TRY(store_read_begin(e->record->store, cx, e->record->self, &reader));
    Status status = store_item_list(reader, erasing, &items, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        Str id = items[i].key, type = str_cut(&id, '/');
        status = erase_versions(e, cx, reader, fhir_type_find(type), id);
    }
    store_read_end(reader);
    return status;
}

/* The rows of a batch are gone from the index when this is done. */
static Status erase_batch(Erasing *e, Ctx *cx, const StoreRow *rows, size_t count)
{
    StoreWrite *writes = arena_array_of(cx->arena, StoreWrite, count + 1);
    StoreItem *items = arena_array_of(cx->arena, StoreItem, count + 1);
    StoreCommit commit = {.writes = writes, .items = items};
    if (!writes || !items)
        return STATUS_MEMORY;
    commit.epochs[STORE_EPOCH_INDEX] = search_epoch(e->record->search); /* before keys are made */
    for (size_t i = 0; i < count; i++) {
        Change change = {.method = STORE_DELETE,
                         .type = rows[i].type,
                         .id = rows[i].id,
                         .before = &rows[i],
                         .writer = e->record->self};
        StoreWrite *write = &writes[commit.write_count];
        TRY(plan_write(e->record, cx, &change, write));
        write->facts = STR_EMPTY;
        commit.write_count++;
        items[i] = (StoreItem){erasing, name_of(cx, rows[i].type, rows[i].id), STR("1")};
        if (!items[i].key.at)
            return STATUS_MEMORY;
        commit.item_count++;
    }
    scene_raise(e->record, &commit);
    TRY(store_commit(e->record->store, cx, e->record->self, &commit));
    changes_tell(e->record);
    e->done->resources += count;
    StoreReader *now;
    TRY(store_read_begin(e->record->store, cx, e->record->self, &now));
    Status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = erase_versions(e, cx, now, rows[i].type, rows[i].id);
    store_read_end(now);
    return status;
}

/* ---- finding them ------------------------------------------------------------------------- */

/* What the compartment shows of him, and himself. *ret_count 0: nothing is left. */
static Status find_some(Erasing *e, Ctx *cx, StoreReader *reader, StoreRow **ret_rows,
                        size_t *ret_count)
{
    uint64_t *rids;
    size_t count;
    TRY(search_about(e->record->search, cx, reader, e->patient, e->done->last_rid, BATCH, &rids,
                     &count));
    StoreRow *rows = arena_array_of(cx->arena, StoreRow, count + 2);
    StoreRow *found = arena_array_of(cx->arena, StoreRow, count + 2);
    if (!rows || !found)
        return STATUS_MEMORY;
    TRY(store_get_rids(reader, rids, count, true, found));
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!found[i].version || found[i].deleted)
            continue;
        if (is_his_alone(e, &found[i]))
            rows[(*ret_count)++] = found[i];
        else
            e->done->shared++;
    }
    if (count)
        e->done->last_rid = rids[count - 1];
    e->done->more = count == BATCH;
    *ret_rows = rows;
    return STATUS_OK;
}

static Status erase_some(Erasing *e, Ctx *cx)
{
    StoreReader *reader;
    StoreRow *rows;
    size_t count = 0;
    TRY(store_read_begin(e->record->store, cx, e->record->self, &reader));
    Status status = find_some(e, cx, reader, &rows, &count);
    store_read_end(reader);
    TRY(status);
    return count ? erase_batch(e, cx, rows, count) : STATUS_OK;
}

/* What somebody had deleted before has no index keys: it stands in the order of changes, newest
 * first. Deletions have no bodies, so none is read. */
static Status erase_deleted(Erasing *e, Ctx *cx)
{
    const StoreHistory query = {.before = e->before, .limit = 2000};
    StoreReader *reader;
    StoreChange *changes;
    size_t count = 0;
    TRY(store_read_begin(e->record->store, cx, e->record->self, &reader));
    Status status = store_history(reader, &query, &changes, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const StoreRow *row = &changes[i].row;
        if (row->deleted && is_his_alone(e, row))
            status = erase_versions(e, cx, reader, row->type, row->id);
    }
    store_read_end(reader);
    e->done->more = count > 0;
    if (count)
        e->before = changes[count - 1].change;
    return status;
}

/* Until nothing more is left of it; each time in memory of its own. */
static Status each(Erasing *e, Status (*part)(Erasing *e, Ctx *cx))
{
    Status status = STATUS_OK;
    do {
        Ctx cx = {.arena = arena_new((size_t)512 << 20, true), .deadline = e->cx->deadline};
        if (!cx.arena)
            return STATUS_MEMORY;
        status = part(e, &cx);
        if (status != STATUS_OK)
            (void)ctx_copy_issues(e->cx, &cx, status);
        arena_free(cx.arena);
    } while (status == STATUS_OK && e->done->more);
    return status;
}

/* Himself last: while he is there, the work is not done. */
static Status erase_himself(Erasing *e)
{
    StoreReader *reader;
    StoreRow row;
    Ctx *cx = e->cx;
    uint16_t type = fhir_type_find(STR("Patient"));
    TRY(store_read_begin(e->record->store, cx, e->record->self, &reader));
    Status status = store_get(reader, type, e->id, true, &row);
    store_read_end(reader);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    if (!row.deleted)
        return erase_batch(e, cx, &row, 1);
    TRY(store_read_begin(e->record->store, cx, e->record->self, &reader));
    status = erase_versions(e, cx, reader, row.type, row.id);
    store_read_end(reader);
    return status;
}

/* The keys of the log, and an entry that says that it happened and why. */
static Status forget(Erasing *e, Str reason)
{
    Ctx *cx = e->cx;
    StoreReader *reader;
    StoreItem *items;
    size_t count;
    Str packed;
    const Access *self = e->record->self;
    TRY(store_read_begin(e->record->store, cx, self, &reader));
    Status status = audit_forget(cx, e->record->audit_keys, reader, e->patient, &items, &count);
    store_read_end(reader);
    TRY(status);
    TRY(audit_pack(cx,
                   &(AuditEntry){.account = access_account(self),
                                 .role = access_role(self),
                                 .interaction = STR("privacy-erase"),
                                 .type = STR("Patient"),
                                 .id = e->id,
                                 .reason = reason,
                                 .address = STR("local")},
                   &packed));
    StoreCommit commit = {.audits = &packed, .audit_count = 1, .items = items, .item_count = count};
    return store_commit(e->record->store, cx, self, &commit);
}

Status record_erase(Record *record, Ctx *cx, Str id, Str reason, RecordErased *ret_done)
{
    Str name = arena_format(cx->arena, "Patient/" STR_FMT, STR_ARG(id));
    if (!name.at)
        return STATUS_MEMORY;
    *ret_done = (RecordErased){0};
    Erasing e = {record, cx, search_hash_text(record->search, name), id, ret_done, 0};
    unsigned hold = search_hold(record->search);
    Status status = go_on(&e);
    if (status == STATUS_OK)
        status = each(&e, erase_some);
    if (status == STATUS_OK)
        status = each(&e, erase_deleted);
    if (status == STATUS_OK)
        status = erase_himself(&e);
    if (status == STATUS_OK)
        status = forget(&e, reason);
    search_let_go(record->search, hold);
    return status;
}
