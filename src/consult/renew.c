/* consult/renew.c - $renew and $stop: a prescription again, and no more. Who renews it answers
 * whoever asked for it (wish.c).
 *
 * SPEC R4 medicationrequest-definitions.html#MedicationRequest.priorPrescription */
#include "consult/asked.h"
#include "consult/wish.h"

enum { REQUEST_BYTES_MAX = 256 << 10 };

Status request_stop(Operation *op)
{
    OperationRow row;
    Buf patch;
    Str who, reason, status;
    TRY(need_practitioner(op, &who));
    TRY(operation_need(op, STR("reason"), &reason));
    TRY(operation_get(op, STR("MedicationRequest"), op->asked.id, &row));
    status = json_get_str(row.resource, STR("status"));
    if (!str_eq(status, STR("active")) && !str_eq(status, STR("on-hold")))
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "This prescription is not active any more.");
    bool noted = json_count(json_get(row.resource, STR("note"))) > 0;
    buf_init(&patch, op->cx->arena, 512 + reason.len, REQUEST_BYTES_MAX);
    buf_add_lit(&patch, "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"stopped\"},"
                        "{\"op\":\"add\",\"path\":\"/statusReason\",\"value\":{\"text\":");
    json_write_string(&patch, reason);
    buf_format(&patch,
               "}},{\"op\":\"add\",\"path\":\"/note%s\",\"value\":%s{\"authorReference\":"
               "{\"reference\":",
               noted ? "/-" : "", noted ? "" : "[");
    json_write_string(&patch, who);
    buf_add_lit(&patch, "},\"time\":");
    json_write_string(&patch, now_text(op));
    buf_add_lit(&patch, ",\"text\":");
    json_write_string(&patch, reason);
    buf_format(&patch, "}%s}]", noted ? "" : "]");
    TRY(buf_done(&patch));
    return operation_patch(op, &row, buf_str(&patch));
}

/* ---- again --------------------------------------------------------------------------------------
 */

static bool is_in(Str name, const Str *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

static void add_dispense(Buf *buf, const JsonValue *dispense)
{
    Str name;
    JsonValue *value;
    bool begun = false;
    for (JsonIter it = json_iter(dispense); json_next(&it, &name, &value);) {
        if (str_eq(name, STR("validityPeriod"))) /* of the paper that it was on */
            continue;
        buf_add_str(buf, begun ? STR(",") : STR(",\"dispenseRequest\":{"));
        json_write_string(buf, name);
        buf_add_char(buf, ':');
        json_write(buf, value, false);
        begun = true;
    }
    if (begun)
        buf_add_char(buf, '}');
}

/* All that says what is taken; nothing that belongs to that one paper. */
static void write_again(Operation *op, Buf *buf, const OperationRow *row, Str who)
{
    static const Str left[] = {STR_INIT("resourceType"),
                               STR_INIT("intent"),
                               STR_INIT("id"),
                               STR_INIT("meta"),
                               STR_INIT("text"),
                               STR_INIT("identifier"),
                               STR_INIT("status"),
                               STR_INIT("statusReason"),
                               STR_INIT("authoredOn"),
                               STR_INIT("requester"),
                               STR_INIT("recorder"),
                               STR_INIT("encounter"),
                               STR_INIT("note"),
                               STR_INIT("priorPrescription"),
                               STR_INIT("eventHistory"),
                               STR_INIT("dispenseRequest"),
                               STR_INIT("groupIdentifier"),
                               STR_INIT("contained"),
                               STR_INIT("detectedIssue")};
    Str name;
    JsonValue *value;
    buf_add_lit(buf, "{\"resourceType\":\"MedicationRequest\",\"status\":\"active\",\"intent\":"
                     "\"order\"");
    for (JsonIter it = json_iter(row->resource); json_next(&it, &name, &value);) {
        if (is_in(name, left, COUNT_OF(left)))
            continue;
        buf_add_char(buf, ',');
        json_write_string(buf, name);
        buf_add_char(buf, ':');
        json_write(buf, value, false);
    }
    add_dispense(buf, json_get(row->resource, STR("dispenseRequest")));
    buf_add_lit(buf, ",\"authoredOn\":");
    json_write_string(buf, now_text(op));
    buf_add_lit(buf, ",\"requester\":{\"reference\":");
    json_write_string(buf, who);
    buf_add_lit(buf, "},\"priorPrescription\":{\"reference\":");
    json_write_string(buf, row->name);
    buf_add_lit(buf, "}}");
}

typedef struct {
    Str name; /* of what is renewed */
    bool renewed;
} Renewed;

static Status note_renewed(void *of, const OperationRow *row)
{
    Renewed *r = of;
    r->renewed |= !str_eq(json_get_str(row->resource, STR("intent")), STR("proposal")) &&
                  str_eq(reference_of(row->resource, STR("priorPrescription")), r->name);
    return STATUS_OK;
}

/* A second click is no second prescription; nor is one of a prescription whose renewal was renewed
 * meanwhile: both would be taken. What was stopped or was an error has not renewed it. Nothing that
 * can be searched says what a prescription renews, and years of them are many: all are looked at,
 * and none is shown. */
Status wish_check_once(Operation *op, const OperationRow *row)
{
    Renewed renewed = {.name = row->name};
    Str query =
        arena_format(op->cx->arena, "subject=" STR_FMT "&status=active,completed,on-hold,draft",
                     STR_ARG(reference_of(row->resource, STR("subject"))));
    if (!query.at)
        return STATUS_MEMORY;
    bool before = operation_peek(op, true);
    Status status = operation_each(op, STR("MedicationRequest"), query, note_renewed, &renewed);
    operation_peek(op, before);
    TRY(status);
    return renewed.renewed ? ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                                      "This prescription was renewed already.")
                           : STATUS_OK;
}

