/* demo/note.c - the note of a check-up: subjective, objective, assessment, plan. It says what was
 * measured and decided, in one of several wordings. */
#include "demo/chart.h"

static const char *const complaints[] = {
    "Se sent bien, pas de plainte particulière.",
    "Pas de plainte. Prend son traitement régulièrement.",
    "Un peu plus fatigué ces dernières semaines, sans autre symptôme.",
    "Quelques oublis du traitement le week-end. Pas d'effet indésirable.",
    "Va bien. Marche une demi-heure par jour.",
    "Sommeil moyen, stress au travail. Pas de douleur thoracique ni de dyspnée.",
    "Vient pour ses ordonnances et pour parler des derniers résultats.",
    "Douleurs supportables, reste actif au jardin.",
};

static const char *const findings[] = {
    "Cœur régulier, poumons libres, pas d'œdème.",
    "Auscultation cardio-pulmonaire sans particularité.",
    "Bon état général. Abdomen souple, mollets souples.",
    "Examen inchangé par rapport à la dernière fois.",
};

static const char *const advice[] = {
    "Alimentation et activité physique rappelées.",
    "Vaccins revus.",
    "Prise de sang avant le prochain rendez-vous.",
    "Reconsulter plus tôt si nouveau symptôme.",
    "Automesure à domicile une semaine avant la prochaine visite.",
};

static Str pick(Chart *chart, const char *const *texts, size_t count)
{
    return str_of(texts[dice_below(&chart->dice, (unsigned)count)]);
}

static void add_assessment(Buf *note, const Findings *found)
{
    if (!found->illness) {
        buf_add_lit(note, "A: Examen de contrôle, pas de problème nouveau.\n");
        return;
    }
    const Illness *row = found->illness;
    buf_add_lit(note, "A: ");
    buf_add_str(note, row->text);
    double value = row->target < M_COUNT ? found->values[row->target] : 0;
    if (value > 0 && row->target != M_SYSTOLIC) {
        const MeasureRow *measure = &measures[row->target];
        unsigned tenths = (unsigned)(value * (measure->decimals ? 10 : 1) + .5);
        buf_format(note, ", " STR_FMT " ", STR_ARG(measure->text));
        if (measure->decimals) /* a comma, as French has it */
            buf_format(note, "%u,%u", tenths / 10, tenths % 10);
        else
            buf_format(note, "%u", tenths);
        buf_format(note, " " STR_FMT, STR_ARG(measure->unit));
    }
    if (value > 0)
        buf_add_str(note, value > row->target_high ? STR(": objectif non atteint")
                                                   : STR(": objectif atteint"));
    buf_add_lit(note, ".\n");
}

void note_write_follow_up(Ctx *cx, Chart *chart, const Visit *visit, unsigned encounter,
                          const Findings *found)
{
    Buf note;
    buf_init(&note, cx->arena, 600, 4096);
    buf_add_lit(&note, "S: ");
    buf_add_str(&note, pick(chart, complaints, COUNT_OF(complaints)));
    buf_add_lit(&note, "\nO: ");
    if (found->pressure[0] > 0)
        buf_format(&note, "TA %.0f/%.0f. ", found->pressure[0], found->pressure[1]);
    buf_add_str(&note, pick(chart, findings, COUNT_OF(findings)));
    buf_add_lit(&note, "\n");
    add_assessment(&note, found);
    buf_add_lit(&note, "P: ");
    if (found->started >= 0) {
        buf_add_lit(&note, "Nouveau traitement: ");
        buf_add_str(&note, drugs[chart->courses[found->started].drug].product);
        buf_add_lit(&note, ". ");
    } else if (found->illness) {
        buf_add_lit(&note, "Même traitement. ");
    }
    buf_add_str(&note, pick(chart, advice, COUNT_OF(advice)));
    note_write(cx, chart, visit, encounter,
               found->illness ? found->illness->text : STR("Examen de contrôle"), buf_str(&note));
}
