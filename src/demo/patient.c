/* demo/patient.c - Patient, insurance and smoking: who it is. */
#include "demo/chart.h"
#include "demo/insurers.h"
#include "demo/staff.h"

#define SSIN_SYSTEM "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin"

static void write_name(Chart *chart)
{
    Pen *pen = &chart->pen;
    const Member *who = chart->who;
    pen_list(pen, STR("name"));
    pen_object(pen, STR_EMPTY);
    PEN_RAW(pen, "\"use\":\"official\"");
    pen_text(pen, STR("family"), who->family);
    pen_list(pen, STR("given"));
    pen_item(pen, who->given);
    if (who->second.len)
        pen_item(pen, who->second);
    pen_list_end(pen);
    pen_end(pen);
    pen_list_end(pen);
}

/* A number as it is printed in Belgium, in ranges 461 to 464, which to our knowledge are
 * given to nobody: a demo must not make a stranger's telephone ring. */
static Str mobile_number(Ctx *cx, Dice *dice)
{
    unsigned range = 461 + dice_below(dice, 4), number = dice_below(dice, 1000000);
    return arena_format(cx->arena, "+32 %u %02u %02u %02u", range, number / 10000,
                        number / 100 % 100, number % 100);
}

static void write_contact_point(Pen *pen, Str system, Str value, Str use)
{
    pen_object(pen, STR_EMPTY);
    pen_text(pen, STR("system"), system);
    pen_text(pen, STR("value"), value);
    pen_text(pen, STR("use"), use);
    pen_end(pen);
}

/* Letters of a name that may stand in a mail address; accents lose themselves. */
static Str mail_part(Ctx *cx, Str name)
{
    char *to = arena_alloc(cx->arena, name.len + 1);
    size_t len = 0;
    if (!to)
        return STR_EMPTY;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.at[i];
        if (c == 0xC3 && i + 1 < name.len) { /* U+00C0..U+00FF */
            static const char plain[] =
                "aaaaaaaceeeeiiiidnooooo.ouuuuy.saaaaaaaceeeeiiiidnooooo.ouuuuy.y";
            to[len++] = plain[(unsigned char)name.at[++i] - 0x80];
        } else if (c >= 'A' && c <= 'Z') {
            to[len++] = (char)(c + 32);
        } else if ((c >= 'a' && c <= 'z') || c == '-') {
            to[len++] = (char)c;
        }
    }
    return str_n(to, len);
}

static void write_telecom(Ctx *cx, Chart *chart)
{
    Pen *pen = &chart->pen;
    const Member *phone_of = chart->who;
    Dice *dice = &chart->dice;
    int age = chart_age(chart, chart->today);
    if (age < 14)
        phone_of = &chart->home.members[0];
    Dice number = dice_of(chart->options->seed, DICE_STAFF, 1000 + phone_of->index);
    pen_list(pen, STR("telecom"));
    write_contact_point(pen, STR("phone"), mobile_number(cx, &number), STR("mobile"));
    if (age >= 16 && dice_chance(dice, age < 65 ? 720 : 330)) {
        Str given = mail_part(cx, chart->who->given), family = mail_part(cx, chart->who->family);
        Str mail = arena_format(cx->arena, "%.*s.%.*s%d@example.be", STR_ARG(given),
                                STR_ARG(family), day_year(chart->birth) % 100);
        write_contact_point(pen, STR("email"), mail, STR("home"));
    }
    pen_list_end(pen);
}

static void write_address(Ctx *cx, Chart *chart)
{
    Pen *pen = &chart->pen;
    const Household *home = &chart->home;
    Str line = home->box
                   ? arena_format(cx->arena, "%.*s %u bte %u", STR_ARG(home->street),
                                  home->house_number, home->box)
                   : arena_format(cx->arena, "%.*s %u", STR_ARG(home->street), home->house_number);
    pen_list(pen, STR("address"));
    pen_object(pen, STR_EMPTY);
    PEN_RAW(pen, "\"use\":\"home\",\"type\":\"both\"");
    pen_list(pen, STR("line"));
    pen_item(pen, line);
    pen_list_end(pen);
    pen_text(pen, STR("city"), home->town->name);
    pen_text(pen, STR("district"), home->town->district);
    pen_text(pen, STR("postalCode"), home->town->postal_code);
    PEN_RAW(pen, "\"country\":\"BE\"");
    pen_end(pen);
    pen_list_end(pen);
}

