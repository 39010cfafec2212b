/* terms/expand.c - the codes of a value set as a list. SPEC R4 valueset.html#expansion */
#include "terms/expand.h"

/* ---- a list without doubles --------------------------------------------------------------- */

static uint32_t item_hash(const TermsCode *item)
{
    return fhir_hash(item->code) ^ fhir_hash(item->system) * 31u;
}

static Status grow(Terms *terms, List *list)
{
    size_t room = list->room ? 2 * list->room : 64;
    TermsCode *items = arena_realloc(terms->arena, list->items, list->room * sizeof(*items),
                                     room * sizeof(*items));
    uint32_t *slots = arena_array_of(terms->arena, uint32_t, 2 * room);
    if (!items || !slots)
        return STATUS_MEMORY;
    *list = (List){items, list->count, room, slots};
    for (size_t i = 0; i < list->count; i++) {
        size_t slot = item_hash(&items[i]) & (2 * room - 1);
        while (slots[slot])
            slot = (slot + 1) & (2 * room - 1);
        slots[slot] = (uint32_t)(i + 1);
    }
    return STATUS_OK;
}

/* Each probe is counted as work: codes may be chosen so that they collide. */
static Status list_add(Terms *terms, Ctx *cx, List *list, const TermsCode *item, size_t codes_max,
                       Str subject)
{
    if (list->count == list->room)
        TRY(grow(terms, list));
    size_t mask = 2 * list->room - 1, slot = item_hash(item) & mask;
    for (; list->slots[slot]; slot = (slot + 1) & mask) {
        const TermsCode *other = &list->items[list->slots[slot] - 1];
        if (str_eq(other->code, item->code) && str_eq(other->system, item->system))
            return STATUS_OK;
        TRY(terms_work(terms, cx, 1));
    }
    if (list->count == codes_max)
        return terms_too_costly(cx, subject, codes_max);
    list->items[list->count++] = *item;
    list->slots[slot] = (uint32_t)list->count;
    return STATUS_OK;
}

/* ---- candidates ----------------------------------------------------------------------------- */

typedef struct {
    Terms *terms;
    Ctx *cx;
    TermsSet *set;
    List *list;
    size_t codes_max;
    bool whole; /* false: something cannot be listed */
} Walk;

/* Adds what all value sets of the part from `first` on have, and no exclude. */
static Status offer(Walk *walk, Part *part, size_t first, const TermsCode *item)
{
    TRY(terms_work(walk->terms, walk->cx, 1));
    for (size_t i = first; i < part->set_count; i++) {
        TermsSet *other = NULL;
        Verdict verdict = UNSURE;
        TRY(part_set(walk->terms, walk->cx, part, i, &other));
        TRY(set_has(walk->terms, walk->cx, other, item->system, item->code, &verdict));
        walk->whole &= verdict != UNSURE;
        if (verdict != YES)
            return STATUS_OK;
    }
    for (size_t i = 0; i < walk->set->part_count; i++) {
        Verdict verdict = NO;
        if (walk->set->parts[i].exclude)
            TRY(part_has(walk->terms, walk->cx, walk->set, &walk->set->parts[i], item->system,
                         item->code, &verdict));
        walk->whole &= verdict != UNSURE;
        if (verdict != NO)
            return STATUS_OK;
    }
    return item->inactive && walk->set->active_only
               ? STATUS_OK
               : list_add(walk->terms, walk->cx, walk->list, item, walk->codes_max, walk->set->url);
}

static Status offer_listed(Walk *walk, Part *part)
{
    System *system = NULL;
    if (part->system.len)
        TRY(part_system(walk->terms, walk->cx, part, &system));
    if (part->open) {
        terms_doubt(walk->terms, DOUBT_EXPANSION, walk->set->url, STR_EMPTY);
        walk->whole = false;
    }
    for (uint32_t i = 0; i < part_list_count(part) && walk->whole; i++) {
        TermsCode item = part_list_item(part, i);
        uint32_t concept = system ? system_find(system, item.code) : NOWHERE;
        if (concept != NOWHERE) {
            TermsCode known = system_item(system, concept);
            item.display = item.display.len ? item.display : known.display;
            item.abstract = known.abstract;
            item.inactive = known.inactive;
        }
        TRY(offer(walk, part, 0, &item));
    }
    return STATUS_OK;
}

static Status offer_system(Walk *walk, Part *part)
{
    System *system = NULL;
    TRY(part_system(walk->terms, walk->cx, part, &system));
    if (system->content != CONTENT_COMPLETE) {
        terms_doubt(walk->terms, system_is_here(system) ? DOUBT_PARTIAL : DOUBT_SYSTEM, system->url,
                    STR_EMPTY);
        walk->whole = false;
    }
    for (uint32_t i = 0; i < system->count && walk->whole; i++) {
        Verdict verdict = UNSURE;
        TRY(terms_work(walk->terms, walk->cx, 1));
        if (!system_counts(system, i))
            continue;
        TRY(filters_pass(walk->terms, walk->cx, part, system, i, &verdict));
        TermsCode item = system_item(system, i);
        item.system = part->system;
        walk->whole &= verdict != UNSURE;
        if (verdict == YES)
            TRY(offer(walk, part, 0, &item));
    }
    return STATUS_OK;
}

/* What the first value set has; offer() asks the others. */
static Status offer_import(Walk *walk, Part *part)
{
    TermsSet *first = NULL;
    List list = {0};
    TRY(part_set(walk->terms, walk->cx, part, 0, &first));
    TRY(set_list(walk->terms, walk->cx, first, TERMS_CONCEPTS_MAX, &list, &walk->whole));
    for (size_t i = 0; i < list.count && walk->whole; i++)
        TRY(offer(walk, part, 1, &list.items[i]));
    return STATUS_OK;
}

static Status offer_parts(Walk *walk)
{
    for (size_t i = 0; i < walk->set->part_count && walk->whole; i++) {
        Part *part = &walk->set->parts[i];
        if (part->exclude)
            continue;
        TRY(part->listed       ? offer_listed(walk, part)
            : part->system.len ? offer_system(walk, part)
                               : offer_import(walk, part));
    }
    return STATUS_OK;
}

Status set_list(Terms *terms, Ctx *cx, TermsSet *set, size_t codes_max, List *list, bool *ret_whole)
{
    Walk walk = {terms, cx, set, list, codes_max, true};
    if (set->missing) {
        terms_doubt(terms, DOUBT_SET, set->asked, STR_EMPTY);
        *ret_whole = false;
        return STATUS_OK;
    }
    TRY(set_enter(terms, cx, set));
    Status status = offer_parts(&walk);
    set_leave(terms, set);
    *ret_whole = walk.whole;
    return status;
}
