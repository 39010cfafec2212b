/* record/operation.c - several reads and writes as one interaction: see operation.h. */
#include "record/operation.h"

#include "record/criteria.h"
#include "record/referring.h"

struct OperationInner {
    Ctx *home, apart; /* the caller's, and the one for rows that are looked at one by one */
    Arena *scratch;
    const SearchSiblings *siblings;
    Scene scene; /* the caller's; `own` of it while the program itself looks */
    StoreReader *reader;
    bool own, peek, guarded;
    StoreWrite *writes;
    StoreJobAdd *jobs;
    StoreItem *items;
    const StoreItem *guard;
    Str *names, *facts_of; /* what its caller was shown, and what was written: for the audit */
    size_t write_count, job_count, item_count, name_count;
    bool answered;
};

/* Room for one more, in an array that doubles as it must; empty is NULL. */
static void *grown(Operation *op, void *old, size_t count, size_t each)
{
    if (count & (count - 1))
        return old;
    uint8_t *room = arena_alloc(op->inner->home->arena, (count ? 2 * count : 1) * each);
    if (room && count)
        memcpy(room, old, count * each);
    return room;
}

/* ---- what was asked ----------------------------------------------------------------------- */

JsonValue *operation_value(const Operation *op, Str name, size_t i)
{
    JsonValue *item, *value;
    Str member;
    for (JsonIter it = json_iter(json_get(op->parameters, STR("parameter")));
         json_next(&it, NULL, &item);) {
        if (!str_eq(json_get_str(item, STR("name")), name) || i-- > 0)
            continue;
        for (JsonIter of = json_iter(item); json_next(&of, &member, &value);)
            if (str_has_prefix(member, STR("value")) || str_eq(member, STR("resource")))
                return value;
    }
    return NULL;
}

Str operation_text(const Operation *op, Str name, size_t i)
{
    const JsonValue *value = operation_value(op, name, i);
    if (json_is(value, JSON_BOOL))
        return json_bool(value) ? STR("true") : STR("false");
    return json_is(value, JSON_OBJECT) ? json_get_str(value, STR("reference")) : json_str(value);
}

Status operation_need(const Operation *op, Str name, Str *ret_text)
{
    *ret_text = operation_text(op, name, 0);
    if (ret_text->len)
        return STATUS_OK;
    return ctx_fail_code(op->cx, STATUS_INVALID, "required", STR_EMPTY,
                         "The parameter \"" STR_FMT "\" is missing.", STR_ARG(name));
}

/* The query of a GET, as Parameters. SPEC R4 operations.html#request */
static Status parameters_of_query(Operation *op)
{
    Buf buf;
    bool any = false;
    Str query = op->call->query;
    buf_init(&buf, op->cx->arena, query.len + 128, 256 << 10);
    buf_add_lit(&buf, "{\"resourceType\":\"Parameters\",\"parameter\":[");
    for (Str name, value; search_next_pair(&query, &name, &value);) {
        TRY(search_decode(op->cx, name, &name));
        TRY(search_decode(op->cx, value, &value));
        if (str_eq(name, STR("_format")) || str_eq(name, STR("_pretty")))
            continue;
        buf_add_str(&buf, any ? STR(",{\"name\":") : STR("{\"name\":"));
        json_write_string(&buf, name);
        buf_add_lit(&buf, ",\"valueString\":");
        json_write_string(&buf, value);
        buf_add_char(&buf, '}');
        any = true;
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    return json_parse(op->cx, buf_str(&buf), &op->parameters);
}

static Status read_parameters(Operation *op)
{
    Str text = str_trim(str_n(op->asked.body.at, op->asked.body.len));
    if (!text.len)
        return op->call->query.len ? parameters_of_query(op) : STATUS_OK;
    TRY(json_parse(op->cx, text, &op->parameters));
    if (str_eq(json_get_str(op->parameters, STR("resourceType")), STR("Parameters")))
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                    "The body of an operation is a Parameters resource.");
}

/* ---- who asks ------------------------------------------------------------------------------ */

AccessRole operation_role(const Operation *op)
{
    return access_role_of(access_role(op->call->access));
}

Str operation_who(const Operation *op)
{
    return access_reference(op->call->access);
}

