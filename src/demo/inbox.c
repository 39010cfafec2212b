/* demo/inbox.c - what waits for somebody today: an errand, a message, a result to sign, a renewal.
 *
 * Of the first few thousand patients, a few per cent each, so that every inbox of the network has
 * something in it and none is a flood. docs/guide/inbox.md */
#include "demo/chart.h"

#include "demo/staff.h"

enum { OF_PATIENTS = 4000, TASKS = 25, MESSAGES = 25, RESULTS = 15, RENEWALS = 40 }; /* per mille */

static const Str errands[] = {
    STR_INIT("Rappeler pour le résultat de la prise de sang"),
    STR_INIT("Demander le rapport de l'hôpital"),
    STR_INIT("Fixer un rendez-vous de contrôle"),
    STR_INIT("Préparer l'attestation pour l'école"),
    STR_INIT("Vérifier l'assurabilité"),
    STR_INIT("Organiser les soins à domicile"),
};

static const Str letters[] = {
    STR_INIT("Bonjour docteur, puis-je reprendre le sport ?"),
    STR_INIT("Bonjour, j'ai oublié l'heure de mon prochain rendez-vous."),
    STR_INIT("Bonjour docteur, la toux ne passe pas depuis une semaine. Dois-je revenir ?"),
    STR_INIT("Bonjour, pourriez-vous m'envoyer le certificat pour mon employeur ?"),
    STR_INIT("Bonjour docteur, le nouveau médicament me donne des vertiges."),
    STR_INIT("Merci pour votre accueil hier."),
};

static void open_id(Ctx *cx, Chart *chart, const char *type, const char *suffix)
{
    pen_open_id(&chart->pen, str_of(type),
                arena_format(cx->arena, "p%06u-%s", chart->index, suffix));
}

static Str pick(Dice *dice, const Str *texts, size_t count)
{
    return texts[dice_below(dice, (unsigned)count)];
}

/* For the centre: whoever is at the desk takes it. Some are late. */
static void write_task(Ctx *cx, Chart *chart, Dice *dice)
{
    Pen *pen = &chart->pen;
    Day due = chart->today + (Day)dice_below(dice, 12) - 3;
    open_id(cx, chart, "Task", "task");
    PEN_RAW(pen, "\"status\":\"requested\",\"intent\":\"order\",\"priority\":\"routine\"");
    pen_text(pen, STR("description"), pick(dice, errands, COUNT_OF(errands)));
    pen_reference(pen, STR("for"), chart->reference, chart->name);
    pen_day(pen, STR("authoredOn"), chart->today - 1);
    chart_staff(chart, STR("requester"), chart->home.gp);
    pen_reference(pen, STR("owner"), staff_at(chart->home.gp)->centre,
                  demo_centres[staff_centre(chart->home.gp)].name);
    pen_object(pen, STR("restriction"));
    pen_days(pen, STR("period"), chart->today - 4, due > chart->today - 4 ? due : chart->today);
    pen_end(pen);
    pen_close(pen);
}

static void write_message(Ctx *cx, Chart *chart, Dice *dice)
{
    Pen *pen = &chart->pen;
    Moment sent = {chart->today - (Day)dice_below(dice, 4), 7 * 60 + (int)dice_below(dice, 180)};
    open_id(cx, chart, "Communication", "message");
    PEN_RAW(pen, "\"status\":\"completed\",\"category\":[{\"coding\":[{\"system\":"
                 "\"urn:aceso:message\",\"code\":\"patient\"}]}]");
    chart_subject(chart, STR("subject"));
    pen_moment(pen, STR("sent"), sent);
    pen_list(pen, STR("recipient"));
    chart_staff(chart, STR_EMPTY, chart->home.gp);
    pen_list_end(pen);
    pen_reference(pen, STR("sender"), chart->reference, chart->name);
    pen_list(pen, STR("payload"));
    pen_object(pen, STR_EMPTY);
    pen_text(pen, STR("contentString"), pick(dice, letters, COUNT_OF(letters)));
    pen_end(pen);
    pen_list_end(pen);
    pen_close(pen);
}

/* Arrived this morning; nobody has looked at it yet. */
static void write_result(Ctx *cx, Chart *chart, Dice *dice)
{
    Pen *pen = &chart->pen;
    open_id(cx, chart, "DiagnosticReport", "result");
    PEN_RAW(pen, "\"status\":\"preliminary\",\"category\":[{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/v2-0074\",\"code\":\"LAB\","
                 "\"display\":\"Laboratory\"}]}]");
    pen_concept(pen, STR("code"), STR("http://loinc.org"), STR("11502-2"),
                STR("Rapport de laboratoire"));
    chart_subject(chart, STR("subject"));
    pen_moment(pen, STR("effectiveDateTime"),
               (Moment){chart->today - 1, 8 * 60 + (int)dice_below(dice, 60)});
    pen_moment(pen, STR("issued"), (Moment){chart->today, 6 * 60 + (int)dice_below(dice, 60)});
    pen_list(pen, STR("performer"));
    pen_reference(pen, STR_EMPTY, STR("Organization/labo-rives"),
                  STR("Laboratoire de biologie clinique des Rives"));
    pen_list_end(pen);
    pen_list(pen, STR("resultsInterpreter"));
    chart_staff(chart, STR_EMPTY, chart->home.gp);
    pen_list_end(pen);
    PEN_RAW(pen, "\"conclusion\":\"À valider par le médecin traitant.\"");
    pen_close(pen);
}

/* The patient asks for what he takes already. */
static void write_renewal(Ctx *cx, Chart *chart)
{
    Pen *pen = &chart->pen;
    const Course *course = NULL;
    for (unsigned i = 0; i < chart->course_count && !course; i++) {
        const Course *one = &chart->courses[i];
        if (!one->untold && one->to == DAY_NONE && one->renewed == DAY_NONE)
            course = one;
    }
    if (!course)
        return;
    const Drug *drug = &drugs[course->drug];
    open_id(cx, chart, "MedicationRequest", "renewal");
    PEN_RAW(pen, "\"status\":\"active\",\"intent\":\"proposal\"");
    pen_object(pen, STR("medicationCodeableConcept"));
    pen_list(pen, STR("coding"));
    pen_coding(pen, STR("http://www.whocc.no/atc"), drug->atc, drug->inn);
    pen_list_end(pen);
    pen_text(pen, STR("text"), drug->product);
    pen_end(pen);
    chart_subject(chart, STR("subject"));
    pen_day(pen, STR("authoredOn"), chart->today);
    pen_reference(pen, STR("requester"), chart->reference, chart->name);
    chart_staff(chart, STR("performer"), chart->home.gp);
    pen_reference_serial(pen, STR("priorPrescription"), STR("MedicationRequest"), course->serial,
                         STR_EMPTY);
    pen_close(pen);
}

void inbox_write(Ctx *cx, Chart *chart)
{
    Dice dice = dice_of(chart->options->seed, DICE_INBOX, chart->index);
    if (chart->index >= OF_PATIENTS || chart->death != DAY_NONE)
        return;
    if (dice_chance(&dice, TASKS))
        write_task(cx, chart, &dice);
    if (chart_age(chart, chart->today) >= 18 && dice_chance(&dice, MESSAGES))
        write_message(cx, chart, &dice);
    if (dice_chance(&dice, RESULTS))
        write_result(cx, chart, &dice);
    if (dice_chance(&dice, RENEWALS))
        write_renewal(cx, chart);
}
