/* search/plan.c - how a query is answered: which conditions drive, which are only checked.
 *
 * Lists that stand in order cost nothing until they are walked, so they are opened first and
 * leapt along together. When they leave few resources, the rest is asked of those; when
 * not, the other conditions gather their places from the index, within a budget; what has too
 * many is checked resource by resource. So no query is slower than reading its type once. */
#include "search/run.h"
#include "search/test.h"

enum {
    PROBE_MAX = 200,    /* matches of the ordered lists that are "few" */
    GATHER_MAX = 10000, /* places that one condition may gather and sort */
    TARGETS_MAX = 1000, /* matches on the far side of a chain or _has */
};

struct Plan {
    const Node *node;
    Plan *children, *next;
    Stream *stream; /* everything that answers; NULL: it can only be checked */
    bool many;      /* could be gathered, but is too much */
    /* of chains and _has */
    Stream *child_stream;
    uint64_t *known; /* hashes of references, the last bit says whether it holds; open table */
    size_t known_count, known_room;
    StoreCursor *cursor; /* over what refers to a candidate */
};

static Status plan_open(Run *run, Plan *plan, size_t budget);
static Status chain_holds(Run *run, Plan *plan, uint64_t rid, bool *ret_holds);

/* ---- making -------------------------------------------------------------------------- */

Status plan_make(Run *run, const Node *node, Plan **ret_plan)
{
    Plan *plan = arena_new_of(run->cx->arena, Plan), **link;
    if (!plan)
        return STATUS_MEMORY;
    plan->node = node;
    if (node->kind == NODE_TEST && codes_are_meant(&node->condition)) {
        Node *listed = arena_new_of(run->cx->arena, Node);
        if (!listed)
            return STATUS_MEMORY;
        *listed = *node;
        TRY(codes_resolve(run, &listed->condition));
        plan->node = listed;
    }
    link = &plan->children;
    for (const Node *child = node->children; child; child = child->next) {
        TRY(plan_make(run, child, link));
        link = &(*link)->next;
    }
    *ret_plan = plan;
    return STATUS_OK;
}

static size_t count_children(const Plan *plan)
{
    size_t count = 0;
    for (const Plan *child = plan->children; child; child = child->next)
        count++;
    return count;
}

static Status list_of_type(Run *run, uint16_t type, Stream **ret_stream)
{
    Key key;
    key_begin(&key, KEY_LISTING, search_type(run->search, type)->listing);
    return stream_of_list(run, key_str(&key), ret_stream);
}

static Str reference_to(Run *run, uint16_t type, Str id)
{
    return arena_format(run->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(type)),
                        STR_ARG(id));
}

/* ---- ids and lists ------------------------------------------------------------------------ */

static Status open_references(Run *run, Plan *plan, const Str *references, size_t count)
{
    Places places = {0};
    for (size_t i = 0; i < count; i++) {
        Place place;
        bool found;
        TRY(run_place_of(run, references[i], &place, &found));
        if (found)
            TRY(places_add(run, &places, place_str(&place)));
    }
    return stream_of_places(run, places.at, places.count, &plan->stream);
}

static Status open_ids(Run *run, Plan *plan)
{
    const Node *node = plan->node;
    Str *references = arena_array_of(run->cx->arena, Str, node->id_count + 1);
    if (!references)
        return STATUS_MEMORY;
    for (size_t i = 0; i < node->id_count; i++) {
        references[i] = reference_to(run, node->type, node->ids[i]);
        if (!references[i].at)
            return STATUS_MEMORY;
    }
    return open_references(run, plan, references, node->id_count);
}