Str operation_country(const Operation *op)
{
    return op->record->options.country;
}

/* ---- reading ------------------------------------------------------------------------------ */

static const Access *asks(const Operation *op)
{
    return op->inner->own ? op->record->self : op->inner->scene.access;
}

/* The snapshot, for whoever looks now. */
static Status open(Operation *op)
{
    struct OperationInner *in = op->inner;
    if (!in->reader)
        TRY(scene_read(&in->scene, &in->reader));
    (void)store_read_as(in->reader, asks(op));
    return STATUS_OK;
}

static void shut(Operation *op)
{
    if (op->inner->reader)
        store_read_end(op->inner->reader);
    op->inner->reader = NULL;
}

/* The scene of whoever looks now. */
static Scene scene_of(const Operation *op)
{
    Scene scene = op->inner->scene;
    scene.access = asks(op);
    return scene;
}

bool operation_own(Operation *op, bool own)
{
    bool before = op->inner->own;
    op->inner->own = own;
    return before;
}

bool operation_peek(Operation *op, bool peek)
{
    bool before = op->inner->peek;
    op->inner->peek = peek;
    return before;
}

static Status note(Operation *op, Str name, Str facts)
{
    struct OperationInner *in = op->inner;
    in->names = grown(op, in->names, in->name_count, sizeof(Str));
    in->facts_of = grown(op, in->facts_of, in->name_count, sizeof(Str));
    if (!in->names || !in->facts_of)
        return STATUS_MEMORY;
    in->names[in->name_count] = name;
    in->facts_of[in->name_count++] = facts;
    return STATUS_OK;
}

static Status show(Operation *op, const StoreRow *row, OperationRow *ret_row)
{
    Scene scene = scene_of(op);
    Str body, type = fhir_type_name(row->type);
    TRY(scene_show(&scene, op->cx, row->type, row->facts, row->body, &body));
    *ret_row = (OperationRow){.type = type, .id = row->id, .row = *row};
    ret_row->name =
        arena_format(op->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(type), STR_ARG(row->id));
    if (!ret_row->name.at)
        return STATUS_MEMORY;
    if (!op->inner->own && !op->inner->peek)
        TRY(note(op, ret_row->name, row->facts));
    return json_parse(op->cx, body, &ret_row->resource);
}

Status operation_access(Operation *op, const Access **ret_access)
{
    TRY(open(op));
    *ret_access = op->inner->scene.access;
    return STATUS_OK;
}

Status operation_other_writes(Operation *op, Str role, Str who, Str patient, AccessClass class,
                              bool *ret_writes)
{
    RightsWhy why;
    bool before = operation_own(op, true);
    Status status = open(op);
    if (status == STATUS_OK)
        status =
            rights_explain(op->record->rights, op->cx, op->inner->reader, role, who, patient, &why);
    operation_own(op, before);
    TRY(status);
    const RightsLink *link =
        rights_find(&why.rights, search_hash_text(op->record->search, patient));
    *ret_writes = why.linked && link && (link->mask.write & 1u << class) != 0;
    return STATUS_OK;
}

Status operation_shows(Operation *op, const OperationRow *row)
{
    return note(op, row->name, row->row.facts);
}

Status operation_get(Operation *op, Str type, Str id, OperationRow *ret_row)
{
    StoreRow row;
    uint16_t number = fhir_type_find(type);
    Status status = STATUS_NOT_FOUND;
    TRY(open(op));
    Scene scene = scene_of(op);
    if (number && fhir_id_is(id))
        status = scene_get(&scene, op->inner->reader, number, id, true, &row);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted))
        return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such " STR_FMT ".",
                        STR_ARG(number ? fhir_type_name(number) : STR("resource")));
    TRY(status);
    return show(op, &row, ret_row);
}

