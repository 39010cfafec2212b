/* booking/agenda.c - looking up what the rules of the network say. */
#include "booking/internal.h"

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