typedef struct {
    OperationRow row;  /* what is written again */
    OperationRow wish; /* of another system, which asked for that */
    bool wished;
} Renewal;

/* A proposal that names what it is about is an answer to that one: else both would be on the list.
 */
static Status read_renewal(Operation *op, Renewal *ret)
{
    static const Str type = STR_INIT("MedicationRequest");
    Str prior;
    TRY(operation_get(op, type, op->asked.id, &ret->row));
    prior = reference_of(ret->row.resource, STR("priorPrescription"));
    ret->wished = str_eq(json_get_str(ret->row.resource, STR("intent")), STR("proposal")) &&
                  str_has_prefix(prior, STR("MedicationRequest/"));
    if (!ret->wished)
        return STATUS_OK;
    ret->wish = ret->row;
    return operation_get(op, type, str_from(prior, type.len + 1), &ret->row);
}

static Status check_renewable(Operation *op, const OperationRow *row)
{
    Str status = json_get_str(row->resource, STR("status"));
    if (!str_eq(status, STR("entered-in-error")) && !str_eq(status, STR("cancelled")))
        return wish_check_once(op, row);
    return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                    "This prescription was an error or was cancelled: write a new one.");
}

static Status complete(Operation *op, const OperationRow *row, Str made)
{
    OperationRows wishes;
    TRY(asked_open(op, ASKED_RENEWAL, row->name, STR_EMPTY, &wishes));
    TRY(asked_close(op, &wishes, made));
    return str_eq(json_get_str(row->resource, STR("status")), STR("active"))
               ? operation_set_status(op, row, "completed")
               : STATUS_OK;
}

Status request_renew(Operation *op)
{
    Renewal renewal = {.wished = false};
    JsonValue *again;
    Buf buf;
    Str who, made;
    TRY(need_practitioner(op, &who));
    TRY(read_renewal(op, &renewal));
    TRY(wish_claim(op, renewal.row.id));
    TRY(read_renewal(op, &renewal)); /* as it is behind the claim */
    TRY(check_renewable(op, &renewal.row));
    buf_init(&buf, op->cx->arena, 2048, REQUEST_BYTES_MAX);
    write_again(op, &buf, &renewal.row, who);
    TRY(buf_done(&buf));
    TRY(json_parse(op->cx, buf_str(&buf), &again));
    TRY(operation_create(op, STR("MedicationRequest"), again, &made));
    TRY(complete(op, &renewal.row, made));
    return renewal.wished ? complete(op, &renewal.wish, made) : STATUS_OK;
}