Status operation_find(Operation *op, Str type, Str query, size_t limit, OperationRows *ret_rows)
{
    Criteria criteria;
    Found found;
    TRY(open(op));
    Scene scene = scene_of(op);
    if (limit > OPERATION_FIND_MAX)
        limit = OPERATION_FIND_MAX;
    TRY(criteria_parse(op->cx, fhir_type_find(type), query, limit, &criteria));
    TRY(criteria_find(&scene, op->cx, NULL, op->inner->reader, &criteria, true, &found));
    ret_rows->rows = arena_array_of(op->cx->arena, OperationRow, found.count + 1);
    ret_rows->count = found.count;
    if (!ret_rows->rows)
        return STATUS_MEMORY;
    for (size_t i = 0; i < found.count; i++)
        TRY(show(op, &found.rows[i], &ret_rows->rows[i]));
    return STATUS_OK;
}

Call operation_call(const Operation *op)
{
    Call call = {.access = op->inner->own ? op->record->self : op->call->access,
                 .base = op->call->base,
                 .address = op->call->address};
    return call;
}

Status operation_item(Operation *op, Str space, Str key, Str *ret_value)
{
    TRY(open(op));
    return store_item_get(op->inner->reader, space, key, ret_value);
}

Status operation_items(Operation *op, Str space, StoreItem **ret_items, size_t *ret_count)
{
    TRY(open(op));
    return store_item_list(op->inner->reader, space, ret_items, ret_count);
}

static Status changed_rows(Operation *op, const StoreTouch *touches, size_t count,
                           OperationRows *ret_rows)
{
    StoreRow *rows = arena_array_of(op->cx->arena, StoreRow, count + 1);
    uint64_t *rids = arena_array_of(op->cx->arena, uint64_t, count + 1);
    ret_rows->rows = arena_array_of(op->cx->arena, OperationRow, count + 1);
    if (!rows || !rids || !ret_rows->rows)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        rids[i] = touches[i].rid;
    TRY(store_get_rids(op->inner->reader, rids, count, true, rows));
    for (size_t i = 0; i < count; i++) {
        OperationRow *row = &ret_rows->rows[ret_rows->count++];
        *row = (OperationRow){.row = rows[i]};
        row->row.rid = rids[i];
        if (rows[i].version && !rows[i].deleted)
            TRY(show(op, &rows[i], row));
    }
    return STATUS_OK;
}

Status operation_changed(Operation *op, Str type, uint64_t *change, OperationRows *ret_rows,
                         bool *ret_many)
{
    StoreMark mark;
    StoreTouch *touches = NULL;
    size_t count = 0;
    bool before = operation_own(op, true);
    *ret_rows = (OperationRows){0};
    Status status = open(op);
    if (status == STATUS_OK)
        status = store_mark(op->inner->reader, &mark);
    if (status == STATUS_OK && *change < mark.change)
        status = store_changes(op->inner->reader, fhir_type_find(type), *change,
                               OPERATION_FIND_MAX + 1, &touches, &count);
    *ret_many = status == STATUS_OK && count > OPERATION_FIND_MAX;
    if (status == STATUS_OK && !*ret_many)
        status = changed_rows(op, touches, count, ret_rows);
    operation_own(op, before);
    if (status == STATUS_OK)
        *change = mark.change;
    return status;
}

void *operation_memory(Operation *op, const OperationMemory *kind)
{
    Record *record = op->record;
    void *thing = NULL;
    pthread_mutex_lock(&record->remembering);
    for (size_t i = 0; i < RECORD_MEMORIES_MAX && !thing; i++) {
        if (record->memories[i].kind && record->memories[i].kind != kind)
            continue;
        if (!record->memories[i].kind && (record->memories[i].thing = kind->make()))
            record->memories[i].kind = kind;
        thing = record->memories[i].thing;
        break;
    }
    pthread_mutex_unlock(&record->remembering);
    return thing;
}

Status operation_claim(Operation *op, const Str *names, size_t count)
{
    struct OperationInner *in = op->inner;
    StoreMark mark;
    assert(!op->reply->claim);
    shut(op);
    TRY(claim_take(&op->record->claims, op->cx, names, count, &op->reply->claim));
    TRY(open(op));
    TRY(store_mark(in->reader, &mark));
    claim_note(op->reply->claim, mark.change, &op->reply->commit);
    return STATUS_OK;
}

/* ---- writing ------------------------------------------------------------------------------ */

static bool is_apart(const Operation *op)
{
    return op->cx == &op->inner->apart;
}

