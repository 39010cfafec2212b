/* load/ids.c - lists of ids, from files and from the server's own pages. */
#include "load/ids.h"

#include <stdio.h>

#include "load/scan.h"
#include "base/base.h"

static const char usual_types[] =
    "Observation,Claim,ExplanationOfBenefit,Encounter,MedicationRequest,Procedure,Immunization,"
    "DiagnosticReport,Condition,Patient,Practitioner,Organization,Location";

void ids_init(Ids *ids, Arena *arena)
{
    *ids = (Ids){.arena = arena};
}

void ids_add(Ids *ids, Str type, Str id)
{
    if (ids->count == ids->room) {
        size_t room = ids->room ? ids->room * 2 : 1024;
        ids->at = arena_realloc(ids->arena, ids->at, ids->room * sizeof(Str), room * sizeof(Str));
        ids->room = room;
    }
    Str both = arena_format(ids->arena, STR_FMT "/" STR_FMT, STR_ARG(type), STR_ARG(id));
    if (!ids->at || !both.at)
        load_fail("out of memory for ids");
    ids->at[ids->count++] = both;
}

static Str take_last_segment(Str *path)
{
    size_t from = path->len;
    while (from > 0 && path->at[from - 1] != '/')
        from--;
    Str last = str_from(*path, from);
    *path = str_head(*path, from ? from - 1 : 0);
    return last;
}

bool ids_split_location(Str location, Str *ret_type, Str *ret_id)
{
    Str rest = location;
    Str id = take_last_segment(&rest);
    Str type = take_last_segment(&rest);
    if (str_eq(type, STR("_history"))) {
        id = take_last_segment(&rest);
        type = take_last_segment(&rest);
    }
    if (!id.len || !type.len || type.at[0] < 'A' || type.at[0] > 'Z')
        return false;
    *ret_type = type;
    *ret_id = id;
    return true;
}

void ids_add_location(Ids *ids, Str location)
{
    Str type, id;
    if (ids_split_location(location, &type, &id))
        ids_add(ids, type, id);
}

void ids_read_file(Ids *ids, Arena *arena, const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        load_fail("%s cannot be read", path);
    ids_init(ids, arena);
    char line[256];
    while (fgets(line, sizeof line, file))
        ids_add_location(ids, str_trim(str_of(line)));
    fclose(file);
    if (ids->count == 0)
        load_fail("%s holds no ids (one Type/id a line)", path);
}

void ids_write_file(const Ids *ids, const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file)
        load_fail("%s cannot be written", path);
    for (size_t i = 0; i < ids->count; i++)
        fprintf(file, STR_FMT "\n", STR_ARG(ids->at[i]));
    if (fclose(file))
        load_fail("%s could not be written to its end", path);
}

/* JSON's "\/" is the one escape that a URL can hold. */
Str ids_link_path(const Target *target, Arena *arena, Str link)
{
    Buf path;
    buf_init(&path, arena, link.len + target->path.len + 1, link.len + target->path.len + 1);
    const char *scheme = memmem(link.at, link.len, "://", 3);
    Str rest = link;
    if (scheme) {
        rest = str_from(link, (size_t)(scheme - link.at) + 3);
        rest = str_from(rest, str_index(rest, '/'));
    } else if (!str_has_prefix(link, STR("/"))) {
        buf_add_str(&path, target->path);
        buf_add_char(&path, '/');
    }
    for (size_t i = 0; i < rest.len; i++)
        if (rest.at[i] != '\\')
            buf_add_char(&path, rest.at[i]);
    return buf_str(&path);
}

static void harvest_type(Ids *ids, const Target *target, Str type, size_t max)
{
    Arena *arena = arena_new((size_t)4 << 30, false);
    Str path = arena_format(arena, STR_FMT "/" STR_FMT "?_count=1000&_elements=id",
                            STR_ARG(target->path), STR_ARG(type));
    while (path.len && ids->count < max) {
        Answer answer;
        if (!client_fetch(target, arena, "GET", path, STR_EMPTY, &answer))
            load_fail("the server broke off while asked for ids");
        if (answer.status != 200) {
            fprintf(stderr, "load: no ids of " STR_FMT " (status %u)\n", STR_ARG(type),
                    answer.status);
            break;
        }
        BundleScan bundle;
        BundleEntry entry;
        bundle_scan_init(&bundle, answer.body);
        while (bundle_scan_next(&bundle, &entry) && ids->count < max)
            if (str_eq(entry.type, type))
                ids_add(ids, entry.type, entry.id);
        path = bundle.next_link.len ? ids_link_path(target, arena, bundle.next_link) : STR_EMPTY;
    }
    arena_free(arena);
}

void ids_harvest(Ids *ids, const Target *target, Str types, size_t max)
{
    Str rest = types.len ? types : str_of(usual_types);
    while (rest.len && ids->count < max)
        harvest_type(ids, target, str_cut(&rest, ','), max);
}
