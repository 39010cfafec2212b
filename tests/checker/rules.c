/* tests/checker/rules.c - the judgement: do all answers fit to one history of each cell? */
#include "checker/checker.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 1000 };

typedef struct {
    uint64_t tag; /* 0 = deleted */
    const Op *made_by;
    bool there;
} Version;

typedef struct {
    Hand *hand;
    World *world;
    unsigned cell;
    Version *versions; /* by number, from 1 */
    uint32_t newest;
    const Op **by_start, **by_end; /* of this cell, DONE with a version */
    size_t count;
} Judge;

/* ---- the history as the server tells it -------------------------------------------------------
 */

static void take_version(Judge *judge, const JsonValue *entry)
{
    uint64_t number = 0, tag = 0;
    int64_t value;
    Str tagged = json_get_str(json_get(entry, STR("response")), STR("etag"));
    const JsonValue *resource = json_get(entry, STR("resource"));
    if (tagged.len > 4)
        (void)str_to_u64(str_n(tagged.at + 3, tagged.len - 4), &number);
    if (!number || number > 10000000) {
        anomaly(judge->world, "the history of cell %u has an entry without version", judge->cell);
        return;
    }
    if (number > judge->newest) {
        judge->versions = realloc(judge->versions, (number + 1) * sizeof(Version));
        assert(judge->versions);
        memset(judge->versions + judge->newest + 1, 0, (number - judge->newest) * sizeof(Version));
        judge->newest = (uint32_t)number;
    }
    if (resource)
        (void)cell_of(resource, &tag, &value);
    if (judge->versions[number].there)
        anomaly(judge->world, "version %llu of cell %u is in the history twice",
                (unsigned long long)number, judge->cell);
    judge->versions[number] = (Version){.tag = tag, .there = true};
}

static Str next_link(Hand *hand, const JsonValue *root)
{
    JsonValue *link;
    for (JsonIter it = json_iter(json_get(root, STR("link"))); json_next(&it, NULL, &link);) {
        Str url = json_get_str(link, STR("url"));
        const char *path = url.len ? memmem(url.at, url.len, "/fhir/", 6) : NULL;
        if (str_eq(json_get_str(link, STR("relation")), STR("next")) && path)
            return arena_str(hand->arena, str_n(path, url.len - (size_t)(path - url.at)));
    }
    return STR_EMPTY;
}

static bool read_history(Judge *judge)
{
    Hand *hand = judge->hand;
    Str target = arena_format(hand->arena, "/fhir/Basic/%s/_history?_count=%d",
                              cell_id(hand, judge->cell), PAGE);
    while (target.len) {
        unsigned node = roll(hand, judge->world->plan.node_count);
        JsonValue *entry;
        Said said = ask(hand, node, "GET", target, STR_EMPTY, STR_EMPTY);
        const JsonValue *root = said.status == 200 ? parse(hand, said.body) : NULL;
        if (!root) {
            anomaly(judge->world, "the history of cell %u cannot be read (%u)", judge->cell,
                    said.status);
            return false;
        }
        for (JsonIter it = json_iter(json_get(root, STR("entry"))); json_next(&it, NULL, &entry);)
            take_version(judge, entry);
        target = next_link(hand, root);
    }
    for (uint32_t v = 1; v <= judge->newest; v++) {
        if (!judge->versions[v].there)
            anomaly(judge->world, "version %u of %u is missing in the history of cell %u", v,
                    judge->newest, judge->cell);
    }
    return judge->newest > 0;
}

/* ---- each answer by itself ---------------------------------------------------------------------
 */

static Version *version_with(Judge *judge, uint64_t tag)
{
    for (uint32_t v = 1; v <= judge->newest && tag; v++) {
        if (judge->versions[v].tag == tag)
            return &judge->versions[v];
    }
    return NULL;
}

static void judge_write(Judge *judge, const Op *op)
{
    Version *version = version_with(judge, op->tag);
    uint32_t number = version ? (uint32_t)(version - judge->versions) : 0;
    if (op->kind == OP_DELETE) {
        if (op->outcome == OP_DONE && op->version &&
            (op->version > judge->newest || judge->versions[op->version].tag))
            anomaly(judge->world, "version %u of cell %u was acknowledged as its deletion",
                    op->version, judge->cell);
        return;
    }
    if (version)
        version->made_by = op;
    if (op->outcome == OP_DONE && !number)
        anomaly(judge->world, "an acknowledged %s is lost: tag %llu, version %u of cell %u",
                op->how, (unsigned long long)op->tag, op->version, judge->cell);
    if (op->outcome == OP_REFUSED && number)
        anomaly(judge->world, "a refused %s was written: version %u of cell %u", op->how, number,
                judge->cell);
    if (op->outcome == OP_DONE && number && op->version && op->version != number)
        anomaly(judge->world, "%s was acknowledged as version %u of cell %u and is version %u",
                op->how, op->version, judge->cell, number);
    if (op->kind == OP_GUARDED && number && number != op->after + 1)
        anomaly(judge->world, "lost update: %s after version %u of cell %u became version %u",
                op->how, op->after, judge->cell, number);
}