/* It outlives what it was made of. */
static Status pack(Operation *op, StoreWrite *write)
{
    Arena *arena = op->inner->home->arena;
    TRY(store_prepare(op->record->store, arena, write));
    write->body = STR_EMPTY;
    write->add_count = write->remove_count = 0;
    write->facts = arena_str(arena, write->facts);
    write->id = arena_str(arena, write->id);
    return write->facts.at && write->id.at ? STATUS_OK : STATUS_MEMORY;
}

static Status add(Operation *op, Change *change)
{
    struct OperationInner *in = op->inner;
    FhirChecked checked;
    size_t most = is_apart(op) ? OPERATION_APART_MAX : OPERATION_WRITES_MAX;
    if (in->write_count >= most)
        return ctx_fail(op->cx, STATUS_TOO_LARGE, STR_EMPTY,
                        "One operation writes at most %zu resources.", most);
    TRY(open(op)); /* the caller's rights */
    change->writer = asks(op);
    change->by_operation = !in->guarded;
    change->siblings = in->siblings;
    change->commit = &op->reply->commit;
    change->kept = in->home->arena;
    if (change->resource)
        TRY(check_resource(op->cx, change->type, change->resource, &checked));
    in->writes = grown(op, in->writes, in->write_count, sizeof(StoreWrite));
    if (!in->writes)
        return STATUS_MEMORY;
    StoreWrite *write = &in->writes[in->write_count];
    TRY(plan_write(op->record, op->cx, change, write));
    if (is_apart(op))
        TRY(pack(op, write));
    in->write_count++;
    Str name = arena_format(in->home->arena, STR_FMT "/" STR_FMT,
                            STR_ARG(fhir_type_name(change->type)), STR_ARG(change->id));
    return name.at ? note(op, name, write->facts) : STATUS_MEMORY;
}

Status operation_create(Operation *op, Str type, JsonValue *resource, Str *ret_name)
{
    Change change = {.method = STORE_CREATE,
                     .type = fhir_type_find(type),
                     .id = new_id(op->cx),
                     .id_is_fresh = true,
                     .resource = resource};
    if (!change.id.len)
        return STATUS_MEMORY;
    if (ret_name) {
        *ret_name =
            arena_format(op->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(type), STR_ARG(change.id));
        if (!ret_name->at)
            return STATUS_MEMORY;
    }
    return add(op, &change);
}

Status operation_update(Operation *op, const OperationRow *row, JsonValue *resource)
{
    Scene scene = scene_of(op);
    Change change = {.method = STORE_UPDATE,
                     .type = row->row.type,
                     .id = row->id,
                     .resource = resource,
                     .before = &row->row};
    TRY(scene_restore(&scene, op->cx, &row->row, &change.resource));
    return add(op, &change);
}

void operation_guarded(Operation *op)
{
    op->inner->guarded = true;
}

Status operation_delete(Operation *op, const OperationRow *row)
{
    Change change = {
        .method = STORE_DELETE, .type = row->row.type, .id = row->id, .before = &row->row};
    return add(op, &change);
}

Status operation_patch(Operation *op, const OperationRow *row, Str patch)
{
    JsonValue *operations, *after;
    Buf buf;
    TRY(json_parse(op->cx, patch, &operations));
    buf_init(&buf, op->cx->arena, row->row.body.len + patch.len, RESOURCE_BYTES_MAX);
    TRY(json_patch(op->cx, row->resource, operations, &buf));
    TRY(buf_done(&buf));
    TRY(json_parse(op->cx, buf_str(&buf), &after));
    return operation_update(op, row, after);
}

Status operation_add_job(Operation *op, const StoreJobAdd *job)
{
    struct OperationInner *in = op->inner;
    in->jobs = grown(op, in->jobs, in->job_count, sizeof(*job));
    if (!in->jobs)
        return STATUS_MEMORY;
    in->jobs[in->job_count++] = *job;
    return STATUS_OK;
}

Status operation_add_item(Operation *op, const StoreItem *item)
{
    struct OperationInner *in = op->inner;
    in->items = grown(op, in->items, in->item_count, sizeof(*item));
    if (!in->items)
        return STATUS_MEMORY;
    in->items[in->item_count++] = *item;
    return STATUS_OK;
}

