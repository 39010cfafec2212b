/* demo/links.c - who takes care of a patient, and what the patient has decided about it.
 *
 * Most are linked with their centre for fifteen months and have said yes to the network; a few
 * have refused, never said anything, or blocked one person; some were once seen elsewhere, and that
 * link has ended. Children have a parent who acts for them. docs/guide/access.md */
#include "demo/chart.h"

#include "demo/staff.h"

#define LINK_SYSTEM    "urn:aceso:link"
#define CONSENT_SYSTEM "urn:aceso:consent"

enum {
    REFUSES = 30,
    SILENT = 30,
    BLOCKS = 25,
    WAS_ELSEWHERE = 60,
    CHILD_YEARS = 18
}; /* per mille */

static void open_id(Ctx *cx, Chart *chart, const char *type, const char *suffix)
{
    pen_open_id(&chart->pen, str_of(type),
                arena_format(cx->arena, "p%06u-%s", chart->index, suffix));
}

static void write_category(Pen *pen, const char *system, const char *code, const char *text)
{
    pen_list(pen, STR("category"));
    pen_concept(pen, STR_EMPTY, str_of(system), str_of(code), str_of(text));
    pen_list_end(pen);
}

static void write_member(Pen *pen, Str reference, Str display)
{
    pen_object(pen, STR_EMPTY);
    pen_reference(pen, STR("member"), reference, display);
    pen_end(pen);
}

/* The family's doctor, and the centre where everybody else of it works. */
static void write_own_link(Ctx *cx, Chart *chart, Dice *dice)
{
    Pen *pen = &chart->pen;
    const DemoStaff *gp = staff_at(chart->home.gp);
    open_id(cx, chart, "CareTeam", "link");
    PEN_RAW(pen, "\"status\":\"active\"");
    write_category(pen, LINK_SYSTEM, "own-gp", "Médecin de famille");
    chart_subject(chart, STR("subject"));
    pen_days(pen, STR("period"), chart->today - dice_between(dice, 3, 360), DAY_NONE);
    pen_list(pen, STR("participant"));
    write_member(pen, gp->reference, gp->display);
    write_member(pen, gp->centre, demo_centres[staff_centre(chart->home.gp)].name);
    pen_list_end(pen);
    pen_close(pen);
}

/* Once, somewhere else: over for a while. */
static void write_old_link(Ctx *cx, Chart *chart, Dice *dice)
{
    Pen *pen = &chart->pen;
    unsigned centre = (staff_centre(chart->home.gp) + 1) % CENTRE_COUNT;
    const DemoStaff *gp = staff_at(demo_centres[centre].gps.first);
    Day end = chart->today - dice_between(dice, 10, 200);
    open_id(cx, chart, "CareTeam", "visit");
    PEN_RAW(pen, "\"status\":\"active\"");
    write_category(pen, LINK_SYSTEM, "contact", "Contact occasionnel");
    chart_subject(chart, STR("subject"));
    pen_days(pen, STR("period"), end - 60, end);
    pen_list(pen, STR("participant"));
    write_member(pen, gp->reference, gp->display);
    pen_list_end(pen);
    pen_close(pen);
}

static void begin_consent(Ctx *cx, Chart *chart, const char *suffix, const char *code,
                          const char *text, const char *type)
{
    Pen *pen = &chart->pen;
    open_id(cx, chart, "Consent", suffix);
    PEN_RAW(pen, "\"status\":\"active\",\"scope\":{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":"
                 "\"patient-privacy\"}]}");
    write_category(pen, CONSENT_SYSTEM, code, text);
    chart_subject(chart, STR("patient"));
    PEN_RAW(pen, "\"policyRule\":{\"text\":\"Réseau de soins\"}");
    pen_object(pen, STR("provision"));
    pen_text(pen, STR("type"), str_of(type));
}

static void end_consent(Chart *chart)
{
    pen_end(&chart->pen);
    pen_close(&chart->pen);
}

