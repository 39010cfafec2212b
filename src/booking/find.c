/* booking/find.c - GET [base]/Slot/$find: the first hours that are free.
 *
 * Nothing but free hours of services leaves: why another hour is not free is nobody's business. */
#include "booking/internal.h"

bool booking_is_online(const Operation *op)
{
    if (!op->call->access)
        return true;
    AccessRole role = operation_role(op);
    return role == ROLE_PATIENT || role == ROLE_PROXY;
}

Status booking_find(Operation *op)
{
    static const char *const names[] = {
        "service", "practitioner", "profession", "location", "start", "end", "days",
        "from",    "until",        "count",      "minutes",  "once",  NULL};
    Agenda agenda;
    Wanted wanted;
    Slot *slots;
    size_t count;
    Buf buf;
    TRY(params_only(op, names));
    TRY(agenda_load(op, &agenda));
    TRY(params_wanted(op, &agenda, &wanted));
    TRY(slots_find(op, &agenda, &wanted, STR_EMPTY, &slots, &count));
    buf_init(&buf, op->cx->arena, 4096, BOOKING_BODY_MAX);
    buf_format(&buf, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[");
    for (size_t i = 0; i < count; i++) {
        buf_add_str(&buf, i ? STR(",{\"resource\":") : STR("{\"resource\":"));
        slot_write(&buf, &slots[i]);
        buf_add_char(&buf, '}');
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    operation_answer(op, 200,
                     count ? buf_str(&buf)
                           : STR("{\"resourceType\":\"Bundle\",\"type\":\"collection\"}"));
    return STATUS_OK;
}
