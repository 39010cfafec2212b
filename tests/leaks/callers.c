/* leaks/callers.c - who asks, and facts at random. */
#include "leaks/callers.h"

#include "access/rights.h"
#include "access/rules.h"
#include "access/subjects.h"
#include "fhir/fhir.h"
#include "leaks/maker.h"
#include "search/search.h"

enum { PATIENTS = 8, PRACTITIONERS = 14 };

static uint64_t hash_of(const Search *search, Arena *arena, const char *type, char letter,
                        unsigned number, Str *ret_reference)
{
    Str reference = arena_format(arena, "%s/%c%u", type, letter, number);
    *ret_reference = reference;
    return search_hash_text(search, reference);
}

/* ---- facts
 * --------------------------------------------------------------------------------------- */

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void choose_subjects(OracleDice *d, Arena *arena, const Search *search, Facts *facts)
{
    unsigned way = dice(d, 100), wanted = way < 25 ? 0 : way < 90 ? 1 : 2 + dice(d, 2);
    bool used[PATIENTS] = {false};
    Str name;
    for (unsigned i = 0; i < wanted; i++) {
        unsigned number = dice(d, PATIENTS);
        if (!used[number])
            facts->subjects[facts->subject_count++] =
                hash_of(search, arena, "Patient", 'p', number, &name);
        used[number] = true;
    }
    qsort(facts->subjects, facts->subject_count, sizeof(uint64_t), compare_hashes);
}

static bool is_about_somebody(uint16_t type)
{
    for (size_t i = 0; i < subject_row_count; i++) {
        if (fhir_type_find(str_of(subject_rows[i].type)) == type)
            return subject_rows[i].about == ABOUT_SOMEBODY;
    }
    return true;
}

Facts facts_random(OracleDice *d, Arena *arena, const Search *search, uint16_t type)
{
    Facts facts = {.class = (uint8_t)dice(d, ACCESS_CLASSES),
                   .confidentiality = CONF_N,
                   .profession = (uint8_t)dice(d, ACCESS_ROLES)};
    Str name;
    if (dice_percent(d, 55)) /* so that there is something to be seen, too */
        facts.class = (uint8_t)dice(d, D9_IMAGING);
    if (dice_percent(d, 18))
        facts.confidentiality = (uint8_t)dice(d, CONF_V + 1);
    if (dice_percent(d, 12))
        facts.sensitivity = (uint16_t)(1u << dice(d, 7));
    if (dice_percent(d, 3))
        facts.sensitivity |= (uint16_t)(1u << dice(d, 7));
    if (dice_percent(d, 60))
        facts.author = hash_of(search, arena, "Practitioner", 'r', dice(d, PRACTITIONERS), &name);
    if (dice_percent(d, 50))
        facts.organisation = hash_of(search, arena, "Organization", 'g', dice(d, 3), &name);
    bool somebody = is_about_somebody(type);
    do {
        choose_subjects(d, arena, search, &facts);
    } while (somebody && !facts.subject_count);
    if (somebody && facts.class == D0_DIRECTORY)
        facts.class = D1_DEMOGRAPHICS;
    return facts;
}

/* ---- people
 * -------------------------------------------------------------------------------------- */

static void add_scopes(OracleDice *d, Caller *caller)
{
    caller->scoped = dice_percent(d, 30);
    for (uint16_t type = 1; caller->scoped && type <= fhir_type_count(); type++) {
        if (dice_percent(d, 60))
            caller->letters[type] = RIGHTS_ALL;
        else if (dice_percent(d, 40)) /* to read is the least */
            caller->letters[type] = (uint8_t)(RIGHTS_READ | dice(d, RIGHTS_ALL + 1));
    }
    if (caller->link_count && dice_percent(d, 12))
        caller->only_patient = caller->links[0].hash;
}

