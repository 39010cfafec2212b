/* tests/checker/cells.c - clients change and read cells, each time at another node. */
#include "checker/checker.h"

#include <stdio.h>
#include <stdlib.h>

enum { READ_WAYS = 5 };

const char *cell_id(Hand *hand, unsigned cell)
{
    return arena_format(hand->arena, "%s-%u", cell < COUNTERS ? "counter" : "account", cell).at;
}

/* Each account leads to the next one, the last to the first. */
static Str cell_body(Hand *hand, unsigned cell, uint64_t tag, int64_t value)
{
    bool counter = cell < COUNTERS;
    unsigned next = counter ? cell : COUNTERS + (cell - COUNTERS + 1) % ACCOUNTS;
    return arena_format(
        hand->arena,
        "{\"resourceType\":\"Basic\",\"id\":\"%s\",\"identifier\":[{\"system\":\"urn:cell\","
        "\"value\":\"%u\"},{\"system\":\"urn:value\",\"value\":\"%lld\"}],\"code\":{\"coding\":"
        "[{\"system\":\"urn:kind\",\"code\":\"%s\"},{\"system\":\"urn:tag\",\"code\":\"%llu\"}]},"
        "\"subject\":{\"reference\":\"Basic/%s\"}}",
        cell_id(hand, cell), cell, (long long)value, counter ? "counter" : "account",
        (unsigned long long)tag, cell_id(hand, next));
}

static Str target_of(Hand *hand, unsigned cell)
{
    return arena_format(hand->arena, "/fhir/Basic/%s", cell_id(hand, cell));
}

static Str with_system(const JsonValue *list, Str system, Str member)
{
    JsonValue *item;
    for (JsonIter it = json_iter(list); json_next(&it, NULL, &item);) {
        if (str_eq(json_get_str(item, STR("system")), system))
            return json_get_str(item, member);
    }
    return STR_EMPTY;
}

unsigned cell_of(const JsonValue *resource, uint64_t *ret_tag, int64_t *ret_value)
{
    const JsonValue *identifiers = json_get(resource, STR("identifier"));
    Str cell = with_system(identifiers, STR("urn:cell"), STR("value"));
    Str tag = with_system(json_get(json_get(resource, STR("code")), STR("coding")), STR("urn:tag"),
                          STR("code"));
    Str value = with_system(identifiers, STR("urn:value"), STR("value"));
    uint64_t number = CELLS, magnitude = 0;
    bool minus = str_has_prefix(value, STR("-"));
    *ret_tag = 0;
    if (!str_to_u64(cell, &number) || !str_to_u64(tag, ret_tag) ||
        !str_to_u64(str_from(value, minus), &magnitude))
        return CELLS;
    *ret_value = minus ? -(int64_t)magnitude : (int64_t)magnitude;
    return number < CELLS ? (unsigned)number : CELLS;
}

static uint32_t version_of(const JsonValue *resource)
{
    uint64_t version = 0;
    (void)str_to_u64(json_get_str(json_get(resource, STR("meta")), STR("versionId")), &version);
    return (uint32_t)version;
}

bool cells_make(Hand *hand)
{
    for (unsigned cell = 0; cell < CELLS; cell++) {
        uint64_t tag = atomic_fetch_add(&hand->world->next_tag, 1);
        Said said = ask(hand, 0, "PUT", target_of(hand, cell), STR_EMPTY,
                        cell_body(hand, cell, tag, cell < COUNTERS ? 0 : MONEY));
        if (said.status != 201)
            return false;
        keep(hand, (Op){.kind = OP_WRITE,
                        .outcome = OP_DONE,
                        .cell = cell,
                        .version = said.version,
                        .tag = tag,
                        .start = said.start,
                        .end = said.end,
                        .how = "first PUT"});
    }
    return true;
}

/* ---- reading --------------------------------------------------------------------------- */

typedef struct {
    bool known, deleted;
    uint32_t version;
    uint64_t tag;
    int64_t value;
} Seen;

static void saw(Hand *hand, const Said *said, unsigned node, const JsonValue *resource,
                const char *how, Seen *seen)
{
    uint64_t tag;
    int64_t value = 0;
    unsigned cell = cell_of(resource, &tag, &value);
    if (cell == CELLS)
        return;
    Op op = {.kind = OP_READ,
             .outcome = OP_DONE,
             .cell = cell,
             .node = node,
             .version = version_of(resource),
             .tag = tag,
             .start = said->start,
             .end = said->end,
             .how = how};
    keep(hand, op);
    if (seen)
        *seen = (Seen){true, false, op.version, tag, value};
}