static void write_marital_status(Chart *chart)
{
    static const struct {
        Str code, text;
    } states[] = {
        {STR_INIT("S"), STR_INIT("Célibataire")},
        {STR_INIT("M"), STR_INIT("Marié(e)")},
        {STR_INIT("D"), STR_INIT("Divorcé(e)")},
        {STR_INIT("W"), STR_INIT("Veuf ou veuve")},
        {STR_INIT("T"), STR_INIT("Cohabitant(e) légal(e)")},
    };
    int age = chart_age(chart, chart->today);
    unsigned state = 0;
    if (age < 18)
        return;
    if (chart->who->kind == MEMBER_ADULT && chart->home.adults == 2)
        state = dice_chance(&chart->dice, age > 60 ? 930 : 620) ? 1 : 4;
    else if (chart->who->kind == MEMBER_ADULT)
        state = dice_chance(&chart->dice, (unsigned)(age > 70 ? 650 : 5)) ? 3
                : dice_chance(&chart->dice, age > 40 ? 550 : 120)         ? 2
                                                                          : 0;
    pen_concept(&chart->pen, STR("maritalStatus"),
                STR("http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"), states[state].code,
                states[state].text);
}

static void write_parent(Chart *chart)
{
    Pen *pen = &chart->pen;
    const Member *parent = &chart->home.members[0];
    if (chart->who->kind != MEMBER_CHILD || chart_age(chart, chart->today) >= 18)
        return;
    pen_list(pen, STR("contact"));
    pen_object(pen, STR_EMPTY);
    pen_list(pen, STR("relationship"));
    pen_concept(pen, STR_EMPTY, STR("http://terminology.hl7.org/CodeSystem/v3-RoleCode"),
                parent->female ? STR("MTH") : STR("FTH"),
                parent->female ? STR("Mère") : STR("Père"));
    pen_list_end(pen);
    pen_object(pen, STR("name"));
    pen_text(pen, STR("family"), parent->family);
    pen_list(pen, STR("given"));
    pen_item(pen, parent->given);
    pen_list_end(pen);
    pen_end(pen);
    pen_text(pen, STR("gender"), parent->female ? STR("female") : STR("male"));
    pen_end(pen);
    pen_list_end(pen);
}

static void write_language(Chart *chart)
{
    static const struct {
        Str code, text;
    } languages[] = {
        {STR_INIT("fr"), STR_INIT("français")}, {STR_INIT("nl"), STR_INIT("néerlandais")},
        {STR_INIT("de"), STR_INIT("allemand")}, {STR_INIT("it"), STR_INIT("italien")},
        {STR_INIT("ar"), STR_INIT("arabe")},    {STR_INIT("tr"), STR_INIT("turc")},
        {STR_INIT("pl"), STR_INIT("polonais")}, {STR_INIT("pt"), STR_INIT("portugais")},
    };
    Pen *pen = &chart->pen;
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        if (!str_eq(languages[i].code, chart->home.language))
            continue;
        pen_list(pen, STR("communication"));
        pen_object(pen, STR_EMPTY);
        pen_concept(pen, STR("language"), STR("urn:ietf:bcp:47"), languages[i].code,
                    languages[i].text);
        pen_bool(pen, STR("preferred"), true);
        pen_end(pen);
        pen_list_end(pen);
    }
}

