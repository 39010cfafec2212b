/* search/chain.c - conditions on what a resource refers to, and on what refers to it.
 *
 * With few on the far side, those are turned into references or their lists; with many, each
 * candidate is asked, and remembered. For _has a sample of the type tells which is the quicker: to
 * read what refers, or to ask the candidates until a page is full.
 *
 * SPEC R4 search.html#chaining, #has */
#include "search/plan.h"
#include "search/ridhash.h"
#include "search/sight.h"
#include "search/whos.h"

enum {
    TARGETS_MAX = 1000, /* matches on the far side of a chain */
    READ_FEW = 60,      /* to read that many costs less than a sample */
    LOOK = 6,           /* candidates that are asked first of all */
    SAMPLE = 24,
    ASKED_MANY = 32, /* candidates, from which on it pays to gather what they are asked for */
    REFERRING_AT_ONCE = 16,
};

Str run_reference(Run *run, uint16_t type, Str id)
{
    Str name = fhir_type_name(type);
    char *at = arena_alloc_raw(run->cx->arena, name.len + 1 + id.len);
    if (!at)
        return (Str){NULL, 0};
    memcpy(at, name.at, name.len);
    at[name.len] = '/';
    memcpy(at + name.len + 1, id.at, id.len);
    return str_n(at, name.len + 1 + id.len);
}

Status texts_add(Ctx *cx, Texts *texts, Str text)
{
    texts->at = arena_grow(cx->arena, texts->at, sizeof(Str), texts->count, &texts->room, 16);
    if (!texts->at)
        return STATUS_MEMORY;
    texts->at[texts->count] = text.at ? arena_str(cx->arena, text) : text;
    return texts->at[texts->count++].at ? STATUS_OK : STATUS_MEMORY;
}

/* The hash of the reference that leads to a resource. */
static Status reference_hash(Run *run, uint64_t rid, uint64_t *ret_hash)
{
    StoreRow row;
    if (ridhash_get(run->search->rid_hashes, rid, ret_hash))
        return STATUS_OK;
    TRY(store_get_rid(run->reader, rid, false, &row));
    Str reference = run_reference(run, row.type, row.id);
    if (!reference.at)
        return STATUS_MEMORY;
    *ret_hash = search_hash(run->search, reference);
    ridhash_put(run->search->rid_hashes, rid, *ret_hash);
    return STATUS_OK;
}

static void reference_key(const SearchParam *param, uint64_t hash, Key *ret_key)
{
    key_begin(ret_key, KEY_REFERENCE, param->id);
    key_add_hash(ret_key, hash);
}

/* ---- what has been asked already ----------------------------------------------------------- */

static size_t slot_of(const Hashes *hashes, uint64_t hash)
{
    size_t mask = hashes->room - 1, at = hash >> 1 & mask;
    while (hashes->at[at] && hashes->at[at] >> 1 != hash >> 1)
        at = (at + 1) & mask;
    return at;
}

/* 0: not there; else the last bit is the answer. */
static uint64_t hashes_get(const Hashes *hashes, uint64_t hash)
{
    return hashes->room ? hashes->at[slot_of(hashes, hash)] : 0;
}

static Status hashes_set(Run *run, Hashes *hashes, uint64_t hash, bool holds)
{
    if (hashes->count * 2 >= hashes->room) {
        Hashes grown = {.count = hashes->count, .room = hashes->room ? hashes->room * 2 : 256};
        grown.at = arena_array_of(run->cx->arena, uint64_t, grown.room);
        if (!grown.at)
            return STATUS_MEMORY;
        for (size_t i = 0; i < hashes->room; i++) {
            if (hashes->at[i])
                grown.at[slot_of(&grown, hashes->at[i])] = hashes->at[i];
        }
        *hashes = grown;
    }
    hash &= ~(uint64_t)1;
    size_t slot = slot_of(hashes, hash);
    hashes->count += !hashes->at[slot];
    hashes->at[slot] = hash | holds;
    return STATUS_OK;
}

/* ---- the references of one resource that lead on -----------------------------------------------
 */

typedef struct {
    Run *run;
    uint16_t type;    /* only references to it */
    const Plan *plan; /* that knows some of them already, or NULL */
    bool holds;       /* one that is known does */
    Texts texts;
} References;

