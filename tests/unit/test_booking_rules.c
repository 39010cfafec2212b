/* When somebody could be seen: zones, windows, closures, as text becomes time.
 *
 * The nights: 2026-03-29, 02:00 becomes 03:00, and 2026-10-25, 03:00 becomes 02:00, in all of the
 * European Union (Directive 2000/84/EC: last Sundays of March and October, 01:00 UTC). */
#include "booking/ics.h"
#include "booking/internal.h"
#include "testing.h"

static Ctx cx;

static const Zone *zone_named(const char *name)
{
    const Zone *zone;
    check_int(zone_open(&cx, str_of(name), &zone), STATUS_OK);
    return zone;
}

static void hours_of_the_wall(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *zone, *day, *clock, *instant;
    } cases[] = {
        {"winter", "Europe/Brussels", "2026-01-15", "09:00", "2026-01-15T09:00:00+01:00"},
        {"summer", "Europe/Brussels", "2026-07-15", "09:00", "2026-07-15T09:00:00+02:00"},
        {"the morning after the short night", "Europe/Brussels", "2026-03-29", "09:00",
         "2026-03-29T09:00:00+02:00"},
        {"before the jump", "Europe/Brussels", "2026-03-29", "01:30", "2026-03-29T01:30:00+01:00"},
        {"an hour that is skipped is the moment of the jump", "Europe/Brussels", "2026-03-29",
         "02:30", "2026-03-29T03:00:00+02:00"},
        {"an hour that comes twice is the first of both", "Europe/Brussels", "2026-10-25", "02:30",
         "2026-10-25T02:30:00+02:00"},
        {"after it", "Europe/Brussels", "2026-10-25", "03:00", "2026-10-25T03:00:00+01:00"},
        {"the morning after the long night", "Europe/Brussels", "2026-10-25", "09:00",
         "2026-10-25T09:00:00+01:00"},
        {"Dublin calls its winter the other time: still the first of both", "Europe/Dublin",
         "2026-10-25", "01:30", "2026-10-25T01:30:00+01:00"},
        {"behind Greenwich", "America/Toronto", "2026-07-15", "09:00", "2026-07-15T09:00:00-04:00"},
        {"half an hour", "Asia/Kolkata", "2026-07-15", "09:00", "2026-07-15T09:00:00+05:30"},
        {"the end of a day is the next midnight", "Europe/Brussels", "2026-10-25", "24:00",
         "2026-10-26T00:00:00+01:00"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        int64_t day;
        int second;
        Time at;
        char text[ZONE_INSTANT_LEN];
        const Zone *zone = zone_named(c->zone);
        check(wall_read_day(str_of(c->day), &day));
        check(wall_read_clock(str_of(c->clock), &second));
        check(wall_read_instant(str_of(c->instant), &at));
        check_int(zone_instant(zone, day, second), at);
        check_str(zone_format(zone, at, text), str_of(c->instant));
    }
}

static void a_series_keeps_its_hour(void **state)
{
    UNUSED(state);
    static const char *const firsts[] = {"2026-03-03T09:00:00+01:00", "2026-10-06T09:00:00+02:00"};
    const Zone *zone = zone_named("Europe/Brussels");
    for (size_t i = 0; i < COUNT_OF(firsts); i++) {
        Time first;
        check(wall_read_instant(str_of(firsts[i]), &first));
        Wall wall = zone_wall(zone, first);
        for (int week = 0; week < 8; week++) {
            Wall at = zone_wall(zone, zone_instant(zone, wall.day + 7 * week, wall.second));
            check_int(at.day, wall.day + 7 * week);
            check_int(at.second, 9 * 3600);
        }
    }
}

static void what_is_no_zone(void **state)
{
    UNUSED(state);
    static const char *const names[] = {"",          "Nowhere/Land",        "../../etc/passwd",
                                        "/etc/zone", "Europe/../../passwd", "europe/brussels;x"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const Zone *zone;
        CASE(names[i]);
        check_int(zone_open(&cx, str_of(names[i]), &zone), STATUS_INVALID);
    }
}

