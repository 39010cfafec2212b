/* privacy/links.c - a person's link with a patient: $link, $unlink, $break-glass, and $review of
 * a glass that was broken. A link is a CareTeam (ADR 104). */
#include "privacy/entitle.h"

enum { REVIEW_NOTE_BYTES_MAX = 1000 };

/* Why a glass was broken: for who looks it over, and for the bar over the chart. */
static void add_reason(Buf *buf, const char *before, Str code, Str reason)
{
    entitle_string(buf, before, STR("urn:aceso:break-glass"));
    entitle_string(buf, ",\"code\":", code);
    entitle_string(buf, "}],\"text\":", reason);
    buf_add_char(buf, '}');
}

/* An end of 0: the kind's own. A code: of a broken glass. */
static Status write_team(Entitling *e, LinkKind kind, Time end, Str code, Str evidence)
{
    Operation *op = e->op;
    Buf buf;
    entitle_text(op, &buf);
    entitle_string(&buf,
                   "{\"resourceType\":\"CareTeam\",\"status\":\"active\",\"category\":[{\"coding\":"
                   "[{\"system\":\"urn:aceso:link\",\"code\":",
                   rules_link_word(kind));
    entitle_string(&buf, "}]}],\"subject\":{\"reference\":", e->patient.name);
    entitle_instant(&buf, "},\"period\":{\"start\":", op->now);
    if (end)
        entitle_instant(&buf, ",\"end\":", end);
    entitle_string(&buf, "},\"participant\":[{\"member\":{\"reference\":", operation_who(op));
    buf_add_lit(&buf, "}}]");
    if (code.len) {
        add_reason(&buf, ",\"reasonCode\":[{\"coding\":[{\"system\":", code, evidence);
        buf_add_char(&buf, ']');
    }
    entitle_string(&buf, ",\"note\":[{\"text\":", evidence);
    buf_add_lit(&buf, "}]}");
    return entitle_create(op, "CareTeam", &buf);
}

/* Whoever is shut out learns from a link of his no more than from a search: there is nobody. The
 * entry on the log names the patient, who reads that it was tried. */
static Status need_open_door(const Entitling *e, bool broken)
{
    bool shut;
    TRY(operation_shut_out(e->op, e->patient.name, broken, &shut));
    return shut ? entitle_nobody(e->op) : STATUS_OK;
}

/* ---- $link ---------------------------------------------------------------------------------- */

static bool may_claim(AccessRole role, LinkKind kind)
{
    switch (kind) {
    case LINK_OWN_GP: return role == ROLE_GP;
    case LINK_OWN_PHARMACIST: return role == ROLE_PHARMACIST;
    case LINK_CONTACT: return true;
    case LINK_EMERGENCY: return role == ROLE_GP || role == ROLE_SPECIALIST || role == ROLE_NURSE;
    default: return false;
    }
}

Status entitle_run_link(Operation *op)
{
    Entitling e;
    Str word, evidence;
    TRY(entitle_who(op, &e));
    TRY(entitle_need_practitioner(&e));
    TRY(entitle_need(op, STR("kind"), &word));
    TRY(entitle_need(op, STR("evidence"), &evidence));
    LinkKind kind = rules_link_of(word);
    if (!may_claim(e.rights->role, kind) || !e.rules.link_months[kind])
        return entitle_refuse(op, "Your role has no link of this kind.");
    TRY(entitle_patient(&e, ENTITLE_NAMED));
    TRY(need_open_door(&e, false));
    return write_team(&e, kind, 0, STR_EMPTY, evidence);
}

/* ---- $unlink -------------------------------------------------------------------------------- */

/* Of the patient: whose, or which; of a practitioner: his own, or which of them. */
Status entitle_run_unlink(Operation *op)
{
    Entitling e;
    Buf query;
    size_t count;
    TRY(entitle_begin(op, &e));
    bool patients = entitle_acts_for_patient(&e);
    Str member = patients ? operation_text(op, STR("member"), 0) : operation_who(op);
    Str link = operation_text(op, STR("link"), 0);
    if (!patients)
        TRY(entitle_need_practitioner(&e));
    if (!member.len && !link.len)
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "Which link ends is named by \"member\" or by \"link\".");
    entitle_text(op, &query);
    buf_format(&query, "status=active&subject=" STR_FMT, STR_ARG(e.patient.name));
    if (member.len) {
        buf_add_lit(&query, "&participant=");
        entitle_value(&query, member, false);
    }
    if (link.len) {
        (void)str_cut(&link, '/');
        buf_add_lit(&query, "&_id=");
        entitle_value(&query, link, false);
    }
    TRY(buf_done(&query));
    TRY(entitle_end(op, "CareTeam", buf_str(&query), STR("urn:aceso:link"), STR_EMPTY, &count));
    return count ? STATUS_OK
                 : ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY,
                            "There is no such link that could end.");
}

/* ---- $break-glass --------------------------------------------------------------------------- */

