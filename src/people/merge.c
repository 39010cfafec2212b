/* people/merge.c - Patient/$merge: two records of one person become one, and $merge with `preview`:
 * what that would do.
 *
 * Everything that names the source names the target from then on, in one commit: also what the
 * caller does not see. The source stays, not active, with link replaced-by; what the target lacks
 * is filled from it. Links, blocks and mandates are the person's and go along; the patient's
 * agreement holds for the merged record only if both had it; a broken glass opens nothing of the
 * other record. The journal (journal.c) lets $unmerge take it back. docs/guide/people.md,
 * docs/adr/0143 */
#include "people/merge.h"

#include <stdlib.h>

#include "fhir/fhir.h"

/* ---- rewriting ---------------------------------------------------------------------------------
 */

typedef struct {
    Str from, to;
    size_t count;
} Renaming;

/* Versions ("Patient/1/_history/2") are of what it was then: they stay. */
static void rename_in(Renaming *r, JsonValue *value)
{
    JsonValue *child;
    Str member = STR_EMPTY;
    for (JsonIter it = json_iter(value); json_next(&it, &member, &child);) {
        if (json_is(child, JSON_STRING)) {
            if (str_eq(member, STR("reference")) && str_eq(json_str(child), r->from)) {
                json_set_string(child, r->to);
                r->count++;
            }
        } else {
            rename_in(r, child);
        }
    }
}

/* References to `from` name `to` from now on: how many. */
static size_t merge_rename(JsonValue *resource, Str from, Str to)
{
    Renaming r = {from, to, 0};
    rename_in(&r, resource);
    return r.count;
}

typedef struct {
    Operation *op;
    Str from, to;
} MergeSiblings;

static bool merge_find_sibling(const void *of, uint16_t type, Str id,
                               const JsonValue **ret_resource)
{
    const MergeSiblings *s = of;
    OperationRow row;
    Operation *op = s->op;
    bool before = operation_own(op, true);
    OperationRows rows;
    Str query = arena_format(op->cx->arena, "_id=" STR_FMT, STR_ARG(id));
    Status status =
        query.at ? operation_find(op, fhir_type_name(type), query, 1, &rows) : STATUS_MEMORY;
    operation_own(op, before);
    if (status != STATUS_OK || !rows.count)
        return false;
    row = rows.rows[0];
    if (!merge_rename(row.resource, s->from, s->to))
        return false;
    *ret_resource = row.resource;
    return true;
}

/* ---- who and what
 * --------------------------------------------------------------------------------
 */

static Status refuse(Ctx *cx, const char *why)
{
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR_EMPTY, "%s", why);
}

static Status get_patient(Operation *op, Str name, const Access *access, OperationRow *ret_row)
{
    Str id = name, type = str_cut(&id, '/');
    Facts facts;
    if (!str_eq(type, STR("Patient")))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "source and target are references to Patients.");
    TRY(operation_get(op, type, id, ret_row));
    bool whole = access_sees_packed(access, ret_row->row.type, ret_row->row.facts) == SIGHT_FULL;
    bool known = facts_unpack(ret_row->row.facts, &facts);
    if (!access_is_system(access) &&
        (!whole || !known || !access_may_write(access, ret_row->row.type, &facts, &facts)))
        return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "Merging is for those who keep the personal details of both patients.");
    return STATUS_OK;
}

Str merge_link_of(const JsonValue *patient, const char *kind)
{
    JsonValue *link;
    for (JsonIter it = json_iter(json_get(patient, STR("link"))); json_next(&it, NULL, &link);)
        if (str_eq(json_get_str(link, STR("type")), str_of(kind)))
            return json_get_str(json_get(link, STR("other")), STR("reference"));
    return STR_EMPTY;
}

static Status read_both(Operation *op, Merge *m)
{
    Str source, target;
    TRY(operation_need(op, STR("source"), &source));
    TRY(operation_need(op, STR("target"), &target));
    AccessRole role = operation_role(op);
    if (role == ROLE_PATIENT || role == ROLE_PROXY)
        return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY, "Merging is for staff.");
    if (str_eq(source, target))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "source and target are two records of one person.");
    TRY(operation_access(op, &m->access));
    TRY(get_patient(op, source, m->access, &m->source));
    TRY(get_patient(op, target, m->access, &m->target));
    if (merge_link_of(m->source.resource, "replaced-by").len)
        return refuse(op->cx, "The source was merged already.");
    if (merge_link_of(m->target.resource, "replaced-by").len)
        return refuse(op->cx, "The target was merged into another record.");
    return STATUS_OK;
}