static void clocks_and_instants(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        int second; /* -1: none */
    } clocks[] = {{"09:00", 32400}, {"09:00:30", 32430}, {"24:00", 86400}, {"24:01", -1},
                  {"9:00", -1},     {"09:60", -1},       {"", -1},         {"09:00:0", -1},
                  {"ab:cd", -1},    {"09:00Z", -1}};
    static const char *const no_instants[] = {
        "2026-11-23", "2026-11-23T09:00:00", "2026-11-23T09:00", "", "Z", "2026-02-30T09:00:00Z"};
    FOR_CASES(clocks, c)
    {
        int second = -1;
        CASE(c->text);
        check_int(wall_read_clock(str_of(c->text), &second) ? second : -1, c->second);
    }
    for (size_t i = 0; i < COUNT_OF(no_instants); i++) {
        Time at;
        CASE(no_instants[i]);
        check(!wall_read_instant(str_of(no_instants[i]), &at));
    }
}

/* ---- windows ----------------------------------------------------------------------------------
 */

static Member member_of(const char *times)
{
    Member member;
    JsonValue *json;
    Str text = arena_format(cx.arena,
                            "{\"resourceType\":\"PractitionerRole\",\"id\":\"r\",\"practitioner\":"
                            "{\"reference\":\"Practitioner/1\"},%s}",
                            times);
    check_int(json_parse(&cx, text, &json), STATUS_OK);
    check_int(rules_read_member(&cx, json, &member), STATUS_OK);
    return member;
}

#define VALID(start) "{\"url\":\"urn:aceso:valid\",\"valuePeriod\":{\"start\":\"" start "\"}}"
#define EVERY(weeks) "{\"url\":\"urn:aceso:every-weeks\",\"valuePositiveInt\":" weeks "}"
#define NINE_TO_TEN  "\"availableStartTime\":\"09:00:00\",\"availableEndTime\":\"10:00:00\""

static void open_spans(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *rules, *day;
        int minutes; /* open in all */
    } cases[] = {
        {"a Tuesday", "\"availableTime\":[{\"daysOfWeek\":[\"tue\"]," NINE_TO_TEN "}]",
         "2026-11-24", 60},
        {"not a Wednesday", "\"availableTime\":[{\"daysOfWeek\":[\"tue\"]," NINE_TO_TEN "}]",
         "2026-11-25", 0},
        {"all day on the short night", "\"availableTime\":[{\"allDay\":true}]", "2026-03-29",
         23 * 60},
        {"all day on the long night", "\"availableTime\":[{\"allDay\":true}]", "2026-10-25",
         25 * 60},
        {"a window over the jump is an hour shorter",
         "\"availableTime\":[{\"availableStartTime\":\"01:00:00\",\"availableEndTime\":"
         "\"04:00:00\"}]",
         "2026-03-29", 120},
        {"every other week, the first",
         "\"availableTime\":[{\"extension\":[" EVERY("2") "," VALID("2026-11-24") "]," NINE_TO_TEN
                                                                                  "}]",
         "2026-11-24", 60},
        {"not the second",
         "\"availableTime\":[{\"extension\":[" EVERY("2") "," VALID("2026-11-24") "]," NINE_TO_TEN
                                                                                  "}]",
         "2026-12-01", 0},
        {"a Monday of the third, before the weekday of the start",
         "\"availableTime\":[{\"extension\":[" EVERY("2") "," VALID("2026-11-24") "]," NINE_TO_TEN
                                                                                  "}]",
         "2026-12-07", 60},
        {"from which week on? then never",
         "\"availableTime\":[{\"extension\":[" EVERY("2") "]," NINE_TO_TEN "}]", "2026-11-24", 0},
        {"not before it is valid",
         "\"availableTime\":[{\"extension\":[" VALID("2026-12-01") "]," NINE_TO_TEN "}]",
         "2026-11-24", 0},
        {"a window that ends before it begins is none",
         "\"availableTime\":[{\"availableStartTime\":\"10:00:00\",\"availableEndTime\":"
         "\"09:00:00\"}]",
         "2026-11-24", 0},
        {"a holiday of one day",
         "\"availableTime\":[{" NINE_TO_TEN "}],\"notAvailable\":[{\"description\":\"x\","
         "\"during\":{\"start\":\"2026-11-24\",\"end\":\"2026-11-24\"}}]",
         "2026-11-24", 0},
        {"the day after it",
         "\"availableTime\":[{" NINE_TO_TEN "}],\"notAvailable\":[{\"description\":\"x\","
         "\"during\":{\"start\":\"2026-11-24\",\"end\":\"2026-11-24\"}}]",
         "2026-11-25", 60},
        {"half an hour in the middle",
         "\"availableTime\":[{" NINE_TO_TEN "}],\"notAvailable\":[{\"description\":\"x\","
         "\"during\":{\"start\":\"2026-11-24T09:15:00+01:00\",\"end\":"
         "\"2026-11-24T09:45:00+01:00\"}}]",
         "2026-11-24", 30},
        {"an absence that nobody ended",
         "\"availableTime\":[{" NINE_TO_TEN "}],\"notAvailable\":[{\"description\":\"x\","
         "\"during\":{\"start\":\"2026-11-01\"}}]",
         "2026-11-24", 0},
        {"a role that is over",
         "\"availableTime\":[{" NINE_TO_TEN "}],\"period\":{\"end\":\"2026-11-23\"}", "2026-11-24",
         0},
    };
    const Zone *zone = zone_named("Europe/Brussels");
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Member member = member_of(c->rules);
        int64_t day;
        Time open = 0;
        check(wall_read_day(str_of(c->day), &day));
        for (size_t i = 0; i < member.window_count; i++) {
            Spans spans;
            Offer offer = {&member, &member.windows[i], NULL, zone, NULL, 0};
            check_int(offer_spans(&cx, &offer, day, &spans), STATUS_OK);
            for (size_t k = 0; k < spans.count; k++)
                open += spans.at[k].until - spans.at[k].from;
        }
        check_int(open / TIME_SECOND / 60, c->minutes);
    }
}

