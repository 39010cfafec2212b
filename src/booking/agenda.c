/* booking/agenda.c - looking up what the rules of the network say. */
#include "booking/internal.h"

/* "HealthcareService/1", and "1" alone. */
bool agenda_is_named(Str name, Str asked)
{
    size_t slash = str_index(asked, '/');
    return slash != SIZE_MAX ? str_eq(name, asked)
                             : asked.len && str_eq(str_from(name, str_index(name, '/') + 1), asked);
}

/* Names of one type are in the order of their ids. NULL: none is asked for so. */
static const Named *look_up(const Named *names, size_t count, Str asked)
{
    bool typed = str_index(asked, '/') != SIZE_MAX;
    size_t low = 0, high = asked.len ? count : 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        Str name = names[middle].name;
        int order = str_cmp(typed ? name : str_from(name, str_index(name, '/') + 1), asked);
        if (order == 0)
            return &names[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const Service *agenda_service(const Agenda *agenda, Str name)
{
    const Named *named = look_up(agenda->service_names, agenda->service_count, name);
    return named ? &agenda->services[named->number] : NULL;
}

const Place *agenda_place(const Agenda *agenda, Str name)
{
    const Named *named = look_up(agenda->place_names, agenda->place_count, name);
    return named ? &agenda->places[named->number] : NULL;
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
