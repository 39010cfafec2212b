/* search/state.c - which numbers of keys are in use and which are being made: one item of the
 * store, as JSON.
 *
 *     {"format":2,"digest":"5bd1e995c0ffee00","open":true,"slots":"aab...","making":"---...",
 *      "turn":1,"end":0,"sweep":false,"next":57344,"address":"https://chart.example.org/fhir",
 *      "labels":"0c0ffee05bd1e995","relabel":"",
 *      "params":[{"id":"x","digest":"...","first":57344,"making":0,"count":1,"waits":false}]}
 *
 * A slot is a letter for each type, "-" for none; the first letter is that of the listings. */
#include "search/index.h"

static const Str space = STR_INIT("index"), name_state = STR_INIT("state"),
                 name_at = STR_INIT("at");

/* ---- reading ---------------------------------------------------------------------------- */

static uint64_t number_of(const JsonValue *object, Str name)
{
    uint64_t number = 0;
    (void)str_to_u64(json_str(json_get(object, name)), &number);
    return number;
}

static void read_slots(const JsonValue *object, Str name, uint8_t *slots)
{
    Str letters = json_get_str(object, name);
    for (size_t i = 0; i <= TYPES_MAX; i++) {
        char letter = i < letters.len ? letters.at[i] : '-';
        bool is_slot = letter >= 'a' && letter < 'a' + SLOT_COUNT;
        slots[i] = is_slot ? (uint8_t)(letter - 'a') : SLOT_NONE;
    }
}

static Status read_customs(Ctx *cx, const JsonValue *list, State *state)
{
    JsonValue *item;
    state->customs = arena_array_of(cx->arena, CustomState, json_count(list) + 1);
    if (!state->customs)
        return STATUS_MEMORY;
    for (JsonIter it = json_iter(list); json_next(&it, NULL, &item);)
        state->customs[state->custom_count++] =
            (CustomState){.id = json_get_str(item, STR("id")),
                          .digest = json_get_str(item, STR("digest")),
                          .first = (uint32_t)number_of(item, STR("first")),
                          .making = (uint32_t)number_of(item, STR("making")),
                          .count = (uint32_t)number_of(item, STR("count")),
                          .waits = json_bool(json_get(item, STR("waits")))};
    return STATUS_OK;
}

Status state_read(Ctx *cx, StoreReader *reader, Str digest, State *ret_state)
{
    JsonValue *root;
    Str value;
    *ret_state = (State){.next = CUSTOM_FIRST,
                         .turn = 1,
                         .address = STR_EMPTY,
                         .labels = STR_EMPTY,
                         .relabel = STR_EMPTY};
    memset(ret_state->making, SLOT_NONE, sizeof(ret_state->making));
    Status found = store_item_get(reader, space, name_state, &value);
    if (found != STATUS_OK) /* whatever is there stands in slot 0 */
        return found;
    TRY(json_parse(cx, value, &root));
    ret_state->open = json_bool(json_get(root, STR("open")));
    read_slots(root, STR("slots"), ret_state->slots);
    read_slots(root, STR("making"), ret_state->making);
    ret_state->turn = (uint8_t)(number_of(root, STR("turn")) % SLOT_COUNT);
    ret_state->end = number_of(root, STR("end"));
    ret_state->sweep = json_bool(json_get(root, STR("sweep")));
    ret_state->next = (uint32_t)number_of(root, STR("next"));
    ret_state->address = json_get_str(root, STR("address"));
    ret_state->labels = json_get_str(root, STR("labels"));
    ret_state->relabel = json_get_str(root, STR("relabel"));
    TRY(read_customs(cx, json_get(root, STR("params")), ret_state));
    bool same = number_of(root, STR("format")) == SEARCH_FORMAT &&
                str_eq(json_get_str(root, STR("digest")), digest);
    return same ? STATUS_OK : STATUS_NOT_FOUND;
}

Status state_read_item_at(Ctx *cx, StoreReader *reader, StoreItem *ret_item, uint64_t *ret_at)
{
    StoreItem item = {space, name_at, STR_EMPTY};
    *ret_at = 0;
    Status found = store_item_get(reader, space, name_at, &item.value);
    if (found == STATUS_OK && !str_to_u64(item.value, ret_at))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The store's index has no valid position.");
    if (found != STATUS_OK && found != STATUS_NOT_FOUND)
        return found;
    *ret_item = item;
    return STATUS_OK;
}

Status state_read_at(Ctx *cx, StoreReader *reader, uint64_t *ret_at)
{
    StoreItem item;
    return state_read_item_at(cx, reader, &item, ret_at);
}

/* ---- writing ---------------------------------------------------------------------------- */

static void add_slots(Buf *buf, const uint8_t *slots)
{
    for (size_t i = 0; i <= fhir_type_count(); i++)
        buf_add_char(buf, slots[i] == SLOT_NONE ? '-' : (char)('a' + slots[i]));
}

static const char *truth(bool holds)
{
    return holds ? "true" : "false";
}

