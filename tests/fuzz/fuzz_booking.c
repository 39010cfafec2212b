/* fuzz_booking.c - any text as a time, a zone, a secret, a name of weekdays; any JSON as rules.
 *
 * Windows are never turned around, spans never overlap, an instant is printed as it is read, and a
 * line of a calendar is never longer than 75 octets. SPEC RFC 5545 3.1 */
#include "booking/ics.h"
#include "booking/internal.h"

#include "fuzz.h"

static void check_times(Ctx *cx, Str text)
{
    int second;
    int64_t day;
    Time at, again;
    uint8_t days;
    Str secret;
    const Zone *zone;
    char instant[ZONE_INSTANT_LEN], date[ZONE_DATE_LEN];
    if (wall_read_clock(text, &second))
        assert(second >= 0 && second <= 86400);
    if (wall_read_day(text, &day))
        assert(str_eq(wall_format_day(day, date), text));
    if (rules_read_weekdays(text, &days))
        assert(days && days < 0x80);
    if (booking_feed_secret(text, &secret))
        assert(secret.len == 32);
    if (zone_open(cx, text, &zone) != STATUS_OK)
        assert(zone_open(cx, ZONE_DEFAULT, &zone) == STATUS_OK);
    if (wall_read_instant(text, &at) && at > 0 && at < 4102444800 * TIME_SECOND) {
        Time whole = at / TIME_SECOND * TIME_SECOND;
        assert(wall_read_instant(zone_format(zone, whole, instant), &again) && again == whole);
        Wall wall = zone_wall(zone, whole);
        assert(zone_instant(zone, wall.day, wall.second) <= whole);
    }
}

static void check_lines(Ctx *cx, Str text)
{
    Buf buf;
    buf_init(&buf, cx->arena, 256, 8 * text.len + 256);
    ics_line(&buf, "SUMMARY", text);
    for (Str rest = buf_str(&buf); rest.len;)
        assert(str_cut(&rest, '\n').len <= 76);
}

static void check_spans(Ctx *cx, const Member *member)
{
    const Zone *zone;
    assert(zone_open(cx, ZONE_DEFAULT, &zone) == STATUS_OK);
    for (size_t i = 0; i < member->window_count; i++)
        for (int64_t day = 20540; day < 20560; day++) { /* the short night is among them */
            Spans spans;
            Offer offer = {member, &member->windows[i], NULL, zone, NULL, 0};
            assert(offer_spans(cx, &offer, day, &spans) == STATUS_OK);
            for (size_t k = 0; k < spans.count; k++) {
                assert(spans.at[k].from < spans.at[k].until);
                assert(spans.at[k].until - spans.at[k].from <= 25 * 3600 * TIME_SECOND);
            }
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Ctx cx = fuzz_ctx();
    Str text = str_n((const char *)data, size);
    JsonValue *json;
    Member member;
    Service service;
    Place place;
    Offered offered;
    check_times(&cx, text);
    if (str_is_utf8(text))
        check_lines(&cx, text);
    if (json_parse(&cx, text, &json) == STATUS_OK) {
        if (rules_read_member(&cx, json, &member) == STATUS_OK)
            check_spans(&cx, &member);
        if (rules_read_service(&cx, json, &service) == STATUS_OK)
            assert(service.minutes && service.step && service.minutes <= RULES_MINUTES_MAX);
        if (rules_read_place(&cx, json, &place) == STATUS_OK)
            assert(place.name.len);
        (void)offered_read(json, &offered);
        (void)(booking_guard(&cx, NULL, json, json) == STATUS_OK);
    }
    return 0;
}
