/* consult/wish.c - $ask-renewal: a patient, or who acts for him, asks for his medicine again.
 *
 * It becomes a Task for the prescriber, or for his practice when he cannot renew it any more, or
 * for the patient's own GP. $renew answers it (renew.c), or a refusal with its reason
 * (people/task.c). docs/guide/inbox.md */
#include "consult/asked.h"
#include "consult/wish.h"

enum { PLACES_MAX = 100 /* of one prescriber */ };

Status wish_claim(Operation *op, Str id)
{
    Str claim = arena_format(op->cx->arena, "renew MedicationRequest/" STR_FMT, STR_ARG(id));
    return claim.at ? operation_claim(op, &claim, 1) : STATUS_MEMORY;
}

/* ---- whom to ask ------------------------------------------------------------------------------
 */

static Status find(Operation *op, const char *type, const char *query, Str of, size_t limit,
                   OperationRows *ret_rows)
{
    Str text = arena_format(op->cx->arena, query, STR_ARG(of));
    return text.at ? operation_find(op, str_of(type), text, limit, ret_rows) : STATUS_MEMORY;
}

/* A doctor who is still there, and still cares for the patient: by his rights of today. */
static Status can_renew(Operation *op, Str who, Str patient, bool *ret_can)
{
    OperationRows rows;
    *ret_can = false;
    if (!str_has_prefix(who, STR("Practitioner/")))
        return STATUS_OK;
    TRY(find(op, "Practitioner", "_id=%.*s&active:not=false", str_from(who, 13), 1, &rows));
    if (!rows.count)
        return STATUS_OK;
    return operation_other_writes(op, STR("gp"), who, patient, D6_MEDICATION, ret_can);
}

/* Who says in HL7's words what he does there, and that he is a doctor, or says nothing of it: other
 * code systems are the network's own, and their words are not known here. */
static bool may_be_doctor(const JsonValue *role)
{
    JsonValue *concept, *coding;
    bool other = false;
    for (JsonIter it = json_iter(json_get(role, STR("code"))); json_next(&it, NULL, &concept);)
        for (JsonIter of = json_iter(json_get(concept, STR("coding")));
             json_next(&of, NULL, &coding);) {
            if (!str_eq(json_get_str(coding, STR("system")),
                        STR("http://terminology.hl7.org/CodeSystem/practitioner-role")))
                continue;
            if (str_eq(json_get_str(coding, STR("code")), STR("doctor")))
                return true;
            other = true;
        }
    return !other;
}

/* Whether one of many can renew it: nobody is asked about any more once there is one. */
typedef struct {
    Operation *op;
    Arena *home; /* of who outlives a page */
    Str patient, who;
    bool can;
} Asking;

static Status ask_one(Asking *a, Str who)
{
    if (a->can)
        return STATUS_OK;
    TRY(can_renew(a->op, who, a->patient, &a->can));
    if (a->can)
        a->who = arena_str(a->home, who);
    return !a->can || a->who.at ? STATUS_OK : STATUS_MEMORY;
}

static Status ask_colleague(void *of, const OperationRow *row)
{
    return may_be_doctor(row->resource)
               ? ask_one(of, reference_of(row->resource, STR("practitioner")))
               : STATUS_OK;
}

static Status ask_team(void *of, const OperationRow *row)
{
    JsonValue *participant;
    for (JsonIter it = json_iter(json_get(row->resource, STR("participant")));
         json_next(&it, NULL, &participant);)
        TRY(ask_one(of, reference_of(participant, STR("member"))));
    return STATUS_OK;
}

static Status ask_each(Asking *a, const char *type, const char *query, Str of, OperationTake take)
{
    Str text = arena_format(a->home, query, STR_ARG(of));
    return text.at ? operation_each(a->op, str_of(type), text, take, a) : STATUS_MEMORY;
}