/* The entries of List/id that are not deleted and of this type. SPEC R4 search.html#list */
static Status open_list(Run *run, Plan *plan)
{
    Places places = {0};
    uint16_t list = fhir_type_find(STR("List"));
    for (size_t i = 0; i < plan->node->id_count; i++) {
        StoreRow row;
        JsonValue *body, *entry;
        Status status = store_get(run->reader, list, plan->node->ids[i], true, &row);
        if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted))
            continue;
        TRY(status);
        TRY(json_parse(run->cx, row.body, &body));
        for (JsonIter it = json_iter(json_get(body, STR("entry"))); json_next(&it, NULL, &entry);) {
            Place place;
            bool found;
            Str text = json_get_str(json_get(entry, STR("item")), STR("reference"));
            Str rest = text = search_reference_bare(run->search, text);
            if (json_bool(json_get(entry, STR("deleted"))) ||
                fhir_type_find(str_cut(&rest, '/')) != plan->node->type)
                continue;
            TRY(run_place_of(run, text, &place, &found));
            if (found)
                TRY(places_add(run, &places, place_str(&place)));
        }
    }
    return stream_of_places(run, places.at, places.count, &plan->stream);
}

/* ---- chains --------------------------------------------------------------------------------- */

/* The resources of a stream, when they are at most max. */
static Status collect(Run *run, Stream *stream, size_t max, uint64_t *rids, size_t *ret_count,
                      bool *ret_all)
{
    Place from = {{0}}, place;
    *ret_count = 0;
    for (;;) {
        TRY(run_tick(run));
        TRY(stream_seek(run, stream, &from, &place, ret_all));
        if (!*ret_all || *ret_count == max) {
            *ret_all = !*ret_all;
            return STATUS_OK;
        }
        rids[(*ret_count)++] = key_rid(place_str(&place));
        from = place;
        if (!place_after(&from)) {
            *ret_all = true;
            return STATUS_OK;
        }
    }
}

static Status reference_key(Run *run, const SearchParam *param, Str reference, Key *ret_key)
{
    if (!reference.at)
        return STATUS_MEMORY;
    key_begin(ret_key, KEY_REFERENCE, param->id);
    key_add_hash(ret_key, search_hash(run->search, reference));
    return STATUS_OK;
}

/* What contains a resource of the far type and is of the near one: its own reference may lead
 * there. SPEC R4 search.html#contained */
static Status check_inner(Run *run, const void *what, const Place *place, bool *ret_holds)
{
    Plan *plan = (Plan *)what;
    const Subject *subject;
    TRY(run_subject(run, key_rid(place_str(place)), &subject));
    *ret_holds = false;
    return subject->type == plan->node->type
               ? chain_holds(run, plan, key_rid(place_str(place)), ret_holds)
               : STATUS_OK;
}

static Status inner_targets(Run *run, Plan *plan, Stream **ret_stream)
{
    Stream *containers;
    Key key;
    key_begin(&key, KEY_CONTAINED, search_type(run->search, plan->children->node->type)->listing);
    TRY(stream_of_list(run, key_str(&key), &containers));
    return stream_checked(run, containers, check_inner, plan, ret_stream);
}

/* Few on the far side: the lists of what refers to each of them. */
static Status open_chain(Run *run, Plan *plan)
{
    uint64_t *rids = arena_array_of(run->cx->arena, uint64_t, TARGETS_MAX);
    Str *prefixes = arena_array_of(run->cx->arena, Str, TARGETS_MAX);
    size_t count;
    bool all;
    if (!rids || !prefixes)
        return STATUS_MEMORY;
    TRY(plan_stream(run, plan->children, &plan->child_stream));
    TRY(collect(run, plan->child_stream, TARGETS_MAX, rids, &count, &all));
    if (!all)
        return STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        StoreRow row;
        Key key;
        TRY(store_get_rid(run->reader, rids[i], false, &row));
        TRY(reference_key(run, plan->node->param, reference_to(run, row.type, row.id), &key));
        prefixes[i] = arena_str(run->cx->arena, key_str(&key));
        if (!prefixes[i].at)
            return STATUS_MEMORY;
    }
    Stream **sides = arena_array_of(run->cx->arena, Stream *, 2);
    if (!sides)
        return STATUS_MEMORY;
    TRY(count ? stream_of_lists(run, prefixes, count, &sides[0])
              : stream_of_places(run, NULL, 0, &sides[0]));
    TRY(inner_targets(run, plan, &sides[1]));
    return stream_union(run, sides, 2, &plan->stream);
}

