/* demo/services.c - services, rooms, hours: docs/guide/booking.md has the extensions.
 *
 * The hours are those at which demo/booking.c gives out visits. */
#include "demo/services.h"

#define S STR_INIT
enum { ROOMS = 2, YEAR = 365 };

typedef struct {
    Str id, name, role, door;
    unsigned minutes, after, overbooking, series;
    bool rooms;
    Str device; /* it is where this stands; empty: in all centres */
} DemoService;

/* clang-format off */
static const DemoService services[] = {
    {S("medecine-generale"), S("Consultation de médecine générale"), S("gp"), S("direct"), 15, 0, 1, 0, false, S("")},
    {S("medecine-longue"), S("Consultation longue de médecine générale"), S("gp"), S("closed"), 30, 0, 0, 0, false, S("")},
    {S("echographie"), S("Échographie au centre"), S("gp"), S("closed"), 30, 0, 0, 0, false, S("echographe-namur")},
    {S("kinesitherapie"), S("Séance de kinésithérapie"), S("physio"), S("request"), 30, 0, 0, 18, false, S("")},
    {S("reeducation"), S("Rééducation en salle équipée"), S("physio"), S("request"), 45, 0, 0, 0, true, S("")},
    {S("soins-infirmiers"), S("Soins infirmiers"), S("nurse"), S("direct"), 15, 0, 0, 0, false, S("")},
    {S("vaccination"), S("Vaccination"), S("nurse"), S("direct"), 15, 0, 2, 0, false, S("")},
    {S("psychologie"), S("Séance chez le psychologue"), S("psychologist"), S("closed"), 50, 10, 0, 0, false, S("")},
};

/* Of the day: doctors have the longer lunch. */
static const struct {
    const char *role, *from, *until;
} hours[] = {
    {"gp", "07:30:00", "12:00:00"},           {"gp", "14:00:00", "18:45:00"},
    {"physio", "07:30:00", "12:00:00"},       {"physio", "13:00:00", "18:45:00"},
    {"nurse", "07:30:00", "12:00:00"},        {"nurse", "13:00:00", "18:45:00"},
    {"psychologist", "07:30:00", "12:00:00"}, {"psychologist", "13:00:00", "18:45:00"},
};
/* clang-format on */

static Str site_of(Ctx *cx, unsigned centre)
{
    return arena_format(cx->arena, "Location/%.*s-site", STR_ARG(demo_centres[centre].id));
}

static Str room_of(Ctx *cx, unsigned centre, unsigned room)
{
    return arena_format(cx->arena, "Location/%.*s-salle-%u", STR_ARG(demo_centres[centre].id),
                        room + 1);
}

static void extension_begin(Pen *pen, Str url)
{
    pen_object(pen, STR_EMPTY);
    pen_text(pen, STR("url"), url);
}

static void extension_number(Pen *pen, Str url, unsigned number)
{
    if (!number)
        return;
    extension_begin(pen, url);
    pen_int(pen, STR("valueUnsignedInt"), number);
    pen_end(pen);
}

static void extension_reference(Pen *pen, Str url, Str reference)
{
    extension_begin(pen, url);
    pen_reference(pen, STR("valueReference"), reference, STR_EMPTY);
    pen_end(pen);
}

/* ---- rooms and devices --------------------------------------------------------------------------
 */

static void write_room(Ctx *cx, Pen *pen, unsigned centre, unsigned room)
{
    pen_open_id(pen, STR("Location"), str_from(room_of(cx, centre, room), STR("Location/").len));
    PEN_RAW(pen, "\"status\":\"active\"");
    pen_text(pen, STR("name"), arena_format(cx->arena, "Salle de rééducation %u", room + 1));
    PEN_RAW(pen, "\"mode\":\"instance\"");
    pen_concept(pen, STR("physicalType"),
                STR("http://terminology.hl7.org/CodeSystem/location-physical-type"), STR("ro"),
                STR("Salle"));
    pen_reference(pen, STR("managingOrganization"),
                  arena_format(cx->arena, "Organization/%.*s", STR_ARG(demo_centres[centre].id)),
                  demo_centres[centre].name);
    pen_reference(pen, STR("partOf"), site_of(cx, centre), demo_centres[centre].name);
    pen_close(pen);
}

static void write_device(Ctx *cx, Pen *pen)
{
    pen_open_id(pen, STR("Device"), STR("echographe-namur"));
    PEN_RAW(pen, "\"status\":\"active\",\"deviceName\":[{\"name\":\"Échographe portable\","
                 "\"type\":\"user-friendly-name\"}]");
    pen_reference(pen, STR("location"), site_of(cx, 0), demo_centres[0].name);
    pen_close(pen);
}

/* ---- services -----------------------------------------------------------------------------------
 */