void operation_guard_item(Operation *op, const StoreItem *as_read)
{
    op->inner->guard = as_read;
}

void operation_audit_query(Operation *op, Str names)
{
    op->inner->scene.audit.query = names;
}

void operation_beside(Operation *op, const SearchSiblings *siblings)
{
    op->inner->siblings = siblings;
}

Status operation_relabel(Operation *op, const OperationRow *row)
{
    struct OperationInner *in = op->inner;
    Change change = {.writer = op->record->self,
                     .method = STORE_UPDATE,
                     .type = row->row.type,
                     .id = row->id,
                     .resource = row->resource,
                     .before = &row->row,
                     .siblings = in->siblings};
    Str facts, security;
    TRY(label_change(op->record, op->cx, &change, &facts, &security));
    if (str_eq(facts, row->row.facts))
        return STATUS_OK;
    return owned_new_facts(&op->reply->commit, in->home->arena, &row->row, facts);
}

/* ---- many: one after the other ----------------------------------------------------------------
 */

static void free_arena(void *arena)
{
    arena_free(arena);
}

Status operation_apart(Operation *op)
{
    struct OperationInner *in = op->inner;
    assert(!is_apart(op));
    TRY(open(op));
    if (!in->scratch) {
        void **hook = arena_defer(in->home->arena, free_arena, NULL);
        if (!hook || !(in->scratch = arena_new(arena_bytes_max(in->home->arena), true)))
            return STATUS_MEMORY;
        *hook = in->scratch;
    }
    in->apart = *in->home;
    in->apart.arena = in->scratch;
    op->cx = &in->apart;
    (void)store_read_into(in->reader, op->cx);
    return STATUS_OK;
}

/* Issues live as long as the scratch arena: with the request, unless it is cleared. */
static void come_home(Operation *op)
{
    struct OperationInner *in = op->inner;
    in->home->issues = in->apart.issues;
    in->home->issues_last = in->apart.issues_last;
    in->home->issue_count = in->apart.issue_count;
    op->cx = in->home;
    if (in->reader)
        (void)store_read_into(in->reader, op->cx);
}

void operation_together(Operation *op)
{
    assert(is_apart(op));
    op->inner->apart.issues = op->inner->home->issues;
    op->inner->apart.issues_last = op->inner->home->issues_last;
    op->inner->apart.issue_count = op->inner->home->issue_count;
    come_home(op);
    arena_clear(op->inner->scratch);
}

Status operation_referring(Operation *op, Str name, uint64_t **ret_rids, size_t *ret_count)
{
    bool before = operation_own(op, true);
    Status status = open(op);
    Scene scene = scene_of(op);
    if (status == STATUS_OK)
        status = referring_find(&scene, op->cx, op->inner->reader, name, ret_rids, ret_count);
    operation_own(op, before);
    return status;
}

Status operation_row(Operation *op, uint64_t rid, OperationRow *ret_row)
{
    StoreRow row;
    bool before = operation_own(op, true);
    Status status = open(op);
    if (status == STATUS_OK)
        status = store_get_rid(op->inner->reader, rid, true, &row);
    if (status == STATUS_OK && row.deleted)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        status = show(op, &row, ret_row);
    operation_own(op, before);
    return status;
}

Status operation_version(Operation *op, const OperationRow *row, uint32_t version,
                         OperationRow *ret_row)
{
    StoreRow old;
    bool before = operation_own(op, true);
    Status status = open(op);
    if (status == STATUS_OK)
        status = store_get_rid_version(op->inner->reader, row->row.rid, version, &old);
    if (status == STATUS_OK && old.deleted)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        status = show(op, &old, ret_row);
    operation_own(op, before);
    return status;
}

size_t operation_write_count(const Operation *op)
{
    return op->inner->write_count;
}

/* ---- answering ------------------------------------------------------------------------------ */

void operation_answer(Operation *op, unsigned http, Str body)
{
    op->inner->answered = true;
    op->reply->http = http;
    op->reply->body = body;
}

void operation_answer_bytes(Operation *op, const char *type, Str file_name, Str bytes)
{
    operation_answer(op, 200, bytes);
    op->reply->content_type = type;
    op->reply->file_name = file_name;
}