/* What a chain has found out about references, so that each target is asked once. */
static size_t known_slot(const Plan *plan, uint64_t hash)
{
    size_t mask = plan->known_room - 1, at = hash >> 1 & mask;
    while (plan->known[at] && plan->known[at] >> 1 != hash >> 1)
        at = (at + 1) & mask;
    return at;
}

static uint64_t what_is_known(Run *run, const Plan *plan, Str reference)
{
    return plan->known_room ? plan->known[known_slot(plan, search_hash(run->search, reference))]
                            : 0;
}

static Status remember(Run *run, Plan *plan, Str reference, bool holds)
{
    if (plan->known_count * 2 >= plan->known_room) {
        Plan grown = *plan;
        grown.known_room = plan->known_room ? plan->known_room * 2 : 256;
        grown.known = arena_array_of(run->cx->arena, uint64_t, grown.known_room);
        if (!grown.known)
            return STATUS_MEMORY;
        for (size_t i = 0; i < plan->known_room; i++) {
            if (plan->known[i])
                grown.known[known_slot(&grown, plan->known[i])] = plan->known[i];
        }
        *plan = grown;
    }
    uint64_t hash = search_hash(run->search, reference) & ~(uint64_t)1;
    plan->known[known_slot(plan, hash)] = hash | holds;
    plan->known_count++;
    return STATUS_OK;
}

/* The references of one resource that lead on. */
typedef struct {
    Run *run;
    uint16_t type;    /* only references to it */
    const Plan *plan; /* that knows some of them already, or NULL */
    bool holds;       /* one that is known does */
    Str *at;
    size_t count, room;
} References;

static Status keep_reference(void *to, const Value *value)
{
    References *list = to;
    Str rest = value->text;
    uint16_t type = fhir_type_find(str_cut(&rest, '/'));
    bool inner = str_has_prefix(value->text, STR("#"));
    if (type != list->type && !inner)
        return STATUS_OK;
    uint64_t known = list->plan && !inner ? what_is_known(list->run, list->plan, value->text) : 0;
    list->holds = list->holds || (known & 1);
    if (known)
        return STATUS_OK;
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 16;
        list->at = arena_realloc(list->run->cx->arena, list->at, list->room * sizeof(Str),
                                 room * sizeof(Str));
        if (!list->at)
            return STATUS_MEMORY;
        list->room = room;
    }
    list->at[list->count] = arena_str(list->run->cx->arena, value->text);
    return list->at[list->count++].at ? STATUS_OK : STATUS_MEMORY;
}

static Status references_of(Run *run, uint64_t rid, const SearchParam *param, References *list)
{
    const Subject *subject;
    TRY(run_subject(run, rid, &subject));
    return search_values(subject, param, keep_reference, list);
}

/* Few that refer: what they refer to. */
static Status open_has(Run *run, Plan *plan)
{
    uint64_t *rids = arena_array_of(run->cx->arena, uint64_t, TARGETS_MAX);
    References list = {.run = run, .type = plan->node->type};
    size_t count;
    bool all;
    if (!rids)
        return STATUS_MEMORY;
    TRY(plan_stream(run, plan->children, &plan->child_stream));
    TRY(collect(run, plan->child_stream, TARGETS_MAX, rids, &count, &all));
    for (size_t i = 0; all && i < count; i++)
        TRY(references_of(run, rids[i], plan->node->param, &list));
    return all ? open_references(run, plan, list.at, list.count) : STATUS_OK;
}

/* ---- and, or -----------------------------------------------------------------------------------
 */

static bool is_listed(const Run *run, const Node *node)
{
    return node->kind == NODE_IDS || node->kind == NODE_LIST ||
           (node->kind == NODE_TEST && condition_is_listed(run, &node->condition));
}

typedef enum { STAGE_LISTS, STAGE_GATHER, STAGE_FORCE } Stage;