static Status keep_reference(void *to, const Value *value)
{
    References *list = to;
    Str rest = value->text;
    uint16_t type = fhir_type_find(str_cut(&rest, '/'));
    bool inner = str_has_prefix(value->text, STR("#"));
    if (type != list->type && !inner)
        return STATUS_OK;
    uint64_t known = list->plan && !inner ? hashes_get(&list->plan->known,
                                                       search_hash(list->run->search, value->text))
                                          : 0;
    list->holds = list->holds || (known & 1);
    return known ? STATUS_OK : texts_add(list->run->cx, &list->texts, value->text);
}

static Status references_of(Run *run, uint64_t rid, const SearchParam *param, References *list)
{
    const Subject *subject;
    TRY(run_subject(run, rid, &subject));
    return search_values(subject, param, keep_reference, list);
}

/* ---- chains: few on the far side ------------------------------------------------------------- */

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

/* The lists of what refers to each of them. */
static Status lists_of_targets(Run *run, const Plan *plan, const Places *targets,
                               Stream **ret_stream)
{
    Str *prefixes = arena_array_of(run->cx->arena, Str, targets->count + 1);
    if (!prefixes)
        return STATUS_MEMORY;
    for (size_t i = 0; i < targets->count; i++) {
        uint64_t hash;
        Key key;
        TRY(reference_hash(run, key_rid(place_str(&targets->at[i])), &hash));
        reference_key(plan->node->param, hash, &key);
        prefixes[i] = arena_str(run->cx->arena, key_str(&key));
        if (!prefixes[i].at)
            return STATUS_MEMORY;
    }
    return targets->count ? stream_of_lists(run, prefixes, targets->count, ret_stream)
                          : stream_of_places(run, NULL, 0, ret_stream);
}

Status open_chain(Run *run, Plan *plan)
{
    Stream **sides = arena_array_of(run->cx->arena, Stream *, 2);
    Places targets = {0};
    bool all;
    if (!sides)
        return STATUS_MEMORY;
    TRY(plan_relation(run, plan->children, &plan->child));
    TRY(relation_take(run, plan->child, TARGETS_MAX, &targets, &all));
    if (!all)
        return STATUS_OK;
    TRY(lists_of_targets(run, plan, &targets, &sides[0]));
    TRY(inner_targets(run, plan, &sides[1]));
    return stream_union(run, sides, 2, &plan->stream);
}

/* ---- chains: one candidate ---------------------------------------------------------------------
 */

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
    return hashes_set(run, &plan->known, search_hash(run->search, reference), *ret_holds);
}

/* Whether some target of the candidate's references answers the child. */
Status chain_holds(Run *run, Plan *plan, uint64_t rid, bool *ret_holds)
{
    References list = {.run = run, .type = plan->children->node->type, .plan = plan};
    TRY(references_of(run, rid, plan->node->param, &list));
    *ret_holds = list.holds;
    for (size_t i = 0; i < list.texts.count && !*ret_holds; i++) {
        Str text = list.texts.at[i];
        TRY(str_has_prefix(text, STR("#")) ? inner_holds(run, plan, rid, text, ret_holds)
                                           : target_holds(run, plan, text, ret_holds));
    }
    return STATUS_OK;
}

/* A contained resource refers to others of the record as any resource does. */
Status content_chain_holds(Run *run, Plan *plan, const Subject *subject, bool *ret_holds)
{
    References list = {.run = run, .type = plan->children->node->type, .plan = plan};
    TRY(search_values(subject, plan->node->param, keep_reference, &list));
    *ret_holds = list.holds;
    if (++run->depth == SCRATCH_DEPTH) /* the content of this one is still being asked */
        return ctx_fail(run->cx, STATUS_INVALID, STR_EMPTY, "The chain is too long.");
    for (size_t i = 0; i < list.texts.count && !*ret_holds; i++) {
        if (!str_has_prefix(list.texts.at[i], STR("#")))
            TRY(target_holds(run, plan, list.texts.at[i], ret_holds));
    }
    run->depth--;
    return STATUS_OK;
}

/* ---- _has
 * ---------------------------------------------------------------------------------------- */

/* Answers about a candidate are kept under its number, mixed so that the last bit is free. */
static uint64_t candidate(uint64_t rid)
{
    return rid * 0x9e3779b97f4a7c15u << 1 | 1;
}

/* What candidates are asked for, when it can be held: to look it up there is much cheaper than to
 * seek it in the index. */
