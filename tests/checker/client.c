/* tests/checker/client.c - one request of one client to one node. */
#include "checker/checker.h"

#include <stdlib.h>
#include <string.h>

unsigned roll(Hand *hand, unsigned sides)
{
    hand->dice = hand->dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(hand->dice >> 33) % sides;
}

unsigned other_node(Hand *hand, unsigned node)
{
    unsigned count = hand->world->plan.node_count;
    return count == 1 ? 0 : (node + 1 + roll(hand, count - 1)) % count;
}

static bool connect_to(Hand *hand, unsigned node)
{
    uint16_t port = atomic_load(&hand->world->nodes[node].port);
    Client *client = &hand->connections[node];
    if (client->fd >= 0 && hand->ports[node] == port)
        return true;
    if (client->fd >= 0)
        client_close(client);
    client->fd = -1;
    if (!port)
        return false;
    if (!hand->arenas[node])
        hand->arenas[node] = arena_new((size_t)4 << 30, false);
    arena_clear(hand->arenas[node]);
    hand->ports[node] = port;
    return client_open(client, hand->arenas[node], port);
}

/* The answer in the arena of the round. */
static Said take(Hand *hand, const Answer *answer, Said said)
{
    uint64_t version = 0;
    said.status = answer->status;
    if (!answer->status)
        return said;
    said.body = arena_str(hand->arena, answer->body);
    said.headers = arena_str(hand->arena, answer->headers);
    said.location = answer_header(answer, STR("Location"));
    said.location = said.location.len ? arena_str(hand->arena, said.location) : STR_EMPTY;
    Str tag = answer_header(answer, STR("ETag"));
    if (str_has_prefix(tag, STR("W/\"")) && tag.len > 4)
        (void)str_to_u64(str_n(tag.at + 3, tag.len - 4), &version);
    said.version = (uint32_t)version;
    return said;
}

/* --stale: now and then the answer of a moment ago, as if a cache stood between. */
static bool from_cache(Hand *hand, bool about_first, Said *said)
{
    if (!hand->world->plan.stale || !about_first || !hand->kept || roll(hand, 20))
        return false;
    said->sent = true;
    said->status = 200;
    said->version = hand->kept_version;
    said->body = arena_str(hand->arena, str_n(hand->kept, hand->kept_len));
    said->start = said->end = time_monotonic();
    return true;
}

static void into_cache(Hand *hand, bool about_first, const Said *said)
{
    if (!hand->world->plan.stale || !about_first || said->status != 200 || roll(hand, 10))
        return;
    hand->kept = realloc(hand->kept, said->body.len);
    assert(hand->kept);
    memcpy(hand->kept, said->body.at, said->body.len);
    hand->kept_len = said->body.len;
    hand->kept_version = said->version;
}

Said ask(Hand *hand, unsigned node, const char *method, Str target, Str headers, Str body)
{
    World *world = hand->world;
    Said said = {.body = STR_EMPTY, .location = STR_EMPTY};
    bool about_first = strcmp(method, "GET") == 0 && str_eq(target, STR("/fhir/Basic/counter-0"));
    if (from_cache(hand, about_first, &said))
        return said;
    if (!connect_to(hand, node))
        return said;
    said.request = atomic_fetch_add(&world->next_request, 1);
    Client *client = &hand->connections[node];
    if (arena_bytes(client->arena) > (size_t)64 << 20) {
        client_close(client);
        client->fd = -1;
        if (!connect_to(hand, node))
            return said;
    }
    Str all =
        arena_format(hand->arena,
                     "Authorization: Bearer " STR_FMT "\r\nX-Request-Id: ck-%llu-\r\n"
                     "Content-Type: application/fhir+json\r\n" STR_FMT,
                     STR_ARG(world->token), (unsigned long long)said.request, STR_ARG(headers));
    said.sent = true;
    said.start = time_monotonic();
    Answer answer = client_ask(client, str_of(method), target, all, body);
    said.end = time_monotonic();
    said = take(hand, &answer, said);
    into_cache(hand, about_first, &said);
    if (!answer.status || answer.closed) {
        client_close(client);
        client->fd = -1;
    }
    bool access = (answer.status >= 200 && answer.status < 400) || answer.status == 404 ||
                  answer.status == 410 || answer.status == 412;
    if (access && said.request < KEYS_MAX * 64ull)
        world->answered[said.request] = 1;
    if (answer.status == 401 || answer.status == 500 || answer.status == 501)
        anomaly(world, "node %u answered %u to %s " STR_FMT ": %.200s", node, answer.status, method,
                STR_ARG(target), answer.body.len ? said.body.at : "");
    return said;
}

Outcome outcome_of(const Said *said)
{
    if (said->status >= 200 && said->status < 300)
        return OP_DONE;
    return said->status >= 400 && said->status < 500 ? OP_REFUSED : OP_UNKNOWN;
}

Op *keep(Hand *hand, Op op)
{
    if (hand->op_count == hand->op_room) {
        size_t room = hand->op_room ? hand->op_room * 2 : 4096;
        hand->ops = realloc(hand->ops, room * sizeof(Op));
        assert(hand->ops);
        hand->op_room = room;
    }
    if (op.outcome == OP_UNKNOWN)
        atomic_fetch_add(&hand->world->unknown, 1);
    if (op.outcome == OP_REFUSED)
        atomic_fetch_add(&hand->world->refused, 1);
    hand->ops[hand->op_count++] = op;
    return &hand->ops[hand->op_count - 1];
}

JsonValue *parse(Hand *hand, Str body)
{
    Ctx cx = {.arena = hand->arena};
    JsonValue *root;
    return body.len && json_parse(&cx, body, &root) == STATUS_OK ? root : NULL;
}
