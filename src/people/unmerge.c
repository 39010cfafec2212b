/* people/unmerge.c - Patient/ID/$unmerge: a merge is taken back.
 *
 * Every resource of the journal that nobody has changed since gets the content that it had before,
 * byte for byte in meaning, as a new version. Of those that were changed, the references that named
 * the source name it again, and the change stays. What was deleted stays deleted, what was written
 * since stays with the target: nobody can say whose it is. docs/adr/0143 */
#include "people/merge.h"

#include <stdlib.h>

#include "fhir/fhir.h"

typedef struct {
    Operation *op;
    const Access *access;
    Str source, target; /* "Patient/1" */
    Str lines;
    size_t restored; /* that the caller sees */
    Buf report;
} Unmerge;

/* ---- one resource ------------------------------------------------------------------------------
 */

/* Where the old one named the source and the new one names the target in the same place. */
static size_t give_back(const Unmerge *u, const JsonValue *old, JsonValue *now)
{
    size_t count = 0, i = 0;
    JsonValue *child;
    Str member = STR_EMPTY;
    for (JsonIter it = json_iter(now); json_next(&it, &member, &child); i++) {
        JsonValue *was = json_is(now, JSON_OBJECT) ? json_get(old, member) : json_item(old, i);
        if (!was)
            continue;
        if (!json_is(child, JSON_STRING)) {
            count += give_back(u, was, child);
        } else if (str_eq(member, STR("reference")) && str_eq(json_str(was), u->source) &&
                   str_eq(json_str(child), u->target)) {
            json_set_string(child, u->source);
            count++;
        }
    }
    return count;
}

typedef enum { BACK_WHOLE, BACK_PART, BACK_NOTHING } Back;

/* What the row becomes. */
static Status take_back(const Unmerge *u, const OperationRow *now, uint32_t version,
                        JsonValue **ret_resource, Back *ret_back)
{
    OperationRow old;
    *ret_back = BACK_NOTHING;
    Status status = operation_version(u->op, now, version, &old);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (now->row.version == version + 1) {
        *ret_back = BACK_WHOLE;
        *ret_resource = old.resource;
    } else {
        *ret_back = give_back(u, old.resource, now->resource) ? BACK_PART : BACK_NOTHING;
        *ret_resource = now->resource;
    }
    return STATUS_OK;
}

/* Without the links of the merge, and active again. */
static Status part_patient(const Unmerge *u, const OperationRow *row)
{
    Buf patch;
    size_t i = 0;
    JsonValue *link;
    Str other = str_eq(row->name, u->source) ? u->target : u->source;
    bool more = json_count(json_get(row->resource, STR("link"))) > 1;
    buf_init(&patch, u->op->cx->arena, 256, 4096);
    buf_add_char(&patch, '[');
    for (JsonIter it = json_iter(json_get(row->resource, STR("link"))); json_next(&it, NULL, &link);
         i++)
        if (str_eq(json_get_str(json_get(link, STR("other")), STR("reference")), other)) {
            buf_format(&patch, "{\"op\":\"remove\",\"path\":\"/link%s", more ? "/" : "\"}");
            if (more)
                buf_format(&patch, "%zu\"}", i);
            break;
        }
    if (str_eq(row->name, u->source))
        buf_format(&patch, "%s{\"op\":\"add\",\"path\":\"/active\",\"value\":true}",
                   patch.len > 1 ? "," : "");
    buf_add_char(&patch, ']');
    TRY(buf_done(&patch));
    return operation_patch(u->op, row, buf_str(&patch));
}

/* What does not come back, of what the caller sees. */
static void report(Unmerge *u, const OperationRow *row, const char *why)
{
    bool seen = access_sees_packed(u->access, row->row.type, row->row.facts) != SIGHT_NONE;
    if (!seen)
        return;
    buf_format(&u->report,
               ",{\"name\":\"stays\",\"part\":[{\"name\":\"what\",\"valueReference\":{"
               "\"reference\":\"" STR_FMT "\"}},{\"name\":\"why\",\"valueCode\":\"%s\"}]}",
               STR_ARG(row->name), why);
}

