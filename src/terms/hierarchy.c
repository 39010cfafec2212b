/* terms/hierarchy.c - what is above and below a code.
 *
 * A code system is a tree by nesting, with further parents here and there. Marks spread from
 * one concept in passes over the whole system until a pass adds none: parents mostly stand
 * before their children, so two passes are the rule, and a circle ends by itself. */
#include "terms/inner.h"

static bool mark(bool *marks, uint32_t child, uint32_t parent, bool up)
{
    uint32_t from = up ? child : parent, to = up ? parent : child;
    if (!marks[from] || marks[to])
        return false;
    marks[to] = true;
    return true;
}

static bool spread(const System *system, bool *marks, bool up)
{
    bool more = false;
    for (uint32_t i = 0; i < system->count; i++) {
        uint32_t child = up ? system->count - 1 - i : i, parent = system_parent(system, child);
        if (parent != NOWHERE)
            more |= mark(marks, child, parent, up);
    }
    for (size_t i = 0; i < system->edge_count; i++)
        more |= mark(marks, system->edges[i].child, system->edges[i].parent, up);
    return more;
}

Status system_marks(Terms *terms, Ctx *cx, System *system, uint32_t concept, bool up,
                    const bool **ret_marks)
{
    for (const Marks *marks = system->marks; marks; marks = marks->next) {
        if (marks->concept == concept && marks->up == up) {
            *ret_marks = marks->at;
            return STATUS_OK;
        }
    }
    Marks *marks = arena_new_of(terms->arena, Marks);
    bool *at = arena_array_of(terms->arena, bool, system->count);
    if (!marks || !at)
        return STATUS_MEMORY;
    at[concept] = true;
    do {
        TRY(terms_work(terms, cx, system->count + system->edge_count));
    } while (spread(system, at, up));
    *marks = (Marks){system->marks, concept, up, at};
    system->marks = marks;
    *ret_marks = at;
    return STATUS_OK;
}

/* ---- direct relatives ---------------------------------------------------------------------- */

static int by_child(const void *a, const void *b)
{
    const Edge *x = a, *y = b;
    uint32_t i = x->child, j = y->child;
    if (i == j) {
        i = x->parent;
        j = y->parent;
    }
    return i < j ? -1 : i > j;
}

static int by_parent(const void *a, const void *b)
{
    const Edge *x = a, *y = b;
    Edge p = {x->parent, x->child}, q = {y->parent, y->child};
    return by_child(&p, &q);
}

static Status relate(Terms *terms, Ctx *cx, System *system)
{
    size_t count = 0, room = system->count + system->edge_count + 1;
    Edge *up = arena_array_of(terms->arena, Edge, room);
    Edge *down = arena_array_of(terms->arena, Edge, room);
    if (!up || !down)
        return STATUS_MEMORY;
    TRY(terms_work(terms, cx, room));
    for (uint32_t i = 0; i < system->count; i++) {
        if (system_parent(system, i) != NOWHERE)
            up[count++] = (Edge){i, system_parent(system, i)};
    }
    for (size_t i = 0; i < system->edge_count; i++)
        up[count++] = system->edges[i];
    memcpy(down, up, count * sizeof(*up));
    qsort(up, count, sizeof(*up), by_child);
    qsort(down, count, sizeof(*down), by_parent);
    system->by_parent = down;
    system->by_child = up;
    system->relation_count = count;
    return STATUS_OK;
}

Status system_relatives(Terms *terms, Ctx *cx, System *system, uint32_t concept, bool parents,
                        const Edge **ret_edges, size_t *ret_count)
{
    if (!system->by_child)
        TRY(relate(terms, cx, system));
    const Edge *edges = parents ? system->by_child : system->by_parent;
    size_t low = 0, high = system->relation_count, count = 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if ((parents ? edges[middle].child : edges[middle].parent) < concept)
            low = middle + 1;
        else
            high = middle;
    }
    while (low + count < system->relation_count &&
           (parents ? edges[low + count].child : edges[low + count].parent) == concept)
        count++;
    *ret_edges = edges + low;
    *ret_count = count;
    return terms_work(terms, cx, count + 1);
}

/* ---- the questions ------------------------------------------------------------------------- */

/* A system whose hierarchy can be asked, and the place of the code in it. */
static Status find_in_hierarchy(Terms *terms, Ctx *cx, Str canonical, Str code, System **ret_system,
                                uint32_t *ret_concept)
{
    Str version, url = canonical_cut(canonical, &version);
    System *system;
    terms->doubt.why = DOUBT_NONE;
    terms->steps = 0;
    if (!url.len)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "What is above or below a code can only be told with its code system: "
                        "system|code.");
    TRY(system_load(terms, cx, url, version, &system));
    if (!system_is_here(system))
        terms_doubt(terms, DOUBT_SYSTEM, system->url, STR_EMPTY);
    else if (system->content != CONTENT_COMPLETE)
        terms_doubt(terms, DOUBT_PARTIAL, system->url, STR_EMPTY);
    else if (system->flags & SYSTEM_NOT_IS_A)
        terms_doubt(terms, DOUBT_HIERARCHY, system->url, STR_EMPTY);
    if (terms->doubt.why)
        return terms_fail_doubt(terms, cx, "What is above or below cannot be told for",
                                system->url);
    uint32_t concept = system_find(system, code);
    if (concept == NOWHERE)
        return ctx_fail_code(cx, STATUS_INVALID, "code-invalid", STR_EMPTY,
                             "The code system " STR_FMT " has no such code.", STR_ARG(system->url));
    *ret_system = system;
    *ret_concept = concept;
    return STATUS_OK;
}

static Status list_marked(Terms *terms, Ctx *cx, Str url, Str code, bool up, size_t codes_max,
                          TermsCodes *ret_codes)
{
    System *system = NULL;
    uint32_t concept = 0;
    const bool *marks = NULL;
    size_t count = 0;
    TRY(find_in_hierarchy(terms, cx, url, code, &system, &concept));
    TRY(system_marks(terms, cx, system, concept, up, &marks));
    for (uint32_t i = 0; i < system->count; i++)
        count += marks[i] && system_counts(system, i);
    if (count > codes_max)
        return terms_too_costly(cx, system->url, codes_max);
    TermsCode *items = arena_array_of(terms->arena, TermsCode, count);
    if (!items)
        return STATUS_MEMORY;
    count = 0;
    for (uint32_t i = 0; i < system->count; i++) {
        if (marks[i] && system_counts(system, i))
            items[count++] = system_item(system, i);
    }
    *ret_codes = (TermsCodes){items, count};
    return STATUS_OK;
}

Status terms_below(Terms *terms, Ctx *cx, Str system, Str code, size_t codes_max,
                   TermsCodes *ret_codes)
{
    return list_marked(terms, cx, system, code, false, codes_max, ret_codes);
}

Status terms_above(Terms *terms, Ctx *cx, Str system, Str code, size_t codes_max,
                   TermsCodes *ret_codes)
{
    return list_marked(terms, cx, system, code, true, codes_max, ret_codes);
}

Status terms_subsumes(Terms *terms, Ctx *cx, Str system, Str upper, Str lower, bool *ret_subsumes)
{
    System *loaded = NULL;
    uint32_t above = 0, below = 0;
    const bool *marks = NULL;
    TRY(find_in_hierarchy(terms, cx, system, lower, &loaded, &below));
    TRY(find_in_hierarchy(terms, cx, system, upper, &loaded, &above));
    TRY(system_marks(terms, cx, loaded, above, false, &marks));
    *ret_subsumes = marks[below];
    return STATUS_OK;
}
