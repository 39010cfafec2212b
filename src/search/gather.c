/* search/gather.c - one condition as a stream: lists that stand in place order, or the places of
 * whole stretches of the index, sorted once. */
#include "search/sight.h"

#include <math.h>

#include "search/fold.h"
#include "search/phonetic.h"
#include "search/test.h"

enum { STREAMS_MAX = 4096, LISTS_UNSEEN = 24 };

typedef struct {
    Run *run;
    const Condition *condition;
    Places places; /* out of order */
    size_t budget;
    bool many;
    StoreCursor *peek;
    Stream **streams; /* in order */
    size_t count, room_of_streams;
} Gather;

static void begin(const Gather *g, Key *key, KeyKind kind)
{
    key_begin(key, kind, g->condition->param->id);
}

/* at = NULL at the end. */
static Status next_key(const Gather *g, StoreCursor *cursor, Str *ret_key)
{
    g->run->keys_seen++;
    return store_cursor_next(cursor, ret_key);
}

/* False: no room, or over the budget. */
static Status keep(Gather *g, Str place, bool *ret_go_on)
{
    *ret_go_on = g->places.count < g->budget;
    if (!*ret_go_on)
        g->many = true;
    return *ret_go_on ? places_add(g->run, &g->places, place) : STATUS_OK;
}

static Status add_stream(Gather *g, Stream *stream)
{
    if (g->count == g->room_of_streams) {
        size_t room = g->count ? g->count * 2 : 4;
        if (room > STREAMS_MAX)
            return ctx_fail(g->run->cx, STATUS_INVALID, STR_EMPTY,
                            "A condition has too many values.");
        g->streams = arena_realloc(g->run->cx->arena, g->streams, g->count * sizeof(Stream *),
                                   room * sizeof(Stream *));
        if (!g->streams)
            return STATUS_MEMORY;
        g->room_of_streams = room;
    }
    g->streams[g->count++] = stream;
    return STATUS_OK;
}

static Status add_list(Gather *g, const Key *prefix)
{
    Stream *stream;
    TRY(stream_of_list(g->run, key_str(prefix), &stream));
    return add_stream(g, stream);
}

/* Calls visit for each different continuation of `bytes` bytes behind the prefix, found by leaping
 * from one to the next. */
typedef Status (*VisitBranch)(Gather *g, const Test *test, const Key *branch);
static Status each_branch(Gather *g, const Key *prefix, size_t bytes, const Test *test,
                          VisitBranch visit)
{
    StoreCursor *cursor;
    TRY(store_cursor(g->run->reader, key_str(prefix), &cursor));
    while (!g->many) {
        Str key;
        TRY(next_key(g, cursor, &key));
        if (!key.at)
            return STATUS_OK;
        Key branch = {.len = 0};
        key_add(&branch, key.at, prefix->len + bytes);
        TRY(visit(g, test, &branch));
        size_t i = branch.len;
        while (i > prefix->len && ++branch.at[i - 1] == 0)
            i--;
        if (i == prefix->len)
            return STATUS_OK; /* that was the last there can be */
        TRY(store_cursor_seek(cursor, key_str(&branch)));
    }
    return STATUS_OK;
}

/* ---- tokens, references, URIs --------------------------------------------------------- */

static Status visit_list(Gather *g, const Test *test, const Key *branch)
{
    UNUSED(test);
    return add_list(g, branch);
}

/* Of a long list of codes most are nowhere: those are left out. */
static Status add_if_there(Gather *g, const Key *prefix)
{
    Str at;
    if (!g->peek)
        TRY(store_cursor(g->run->reader, key_str(prefix), &g->peek));
    TRY(store_cursor_again(g->peek, key_str(prefix)));
    TRY(next_key(g, g->peek, &at));
    return at.at ? add_list(g, prefix) : STATUS_OK;
}

/* system| : all codes of the parameter that are of it. */
static Status gather_system(Gather *g, const Test *test)
{
    StoreCursor *cursor;
    Key key, system = {.len = 0};
    begin(g, &key, KEY_TOKEN);
    key_add_system(&system, search_hash_system(g->run->search, test->system));
    TRY(store_cursor(g->run->reader, key_str(&key), &cursor));
    for (bool go_on = true; go_on;) {
        Str at;
        TRY(next_key(g, cursor, &at));
        if (!at.at)
            return STATUS_OK;
        if (memcmp(at.at + KEY_HEAD + KEY_HASH, system.at, KEY_SYSTEM) == 0)
            TRY(keep(g, key_place(at), &go_on));
        TRY(run_tick(g->run));
    }
    return STATUS_OK;
}