/* A place where the prescriber has worked, and where somebody can renew it. */
static Status find_practice(Operation *op, Str prescriber, Str patient, Str *ret_owner)
{
    OperationRows roles;
    Asking asking = {.op = op, .home = op->cx->arena, .patient = patient};
    TRY(find(op, "PractitionerRole", "practitioner=%.*s", prescriber, PLACES_MAX, &roles));
    for (size_t i = 0; i < roles.count; i++) {
        Str place = reference_of(roles.rows[i].resource, STR("organization"));
        if (!str_has_prefix(place, STR("Organization/")))
            continue;
        TRY(ask_each(&asking, "PractitionerRole", "organization=%.*s&active:not=false", place,
                     ask_colleague));
        if (asking.can) {
            *ret_owner = place;
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

static Status find_own_doctor(Operation *op, Str patient, Str *ret_owner)
{
    Asking asking = {.op = op, .home = op->cx->arena, .patient = patient};
    TRY(ask_each(&asking, "CareTeam",
                 "subject=%.*s&status=active&category=urn:aceso:link%%7Cown-gp", patient,
                 ask_team));
    *ret_owner = asking.can ? asking.who : STR_EMPTY;
    return STATUS_OK;
}

/* Empty: nobody. Read as the program: whom it goes to is for the rule above, not for the asker. */
static Status find_owner(Operation *op, const JsonValue *request, Str patient, Str *ret_owner)
{
    OperationRows roles;
    bool can;
    Str prescriber = reference_of(request, STR("requester"));
    *ret_owner = STR_EMPTY;
    if (str_has_prefix(prescriber, STR("PractitionerRole/"))) {
        TRY(find(op, "PractitionerRole", "_id=%.*s", str_from(prescriber, 17), 1, &roles));
        prescriber =
            roles.count ? reference_of(roles.rows[0].resource, STR("practitioner")) : STR_EMPTY;
    }
    TRY(can_renew(op, prescriber, patient, &can));
    if (can) {
        *ret_owner = prescriber;
        return STATUS_OK;
    }
    if (str_has_prefix(prescriber, STR("Practitioner/")))
        TRY(find_practice(op, prescriber, patient, ret_owner));
    return ret_owner->len ? STATUS_OK : find_own_doctor(op, patient, ret_owner);
}

/* ---- asking -------------------------------------------------------------------------------------
 */

static Status refuse(Operation *op, const char *why)
{
    return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY, "%s", why);
}

static Status check_request(Operation *op, const OperationRow *row)
{
    Str status = json_get_str(row->resource, STR("status"));
    if (!str_eq(json_get_str(row->resource, STR("intent")), STR("order")))
        return refuse(op, "Only a prescription is renewed.");
    if (!str_eq(status, STR("active")) && !str_eq(status, STR("completed")) &&
        !str_eq(status, STR("on-hold")))
        return refuse(op, "This prescription was stopped; talk about it with your doctor.");
    return STATUS_OK;
}

Status request_ask_renewal(Operation *op)
{
    AccessRole role = operation_role(op);
    Asked asked = {.code = ASKED_RENEWAL, .note = operation_text(op, STR("note"), 0)};
    OperationRow row;
    OperationRows open;
    if (role != ROLE_PATIENT && role != ROLE_PROXY)
        return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "This is for the patient, or who acts for him.");
    TRY(wish_claim(op, op->asked.id));
    TRY(operation_get(op, STR("MedicationRequest"), op->asked.id, &row));
    TRY(check_request(op, &row));
    TRY(wish_check_once(op, &row));
    asked.focus = row.name;
    asked.patient = reference_of(row.resource, STR("subject"));
    TRY(asked_open(op, ASKED_RENEWAL, row.name, STR_EMPTY, &open));
    if (open.count)
        return refuse(op, "It was asked already that this is renewed; the answer is on its way.");
    bool before = operation_own(op, true);
    Status status = find_owner(op, row.resource, asked.patient, &asked.owner);
    operation_own(op, before);
    TRY(status);
    if (!asked.owner.len)
        return refuse(op, "Nobody who could renew it takes care of you now: make an appointment.");
    return asked_write(op, &asked);
}
