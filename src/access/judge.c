/* access/judge.c - the decision: whether a row exists for a caller.
 *
 * Everything that needs a store, a clock or a rule has been asked before (rights.h). What is
 * left here only ever takes away: no line turns a smaller right into a larger sight, which
 * tests/unit/test_access_judge.c tries with every small case. */
#include "access/access.h"
#include "access/rights.h"

static const Str role_words[ACCESS_ROLES] = {
    [ROLE_NOBODY] = STR_INIT(""),
    [ROLE_GP] = STR_INIT("gp"),
    [ROLE_SPECIALIST] = STR_INIT("specialist"),
    [ROLE_PHYSIO] = STR_INIT("physio"),
    [ROLE_NURSE] = STR_INIT("nurse"),
    [ROLE_PSYCHOLOGIST] = STR_INIT("psychologist"),
    [ROLE_SECRETARY] = STR_INIT("secretary"),
    [ROLE_BILLING] = STR_INIT("billing"),
    [ROLE_PHARMACIST] = STR_INIT("pharmacist"),
    [ROLE_LAB] = STR_INIT("lab"),
    [ROLE_PATIENT] = STR_INIT("patient"),
    [ROLE_PROXY] = STR_INIT("proxy"),
    [ROLE_AUDITOR] = STR_INIT("auditor"),
    [ROLE_ADMIN] = STR_INIT("admin"),
};

AccessRole access_role_of(Str word)
{
    for (size_t i = ROLE_NOBODY + 1; i < ACCESS_ROLES; i++)
        if (str_eq(word, role_words[i]))
            return (AccessRole)i;
    return ROLE_NOBODY;
}

Str access_role_word(AccessRole role)
{
    return (size_t)role < ACCESS_ROLES ? role_words[role] : STR_EMPTY;
}

/* The links are sorted by a keyed hash, which spreads evenly: the first guess is off by a few
 * dozen among thousands, and a search by halves among those fits a line or two of cache. */
const RightsLink *rights_find(const Rights *rights, uint64_t patient)
{
    size_t count = rights->link_count, low = 0;
    if (count > 512) {
        enum { AROUND = 96 };
        size_t guess = (size_t)(((patient >> 32) * count) >> 32);
        size_t from = guess > AROUND ? guess - AROUND : 0;
        size_t to = count - from > 2 * AROUND ? from + 2 * AROUND : count;
        if (rights->links[from].patient <= patient && rights->links[to - 1].patient >= patient) {
            low = from;
            count = to - from;
        }
    }
    while (count > 1) {
        size_t half = count / 2;
        low += rights->links[low + half].patient <= patient ? half : 0;
        count -= half;
    }
    if (count == 0 || rights->links[low].patient != patient)
        return NULL;
    return &rights->links[low];
}

static bool of_his_own(const Rights *rights, const Facts *facts)
{
    return rights->self != 0 && facts->author == rights->self;
}

static Sight sees_with(const Rights *rights, const RightsMask *mask, const Facts *facts)
{
    uint32_t class = 1u << facts->class;
    if ((facts->sensitivity & ~mask->sensitivity) != 0 || facts->confidentiality > mask->clearance)
        return SIGHT_NONE;
    if ((mask->read & class) != 0)
        return SIGHT_FULL;
    if ((mask->own & class) != 0 && facts->profession == rights->role)
        return SIGHT_FULL;
    if (((mask->own | mask->authored) & class) != 0 && of_his_own(rights, facts))
        return SIGHT_FULL;
    return (mask->reduced & class) != 0 ? SIGHT_REDUCED : SIGHT_NONE;
}

static const RightsMask *mask_for(const Rights *rights, uint64_t patient)
{
    const RightsLink *link = rights_find(rights, patient);
    return link ? &link->mask : &rights->stranger;
}

uint8_t rights_scope(const Rights *rights, uint16_t type)
{
    if (!rights->scopes)
        return RIGHTS_ALL;
    return type < rights->scope_count ? rights->scopes[type] : 0;
}

/* What holds for any row before anybody's link is looked at. */
static bool is_out(const Rights *rights, uint16_t type, const Facts *facts, uint8_t letters)
{
    if (rights->role <= ROLE_NOBODY || rights->role >= ACCESS_ROLES)
        return true;
    if (facts->class >= ACCESS_CLASSES || facts->subject_count > FACTS_SUBJECTS_MAX)
        return true;
    if ((rights_scope(rights, type) & letters) == 0)
        return true;
    /* Psychotherapy notes are the author's alone, whatever the rules of a site say. */
    bool alone =
        facts->class == D14_PSYCHOTHERAPY || (facts->sensitivity & SENSITIVE_PSYCHOTHERAPY) != 0;
    return alone && !of_his_own(rights, facts);
}

/* A row about several people is seen by whoever may see it of each of them. */
static Sight sees(const Rights *rights, uint16_t type, const Facts *facts, uint8_t letters)
{
    if (is_out(rights, type, facts, letters))
        return SIGHT_NONE;
    if (facts->subject_count == 0)
        return sees_with(rights, &rights->nobody, facts);
    Sight least = SIGHT_FULL;
    for (size_t i = 0; i < facts->subject_count; i++) {
        uint64_t subject = facts->subjects[i];
        if (rights->only_patient != 0 && subject != rights->only_patient)
            return SIGHT_NONE;
        Sight sight = sees_with(rights, mask_for(rights, subject), facts);
        least = sight < least ? sight : least;
    }
    return least;
}

Sight rights_see(const Rights *rights, uint16_t type, const Facts *facts)
{
    return sees(rights, type, facts, RIGHTS_READ | RIGHTS_SEARCH);
}

Sight access_sees(const Access *access, uint16_t type, const Facts *facts)
{
    if (access_is_system(access))
        return SIGHT_FULL;
    const Rights *rights = access_rights(access);
    if (!rights)
        return SIGHT_NONE;
    return sees(rights, type, facts, RIGHTS_READ | RIGHTS_SEARCH);
}

static bool mask_writes(const Rights *rights, const RightsMask *mask, const Facts *facts)
{
    uint32_t class = 1u << facts->class;
    return (mask->write & class) != 0 ||
           ((mask->write_own & class) != 0 && of_his_own(rights, facts));
}

/* He sees all of it, and may write what is of its class about everybody it is about. */
static bool writes(const Rights *rights, uint16_t type, const Facts *facts, uint8_t letters)
{
    if (sees(rights, type, facts, letters) != SIGHT_FULL)
        return false;
    if (facts->subject_count == 0)
        return mask_writes(rights, &rights->nobody, facts);
    for (size_t i = 0; i < facts->subject_count; i++)
        if (!mask_writes(rights, mask_for(rights, facts->subjects[i]), facts))
            return false;
    return true;
}

bool access_may_write(const Access *access, uint16_t type, const Facts *before, const Facts *after)
{
    if (access_is_system(access))
        return true;
    const Rights *rights = access_rights(access);
    if (!rights || (!before && !after))
        return false;
    uint8_t letter = !before ? RIGHTS_CREATE : !after ? RIGHTS_DELETE : RIGHTS_UPDATE;
    if (before && !writes(rights, type, before, letter))
        return false;
    return !after || writes(rights, type, after, letter);
}