/* Opens what belongs to the stage; adds what drives. */
static Status open_stage(Run *run, Plan *plan, Stage stage, Stream **drivers, size_t *count)
{
    for (Plan *child = plan->children; child; child = child->next) {
        bool listed = is_listed(run, child->node);
        if (child->stream || (stage == STAGE_LISTS) != listed ||
            (stage == STAGE_FORCE && (!child->many || *count)))
            continue;
        TRY(plan_open(run, child, stage == STAGE_FORCE ? SIZE_MAX : GATHER_MAX));
        if (child->stream)
            drivers[(*count)++] = child->stream;
    }
    return STATUS_OK;
}

/* Whether each child that does not drive holds. */
static Status check_others(Run *run, const void *what, const Place *place, bool *ret_holds)
{
    const Plan *plan = what;
    *ret_holds = true;
    for (Plan *child = plan->children; child && *ret_holds; child = child->next) {
        if (!child->stream)
            TRY(plan_holds(run, child, place, ret_holds));
    }
    return STATUS_OK;
}

static bool any_unopened(const Plan *plan)
{
    for (const Plan *child = plan->children; child; child = child->next) {
        if (!child->stream)
            return true;
    }
    return false;
}

/* The common places of the lists, when they are few: they drive alone. */
static Status probe(Run *run, Stream **drivers, size_t count, bool *ret_few, Stream **ret_stream)
{
    Stream *common;
    Places places = {0};
    Place from = {{0}}, place;
    bool found = true;
    TRY(stream_all(run, drivers, count, NULL, NULL, &common));
    while (places.count < PROBE_MAX) {
        TRY(stream_seek(run, common, &from, &place, &found));
        if (!found)
            break;
        TRY(places_add(run, &places, place_str(&place)));
        from = place;
        found = place_after(&from);
        if (!found)
            break;
    }
    *ret_few = !found;
    return *ret_few ? stream_of_places(run, places.at, places.count, ret_stream) : STATUS_OK;
}

static Str name_of(const Node *node)
{
    static const Str names[] = {
        [NODE_ALL] = STR_INIT("all"),  [NODE_AND] = STR_INIT("and"),
        [NODE_OR] = STR_INIT("or"),    [NODE_NOT] = STR_INIT("not"),
        [NODE_IDS] = STR_INIT("_id"),  [NODE_LIST] = STR_INIT("_list"),
        [NODE_HAS] = STR_INIT("_has"), [NODE_CHAIN] = STR_INIT("chain"),
    };
    return node->kind == NODE_TEST ? node->condition.param->code : names[node->kind];
}

/* "Observation: driven by patient, code; checked value-quantity. " */
static void note(Run *run, const Plan *plan, bool few, bool listing)
{
    buf_format(&run->notes, STR_FMT ": driven by", STR_ARG(fhir_type_name(plan->node->type)));
    for (const Plan *child = plan->children; child; child = child->next) {
        if (child->stream)
            buf_format(&run->notes, " " STR_FMT, STR_ARG(name_of(child->node)));
    }
    buf_format(&run->notes, "%s%s", listing ? " all of the type" : "", few ? " (few)" : "");
    for (const Plan *child = plan->children; child; child = child->next) {
        if (!child->stream)
            buf_format(&run->notes, ", checked " STR_FMT, STR_ARG(name_of(child->node)));
    }
    buf_add_lit(&run->notes, ". ");
}

/* Whether gathering a condition in full is cheaper than reading the type until a page is full: a
 * sample of the type tells how many have to be read. A count reads all. */
