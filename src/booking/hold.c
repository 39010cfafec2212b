/* booking/hold.c - holds as items: JSON of our own under a token. */
#include "booking/hold.h"

#include "booking/wait.h"
#include "crypto/crypto.h"

enum { TOKEN_BYTES = 16, HOLD_BYTES_MAX = 4096 };

Str hold_token(Operation *op)
{
    uint8_t bytes[TOKEN_BYTES];
    crypto_random(bytes, sizeof(bytes));
    return crypto_hex(op->cx->arena, str_n((const char *)bytes, sizeof(bytes)));
}

void hold_fill(Hold *hold, const Slot *slot)
{
    const Offer *offer = &slot->offer;
    *hold = (Hold){.service = offer->service->name,
                   .member = offer->member->practitioner,
                   .place = offer->place->name,
                   .room = slot->room,
                   .device = slot->device,
                   .minutes = slot->minutes,
                   .core = slot_core(slot),
                   .wide = slot_wide(slot),
                   .actors = {offer->member->practitioner},
                   .actor_count = 1};
    if (slot->room.len)
        hold->actors[hold->actor_count++] = slot->room;
    if (slot->device.len)
        hold->actors[hold->actor_count++] = slot->device;
}

/* ---- as text ------------------------------------------------------------------------------------
 */

static void write_text(Buf *buf, const char *name, Str value)
{
    buf_format(buf, ",\"%s\":", name);
    json_write_string(buf, value);
}

static void write_number(Buf *buf, const char *name, int64_t value)
{
    buf_format(buf, "%s\"%s\":\"%lld\"", buf->len > 1 ? "," : "", name, (long long)value);
}

static int64_t read_number(const JsonValue *json, Str name)
{
    uint64_t value = 0;
    return str_to_u64(json_get_str(json, name), &value) && value < INT64_MAX ? (int64_t)value : 0;
}

Status hold_put(Operation *op, const Hold *hold)
{
    Buf buf;
    buf_init(&buf, op->cx->arena, 512, HOLD_BYTES_MAX);
    buf_add_char(&buf, '{');
    write_number(&buf, "until", hold->until);
    write_number(&buf, "from", hold->core.from);
    write_number(&buf, "to", hold->core.until);
    write_number(&buf, "wide-from", hold->wide.from);
    write_number(&buf, "wide-to", hold->wide.until);
    write_number(&buf, "minutes", hold->minutes);
    write_text(&buf, "account", hold->account);
    write_text(&buf, "service", hold->service);
    write_text(&buf, "member", hold->member);
    write_text(&buf, "place", hold->place);
    write_text(&buf, "room", hold->room);
    write_text(&buf, "device", hold->device);
    buf_add_lit(&buf, ",\"actors\":[");
    for (size_t i = 0; i < hold->actor_count; i++) {
        if (i)
            buf_add_char(&buf, ',');
        json_write_string(&buf, hold->actors[i]);
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    const StoreItem item = {HOLD_SPACE, hold->token, buf_str(&buf)};
    return operation_add_item(op, &item);
}

static Status read_hold(Operation *op, Str token, Str text, Hold *ret_hold)
{
    JsonValue *json, *actor;
    TRY(json_parse(op->cx, text, &json));
    *ret_hold =
        (Hold){.token = token,
               .until = read_number(json, STR("until")),
               .account = json_get_str(json, STR("account")),
               .service = json_get_str(json, STR("service")),
               .member = json_get_str(json, STR("member")),
               .place = json_get_str(json, STR("place")),
               .room = json_get_str(json, STR("room")),
               .device = json_get_str(json, STR("device")),
               .minutes = (unsigned)read_number(json, STR("minutes")),
               .core = {read_number(json, STR("from")), read_number(json, STR("to"))},
               .wide = {read_number(json, STR("wide-from")), read_number(json, STR("wide-to"))}};
    for (JsonIter it = json_iter(json_get(json, STR("actors")));
         ret_hold->actor_count < HOLD_ACTORS_MAX && json_next(&it, NULL, &actor);)
        ret_hold->actors[ret_hold->actor_count++] = json_str(actor);
    return STATUS_OK;
}

/* ---- in the store -------------------------------------------------------------------------------
 */

Status hold_list(Operation *op, Hold **ret_holds, size_t *ret_count)
{
    StoreItem *items;
    size_t count;
    TRY(operation_items(op, HOLD_SPACE, &items, &count));
    *ret_holds = arena_array_of(op->cx->arena, Hold, count + 1);
    *ret_count = 0;
    if (!*ret_holds)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        Hold *hold = &(*ret_holds)[*ret_count];
        TRY(read_hold(op, items[i].key, items[i].value, hold));
        *ret_count += hold->until > op->now;
    }
    return STATUS_OK;
}

Status hold_get(Operation *op, Str token, Hold *ret_hold)
{
    Str text;
    Status status =
        token.len <= 64 ? operation_item(op, HOLD_SPACE, token, &text) : STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        TRY(read_hold(op, token, text, ret_hold));
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && ret_hold->until <= op->now))
        return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY,
                        "This hour is not held any more; look for free hours again.");
    return status;
}

Status hold_drop(Operation *op, Str token)
{
    const StoreItem item = {HOLD_SPACE, token, STR_EMPTY};
    return operation_add_item(op, &item);
}

/* ---- what is over
 * --------------------------------------------------------------------------------- */

enum { MAILED_DAYS = 400 };

/* Holds whose time is over, and the names of letters of long ago. */
static Status sweep(Operation *op)
{
    StoreItem *items;
    size_t count;
    operation_own(op, true);
    operation_answer(op, 204, STR_EMPTY);
    TRY(operation_items(op, HOLD_SPACE, &items, &count));
    for (size_t i = 0; i < count; i++) {
        Hold hold;
        TRY(read_hold(op, items[i].key, items[i].value, &hold));
        if (hold.until <= op->now)
            TRY(hold_drop(op, hold.token));
    }
    TRY(operation_items(op, STR("booking-mailed"), &items, &count));
    for (size_t i = 0; i < count; i++) {
        uint64_t at = 0;
        const StoreItem gone = {items[i].space, items[i].key, STR_EMPTY};
        if (!str_to_u64(items[i].value, &at) || (Time)at < op->now - MAILED_DAYS * TIME_DAY)
            TRY(operation_add_item(op, &gone));
    }
    return wait_sweep(op);
}

Status booking_sweep_job(Ctx *cx, JobRun *run)
{
    static const OperationKind kind = {STR_INIT("Appointment"), STR_INIT("$sweep"),
                                       OPERATION_ON_TYPE, false, sweep};
    const OperationAsked asked = {.kind = &kind};
    const Call call = {.access = run->access, .base = STR("")};
    return record_operation(run->record, cx, &call, &asked, &run->reply);
}