/* What somebody looks over afterwards. */
static Status write_review(Entitling *e, Str code, Str reason)
{
    Operation *op = e->op;
    Buf buf;
    entitle_text(op, &buf);
    buf_add_lit(&buf, "{\"resourceType\":\"Task\",\"status\":\"requested\",\"intent\":\"order\","
                      "\"priority\":\"urgent\",\"code\":{\"coding\":[{\"system\":"
                      "\"urn:aceso:review\",\"code\":\"break-glass\"}]}");
    entitle_string(&buf, ",\"for\":{\"reference\":", e->patient.name);
    entitle_string(&buf, "},\"requester\":{\"reference\":", operation_who(op));
    entitle_instant(&buf, "},\"authoredOn\":", op->now);
    add_reason(&buf, ",\"reasonCode\":{\"coding\":[{\"system\":", code, reason);
    buf_add_char(&buf, '}');
    return entitle_create(op, "Task", &buf);
}

Status entitle_run_break(Operation *op)
{
    static const Str codes[] = {STR_INIT("unconscious"), STR_INIT("life-threatening"),
                                STR_INIT("patient-asks"), STR_INIT("other")};
    Entitling e;
    Str code, reason;
    bool known = false;
    TRY(entitle_who(op, &e));
    TRY(entitle_need_practitioner(&e));
    if (!e.rules.roles[e.rights->role].may_break)
        return entitle_refuse(op, "Your role cannot break the glass.");
    TRY(entitle_need(op, STR("code"), &code));
    TRY(entitle_need(op, STR("reason"), &reason));
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        known |= str_eq(code, codes[i]);
    if (!known)
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "The code is unconscious, life-threatening, patient-asks or other.");
    operation_audit_reason(op, reason);
    TRY(operation_need_step_up(op));
    TRY(entitle_patient(&e,
                        ENTITLE_ANY)); /* only now: whether there is one is an answer in itself */
    TRY(need_open_door(&e, true));
    Time end = op->now + e.rules.break_hours * 3600 * TIME_SECOND;
    TRY(write_review(&e, code, reason));
    return write_team(&e, LINK_BREAK_GLASS, end, code, reason);
}

/* ---- $review -------------------------------------------------------------------------------- */

/* What the auditor found: that the glass was broken for a reason, or that somebody is to be asked.
 */
static Status review_patch(Operation *op, const JsonValue *task, Str *ret_patch)
{
    static const Str outcomes[] = {STR_INIT("in-order"), STR_INIT("questioned")};
    Str outcome = operation_text(op, STR("outcome"), 0), note = operation_text(op, STR("note"), 0);
    bool known = !outcome.len;
    Buf buf;
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        known |= str_eq(outcome, outcomes[i]);
    if (!known || note.len > REVIEW_NOTE_BYTES_MAX)
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "The outcome is in-order or questioned, and a note has at most %d bytes.",
                        REVIEW_NOTE_BYTES_MAX);
    entitle_text(op, &buf);
    buf_add_lit(&buf, "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"completed\"}");
    if (outcome.len) {
        entitle_string(&buf,
                       ",{\"op\":\"add\",\"path\":\"/businessStatus\",\"value\":{\"coding\":[{"
                       "\"system\":\"urn:aceso:review-outcome\",\"code\":",
                       outcome);
        buf_add_lit(&buf, "}]}}");
    }
    if (note.len) {
        bool first = !json_get(task, STR("note"));
        buf_format(&buf, ",{\"op\":\"add\",\"path\":\"/note%s\",\"value\":%s", first ? "" : "/-",
                   first ? "[" : "");
        entitle_instant(&buf, "{\"time\":", op->now);
        entitle_string(&buf, ",\"text\":", note);
        buf_format(&buf, "}%s}", first ? "]" : "");
    }
    buf_add_char(&buf, ']');
    *ret_patch = buf_str(&buf);
    return buf_done(&buf);
}

/* The Task is done, in the auditor's name. */
Status entitle_run_review(Operation *op)
{
    OperationRow task;
    Str body, patch;
    if (operation_role(op) != ROLE_AUDITOR)
        return entitle_refuse(op, "Only an auditor looks over a broken glass.");
    TRY(operation_get(op, STR("Task"), op->asked.id, &task));
    const JsonValue *coding =
        json_item(json_get(json_get(task.resource, STR("code")), STR("coding")), 0);
    if (!str_eq(json_get_str(coding, STR("system")), STR("urn:aceso:review")))
        return entitle_refuse(op, "This Task is no review.");
    operation_about(op, &task);
    operation_own(op, true);
    TRY(operation_get(op, STR("Task"), op->asked.id, &task)); /* whole */
    TRY(review_patch(op, task.resource, &patch));
    TRY(operation_patch(op, &task, patch));
    TRY(operation_made(op, 0, &body));
    operation_answer(op, 200, body);
    return STATUS_OK;
}
