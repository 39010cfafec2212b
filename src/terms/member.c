/* terms/member.c - whether a value set has a code.
 *
 * A set is what some include has and no exclude has; an include is what its system's part and
 * all its value sets have. Yes decides for includes and no for intersections, whatever else
 * is unsure. SPEC R4 valueset.html#composition */
#include "terms/inner.h"

Status set_enter(Terms *terms, Ctx *cx, TermsSet *set)
{
    if (set->busy)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The value set " STR_FMT " includes itself.",
                        STR_ARG(set->url));
    if (terms->depth == TERMS_DEPTH_MAX)
        return ctx_fail(cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "The value set " STR_FMT " is included by more than %d others in a row.",
                        STR_ARG(set->url), TERMS_DEPTH_MAX);
    TRY(terms_work(terms, cx, 1));
    set->busy = true;
    terms->depth++;
    return STATUS_OK;
}

void set_leave(Terms *terms, TermsSet *set)
{
    set->busy = false;
    terms->depth--;
}

/* ---- one part ----------------------------------------------------------------------------- */

/* The codes of a built-in part, by number: one comparison of 16 bits each. */
static bool row_lists(const PartRow *row, Str code)
{
    const SystemRow *system = &fhir_systems[row->system];
    const uint16_t *slots = fhir_concept_slots + system->slots;
    uint32_t slot = fhir_hash(code) & system->slot_mask;
    while (slots[slot] && !str_eq(fhir_pool_str(fhir_concepts[slots[slot]].code), code))
        slot = (slot + 1) & system->slot_mask;
    for (uint16_t i = 0; slots[slot] && i < row->code_count; i++) {
        if (fhir_set_codes[row->codes + i] == slots[slot])
            return true;
    }
    return false;
}

static Verdict list_has(Terms *terms, const TermsSet *set, const Part *part, Str system, Str code)
{
    if (part->row ? row_lists(part->row, code) : codes_find(&part->list, system, code) != NOWHERE)
        return YES;
    if (!part->open)
        return NO;
    terms_doubt(terms, DOUBT_EXPANSION, set->url, STR_EMPTY);
    return UNSURE;
}

static Status system_has(Terms *terms, Ctx *cx, Part *part, System *system, Str code,
                         Verdict *ret_verdict)
{
    if (!system_is_here(system)) {
        terms_doubt(terms, DOUBT_SYSTEM, system->url, STR_EMPTY);
        *ret_verdict = filters_pass_unseen(part, code);
        return STATUS_OK;
    }
    uint32_t concept = system_find(system, code);
    if (concept != NOWHERE)
        return filters_pass(terms, cx, part, system, concept, ret_verdict);
    *ret_verdict = NO;
    if (system->content != CONTENT_COMPLETE) {
        terms_doubt(terms, DOUBT_PARTIAL, system->url, STR_EMPTY);
        *ret_verdict = UNSURE;
    }
    return STATUS_OK;
}

static Status own_has(Terms *terms, Ctx *cx, const TermsSet *set, Part *part, Str system, Str code,
                      Verdict *ret_verdict)
{
    System *loaded = NULL;
    *ret_verdict = NO;
    if (part->listed && part->list.systems) {
        *ret_verdict = list_has(terms, set, part, system, code);
        return STATUS_OK;
    }
    if (!str_eq(part->system, system))
        return STATUS_OK;
    if (part->listed)
        *ret_verdict = list_has(terms, set, part, system, code);
    if (part->listed && (*ret_verdict == NO || !set->active_only))
        return STATUS_OK;
    TRY(part_system(terms, cx, part, &loaded));
    if (!part->listed)
        TRY(system_has(terms, cx, part, loaded, code, ret_verdict));
    uint32_t concept = set->active_only ? system_find(loaded, code) : NOWHERE;
    if (concept != NOWHERE && system_inactive(loaded, concept))
        *ret_verdict = NO;
    return STATUS_OK;
}

Status part_has(Terms *terms, Ctx *cx, const TermsSet *set, Part *part, Str system, Str code,
                Verdict *ret_verdict)
{
    Verdict all = YES;
    TRY(terms_work(terms, cx, 1));
    if (part->system.len || part->listed)
        TRY(own_has(terms, cx, set, part, system, code, &all));
    for (size_t i = 0; i < part->set_count && all != NO; i++) {
        TermsSet *other = NULL;
        Verdict one = UNSURE;
        TRY(part_set(terms, cx, part, i, &other));
        TRY(set_has(terms, cx, other, system, code, &one));
        if (one != YES)
            all = one;
    }
    *ret_verdict = all;
    return STATUS_OK;
}

/* ---- a whole set -------------------------------------------------------------------------- */

static Status parts_have(Terms *terms, Ctx *cx, TermsSet *set, Str system, Str code, bool exclude,
                         Verdict *ret_verdict)
{
    Verdict any = NO;
    for (size_t i = 0; i < set->part_count && any != YES; i++) {
        Verdict one = NO;
        if (set->parts[i].exclude != exclude)
            continue;
        TRY(part_has(terms, cx, set, &set->parts[i], system, code, &one));
        if (one != NO)
            any = one;
    }
    *ret_verdict = any;
    return STATUS_OK;
}

static Status decide(Terms *terms, Ctx *cx, TermsSet *set, Str system, Str code,
                     Verdict *ret_verdict)
{
    Verdict in = NO, out = NO;
    TRY(parts_have(terms, cx, set, system, code, false, &in));
    if (in != NO)
        TRY(parts_have(terms, cx, set, system, code, true, &out));
    *ret_verdict = out == YES ? NO : in == NO || out == NO ? in : UNSURE;
    return STATUS_OK;
}

Status set_has(Terms *terms, Ctx *cx, TermsSet *set, Str system, Str code, Verdict *ret_verdict)
{
    if (set->missing) {
        terms_doubt(terms, DOUBT_SET, set->asked, STR_EMPTY);
        *ret_verdict = UNSURE;
        return STATUS_OK;
    }
    TRY(set_enter(terms, cx, set));
    Status status = decide(terms, cx, set, system, code, ret_verdict);
    set_leave(terms, set);
    return status;
}
