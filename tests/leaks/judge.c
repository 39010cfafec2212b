/* leaks/judge.c - the matrix as it is printed, and the sentences around it. */
#include "leaks/judge.h"

#include "access/rights.h"

enum { COLUMNS = 13 };

/* security-model.md 1, line by line. The columns:
 * GP specialist physio nurse psychologist secretary billing pharmacist lab patient proxy auditor
 * admin */
static const char *const printed[ACCESS_CLASSES][COLUMNS] = {
    {"R", "R", "R", "R", "R", "R", "R", "R", "R", "r", "r", "R", "W"},     /* directory */
    {"W", "R", "R", "R", "R", "W", "R", "r", "r", "R", "R", "r", "-"},     /* demographics */
    {"W", "R", "r", "r", "r", "W", "R", "r", "r", "R", "R", "-", "-"},     /* contact */
    {"W", "W", "o", "R", "o", "W", "r", "-", "-", "R", "R", "-", "-"},     /* scheduling */
    {"R", "o", "o", "-", "o", "R", "W", "r", "o", "R", "r", "-", "-"},     /* coverage */
    {"W", "W", "R", "W", "R", "-", "-", "R", "r", "R", "R", "-", "-"},     /* allergies */
    {"W", "W", "r", "R", "r", "-", "-", "W", "r", "R", "R", "-", "-"},     /* medication */
    {"W", "W", "r", "R", "r", "-", "-", "B", "-", "R", "r", "-", "-"},     /* problems */
    {"R", "R", "B", "R", "B", "-", "-", "r", "W", "R", "r", "-", "-"},     /* laboratory */
    {"R", "W", "R", "r", "-", "-", "-", "-", "-", "R", "r", "-", "-"},     /* imaging */
    {"o+R", "o+r", "o", "o", "o", "-", "-", "o", "o", "R", "r", "-", "-"}, /* notes */
    {"R", "r", "W", "r", "-", "-", "-", "-", "-", "R", "r", "-", "-"},     /* rehabilitation */
    {"R", "R", "r", "W", "-", "-", "-", "-", "-", "R", "r", "-", "-"},     /* nursing */
    {"B", "o", "-", "B", "W", "-", "-", "-", "-", "R", "-", "-", "-"},     /* mental health */
    {"-", "-", "-", "-", "o", "-", "-", "-", "-", "-", "-", "-", "-"},     /* psychotherapy */
    {"R", "o", "-", "B", "-", "-", "-", "r", "o", "R", "-", "-", "-"},     /* HIV and its kin */
    {"-", "-", "-", "-", "-", "-", "-", "-", "-", "own", "-", "R", "-"},   /* audit */
    {"-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "R", "W"},     /* configuration */
};

const char *judge_cell(unsigned class, AccessRole role)
{
    return class < ACCESS_CLASSES && role > ROLE_NOBODY && role < ACCESS_ROLES
               ? printed[class][role - 1]
               : "-";
}

static bool is(const char *cell, const char *word)
{
    return strcmp(cell, word) == 0;
}

/* How confidential and how sensitive what each may see is; with the glass broken.
 * docs/guide/access.md */
static const struct {
    AccessRole role;
    char level, broken_level;
    const char *kinds, *broken_kinds;
} clearances[] = {
    {ROLE_GP, 'R', 'V', "HIV SEX GDIS SUD SDV", "HIV SEX GDIS SUD MH SDV"},
    {ROLE_SPECIALIST, 'R', 'R', "HIV SEX GDIS SUD MH SDV", ""},
    {ROLE_PHYSIO, 'N', 'N', "", ""},
    {ROLE_NURSE, 'N', 'R', "", "HIV SEX GDIS SUD MH SDV"},
    {ROLE_PSYCHOLOGIST, 'V', 'V', "MH SUD SDV PSYTHPN", ""},
    {ROLE_SECRETARY, 'N', 'N', "", ""},
    {ROLE_BILLING, 'N', 'N', "", ""},
    {ROLE_PHARMACIST, 'R', 'R', "HIV SEX SUD", ""},
    {ROLE_LAB, 'R', 'R', "HIV SEX GDIS SUD", ""},
    {ROLE_PATIENT, 'V', 'V', "HIV SEX GDIS SUD MH SDV", ""},
    {ROLE_PROXY, 'N', 'N', "", ""},
    {ROLE_AUDITOR, 'N', 'N', "", ""},
    {ROLE_ADMIN, 'N', 'N', "", ""},
};

static const struct {
    unsigned bit;
    const char *word;
} kinds[] = {
    {SENSITIVE_HIV, "HIV"},
    {SENSITIVE_SEXUAL, "SEX"},
    {SENSITIVE_GENETIC, "GDIS"},
    {SENSITIVE_SUBSTANCE, "SUD"},
    {SENSITIVE_MENTAL, "MH"},
    {SENSITIVE_VIOLENCE, "SDV"},
    {SENSITIVE_PSYCHOTHERAPY, "PSYTHPN"},
};

uint16_t judge_kind(Str word)
{
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        if (str_eq(word, str_of(kinds[k].word)))
            return (uint16_t)kinds[k].bit;
    }
    return 0;
}

