/* rights/gather.c - the resources that are about a caller, found by the index.
 *
 * The program asks on its own behalf; what it finds goes no further than the masks. */
#include "rights/inner.h"

enum { PAGE_BYTES = 64 << 20 };

bool gist_holds(Time from, Time until, Time now, Time *ret_until)
{
    if (now < from) {
        if (ret_until && from < *ret_until)
            *ret_until = from;
        return false;
    }
    if (now >= until)
        return false;
    if (ret_until && until < *ret_until)
        *ret_until = until;
    return true;
}

bool gist_names(const Gathering *g, const Gist *gist, Time *ret_until)
{
    bool named = false;
    for (size_t i = 0; i < gist->who_count; i++) {
        for (size_t k = 0; k < g->name_count; k++) {
            if (gist->who[i].hash == g->hashes[k])
                named |= gist_holds(gist->who[i].from, gist->who[i].until, g->now, ret_until);
        }
    }
    return named;
}

/* ---- asking --------------------------------------------------------------------------------- */

Status gather_keep(Gathering *g, Gist *gist)
{
    g->gists =
        arena_grow(g->cx->arena, g->gists, sizeof(Gist *), g->gist_count, &g->gist_room, 256);
    if (!g->gists)
        return STATUS_MEMORY;
    g->gists[g->gist_count++] = gist;
    return STATUS_OK;
}

static Status keep_all(Gathering *g, const uint64_t *rids, size_t count)
{
    Gist **gists = arena_array_of(g->cx->arena, Gist *, count + 1);
    if (!gists)
        return STATUS_MEMORY;
    TRY(gists_of(g, rids, count, gists));
    for (size_t i = 0; i < count; i++)
        for (Gist *gist = gists[i]; gist; gist = gist->next)
            TRY(gather_keep(g, gist));
    return STATUS_OK;
}

static Status too_many(Gathering *g)
{
    return ctx_fail(g->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                    "This account has more than %d links; it sees nothing until there are fewer.",
                    LINKS_MAX);
}

typedef Status (*VisitPage)(Gathering *g, const uint64_t *rids, size_t count, void *to);

/* All pages of one search. */
static Status each_page(Gathering *g, const char *type, Str query, VisitPage visit, void *to)
{
    const Search *search = g->book->search;
    SearchScope where = {.access = g->book->program, .type = fhir_type_find(str_of(type))};
    Str cursor = STR_EMPTY;
    do {
        const SearchQuery *parsed;
        SearchPage page;
        Str whole = arena_format(g->cx->arena, STR_FMT "&_count=1000%s" STR_FMT, STR_ARG(query),
                                 cursor.len ? "&_cursor=" : "", STR_ARG(cursor));
        if (!whole.at)
            return STATUS_MEMORY;
        TRY(search_parse(search, g->cx, &where, whole, &parsed));
        TRY(search_run(search, g->cx, g->reader, parsed, &page));
        TRY(visit(g, page.rids, page.count, to));
        cursor = page.next;
    } while (cursor.len);
    return STATUS_OK;
}

/* Everything of a type that names one of these, also what is not active any more: of that its gist
 * says nothing. */
static Status ask_names(Gathering *g, const char *type, const char *param, const Str *names,
                        size_t count)
{
    SearchScope where = {.access = g->book->program, .type = fhir_type_find(str_of(type))};
    uint64_t *rids;
    size_t found, before = g->gist_count;
    TRY(search_naming(g->book->search, g->cx, g->reader, &where, str_of(param), names, count,
                      NAMING_MAX, &rids, &found));
    if (found > NAMING_MAX)
        return too_many(g);
    TRY(keep_all(g, rids, found));
    return g->gist_count - before > LINKS_MAX ? too_many(g) : STATUS_OK;
}

static Status add_name(Gathering *g, Str name, uint64_t hash)
{
    for (size_t i = 0; i < g->name_count; i++)
        if (g->hashes[i] == hash)
            return STATUS_OK;
    if (g->name_count == COUNT_OF(g->names))
        return ctx_fail(g->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "This account has too many functions to tell what it may see.");
    g->names[g->name_count] = name;
    g->hashes[g->name_count++] = hash;
    return STATUS_OK;
}

/* ---- a practitioner ---------------------------------------------------------------------------
 */