/* ---- consent ----------------------------------------------------------------------------------
 */

static bool has_code(const JsonValue *concepts, const char *system, const char *code)
{
    JsonValue *concept, *coding;
    for (JsonIter it = json_iter(concepts); json_next(&it, NULL, &concept);)
        for (JsonIter of = json_iter(json_get(concept, STR("coding")));
             json_next(&of, NULL, &coding);)
            if (str_eq(json_get_str(coding, STR("system")), str_of(system)) &&
                str_eq(json_get_str(coding, STR("code")), str_of(code)))
                return true;
    return false;
}

static bool is_permit(const JsonValue *consent)
{
    return str_eq(json_get_str(consent, STR("status")), STR("active")) &&
           has_code(json_get(consent, STR("category")), "urn:aceso:consent", "network") &&
           str_eq(json_get_str(json_get(consent, STR("provision")), STR("type")), STR("permit"));
}

/* All that hold of a patient, whoever asks. */
static Status each_consent(Operation *op, Str patient, OperationTake take, void *of)
{
    Str query = arena_format(op->cx->arena, "patient=" STR_FMT "&status=active", STR_ARG(patient));
    bool before = operation_own(op, true);
    Status status = query.at ? operation_each(op, STR("Consent"), query, take, of) : STATUS_MEMORY;
    operation_own(op, before);
    return status;
}

static Status note_permit(void *of, const OperationRow *row)
{
    bool *has = of;
    *has |= is_permit(row->resource);
    return STATUS_OK;
}

static Status has_permit(Operation *op, Str patient, bool *ret_has)
{
    *ret_has = false;
    return each_consent(op, patient, note_permit, ret_has);
}

static Status know_consent(Operation *op, Merge *m)
{
    TRY(has_permit(op, m->source.name, &m->source_permits));
    return has_permit(op, m->target.name, &m->target_permits);
}

/* A permit that only one of both had is not the merged person's. */
static bool ends_here(const Merge *m, const JsonValue *resource)
{
    return m->source_permits != m->target_permits &&
           str_eq(json_get_str(resource, STR("resourceType")), STR("Consent")) &&
           is_permit(resource);
}

static bool is_broken_glass(const JsonValue *resource)
{
    return str_eq(json_get_str(resource, STR("resourceType")), STR("CareTeam")) &&
           has_code(json_get(resource, STR("category")), "urn:aceso:link", "break-glass");
}

/* ---- merging ------------------------------------------------------------------------------------
 */

/* What belongs to a resource that moves, and does not name the patient itself: its Provenance, and
 * the files that it names. */
typedef struct {
    Operation *op;
    Status status;
} Belongings;

static Status relabel_named(Operation *op, const char *type, Str query)
{
    OperationRows rows;
    TRY(operation_find(op, str_of(type), query, OPERATION_FIND_MAX, &rows));
    for (size_t i = 0; i < rows.count; i++)
        TRY(operation_relabel(op, &rows.rows[i]));
    return STATUS_OK;
}

/* "Binary/ID", of any version; words that only begin so name no file. */
static Status relabel_file(Operation *op, Str text)
{
    Str rest = text, type = str_cut(&rest, '/'), id = str_cut(&rest, '/');
    if (!str_eq(type, STR("Binary")) || !fhir_id_is(id))
        return STATUS_OK;
    Str query = arena_format(op->cx->arena, "_id=" STR_FMT, STR_ARG(id));
    return query.at ? relabel_named(op, "Binary", query) : STATUS_MEMORY;
}

static void relabel_files(Belongings *b, const JsonValue *value)
{
    JsonValue *child;
    Str member = STR_EMPTY;
    for (JsonIter it = json_iter(value);
         b->status == STATUS_OK && json_next(&it, &member, &child);) {
        if (json_is(child, JSON_STRING))
            b->status = relabel_file(b->op, json_str(child));
        else
            relabel_files(b, child);
    }
}

Status merge_relabel_belongings(Operation *op, const OperationRow *row)
{
    Belongings b = {op, STATUS_OK};
    Str query = arena_format(op->cx->arena, "target=" STR_FMT, STR_ARG(row->name));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(relabel_named(op, "Provenance", query));
    relabel_files(&b, row->resource);
    return b.status;
}

static Status end_permit(Operation *op, const OperationRow *row)
{
    return operation_set_status(op, row, "inactive");
}