static Status gather_token(Gather *g, const Test *test)
{
    bool of_type = g->condition->modifier == MODIFIER_OF_TYPE;
    Key key;
    if (!test->code.len)
        return gather_system(g, test);
    begin(g, &key, KEY_TOKEN);
    key_add_hash(&key, search_hash(g->run->search, of_type ? test->text : test->code));
    if (!test->system_given)
        return each_branch(g, &key, KEY_SYSTEM, test, visit_list);
    Key plain = key;
    key_add_system(&plain, SYSTEM_PLAIN);
    key_add_system(&key, search_hash_system(g->run->search, test->system));
    if (test->plain || !test->system.len)
        TRY(add_if_there(g, &plain));
    if (test->plain)
        return STATUS_OK;
    return g->condition->count > LISTS_UNSEEN ? add_if_there(g, &key) : add_list(g, &key);
}

static Status gather_hash(Gather *g, KeyKind kind, Str text)
{
    Key key;
    begin(g, &key, kind);
    key_add_hash(&key, search_hash(g->run->search, text));
    return add_list(g, &key);
}

static Status add_target(Gather *g, uint16_t type, Str id)
{
    Key key;
    Str text = arena_format(g->run->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(type)),
                            STR_ARG(id));
    if (!text.at)
        return STATUS_MEMORY;
    begin(g, &key, KEY_REFERENCE);
    key_add_hash(&key, search_hash(g->run->search, text));
    return add_if_there(g, &key);
}

static Status gather_reference(Gather *g, const Test *test)
{
    const SearchParam *param = g->condition->param;
    if (!search_is_bare_id(test->text))
        return gather_hash(g, KEY_REFERENCE, test->text);
    for (size_t i = 0; i < param->target_count; i++)
        TRY(add_target(g, param->targets[i], test->text));
    for (uint16_t type = 1; !param->target_count && type <= fhir_type_count(); type++)
        TRY(add_target(g, type, test->text));
    return STATUS_OK;
}

static Status gather_uri(Gather *g, const Test *test)
{
    return gather_hash(g, KEY_URI, test->text);
}

/* ---- texts ------------------------------------------------------------------------------ */

/* The places of all keys that begin so. */
static Status gather_all(Gather *g, const Key *prefix)
{
    StoreCursor *cursor;
    bool go_on = true;
    TRY(store_cursor(g->run->reader, key_str(prefix), &cursor));
    while (go_on) {
        Str key;
        TRY(next_key(g, cursor, &key));
        if (!key.at)
            return STATUS_OK;
        TRY(keep(g, key_place(key), &go_on));
    }
    return STATUS_OK;
}

/* The words of the narrative are content too, kept once. */
static Status add_narrative(Gather *g, Str word)
{
    const SearchParam *narrative =
        search_param_find(g->run->search, g->condition->param->type, STR("_text"));
    Key key;
    if (!narrative)
        return STATUS_OK;
    key_begin(&key, KEY_STRING, narrative->id);
    key_add(&key, word.at, word.len);
    key_add(&key, "", 1);
    return add_list(g, &key);
}

static Status gather_string(Gather *g, const Test *test)
{
    const SearchParam *param = g->condition->param;
    char sound[PHONETIC_MAX], folded[FOLD_MAX];
    Str text = str_head(test->text, FOLD_MAX);
    Key key;
    begin(g, &key, KEY_STRING);
    if (param->special == SPECIAL_PHONETIC)
        text = str_n(sound, phonetic_of_word(test->text, sound));
    if (g->condition->modifier == MODIFIER_EXACT)
        text = str_n(folded, search_fold(test->text, folded));
    key_add(&key, text.at, text.len);
    if (param->special == SPECIAL_NONE || param->special == SPECIAL_PHONE)
        return gather_all(g, &key);
    key_add(&key, "", 1);
    TRY(add_list(g, &key));
    return param->special == SPECIAL_CONTENT ? add_narrative(g, text) : STATUS_OK;
}