static Status force_pays(Run *run, Plan *plan, bool *ret_pays)
{
    enum { SAMPLE = 200, READS_THAT_PAY = 2000 };
    Stream *all;
    Place from = {{0}}, place;
    size_t hits = 0;
    bool found = true, can = false;
    for (const Plan *child = plan->children; child; child = child->next)
        can = can || child->many;
    *ret_pays = can && run->counting;
    if (!can || run->counting)
        return STATUS_OK;
    TRY(list_of_type(run, plan->node->type, &all));
    for (size_t i = 0; i < SAMPLE; i++) {
        bool holds;
        TRY(stream_seek(run, all, &from, &place, &found));
        if (!found)
            return STATUS_OK; /* that was the whole type */
        TRY(check_others(run, plan, &place, &holds));
        hits += holds;
        from = place;
        if (!place_after(&from))
            return STATUS_OK;
    }
    *ret_pays = run->query->limit * SAMPLE > hits * READS_THAT_PAY;
    return STATUS_OK;
}

static Status open_and(Run *run, Plan *plan)
{
    Stream **drivers = arena_array_of(run->cx->arena, Stream *, count_children(plan) + 1);
    size_t count = 0;
    bool few = false;
    if (!drivers)
        return STATUS_MEMORY;
    TRY(open_stage(run, plan, STAGE_LISTS, drivers, &count));
    if (count && any_unopened(plan))
        TRY(probe(run, drivers, count, &few, &drivers[0]));
    if (few)
        count = 1;
    else
        TRY(open_stage(run, plan, STAGE_GATHER, drivers, &count));
    if (!count) {
        bool force;
        TRY(force_pays(run, plan, &force));
        if (force)
            TRY(open_stage(run, plan, STAGE_FORCE, drivers, &count));
    }
    if (run->query->explain)
        note(run, plan, few, !count);
    if (!count)
        TRY(list_of_type(run, plan->node->type, &drivers[count++]));
    return stream_all(run, drivers, count, any_unopened(plan) ? check_others : NULL, plan,
                      &plan->stream);
}

/* All sides must be able to drive. */
static Status open_or(Run *run, Plan *plan, size_t budget)
{
    Stream **sides = arena_array_of(run->cx->arena, Stream *, count_children(plan) + 1);
    size_t count = 0;
    if (!sides)
        return STATUS_MEMORY;
    for (Plan *child = plan->children; child; child = child->next) {
        TRY(plan_open(run, child, budget));
        plan->many = plan->many || child->many;
        if (!child->stream)
            return STATUS_OK;
        sides[count++] = child->stream;
    }
    plan->many = false;
    return count ? stream_union(run, sides, count, &plan->stream)
                 : stream_of_places(run, NULL, 0, &plan->stream);
}

/* Sets plan->stream when the node can be enumerated within the budget. */
static Status plan_open(Run *run, Plan *plan, size_t budget)
{
    const Node *node = plan->node;
    if (plan->stream)
        return STATUS_OK;
    switch (node->kind) {
    case NODE_ALL: return list_of_type(run, node->type, &plan->stream);
    case NODE_TEST:
        return condition_stream(run, &node->condition, budget, &plan->stream, &plan->many);
    case NODE_AND: return open_and(run, plan);
    case NODE_OR: return open_or(run, plan, budget);
    case NODE_NOT: return STATUS_OK;
    case NODE_IDS: return open_ids(run, plan);
    case NODE_LIST: return open_list(run, plan);
    case NODE_CHAIN: return open_chain(run, plan);
    case NODE_HAS: return open_has(run, plan);
    }
    return STATUS_INTERNAL;
}

static Status check_plan(Run *run, const void *what, const Place *place, bool *ret_holds)
{
    return plan_holds(run, (Plan *)what, place, ret_holds);
}

/* What cannot be enumerated is looked for among all of its type. */
Status plan_stream(Run *run, Plan *plan, Stream **ret_stream)
{
    Stream *all;
    TRY(plan_open(run, plan, GATHER_MAX));
    if (!plan->stream && plan->many && run->counting)
        TRY(plan_open(run, plan, SIZE_MAX));
    *ret_stream = plan->stream;
    if (plan->stream)
        return STATUS_OK;
    TRY(list_of_type(run, plan->node->type, &all));
    return stream_checked(run, all, check_plan, plan, ret_stream);
}

/* ---- checking
 * ------------------------------------------------------------------------------------- */

