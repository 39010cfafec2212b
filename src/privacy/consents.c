/* privacy/consents.c - what the patient decides: $consent to the network, $block somebody,
 * $unblock. Both are Consents (ADR 105, 106). */
#include "privacy/entitle.h"

static const Str consent_system = STR_INIT("urn:aceso:consent");

static void begin_consent(const Entitling *e, Buf *buf, const char *code)
{
    Operation *op = e->op;
    entitle_text(op, buf);
    buf_format(buf,
               "{\"resourceType\":\"Consent\",\"status\":\"active\",\"scope\":{\"coding\":[{"
               "\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":"
               "\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":"
               "\"urn:aceso:consent\",\"code\":\"%s\"}]}]",
               code);
    entitle_string(buf, ",\"patient\":{\"reference\":", e->patient.name);
    entitle_instant(buf, "},\"dateTime\":", op->now);
    if (entitle_acts_for_patient(e))
        entitle_string(buf, ",\"performer\":[{\"reference\":", operation_who(op));
    else
        entitle_string(buf,
                       ",\"performer\":[{\"display\":", operation_text(op, STR("evidence"), 0));
    buf_add_lit(buf, "}],\"policyRule\":{\"text\":\"Aceso\"}");
}

/* Those of the patient that hold, of one kind; an id: that one. */
static Status end_consents(const Entitling *e, Str kind, Str id, size_t *ret_count)
{
    Buf query;
    entitle_text(e->op, &query);
    buf_format(&query, "status=active&patient=" STR_FMT, STR_ARG(e->patient.name));
    if (id.len)
        buf_format(&query, "&_id=" STR_FMT, STR_ARG(id));
    TRY(buf_done(&query));
    return entitle_end(e->op, "Consent", buf_str(&query), consent_system, kind, ret_count);
}

/* ---- $consent ------------------------------------------------------------------------------- */

Status entitle_run_consent(Operation *op)
{
    Entitling e;
    Buf buf;
    Str decision;
    size_t ended;
    TRY(entitle_begin(op, &e));
    TRY(entitle_need_patients_will(&e));
    TRY(entitle_need(op, STR("decision"), &decision));
    if (!str_eq(decision, STR("permit")) && !str_eq(decision, STR("deny")))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "The decision is \"permit\" or \"deny\".");
    TRY(end_consents(&e, STR("network"), STR_EMPTY, &ended));
    begin_consent(&e, &buf, "network");
    buf_format(&buf, ",\"provision\":{\"type\":\"" STR_FMT "\"}}", STR_ARG(decision));
    return entitle_create(op, "Consent", &buf);
}

/* ---- $block --------------------------------------------------------------------------------- */

/* Who is not there is not blocked, and the patient believes that somebody is. */
static Status check_actor(Operation *op, Str actor)
{
    static const Str types[] = {STR_INIT("Practitioner"), STR_INIT("PractitionerRole"),
                                STR_INIT("Organization"), STR_INIT("RelatedPerson")};
    OperationRow row;
    Str id = actor, type = str_cut(&id, '/');
    size_t i = 0;
    while (i < COUNT_OF(types) && !str_eq(type, types[i]))
        i++;
    if (i == COUNT_OF(types))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "Who is blocked is a Practitioner, PractitionerRole, Organization or "
                        "RelatedPerson, like Practitioner/12.");
    bool own = operation_own(op, false), peek = operation_peek(op, true);
    Status status = operation_get(op, type, id, &row);
    operation_peek(op, peek);
    operation_own(op, own);
    return status;
}

/* Whom, as Consent.provision.actor: somebody, an organisation, or a whole profession. */
static Status add_actor(Operation *op, Buf *buf)
{
    Str actor = operation_text(op, STR("actor"), 0);
    Str profession = operation_text(op, STR("profession"), 0);
    buf_add_lit(buf, ",\"actor\":[{\"role\":{\"text\":\"blocked\"},\"reference\":");
    if (actor.len) {
        TRY(check_actor(op, actor));
        entitle_string(buf, "{\"reference\":", actor);
        buf_add_lit(buf, "}}]");
        return STATUS_OK;
    }
    if (access_role_of(profession) == ROLE_NOBODY)
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "Who is blocked is named by \"actor\", or by \"profession\".");
    entitle_string(buf,
                   "{\"identifier\":{\"system\":\"urn:aceso:profession\",\"value\":", profession);
    buf_add_lit(buf, "}}}]");
    return STATUS_OK;
}

static Status add_classes(const Operation *op, Buf *buf)
{
    Str word;
    size_t i = 0;
    for (; (word = operation_text(op, STR("class"), i)).len; i++) {
        unsigned class = rules_class_of(word);
        if (class == ACCESS_CLASSES)
            return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                            "There is no such class of data; they are D0 to D17.");
        buf_format(buf, "%s{\"system\":\"urn:aceso:class\",\"code\":\"" STR_FMT "\"}",
                   i ? "," : ",\"class\":[", STR_ARG(rules_class_word(class)));
    }
    if (i)
        buf_add_char(buf, ']');
    return STATUS_OK;
}

Status entitle_run_block(Operation *op)
{
    Entitling e;
    Buf buf;
    Str until = operation_text(op, STR("until"), 0);
    TRY(entitle_begin(op, &e));
    TRY(entitle_need_patients_will(&e));
    begin_consent(&e, &buf, "block");
    buf_add_lit(&buf, ",\"provision\":{\"type\":\"deny\"");
    if (until.len) {
        entitle_string(&buf, ",\"period\":{\"end\":", until);
        buf_add_char(&buf, '}');
    }
    TRY(add_actor(op, &buf));
    TRY(add_classes(op, &buf));
    if (str_eq(operation_text(op, STR("emergency"), 0), STR("yes")))
        buf_add_lit(&buf, ",\"provision\":[{\"type\":\"permit\",\"purpose\":[{\"system\":"
                          "\"http://terminology.hl7.org/CodeSystem/v3-ActReason\",\"code\":"
                          "\"ETREAT\"}]}]");
    buf_add_lit(&buf, "}}");
    return entitle_create(op, "Consent", &buf);
}

/* ---- $unblock ------------------------------------------------------------------------------- */

/* A block is lifted by the patient alone. */
Status entitle_run_unblock(Operation *op)
{
    Entitling e;
    Str id;
    size_t count;
    TRY(entitle_begin(op, &e));
    if (!entitle_acts_for_patient(&e))
        return entitle_refuse(op, "Only the patient, or who acts for him, lifts a block.");
    TRY(entitle_need(op, STR("block"), &id));
    (void)str_cut(&id, '/');
    if (!id.at || !fhir_id_is(id))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY, "A block is like Consent/12.");
    TRY(end_consents(&e, STR("block"), id, &count));
    return count ? STATUS_OK : entitle_nobody(op);
}