static Status gather_referring(Run *run, Plan *plan, bool *ret_all, size_t *ret_count)
{
    Places places = {0};
    if (!plan->child)
        TRY(plan_relation(run, plan->children, &plan->child));
    TRY(relation_take(run, plan->child, GATHER_MAX, &places, ret_all));
    *ret_count = places.count;
    return *ret_all ? relation_of_places(run, &places, &plan->child) : STATUS_OK;
}

/* Who these are for, in one question. */
static Status look_at(Run *run, const Place *places, size_t count)
{
    uint64_t rids[REFERRING_AT_ONCE];
    for (size_t i = 0; i < count; i++)
        rids[i] = place_rid(&places[i]);
    return run_look(run, rids, count);
}

/* Whether anything that refers to the candidate answers the child, newest first. */
static Status ask_candidate(Run *run, Plan *plan, uint64_t hash, bool *ret_holds)
{
    Place places[REFERRING_AT_ONCE];
    size_t count = REFERRING_AT_ONCE;
    Key key;
    reference_key(plan->node->param, hash, &key);
    if (!plan->cursor)
        TRY(store_cursor(run->reader, key_str(&key), &plan->cursor));
    TRY(store_cursor_again(plan->cursor, key_str(&key)));
    *ret_holds = false;
    while (!*ret_holds && count == REFERRING_AT_ONCE) {
        TRY(run_tick(run));
        TRY(store_cursor_tails(plan->cursor, KEY_PLACE, REFERRING_AT_ONCE, places, &count));
        run->keys_seen += count;
        TRY(look_at(run, places, count));
        for (size_t i = 0; i < count && !*ret_holds; i++)
            TRY(relation_has(run, plan->child, &places[i], ret_holds));
    }
    return STATUS_OK;
}

Status has_holds(Run *run, Plan *plan, uint64_t rid, bool *ret_holds)
{
    uint64_t known = hashes_get(&plan->known, candidate(rid)), hash;
    size_t count;
    bool all;
    *ret_holds = known & 1;
    if (known)
        return STATUS_OK;
    TRY(reference_hash(run, rid, &hash));
    *ret_holds = hashes_get(&plan->whos, who_of(hash)) != 0;
    if (*ret_holds || plan->whos_all)
        return STATUS_OK;
    if (!plan->child)
        TRY(plan_relation(run, plan->children, &plan->child));
    if (++plan->asked == ASKED_MANY)
        TRY(gather_referring(run, plan, &all, &count));
    TRY(ask_candidate(run, plan, hash, ret_holds));
    return hashes_set(run, &plan->known, candidate(rid), *ret_holds);
}

static Status read_referring(Run *run, Plan *plan, Relation *referring)
{
    References list = {.run = run, .type = plan->node->type};
    Places places = {0};
    bool all;
    TRY(relation_take(run, referring, GATHER_MAX, &places, &all));
    for (size_t i = 0; i < places.count; i++)
        TRY(references_of(run, key_rid(place_str(&places.at[i])), plan->node->param, &list));
    return stream_of_references(run, &list.texts, &plan->stream);
}

static Status ask_sample(Run *run, Plan *plan, size_t size, size_t *ret_hits, bool *ret_all)
{
    Relation *type;
    Places sample = {0};
    TRY(relation_of_type(run, plan->node->type, &type));
    TRY(relation_take(run, type, size, &sample, ret_all));
    *ret_hits = 0;
    for (size_t i = 0; i < sample.count; i++) {
        bool holds;
        TRY(has_holds(run, plan, key_rid(place_str(&sample.at[i])), &holds));
        *ret_hits += holds;
    }
    return STATUS_OK;
}

/* How many candidates a page will ask, as a sample tells. A count asks all. (What a plan costs may
 * be guessed by rows that do not exist for the caller.) */
static Status candidates_of_page(Run *run, Plan *plan, uint64_t *ret_count)
{
    Stream *type;
    size_t hits;
    bool all = true;
    if (!run->counting)
        TRY(ask_sample(run, plan, SAMPLE, &hits, &all));
    if (!all) {
        *ret_count = hits ? run->query->limit * SAMPLE / hits : UINT64_MAX;
        return STATUS_OK;
    }
    TRY(list_of_type(run, plan->node->type, &type));
    return stream_count(run, type, ret_count);
}

/* ---- _has by `patient`: the index of codes says who ------------------------------------------ */

typedef struct {
    Run *run;
    Plan *plan;
    Whos *found;
    Places several; /* what refers to more than one: it has to be read */
} WhoWalk;