static void doors(void **state)
{
    UNUSED(state);
    static const struct {
        const char *word;
        Door door;
    } cases[] = {{"direct", DOOR_DIRECT},
                 {"request", DOOR_REQUEST},
                 {"closed", DOOR_CLOSED},
                 {"open", DOOR_CLOSED},
                 {"", DOOR_CLOSED}};
    FOR_CASES(cases, c)
    {
        Service service;
        JsonValue *json;
        Str text =
            arena_format(cx.arena,
                         "{\"resourceType\":\"HealthcareService\",\"id\":\"s\",\"extension\":"
                         "[{\"url\":\"urn:aceso:door\",\"valueCode\":\"%s\"},{\"url\":"
                         "\"urn:aceso:minutes\",\"valueUnsignedInt\":0}]}",
                         c->word);
        CASE(c->word);
        check_int(json_parse(&cx, text, &json), STATUS_OK);
        check_int(rules_read_service(&cx, json, &service), STATUS_OK);
        check_int(service.door, c->door);
        check_int(service.minutes, RULES_MINUTES_USUAL);
    }
}

/* ---- guard
 * ---------------------------------------------------------------------------------------- */

#define APPOINTMENT(status, start)                                                                 \
    "{\"resourceType\":\"Appointment\",\"status\":\"" status "\",\"start\":\"" start               \
    "\",\"end\":\"2026-11-24T10:00:00Z\",\"participant\":[{\"actor\":{\"reference\":"              \
    "\"Practitioner/1\"},\"status\":\"accepted\"}]}"

#define DECLINED(status)                                                                           \
    "{\"resourceType\":\"Appointment\",\"status\":\"booked\",\"start\":\"2026-11-24T09:00:00Z"     \
    "\",\"end\":\"2026-11-24T10:00:00Z\",\"participant\":[{\"actor\":{\"reference\":"              \
    "\"Practitioner/1\"},\"status\":\"" status "\"}]}"