static void write_service(Ctx *cx, Pen *pen, const DemoService *service)
{
    unsigned centres = service->device.len ? 1 : CENTRE_COUNT;
    pen_open_id(pen, STR("HealthcareService"), service->id);
    pen_list(pen, STR("extension"));
    extension_number(pen, STR("urn:aceso:minutes"), service->minutes);
    extension_number(pen, STR("urn:aceso:buffer-after"), service->after);
    extension_number(pen, STR("urn:aceso:overbooking"), service->overbooking);
    if (service->series) {
        extension_begin(pen, STR("urn:aceso:series"));
        pen_int(pen, STR("valuePositiveInt"), service->series);
        pen_end(pen);
    }
    extension_begin(pen, STR("urn:aceso:door"));
    pen_text(pen, STR("valueCode"), service->door);
    pen_end(pen);
    for (unsigned i = 0; service->rooms && i < CENTRE_COUNT * ROOMS; i++)
        extension_reference(pen, STR("urn:aceso:room"), room_of(cx, i / ROOMS, i % ROOMS));
    if (service->device.len)
        extension_reference(pen, STR("urn:aceso:device"),
                            arena_format(cx->arena, "Device/%.*s", STR_ARG(service->device)));
    pen_list_end(pen);
    PEN_RAW(pen, "\"active\":true");
    pen_list(pen, STR("type"));
    pen_concept(pen, STR_EMPTY, STR_EMPTY, STR_EMPTY, service->name);
    pen_list_end(pen);
    pen_list(pen, STR("location"));
    for (unsigned i = 0; i < centres; i++)
        pen_reference(pen, STR_EMPTY, site_of(cx, i), demo_centres[i].name);
    pen_list_end(pen);
    pen_text(pen, STR("name"), service->name);
    pen_close(pen);
}

void services_write(Ctx *cx, Pen *pen)
{
    for (unsigned i = 0; i < CENTRE_COUNT * ROOMS; i++)
        write_room(cx, pen, i / ROOMS, i % ROOMS);
    write_device(cx, pen);
    for (size_t i = 0; i < COUNT_OF(services); i++)
        write_service(cx, pen, &services[i]);
}

/* ---- hours --------------------------------------------------------------------------------------
 */

/* The first of each kind of a centre also works every other Saturday morning. */
static void write_saturday(Pen *pen, Day today)
{
    char text[DATE_LEN];
    Day monday = today - (Day)(day_weekday(today) + 6) % 7;
    pen_object(pen, STR_EMPTY);
    pen_list(pen, STR("extension"));
    extension_begin(pen, STR("urn:aceso:every-weeks"));
    PEN_RAW(pen, "\"valuePositiveInt\":2");
    pen_end(pen);
    extension_begin(pen, STR("urn:aceso:valid"));
    pen_object(pen, STR("valuePeriod"));
    pen_text(pen, STR("start"), day_format(monday, text));
    pen_end(pen);
    pen_end(pen);
    pen_list_end(pen);
    PEN_RAW(pen, "\"daysOfWeek\":[\"sat\"],\"availableStartTime\":\"09:00:00\","
                 "\"availableEndTime\":\"12:00:00\"");
    pen_end(pen);
}

void services_of_role(Ctx *cx, Pen *pen, Day today, unsigned number)
{
    Str role = staff_at(number)->role;
    const DemoCentre *centre = &demo_centres[staff_centre(number)];
    bool first = number == centre->gps.first || number == centre->nurses.first;
    pen_list(pen, STR("healthcareService"));
    for (size_t i = 0; i < COUNT_OF(services); i++)
        if (str_eq(services[i].role, role))
            pen_reference(
                pen, STR_EMPTY,
                arena_format(cx->arena, "HealthcareService/%.*s", STR_ARG(services[i].id)),
                services[i].name);
    pen_list_end(pen);
    pen_list(pen, STR("availableTime"));
    for (size_t i = 0; i < COUNT_OF(hours); i++) {
        if (!str_eq(role, str_of(hours[i].role)))
            continue;
        pen_object(pen, STR_EMPTY);
        PEN_RAW(pen, "\"daysOfWeek\":[\"mon\",\"tue\",\"wed\",\"thu\",\"fri\"]");
        pen_text(pen, STR("availableStartTime"), str_of(hours[i].from));
        pen_text(pen, STR("availableEndTime"), str_of(hours[i].until));
        pen_end(pen);
    }
    if (first)
        write_saturday(pen, today);
    pen_list_end(pen);
}

void services_closures(Pen *pen, Day today)
{
    pen_list(pen, STR("extension"));
    for (Day day = today - 7; day < today + YEAR; day++) {
        char text[DATE_LEN];
        if (day_weekday(day) == 0 || day_weekday(day) == 6 || day_is_working(day))
            continue;
        extension_begin(pen, STR("urn:aceso:closed"));
        pen_object(pen, STR("valuePeriod"));
        pen_text(pen, STR("start"), day_format(day, text));
        pen_text(pen, STR("end"), day_format(day, text));
        pen_end(pen);
        pen_end(pen);
    }
    extension_begin(pen, STR("urn:aceso:zone"));
    PEN_RAW(pen, "\"valueCode\":\"Europe/Brussels\"");
    pen_end(pen);
    pen_list_end(pen);
}