/* All texts of the parameter that have it in them, or are cut and may. */
static Status gather_part(Gather *g, const Test *test)
{
    StoreCursor *cursor;
    Key key;
    begin(g, &key, KEY_STRING);
    TRY(store_cursor(g->run->reader, key_str(&key), &cursor));
    for (bool go_on = true; go_on;) {
        Str at;
        TRY(next_key(g, cursor, &at));
        if (!at.at)
            return STATUS_OK;
        Str text = str_n(at.at + KEY_HEAD, at.len - KEY_HEAD - 1 - KEY_PLACE);
        if (text.len >= FOLD_MAX - 4 ||
            memmem(text.at, text.len, test->text.at, test->text.len) != NULL)
            TRY(keep(g, key_place(at), &go_on));
        TRY(run_tick(g->run));
    }
    return STATUS_OK;
}

/* ---- dates --------------------------------------------------------------------------------- */

/* What decides one range of a list. */
typedef struct {
    const Condition *condition; /* with this one test */
    MsRange value;
    Prefix prefix;
    Width width;
} DateCheck;

static Status ask_resource(Run *run, const Condition *condition, Str place, bool *ret_holds)
{
    const Subject *subject;
    TRY(run_sees(run, key_rid(place), ret_holds)); /* gathered from keys, not from a stream */
    if (!*ret_holds)
        return STATUS_OK;
    TRY(run_subject(run, key_rid(place), &subject));
    return test_resource(subject, condition, ret_holds);
}

static Status date_holds(Run *run, const DateCheck *check, uint64_t anchor, Str place,
                         bool *ret_holds)
{
    Holds holds = width_holds(check->width, check->prefix, check->value, anchor);
    *ret_holds = holds == HOLDS_YES;
    return holds == HOLDS_UNSURE ? ask_resource(run, check->condition, place, ret_holds)
                                 : STATUS_OK;
}

static Status check_date(Run *run, const void *what, const Place *place, bool *ret_holds)
{
    return date_holds(run, what, key_place_ms(place_str(place)), place_str(place), ret_holds);
}

static Status new_check(Gather *g, const Test *test, Width width, DateCheck **ret_check)
{
    DateCheck *check = arena_new_of(g->run->cx->arena, DateCheck);
    Condition *condition = arena_new_of(g->run->cx->arena, Condition);
    if (!check || !condition)
        return STATUS_MEMORY;
    *condition = (Condition){.param = g->condition->param, .tests = test, .count = 1};
    *check = (DateCheck){condition, test->time, test->prefix, width};
    *ret_check = check;
    return STATUS_OK;
}

static Status visit_width(Gather *g, const Test *test, const Key *branch)
{
    Width width = branch->at[KEY_HEAD];
    uint64_t first, last;
    DateCheck *check;
    Stream *stream;
    if (!width_stretch(width, test->prefix, test->time, &first, &last))
        return STATUS_OK;
    TRY(new_check(g, test, width, &check));
    TRY(stream_of_stretch(g->run, key_str(branch), first, last,
                          width_is_sure(width, test->prefix) ? NULL : check_date, check, &stream));
    return add_stream(g, stream);
}

static Status visit_width_apart(Gather *g, const Test *test, const Key *branch)
{
    Width width = branch->at[KEY_HEAD];
    uint64_t first, last;
    DateCheck *check;
    StoreCursor *cursor;
    if (!width_stretch(width, test->prefix, test->time, &first, &last))
        return STATUS_OK;
    TRY(new_check(g, test, width, &check));
    TRY(store_cursor(g->run->reader, key_str(branch), &cursor));
    Key from = *branch;
    key_add_time_falling(&from, last);
    TRY(store_cursor_seek(cursor, key_str(&from)));
    for (bool go_on = true; go_on;) {
        Str key;
        bool holds;
        TRY(next_key(g, cursor, &key));
        if (!key.at || key_time_falling(key, branch->len) < first)
            return STATUS_OK;
        Place place; /* the key is gone when the resource is read */
        memcpy(place.at, key_place(key).at, KEY_PLACE);
        TRY(date_holds(g->run, check, key_time_falling(key, branch->len), place_str(&place),
                       &holds));
        if (holds)
            TRY(keep(g, place_str(&place), &go_on));
    }
    return STATUS_OK;
}

