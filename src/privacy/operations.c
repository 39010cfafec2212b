/* privacy/operations.c - what a person may ask of his record, asked from the app: a copy, who was
 * told, restriction, amendment, hold and erasure. docs/guide/privacy.md
 *
 * A copy and the accounting are the patient's: they hold what he may see. An amendment is for who
 * may write what is amended. What takes a record away from everybody is for an administrator who
 * has just proved who he is: he sees nothing of it, and what he decides is done by the program. */
#include "privacy/inner.h"

#include "access/rights.h"

static const Str restriction_text = STR_INIT("GDPR 18");

/* ---- who ---------------------------------------------------------------------------------- */

static Status refuse(Operation *op, const char *why)
{
    return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY, "%s", why);
}

static bool is_officer(const Operation *op)
{
    return operation_role(op) == ROLE_ADMIN;
}

/* An administrator who has just shown a factor; a program that was given everything. The patient is
 * read as by the program: who keeps the law need not see the record. */
static Status need_officer(Operation *op, OperationRow *ret_patient)
{
    if (!access_is_system(op->call->access)) {
        if (!is_officer(op))
            return refuse(op, "This is for an administrator.");
        TRY(operation_need_step_up(op));
    }
    operation_own(op, true);
    TRY(operation_get(op, STR("Patient"), op->asked.id, ret_patient));
    return operation_shows(op, ret_patient);
}

/* ---- a copy -------------------------------------------------------------------------------- */

/* SPEC GDPR 15 and 20, HIPAA 164.524 */
static Status run_copy(Operation *op)
{
    OperationRow patient;
    Str bundle, pdf, format = operation_text(op, STR("format"), 0),
                     language = operation_text(op, STR("language"), 0);
    AccessRole role = operation_role(op);
    TRY(operation_get(op, STR("Patient"), op->asked.id, &patient));
    if (role != ROLE_PATIENT && role != ROLE_PROXY && !access_is_system(op->call->access))
        return refuse(op, "A copy of the record is for the patient and who acts for him.");
    Call call = operation_call(op);
    TRY(privacy_export(op->cx, op->record, &call, op->asked.id, &bundle));
    if (!str_eq(format, STR("pdf"))) {
        operation_answer(op, 200, bundle);
        return STATUS_OK;
    }
    TRY(privacy_paper(op->cx, bundle, language.len ? language : STR("en"), &pdf));
    operation_answer_bytes(op, "application/pdf", STR("record.pdf"), pdf);
    return STATUS_OK;
}

/* Whoever sees the log of the patient: he himself, and the auditor. SPEC HIPAA 164.528 */
static Status run_disclosures(Operation *op)
{
    OperationRow patient;
    const Access *access;
    Facts facts;
    Str csv, from = operation_text(op, STR("since"), 0);
    Time since = 0, end;
    if (from.len && !fhir_date_range(from, &since, &end))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY, "since is a date.");
    TRY(operation_get(op, STR("Patient"), op->asked.id, &patient));
    TRY(operation_access(op, &access));
    if (!facts_unpack(patient.row.facts, &facts))
        return refuse(op, "Nobody knows whose record this is.");
    facts.class = D16_AUDIT;
    facts.confidentiality = CONF_N;
    facts.sensitivity = 0;
    if (access_sees(access, fhir_type_find(STR("AuditEvent")), &facts) == SIGHT_NONE)
        return refuse(op, "Who was told is for the patient himself, and for the auditor.");
    Call call = operation_call(op);
    TRY(privacy_disclosures(op->cx, op->record, &call, op->asked.id, since,
                            str_eq(operation_text(op, STR("all"), 0), STR("true")), &csv));
    operation_answer_bytes(op, "text/csv; charset=utf-8", STR("disclosures.csv"), csv);
    return STATUS_OK;
}

/* ---- amendment ------------------------------------------------------------------------------ */

static Status need_about(Operation *op, const OperationRow *row, const OperationRow *patient)
{
    Facts one, of;
    if (facts_unpack(row->row.facts, &of) && facts_unpack(patient->row.facts, &one))
        for (size_t i = 0; i < of.subject_count; i++)
            if (one.subject_count && of.subjects[i] == one.subjects[0])
                return STATUS_OK;
    return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                    "The resource is not about this patient.");
}

/* As its caller may write, and held to what his direct writes are held to. SPEC GDPR 16, HIPAA
 * 164.526 */
static Status run_amend(Operation *op)
{
    OperationRow patient, row;
    JsonValue *provenance, *resource = operation_value(op, STR("resource"), 0);
    Str reason, text;
    TRY(operation_need(op, STR("reason"), &reason));
    Str type = json_get_str(resource, STR("resourceType")), id = json_get_str(resource, STR("id"));
    if (!type.len || !id.len)
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "resource is what shall stand there instead, with its type and id.");
    TRY(operation_get(op, STR("Patient"), op->asked.id, &patient));
    TRY(operation_get(op, type, id, &row));
    TRY(need_about(op, &row, &patient));
    operation_guarded(op);
    TRY(operation_update(op, &row, resource));
    TRY(privacy_provenance(op->cx, op->call, type, id, row.row.version, reason, &text));
    TRY(json_parse(op->cx, text, &provenance));
    return operation_create(op, STR("Provenance"), provenance, NULL);
}

/* ---- restriction ---------------------------------------------------------------------------- */

static bool is_restriction(const OperationRow *row)
{
    return str_eq(json_get_str(json_get(row->resource, STR("policyRule")), STR("text")),
                  restriction_text);
}

typedef struct {
    Operation *op;
    bool on, there;
} Restricting;

