/* http/refusal.c - the audit entry of an interaction that was refused before it began.
 *
 * Record never heard of it, so its entry is made here, of the address alone. */
#include "http/refusal.h"

#include "audit/audit.h"
#include "fhir/fhir.h"
#include "http/routes.h"
#include "http/server.h"

/* The first row that fits: method (NULL: any) and end of the pattern. SPEC R4 http.html */
static const struct {
    const char *method;
    Str end, interaction;
} names[] = {
    {NULL, STR_INIT("/{types}"), STR_INIT("search-compartment")},
    {NULL, STR_INIT("/{types}/_search"), STR_INIT("search-compartment")},
    {NULL, STR_INIT("/{id}/_search"), STR_INIT("search-compartment")},
    {"PUT", STR_INIT(""), STR_INIT("update")},
    {"PATCH", STR_INIT(""), STR_INIT("patch")},
    {"DELETE", STR_INIT(""), STR_INIT("delete")},
    {NULL, STR_INIT("/$who-looked"), STR_INIT("who-looked")},
    {NULL, STR_INIT("/$explain-access"), STR_INIT("explain-access")},
    {NULL, STR_INIT("/$find"), STR_INIT("operation")},
    {NULL, STR_INIT("/{$operation}"), STR_INIT("operation")},
    {NULL, STR_INIT("/{n}"), STR_INIT("vread")},
    {NULL, STR_INIT("/{id}/_history"), STR_INIT("history-instance")},
    {NULL, STR_INIT("/{type}/_history"), STR_INIT("history-type")},
    {NULL, STR_INIT("/fhir/_history"), STR_INIT("history-system")},
    {"GET", STR_INIT("/{id}"), STR_INIT("read")},
    {NULL, STR_INIT("/{type}/_search"), STR_INIT("search-type")},
    {NULL, STR_INIT("/fhir/_search"), STR_INIT("search-system")},
    {"GET", STR_INIT("/{type}"), STR_INIT("search-type")},
    {"GET", STR_INIT("/fhir"), STR_INIT("search-system")},
    {"GET", STR_INIT("/fhir/"), STR_INIT("search-system")},
    {"POST", STR_INIT("/{type}"), STR_INIT("create")},
    {"POST", STR_INIT("/fhir/Binary"), STR_INIT("create")},
    {"POST", STR_INIT("/fhir"), STR_INIT("batch")}, /* or a transaction: nobody looked inside */
    {"POST", STR_INIT("/fhir/"), STR_INIT("batch")},
};

Str refusal_interaction(const Route *route)
{
    for (size_t i = 0; route->fhir && route->need != NEEDS_NOTHING && i < COUNT_OF(names); i++) {
        bool method = !names[i].method || strcmp(names[i].method, route->method) == 0;
        if (method && str_has_suffix(str_of(route->pattern), names[i].end))
            return names[i].interaction;
    }
    return STR_EMPTY;
}

/* A bucket without a clock of its own: each entry moves `next` on by its share of a second, and
 * it may be ahead of now by a whole row of entries. */
static bool take_turn(Refusals *refusals, Time now)
{
    const Time share = TIME_SECOND / REFUSALS_PER_SECOND;
    Time next = atomic_load(&refusals->next), begin;
    do {
        begin = next > now ? next : now;
        if (begin - now > (REFUSALS_IN_A_ROW - 1) * share)
            return false;
    } while (!atomic_compare_exchange_weak(&refusals->next, &next, begin + share));
    return true;
}

bool refusal_is_audited(Refusals *refusals, const Request *rq, Status status, Time now)
{
    bool refused = status == STATUS_UNAUTHORIZED || status == STATUS_FORBIDDEN;
    if (!refused || !rq->route || !refusal_interaction(rq->route).len)
        return false;
    if (rq->call.access || take_turn(refusals, now))
        return true;
    atomic_fetch_add_explicit(&refusals->left_out, 1, memory_order_relaxed);
    return false;
}

Status refusal_pack(Request *rq, Str *ret_packed)
{
    const Access *access = rq->call.access; /* NULL: nobody */
    uint16_t type = rq->args[0].len ? fhir_type_find(rq->args[0]) : 0;
    bool named = type && rq->args[1].len && fhir_id_is(rq->args[1]);
    AuditEntry entry = {.account = access ? access_account(access) : STR_EMPTY,
                        .role = access ? access_role(access) : STR_EMPTY,
                        .interaction = refusal_interaction(rq->route),
                        .type = type ? fhir_type_name(type) : STR_EMPTY,
                        .id = named ? rq->args[1] : STR_EMPTY,
                        .outcome = access ? STATUS_FORBIDDEN : STATUS_UNAUTHORIZED,
                        .address = rq->call.address,
                        .request_id = rq->cx.request_id};
    return audit_pack(&rq->cx, &entry, ret_packed);
}