static void direct_writes(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *before, *after;
        bool passes;
    } cases[] = {
        {"a new one takes an hour", NULL, APPOINTMENT("booked", "2026-11-24T09:00:00Z"), false},
        {"so does a request", NULL, APPOINTMENT("pending", "2026-11-24T09:00:00Z"), false},
        {"a cancelled one takes none", NULL, APPOINTMENT("cancelled", "2026-11-24T09:00:00Z"),
         true},
        {"who arrives", APPOINTMENT("booked", "2026-11-24T09:00:00Z"),
         APPOINTMENT("arrived", "2026-11-24T09:00:00Z"), true},
        {"who confirms a request", APPOINTMENT("pending", "2026-11-24T09:00:00Z"),
         APPOINTMENT("booked", "2026-11-24T09:00:00Z"), true},
        {"who moves it", APPOINTMENT("booked", "2026-11-24T09:00:00Z"),
         APPOINTMENT("booked", "2026-11-24T09:15:00Z"), false},
        {"what was given back is not taken again", APPOINTMENT("cancelled", "2026-11-24T09:00:00Z"),
         APPOINTMENT("booked", "2026-11-24T09:00:00Z"), false},
        {"nor what waits", APPOINTMENT("waitlist", "2026-11-24T09:00:00Z"),
         APPOINTMENT("booked", "2026-11-24T09:00:00Z"), false},
        {"who declines", DECLINED("accepted"), DECLINED("declined"), true},
        {"and comes back: others may have it by now", DECLINED("declined"), DECLINED("accepted"),
         false},
        {"who comes late after all", APPOINTMENT("noshow", "2020-11-24T09:00:00Z"),
         APPOINTMENT("arrived", "2020-11-24T09:00:00Z"), true},
        {"who was said to be absent before his hour", APPOINTMENT("noshow", "2099-11-24T09:00:00Z"),
         APPOINTMENT("booked", "2099-11-24T09:00:00Z"), false},
        {"who deletes", APPOINTMENT("booked", "2026-11-24T09:00:00Z"), NULL, true},
    };
    FOR_CASES(cases, c)
    {
        JsonValue *before = NULL, *after = NULL;
        CASE(c->why);
        if (c->before)
            check_int(json_parse(&cx, str_of(c->before), &before), STATUS_OK);
        if (c->after)
            check_int(json_parse(&cx, str_of(c->after), &after), STATUS_OK);
        check_int(booking_guard(&cx, NULL, before, after) == STATUS_OK, c->passes);
    }
}

/* ---- calendars of others
 * ----------------------------------------------------------------------------- */

/* SPEC RFC 5545 3.1: no line longer than 75 octets, folded with a blank, never in a character. */
static void lines_of_calendars(void **state)
{
    UNUSED(state);
    Buf buf;
    Str value =
        STR("Séance, chez le kiné; à l'étage\nééééééééééééééééééééééééééééééééééééééééééééé");
    buf_init(&buf, cx.arena, 256, 4096);
    ics_line(&buf, "SUMMARY", value);
    Str rest = buf_str(&buf);
    check(str_has_prefix(rest, STR("SUMMARY:Séance\\, chez le kiné\\; à l'étage\\né")));
    size_t lines = 0;
    while (rest.len) {
        Str line = str_cut(&rest, '\n');
        check(str_has_suffix(line, STR("\r")));
        check(line.len - 1 <= 75);
        check(str_is_utf8(line));
        check(lines++ == 0 || line.at[0] == ' ');
    }
    check(lines > 1);
}

static void secrets_of_feeds(void **state)
{
    UNUSED(state);
    Str secret;
    check(booking_feed_secret(STR("abcdefghijklmnopqrstuvwxyz012345.ics"), &secret));
    check_str(secret, STR("abcdefghijklmnopqrstuvwxyz012345"));
    check(!booking_feed_secret(STR("abcdefghijklmnopqrstuvwxyz01234/.ics"), &secret));
    check(!booking_feed_secret(STR("abc.ics"), &secret));
    check(!booking_feed_secret(STR(""), &secret));
    check(!booking_feed_secret(STR("abcdefghijklmnopqrstuvwxyz012345.icx"), &secret));
}

static int begin(void **state)
{
    UNUSED(state);
    cx = testing_ctx();
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    arena_free(cx.arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_of_the_wall), cmocka_unit_test(a_series_keeps_its_hour),
        cmocka_unit_test(what_is_no_zone),   cmocka_unit_test(clocks_and_instants),
        cmocka_unit_test(open_spans),        cmocka_unit_test(doors),
        cmocka_unit_test(direct_writes),     cmocka_unit_test(lines_of_calendars),
        cmocka_unit_test(secrets_of_feeds),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
