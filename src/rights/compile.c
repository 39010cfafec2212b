/* rights/compile.c - from gists to one verdict for each patient.
 *
 * Giving needs a link (or being the patient, or acting for him) and, for a practitioner, the
 * patient's consent; taking away always wins over giving. */
#include "rights/inner.h"

static int by_patient(const void *a, const void *b)
{
    const Gist *x = *(Gist *const *)a, *y = *(Gist *const *)b;
    if (x->patient != y->patient)
        return x->patient < y->patient ? -1 : 1;
    return x->rid < y->rid ? -1 : x->rid > y->rid;
}

/* ---- one gist ---------------------------------------------------------------------------------
 */

static void take_link(Gathering *g, Verdict *v, const Gist *gist)
{
    if (!gist_holds(gist->from, gist->until, g->now, &g->until) || !gist_names(g, gist, &g->until))
        return;
    if (gist->link == LINK_BREAK_GLASS)
        v->broken = true;
    /* The one to tell people about: the one that holds longest. */
    if (!v->link || v->link->until < gist->until)
        v->link = gist;
}

static bool denies_caller(Gathering *g, const Gist *gist)
{
    if (gist->everybody || (gist->professions & 1u << g->role) != 0)
        return true;
    return gist_names(g, gist, &g->until);
}

static bool takes_all(const Gist *gist)
{
    return !gist->classes && !gist->sensitivity && !gist->clearance;
}

static void take_deny(Verdict *v, const Gist *gist)
{
    if (v->broken && gist->yields)
        return;
    /* Whoever refuses everybody has not consented; whoever names somebody shuts him out. */
    if (takes_all(gist)) {
        v->refused |= gist->everybody;
        v->blocked |= !gist->everybody;
        v->shut |= !gist->everybody && !gist->yields;
    }
    v->without |= gist->classes;
    v->without_sensitivity |= gist->sensitivity;
    if (gist->clearance && (!v->below || gist->clearance < v->below))
        v->below = gist->clearance;
    v->deny = gist;
}

/* A parent, until the child is old enough. The patient's birth date is all that is looked at. */
static Status take_kin(Gathering *g, Verdict *v, const Gist *gist)
{
    Time limit = INT64_MIN;
    if (!gist->parent || !gist_holds(gist->from, gist->until, g->now, &g->until) ||
        !gist_names(g, gist, NULL))
        return STATUS_OK;
    TRY(gather_age_limit(g, gist->about, &limit));
    if (gist_holds(INT64_MIN, limit, g->now, &g->until))
        v->proxy = gist;
    return STATUS_OK;
}

/* ---- one patient ---------------------------------------------------------------------------- */

static Status take(Gathering *g, Verdict *v, const Gist *gist)
{
    switch ((GistKind)gist->kind) {
    case GIST_LINK: take_link(g, v, gist); break;
    case GIST_PERMIT:
        if (gist_holds(gist->from, gist->until, g->now, &g->until))
            v->permit = gist;
        break;
    case GIST_PROXY:
        if (gist_holds(gist->from, gist->until, g->now, &g->until) && gist_names(g, gist, NULL))
            v->proxy = gist;
        break;
    case GIST_KIN: return take_kin(g, v, gist);
    case GIST_DENY: /* when it is known whether the glass is broken */
    case GIST_MEMBER: break;
    }
    return STATUS_OK;
}

/* What is taken from a mask; a mask without classes is as good as none. */
static RightsMask less(RightsMask mask, const Verdict *v)
{
    if (v->blocked)
        return (RightsMask){0};
    mask = rules_without(mask, v->without);
    mask.sensitivity &= (uint16_t)~v->without_sensitivity;
    if (v->below && mask.clearance >= v->below)
        mask.clearance = (uint8_t)(v->below - 1);
    return mask;
}

static void decide(Gathering *g, Verdict *v)
{
    RulesCase how = {.consent = v->permit && !v->refused, .broken = v->broken, .self = v->self};
    v->role = v->self ? g->role : v->proxy ? ROLE_PROXY : g->role;
    if (v->self)
        v->mask = rules_link_mask(g->rules, v->role, how);
    else if (v->proxy)
        /* what is about whom he acts for is his own, as far as the column of a proxy has it */
        v->mask =
            less(rules_link_mask(g->rules, v->role, (RulesCase){.consent = true, .self = true}), v);
    else if (v->link)
        v->mask = less(rules_link_mask(g->rules, v->role, how), v);
    else
        v->mask = less(rules_stranger_mask(g->rules, v->role), v);
}

/* Gists [0, count) are of one patient. */
static Status judge(Gathering *g, Gist **gists, size_t count, Verdict *v)
{
    for (size_t i = 0; i < count; i++)
        TRY(take(g, v, gists[i]));
    v->broken = v->broken && g->role < ACCESS_ROLES && g->rules->roles[g->role].may_break;
    for (size_t i = 0; i < count; i++) {
        if (gists[i]->kind == GIST_DENY && denies_caller(g, gists[i]) &&
            gist_holds(gists[i]->from, gists[i]->until, g->now, &g->until))
            take_deny(v, gists[i]);
    }
    decide(g, v);
    return STATUS_OK;
}

static bool is_patient(Str reference)
{
    return str_has_prefix(reference, STR("Patient/"));
}

/* Whether there is anything to remember about the patient. */
static bool matters(const Verdict *v)
{
    return v->self || v->link || v->proxy || v->deny;
}

static Status add(Gathering *g, Verdict *verdicts, size_t *count, uint64_t patient, Gist **gists,
                  size_t gist_count)
{
    bool self = g->role == ROLE_PATIENT && is_patient(g->reference) && patient == g->self;
    Verdict *v = &verdicts[*count];
    *v = (Verdict){.patient = patient, .self = self};
    TRY(judge(g, gists, gist_count, v));
    *count += matters(v);
    return STATUS_OK;
}

static int by_verdict(const void *a, const void *b)
{
    uint64_t x = ((const Verdict *)a)->patient, y = ((const Verdict *)b)->patient;
    return x < y ? -1 : x > y;
}

Status compile(Gathering *g, Verdict **ret_verdicts, size_t *ret_count)
{
    size_t count = 0, from = 0;
    bool met_self = g->role != ROLE_PATIENT || !is_patient(g->reference);
    Verdict *verdicts = arena_array_of(g->cx->arena, Verdict, g->gist_count + 1);
    if (!verdicts)
        return STATUS_MEMORY;
    if (g->gist_count)
        qsort(g->gists, g->gist_count, sizeof(Gist *), by_patient);
    while (from < g->gist_count) {
        uint64_t patient = g->gists[from]->patient;
        size_t to = from;
        while (to < g->gist_count && g->gists[to]->patient == patient)
            to++;
        met_self |= patient == g->self;
        TRY(add(g, verdicts, &count, patient, g->gists + from, to - from));
        from = to;
    }
    if (!met_self) {
        TRY(add(g, verdicts, &count, g->self, NULL, 0));
        qsort(verdicts, count, sizeof(Verdict), by_verdict);
    }
    *ret_verdicts = verdicts;
    *ret_count = count;
    return STATUS_OK;
}
