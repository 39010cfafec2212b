/* search/plan.c - how a query is answered: which conditions drive, which are only checked.
 *
 * Lists that stand in order cost nothing until they are walked, so they are opened first and
 * leapt along together. When they leave few resources, the rest is asked of those; when
 * not, the other conditions gather their places from the index, within a budget; what has too
 * many is checked resource by resource. So no query is slower than reading its type once. */
#include "search/plan.h"

enum { PROBE_MAX = 200 /* matches of the ordered lists that are "few" */ };

static Status plan_open(Run *run, Plan *plan, size_t budget);

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

Status list_of_type(Run *run, uint16_t type, Stream **ret_stream)
{
    Key key;
    key_begin(&key, KEY_LISTING, search_type(run->search, type)->listing);
    return stream_of_list(run, key_str(&key), ret_stream);
}

Status relation_of_type(Run *run, uint16_t type, Relation **ret_relation)
{
    Stream *all;
    TRY(list_of_type(run, type, &all));
    return relation_of(run, all, ret_relation);
}

/* ---- ids and lists ------------------------------------------------------------------------ */

Status stream_of_references(Run *run, const Texts *references, Stream **ret_stream)
{
    Places places = {0};
    for (size_t i = 0; i < references->count; i++) {
        Place place;
        bool found;
        TRY(run_place_of(run, references->at[i], &place, &found));
        if (found)
            TRY(places_add(run, &places, place_str(&place)));
    }
    return stream_of_places(run, places.at, places.count, ret_stream);
}

static Status open_ids(Run *run, Plan *plan)
{
    const Node *node = plan->node;
    Texts references = {0};
    for (size_t i = 0; i < node->id_count; i++)
        TRY(texts_add(run->cx, &references, run_reference(run, node->type, node->ids[i])));
    return stream_of_references(run, &references, &plan->stream);
}

static Status open_member(Run *run, Plan *plan)
{
    Key key;
    key_begin_member(&key, search_hash(run->search, plan->node->ids[0]),
                     search_type(run->search, plan->node->type)->listing);
    return stream_of_list(run, key_str(&key), &plan->stream);
}

/* The entries of List/id that are not deleted and of this type. SPEC R4 search.html#list */
static Status open_list(Run *run, Plan *plan)
{
    Texts references = {0};
    uint16_t list = fhir_type_find(STR("List"));
    for (size_t i = 0; i < plan->node->id_count; i++) {
        StoreRow row;
        bool found;
        JsonValue *body, *entry;
        TRY(run_find(run, list, plan->node->ids[i], &row, &found));
        if (!found)
            continue;
        TRY(store_get_rid(run->reader, row.rid, true, &row));
        TRY(json_parse(run->cx, row.body, &body));
        for (JsonIter it = json_iter(json_get(body, STR("entry"))); json_next(&it, NULL, &entry);) {
            Str text = json_get_str(json_get(entry, STR("item")), STR("reference"));
            Str rest = text = search_reference_bare(run->search, text);
            if (!json_bool(json_get(entry, STR("deleted"))) &&
                fhir_type_find(str_cut(&rest, '/')) == plan->node->type)
                TRY(texts_add(run->cx, &references, text));
        }
    }
    return stream_of_references(run, &references, &plan->stream);
}

/* ---- of one patient --------------------------------------------------------------------- */

/* "patient=123" or "patient=Patient/123": the hash that his keys have; else WHO_NONE. */
static uint64_t whom(Run *run, const Node *node)
{
    const Condition *condition = &node->condition;
    const SearchParam *param = condition->param;
    if (node->kind != NODE_TEST || param != search_type(run->search, node->type)->about ||
        condition->count != 1 || !condition_is_listed(run, condition))
        return WHO_NONE;
    Str text = condition->tests[0].text, id = text;
    if (search_is_bare_id(text)) {
        if (param->target_count != 1 || param->targets[0] != fhir_type_find(COMPARTMENT_INDEXED))
            return WHO_NONE;
        text = run_reference(run, param->targets[0], text);
    } else if (!str_eq(str_cut(&id, '/'), COMPARTMENT_INDEXED) || !id.at) {
        return WHO_NONE;
    }
    return who_of(search_hash(run->search, text));
}

/* Tokens of what is about one patient have lists of their own, which answer both conditions. */
static Status open_own(Run *run, Plan *plan, Stream **drivers, size_t *count)
{
    uint64_t who = WHO_NONE;
    Plan *patient = NULL;
    for (Plan *child = plan->children; child && who == WHO_NONE; child = child->next) {
        patient = child;
        who = whom(run, child->node);
    }
    for (Plan *child = plan->children; child && who != WHO_NONE; child = child->next) {
        Condition own = child->node->condition;
        if (child->node->kind != NODE_TEST || child->stream || !own.param->own ||
            !condition_is_listed(run, &own))
            continue;
        own.who = who;
        TRY(condition_stream(run, &own, GATHER_MAX, &child->stream, &child->many));
        if (child->stream)
            drivers[(*count)++] = patient->stream = child->stream;
    }
    return STATUS_OK;
}

/* ---- and, or -----------------------------------------------------------------------------------
 */

static bool is_listed(const Run *run, const Node *node)
{
    return node->kind == NODE_IDS || node->kind == NODE_LIST || node->kind == NODE_MEMBER ||
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
        [NODE_ALL] = STR_INIT("all"),
        [NODE_AND] = STR_INIT("and"),
        [NODE_OR] = STR_INIT("or"),
        [NODE_NOT] = STR_INIT("not"),
        [NODE_IDS] = STR_INIT("_id"),
        [NODE_LIST] = STR_INIT("_list"),
        [NODE_HAS] = STR_INIT("_has"),
        [NODE_CHAIN] = STR_INIT("chain"),
        [NODE_MEMBER] = STR_INIT("compartment"),
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
    Relation *all;
    Place from = {{0}}, place;
    size_t hits = 0;
    bool found = true, can = false;
    for (const Plan *child = plan->children; child; child = child->next)
        can = can || child->many;
    *ret_pays = can && run->counting;
    if (!can || run->counting)
        return STATUS_OK;
    TRY(relation_of_type(run, plan->node->type, &all));
    for (size_t i = 0; i < SAMPLE; i++) {
        bool holds;
        TRY(relation_seek(run, all, &from, &place, &found));
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
    TRY(open_own(run, plan, drivers, &count));
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
    case NODE_MEMBER: return open_member(run, plan);
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
static Status plan_stream(Run *run, Plan *plan, Stream **ret_stream)
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

Status plan_relation(Run *run, Plan *plan, Relation **ret_relation)
{
    Stream *stream;
    TRY(plan_stream(run, plan, &stream));
    return relation_of(run, stream, ret_relation);
}

/* ---- checking
 * ------------------------------------------------------------------------------------- */

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
    case NODE_LIST:
    case NODE_MEMBER: return STATUS_INTERNAL; /* always a stream */
    case NODE_CHAIN: return chain_holds(run, plan, rid, ret_holds);
    case NODE_HAS: return has_holds(run, plan, rid, ret_holds);
    }
    return STATUS_INTERNAL;
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
    case NODE_MEMBER: return plan_content_holds(run, plan->children, subject, ret_holds);
    case NODE_CHAIN: return content_chain_holds(run, plan, subject, ret_holds);
    case NODE_HAS: return content_has_holds(run, plan, subject, ret_holds);
    default: /* no list names it */ *ret_holds = false; return STATUS_OK;
    }
}