static bool is_of(Str reference, const char *type)
{
    size_t len = strlen(type);
    return str_has_prefix(reference, str_of(type)) && reference.len > len &&
           reference.at[len] == '/';
}

/* His functions and organisations are he, as long as they hold. */
static Status add_functions(Gathering *g)
{
    TRY(ask_names(g, "PractitionerRole", "practitioner", &g->reference, 1));
    size_t count = g->gist_count;
    for (size_t i = 0; i < count; i++) {
        const Gist *gist = g->gists[i];
        if (gist->kind != GIST_MEMBER || !gist_names(g, gist, NULL) ||
            !gist_holds(gist->from, gist->until, g->now, &g->until))
            continue;
        TRY(add_name(g, gist->name, search_hash_text(g->book->search, gist->name)));
        if (gist->patient)
            TRY(add_name(g, gist->about, gist->patient));
    }
    return STATUS_OK;
}

static int by_hash(const void *a, const void *b)
{
    uint64_t x = (*(Gist *const *)a)->patient, y = (*(Gist *const *)b)->patient;
    return x < y ? -1 : x > y;
}

/* Each patient once of those he has a link with, or acts for. */
static size_t linked_patients(const Gathering *g, Gist **links)
{
    size_t count = 0, once = 0;
    for (size_t i = 0; i < g->gist_count; i++) {
        GistKind kind = (GistKind)g->gists[i]->kind;
        if (kind == GIST_LINK || kind == GIST_PROXY || kind == GIST_KIN)
            links[count++] = g->gists[i];
    }
    if (count)
        qsort(links, count, sizeof(Gist *), by_hash);
    for (size_t i = 0; i < count; i++)
        if (!once || links[once - 1]->patient != links[i]->patient)
            links[once++] = links[i];
    return once;
}

static bool refuses(const Gathering *g, const Gist *gist)
{
    for (; gist; gist = gist->next)
        if (gist->professions & 1u << g->role)
            return true;
    return false;
}

/* Those of them that name his profession. */
static Status keep_refusals(Gathering *g, const uint64_t *rids, size_t count)
{
    Gist **gists = arena_array_of(g->cx->arena, Gist *, count + 1);
    if (!gists)
        return STATUS_MEMORY;
    TRY(gists_of(g, rids, count, gists));
    for (size_t i = 0; i < count; i++)
        for (Gist *gist = refuses(g, gists[i]) ? gists[i] : NULL; gist; gist = gist->next)
            TRY(gather_keep(g, gist));
    return STATUS_OK;
}

typedef struct {
    Arena *scratch;
    uint64_t *rids;
    size_t count, room;
} Refusals;

static Status add_refusal(Gathering *g, Refusals *to, uint64_t rid)
{
    if (to->count == to->room) {
        size_t room = to->room ? to->room * 2 : 64;
        to->rids =
            arena_realloc(g->cx->arena, to->rids, to->room * sizeof(rid), room * sizeof(rid));
        if (!to->rids)
            return STATUS_MEMORY;
        to->room = room;
    }
    to->rids[to->count++] = rid;
    return STATUS_OK;
}

static bool names_a_profession(const Gist *gist)
{
    while (gist && !gist->professions)
        gist = gist->next;
    return gist != NULL;
}