static Status inner_holds(Run *run, Plan *plan, uint64_t rid, Str reference, bool *ret_holds)
{
    const Subject *container;
    JsonValue *item;
    TRY(run_subject(run, rid, &container));
    JsonIter it = json_iter(json_get(container->resource, STR("contained")));
    while (!*ret_holds && json_next(&it, NULL, &item)) {
        Subject subject = *container;
        subject.resource = item;
        subject.updated = SEARCH_NO_DATE;
        subject.container = rid;
        subject.type = fhir_type_find(json_get_str(item, STR("resourceType")));
        if (subject.type == plan->children->node->type &&
            str_eq(json_get_str(item, STR("id")), str_from(reference, 1)))
            return plan_content_holds(run, plan->children, &subject, ret_holds);
    }
    return STATUS_OK;
}

static Status target_holds(Run *run, Plan *plan, Str reference, bool *ret_holds)
{
    Place place;
    bool found;
    TRY(run_place_of(run, reference, &place, &found));
    if (found)
        TRY(plan_holds(run, plan->children, &place, ret_holds));
    return remember(run, plan, reference, *ret_holds);
}

/* Whether some target of the candidate's references answers the child. */
static Status chain_holds(Run *run, Plan *plan, uint64_t rid, bool *ret_holds)
{
    References list = {.run = run, .type = plan->children->node->type, .plan = plan};
    TRY(references_of(run, rid, plan->node->param, &list));
    *ret_holds = list.holds;
    for (size_t i = 0; i < list.count && !*ret_holds; i++)
        TRY(str_has_prefix(list.at[i], STR("#"))
                ? inner_holds(run, plan, rid, list.at[i], ret_holds)
                : target_holds(run, plan, list.at[i], ret_holds));
    return STATUS_OK;
}

/* Whether anything that refers to the candidate answers the child, newest first. */
static Status has_holds(Run *run, Plan *plan, uint64_t rid, bool *ret_holds)
{
    StoreRow row;
    Key key;
    TRY(store_get_rid(run->reader, rid, false, &row));
    TRY(reference_key(run, plan->node->param, reference_to(run, row.type, row.id), &key));
    if (!plan->child_stream)
        TRY(plan_stream(run, plan->children, &plan->child_stream));
    if (!plan->cursor)
        TRY(store_cursor(run->reader, key_str(&key), &plan->cursor));
    TRY(store_cursor_again(plan->cursor, key_str(&key)));
    *ret_holds = false;
    while (!*ret_holds) {
        Str at;
        Place place;
        TRY(store_cursor_next(plan->cursor, &at));
        run->keys_seen++;
        if (!at.at)
            return STATUS_OK;
        memcpy(place.at, key_place(at).at, KEY_PLACE);
        TRY(stream_has(run, plan->child_stream, &place, ret_holds));
    }
    return STATUS_OK;
}

static Status resource_holds(Run *run, const Node *node, uint64_t rid, bool *ret_holds)
{
    const Subject *subject;
    TRY(run_subject(run, rid, &subject));
    *ret_holds = subject->type == node->type;
    return node->kind == NODE_TEST && *ret_holds
               ? test_resource(subject, &node->condition, ret_holds)
               : STATUS_OK;
}

static Status combined_holds(Run *run, Plan *plan, const Place *place, bool *ret_holds)
{
    bool until = plan->node->kind == NODE_OR;
    *ret_holds = !until;
    for (Plan *child = plan->children; child && *ret_holds != until; child = child->next)
        TRY(plan_holds(run, child, place, ret_holds));
    return STATUS_OK;
}