Status operation_written(Operation *op, size_t i, Str *ret_body)
{
    const struct OperationInner *in = op->inner;
    *ret_body = STR_EMPTY;
    if (i >= in->write_count)
        return STATUS_OK;
    const StoreWrite *write = &in->writes[i];
    StoreRow row = {.type = write->type, .facts = write->facts};
    if (!scene_sees(&in->scene, &row))
        return STATUS_OK;
    return scene_show(&in->scene, op->cx, write->type, write->facts, write->body, ret_body);
}

Status operation_made(Operation *op, size_t i, Str *ret_body)
{
    assert(i < op->inner->write_count);
    *ret_body = op->inner->writes[i].body;
    return STATUS_OK;
}

static Status answer(Operation *op)
{
    struct OperationInner *in = op->inner;
    Reply *reply = op->reply;
    in->scene.audit.resources = in->names;
    in->scene.audit.facts_of = in->facts_of;
    in->scene.audit.resource_count = in->name_count;
    reply->commit.writes = in->writes;
    reply->commit.write_count = in->write_count;
    reply->commit.jobs = in->jobs;
    reply->commit.job_count = in->job_count;
    reply->commit.items = in->items;
    reply->commit.item_count = in->item_count;
    reply->commit.guard = in->guard;
    if (in->answered)
        return STATUS_OK;
    TRY(operation_written(op, 0, &reply->body));
    reply->http = reply->body.len ? 200 : 204;
    return STATUS_OK;
}

static Status run(Operation *op)
{
    const OperationKind *kind = op->asked.kind;
    Scene *scene = &op->inner->scene;
    TRY(kind->reads ? access_need_read(op->cx, op->call->access)
                    : access_need_write(op->cx, op->call->access));
    TRY(scene_target(scene, kind->type, op->asked.id));
    TRY(scene_know(scene));
    TRY(read_parameters(op));
    TRY(kind->run(op));
    return answer(op);
}

/* "$book" -> "book" */
static Str interaction_of(const OperationKind *kind)
{
    Str name = kind->name;
    (void)str_cut(&name, '$');
    return name;
}

Status record_operation(Record *record, Ctx *cx, const Call *call, const OperationAsked *asked,
                        Reply *reply)
{
    Operation op = {.record = record,
                    .cx = cx,
                    .call = call,
                    .asked = *asked,
                    .reply = reply,
                    .now = time_now(),
                    .inner = arena_new_of(cx->arena, struct OperationInner)};
    Scene scene = scene_begin(record, cx, call, reply, interaction_of(asked->kind));
    if (!op.inner)
        return scene_end(&scene, STATUS_MEMORY);
    op.inner->scene = scene;
    op.inner->home = cx;
    Status status = run(&op);
    if (is_apart(&op))
        come_home(&op);
    shut(&op);
    if (status != STATUS_OK)
        reply->commit.job_count = reply->commit.item_count = reply->commit.rekey_count = 0;
    return scene_end(&op.inner->scene, status);
}

Status record_operation_open(Record *record, Ctx *cx, const Call *call, const OperationAsked *asked,
                             Reply *reply)
{
    Operation op = {.record = record,
                    .cx = cx,
                    .call = call,
                    .asked = *asked,
                    .reply = reply,
                    .now = time_now(),
                    .inner = arena_new_of(cx->arena, struct OperationInner)};
    if (!(asked->kind->places & OPERATION_OPEN) || !asked->kind->reads)
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first.");
    Scene scene = scene_begin(record, cx, call, reply, interaction_of(asked->kind));
    Status status = op.inner ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK) {
        op.inner->scene = scene;
        op.inner->home = cx;
        op.inner->own = true;
        status = read_parameters(&op);
    }
    if (status == STATUS_OK)
        status = asked->kind->run(&op);
    if (op.inner && is_apart(&op))
        come_home(&op);
    if (op.inner)
        shut(&op);
    assert(!op.inner || (!op.inner->write_count && !op.inner->item_count && !op.inner->job_count));
    reply->commit = (StoreCommit){0};
    record_settled(reply);
    reply->retry = false;
    reply->status = status;
    return status;
}
