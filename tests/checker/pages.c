/* tests/checker/pages.c - searches that must be complete: pages over several nodes, totals,
 * conditional creates, and search parameters that come while others write. */
#include "checker/checker.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PAGE = 5, PAGES_MAX = 12, NAME_MAX = 40 };

static uint64_t count_entries(const JsonValue *root)
{
    return json_count(json_get(root, STR("entry")));
}

/* ---- pages ------------------------------------------------------------------------------ */

bool pages_make(Hand *hand)
{
    for (unsigned i = 0; i < PAGED; i++) {
        Str body = arena_format(hand->arena,
                                "{\"resourceType\":\"Basic\",\"identifier\":[{\"system\":"
                                "\"urn:page\",\"value\":\"%u\"}],\"code\":{\"coding\":[{"
                                "\"system\":\"urn:kind\",\"code\":\"page\"}]}}",
                                i);
        if (ask(hand, 0, "POST", STR("/fhir/Basic"), STR_EMPTY, body).status != 201)
            return false;
    }
    return true;
}

/* The path of a link, for another node. */
static Str next_of(Hand *hand, const JsonValue *root)
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

static unsigned mark_page(const JsonValue *root, bool *seen)
{
    unsigned marked = 0;
    JsonValue *entry;
    for (JsonIter it = json_iter(json_get(root, STR("entry"))); json_next(&it, NULL, &entry);) {
        const JsonValue *one =
            json_item(json_get(json_get(entry, STR("resource")), STR("identifier")), 0);
        uint64_t number = PAGED;
        if (str_to_u64(json_get_str(one, STR("value")), &number) && number < PAGED) {
            marked += !seen[number];
            seen[number] = true;
        }
    }
    return marked;
}

/* A page here, the next one there. */
void page_walk(Hand *hand)
{
    bool seen[PAGED] = {false};
    unsigned found = 0, shown = 0, node = roll(hand, hand->world->plan.node_count);
    Str target = arena_format(hand->arena, "/fhir/Basic?code=urn:kind%%7Cpage&_count=%d%s", PAGE,
                              roll(hand, 2) ? "&_sort=-_lastUpdated" : "");
    for (unsigned page = 0; target.len && page < PAGES_MAX; page++) {
        Said said = ask(hand, node, "GET", target, STR_EMPTY, STR_EMPTY);
        if (said.status != 200) {
            if (said.status == 400)
                anomaly(hand->world, "node %u refuses a page link of another: %.200s", node,
                        said.body.len ? said.body.at : "");
            return;
        }
        const JsonValue *root = parse(hand, said.body);
        shown += (unsigned)count_entries(root);
        found += mark_page(root, seen);
        target = next_of(hand, root);
        node = other_node(hand, node);
    }
    atomic_fetch_add(&hand->world->searches, 1);
    if (found != PAGED || shown != PAGED)
        anomaly(hand->world, "pages show %u resources, %u different ones, of %d", shown, found,
                PAGED);
}

void count_all(Hand *hand)
{
    unsigned node = roll(hand, hand->world->plan.node_count);
    uint64_t total = 0;
    Said said = ask(hand, node, "GET", STR("/fhir/Basic?code=urn:kind%7Cpage&_summary=count"),
                    STR_EMPTY, STR_EMPTY);
    if (said.status != 200)
        return;
    atomic_fetch_add(&hand->world->searches, 1);
    if (!str_to_u64(json_str(json_get(parse(hand, said.body), STR("total"))), &total) ||
        total != PAGED)
        anomaly(hand->world, "node %u counts %llu of %d", node, (unsigned long long)total, PAGED);
}

/* ---- one resource for one condition --------------------------------------------------------- */

static Str key_body(Hand *hand, unsigned key)
{
    return arena_format(hand->arena,
                        "{\"resourceType\":\"Basic\",\"identifier\":[{\"system\":\"urn:key\","
                        "\"value\":\"%u\"}],\"code\":{\"text\":\"key\"}}",
                        key);
}