static Str some_self(OracleDice *d, Arena *arena, AccessRole role)
{
    if (role == ROLE_PATIENT)
        return arena_format(arena, "Patient/p%u", dice(d, PATIENTS));
    if (role == ROLE_PROXY)
        return arena_format(arena, "RelatedPerson/w%u", dice(d, 3));
    return arena_format(arena, "Practitioner/r%u", dice(d, PRACTITIONERS));
}

Caller caller_random(OracleDice *d, const Papers *papers, AccessRole role, bool *ret_decides)
{
    Caller caller = {.role = role, .self = some_self(d, papers->arena, role)};
    size_t linked = 0;
    caller.self_hash = search_hash_text(papers->search, caller.self);
    links_read(papers, &caller, ret_decides);
    add_scopes(d, &caller);
    for (size_t i = 0; i < caller.link_count; i++)
        linked += caller.links[i].linked;
    Str word = access_role_word(role);
    caller.name = arena_format(papers->arena, STR_FMT " " STR_FMT ", %zu links%s%s", STR_ARG(word),
                               STR_ARG(caller.self), linked, caller.scoped ? ", scopes" : "",
                               caller.only_patient ? ", of one patient" : "")
                      .at;
    return caller;
}

/* ---- rights by hand
 * ---------------------------------------------------------------------------------- */

static int compare_links(const void *a, const void *b)
{
    return compare_hashes(&((const RightsLink *)a)->patient, &((const RightsLink *)b)->patient);
}

static RightsMask mask_of(const Caller *caller, const JudgeLink *from, const Rules *rules)
{
    RulesCase how = {from->consent || from->proxy, from->broken && !from->proxy, from->self};
    AccessRole role = from->proxy && !from->self ? ROLE_PROXY : caller->role;
    if (from->blocked)
        return (RightsMask){0};
    RightsMask mask =
        from->linked ? rules_link_mask(rules, role, how) : rules_stranger_mask(rules, caller->role);
    mask = rules_without(mask, from->without);
    mask.sensitivity &= (uint16_t)~from->without_kinds;
    if (from->below && mask.clearance >= from->below)
        mask.clearance = (uint8_t)(from->below - 1);
    return mask;
}

static const RightsLink *links_of(const Caller *caller, Arena *arena, const Rules *rules)
{
    RightsLink *links = arena_array_of(arena, RightsLink, caller->link_count + 1);
    for (size_t i = 0; i < caller->link_count; i++) {
        const JudgeLink *from = &caller->links[i];
        links[i] = (RightsLink){.patient = from->hash, .mask = mask_of(caller, from, rules)};
    }
    qsort(links, caller->link_count, sizeof(*links), compare_links);
    return links;
}

static const Rules *default_rules(Arena *arena)
{
    static Rules rules;
    Ctx cx = {.arena = arena};
    if (!rules.digest)
        assert_int_equal(rules_default(&cx, &rules), STATUS_OK);
    return &rules;
}

const Access *caller_bare(const Caller *caller, Arena *arena)
{
    AccessGrant grant = {.account = STR("somebody"),
                         .role = access_role_word(caller->role),
                         .reference = caller->self,
                         .may_write = true};
    return access_grant(arena, &grant);
}

const Access *caller_access(const Caller *caller, Arena *arena)
{
    const Rules *rules = default_rules(arena);
    Rights *rights = arena_new_of(arena, Rights);
    *rights = (Rights){.role = caller->role,
                       .self = caller->self_hash,
                       .nobody = rules_nobody_mask(rules, caller->role),
                       .stranger = rules_stranger_mask(rules, caller->role),
                       .links = links_of(caller, arena, rules),
                       .link_count = caller->link_count,
                       .only_patient = caller->only_patient,
                       .epoch = 1,
                       .until = INT64_MAX,
                       .digest = 0x5eed + caller->self_hash};
    if (caller->scoped) {
        rights->scopes = arena_alloc(arena, sizeof(caller->letters));
        memcpy((void *)rights->scopes, caller->letters, sizeof(caller->letters));
        rights->scope_count = sizeof(caller->letters);
    }
    return access_with_rights(arena, caller_bare(caller, arena), rights);
}
