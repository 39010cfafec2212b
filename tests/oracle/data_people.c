/* data_people.c - patients, practitioners, organizations, places. */
#include "pen.h"

static const char *const genders[] = {"male", "female", "other", "unknown"};

void fill_patient(Pen *p)
{
    pen_identifiers(p);
    pen_names(p);
    MAYBE(p, 60)
    pen_telecom(p);
    MAYBE(p, 70)
    ADD(p, ",\"gender\":\"%s\"", PICK(p->dice, genders));
    MAYBE(p, 70)
    ADD(p, ",\"birthDate\":\"%s\"", pen_day(p));
    else ADD(p, ",\"_birthDate\":{\"extension\":[{\"url\":\"http://acme.org/why\","
                "\"valueString\":\"not known\"}]}");
    MAYBE(p, 25)
    ADD(p, ",\"deceasedBoolean\":%s", dice_percent(p->dice, 50) ? "true" : "false");
    else MAYBE(p, 25) ADD(p, ",\"deceasedDateTime\":\"%s\"", pen_any_date(p));
    MAYBE(p, 60)
    pen_address(p, true);
    MAYBE(p, 50)
    ADD(p, ",\"active\":%s", dice_percent(p->dice, 70) ? "true" : "false");
    MAYBE(p, 30)
    {
        pen_contained_practitioner(p);
        ADD(p, ",\"generalPractitioner\":[{\"reference\":\"#inner\"}]");
    }
    else pen_references(p, "generalPractitioner",
                        dice_percent(p->dice, 70) ? "Practitioner" : "Organization");
    MAYBE(p, 50)
    pen_reference(p, "managingOrganization", "Organization");
    MAYBE(p, 20)
    {
        ADD(p, ",\"link\":[{\"type\":\"seealso\"");
        pen_reference(p, "other", "Patient");
        ADD(p, "}]");
    }
    MAYBE(p, 40)
    ADD(p,
        ",\"communication\":[{\"language\":{\"coding\":[{\"system\":\"urn:ietf:bcp:47\","
        "\"code\":\"%s\"}]}}]",
        PICK(p->dice, ((const char *[]){"en", "en-AU", "fr", "nl"})));
}

void fill_practitioner(Pen *p)
{
    pen_identifiers(p);
    pen_names(p);
    MAYBE(p, 50)
    pen_telecom(p);
    MAYBE(p, 70)
    ADD(p, ",\"gender\":\"%s\"", PICK(p->dice, genders));
    MAYBE(p, 50)
    pen_address(p, true);
}

void fill_organization(Pen *p)
{
    pen_identifiers(p);
    ADD(p, ",\"name\":\"%s %s\"", pen_city(p), pen_family(p));
    MAYBE(p, 30)
    ADD(p, ",\"alias\":[\"%s\"]", pen_city(p));
    MAYBE(p, 50)
    pen_concepts(p, "type");
    MAYBE(p, 50)
    pen_address(p, true);
    pen_part_of(p, "Organization", 'g');
}

void fill_location(Pen *p)
{
    ADD(p, ",\"name\":\"%s\"", pen_city(p));
    MAYBE(p, 70)
    ADD(p, ",\"position\":{\"longitude\":%u.%u,\"latitude\":%u.%u}", 4 + dice(p->dice, 2),
        dice(p->dice, 100), 50 + dice(p->dice, 2), dice(p->dice, 100));
    MAYBE(p, 60)
    ADD(p, ",\"status\":\"%s\"", dice_percent(p->dice, 60) ? "active" : "suspended");
    MAYBE(p, 60)
    pen_address(p, false);
    MAYBE(p, 50)
    pen_reference(p, "managingOrganization", "Organization");
    pen_part_of(p, "Location", 'l');
}