static void saw_deleted(Hand *hand, const Said *said, unsigned cell, unsigned node, Seen *seen)
{
    keep(hand, (Op){.kind = OP_READ,
                    .outcome = OP_DONE,
                    .cell = cell,
                    .node = node,
                    .version = said->version,
                    .start = said->start,
                    .end = said->end,
                    .how = "read, gone"});
    *seen = (Seen){.known = said->version > 0, .deleted = true, .version = said->version};
}

static Seen read_at(Hand *hand, unsigned cell, unsigned node)
{
    Seen seen = {.known = false};
    Said said = ask(hand, node, "GET", target_of(hand, cell), STR_EMPTY, STR_EMPTY);
    JsonValue *resource = said.status == 200 ? parse(hand, said.body) : NULL;
    if (resource)
        saw(hand, &said, node, resource, "read", &seen);
    if (said.status == 410)
        saw_deleted(hand, &said, cell, node, &seen);
    if (said.status == 404)
        anomaly(hand->world, "cell %u was never there, says node %u", cell, node);
    return seen;
}

/* The entries of a searchset, history or batch. */
static unsigned saw_entries(Hand *hand, const Said *said, unsigned node, const char *how,
                            unsigned max, Seen *seen)
{
    const JsonValue *root = said->status == 200 ? parse(hand, said->body) : NULL;
    JsonValue *entry;
    unsigned count = 0;
    for (JsonIter it = json_iter(json_get(root, STR("entry"))); json_next(&it, NULL, &entry);) {
        const JsonValue *resource = json_get(entry, STR("resource"));
        if (resource && count++ < max)
            saw(hand, said, node, resource, how, seen);
    }
    return count;
}

static void read_by_history(Hand *hand, unsigned cell, unsigned node)
{
    Seen seen;
    Said said =
        ask(hand, node, "GET",
            arena_format(hand->arena, STR_FMT "/_history?_count=1", STR_ARG(target_of(hand, cell))),
            STR_EMPTY, STR_EMPTY);
    saw_entries(hand, &said, node, "history", 1, &seen);
}

static void read_by_search(Hand *hand, unsigned cell, unsigned node)
{
    Seen seen;
    Said said = ask(hand, node, "GET",
                    arena_format(hand->arena, "/fhir/Basic?identifier=urn:cell%%7C%u", cell),
                    STR_EMPTY, STR_EMPTY);
    if (said.status != 200)
        return;
    atomic_fetch_add(&hand->world->searches, 1);
    unsigned count = saw_entries(hand, &said, node, "search", 1, &seen);
    if (count > 1 || (count == 0 && cell >= COUNTERS)) /* accounts are never deleted */
        anomaly(hand->world, "a search for cell %u at node %u found %u", cell, node, count);
}

static void read_by_batch(Hand *hand, unsigned cell, unsigned node)
{
    Seen seen;
    Str body = arena_format(hand->arena,
                            "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{"
                            "\"request\":{\"method\":\"GET\",\"url\":\"Basic/%s\"}}]}",
                            cell_id(hand, cell));
    Said said = ask(hand, node, "POST", STR("/fhir"), STR_EMPTY, body);
    saw_entries(hand, &said, node, "batch", 1, &seen);
}

static void read_version(Hand *hand, unsigned cell, unsigned node)
{
    Seen seen = read_at(hand, cell, node);
    if (!seen.known || seen.deleted)
        return;
    unsigned elsewhere = other_node(hand, node);
    Said said = ask(hand, elsewhere, "GET",
                    arena_format(hand->arena, STR_FMT "/_history/%u",
                                 STR_ARG(target_of(hand, cell)), seen.version),
                    STR_EMPTY, STR_EMPTY);
    if (!said.status || said.status >= 500)
        return;
    uint64_t tag = 0;
    int64_t value;
    JsonValue *resource = said.status == 200 ? parse(hand, said.body) : NULL;
    if (!resource || cell_of(resource, &tag, &value) != cell || tag != seen.tag)
        anomaly(hand->world, "version %u of cell %u is another one at node %u (%u)", seen.version,
                cell, elsewhere, said.status);
}

void cell_read(Hand *hand)
{
    static void (*const ways[READ_WAYS])(Hand *, unsigned, unsigned) = {
        read_by_history, read_by_search, read_by_batch, read_version, NULL};
    unsigned cell = roll(hand, CELLS), node = roll(hand, hand->world->plan.node_count);
    unsigned way = roll(hand, READ_WAYS);
    if (ways[way])
        ways[way](hand, cell, node);
    else
        (void)read_at(hand, cell, node);
}

/* ---- writing --------------------------------------------------------------------------- */

