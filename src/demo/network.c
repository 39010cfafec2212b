/* demo/network.c - organizations, locations, practitioners, roles and schedules. */
#include "demo/calendar.h"
#include "demo/dice.h"
#include "demo/forms.h"
#include "demo/insurers.h"
#include "demo/numbers.h"
#include "demo/pen.h"
#include "demo/services.h"
#include "demo/staff.h"

#define NIHDI_SYSTEM "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi"

const Insurer insurers[INSURER_COUNT] = {
    {STR_INIT("mutualite-300"), STR_INIT("Solidaris"), STR_INIT("300"), 390},
    {STR_INIT("mutualite-100"), STR_INIT("Mutualité chrétienne"), STR_INIT("100"), 330},
    {STR_INIT("mutualite-500"), STR_INIT("Partenamut"), STR_INIT("500"), 130},
    {STR_INIT("mutualite-200"), STR_INIT("Mutualités neutres"), STR_INIT("200"), 80},
    {STR_INIT("mutualite-400"), STR_INIT("Mutualités libérales"), STR_INIT("400"), 50},
    {STR_INIT("caami-600"), STR_INIT("CAAMI"), STR_INIT("600"), 20},
};

static void write_phone(Pen *pen, Str phone)
{
    pen_list(pen, STR("telecom"));
    pen_object(pen, STR_EMPTY);
    PEN_RAW(pen, "\"system\":\"phone\"");
    pen_text(pen, STR("value"), phone);
    PEN_RAW(pen, "\"use\":\"work\"");
    pen_end(pen);
    pen_list_end(pen);
}

static void write_address_members(Pen *pen, const DemoCentre *centre)
{
    PEN_RAW(pen, "\"use\":\"work\"");
    pen_list(pen, STR("line"));
    pen_item(pen, centre->street);
    pen_list_end(pen);
    pen_text(pen, STR("city"), centre->city);
    pen_text(pen, STR("postalCode"), centre->postal_code);
    PEN_RAW(pen, "\"country\":\"BE\"");
}

static void write_centre(Ctx *cx, Pen *pen, Day today, const DemoCentre *centre)
{
    pen_open_id(pen, STR("Organization"), centre->id);
    PEN_RAW(pen, "\"active\":true,\"type\":[{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/organization-type\",\"code\":\"prov\","
                 "\"display\":\"Healthcare Provider\"}],\"text\":\"Centre de santé\"}]");
    pen_text(pen, STR("name"), centre->name);
    write_phone(pen, centre->phone);
    pen_list(pen, STR("address"));
    pen_object(pen, STR_EMPTY);
    write_address_members(pen, centre);
    pen_end(pen);
    pen_list_end(pen);
    pen_close(pen);

    pen_open_id(pen, STR("Location"), arena_format(cx->arena, "%.*s-site", STR_ARG(centre->id)));
    services_closures(pen, today);
    PEN_RAW(pen, "\"status\":\"active\"");
    pen_text(pen, STR("name"), centre->name);
    PEN_RAW(pen, "\"mode\":\"instance\"");
    write_phone(pen, centre->phone);
    pen_object(pen, STR("address"));
    write_address_members(pen, centre);
    pen_end(pen);
    Str reference = arena_format(cx->arena, "Organization/%.*s", STR_ARG(centre->id));
    pen_reference(pen, STR("managingOrganization"), reference, centre->name);
    pen_close(pen);
}

static void write_insurer(Pen *pen, const Insurer *insurer)
{
    pen_open_id(pen, STR("Organization"), insurer->id);
    pen_list(pen, STR("identifier"));
    pen_object(pen, STR_EMPTY);
    PEN_RAW(pen, "\"system\":\"urn:aceso:demo:mutualite\"");
    pen_text(pen, STR("value"), insurer->code);
    pen_end(pen);
    pen_list_end(pen);
    PEN_RAW(pen, "\"active\":true,\"type\":[{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/organization-type\",\"code\":\"ins\","
                 "\"display\":\"Insurance Company\"}],\"text\":\"Mutualité\"}]");
    pen_text(pen, STR("name"), insurer->name);
    pen_close(pen);
}

static void write_laboratory(Pen *pen)
{
    pen_open_id(pen, STR("Organization"), STR("labo-rives"));
    PEN_RAW(pen, "\"active\":true,\"type\":[{\"text\":\"Laboratoire\"}]");
    pen_text(pen, STR("name"), STR("Laboratoire de biologie clinique des Rives"));
    pen_close(pen);
}

static Str family_of(Str display, Str *ret_given)
{
    Str name = str_has_prefix(display, STR("Dr ")) ? str_from(display, 3) : display;
    *ret_given = str_cut(&name, ' ');
    return name;
}