bool judge_may_break(AccessRole role)
{
    return role == ROLE_GP || role == ROLE_PHYSIO || role == ROLE_NURSE ||
           role == ROLE_PSYCHOLOGIST || role == ROLE_PHARMACIST;
}

static bool is_cleared(AccessRole role, bool broken, const JudgeLink *how, const Facts *facts)
{
    if (how && ((how->below && facts->confidentiality >= how->below) ||
                (facts->sensitivity & how->without_kinds)))
        return false;
    static const char levels[] = "ULMNRV";
    for (size_t i = 0; i < COUNT_OF(clearances); i++) {
        if (clearances[i].role != role)
            continue;
        char level = broken ? clearances[i].broken_level : clearances[i].level;
        if (facts->confidentiality > strchr(levels, level) - levels)
            return false;
        for (size_t k = 0; k < COUNT_OF(kinds); k++) {
            bool granted = strstr(clearances[i].kinds, kinds[k].word) ||
                           (broken && strstr(clearances[i].broken_kinds, kinds[k].word));
            if ((facts->sensitivity & kinds[k].bit) && !granted)
                return false;
        }
        return !(facts->sensitivity >> COUNT_OF(kinds));
    }
    return false;
}

static bool made_it(const Caller *caller, const Facts *facts)
{
    return caller->self_hash && facts->author == caller->self_hash;
}

/* What he made himself, where his profession makes such things. */
static bool may_keep_own(const char *cell)
{
    return cell[0] == 'o' ? !is(cell, "own") : is(cell, "W");
}

/* Who acts for somebody sees what a proxy sees, whatever he is otherwise. */
static AccessRole role_for(const Caller *caller, const JudgeLink *how)
{
    return how && how->proxy && !how->self ? ROLE_PROXY : caller->role;
}

static Sees sees_by_cell(const Caller *caller, const JudgeLink *how, const Facts *facts)
{
    const char *cell = judge_cell(facts->class, role_for(caller, how));
    bool own = made_it(caller, facts) || facts->profession == caller->role;
    if (is(cell, "R") || is(cell, "W") || is(cell, "o+R"))
        return SEES_ALL;
    if (is(cell, "r"))
        return SEES_PART;
    if (is(cell, "o"))
        return own ? SEES_ALL : SEES_NOTHING;
    if (is(cell, "o+r"))
        return own ? SEES_ALL : SEES_PART;
    if (is(cell, "B"))
        return how && how->broken && judge_may_break(caller->role) ? SEES_ALL : SEES_NOTHING;
    if (is(cell, "own"))
        return how && how->self ? SEES_ALL : SEES_NOTHING;
    return SEES_NOTHING;
}

static const JudgeLink *link_with(const Caller *caller, uint64_t patient)
{
    for (size_t i = 0; i < caller->link_count; i++) {
        if (caller->links[i].hash == patient)
            return &caller->links[i];
    }
    return NULL;
}

/* Classes that need no consent: directory, demographics, contact, scheduling, invoices. */
static bool needs_consent(unsigned class)
{
    return class > D4_INVOICES;
}