static Status restore(Unmerge *u, const OperationRow *row, uint32_t version)
{
    JsonValue *resource;
    Back back;
    bool patient = str_eq(row->type, STR("Patient"));
    TRY(take_back(u, row, version, &resource, &back));
    if (back != BACK_WHOLE && patient) {
        report(u, row, "changed-since");
        return part_patient(u, row);
    }
    if (back != BACK_WHOLE)
        report(u, row, "changed-since");
    if (back == BACK_NOTHING)
        return STATUS_OK;
    u->restored += access_sees_packed(u->access, row->row.type, row->row.facts) != SIGHT_NONE;
    TRY(operation_update(u->op, row, resource));
    return merge_relabel_belongings(u->op, row);
}

/* ---- all of them
 * ---------------------------------------------------------------------------------
 */

/* "Observation/1 3" */
static bool read_line(Str *lines, Str *ret_name, uint32_t *ret_version)
{
    uint64_t version;
    Str line = str_cut(lines, '\n');
    *ret_name = str_cut(&line, ' ');
    if (!str_to_u64(line, &version))
        return false;
    *ret_version = (uint32_t)version;
    return true;
}

static Status find(Operation *op, Str name, OperationRow *ret_row)
{
    OperationRows rows;
    Str id = name, type = str_cut(&id, '/');
    Str query = arena_format(op->cx->arena, "_id=" STR_FMT, STR_ARG(id));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(op, type, query, 1, &rows));
    if (!rows.count)
        return STATUS_NOT_FOUND;
    *ret_row = rows.rows[0];
    return STATUS_OK;
}

/* What is restored beside: for the facts of what belongs to it. */
static bool find_restored(const void *of, uint16_t type, Str id, const JsonValue **ret_resource)
{
    const Unmerge *u = of;
    Str lines = u->lines, name,
        wanted = arena_format(u->op->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(type)),
                              STR_ARG(id));
    uint32_t version;
    OperationRow row;
    JsonValue *resource;
    Back back;
    while (lines.len && read_line(&lines, &name, &version))
        if (str_eq(name, wanted)) {
            if (find(u->op, name, &row) != STATUS_OK ||
                take_back(u, &row, version, &resource, &back) != STATUS_OK || back == BACK_NOTHING)
                return false;
            *ret_resource = resource;
            return true;
        }
    return false;
}

/* A resource that was moved twice (by the merge, and changed and moved again by its job) has two
 * lines: the first says what it was. */
static bool had_line(Str all, Str name, const char *before)
{
    Str earlier = str_head(all, (size_t)(before - all.at)), first;
    uint32_t version;
    while (earlier.len && read_line(&earlier, &first, &version))
        if (str_eq(first, name))
            return true;
    return false;
}

static Status restore_all(Unmerge *u)
{
    Operation *op = u->op;
    SearchSiblings beside = {u, find_restored};
    Str lines = u->lines, name;
    uint32_t version;
    operation_beside(op, &beside);
    while (lines.len) {
        const char *at = lines.at;
        OperationRow row;
        TRY(ctx_check_deadline(op->cx));
        if (!read_line(&lines, &name, &version) || had_line(u->lines, name, at))
            continue;
        TRY(operation_apart(op));
        bool before = operation_own(op, true);
        Status status = find(op, name, &row);
        if (status == STATUS_OK)
            status = restore(u, &row, version);
        operation_own(op, before);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        operation_together(op);
    }
    operation_beside(op, NULL);
    return STATUS_OK;
}

/* ---- the operation
 * ------------------------------------------------------------------------------- */

static Status refuse(Ctx *cx, const char *why)
{
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR_EMPTY, "%s", why);
}

/* Written anew from its parts: what the caller gave as a reference goes into the trace. */
static Status name_source(Unmerge *u, Str *ret_id)
{
    Str id = u->source, type = str_cut(&id, '/');
    if (!str_eq(type, STR("Patient")) || !fhir_id_is(id))
        return refuse(u->op->cx, "No merge of these two records can be taken back.");
    u->source = arena_format(u->op->cx->arena, "Patient/" STR_FMT, STR_ARG(id));
    *ret_id = id;
    return u->source.at ? STATUS_OK : STATUS_MEMORY;
}

/* Of the record that is there now, the last one that was merged into it, or the one that is named.
 */