static void write_practitioner(Pen *pen, const DemoOptions *options, unsigned number)
{
    const DemoStaff *who = staff_at(number);
    const DemoRole *role = staff_role(number);
    Str given, family = family_of(who->display, &given);
    pen_open_id(pen, STR("Practitioner"), staff_id(number));
    if (role->nihdi_first) {
        Dice dice = dice_of(options->seed, DICE_STAFF, number);
        unsigned body =
            (unsigned)(role->nihdi_first - '0') * 100000 + number * 1000 + dice_below(&dice, 1000);
        char text[NIHDI_LEN];
        pen_list(pen, STR("identifier"));
        pen_object(pen, STR_EMPTY);
        PEN_RAW(pen, "\"system\":\"" NIHDI_SYSTEM "\"");
        pen_text(pen, STR("value"), nihdi_make(body, role->qualification, text));
        pen_end(pen);
        pen_list_end(pen);
    }
    PEN_RAW(pen, "\"active\":true");
    pen_list(pen, STR("name"));
    pen_object(pen, STR_EMPTY);
    PEN_RAW(pen, "\"use\":\"official\"");
    pen_text(pen, STR("text"), who->display);
    pen_text(pen, STR("family"), family);
    pen_list(pen, STR("given"));
    pen_item(pen, given);
    pen_list_end(pen);
    if (str_has_prefix(who->display, STR("Dr ")))
        PEN_RAW(pen, "\"prefix\":[\"Dr\"]");
    pen_end(pen);
    pen_list_end(pen);
    write_phone(pen, demo_centres[staff_centre(number)].phone);
    pen_text(pen, STR("gender"), who->woman ? STR("female") : STR("male"));
    pen_list(pen, STR("communication"));
    pen_concept(pen, STR_EMPTY, STR("urn:ietf:bcp:47"), who->language, who->language);
    pen_list_end(pen);
    pen_close(pen);
}

static void write_role(Ctx *cx, Pen *pen, Day today, unsigned number)
{
    const DemoStaff *who = staff_at(number);
    const DemoRole *role = staff_role(number);
    const DemoCentre *centre = &demo_centres[staff_centre(number)];
    pen_open_id(pen, STR("PractitionerRole"), staff_id(number));
    PEN_RAW(pen, "\"active\":true");
    pen_reference(pen, STR("practitioner"), who->reference, who->display);
    pen_reference(pen, STR("organization"), who->centre, centre->name);
    pen_list(pen, STR("code"));
    pen_concept(pen, STR_EMPTY, STR("http://terminology.hl7.org/CodeSystem/practitioner-role"),
                role->code, role->text);
    pen_list_end(pen);
    pen_list(pen, STR("location"));
    pen_reference(pen, STR_EMPTY,
                  arena_format(cx->arena, "Location/%.*s-site", STR_ARG(centre->id)), centre->name);
    pen_list_end(pen);
    if (role->nihdi_first)
        services_of_role(cx, pen, today, number);
    pen_close(pen);
}

static void write_schedule(Pen *pen, const DemoOptions *options, unsigned number)
{
    const DemoStaff *who = staff_at(number);
    Day today = (Day)(options->today / TIME_DAY);
    pen_open_id(pen, STR("Schedule"), staff_id(number));
    PEN_RAW(pen, "\"active\":true");
    pen_list(pen, STR("serviceType"));
    pen_concept(pen, STR_EMPTY, STR_EMPTY, STR_EMPTY, staff_role(number)->service);
    pen_list_end(pen);
    pen_list(pen, STR("actor"));
    pen_reference(pen, STR_EMPTY, who->reference, who->display);
    pen_list_end(pen);
    pen_object(pen, STR("planningHorizon"));
    pen_moment(pen, STR("start"), (Moment){today - 365, 8 * 60});
    pen_moment(pen, STR("end"), (Moment){today + 180, 18 * 60 + 30});
    pen_end(pen);
    pen_close(pen);
}

Status demo_network(Ctx *cx, const DemoOptions *options, Str *ret_bundle)
{
    Pen pen;
    size_t count;
    Day today = (Day)(options->today / TIME_DAY);
    pen_init(&pen, cx->arena, STR("network"), (size_t)1 << 20);
    for (unsigned i = 0; i < CENTRE_COUNT; i++)
        write_centre(cx, &pen, today, &demo_centres[i]);
    services_write(cx, &pen);
    forms_write(cx, &pen);
    for (unsigned i = 0; i < INSURER_COUNT; i++)
        write_insurer(&pen, &insurers[i]);
    write_laboratory(&pen);
    (void)demo_staff(&count);
    for (unsigned i = 0; i < count; i++) {
        const DemoRole *role = staff_role(i);
        if (!role)
            continue;
        write_practitioner(&pen, options, i);
        write_role(cx, &pen, today, i);
        if (role->nihdi_first)
            write_schedule(&pen, options, i);
    }
    return pen_finish(&pen, ret_bundle);
}
