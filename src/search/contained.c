/* search/contained.c - _contained: resources that exist only within others.
 *
 * They have no keys of their own; the index knows which resources contain one of a type, and the
 * content decides. SPEC R4 search.html#contained */
#include "search/sight.h"

typedef struct {
    Plan *plan;
    uint16_t type;
} Within;

/* The next contained resource of the type that answers; NULL at the end. */
static Status next_answer(Run *run, const Within *within, const Subject *container, JsonIter *it,
                          JsonValue **ret_found)
{
    JsonValue *item;
    while (json_next(it, NULL, &item)) {
        bool holds;
        Subject subject = *container;
        subject.type = within->type;
        subject.resource = item;
        subject.updated = SEARCH_NO_DATE;
        subject.container = run->scratch[run->depth].rid;
        if (fhir_type_find(json_get_str(item, STR("resourceType"))) != within->type)
            continue;
        TRY(plan_content_holds(run, within->plan, &subject, &holds));
        *ret_found = item;
        if (holds)
            return STATUS_OK;
    }
    *ret_found = NULL;
    return STATUS_OK;
}

static JsonIter contained_of(const Subject *subject)
{
    return json_iter(json_get(subject->resource, STR("contained")));
}

static Status check_container(Run *run, const void *what, const Place *place, bool *ret_holds)
{
    const Subject *subject;
    JsonValue *found;
    TRY(run_sees_whole(run, key_rid(place_str(place)), ret_holds));
    if (!*ret_holds)
        return STATUS_OK;
    TRY(run_subject(run, key_rid(place_str(place)), &subject));
    JsonIter it = contained_of(subject);
    TRY(next_answer(run, what, subject, &it, &found));
    *ret_holds = found != NULL;
    return STATUS_OK;
}

/* Of a container that is shown in part, what it contains is left out: it cannot be asked. */
Status contained_relation(Run *run, Plan *plan, uint16_t type, Relation **ret_relation)
{
    Within *within = arena_new_of(run->cx->arena, Within);
    Stream *all;
    Key key;
    if (!within)
        return STATUS_MEMORY;
    *within = (Within){plan, type};
    key_begin(&key, KEY_CONTAINED, search_type(run->search, type)->listing);
    TRY(stream_of_list(run, key_str(&key), &all));
    TRY(stream_checked(run, all, check_container, within, &all));
    return relation_of(run, all, ret_relation);
}

/* ---- in place of their containers ------------------------------------------------------- */

static Status show(Run *run, SearchPage *page, size_t row, const JsonValue *resource, size_t *room)
{
    Buf json;
    page->contained = arena_grow(run->cx->arena, page->contained, sizeof(*page->contained),
                                 page->contained_count, room, 32);
    if (!page->contained)
        return STATUS_MEMORY;
    buf_init(&json, run->cx->arena, 1024, 16 << 20);
    json_write(&json, resource, false);
    Str id = arena_str(run->cx->arena, json_get_str(resource, STR("id")));
    page->contained[page->contained_count++] = (SearchContained){row, id, buf_str(&json)};
    return id.at ? buf_done(&json) : STATUS_MEMORY;
}

Status run_contained(Run *run, SearchPage *page)
{
    const SearchQuery *query = run->query;
    size_t room = 0;
    if (query->contained == CONTAINED_NO || !query->contained_alone)
        return STATUS_OK;
    for (size_t row = 0; row < page->count; row++) {
        const Subject *subject;
        TRY(run_subject(run, page->rids[row], &subject));
        for (size_t i = 0; i < query->branch_count; i++) {
            Within within = {run->plans[i], query->branches[i].type};
            JsonIter it = contained_of(subject);
            for (JsonValue *found;;) {
                TRY(next_answer(run, &within, subject, &it, &found));
                if (!found)
                    break;
                TRY(show(run, page, row, found, &room));
            }
        }
    }
    return STATUS_OK;
}
