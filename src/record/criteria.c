/* record/criteria.c - conditions, on top of search.
 *
 * SPEC R4 http.html#ccreate, http.html#cond-update, http.html#3.1.0.7.1 */
#include "record/criteria.h"

#include <stdlib.h>

typedef struct {
    Str name, value; /* decoded */
} Pair;

enum { PAIRS_MAX = SEARCH_CONDITIONS_MAX };

static const Str about_format[] = {STR_INIT("_format"), STR_INIT("_pretty")};
static const Str about_answer[] = {
    STR_INIT("_sort"),          STR_INIT("_count"),  STR_INIT("_include"),  STR_INIT("_revinclude"),
    STR_INIT("_summary"),       STR_INIT("_total"),  STR_INIT("_elements"), STR_INIT("_contained"),
    STR_INIT("_containedType"), STR_INIT("_cursor"), STR_INIT("_score"),
};

/* Whether the name, without its modifier, is in the list. */
static bool is_one_of(Str name, const Str *list, size_t count)
{
    Str bare = name;
    bare = str_cut(&bare, ':');
    for (size_t i = 0; i < count; i++) {
        if (str_eq(bare, list[i]))
            return true;
    }
    return false;
}

static int compare_pairs(const void *a, const void *b)
{
    const Pair *left = a, *right = b;
    int order = str_cmp(left->name, right->name);
    return order ? order : str_cmp(left->value, right->value);
}

static Status check_pair(Ctx *cx, const Pair *pair)
{
    if (is_one_of(pair->name, about_answer, COUNT_OF(about_answer)))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "\"" STR_FMT "\" is about an answer: it cannot stand in a condition.",
                        STR_ARG(pair->name));
    if (!str_trim(pair->value).len)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "\"" STR_FMT "\" has no value.",
                        STR_ARG(pair->name));
    return STATUS_OK;
}

/* The pairs that say what matches, decoded; and the same as they came, for search. */
static Status read_pairs(Ctx *cx, Str text, Pair *pairs, size_t *ret_count, Buf *query)
{
    size_t count = 0;
    for (Str name, value; search_next_pair(&text, &name, &value);) {
        Pair pair;
        TRY(search_decode(cx, name, &pair.name));
        TRY(search_decode(cx, value, &pair.value));
        if (is_one_of(pair.name, about_format, COUNT_OF(about_format)))
            continue;
        TRY(check_pair(cx, &pair));
        if (count == PAIRS_MAX)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A condition has at most %d criteria.",
                            PAIRS_MAX);
        pairs[count++] = pair;
        buf_format(query, STR_FMT "=" STR_FMT "&", STR_ARG(name), STR_ARG(value));
    }
    if (!count)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The condition has no criterion: it would match everything.");
    *ret_count = count;
    return STATUS_OK;
}

/* No decoded text has a NUL, so that nothing else has this name. */
static void add_pair(Buf *name, Str param, Str value)
{
    buf_add_char(name, '\0');
    buf_add_str(name, param);
    buf_add_char(name, '=');
    buf_add_str(name, value);
}

/* "identifier,active" */
static Str names_of(Ctx *cx, const Pair *pairs, size_t count)
{
    Buf names;
    buf_init(&names, cx->arena, 32, 16 * 1024);
    for (size_t i = 0; i < count; i++)
        buf_format(&names, "%s" STR_FMT, i ? "," : "", STR_ARG(pairs[i].name));
    return buf_str(&names);
}

Status criteria_parse(Ctx *cx, uint16_t type, Str text, size_t limit, Criteria *ret_criteria)
{
    Pair pairs[PAIRS_MAX];
    size_t count = 0;
    Buf query, name;
    buf_init(&query, cx->arena, text.len + 24, 64 * 1024);
    TRY(read_pairs(cx, text, pairs, &count, &query));
    buf_format(&query, "_count=%zu", limit);
    TRY(buf_done(&query));
    qsort(pairs, count, sizeof(Pair), compare_pairs);
    buf_init(&name, cx->arena, text.len + 24, 128 * 1024);
    buf_add_str(&name, fhir_type_name(type));
    for (size_t i = 0; i < count; i++)
        add_pair(&name, pairs[i].name, pairs[i].value);
    TRY(buf_done(&name));
    *ret_criteria = (Criteria){.type = type,
                               .name = buf_str(&name),
                               .params = names_of(cx, pairs, count),
                               .query = buf_str(&query)};
    return STATUS_OK;
}