static Status move_row(Operation *op, Merge *m, const OperationRow *row)
{
    bool ends = ends_here(m, row->resource);
    if (row->row.type == m->source.row.type || is_broken_glass(row->resource) ||
        (!merge_rename(row->resource, m->source.name, m->target.name) && !ends))
        return STATUS_OK;
    TRY(journal_add(op, &m->journal, row));
    TRY(ends ? end_permit(op, row) : operation_update(op, row, row->resource));
    return merge_relabel_belongings(op, row);
}

static Status each(Operation *op, Merge *m, uint64_t rid)
{
    OperationRow row;
    TRY(operation_apart(op));
    Status status = operation_row(op, rid, &row);
    if (status == STATUS_OK) {
        bool before = operation_own(op, true);
        status = move_row(op, m, &row);
        operation_own(op, before);
    }
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    operation_together(op);
    return STATUS_OK;
}

Status merge_move_all(Operation *op, Merge *m)
{
    MergeSiblings siblings = {op, m->source.name, m->target.name};
    SearchSiblings beside = {&siblings, merge_find_sibling};
    uint64_t *rids;
    size_t count;
    TRY(operation_referring(op, m->source.name, &rids, &count));
    operation_beside(op, &beside);
    for (size_t i = 0; i < count; i++) {
        TRY(ctx_check_deadline(op->cx));
        TRY(each(op, m, rids[i]));
    }
    operation_beside(op, NULL);
    return STATUS_OK;
}

typedef struct {
    Operation *op;
    Merge *merge;
} OwnPermits;

static Status end_own_permit(void *of, const OperationRow *row)
{
    const OwnPermits *own = of;
    if (!is_permit(row->resource))
        return STATUS_OK;
    TRY(journal_add(own->op, &own->merge->journal, row));
    return end_permit(own->op, row);
}

/* The target's own permits, when only it had one. */
static Status end_own_permits(Operation *op, Merge *m)
{
    OwnPermits own = {op, m};
    if (!m->target_permits || m->source_permits)
        return STATUS_OK;
    return each_consent(op, m->target.name, end_own_permit, &own);
}

static void add_link(Buf *patch, const JsonValue *patient, Str other, const char *kind)
{
    bool has = json_get(patient, STR("link")) != NULL;
    buf_format(patch,
               "{\"op\":\"add\",\"path\":\"/link%s\",\"value\":%s{\"other\":{\"reference\":"
               "\"" STR_FMT "\"},\"type\":\"%s\"}%s}",
               has ? "/-" : "", has ? "" : "[", STR_ARG(other), kind, has ? "" : "]");
}

static Status close_source(Operation *op, Merge *m)
{
    Buf patch;
    buf_init(&patch, op->cx->arena, 512, 4096);
    buf_add_lit(&patch, "[{\"op\":\"add\",\"path\":\"/active\",\"value\":false},");
    add_link(&patch, m->source.resource, m->target.name, "replaced-by");
    buf_add_char(&patch, ']');
    TRY(buf_done(&patch));
    TRY(journal_add(op, &m->journal, &m->source));
    return operation_patch(op, &m->source, buf_str(&patch));
}

static Status fill_target(Operation *op, Merge *m)
{
    Buf patch;
    JsonValue *value;
    Str member;
    buf_init(&patch, op->cx->arena, 4096, 1 << 20);
    buf_add_char(&patch, '[');
    add_link(&patch, m->target.resource, m->source.name, "replaces");
    for (JsonIter it = json_iter(m->source.resource); json_next(&it, &member, &value);) {
        if (!merge_compares(member) || json_get(m->target.resource, member) ||
            str_has_prefix(member, STR("deceased")) || str_has_prefix(member, STR("multipleBirth")))
            continue;
        buf_format(&patch,
                   ",{\"op\":\"add\",\"path\":\"/" STR_FMT "\",\"value\":", STR_ARG(member));
        json_write(&patch, value, false);
        buf_add_char(&patch, '}');
    }
    buf_add_char(&patch, ']');
    TRY(buf_done(&patch));
    TRY(journal_add(op, &m->journal, &m->target));
    return operation_patch(op, &m->target, buf_str(&patch));
}