static Status find_merge(Unmerge *u)
{
    Operation *op = u->op;
    OperationRow row;
    Str target_id;
    TRY(operation_get(op, STR("Patient"), op->asked.id, &row));
    if (access_sees_packed(u->access, row.row.type, row.row.facts) != SIGHT_FULL)
        return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "Taking back a merge is for those who keep the patient's details.");
    Facts facts;
    if (!access_is_system(u->access) &&
        (!facts_unpack(row.row.facts, &facts) ||
         !access_may_write(u->access, row.row.type, &facts, &facts)))
        return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "Taking back a merge is for those who keep the patient's details.");
    u->source = operation_text(op, STR("source"), 0);
    if (!u->source.len && merge_link_of(row.resource, "replaced-by").len)
        u->source = row.name;
    if (!u->source.len)
        u->source = merge_link_of(row.resource, "replaces");
    if (!u->source.len)
        return refuse(op->cx, "Nothing was merged into this record.");
    Str id;
    TRY(name_source(u, &id));
    Status status = journal_read(op, id, &target_id, &u->lines);
    bool is_it = str_eq(target_id, op->asked.id) || str_eq(id, op->asked.id);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !is_it))
        return refuse(op->cx, "No merge of these two records can be taken back.");
    TRY(status);
    u->target = arena_format(op->cx->arena, "Patient/" STR_FMT, STR_ARG(target_id));
    return u->target.at ? STATUS_OK : STATUS_MEMORY;
}

Status run_unmerge(Operation *op)
{
    Unmerge u = {.op = op};
    Merge trace = {.access = NULL};
    Str name = arena_format(op->cx->arena, "Patient/" STR_FMT, STR_ARG(op->asked.id)), id, body;
    AccessRole role = operation_role(op);
    if (!name.at)
        return STATUS_MEMORY;
    if (role == ROLE_PATIENT || role == ROLE_PROXY)
        return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY, "Taking back a merge is for staff.");
    TRY(merge_claim(op, name, name));
    TRY(operation_access(op, &u.access));
    TRY(find_merge(&u));
    buf_init(&u.report, op->cx->arena, 1024, 4 << 20);
    TRY(restore_all(&u));
    trace.source.name = u.source;
    trace.target.name = u.target;
    TRY(merge_trace(op, &trace, "unmerge"));
    id = u.source;
    (void)str_cut(&id, '/');
    TRY(journal_drop(op, id));
    TRY(buf_done(&u.report));
    body =
        arena_format(op->cx->arena,
                     "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"source\","
                     "\"valueReference\":{\"reference\":\"" STR_FMT
                     "\"}},{\"name\":\"target\",\"valueReference\":{\"reference\":\"" STR_FMT
                     "\"}},{\"name\":\"restored\",\"valueInteger\":%zu}" STR_FMT "]}",
                     STR_ARG(u.source), STR_ARG(u.target), u.restored, STR_ARG(buf_str(&u.report)));
    if (!body.at)
        return STATUS_MEMORY;
    operation_answer(op, 200, body);
    return STATUS_OK;
}

/* ---- the rest
 * --------------------------------------------------------------------------------------
 */

/* By a job, as the program: what was written about the source while it was merged. */
static Status move_rest(Operation *op, Merge *m)
{
    TRY(journal_begin(op, &m->journal));
    TRY(merge_move_all(op, m));
    if (!operation_write_count(op))
        return STATUS_OK;
    return journal_keep(op, &m->journal, m->source.id, m->target.id);
}

static Status run_rest(Operation *op)
{
    Merge m = {.source_permits = true, .target_permits = true};
    Str target, lines;
    operation_answer(op, 204, STR_EMPTY);
    TRY(operation_access(op, &m.access));
    Status status = journal_read(op, op->asked.id, &target, &lines);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK; /* taken back meanwhile */
    TRY(status);
    TRY(operation_get(op, STR("Patient"), op->asked.id, &m.source));
    TRY(operation_get(op, STR("Patient"), target, &m.target));
    return move_rest(op, &m);
}

const OperationKind people_merge_rest = {STR_INIT("Patient"), STR_INIT("$merge-rest"),
                                         OPERATION_ON_INSTANCE, false, run_rest};