Status criteria_refuse(Ctx *cx, Str query)
{
    for (Str name, value; search_next_pair(&query, &name, &value);) {
        TRY(search_decode(cx, name, &name));
        if (!is_one_of(name, about_format, COUNT_OF(about_format)))
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "This interaction has no parameter \"" STR_FMT "\".", STR_ARG(name));
    }
    return STATUS_OK;
}

/* Always strictly: a criterion that is left out would match everything. */
static Status search(const Scene *scene, Ctx *cx, StoreReader *reader, const Criteria *criteria,
                     SearchPage *ret_page)
{
    const SearchQuery *query;
    SearchScope scope = {.access = scene->access, .type = criteria->type};
    Ctx *before = store_read_into(reader, cx);
    Status status = search_parse(scene->record->search, cx, &scope, criteria->query, &query);
    if (status == STATUS_OK)
        status = search_run(scene->record->search, cx, reader, query, ret_page);
    (void)store_read_into(reader, before);
    return status;
}

static Status read_rows(Ctx *cx, StoreReader *reader, const SearchPage *page, bool with_body,
                        Found *ret_found)
{
    StoreRow *rows = arena_array_of(cx->arena, StoreRow, page->count + 1);
    if (!rows)
        return STATUS_MEMORY;
    TRY(store_get_rids(reader, page->rids, page->count, with_body, rows));
    *ret_found = (Found){rows, page->count, page->next};
    return STATUS_OK;
}

static Str kept(Ctx *cx, Str text)
{
    return text.len ? arena_str(cx->arena, text) : STR_EMPTY;
}

/* Errors from a Ctx whose arena is about to be cleared. */
static void adopt_issues(Ctx *cx, const Ctx *from)
{
    for (const Issue *issue = from->issues; issue; issue = issue->next) {
        Str code = kept(cx, issue->code), place = kept(cx, issue->expression);
        if (!issue->warning && code.at && place.at)
            (void)ctx_fail_code(cx, issue->status, code.at, place, STR_FMT,
                                STR_ARG(issue->diagnostics));
    }
}

Status criteria_find(const Scene *scene, Ctx *cx, Arena *scratch, StoreReader *reader,
                     const Criteria *criteria, bool with_body, Found *ret_found)
{
    SearchPage page;
    if (!scratch) {
        TRY(search(scene, cx, reader, criteria, &page));
        return read_rows(cx, reader, &page, with_body, ret_found);
    }
    Ctx work = {.arena = scratch, .deadline = cx->deadline, .request_id = cx->request_id};
    Status status = search(scene, &work, reader, criteria, &page);
    if (status == STATUS_OK)
        status = read_rows(cx, reader, &page, with_body, ret_found);
    if (status == STATUS_OK)
        ret_found->next = STR_EMPTY; /* it was in scratch */
    adopt_issues(cx, &work);
    arena_clear(scratch);
    return status;
}

static Status ask(const Scene *scene, Ctx *cx, StoreReader *reader, const Criteria *criteria,
                  const SearchSource *sources, size_t count, bool *ret_answers)
{
    const SearchQuery *query;
    SearchScope scope = {.access = scene->access, .type = criteria->type};
    Ctx *before = store_read_into(reader, cx);
    Status status = search_parse(scene->record->search, cx, &scope, criteria->query, &query);
    if (status == STATUS_OK)
        status =
            search_answers(scene->record->search, cx, reader, query, sources, count, ret_answers);
    (void)store_read_into(reader, before);
    return status;
}

Status criteria_ask(const Scene *scene, Ctx *cx, Arena *scratch, StoreReader *reader,
                    const Criteria *criteria, const SearchSource *sources, size_t count,
                    bool *ret_answers)
{
    Ctx work = {.arena = scratch, .deadline = cx->deadline, .request_id = cx->request_id};
    Status status = ask(scene, &work, reader, criteria, sources, count, ret_answers);
    adopt_issues(cx, &work);
    arena_clear(scratch);
    return status;
}

Status criteria_refuse_many(Ctx *cx, uint16_t type)
{
    return ctx_fail_code(cx, STATUS_PRECONDITION, "multiple-matches", STR_EMPTY,
                         "The condition matches more than one " STR_FMT
                         ": it must name one of them.",
                         STR_ARG(fhir_type_name(type)));
}

Str criteria_name(Ctx *cx, uint16_t type, Str param, Str value)
{
    Buf name;
    buf_init(&name, cx->arena, param.len + value.len + 40, 128 * 1024);
    buf_add_str(&name, fhir_type_name(type));
    add_pair(&name, param, value);
    return buf_done(&name) == STATUS_OK ? buf_str(&name) : (Str){NULL, 0};
}
