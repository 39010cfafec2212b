/* terms/codes.c - lists of codes, and what one call may cost.
 *
 * Lists come from resources that anybody may have written: they are sorted, not hashed, so
 * that no choice of codes makes them slow. */
#include "terms/inner.h"

Status codes_room(Terms *terms, CodeList *list, uint32_t n, bool systems)
{
    list->codes = arena_array_of(terms->arena, Str, n + 1u);
    list->displays = arena_array_of(terms->arena, Str, n + 1u);
    list->systems = systems ? arena_array_of(terms->arena, Str, n + 1u) : NULL;
    return list->codes && list->displays && (!systems || list->systems) ? STATUS_OK : STATUS_MEMORY;
}

static int compare_nocase(Str a, Str b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        int x = (unsigned char)a.at[i], y = (unsigned char)b.at[i];
        x += x >= 'A' && x <= 'Z' ? 'a' - 'A' : 0;
        y += y >= 'A' && y <= 'Z' ? 'a' - 'A' : 0;
        if (x != y)
            return x - y;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

/* Order of code, then system. */
static int compare(const CodeList *list, uint32_t i, Str system, Str code)
{
    int order = list->folds ? compare_nocase(list->codes[i], code) : str_cmp(list->codes[i], code);
    return order || !list->systems ? order : str_cmp(list->systems[i], system);
}

/* Equals stay in their order: the first one counts. */
static int compare_places(const void *a, const void *b, void *to)
{
    const CodeList *list = to;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = compare(list, x, list->systems ? list->systems[y] : STR_EMPTY, list->codes[y]);
    return order ? order : x < y ? -1 : x > y;
}

Status codes_index(Terms *terms, Ctx *cx, CodeList *list)
{
    TRY(terms_work(terms, cx, list->count));
    list->order = arena_array_of(terms->arena, uint32_t, list->count + 1u);
    if (!list->order)
        return STATUS_MEMORY;
    for (uint32_t i = 0; i < list->count; i++)
        list->order[i] = i;
    qsort_r(list->order, list->count, sizeof(*list->order), compare_places, list);
    return STATUS_OK;
}

uint32_t codes_find(const CodeList *list, Str system, Str code)
{
    uint32_t low = 0, high = list->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare(list, list->order[middle], system, code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == list->count || compare(list, list->order[low], system, code) != 0)
        return NOWHERE;
    return list->order[low];
}

Status terms_work(Terms *terms, Ctx *cx, size_t steps)
{
    enum { BETWEEN_LOOKS_AT_THE_CLOCK = 65536 };
    size_t before = terms->steps / BETWEEN_LOOKS_AT_THE_CLOCK;
    terms->steps += steps;
    if (terms->steps > TERMS_STEPS_MAX)
        return ctx_fail_code(cx, STATUS_UNSUPPORTED, "too-costly", STR_EMPTY,
                             "Answering would take more than %d steps through code systems and "
                             "value sets.",
                             TERMS_STEPS_MAX);
    if (before != terms->steps / BETWEEN_LOOKS_AT_THE_CLOCK)
        return ctx_check_deadline(cx);
    return STATUS_OK;
}

/* ---- doubts ---------------------------------------------------------------------------- */

void terms_doubt(Terms *terms, Why why, Str a, Str b)
{
    if (!terms->doubt.why)
        terms->doubt = (Doubt){why, a, b};
}

Status terms_fail_doubt(Terms *terms, Ctx *cx, const char *what, Str subject)
{
    static const struct {
        const char *before, *between;
    } words[DOUBT_COUNT] = {
        [DOUBT_NONE] = {"no reason is known", ""},
        [DOUBT_SYSTEM] = {"the code system is not here: ", ""},
        [DOUBT_PARTIAL] = {"only a part of the code system is here: ", ""},
        [DOUBT_HIERARCHY] = {"the hierarchy does not say which code is a kind of which in ", ""},
        [DOUBT_PROPERTY] = {"there is nothing known to filter by in the code system ",
                            ", property "},
        [DOUBT_FILTER_CODE] = {"a filter names a code that is not in the code system ", ""},
        [DOUBT_REGEX] = {"a filter's regular expression cannot be read, on the code system ", ""},
        [DOUBT_REGEX_STEPS] = {"a filter's regular expression takes too many steps, on the code"
                               " system ",
                               ""},
        [DOUBT_OPERATOR] = {"a filter's operator is not supported on the code system ",
                            ", property "},
        [DOUBT_SET] = {"a value set that it includes is not here: ", ""},
        [DOUBT_EXPANSION] = {"only a part of the expansion is stored of ", ""},
        [DOUBT_SYSTEMS] = {"no code system is given, and not all are known that belong to ", ""},
    };
    const Doubt *doubt = &terms->doubt;
    return ctx_fail(cx, STATUS_UNSUPPORTED, STR_EMPTY,
                    "%s " STR_FMT ": %s" STR_FMT "%s" STR_FMT ".", what, STR_ARG(subject),
                    words[doubt->why].before, STR_ARG(doubt->a), words[doubt->why].between,
                    STR_ARG(doubt->b));
}

Status terms_too_costly(Ctx *cx, Str subject, size_t codes_max)
{
    return ctx_fail_code(cx, STATUS_UNSUPPORTED, "too-costly", STR_EMPTY,
                         STR_FMT " has more than %zu codes, which is the limit.", STR_ARG(subject),
                         codes_max);
}