static void judge_read(Judge *judge, const Op *op)
{
    if (!op->version)
        return;
    const Version *version = op->version <= judge->newest ? &judge->versions[op->version] : NULL;
    if (!version || version->tag != op->tag) {
        anomaly(judge->world, "%s at node %u showed version %u of cell %u with tag %llu, not %llu",
                op->how, op->node, op->version, judge->cell, (unsigned long long)op->tag,
                version ? (unsigned long long)version->tag : 0ull);
        return;
    }
    if (version->made_by && version->made_by->start > op->end)
        anomaly(judge->world, "%s showed version %u of cell %u before it was asked for", op->how,
                op->version, judge->cell);
}

/* ---- all of them and the clock ------------------------------------------------------------------
 */

static int compare_start(const void *a, const void *b)
{
    const Op *left = *(const Op *const *)a, *right = *(const Op *const *)b;
    return left->start < right->start ? -1 : left->start > right->start;
}

static int compare_end(const void *a, const void *b)
{
    const Op *left = *(const Op *const *)a, *right = *(const Op *const *)b;
    return left->end < right->end ? -1 : left->end > right->end;
}

/* Who was answered before another asked knows no later version; a write makes a later one. */
static void judge_order(Judge *judge)
{
    const Op *latest = NULL;
    size_t ended = 0;
    qsort(judge->by_start, judge->count, sizeof(Op *), compare_start);
    qsort(judge->by_end, judge->count, sizeof(Op *), compare_end);
    for (size_t i = 0; i < judge->count; i++) {
        const Op *op = judge->by_start[i];
        while (ended < judge->count && judge->by_end[ended]->end < op->start) {
            const Op *done = judge->by_end[ended++];
            latest = !latest || done->version > latest->version ? done : latest;
        }
        if (!latest || op->version > latest->version ||
            (op->kind == OP_READ && op->version == latest->version))
            continue;
        anomaly(judge->world,
                "%s at node %u has version %u of cell %u %.1f ms after %s at node %u had %u",
                op->how, op->node, op->version, judge->cell,
                (double)(op->start - latest->end) / 1000.0, latest->how, latest->node,
                latest->version);
    }
}

static void judge_cell(Judge *judge, Hand *hands, size_t count)
{
    size_t room = 0;
    if (!read_history(judge))
        return;
    for (size_t i = 0; i < count; i++)
        room += hands[i].op_count;
    judge->by_start = calloc(room + 1, sizeof(Op *));
    judge->by_end = calloc(room + 1, sizeof(Op *));
    assert(judge->by_start && judge->by_end);
    for (int reads = 0; reads < 2; reads++) {
        for (size_t i = 0; i < count; i++) {
            for (size_t j = 0; j < hands[i].op_count; j++) {
                const Op *op = &hands[i].ops[j];
                if (op->cell != judge->cell || (op->kind == OP_READ) != reads)
                    continue;
                reads ? judge_read(judge, op) : judge_write(judge, op);
                if (op->outcome == OP_DONE && op->version) {
                    judge->by_start[judge->count] = op;
                    judge->by_end[judge->count++] = op;
                }
            }
        }
    }
    for (uint32_t v = 1; v <= judge->newest; v++) {
        if (judge->versions[v].tag && !judge->versions[v].made_by)
            anomaly(judge->world, "version %u of cell %u was made by nobody", v, judge->cell);
    }
    judge_order(judge);
}

/* ---- transactions: both halves or none ----------------------------------------------------------
 */

static bool is_made(const Judge *judges, uint64_t tag)
{
    for (unsigned cell = COUNTERS; cell < CELLS; cell++) {
        for (uint32_t v = 1; v <= judges[cell].newest; v++) {
            if (judges[cell].versions[v].tag == tag)
                return true;
        }
    }
    return false;
}

static void judge_pairs(const Judge *judges, World *world, Hand *hands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < hands[i].op_count; j++) {
            const Op *op = &hands[i].ops[j];
            if (op->pair && op->pair > op->tag && op->outcome == OP_UNKNOWN &&
                is_made(judges, op->tag) != is_made(judges, op->pair))
                anomaly(world, "half of a transaction was written: tags %llu and %llu",
                        (unsigned long long)op->tag, (unsigned long long)op->pair);
        }
    }
}

void cells_judge(Hand *hand, Hand *hands, size_t count)
{
    static Judge judges[CELLS];
    uint64_t versions = 0;
    for (unsigned cell = 0; cell < CELLS; cell++) {
        judges[cell] = (Judge){.hand = hand, .world = hand->world, .cell = cell};
        arena_clear(hand->arena);
        judge_cell(&judges[cell], hands, count);
        versions += judges[cell].newest;
    }
    judge_pairs(judges, hand->world, hands, count);
    note(hand->world, "%llu versions of %d cells", (unsigned long long)versions, CELLS);
    for (unsigned cell = 0; cell < CELLS; cell++) {
        free(judges[cell].versions);
        free(judges[cell].by_start);
        free(judges[cell].by_end);
    }
}