static Status gather_date(Gather *g, const Test *test)
{
    Key key;
    begin(g, &key, KEY_DATE);
    TRY(each_branch(g, &key, KEY_WIDTH, test, visit_width));
    begin(g, &key, KEY_DATE_APART);
    return each_branch(g, &key, KEY_WIDTH, test, visit_width_apart);
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* The bounds of points that can answer. */
static void point_bounds(const Test *test, double *ret_lo, double *ret_hi)
{
    *ret_lo = -INFINITY;
    *ret_hi = INFINITY;
    switch (test->prefix) {
    case PREFIX_NE: break;
    case PREFIX_EQ:
    case PREFIX_AP:
        *ret_lo = test->lo;
        *ret_hi = test->hi;
        break;
    case PREFIX_GT:
    case PREFIX_GE:
    case PREFIX_SA: *ret_lo = test->lo; break;
    case PREFIX_LT:
    case PREFIX_LE:
    case PREFIX_EB: *ret_hi = test->hi; break;
    }
}

/* One spread behind the prefix. Intervals are few: all of them are looked at. */
static Status gather_spread(Gather *g, const Test *test, const Key *prefix, unsigned char spread)
{
    double from = -INFINITY, to = INFINITY;
    StoreCursor *cursor;
    Key key = *prefix;
    key_add(&key, &spread, KEY_SPREAD);
    if (!spread)
        point_bounds(test, &from, &to);
    TRY(store_cursor(g->run->reader, key_str(&key), &cursor));
    Key start = key;
    key_add_number(&start, from);
    TRY(store_cursor_seek(cursor, key_str(&start)));
    for (bool go_on = true; go_on;) {
        Str at;
        double lo, hi;
        TRY(next_key(g, cursor, &at));
        if (at.at)
            key_interval(at, key.len - KEY_SPREAD, &lo, &hi);
        if (!at.at || lo > to)
            return STATUS_OK;
        if (test_number_holds(test, lo, hi))
            TRY(keep(g, key_place(at), &go_on));
    }
    return STATUS_OK;
}

static Status gather_interval(Gather *g, const Test *test, const Key *prefix)
{
    TRY(gather_spread(g, test, prefix, 0));
    return gather_spread(g, test, prefix, 1);
}

static Status gather_number(Gather *g, const Test *test)
{
    Key key;
    begin(g, &key, KEY_NUMBER);
    return gather_interval(g, test, &key);
}

static Status gather_quantity(Gather *g, const Test *test)
{
    Key key;
    begin(g, &key, test->ucum.len ? KEY_UCUM : KEY_QUANTITY);
    if (test->ucum.len) {
        key_add_hash(&key, search_hash(g->run->search, test->ucum));
        return gather_interval(g, test, &key);
    }
    if (!test->code.len)
        return each_branch(g, &key, KEY_UNIT, test, gather_interval);
    key_add_system(&key, search_hash_system(g->run->search, test->code));
    if (!test->system_given)
        return each_branch(g, &key, KEY_SYSTEM, test, gather_interval);
    key_add_system(&key, search_hash_system(g->run->search, test->system));
    return gather_interval(g, test, &key);
}

/* Latitudes first, then the distance itself. A degree of latitude is 111 km everywhere. */
static Status gather_near(Gather *g, const Test *test)
{
    double degrees = test->distance / 110574.0;
    StoreCursor *cursor;
    Key key;
    begin(g, &key, KEY_NUMBER);
    TRY(store_cursor(g->run->reader, key_str(&key), &cursor));
    for (bool go_on = true; go_on;) {
        Str at;
        bool holds;
        TRY(next_key(g, cursor, &at));
        if (!at.at)
            return STATUS_OK;
        if (fabs(key_number(at, KEY_HEAD + KEY_SPREAD) - test->lo) > degrees)
            continue;
        Condition condition = {.param = g->condition->param, .tests = test, .count = 1};
        Place place;
        memcpy(place.at, key_place(at).at, KEY_PLACE);
        TRY(ask_resource(g->run, &condition, place_str(&place), &holds));
        if (holds)
            TRY(keep(g, place_str(&place), &go_on));
    }
    return STATUS_OK;
}

/* ---- composites
 * ---------------------------------------------------------------------------------- */

typedef struct {
    Gather *g;
    const Condition *whole; /* with this one test */
    Stream **parts;
    size_t count;
} Parts;

static Status add_part(Parts *parts, const Test *test, size_t i, size_t budget, bool *ret_many)
{
    Run *run = parts->g->run;
    const SearchParam *param = parts->whole->param->components[i].param;
    Condition *part = arena_new_of(run->cx->arena, Condition);
    if (!part)
        return STATUS_MEMORY;
    *part = (Condition){.param = param, .tests = &test->parts[i], .count = 1};
    TRY(condition_stream(run, part, budget, &parts->parts[parts->count], ret_many));
    parts->count += parts->parts[parts->count] != NULL;
    return STATUS_OK;
}

static bool is_listed_part(const Parts *parts, const Test *test, size_t i)
{
    const SearchParam *param = parts->whole->param->components[i].param;
    Condition part = {.param = param, .tests = &test->parts[i], .count = 1};
    return condition_is_listed(parts->g->run, &part);
}

/* Whether a page is soon full by reading what the lists leave, as a sample tells. */
static Status is_soon_full(Parts *parts, Stream *lists, bool *ret_soon)
{
    enum { SAMPLE = 16, READS_FEW = 160 };
    Run *run = parts->g->run;
    Relation *relation;
    Places sample = {0};
    size_t hits = 0;
    bool all;
    *ret_soon = false;
    if (run->counting)
        return STATUS_OK;
    TRY(relation_of(run, lists, &relation));
    TRY(relation_take(run, relation, SAMPLE, &sample, &all));
    for (size_t i = 0; i < sample.count; i++) {
        bool holds;
        TRY(ask_resource(run, parts->whole, place_str(&sample.at[i]), &holds));
        hits += holds;
    }
    *ret_soon = all || run->query->limit * SAMPLE <= hits * READS_FEW;
    return STATUS_OK;
}

/* Beside lists, what has to be gathered: little is; more only where reading would cost more. */
static Status add_gathered(Parts *parts, const Test *test)
{
    enum { GATHERED_FEW = 500, KEYS_A_READ = 20 };
    Run *run = parts->g->run;
    Stream **copy = arena_array_of(run->cx->arena, Stream *, parts->count + 1), *lists;
    uint64_t listed;
    if (!copy)
        return STATUS_MEMORY;
    memcpy(copy, parts->parts, parts->count * sizeof(Stream *));
    TRY(stream_all(run, copy, parts->count, NULL, NULL, &lists));
    for (size_t i = 0; i < parts->whole->param->component_count; i++) {
        bool many, soon;
        if (is_listed_part(parts, test, i))
            continue;
        TRY(add_part(parts, test, i, GATHERED_FEW, &many));
        if (!many)
            continue;
        TRY(is_soon_full(parts, lists, &soon));
        if (soon)
            continue;
        TRY(stream_count(run, copy[0], &listed));
        TRY(add_part(parts, test, i, listed * KEYS_A_READ, &many));
    }
    return STATUS_OK;
}

/* What has all parts somewhere: a superset of what has them in one element. */
static Status gather_composite(Gather *g, const Test *test)
{
    const SearchParam *param = g->condition->param;
    Condition *whole = arena_new_of(g->run->cx->arena, Condition);
    Parts parts = {.g = g, .whole = whole};
    Stream *all;
    bool many;
    parts.parts = arena_array_of(g->run->cx->arena, Stream *, 2 * param->component_count);
    if (!parts.parts || !whole)
        return STATUS_MEMORY;
    *whole = (Condition){.param = param, .tests = test, .count = 1};
    for (size_t i = 0; i < param->component_count; i++) {
        if (is_listed_part(&parts, test, i))
            TRY(add_part(&parts, test, i, g->budget, &many));
    }
    bool listed = parts.count > 0;
    if (listed)
        TRY(add_gathered(&parts, test));
    for (size_t i = 0; i < param->component_count && !listed; i++)
        TRY(add_part(&parts, test, i, g->budget, &many));
    g->many = !parts.count;
    if (!parts.count)
        return STATUS_OK;
    TRY(stream_all(g->run, parts.parts, parts.count, NULL, NULL, &all));
    return add_stream(g, all);
}

/* ---- a condition --------------------------------------------------------------------------------
 */

typedef Status (*GatherTest)(Gather *g, const Test *test);
static const GatherTest gatherers[] = {
    [FHIR_PARAM_NUMBER] = gather_number,
    [FHIR_PARAM_DATE] = gather_date,
    [FHIR_PARAM_STRING] = gather_string,
    [FHIR_PARAM_TOKEN] = gather_token,
    [FHIR_PARAM_REFERENCE] = gather_reference,
    [FHIR_PARAM_QUANTITY] = gather_quantity,
    [FHIR_PARAM_URI] = gather_uri,
    [FHIR_PARAM_SPECIAL] = gather_near,
    [FHIR_PARAM_COMPOSITE] = gather_composite,
};

/* What the index can say of a condition: nothing, where to look, or all. */
typedef enum { KNOWS_NOTHING, KNOWS_WHERE, KNOWS_ALL } Knows;

static Knows index_knows(const Search *search, const Condition *condition)
{
    const SearchParam *param = condition->param;
    bool string = param->kind == FHIR_PARAM_STRING;
    if (condition->unequal || (!param->part_count && !search_param_is_indexed(search, param)))
        return KNOWS_NOTHING;
    switch (condition->modifier) {
    case MODIFIER_NONE: break;
    case MODIFIER_EXACT:
    case MODIFIER_STARTS:
    case MODIFIER_CONTAINS:
    case MODIFIER_ENDS: return string ? KNOWS_WHERE : KNOWS_NOTHING;
    case MODIFIER_OF_TYPE: return KNOWS_WHERE;
    default: return KNOWS_NOTHING;
    }
    for (size_t i = 0; string && i < condition->count; i++) {
        if (condition->tests[i].text.len > FOLD_MAX - 4)
            return KNOWS_WHERE; /* the index has only the beginning */
    }
    return param->kind == FHIR_PARAM_COMPOSITE ? KNOWS_WHERE : KNOWS_ALL;
}

bool condition_is_listed(const Run *run, const Condition *condition)
{
    const SearchParam *param = condition->param;
    if (index_knows(run->search, condition) != KNOWS_ALL)
        return false;
    switch (param->kind) {
    case FHIR_PARAM_REFERENCE:
    case FHIR_PARAM_URI: return true;
    case FHIR_PARAM_STRING:
        return param->special != SPECIAL_NONE && param->special != SPECIAL_PHONE;
    case FHIR_PARAM_TOKEN:
        for (size_t i = 0; i < condition->count; i++) {
            if (!condition->tests[i].code.len)
                return false;
        }
        return true;
    default: return false;
    }
}

static Status check_resource(Run *run, const void *what, const Place *place, bool *ret_holds)
{
    return ask_resource(run, what, place_str(place), ret_holds);
}

/* A parameter that is the union of others has no keys of its own. */
static Status union_stream(Run *run, const Condition *condition, size_t budget, Stream **ret_stream,
                           bool *ret_many)
{
    const SearchParam *param = condition->param;
    Stream **sides = arena_array_of(run->cx->arena, Stream *, param->part_count);
    if (!sides)
        return STATUS_MEMORY;
    *ret_stream = NULL;
    for (size_t i = 0; i < param->part_count; i++) {
        Condition *part = arena_new_of(run->cx->arena, Condition);
        if (!part)
            return STATUS_MEMORY;
        *part = *condition;
        part->param = search_param_find(run->search, param->type, param->parts[i]);
        TRY(condition_stream(run, part, budget, &sides[i], ret_many));
        if (!sides[i])
            return STATUS_OK;
    }
    return stream_union(run, sides, param->part_count, ret_stream);
}

static Status gather_test(Gather *g, const Test *test)
{
    bool part =
        g->condition->modifier == MODIFIER_CONTAINS || g->condition->modifier == MODIFIER_ENDS;
    return (part ? gather_part : gatherers[g->condition->param->kind])(g, test);
}

Status condition_stream(Run *run, const Condition *condition, size_t budget, Stream **ret_stream,
                        bool *ret_many)
{
    Knows knows = index_knows(run->search, condition);
    *ret_stream = NULL;
    *ret_many = false;
    if (knows == KNOWS_NOTHING)
        return STATUS_OK;
    if (condition->param->part_count)
        return union_stream(run, condition, budget, ret_stream, ret_many);
    Gather *g = arena_new_of(run->cx->arena, Gather);
    if (!g)
        return STATUS_MEMORY;
    *g = (Gather){.run = run, .condition = condition, .budget = budget};
    for (size_t i = 0; i < condition->count && !g->many; i++)
        TRY(gather_test(g, &condition->tests[i]));
    *ret_many = g->many;
    if (g->many)
        return STATUS_OK;
    Stream *all;
    if (g->places.count || !g->count) {
        TRY(stream_of_places(run, g->places.at, g->places.count, &all));
        TRY(add_stream(g, all));
    }
    TRY(stream_union(run, g->streams, g->count, &all));
    if (knows == KNOWS_WHERE)
        TRY(stream_checked(run, all, check_resource, condition, &all));
    *ret_stream = all;
    return STATUS_OK;
}
