/* consult/today.c - what day it is where the caller works. See inner.h. */
#include "consult/inner.h"

enum { ROLES_MAX = 20 };

static Str zone_word(const JsonValue *place)
{
    JsonValue *one;
    for (JsonIter it = json_iter(json_get(place, STR("extension"))); json_next(&it, NULL, &one);)
        if (str_eq(json_get_str(one, STR("url")), STR("urn:aceso:zone"))) {
            Str word = json_get_str(one, STR("valueCode"));
            return word.len ? word : json_get_str(one, STR("valueString"));
        }
    return STR_EMPTY;
}

static Status zone_of(Operation *op, Str name, Str *ret_word)
{
    OperationRows rows;
    Str id = name, type = str_cut(&id, '/');
    if (ret_word->len || !id.len ||
        !(str_eq(type, STR("Location")) || str_eq(type, STR("Organization"))))
        return STATUS_OK;
    Str query = arena_format(op->cx->arena, "_id=" STR_FMT, STR_ARG(id));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(op, type, query, 1, &rows));
    if (!rows.count)
        return STATUS_OK;
    *ret_word = zone_word(rows.rows[0].resource);
    return ret_word->len || !str_eq(type, STR("Location"))
               ? STATUS_OK
               : zone_of(op, reference_of(rows.rows[0].resource, STR("managingOrganization")),
                         ret_word);
}

/* The first of his places that says one. */
static Status find_zone(Operation *op, Str who, Str *ret_word)
{
    OperationRows rows;
    JsonValue *place;
    Str query =
        arena_format(op->cx->arena, "practitioner=" STR_FMT "&active:not=false", STR_ARG(who));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(op, STR("PractitionerRole"), query, ROLES_MAX, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        const JsonValue *role = rows.rows[i].resource;
        for (JsonIter it = json_iter(json_get(role, STR("location")));
             json_next(&it, NULL, &place);)
            TRY(zone_of(op, bare_reference(json_get_str(place, STR("reference"))), ret_word));
        TRY(zone_of(op, reference_of(role, STR("organization")), ret_word));
    }
    return STATUS_OK;
}

Status zone_here(Operation *op, const Zone **ret_zone)
{
    Str who = operation_who(op), word = STR_EMPTY;
    if (str_has_prefix(who, STR("Practitioner/"))) {
        bool before = operation_own(op, true);
        Status status = find_zone(op, who, &word);
        operation_own(op, before);
        TRY(status);
    }
    return zone_open(op->cx, word.len ? word : ZONE_DEFAULT, ret_zone);
}

Str day_here(Ctx *cx, const Zone *zone, Time at)
{
    char text[ZONE_DATE_LEN];
    return arena_str(cx->arena, wall_format_day(zone_wall(zone, at).day, text));
}

Str instant_here(Ctx *cx, const Zone *zone, Str written)
{
    char text[ZONE_INSTANT_LEN];
    Time at;
    return wall_read_instant(written, &at) ? arena_str(cx->arena, zone_format(zone, at, text))
                                           : written;
}

Status today_of(Operation *op, Str *ret_day)
{
    const Zone *zone;
    TRY(zone_here(op, &zone));
    *ret_day = day_here(op->cx, zone, op->now);
    return ret_day->at ? STATUS_OK : STATUS_MEMORY;
}
