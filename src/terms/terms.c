/* terms/terms.c - the questions of terms.h about value sets and single codes. */
#include "terms/terms.h"

#include "terms/expand.h"

Status terms_new(Ctx *cx, const TermsSource *source, Terms **ret_terms)
{
    Terms *terms = arena_new_of(cx->arena, Terms);
    if (!terms)
        return STATUS_MEMORY;
    terms->arena = cx->arena;
    if (source)
        terms->source = *source;
    *ret_terms = terms;
    return STATUS_OK;
}

static void begin(Terms *terms)
{
    terms->doubt.why = DOUBT_NONE;
    terms->steps = 0;
    assert(terms->depth == 0);
}

Status terms_set(Terms *terms, Ctx *cx, Str canonical, const TermsSet **ret_set)
{
    TermsSet *set = NULL;
    begin(terms);
    TRY(set_load(terms, cx, canonical, &set));
    if (set->missing)
        return ctx_fail_code(cx, STATUS_INVALID, "not-found", STR_EMPTY,
                             "There is no value set " STR_FMT " here.", STR_ARG(canonical));
    *ret_set = set;
    return STATUS_OK;
}

Status terms_set_of(Terms *terms, Ctx *cx, JsonValue *value_set, const TermsSet **ret_set)
{
    Str url = json_get_str(value_set, STR("url"));
    TermsSet *set = NULL;
    begin(terms);
    TRY(set_of_json(terms, cx, url.len ? url : STR("(without a url)"), value_set, &set));
    *ret_set = set;
    return STATUS_OK;
}

/* ---- a code without its system ------------------------------------------------------------ */

static Status add_system(Terms *terms, Ctx *cx, TermsSet *to, Str system)
{
    TRY(terms_work(terms, cx, to->system_count + 1));
    for (size_t i = 0; i < to->system_count; i++) {
        if (str_eq(to->systems[i], system))
            return STATUS_OK;
    }
    if (to->system_count == TERMS_SYSTEMS_MAX)
        to->systems_open = true;
    else if (system.len)
        to->systems[to->system_count++] = system;
    return STATUS_OK;
}

static Status collect_systems(Terms *terms, Ctx *cx, TermsSet *of, TermsSet *to);

static Status collect_from_part(Terms *terms, Ctx *cx, Part *part, TermsSet *to)
{
    TRY(add_system(terms, cx, to, part->system));
    for (uint32_t i = 0; part->list.systems && i < part->list.count; i++)
        TRY(add_system(terms, cx, to, part->list.systems[i]));
    for (size_t i = 0; !part->system.len && i < part->set_count; i++) {
        TermsSet *other = NULL;
        TRY(part_set(terms, cx, part, i, &other));
        TRY(collect_systems(terms, cx, other, to));
    }
    return STATUS_OK;
}

/* Puts the systems of every include of `of` into to->systems. */
static Status collect_systems(Terms *terms, Ctx *cx, TermsSet *of, TermsSet *to)
{
    Status status = STATUS_OK;
    to->systems_open |= of->missing;
    TRY(set_enter(terms, cx, of));
    for (size_t i = 0; i < of->part_count && status == STATUS_OK; i++) {
        if (!of->parts[i].exclude)
            status = collect_from_part(terms, cx, &of->parts[i], to);
    }
    set_leave(terms, of);
    return status;
}

static Status systems_of(Terms *terms, Ctx *cx, TermsSet *set)
{
    if (set->systems_known)
        return STATUS_OK;
    set->systems = arena_array_of(terms->arena, Str, TERMS_SYSTEMS_MAX);
    if (!set->systems)
        return STATUS_MEMORY;
    set->system_count = 0;
    TRY(collect_systems(terms, cx, set, set));
    set->systems_known = true;
    return STATUS_OK;
}

/* SPEC R4 valueset-operation-validate-code.html: only where the result is unambiguous */
static Status has_without_system(Terms *terms, Ctx *cx, TermsSet *set, Str code,
                                 Verdict *ret_verdict)
{
    Verdict any = NO;
    TRY(systems_of(terms, cx, set));
    if (set->systems_open) {
        terms_doubt(terms, DOUBT_SYSTEMS, set->url, STR_EMPTY);
        any = UNSURE;
    }
    for (size_t i = 0; i < set->system_count; i++) {
        Verdict one = NO;
        TRY(set_has(terms, cx, set, set->systems[i], code, &one));
        if (one == YES && any == YES)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "More than one code system of the value set " STR_FMT
                            " has the code: say which is meant.",
                            STR_ARG(set->url));
        if (one == YES || any == NO)
            any = one;
    }
    *ret_verdict = any;
    return STATUS_OK;
}

/* ---- the questions -------------------------------------------------------------------------- */

Status terms_has(Terms *terms, Ctx *cx, const TermsSet *set, Str system, Str code, bool *ret_has)
{
    TermsSet *own = (TermsSet *)set; /* const for the caller; what it remembers is ours */
    Verdict verdict = UNSURE;
    begin(terms);
    if (system.len)
        TRY(set_has(terms, cx, own, system, code, &verdict));
    else
        TRY(has_without_system(terms, cx, own, code, &verdict));
    if (verdict == UNSURE)
        return terms_fail_doubt(terms, cx, "It cannot be told which codes are in the value set",
                                set->url);
    *ret_has = verdict == YES;
    return STATUS_OK;
}

Status terms_member_of(void *to, Ctx *cx, Str value_set, Str system, Str code, bool *ret_is)
{
    const TermsSet *set = NULL;
    TRY(terms_set(to, cx, value_set, &set));
    return terms_has(to, cx, set, system, code, ret_is);
}

Status terms_expand(Terms *terms, Ctx *cx, const TermsSet *set, size_t codes_max,
                    TermsCodes *ret_codes)
{
    List list = {0};
    bool whole = true;
    begin(terms);
    TRY(set_list(terms, cx, (TermsSet *)set, codes_max, &list, &whole));
    if (!whole)
        return terms_fail_doubt(terms, cx, "The codes cannot be listed of the value set", set->url);
    *ret_codes = (TermsCodes){list.items, list.count};
    return STATUS_OK;
}

Status terms_find(Terms *terms, Ctx *cx, Str system, Str code, TermsCode *ret_code, bool *ret_found,
                  bool *ret_sure)
{
    Str version, url = canonical_cut(system, &version);
    System *loaded = NULL;
    begin(terms);
    TRY(system_load(terms, cx, url, version, &loaded));
    uint32_t concept = system_find(loaded, code);
    *ret_found = concept != NOWHERE;
    if (*ret_found)
        *ret_code = system_item(loaded, concept);
    if (ret_sure)
        *ret_sure = *ret_found || loaded->content == CONTENT_COMPLETE;
    return STATUS_OK;
}