/* The index has what was just acknowledged, on every node: the tag finds the cell, unless it has
 * moved on since. */
static void find_tag(Hand *hand, unsigned cell, uint32_t version, uint64_t tag, unsigned node)
{
    Seen seen = {.known = false};
    Said said =
        ask(hand, node, "GET",
            arena_format(hand->arena, "/fhir/Basic?code=urn:tag%%7C%llu", (unsigned long long)tag),
            STR_EMPTY, STR_EMPTY);
    if (said.status != 200)
        return;
    atomic_fetch_add(&hand->world->searches, 1);
    unsigned count = saw_entries(hand, &said, node, "search by tag", 2, &seen);
    if (count == 1 && seen.version == version && seen.tag == tag)
        return;
    if (count > 0) {
        anomaly(hand->world, "the index of node %u finds tag %llu in version %u of cell %u", node,
                (unsigned long long)tag, seen.version, cell);
        return;
    }
    seen = read_at(hand, cell, node);
    if (seen.known && seen.version <= version)
        anomaly(hand->world, "the index of node %u lacks version %u of cell %u", node, version,
                cell);
}

static void check_written(Hand *hand, Op *op)
{
    if (op->outcome != OP_DONE || !op->version)
        return;
    Op made = *op; /* more are kept below, which may move them */
    unsigned node = other_node(hand, made.node);
    if (roll(hand, 3) == 0)
        (void)read_at(hand, made.cell, node);
    if (made.kind != OP_DELETE && roll(hand, 3) == 0)
        find_tag(hand, made.cell, made.version, made.tag, node);
}

static Op write_op(const Said *said, OpKind kind, unsigned cell, unsigned node, const char *how)
{
    return (Op){.kind = kind,
                .outcome = outcome_of(said),
                .cell = cell,
                .node = node,
                .version = said->version,
                .start = said->start,
                .end = said->end,
                .how = how};
}

static void put(Hand *hand, unsigned cell, const Seen *seen, bool guarded, unsigned node)
{
    uint64_t tag = atomic_fetch_add(&hand->world->next_tag, 1);
    Str if_match =
        guarded ? arena_format(hand->arena, "If-Match: W/\"%u\"\r\n", seen->version) : STR_EMPTY;
    Said said = ask(hand, node, "PUT", target_of(hand, cell), if_match,
                    cell_body(hand, cell, tag, seen->value + 1));
    if (!said.sent)
        return;
    Op op = write_op(&said, guarded ? OP_GUARDED : OP_WRITE, cell, node,
                     guarded ? "PUT with If-Match" : "PUT");
    op.tag = tag;
    op.after = guarded ? seen->version : 0;
    check_written(hand, keep(hand, op));
}

static Str guarded_entry(Hand *hand, unsigned cell, const Seen *seen, int64_t value, uint64_t tag)
{
    return arena_format(hand->arena,
                        "{\"resource\":" STR_FMT ",\"request\":{\"method\":\"PUT\",\"url\":"
                        "\"Basic/%s\",\"ifMatch\":\"W/\\\"%u\\\"\"}}",
                        STR_ARG(cell_body(hand, cell, tag, value)), cell_id(hand, cell),
                        seen->version);
}

static void put_in_batch(Hand *hand, unsigned cell, const Seen *seen, unsigned node)
{
    uint64_t tag = atomic_fetch_add(&hand->world->next_tag, 1);
    Str body = arena_format(
        hand->arena, "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[" STR_FMT "]}",
        STR_ARG(guarded_entry(hand, cell, seen, seen->value + 1, tag)));
    Said said = ask(hand, node, "POST", STR("/fhir"), STR_EMPTY, body);
    if (!said.sent)
        return;
    Op op = write_op(&said, OP_GUARDED, cell, node, "PUT in a batch");
    op.tag = tag;
    op.after = seen->version;
    op.version = 0;
    if (op.outcome == OP_DONE) {
        const JsonValue *response =
            json_get(json_item(json_get(parse(hand, said.body), STR("entry")), 0), STR("response"));
        Str status = str_head(json_get_str(response, STR("status")), 3);
        uint64_t code = 0;
        (void)str_to_u64(status, &code);
        op.outcome = code >= 200 && code < 300   ? OP_DONE
                     : code >= 400 && code < 500 ? OP_REFUSED
                                                 : OP_UNKNOWN;
        op.version = op.outcome == OP_DONE ? seen->version + 1 : 0;
    }
    check_written(hand, keep(hand, op));
}

