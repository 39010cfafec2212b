/* rights/entry.c - an entry: how it is made, and whether it still holds. */
#include "rights/entry.h"

enum {
    ENTRY_BYTES_MAX = 8 << 20,
    ENTRY_BYTES_MIN = 17 << 10, /* what the smallest arena takes */
};

static uint64_t mix(uint64_t hash, Str s)
{
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.at[i]) * 0x100000001b3u;
    return (hash ^ 0xFF) * 0x100000001b3u;
}

uint64_t entry_key(const Access *access)
{
    uint64_t hash = mix(0xcbf29ce484222325u, access_account(access));
    return mix(mix(hash, access_role(access)), access_reference(access));
}

/* ---- making -------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool copy_links(Entry *entry, const Verdict *verdicts, size_t count)
{
    RightsLink *links = arena_array_of(entry->arena, RightsLink, count + 1);
    if (!links)
        return false;
    for (size_t i = 0; i < count; i++)
        links[i] = (RightsLink){verdicts[i].patient, verdicts[i].mask, verdicts[i].broken};
    entry->rights.links = links;
    entry->rights.link_count = count;
    return true;
}

static bool copy_sources(Entry *entry, const Gathering *g)
{
    uint64_t *names = arena_array_of(entry->arena, uint64_t, g->name_count + 1);
    entry->rids = arena_array_of(entry->arena, uint64_t, g->gist_count + 1);
    entry->ages = arena_array_of(entry->arena, uint64_t, g->age_count + 1);
    if (!names || !entry->rids || !entry->ages)
        return false;
    for (size_t i = 0; i < g->gist_count; i++)
        entry->rids[i] = g->gists[i]->rid;
    qsort(entry->rids, g->gist_count, sizeof(uint64_t), by_number);
    entry->rid_count = g->gist_count;
    if (g->age_count)
        memcpy(entry->ages, g->ages, g->age_count * sizeof(uint64_t));
    qsort(entry->ages, g->age_count, sizeof(uint64_t), by_number);
    entry->age_count = g->age_count;
    memcpy(names, g->hashes, g->name_count * sizeof(uint64_t));
    entry->names = names;
    entry->name_count = g->name_count;
    return true;
}

/* Binds page links and keys of caches to who asks, and by which rules. */
static uint64_t digest_of(const Gathering *g, const Access *access)
{
    Str text =
        arena_format(g->cx->arena, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n%llx",
                     STR_ARG(access_account(access)), STR_ARG(access_role(access)),
                     STR_ARG(access_reference(access)), (unsigned long long)g->rules->digest);
    return text.at ? search_hash_text(g->book->search, text) : 0;
}

static Status make_entry(const Gathering *g, const Access *access, uint64_t epoch,
                         const Verdict *verdicts, size_t count, Entry **ret_entry)
{
    Arena *arena = arena_new(ENTRY_BYTES_MAX, true);
    Entry *entry = arena ? arena_new_of(arena, Entry) : NULL;
    if (!entry) {
        arena_free(arena);
        return STATUS_MEMORY;
    }
    *entry = (Entry){.arena = arena,
                     .key = entry_key(access),
                     .account = arena_str(arena, access_account(access)),
                     .role = arena_str(arena, access_role(access)),
                     .reference = arena_str(arena, access_reference(access)),
                     .epoch = epoch,
                     .change = g->change,
                     .rules = g->rules->digest,
                     .users = 1,
                     .rights = {.role = g->role,
                                .self = g->self,
                                .nobody = rules_nobody_mask(g->rules, g->role),
                                .stranger = rules_stranger_mask(g->rules, g->role),
                                .until = g->until,
                                .digest = digest_of(g, access)}};
    if (!entry->account.at || !entry->role.at || !entry->reference.at ||
        !copy_links(entry, verdicts, count) || !copy_sources(entry, g)) {
        arena_free(arena);
        return STATUS_MEMORY;
    }
    UNUSED(search_name_links(g->book->search, g->cx->arena, &entry->rights));
    size_t bytes = arena_bytes(arena);
    entry->bytes = bytes < ENTRY_BYTES_MIN ? ENTRY_BYTES_MIN : bytes;
    *ret_entry = entry;
    return STATUS_OK;
}