static Status restrict_each(void *of, const OperationRow *row)
{
    Restricting *r = of;
    if (!is_restriction(row))
        return STATUS_OK;
    r->there = true;
    return r->on ? STATUS_OK : operation_set_status(r->op, row, "inactive");
}

/* SPEC GDPR 18 */
static Status run_restrict(Operation *op)
{
    OperationRow patient;
    JsonValue *consent;
    Str text, query;
    Restricting r = {.op = op, .on = !str_eq(operation_text(op, STR("on"), 0), STR("false"))};
    TRY(need_officer(op, &patient));
    query = arena_format(op->cx->arena, "patient=Patient/" STR_FMT "&status=active",
                         STR_ARG(op->asked.id));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_each(op, STR("Consent"), query, restrict_each, &r));
    operation_answer(op, 204, STR_EMPTY);
    if (!r.on || r.there)
        return STATUS_OK;
    TRY(privacy_restriction(op->cx, op->asked.id, &text));
    TRY(json_parse(op->cx, text, &consent));
    return operation_create(op, STR("Consent"), consent, NULL);
}

/* ---- hold and erasure ------------------------------------------------------------------------ */

static Status put_hold(Operation *op, Str reason)
{
    OperationRow patient;
    TRY(need_officer(op, &patient));
    StoreItem *items;
    size_t count;
    TRY(privacy_hold_items(op->cx, op->record, op->call->access, op->asked.id, reason, &items,
                           &count));
    for (size_t i = 0; i < count; i++)
        TRY(operation_add_item(op, &items[i]));
    operation_answer(op, 204, STR_EMPTY);
    return STATUS_OK;
}

static Status run_hold(Operation *op)
{
    Str reason;
    TRY(operation_need(op, STR("reason"), &reason));
    return put_hold(op, reason);
}

static Status run_release(Operation *op)
{
    return put_hold(op, STR_EMPTY);
}

/* It is decided here, and done by a job: that may take minutes, and goes on after a crash. SPEC
 * GDPR 17 */
static Status run_erase(Operation *op)
{
    OperationRow patient;
    Buf buf;
    PrivacyErase how = {.country = operation_text(op, STR("country"), 0),
                        .ground = str_eq(operation_text(op, STR("ground"), 0), STR("true"))};
    TRY(operation_need(op, STR("reason"), &how.reason));
    TRY(need_officer(op, &patient));
    Call call = operation_call(op);
    TRY(privacy_may_erase(op->cx, op->record, &call, op->asked.id, &how));
    buf_init(&buf, op->cx->arena, 256, 64 << 10);
    buf_add_lit(&buf, "{\"patient\":");
    json_write_string(&buf, op->asked.id);
    buf_add_lit(&buf, ",\"by\":");
    json_write_string(&buf, access_account(op->call->access));
    buf_add_lit(&buf, ",\"reason\":");
    json_write_string(&buf, how.reason);
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    StoreJobAdd job = {.kind = STR("privacy-erase"), .payload = buf_str(&buf)};
    operation_answer(op, 202, STR_EMPTY);
    return operation_add_job(op, &job);
}

Status privacy_erase_later(Ctx *cx, Record *record, const Access *access, Str payload,
                           bool *ret_hopeless)
{
    JsonValue *root;
    RecordErased done;
    bool held;
    *ret_hopeless = true;
    TRY(json_parse(cx, payload, &root));
    Str patient = json_get_str(root, STR("patient"));
    Str reason = arena_format(cx->arena, STR_FMT " (" STR_FMT ")",
                              STR_ARG(json_get_str(root, STR("reason"))),
                              STR_ARG(json_get_str(root, STR("by"))));
    if (!reason.at)
        return STATUS_MEMORY;
    *ret_hopeless = false;
    TRY(privacy_is_held(cx, record, access, patient, &held));
    *ret_hopeless = held;
    if (held)
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "There is a legal hold on the record by now: nothing was erased.");
    const Call call = {.access = access, .base = STR("")};
    return privacy_erase_all(cx, record, &call, patient, reason, &done);
}

/* ---- the table --------------------------------------------------------------------------------
 */

enum { KIND_RESTRICT = 3 };

const OperationKind privacy_kinds[PRIVACY_KINDS] = {
    {STR_INIT("Patient"), STR_INIT("$copy"), OPERATION_ON_INSTANCE, true, run_copy},
    {STR_INIT("Patient"), STR_INIT("$disclosures"), OPERATION_ON_INSTANCE, true, run_disclosures},
    {STR_INIT("Patient"), STR_INIT("$amend"), OPERATION_ON_INSTANCE, false, run_amend},
    [KIND_RESTRICT] = {STR_INIT("Patient"), STR_INIT("$restrict"), OPERATION_ON_INSTANCE, false,
                       run_restrict},
    {STR_INIT("Patient"), STR_INIT("$hold"), OPERATION_ON_INSTANCE, false, run_hold},
    {STR_INIT("Patient"), STR_INIT("$release"), OPERATION_ON_INSTANCE, false, run_release},
    {STR_INIT("Patient"), STR_INIT("$erase"), OPERATION_ON_INSTANCE, false, run_erase},
};

Status privacy_restrict(Ctx *cx, Record *record, const Call *call, Str patient, bool on)
{
    Reply reply;
    Str text = arena_format(cx->arena,
                            "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"on\","
                            "\"valueBoolean\":%s}]}",
                            on ? "true" : "false");
    Body body = text.at ? privacy_body(cx, text) : (Body){0};
    if (!body.at)
        return STATUS_MEMORY;
    const OperationAsked asked = {
        .kind = &privacy_kinds[KIND_RESTRICT], .id = patient, .body = body};
    TRY(record_operation(record, cx, call, &asked, &reply));
    return record_finish(record, cx, call, &reply);
}
