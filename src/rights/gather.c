/* rights/gather.c - the resources that are about a caller, found by the index.
 *
 * The program asks on its own behalf; what it finds goes no further than the masks. */
#include "rights/inner.h"

enum { VALUES = 150, QUERY_BYTES_MAX = 64 << 10 };

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
    if (g->gist_count == g->gist_room) {
        size_t room = g->gist_room ? g->gist_room * 2 : 256;
        Gist **larger = arena_realloc(g->cx->arena, g->gists, g->gist_room * sizeof(Gist *),
                                      room * sizeof(Gist *));
        if (!larger)
            return STATUS_MEMORY;
        g->gists = larger;
        g->gist_room = room;
    }
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

/* All pages of one search. */
static Status ask(Gathering *g, const char *type, Str query)
{
    const Search *search = g->book->search;
    SearchScope where = {.access = g->book->program, .type = fhir_type_find(str_of(type))};
    Str cursor = STR_EMPTY;
    size_t total = 0;
    do {
        const SearchQuery *parsed;
        SearchPage page;
        Str whole = arena_format(g->cx->arena, STR_FMT "&_count=1000%s" STR_FMT, STR_ARG(query),
                                 cursor.len ? "&_cursor=" : "", STR_ARG(cursor));
        if (!whole.at)
            return STATUS_MEMORY;
        TRY(search_parse(search, g->cx, &where, whole, &parsed));
        TRY(search_run(search, g->cx, g->reader, parsed, &page));
        TRY(keep_all(g, page.rids, page.count));
        total += page.count;
        if (total > LINKS_MAX)
            return ctx_fail(g->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                            "This account has more than %d links; it sees nothing until there "
                            "are fewer.",
                            LINKS_MAX);
        cursor = page.next;
    } while (cursor.len);
    return STATUS_OK;
}

/* "participant=Practitioner/1,Organization/2" and what follows. */
static Status ask_names(Gathering *g, const char *type, const char *param, const Str *names,
                        size_t count, const char *rest)
{
    for (size_t from = 0; from < count; from += VALUES) {
        Buf buf;
        buf_init(&buf, g->cx->arena, 1024, QUERY_BYTES_MAX);
        buf_format(&buf, "%s=", param);
        for (size_t i = from; i < count && i < from + VALUES; i++)
            buf_format(&buf, "%s" STR_FMT, i > from ? "," : "", STR_ARG(names[i]));
        buf_format(&buf, "%s", rest);
        TRY(buf_done(&buf));
        TRY(ask(g, type, buf_str(&buf)));
    }
    return STATUS_OK;
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
    TRY(ask_names(g, "PractitionerRole", "practitioner", &g->reference, 1, ""));
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

/* Who refuses his whole profession: also those with whom he has no link, of whom he would go on
 * seeing what he has written. */
static Status ask_professions(Gathering *g)
{
    Str query = arena_format(g->cx->arena,
                             "actor:identifier=urn:aceso:profession|" STR_FMT "&status=active",
                             STR_ARG(access_role_word(g->role)));
    return query.at ? ask(g, "Consent", query) : STATUS_MEMORY;
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
    TRY(ask_names(g, "Consent", "patient", names, unknown, "&status=active"));
    consents_remember(g, hashes, known, count, from);
    return STATUS_OK;
}

#define LINKS_ONLY                                                                                 \
    "&status=active&category=urn:aceso:link|own-gp,urn:aceso:link|own-pharmacist,"                 \
    "urn:aceso:link|contact,urn:aceso:link|emergency,urn:aceso:link|break-glass"

Status gather(Gathering *g)
{
    if (!g->reference.len)
        return STATUS_OK;
    TRY(add_name(g, g->reference, g->self));
    if (is_of(g->reference, "Practitioner"))
        TRY(add_functions(g));
    if (is_of(g->reference, "RelatedPerson"))
        TRY(ask_names(g, "RelatedPerson", "_id",
                      &(Str){g->reference.at + 14, g->reference.len - 14}, 1, ""));
    if (is_of(g->reference, "Practitioner"))
        TRY(ask_names(g, "CareTeam", "participant", g->names, g->name_count, LINKS_ONLY));
    TRY(ask_names(g, "Consent", "actor", g->names, g->name_count, "&status=active"));
    if (is_of(g->reference, "Practitioner"))
        TRY(ask_professions(g));
    return ask_consents(g);
}

/* ---- age ------------------------------------------------------------------------------------- */

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
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted))
        return STATUS_OK;
    TRY(status);
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