typedef struct {
    const Access *access;
    uint64_t epoch;
    Entry *entry;
} Making;

static Status make(Gathering *g, void *to)
{
    Making *making = to;
    Verdict *verdicts;
    size_t count;
    TRY(gather(g));
    TRY(compile(g, &verdicts, &count));
    return make_entry(g, making->access, making->epoch, verdicts, count, &making->entry);
}

Status entry_make(RightsBook *book, Ctx *cx, StoreReader *reader, const StoreMark *mark,
                  const Rules *rules, const Access *access, Entry **ret_entry)
{
    Gathering g;
    Making making = {.access = access, .epoch = mark->epochs[STORE_EPOCH_ACCESS]};
    gathering_begin(&g, book, cx, reader, rules, access_role(access), access_reference(access),
                    mark);
    TRY(rights_apart(book, cx, reader, &g, make, &making));
    *ret_entry = making.entry;
    return STATUS_OK;
}

/* ---- still good? --------------------------------------------------------------------------- */

typedef struct {
    const Entry *entry;
    bool same; /* nothing of what has changed is about him */
    uint64_t since;
} Confirming;

static bool names_entry(const Entry *entry, const Gist *gist)
{
    for (size_t i = 0; i < gist->who_count; i++)
        for (size_t k = 0; k < entry->name_count; k++)
            if (gist->who[i].hash == entry->names[k])
                return true;
    return false;
}

static bool concerns(const Gathering *g, const Entry *entry, const Gist *gist)
{
    for (; gist; gist = gist->next) {
        if (names_entry(entry, gist) || (gist->professions & 1u << g->role) != 0)
            return true;
        bool consent = gist->kind == GIST_DENY || gist->kind == GIST_PERMIT;
        if (consent && rights_find(&entry->rights, gist->patient))
            return true;
    }
    return false;
}

static Status confirm_type(Gathering *g, Confirming *c, uint16_t type)
{
    StoreTouch *touches;
    size_t count;
    Gist *gists[CHANGES_MAX];
    uint64_t rids[CHANGES_MAX];
    TRY(store_changes(g->reader, type, c->since, CHANGES_MAX, &touches, &count));
    c->same = c->same && count < CHANGES_MAX;
    for (size_t i = 0; c->same && i < count; i++) {
        rids[i] = touches[i].rid;
        c->same =
            !bsearch(&rids[i], c->entry->rids, c->entry->rid_count, sizeof(uint64_t), by_number);
    }
    if (!c->same || !count)
        return STATUS_OK;
    TRY(gists_of(g, rids, count, gists));
    for (size_t i = 0; c->same && i < count; i++)
        c->same = !concerns(g, c->entry, gists[i]);
    return STATUS_OK;
}

/* A patient gives no rights: but until when a parent acts for him, his birth date says. */
static Status confirm_ages(Gathering *g, Confirming *c)
{
    StoreTouch *touches;
    size_t count;
    TRY(store_changes(g->reader, fhir_type_find(STR("Patient")), c->since, CHANGES_MAX, &touches,
                      &count));
    c->same = c->same && count < CHANGES_MAX;
    for (size_t i = 0; c->same && i < count; i++)
        c->same = !bsearch(&touches[i].rid, c->entry->ages, c->entry->age_count, sizeof(uint64_t),
                           by_number);
    return STATUS_OK;
}

static Status confirm(Gathering *g, void *to)
{
    Confirming *c = to;
    c->same = true;
    if (c->entry->age_count)
        TRY(confirm_ages(g, c));
    for (uint16_t type = 1; c->same && type <= fhir_type_count(); type++)
        if (rights_depend_on(type))
            TRY(confirm_type(g, c, type));
    return STATUS_OK;
}

Status entry_confirm(RightsBook *book, Ctx *cx, StoreReader *reader, const StoreMark *mark,
                     const Rules *rules, const Access *access, const Entry *entry, uint64_t since,
                     bool *ret_same)
{
    Gathering g;
    Confirming confirming = {.entry = entry, .since = since};
    gathering_begin(&g, book, cx, reader, rules, access_role(access), access_reference(access),
                    mark);
    TRY(rights_apart(book, cx, reader, &g, confirm, &confirming));
    *ret_same = confirming.same;
    return STATUS_OK;
}