/* One nurse of the own centre. */
static void write_block(Ctx *cx, Chart *chart, Dice *dice)
{
    Pen *pen = &chart->pen;
    const StaffRange *nurses = &demo_centres[staff_centre(chart->home.gp)].nurses;
    const DemoStaff *nurse = staff_at(nurses->first + dice_below(dice, nurses->count));
    begin_consent(cx, chart, "block", "block", "Une personne exclue", "deny");
    pen_list(pen, STR("actor"));
    pen_object(pen, STR_EMPTY);
    PEN_RAW(pen, "\"role\":{\"text\":\"exclue\"}");
    pen_reference(pen, STR("reference"), nurse->reference, nurse->display);
    pen_end(pen);
    pen_list_end(pen);
    end_consent(chart);
}

static void write_parent(Ctx *cx, Chart *chart)
{
    Pen *pen = &chart->pen;
    const Member *parent = &chart->home.members[0];
    open_id(cx, chart, "RelatedPerson", "parent");
    PEN_RAW(pen, "\"active\":true");
    chart_subject(chart, STR("patient"));
    pen_list(pen, STR("relationship"));
    pen_concept(pen, STR_EMPTY, STR("http://terminology.hl7.org/CodeSystem/v3-RoleCode"),
                parent->female ? STR("MTH") : STR("FTH"),
                parent->female ? STR("Mère") : STR("Père"));
    pen_list_end(pen);
    pen_list(pen, STR("name"));
    pen_object(pen, STR_EMPTY);
    pen_text(pen, STR("family"), parent->family);
    pen_list(pen, STR("given"));
    pen_item(pen, parent->given);
    pen_list_end(pen);
    pen_end(pen);
    pen_list_end(pen);
    pen_close(pen);
}

void links_write(Ctx *cx, Chart *chart)
{
    Dice dice = dice_of(chart->options->seed, DICE_LINKS, chart->index);
    bool refuses = dice_chance(&dice, REFUSES), silent = dice_chance(&dice, SILENT);
    write_own_link(cx, chart, &dice);
    if (dice_chance(&dice, WAS_ELSEWHERE))
        write_old_link(cx, chart, &dice);
    if (refuses || !silent) {
        begin_consent(cx, chart, "network", "network", "Participation au réseau",
                      refuses ? "deny" : "permit");
        end_consent(chart);
    }
    if (dice_chance(&dice, BLOCKS))
        write_block(cx, chart, &dice);
    if (chart->who->kind == MEMBER_CHILD && chart_age(chart, chart->today) < CHILD_YEARS)
        write_parent(cx, chart);
}

/* ---- who signs in from home ------------------------------------------------------------------ */

static Status fill_portal(Ctx *cx, DemoStaff *who, const char *role, const Member *person,
                          Str reference)
{
    *who = (DemoStaff){.user = str_of(role),
                       .display = arena_format(cx->arena, "%.*s %.*s", STR_ARG(person->given),
                                               STR_ARG(person->family)),
                       .role = str_of(role),
                       .reference = reference,
                       .centre = STR_EMPTY,
                       .language = STR("fr"),
                       .woman = person->female};
    return who->display.at && reference.at ? STATUS_OK : STATUS_MEMORY;
}

Status demo_portal(Ctx *cx, const DemoOptions *options, DemoStaff ret_people[DEMO_PORTAL_MAX],
                   size_t *ret_count)
{
    Day today = (Day)(options->today / TIME_DAY);
    bool adult = false, child = false;
    size_t count = 0;
    for (unsigned i = 0; i < options->patients && i < 500 && !(adult && child); i++) {
        Household home;
        unsigned position;
        household_find(options->seed, today, i, &home, &position);
        const Member *member = &home.members[position];
        int age = day_age(member->birth, today);
        if (!adult && age >= 30 && age <= 60) {
            Str reference = arena_format(cx->arena, "Patient/p%06u", i);
            TRY(fill_portal(cx, &ret_people[count++], "patient", member, reference));
            adult = true;
        } else if (!child && member->kind == MEMBER_CHILD && age < 12) {
            Str reference = arena_format(cx->arena, "RelatedPerson/p%06u-parent", i);
            TRY(fill_portal(cx, &ret_people[count++], "proxy", &home.members[0], reference));
            child = true;
        }
    }
    *ret_count = count;
    return STATUS_OK;
}