Status state_item(Ctx *cx, const State *state, Str digest, StoreItem *ret_item)
{
    Buf buf;
    buf_init(&buf, cx->arena, 1024 + state->custom_count * 128, 4 << 20);
    buf_format(&buf, "{\"format\":%d,\"digest\":\"" STR_FMT "\",\"open\":%s,\"slots\":\"",
               SEARCH_FORMAT, STR_ARG(digest), truth(state->open));
    add_slots(&buf, state->slots);
    buf_add_lit(&buf, "\",\"making\":\"");
    add_slots(&buf, state->making);
    buf_format(&buf,
               "\",\"turn\":%u,\"end\":%llu,\"sweep\":%s,\"next\":%u,\"address\":", state->turn,
               (unsigned long long)state->end, truth(state->sweep), state->next);
    json_write_string(&buf, state->address);
    buf_format(&buf, ",\"labels\":\"" STR_FMT "\",\"relabel\":\"" STR_FMT "\"",
               STR_ARG(state->labels), STR_ARG(state->relabel));
    buf_add_lit(&buf, ",\"params\":[");
    for (size_t i = 0; i < state->custom_count; i++) {
        const CustomState *custom = &state->customs[i];
        buf_format(&buf,
                   "%s{\"id\":\"" STR_FMT "\",\"digest\":\"" STR_FMT
                   "\",\"first\":%u,\"making\":%u,\"count\":%u,\"waits\":%s}",
                   i ? "," : "", STR_ARG(custom->id), STR_ARG(custom->digest), custom->first,
                   custom->making, custom->count, truth(custom->waits));
    }
    buf_add_lit(&buf, "]}");
    *ret_item = (StoreItem){space, name_state, buf_str(&buf)};
    return buf_done(&buf);
}

StoreItem state_item_at(uint64_t at, char digits[24])
{
    int len = snprintf(digits, 24, "%llu", (unsigned long long)at);
    return (StoreItem){space, name_at, str_n(digits, (size_t)len)};
}

/* ---- from one state to the next ----------------------------------------------------------- */

void state_begin(State *state)
{
    *state = (State){.open = true,
                     .next = CUSTOM_FIRST,
                     .turn = 1,
                     .address = STR_EMPTY,
                     .labels = STR_EMPTY,
                     .relabel = STR_EMPTY};
    memset(state->making, SLOT_NONE, sizeof(state->making));
}

static bool slot_is_used(const State *state, uint8_t slot)
{
    for (size_t i = 0; i <= TYPES_MAX; i++) {
        if (state->slots[i] == slot || state->making[i] == slot)
            return true;
    }
    return false;
}

static bool numbers_are_used(const State *state, uint32_t first, uint32_t count)
{
    for (size_t i = 0; i < state->custom_count; i++) {
        const CustomState *custom = &state->customs[i];
        const uint32_t runs[] = {custom->first, custom->making};
        for (size_t j = 0; j < COUNT_OF(runs); j++) {
            if (runs[j] && runs[j] < first + count && first < runs[j] + custom->count)
                return true;
        }
    }
    return false;
}

/* In turn, so that a number comes again as late as possible. */
bool state_number(State *state, uint32_t count, uint32_t *ret_first)
{
    for (uint32_t tries = 0; tries <= CUSTOM_END - CUSTOM_FIRST; tries++) {
        uint32_t first = state->next + count > CUSTOM_END ? CUSTOM_FIRST : state->next;
        if (!numbers_are_used(state, first, count)) {
            *ret_first = first;
            state->next = first + count;
            return true;
        }
        state->next = first + 1;
    }
    return false;
}

Status state_remake(State *state, uint16_t type, bool closed)
{
    uint8_t slot = state->turn;
    for (size_t tries = 0; slot_is_used(state, slot); tries++) {
        if (tries == SLOT_COUNT)
            return STATUS_UNAVAILABLE;
        slot = (uint8_t)((slot + 1) % SLOT_COUNT);
    }
    state->turn = (uint8_t)((slot + 1) % SLOT_COUNT);
    for (size_t i = 0; i <= TYPES_MAX; i++) {
        if (!type || i == type)
            state->making[i] = slot;
        if (closed)
            state->slots[i] = SLOT_NONE;
    }
    for (size_t i = 0; i < state->custom_count && !type; i++) {
        CustomState *custom = &state->customs[i];
        if (!state_number(state, custom->count, &custom->making))
            return STATUS_UNAVAILABLE;
        custom->waits = false;
        if (closed)
            custom->first = 0;
    }
    state->open = state->open && !closed;
    state->end = 0;
    state->sweep = true;
    return STATUS_OK;
}

void state_relabel(State *state, Str labels)
{
    state->relabel = labels;
    state->relabels = true;
    state->end = 0;
}

bool state_is_making(const State *state)
{
    if (state->relabels)
        return true;
    for (size_t i = 0; i <= TYPES_MAX; i++) {
        if (state->making[i] != SLOT_NONE)
            return true;
    }
    for (size_t i = 0; i < state->custom_count; i++) {
        if (state->customs[i].making)
            return true;
    }
    return false;
}

void state_made(State *state)
{
    for (size_t i = 0; i <= TYPES_MAX; i++) {
        if (state->making[i] != SLOT_NONE)
            state->slots[i] = state->making[i];
        state->making[i] = SLOT_NONE;
    }
    for (size_t i = 0; i < state->custom_count; i++) {
        CustomState *custom = &state->customs[i];
        if (custom->making && !custom->waits) {
            custom->first = custom->making;
            custom->making = 0;
        }
        custom->waits = false; /* the next pass is with it */
    }
    if (state->relabels) {
        state->labels = state->relabel;
        state->relabel = STR_EMPTY;
        state->relabels = false;
    }
    state->open = true;
    state->end = 0;
    state->sweep = true;
}