static Status look_for_refusals(Gathering *g, const uint64_t *rids, size_t count, void *of)
{
    Refusals *to = of;
    Ctx *outer = g->cx, page = {.arena = to->scratch, .deadline = outer->deadline};
    Gist **gists = arena_array_of(to->scratch, Gist *, count + 1);
    if (!gists)
        return STATUS_MEMORY;
    g->cx = &page;
    Status status = gists_of(g, rids, count, gists);
    g->cx = outer;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        if (names_a_profession(gists[i]))
            status = add_refusal(g, to, rids[i]);
    arena_clear(to->scratch);
    return status;
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

/* Who refuses his whole profession: also those with whom he has no link, of whom he would go on
 * seeing what he has written. No index knows them (a provision may stand within another one): all
 * active consents are read, once. */
static Status ask_professions(Gathering *g)
{
    Refusals found = {.count = 0};
    bool known;
    TRY(refusals_recall(g, &found.rids, &found.count, &known));
    if (!known) {
        void **hook = arena_defer(g->cx->arena, free_arena, NULL);
        found = (Refusals){.scratch = hook ? arena_new(PAGE_BYTES, true) : NULL};
        if (!found.scratch)
            return STATUS_MEMORY;
        *hook = found.scratch;
        TRY(each_page(g, "Consent", STR("status=active"), look_for_refusals, &found));
        refusals_remember(g, found.rids, found.count);
    }
    return keep_refusals(g, found.rids, found.count);
}

/* The consents of all of them: what somebody refuses everybody names nobody. */
static Status ask_consents(Gathering *g)
{
    Arena *arena = g->cx->arena;
    Gist **links = arena_array_of(arena, Gist *, g->gist_count + 1);
    if (!links)
        return STATUS_MEMORY;
    size_t count = linked_patients(g, links), unknown = 0;
    uint64_t *hashes = arena_array_of(arena, uint64_t, count + 1);
    bool *known = arena_array_of(arena, bool, count + 1);
    Str *names = arena_array_of(arena, Str, count + 1);
    if (!hashes || !known || !names)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        hashes[i] = links[i]->patient;
    TRY(consents_recall(g, hashes, count, known));
    for (size_t i = 0; i < count; i++)
        if (!known[i])
            names[unknown++] = links[i]->about;
    size_t from = g->gist_count;
    TRY(ask_names(g, "Consent", "patient", names, unknown));
    consents_remember(g, hashes, known, count, from);
    return STATUS_OK;
}

static Status keep_page(Gathering *g, const uint64_t *rids, size_t count, void *to)
{
    UNUSED(to);
    return keep_all(g, rids, count);
}

/* "_id=1", of a RelatedPerson. */
static Status ask_kin(Gathering *g)
{
    Str query = arena_format(g->cx->arena, "_id=" STR_FMT,
                             STR_ARG(str_from(g->reference, str_index(g->reference, '/') + 1)));
    return query.at ? each_page(g, "RelatedPerson", query, keep_page, NULL) : STATUS_MEMORY;
}

Status gather(Gathering *g)
{
    if (!g->reference.len)
        return STATUS_OK;
    TRY(add_name(g, g->reference, g->self));
    if (is_of(g->reference, "Practitioner"))
        TRY(add_functions(g));
    if (is_of(g->reference, "RelatedPerson"))
        TRY(ask_kin(g));
    if (is_of(g->reference, "Practitioner"))
        TRY(ask_names(g, "CareTeam", "participant", g->names, g->name_count));
    TRY(ask_names(g, "Consent", "actor", g->names, g->name_count));
    if (is_of(g->reference, "Practitioner"))
        TRY(ask_professions(g));
    return ask_consents(g);
}

/* ---- age ------------------------------------------------------------------------------------- */

static Status note_age(Gathering *g, uint64_t rid)
{
    if (g->age_count == g->age_room) {
        size_t room = g->age_room ? g->age_room * 2 : 8;
        g->ages =
            arena_realloc(g->cx->arena, g->ages, g->age_room * sizeof(rid), room * sizeof(rid));
        if (!g->ages)
            return STATUS_MEMORY;
        g->age_room = room;
    }
    g->ages[g->age_count++] = rid;
    return STATUS_OK;
}

/* The day on which the patient has the age at which parents are no proxies; long ago when his birth
 * date is not known to the day. */
Status gather_age_limit(Gathering *g, Str patient, Time *ret_limit)
{
    StoreRow row;
    JsonValue *resource = NULL;
    Time born, day_after;
    Str id = patient, country = STR_EMPTY;
    uint16_t type = fhir_type_find(str_cut(&id, '/'));
    *ret_limit = INT64_MIN;
    Status status = store_get(g->reader, type, id, true, &row);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    TRY(note_age(g, row.rid));
    if (row.deleted)
        return STATUS_OK;
    TRY(json_parse(g->cx, row.body, &resource));
    Str text = json_get_str(resource, STR("birthDate"));
    const JsonValue *address = json_item(json_get(resource, STR("address")), 0);
    country = json_get_str(address, STR("country"));
    if (text.len != 10 || !fhir_date_range(text, &born, &day_after))
        return STATUS_OK;
    int64_t year;
    unsigned month, day;
    civil_from_days(born / TIME_DAY - (born % TIME_DAY < 0), &year, &month, &day);
    *ret_limit =
        days_from_civil(year + rules_child_until(g->rules, country), month, day) * TIME_DAY;
    return STATUS_OK;
}