static Sees sees_of_patient(const Caller *caller, uint64_t patient, const Facts *facts)
{
    const JudgeLink *how = link_with(caller, patient);
    AccessRole role = role_for(caller, how);
    const char *cell = judge_cell(facts->class, role);
    bool broken = how && how->broken && !how->proxy && judge_may_break(caller->role);
    if (how && (how->blocked || how->without & 1u << facts->class))
        return SEES_NOTHING;
    if (!is_cleared(role, broken, how, facts))
        return SEES_NOTHING;
    if (made_it(caller, facts) && may_keep_own(cell))
        return SEES_ALL;
    if (!how || !how->linked) /* the auditor sees whom things are about, whoever that is */
        return caller->role == ROLE_AUDITOR &&
                       (facts->class == D1_DEMOGRAPHICS || facts->class == D16_AUDIT)
                   ? sees_by_cell(caller, NULL, facts)
                   : SEES_NOTHING;
    if (needs_consent(facts->class) && !how->consent && !how->self && !how->proxy && !broken)
        return SEES_NOTHING;
    return sees_by_cell(caller, how, facts);
}

/* Rows about nobody: a directory, a timetable, a bill of the house, what was done, how it is set
 * up. Anything else that is about nobody is its author's. */
static Sees sees_of_nobody(const Caller *caller, const Facts *facts)
{
    const char *cell = judge_cell(facts->class, caller->role);
    if (!is_cleared(caller->role, false, NULL, facts))
        return SEES_NOTHING;
    if (made_it(caller, facts) && may_keep_own(cell))
        return SEES_ALL;
    switch (facts->class) {
    case D0_DIRECTORY:
    case D3_SCHEDULING:
    case D4_INVOICES:
    case D16_AUDIT:
    case D17_CONFIGURATION: return sees_by_cell(caller, NULL, facts);
    default: return SEES_NOTHING;
    }
}

Sees judge_sees(const Caller *caller, uint16_t type, const Facts *facts)
{
    if (!facts || caller->role == ROLE_NOBODY)
        return SEES_NOTHING;
    if (caller->scoped && !(caller->letters[type] & (RIGHTS_READ | RIGHTS_SEARCH)))
        return SEES_NOTHING;
    bool therapy =
        facts->class == D14_PSYCHOTHERAPY || (facts->sensitivity & SENSITIVE_PSYCHOTHERAPY);
    if (therapy && !made_it(caller, facts))
        return SEES_NOTHING;
    if (!facts->subject_count)
        return sees_of_nobody(caller, facts);
    Sees least = SEES_ALL;
    for (size_t i = 0; i < facts->subject_count; i++) {
        uint64_t subject = facts->subjects[i];
        Sees sees = caller->only_patient && subject != caller->only_patient
                        ? SEES_NOTHING
                        : sees_of_patient(caller, subject, facts);
        least = sees < least ? sees : least;
    }
    return least;
}

/* W is of anybody's making, o of his own; about everybody whom the row is about. */
bool judge_may_write(const Caller *caller, uint16_t type, const Facts *facts)
{
    if (judge_sees(caller, type, facts) != SEES_ALL)
        return false;
    if (caller->scoped && !(caller->letters[type] & RIGHTS_UPDATE))
        return false;
    if (!facts->subject_count) {
        const char *cell = judge_cell(facts->class, caller->role);
        return is(cell, "W") ? sees_of_nobody(caller, facts) == SEES_ALL
                             : may_keep_own(cell) && made_it(caller, facts);
    }
    for (size_t i = 0; i < facts->subject_count; i++) {
        const JudgeLink *how = link_with(caller, facts->subjects[i]);
        const char *cell = judge_cell(facts->class, role_for(caller, how));
        bool known = how && how->linked;
        bool new_patient = facts->class == D1_DEMOGRAPHICS || facts->class == D2_CONTACT;
        bool consented = known && (how->consent || how->self || how->proxy || how->broken ||
                                   !needs_consent(facts->class));
        bool own = may_keep_own(cell) && made_it(caller, facts) && (known || new_patient);
        if (!own && !(is(cell, "W") && consented))
            return false;
    }
    return true;
}