static void write_coverage(Ctx *cx, Chart *chart)
{
    Pen *pen = &chart->pen;
    const Insurer *insurer = &insurers[chart->home.insurer];
    bool preferential = dice_chance(&chart->dice, 230);
    if (dice_chance(&chart->dice, 15))
        return; /* not insured, or not known */
    pen_open(pen, STR("Coverage"));
    PEN_RAW(pen, "\"status\":\"active\",\"type\":{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"PUBLICPOL\","
                 "\"display\":\"public healthcare\"}],\"text\":\"Assurance maladie obligatoire\"}");
    pen_text(pen, STR("subscriberId"), str_n(chart->who->ssin, SSIN_LEN));
    chart_subject(chart, STR("beneficiary"));
    Day start =
        chart->birth > chart->today - 3000 ? chart->birth : day_of(day_year(chart->from) - 2, 1, 1);
    pen_days(pen, STR("period"), start, DAY_NONE);
    pen_list(pen, STR("payor"));
    pen_reference(pen, STR_EMPTY,
                  arena_format(cx->arena, "Organization/%.*s", STR_ARG(insurer->id)),
                  insurer->name);
    pen_list_end(pen);
    pen_list(pen, STR("class"));
    pen_object(pen, STR_EMPTY);
    PEN_RAW(pen, "\"type\":{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/coverage-class\",\"code\":\"class\"}]}");
    pen_text(pen, STR("value"), preferential ? STR("111") : STR("110"));
    pen_text(pen, STR("name"),
             preferential ? STR("Intervention majorée (BIM)") : STR("Assuré ordinaire"));
    pen_end(pen);
    pen_list_end(pen);
    pen_close(pen);
}

static void write_smoking(Chart *chart)
{
    Pen *pen = &chart->pen;
    if (chart_age(chart, chart->until) < 16)
        return;
    pen_open(pen, STR("Observation"));
    PEN_RAW(pen, "\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/observation-category\","
                 "\"code\":\"social-history\",\"display\":\"Social History\"}]}]");
    pen_concept(pen, STR("code"), STR("http://loinc.org"), STR("72166-2"), STR("Tabagisme"));
    chart_subject(chart, STR("subject"));
    pen_moment(pen, STR("effectiveDateTime"), (Moment){day_working_from(chart->from), 10 * 60});
    pen_list(pen, STR("performer"));
    chart_staff(chart, STR_EMPTY, chart->home.gp);
    pen_list_end(pen);
    pen_concept(pen, STR("valueCodeableConcept"), STR("http://loinc.org"),
                chart->smoker   ? STR("LA18976-3")
                : chart->smoked ? STR("LA15920-4")
                                : STR("LA18978-9"),
                chart->smoker   ? STR("Fume tous les jours")
                : chart->smoked ? STR("Ancien fumeur")
                                : STR("N'a jamais fumé"));
    pen_close(pen);
}

void patient_write(Ctx *cx, Chart *chart)
{
    Pen *pen = &chart->pen;
    const Member *who = chart->who;
    const DemoCentre *centre = &demo_centres[chart->home.centre];
    pen_open_id(pen, STR("Patient"), pen->id_stem);
    pen_list(pen, STR("identifier"));
    pen_object(pen, STR_EMPTY);
    PEN_RAW(pen, "\"use\":\"official\",\"system\":\"" SSIN_SYSTEM "\"");
    pen_text(pen, STR("value"), str_n(who->ssin, SSIN_LEN));
    pen_end(pen);
    pen_list_end(pen);
    pen_bool(pen, STR("active"), chart->death == DAY_NONE);
    write_name(chart);
    write_telecom(cx, chart);
    pen_text(pen, STR("gender"), who->female ? STR("female") : STR("male"));
    pen_day(pen, STR("birthDate"), chart->birth);
    if (chart->death != DAY_NONE)
        pen_moment(pen, STR("deceasedDateTime"),
                   (Moment){chart->death, dice_between(&chart->dice, 0, 23 * 60)});
    write_address(cx, chart);
    write_marital_status(chart);
    write_parent(chart);
    write_language(chart);
    pen_list(pen, STR("generalPractitioner"));
    chart_staff(chart, STR_EMPTY, chart->home.gp);
    pen_list_end(pen);
    pen_reference(pen, STR("managingOrganization"),
                  arena_format(cx->arena, "Organization/%.*s", STR_ARG(centre->id)), centre->name);
    pen_close(pen);
    write_coverage(cx, chart);
    write_smoking(chart);
}