Status plan_holds(Run *run, Plan *plan, const Place *place, bool *ret_holds)
{
    uint64_t rid = key_rid(place_str(place));
    if (!plan->stream && !plan->many &&
        is_listed(run, plan->node)) /* a seek is cheaper than reading */
        TRY(plan_open(run, plan, GATHER_MAX));
    if (plan->stream)
        return stream_has(run, plan->stream, place, ret_holds);
    switch (plan->node->kind) {
    case NODE_ALL:
    case NODE_TEST: return resource_holds(run, plan->node, rid, ret_holds);
    case NODE_AND:
    case NODE_OR: return combined_holds(run, plan, place, ret_holds);
    case NODE_NOT:
        TRY(plan_holds(run, plan->children, place, ret_holds));
        *ret_holds = !*ret_holds;
        return STATUS_OK;
    case NODE_IDS:
    case NODE_LIST: return STATUS_INTERNAL; /* always a stream */
    case NODE_CHAIN: return chain_holds(run, plan, rid, ret_holds);
    case NODE_HAS: return has_holds(run, plan, rid, ret_holds);
    }
    return STATUS_INTERNAL;
}

/* A contained resource refers to others of the record as any resource does. */
static Status content_chain_holds(Run *run, Plan *plan, const Subject *subject, bool *ret_holds)
{
    References list = {.run = run, .type = plan->children->node->type, .plan = plan};
    TRY(search_values(subject, plan->node->param, keep_reference, &list));
    *ret_holds = list.holds;
    if (++run->depth == SCRATCH_DEPTH) /* the content of this one is still being asked */
        return ctx_fail(run->cx, STATUS_INVALID, STR_EMPTY, "The chain is too long.");
    for (size_t i = 0; i < list.count && !*ret_holds; i++) {
        if (!str_has_prefix(list.at[i], STR("#")))
            TRY(target_holds(run, plan, list.at[i], ret_holds));
    }
    run->depth--;
    return STATUS_OK;
}

/* Of a contained resource: only its container can refer to it. */
static Status content_has_holds(Run *run, Plan *plan, const Subject *subject, bool *ret_holds)
{
    References list = {.run = run, .type = 0};
    const Subject *container;
    Place place;
    Str id = arena_str(run->cx->arena, json_get_str(subject->resource, STR("id")));
    uint64_t rid = subject->container;
    *ret_holds = false;
    if (!rid) /* it is not stored, so nothing refers to it */
        return STATUS_OK;
    TRY(run_subject(run, rid, &container));
    if (container->type != plan->children->node->type)
        return STATUS_OK;
    TRY(search_values(container, plan->node->param, keep_reference, &list));
    TRY(run_place(container, rid, &place));
    for (size_t i = 0; i < list.count && !*ret_holds; i++) {
        if (str_has_prefix(list.at[i], STR("#")) && str_eq(str_from(list.at[i], 1), id))
            TRY(plan_holds(run, plan->children, &place, ret_holds));
    }
    return STATUS_OK;
}

/* What is no row, contained or not stored: only its content can be asked. */
Status plan_content_holds(Run *run, Plan *plan, const Subject *subject, bool *ret_holds)
{
    const Node *node = plan->node;
    bool until = node->kind == NODE_OR;
    switch (node->kind) {
    case NODE_ALL: *ret_holds = true; return STATUS_OK;
    case NODE_TEST: return test_resource(subject, &node->condition, ret_holds);
    case NODE_AND:
    case NODE_OR:
        *ret_holds = !until;
        for (Plan *child = plan->children; child && *ret_holds != until; child = child->next)
            TRY(plan_content_holds(run, child, subject, ret_holds));
        return STATUS_OK;
    case NODE_NOT:
        TRY(plan_content_holds(run, plan->children, subject, ret_holds));
        *ret_holds = !*ret_holds;
        return STATUS_OK;
    case NODE_IDS:
        *ret_holds = false;
        for (size_t i = 0; i < node->id_count && !*ret_holds; i++)
            *ret_holds = str_eq(node->ids[i], json_get_str(subject->resource, STR("id")));
        return STATUS_OK;
    case NODE_CHAIN: return content_chain_holds(run, plan, subject, ret_holds);
    case NODE_HAS: return content_has_holds(run, plan, subject, ret_holds);
    default: /* no list names it */ *ret_holds = false; return STATUS_OK;
    }
}