static Status keep_who(void *to, const Place *place, uint64_t who)
{
    WhoWalk *walk = to;
    walk->found->seen++;
    if (who == WHO_SEVERAL)
        return places_add(walk->run, &walk->several, place_str(place));
    return who == WHO_NONE ? STATUS_OK : hashes_set(walk->run, &walk->found->whos, who, true);
}

static Status read_several(WhoWalk *walk)
{
    Run *run = walk->run;
    References list = {.run = run, .type = walk->plan->node->type};
    for (size_t i = 0; i < walk->several.count; i++)
        TRY(references_of(run, key_rid(place_str(&walk->several.at[i])), walk->plan->node->param,
                          &list));
    for (size_t i = 0; i < list.texts.count; i++) {
        Str text = str_head(list.texts.at[i], str_index(list.texts.at[i], '|'));
        TRY(hashes_set(run, &walk->found->whos, who_of(search_hash(run->search, text)), true));
    }
    return STATUS_OK;
}

/* *ret_can: the child is a list of tokens that says who. What would have to read too much is not
 * found out. */
static Status find_whos(Run *run, Plan *plan, Whos *whos, bool *ret_can)
{
    WhoWalk walk = {.run = run, .plan = plan, .found = whos};
    TRY(whos_find(run, whos, ret_can));
    if (*ret_can)
        return STATUS_OK;
    TRY(relation_each_who(run, plan->child, whos->max, keep_who, &walk, ret_can, &whos->all));
    *ret_can = *ret_can && walk.several.count <= READ_FEW;
    if (!*ret_can)
        return STATUS_OK;
    TRY(read_several(&walk));
    if (whos->list.len)
        whos_keep(run, whos);
    return STATUS_OK;
}

/* Whether candidates will be told apart by what was gathered; not when few refer and the type is
 * large. */
static Status open_by_who(Run *run, Plan *plan, bool *ret_opened)
{
    enum { WHOS_OF_PAGE = 4000, READS_THAT_MAY_PAY = 600, ASKED_A_READ = 10 };
    Whos whos = {.list = relation_prefix(plan->child),
                 .who = sight_who(run),
                 .type = plan->children->node->type,
                 .max = run->counting ? GATHER_MAX : WHOS_OF_PAGE};
    Stream *type;
    uint64_t all_of_type = 0;
    bool can = plan->node->param == search_type(run->search, whos.type)->about;
    *ret_opened = false;
    if (can)
        TRY(find_whos(run, plan, &whos, &can));
    if (!can || (whos.all && whos.seen <= READ_FEW))
        return STATUS_OK;
    if (whos.all && whos.seen <= READS_THAT_MAY_PAY && whos.whos.count) {
        TRY(list_of_type(run, plan->node->type, &type));
        TRY(stream_count(run, type, &all_of_type));
        if (!run->counting)
            all_of_type = all_of_type * run->query->limit / whos.whos.count;
    }
    if (all_of_type > whos.seen * ASKED_A_READ)
        return STATUS_OK;
    plan->whos = whos.whos;
    plan->whos_all = whos.all;
    *ret_opened = true;
    return STATUS_OK;
}

/* When most candidates answer, a page is soon full. Else: reading one that refers costs about as
 * much as asking one candidate. */
Status open_has(Run *run, Plan *plan)
{
    uint64_t candidates = UINT64_MAX;
    size_t referring, hits = 0;
    bool all = false, by_who;
    TRY(plan_relation(run, plan->children, &plan->child));
    TRY(open_by_who(run, plan, &by_who));
    if (by_who)
        return STATUS_OK;
    if (!run->counting)
        TRY(ask_sample(run, plan, LOOK, &hits, &all));
    if (hits > LOOK / 2)
        return STATUS_OK;
    plan->asked = ASKED_MANY; /* gathered here */
    TRY(gather_referring(run, plan, &all, &referring));
    if (all && referring > READ_FEW)
        TRY(candidates_of_page(run, plan, &candidates));
    return all && referring <= candidates ? read_referring(run, plan, plan->child) : STATUS_OK;
}

/* Of a contained resource: only its container can refer to it. */
Status content_has_holds(Run *run, Plan *plan, const Subject *subject, bool *ret_holds)
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
    for (size_t i = 0; i < list.texts.count && !*ret_holds; i++) {
        Str text = list.texts.at[i];
        if (str_has_prefix(text, STR("#")) && str_eq(str_from(text, 1), id))
            TRY(plan_holds(run, plan->children, &place, ret_holds));
    }
    return STATUS_OK;
}