static Said create_alone(Hand *hand, unsigned node, unsigned key)
{
    Str header = arena_format(hand->arena, "If-None-Exist: identifier=urn:key|%u\r\n", key);
    return ask(hand, node, "POST", STR("/fhir/Basic"), header, key_body(hand, key));
}

static Said create_by_update(Hand *hand, unsigned node, unsigned key)
{
    Str target = arena_format(hand->arena, "/fhir/Basic?identifier=urn:key%%7C%u", key);
    return ask(hand, node, "PUT", target, STR_EMPTY, key_body(hand, key));
}

static Said create_in_transaction(Hand *hand, unsigned node, unsigned key)
{
    Str body = arena_format(hand->arena,
                            "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{"
                            "\"resource\":" STR_FMT ",\"request\":{\"method\":\"POST\",\"url\":"
                            "\"Basic\",\"ifNoneExist\":\"identifier=urn:key|%u\"}}]}",
                            STR_ARG(key_body(hand, key)), key);
    Said said = ask(hand, node, "POST", STR("/fhir"), STR_EMPTY, body);
    const JsonValue *entry = json_item(json_get(parse(hand, said.body), STR("entry")), 0);
    if (said.status == 200)
        said.location = json_get_str(json_get(entry, STR("response")), STR("location"));
    return said;
}

/* "http://x/fhir/Basic/ID/_history/1", "Basic/ID/_history/1" */
static void id_of_location(Str location, char id[NAME_MAX])
{
    const char *from = location.len ? memmem(location.at, location.len, "Basic/", 6) : NULL;
    id[0] = '\0';
    if (!from)
        return;
    Str rest = str_n(from + 6, location.len - (size_t)(from + 6 - location.at));
    Str one = str_cut(&rest, '/');
    if (one.len < NAME_MAX) {
        memcpy(id, one.at, one.len);
        id[one.len] = '\0';
    }
}

static void note_key(Hand *hand, unsigned key, const Said *said, unsigned node)
{
    KeyState *state = &hand->world->keys[key];
    char id[NAME_MAX], first[NAME_MAX];
    id_of_location(said->location, id);
    pthread_mutex_lock(&state->lock);
    state->asked++;
    bool done = outcome_of(said) == OP_DONE && id[0];
    if (done && !state->done++)
        memcpy(state->id, id, sizeof(id));
    memcpy(first, state->id, sizeof(first));
    pthread_mutex_unlock(&state->lock);
    if (done && strcmp(id, first) != 0)
        anomaly(hand->world, "condition %u made %s, and %s at node %u", key, first, id, node);
}

static unsigned search_key(Hand *hand, unsigned key, unsigned node, bool *ret_answered)
{
    Said said = ask(hand, node, "GET",
                    arena_format(hand->arena, "/fhir/Basic?identifier=urn:key%%7C%u", key),
                    STR_EMPTY, STR_EMPTY);
    *ret_answered = said.status == 200;
    return *ret_answered ? (unsigned)count_entries(parse(hand, said.body)) : 0;
}

void key_create(Hand *hand)
{
    static Said (*const ways[])(Hand *, unsigned, unsigned) = {create_alone, create_by_update,
                                                               create_in_transaction};
    unsigned node = roll(hand, hand->world->plan.node_count);
    Time age = time_monotonic() - hand->world->begun;
    unsigned key = (unsigned)(age / (KEY_MS * TIME_MS)) % KEYS_MAX;
    bool answered;
    Said said = ways[roll(hand, COUNT_OF(ways))](hand, node, key);
    if (!said.sent)
        return;
    note_key(hand, key, &said, node);
    if (outcome_of(&said) != OP_DONE || roll(hand, 2))
        return;
    unsigned elsewhere = other_node(hand, node),
             count = search_key(hand, key, elsewhere, &answered);
    if (answered && count != 1)
        anomaly(hand->world, "condition %u has %u resources at node %u", key, count, elsewhere);
}