/* For people: who merged what, when. */
static Status leave_trace(Operation *op, const Merge *m, const char *deed)
{
    JsonValue *resource;
    char now[TIME_INSTANT_LEN];
    Str who = operation_who(op);
    time_format_instant(op->now, now);
    Str text = arena_format(
        op->cx->arena,
        "{\"resourceType\":\"Provenance\",\"target\":[{\"reference\":\"" STR_FMT
        "\"},{\"reference\":\"" STR_FMT "\"}],\"recorded\":\"%.*s\",\"activity\":{\"coding\":[{"
        "\"system\":\"urn:aceso:activity\",\"code\":\"%s\"}]},\"agent\":[{\"who\":{%s" STR_FMT
        "\"}}]}",
        STR_ARG(m->target.name), STR_ARG(m->source.name), TIME_INSTANT_LEN, now, deed,
        who.len ? "\"reference\":\"" : "\"display\":\"", STR_ARG(who.len ? who : STR("program")));
    if (!text.at)
        return STATUS_MEMORY;
    TRY(json_parse(op->cx, text, &resource));
    return operation_create(op, STR("Provenance"), resource, NULL);
}

Status merge_trace(Operation *op, const Merge *m, const char *deed)
{
    bool before = operation_own(op, true);
    Status status = leave_trace(op, m, deed);
    operation_own(op, before);
    return status;
}

/* What others write about the source while this is decided is moved by a job a moment later. */
static Status add_rest_job(Operation *op, const Merge *m)
{
    StoreJobAdd job = {.kind = STR("merge-rest"),
                       .payload = arena_str(op->cx->arena, m->source.id),
                       .after = 2 * TIME_SECOND};
    return job.payload.at ? operation_add_job(op, &job) : STATUS_MEMORY;
}

static Status write_done(Operation *op, const Merge *m)
{
    Str body = arena_format(
        op->cx->arena,
        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"source\",\"valueReference\":{"
        "\"reference\":\"" STR_FMT "\"}},{\"name\":\"target\",\"valueReference\":{\"reference\":"
        "\"" STR_FMT "\"}},{\"name\":\"consent\",\"valueCode\":\"%s\"}]}",
        STR_ARG(m->source.name), STR_ARG(m->target.name), merge_consent_word(m));
    if (!body.at)
        return STATUS_MEMORY;
    operation_answer(op, 200, body);
    return STATUS_OK;
}

/* As they are, with what the caller does not see of them: to be written again. */
static Status read_whole(Operation *op, Merge *m)
{
    uint64_t source = m->source.row.rid, target = m->target.row.rid;
    TRY(operation_row(op, source, &m->source));
    return operation_row(op, target, &m->target);
}

/* A legal hold on what goes into the target holds the target from now on: items of src/privacy, by
 * the id of the patient. Who has put it there takes it away. */
static Status keep_hold(Operation *op, const Merge *m)
{
    static const Str holds = STR_INIT("privacy-hold");
    Str reason, other;
    Status status = operation_item(op, holds, m->source.id, &reason);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = operation_item(op, holds, m->target.id, &other);
    if (status != STATUS_NOT_FOUND)
        return status;
    const StoreItem item = {holds, m->target.id, reason};
    return operation_add_item(op, &item);
}

static Status merge(Operation *op, Merge *m)
{
    TRY(read_whole(op, m));
    TRY(journal_begin(op, &m->journal));
    TRY(merge_move_all(op, m));
    TRY(end_own_permits(op, m));
    bool before = operation_own(op, true);
    Status status = close_source(op, m);
    if (status == STATUS_OK)
        status = fill_target(op, m);
    operation_own(op, before);
    TRY(status);
    TRY(merge_trace(op, m, "merge"));
    TRY(keep_hold(op, m));
    TRY(journal_keep(op, &m->journal, m->source.id, m->target.id));
    TRY(add_rest_job(op, m));
    return write_done(op, m);
}

/* Two merges never decide about one patient at a time. */
Status merge_claim(Operation *op, Str a, Str b)
{
    Str names[2] = {arena_format(op->cx->arena, "merge " STR_FMT, STR_ARG(a)),
                    arena_format(op->cx->arena, "merge " STR_FMT, STR_ARG(b))};
    if (!names[0].at || !names[1].at)
        return STATUS_MEMORY;
    return operation_claim(op, names, str_eq(a, b) ? 1 : 2);
}

Status run_merge(Operation *op)
{
    Merge m = {.access = NULL};
    Str source, target;
    TRY(operation_need(op, STR("source"), &source));
    TRY(operation_need(op, STR("target"), &target));
    bool only_preview = str_eq(operation_text(op, STR("preview"), 0), STR("true"));
    if (!only_preview)
        TRY(merge_claim(op, source, target));
    TRY(read_both(op, &m));
    TRY(know_consent(op, &m));
    return only_preview ? merge_preview(op, &m) : merge(op, &m);
}