static void remove_cell(Hand *hand, unsigned cell, const Seen *seen, unsigned node)
{
    Str headers = arena_format(hand->arena, "If-Match: W/\"%u\"\r\n", seen->version);
    Said said = ask(hand, node, "DELETE", target_of(hand, cell), headers, STR_EMPTY);
    if (!said.sent)
        return;
    Op op = write_op(&said, OP_DELETE, cell, node, "DELETE");
    op.after = seen->version;
    op.version = op.outcome == OP_DONE ? seen->version + 1 : 0;
    check_written(hand, keep(hand, op));
}

void cell_write(Hand *hand)
{
    unsigned cell = roll(hand, COUNTERS), node = roll(hand, hand->world->plan.node_count);
    Seen seen = read_at(hand, cell, node);
    unsigned where = other_node(hand, node), way = roll(hand, 20);
    if (!seen.known)
        return;
    if (seen.deleted)
        put(hand, cell, &seen, false, where);
    else if (way == 0)
        remove_cell(hand, cell, &seen, where);
    else if (way < 4)
        put(hand, cell, &seen, false, where);
    else if (way < 8)
        put_in_batch(hand, cell, &seen, where);
    else
        put(hand, cell, &seen, true, where);
}

/* ---- money ------------------------------------------------------------------------------- */

void transfer(Hand *hand)
{
    unsigned from = COUNTERS + roll(hand, ACCOUNTS), to = COUNTERS + roll(hand, ACCOUNTS);
    unsigned node = roll(hand, hand->world->plan.node_count);
    int64_t amount = 1 + roll(hand, 20);
    if (from == to)
        return;
    Seen left = read_at(hand, from, node), right = read_at(hand, to, other_node(hand, node));
    if (!left.known || !right.known || left.deleted || right.deleted)
        return;
    uint64_t tag = atomic_fetch_add(&hand->world->next_tag, 2);
    Str body =
        arena_format(hand->arena,
                     "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" STR_FMT
                     "," STR_FMT "]}",
                     STR_ARG(guarded_entry(hand, from, &left, left.value - amount, tag)),
                     STR_ARG(guarded_entry(hand, to, &right, right.value + amount, tag + 1)));
    Said said = ask(hand, node, "POST", STR("/fhir"), STR_EMPTY, body);
    if (!said.sent)
        return;
    Op op = write_op(&said, OP_GUARDED, from, node, "transfer");
    op.version = op.outcome == OP_DONE ? left.version + 1 : 0;
    op.after = left.version;
    op.tag = tag;
    op.pair = tag + 1;
    keep(hand, op);
    op.cell = to;
    op.version = op.outcome == OP_DONE ? right.version + 1 : 0;
    op.after = right.version;
    op.tag = tag + 1;
    op.pair = tag;
    check_written(hand, keep(hand, op));
}

/* All money in one snapshot: found at once, or account by account, each of which leads to the next,
 * so that the server has to ask its store again and again. */
void snapshot(Hand *hand)
{
    unsigned node = roll(hand, hand->world->plan.node_count), count = 0;
    int64_t sum = 0;
    Str found = STR_EMPTY;
    Str target = STR("/fhir/Basic?code=urn:kind%7Caccount&_count=100");
    if (roll(hand, 2))
        target = arena_format(
            hand->arena, "/fhir/Basic?identifier=urn:cell%%7C%u&_include:iterate=Basic:subject",
            COUNTERS + roll(hand, ACCOUNTS));
    Said said = ask(hand, node, "GET", target, STR_EMPTY, STR_EMPTY);
    const JsonValue *root = said.status == 200 ? parse(hand, said.body) : NULL;
    JsonValue *entry;
    if (!root)
        return;
    atomic_fetch_add(&hand->world->searches, 1);
    for (JsonIter it = json_iter(json_get(root, STR("entry"))); json_next(&it, NULL, &entry);) {
        const JsonValue *resource = json_get(entry, STR("resource"));
        uint64_t tag;
        int64_t value = 0;
        unsigned cell = cell_of(resource, &tag, &value);
        if (cell == CELLS)
            continue;
        saw(hand, &said, node, resource, "snapshot", NULL);
        found = arena_format(
            hand->arena, STR_FMT " %u:%lld/" STR_FMT, STR_ARG(found), cell, (long long)value,
            STR_ARG(json_get_str(json_get(resource, STR("meta")), STR("versionId"))));
        sum += value;
        count++;
    }
    if (count != ACCOUNTS || sum != ACCOUNTS * MONEY)
        anomaly(hand->world,
                "node %u shows %u accounts with %lld in all, of %d with %d, by " STR_FMT
                " (account:money/version)" STR_FMT,
                node, count, (long long)sum, ACCOUNTS, ACCOUNTS * MONEY, STR_ARG(target),
                STR_ARG(found));
}