void keys_judge(Hand *hand)
{
    for (unsigned key = 0; key < KEYS_MAX; key++) {
        const KeyState *state = &hand->world->keys[key];
        bool answered = true;
        if (!state->asked)
            continue;
        arena_clear(hand->arena);
        unsigned count = search_key(hand, key, roll(hand, hand->world->plan.node_count), &answered);
        if (!answered || count > 1 || (state->done && count != 1))
            anomaly(hand->world, "in the end condition %u has %u resources; %u were told of one",
                    key, count, state->done);
    }
}

/* ---- search parameters --------------------------------------------------------------------- */

static Str parameter_body(Hand *hand, const char *code)
{
    return arena_format(
        hand->arena,
        "{\"resourceType\":\"SearchParameter\",\"url\":\"urn:checker:%s\",\"name\":\"%s\","
        "\"status\":\"active\",\"description\":\"of the checker\",\"code\":\"%s\",\"base\":["
        "\"Basic\"],\"type\":\"token\",\"expression\":\"Basic.identifier\"}",
        code, code, code);
}

static bool pause_a_little(World *world, unsigned ms)
{
    for (unsigned i = 0; i < ms && !atomic_load(&world->stop); i += 20)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    return !atomic_load(&world->stop);
}

/* 0: not answered yet. An answer has all that was acknowledged before the question. */
static unsigned try_parameter(Hand *hand, const char *code, unsigned node)
{
    World *world = hand->world;
    Time age = time_monotonic() - world->begun;
    unsigned now = (unsigned)(age / (KEY_MS * TIME_MS)) % KEYS_MAX, key = now - roll(hand, 20);
    bool by_key = key < now && roll(hand, 2);
    if (by_key) {
        pthread_mutex_lock(&world->keys[key].lock);
        by_key = world->keys[key].done > 0;
        pthread_mutex_unlock(&world->keys[key].lock);
    }
    if (!by_key)
        key = roll(hand, PAGED);
    Said said = ask(hand, node, "GET",
                    arena_format(hand->arena, "/fhir/Basic?%s=urn:%s%%7C%u", code,
                                 by_key ? "key" : "page", key),
                    STR_EMPTY, STR_EMPTY);
    if (said.status != 200)
        return 0;
    uint64_t count = count_entries(parse(hand, said.body));
    if (count != 1)
        anomaly(world, "parameter %s at node %u finds %llu of urn:%s|%u", code, node,
                (unsigned long long)count, by_key ? "key" : "page", key);
    return 1;
}

static void use_parameter(Hand *hand, const char *code)
{
    unsigned answered = 0;
    for (unsigned tries = 0; tries < 400 && answered < 60 && pause_a_little(hand->world, 20);
         tries++) {
        arena_clear(hand->arena);
        answered += try_parameter(hand, code, roll(hand, hand->world->plan.node_count));
    }
    atomic_fetch_add(&hand->world->parameters, answered == 60);
}

void *parameters_main(void *of)
{
    Hand *hand = of;
    World *world = hand->world;
    for (unsigned round = 0; pause_a_little(world, 300); round++) {
        char code[NAME_MAX], id[NAME_MAX];
        unsigned node = roll(hand, world->plan.node_count);
        arena_clear(hand->arena);
        snprintf(code, sizeof(code), "ck%u", round);
        if (world->plan.reindexes && round % 2 && !nodes_reindex(world))
            note(world, "a reindex was refused");
        Said said = ask(hand, node, "POST", STR("/fhir/SearchParameter"), STR_EMPTY,
                        parameter_body(hand, code));
        if (said.status != 201)
            continue;
        id_of_location(said.location, id);
        Str rest = said.location;
        const char *at = memmem(rest.at, rest.len, "SearchParameter/", 16);
        Str tail = at ? str_n(at, rest.len - (size_t)(at - rest.at)) : STR_EMPTY;
        size_t end = tail.len ? str_index(str_from(tail, 16), '/') : SIZE_MAX;
        char target[96];
        snprintf(target, sizeof(target), "/fhir/%.*s", (int)(end == SIZE_MAX ? 0 : 16 + end),
                 tail.at);
        use_parameter(hand, code);
        if (round % 3 == 0)
            (void)ask(hand, other_node(hand, node), "DELETE", str_of(target), STR_EMPTY, STR_EMPTY);
    }
    return NULL;
}
