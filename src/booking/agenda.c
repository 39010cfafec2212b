/* booking/agenda.c - the rules of the whole network, read for one question. */
#include "booking/internal.h"

/* A condition needs a criterion; this one holds for every resource. */
#define ALL STR("_lastUpdated=ge1970-01-01")

typedef struct {
    Operation *op;
    Agenda *agenda;
    Place *places;
} Loading;

static Status load_services(Loading *l)
{
    OperationRows rows;
    TRY(operation_find(l->op, STR("HealthcareService"), ALL, OPERATION_FIND_MAX, &rows));
    Service *services = arena_array_of(l->op->cx->arena, Service, rows.count + 1);
    if (!services)
        return STATUS_MEMORY;
    l->agenda->services = services;
    for (size_t i = 0; i < rows.count; i++) {
        Service *service = &services[l->agenda->service_count];
        TRY(rules_read_service(l->op->cx, rows.rows[i].resource, service));
        l->agenda->service_count += service->active;
    }
    return STATUS_OK;
}

static Status load_members(Loading *l)
{
    OperationRows rows;
    TRY(operation_find(l->op, STR("PractitionerRole"), ALL, OPERATION_FIND_MAX, &rows));
    Member *members = arena_array_of(l->op->cx->arena, Member, rows.count + 1);
    if (!members)
        return STATUS_MEMORY;
    l->agenda->members = members;
    for (size_t i = 0; i < rows.count; i++) {
        Member *member = &members[l->agenda->member_count];
        TRY(rules_read_member(l->op->cx, rows.rows[i].resource, member));
        l->agenda->member_count += member->active && member->window_count;
    }
    return STATUS_OK;
}

static Status load_places(Loading *l)
{
    OperationRows rows;
    TRY(operation_find(l->op, STR("Location"), ALL, OPERATION_FIND_MAX, &rows));
    l->places = arena_array_of(l->op->cx->arena, Place, rows.count + 1);
    l->agenda->zones = arena_array_of(l->op->cx->arena, const Zone *, rows.count + 1);
    if (!l->places || !l->agenda->zones)
        return STATUS_MEMORY;
    l->agenda->places = l->places;
    for (size_t i = 0; i < rows.count; i++) {
        Place *place = &l->places[l->agenda->place_count];
        TRY(rules_read_place(l->op->cx, rows.rows[i].resource, place));
        l->agenda->place_count += place->active;
    }
    return STATUS_OK;
}

/* ---- zones ------------------------------------------------------------------------------------
 */

static Status zone_of_organization(Loading *l, Str name, Str *ret_zone)
{
    OperationRows rows;
    Str id = name, type = str_cut(&id, '/');
    *ret_zone = STR_EMPTY;
    if (!str_eq(type, STR("Organization")) || !id.at || !fhir_id_is(id))
        return STATUS_OK;
    Str query = arena_format(l->op->cx->arena, "_id=" STR_FMT, STR_ARG(id));
    TRY(operation_find(l->op, STR("Organization"), query, 1, &rows));
    if (rows.count)
        *ret_zone = json_str(rules_extension(rows.rows[0].resource, STR("urn:aceso:zone"), 0));
    return STATUS_OK;
}

/* Its own, of what it is part of, of its organisation. */
static Status zone_word(Loading *l, const Place *place, Str *ret_zone)
{
    enum { UP_MAX = 8 };
    Str organization = STR_EMPTY;
    for (unsigned up = 0; place && up < UP_MAX; up++) {
        *ret_zone = place->zone;
        if (place->zone.len)
            return STATUS_OK;
        organization = place->organization.len ? place->organization : organization;
        place = agenda_place(l->agenda, place->part_of);
    }
    return zone_of_organization(l, organization, ret_zone);
}

/* The zone of that name, once for all its places. */
static Status open_zone(Loading *l, Str word, size_t before, const Zone **ret_zone)
{
    const Agenda *agenda = l->agenda;
    *ret_zone = agenda->usual;
    if (!word.len || str_eq(word, zone_name(agenda->usual)))
        return STATUS_OK;
    for (size_t i = 0; i < before; i++)
        if (str_eq(zone_name(agenda->zones[i]), word)) {
            *ret_zone = agenda->zones[i];
            return STATUS_OK;
        }
    return zone_open(l->op->cx, word, ret_zone);
}

static Status open_zones(Loading *l)
{
    Ctx *cx = l->op->cx;
    Agenda *agenda = l->agenda;
    TRY(zone_open(cx, ZONE_DEFAULT, &agenda->usual));
    for (size_t i = 0; i < agenda->place_count; i++) {
        Str word;
        TRY(zone_word(l, &agenda->places[i], &word));
        TRY(open_zone(l, word, i, &agenda->zones[i]));
    }
    return STATUS_OK;
}

Status agenda_load(Operation *op, Agenda *ret_agenda)
{
    bool before = operation_own(op, true);
    *ret_agenda = (Agenda){0};
    Loading loading = {.op = op, .agenda = ret_agenda};
    Status status = load_services(&loading);
    if (status == STATUS_OK)
        status = load_members(&loading);
    if (status == STATUS_OK)
        status = load_places(&loading);
    if (status == STATUS_OK)
        status = open_zones(&loading);
    operation_own(op, before);
    return status;
}

/* ---- looking up -------------------------------------------------------------------------------
 */

/* "HealthcareService/1", and "1" alone. */
bool agenda_is_named(Str name, Str asked)
{
    size_t slash = str_index(asked, '/');
    return slash != SIZE_MAX ? str_eq(name, asked)
                             : asked.len && str_eq(str_from(name, str_index(name, '/') + 1), asked);
}

const Service *agenda_service(const Agenda *agenda, Str name)
{
    for (size_t i = 0; i < agenda->service_count; i++)
        if (agenda_is_named(agenda->services[i].name, name))
            return &agenda->services[i];
    return NULL;
}

const Place *agenda_place(const Agenda *agenda, Str name)
{
    for (size_t i = 0; i < agenda->place_count; i++)
        if (agenda_is_named(agenda->places[i].name, name))
            return &agenda->places[i];
    return NULL;
}

/* A place that is part of the one asked for counts as it. */
bool agenda_is_at(const Agenda *agenda, const Place *place, Str asked)
{
    enum { UP_MAX = 8 };
    for (unsigned up = 0; asked.len && place && up < UP_MAX; up++) {
        if (agenda_is_named(place->name, asked))
            return true;
        place = agenda_place(agenda, place->part_of);
    }
    return !asked.len;
}

const Zone *agenda_zone(const Agenda *agenda, const Place *place)
{
    return place ? agenda->zones[place - agenda->places] : agenda->usual;
}

const Place *agenda_window_place(const Agenda *agenda, const Member *member, const Window *window)
{
    Str name = window && window->place.len ? window->place
               : member->places.count      ? member->places.at[0]
                                           : STR_EMPTY;
    return agenda_place(agenda, name);
}

bool agenda_offers(const Member *member, const Window *window, const Service *service,
                   const Place *place)
{
    if (!refs_have(member->services, service->name))
        return false;
    if (window && window->services.count && !refs_have(window->services, service->name))
        return false;
    return !service->places.count || (place && refs_have(service->places, place->name));
}
