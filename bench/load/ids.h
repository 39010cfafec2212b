/* load/ids.h - which resources there are on the server: "Observation/0192f...". */
#ifndef LOAD_IDS_H
#define LOAD_IDS_H

#include "load/client.h"

typedef struct {
    Arena *arena;
    Str *at;
    size_t count, room;
} Ids;

void ids_init(Ids *ids, Arena *arena);
void ids_add(Ids *ids, Str type, Str id);
/* "http://host/fhir/Patient/1/_history/2" or "Patient/1": its last type and id.
 * false when there are none. */
bool ids_split_location(Str location, Str *ret_type, Str *ret_id);
void ids_add_location(Ids *ids, Str location);

/* One a line. */
void ids_read_file(Ids *ids, Arena *arena, const char *path);
void ids_write_file(const Ids *ids, const char *path);

/* The path and query of a page's link, whether absolute or relative to the base. */
Str ids_link_path(const Target *target, Arena *arena, Str link);

/* Asks the server, page after page, for up to `max` resources of these types (comma
 * between; empty: the types of the usual records). */
void ids_harvest(Ids *ids, const Target *target, Str types, size_t max);

#endif
