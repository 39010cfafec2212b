/* demo/letter.c - notes of a visit and letters from specialists, as DocumentReference with
 * the text inside. The wording is ours. */
#include "demo/chart.h"
#include "demo/staff.h"

#define S STR_INIT

typedef struct {
    IllnessId illness;
    Str loinc, type; /* of the document */
    Str author, title;
    Str icpc, done; /* procedure it reports; empty = none */
    Str text;
} Letter;

/* ILL_COUNT: for any illness without a row of its own. */
/* clang-format off */
static const Letter letters[] = {
    {ILL_DIABETES, S("11488-4"), S("Lettre de consultation"), S("Dr H. Lemmens, ophtalmologue"),
     S("Fond d'œil de contrôle"), S("F40"), S("Fond d'œil"),
     S("Acuité visuelle conservée aux deux yeux. Pression oculaire normale. Fond d'œil dilaté: pas "
       "de signe de rétinopathie diabétique. Contrôle dans un an.")},
    {ILL_DIABETES, S("11488-4"), S("Lettre de consultation"), S("Dr F. Rouvroy, diabétologue"),
     S("Consultation de diabétologie"), S(""), S(""),
     S("Équilibre glycémique revu avec le carnet. Pieds: pouls perçus, monofilament normal. "
       "Poursuite du trajet de soins, objectif d'HbA1c sous 7 %. Contrôle dans six mois.")},
    {ILL_HYPERTENSION, S("11488-4"), S("Lettre de consultation"), S("Dr P. Anciaux, cardiologue"),
     S("Bilan cardiologique"), S("K42"), S("Électrocardiogramme"),
     S("Rythme sinusal régulier, pas de trouble de repolarisation. Échographie: fonction du "
       "ventricule gauche conservée, légère hypertrophie septale. Mesures à domicile conseillées.")},
    {ILL_ATRIAL_FIBRILLATION, S("11488-4"), S("Lettre de consultation"),
     S("Dr P. Anciaux, cardiologue"), S("Suivi de fibrillation auriculaire"), S("K42"),
     S("Électrocardiogramme"),
     S("Fibrillation auriculaire à réponse ventriculaire contrôlée. Anticoagulation bien suivie, "
       "pas de saignement. Poursuite du traitement, contrôle de la fonction rénale deux fois l'an.")},
    {ILL_CORONARY, S("11488-4"), S("Lettre de consultation"), S("Dr P. Anciaux, cardiologue"),
     S("Contrôle de cardiopathie ischémique"), S("K43"), S("Épreuve d'effort"),
     S("Asymptomatique à l'effort habituel. Épreuve d'effort négative à 85 % de la fréquence "
       "maximale théorique. Objectif de LDL sous 55 mg/dL. Contrôle dans un an.")},
    {ILL_HEART_FAILURE, S("18842-5"), S("Lettre de sortie"), S("Dr M. Toubeau, cardiologie"),
     S("Hospitalisation pour décompensation cardiaque"), S(""), S(""),
     S("Admission pour dyspnée et œdèmes. Bonne évolution sous diurétique intraveineux, perte de "
       "4 kg. Retour à domicile avec pesée quotidienne; avertir si plus de 2 kg en 3 jours.")},
    {ILL_COPD, S("11488-4"), S("Lettre de consultation"), S("Dr J. Vinck, pneumologue"),
     S("Suivi de BPCO"), S("R39"), S("Spirométrie"),
     S("Syndrome obstructif modéré, VEMS à 62 % de la valeur prédite, peu réversible. Technique "
       "d'inhalation corrigée. Réadaptation respiratoire proposée.")},
    {ILL_ASTHMA, S("11488-4"), S("Lettre de consultation"), S("Dr J. Vinck, pneumologue"),
     S("Suivi d'asthme"), S("R39"), S("Spirométrie"),
     S("Spirométrie normale sous traitement. Asthme contrôlé. Plan d'action écrit remis.")},
    {ILL_KNEE, S("18748-4"), S("Protocole d'imagerie"), S("Dr L. Sauvenière, radiologue"),
     S("Radiographie des genoux en charge"), S("L41"), S("Radiographie du genou"),
     S("Pincement de l'interligne fémoro-tibial interne avec ostéophytes marginaux et "
       "condensation sous-chondrale, plus marqués à droite. Pas de lésion suspecte.")},
    {ILL_HIP, S("18748-4"), S("Protocole d'imagerie"), S("Dr L. Sauvenière, radiologue"),
     S("Radiographie du bassin"), S("L41"), S("Radiographie du bassin"),
     S("Pincement supéro-externe de l'interligne coxo-fémoral. Ostéophytose débutante.")},
    {ILL_BACK, S("18748-4"), S("Protocole d'imagerie"), S("Dr L. Sauvenière, radiologue"),
     S("Scanner de la colonne lombaire"), S("L41"), S("Scanner lombaire"),
     S("Discopathie L4-L5 et L5-S1. Protrusion discale L4-L5 sans conflit net. Arthrose des "
       "facettes. Pas de tassement.")},
    {ILL_REFLUX, S("11488-4"), S("Lettre de consultation"), S("Dr C. Dewez, gastro-entérologue"),
     S("Gastroscopie"), S("D40"), S("Gastroscopie"),
     S("Œsophagite de grade A, petite hernie hiatale. Recherche d'Helicobacter pylori négative.")},
    {ILL_PROSTATE, S("11488-4"), S("Lettre de consultation"), S("Dr N. Barvaux, urologue"),
     S("Bilan urologique"), S(""), S(""),
     S("Prostate estimée à 45 mL, régulière et souple. Débitmétrie correcte, pas de résidu. "
       "Poursuite du traitement, PSA annuel.")},
    {ILL_BREAST_CANCER, S("11488-4"), S("Lettre de consultation"), S("Dr I. Colson, oncologue"),
     S("Suivi oncologique"), S("X41"), S("Mammographie"),
     S("Pas d'argument clinique pour une récidive. Mammographie et échographie rassurantes. "
       "Hormonothérapie bien tolérée, à poursuivre. Contrôle dans six mois.")},
    {ILL_KIDNEY, S("11488-4"), S("Lettre de consultation"), S("Dr A. Philippart, néphrologue"),
     S("Suivi néphrologique"), S(""), S(""),
     S("Insuffisance rénale chronique stable. Tension à maintenir sous 130/80. Éviter les "
       "anti-inflammatoires. Trajet de soins poursuivi.")},
    {ILL_OSTEOPOROSIS, S("18748-4"), S("Protocole d'imagerie"), S("Dr L. Sauvenière, radiologue"),
     S("Ostéodensitométrie"), S("L41"), S("Ostéodensitométrie"),
     S("T-score de -2,7 au rachis lombaire et de -2,1 au col fémoral.")},
    {ILL_COUNT, S("11488-4"), S("Lettre de consultation"), S("Dr E. Maréchal, interniste"),
     S("Avis de médecine interne"), S(""), S(""),
     S("Examen clinique et biologie revus. Pas d'élément nouveau. Même traitement, contrôle chez "
       "le médecin traitant.")},
};
/* clang-format on */

typedef struct {
    Str loinc, type, title, author; /* author empty: of the staff */
    unsigned staff, encounter;
    Moment at;
    Str content_type, bytes;
} Document;

static void write_document(Chart *chart, const Document *doc)
{
    Pen *pen = &chart->pen;
    pen_open(pen, STR("DocumentReference"));
    PEN_RAW(pen, "\"status\":\"current\",\"docStatus\":\"final\"");
    pen_concept(pen, STR("type"), STR("http://loinc.org"), doc->loinc, doc->type);
    chart_subject(chart, STR("subject"));
    pen_moment(pen, STR("date"), doc->at);
    pen_list(pen, STR("author"));
    if (doc->author.len) {
        pen_object(pen, STR_EMPTY);
        pen_text(pen, STR("display"), doc->author);
        pen_end(pen);
    } else {
        chart_staff(chart, STR_EMPTY, doc->staff);
    }
    pen_list_end(pen);
    pen_text(pen, STR("description"), doc->title);
    pen_list(pen, STR("content"));
    pen_object(pen, STR_EMPTY);
    pen_object(pen, STR("attachment"));
    pen_text(pen, STR("contentType"), doc->content_type);
    PEN_RAW(pen, "\"language\":\"fr-BE\"");
    pen_base64(pen, STR("data"), doc->bytes);
    pen_text(pen, STR("title"), doc->title);
    pen_moment(pen, STR("creation"), doc->at);
    pen_end(pen);
    pen_end(pen);
    pen_list_end(pen);
    if (doc->encounter) {
        pen_object(pen, STR("context"));
        pen_list(pen, STR("encounter"));
        pen_reference_serial(pen, STR_EMPTY, STR("Encounter"), doc->encounter, STR_EMPTY);
        pen_list_end(pen);
        pen_end(pen);
    }
    pen_close(pen);
}

void note_write(Ctx *cx, Chart *chart, const Visit *visit, unsigned encounter, Str about, Str text)
{
    Str title = arena_format(cx->arena, "Consultation: " STR_FMT, STR_ARG(about));
    if (!title.at)
        return;
    write_document(chart, &(Document){.loinc = STR("11506-3"),
                                      .type = STR("Note de consultation"),
                                      .title = title,
                                      .staff = visit->staff,
                                      .encounter = encounter,
                                      .at = {visit->at.day, visit->at.minute + visit->minutes},
                                      .content_type = STR("text/plain; charset=utf-8"),
                                      .bytes = text});
}

static const Letter *choose_letter(Chart *chart, IllnessId illness)
{
    const Letter *chosen = &letters[COUNT_OF(letters) - 1];
    unsigned seen = 0;
    for (size_t i = 0; i < COUNT_OF(letters); i++) {
        if (letters[i].illness == illness && dice_below(&chart->dice, ++seen) == 0)
            chosen = &letters[i];
    }
    return chosen;
}

void letter_write(Ctx *cx, Chart *chart, IllnessId illness, Day day)
{
    const Letter *letter = choose_letter(chart, illness);
    const DemoStaff *gp = staff_at(chart->home.gp);
    char born[DATE_LEN], today[DATE_LEN];
    Day sent = day_working_from(day + dice_between(&chart->dice, 12, 45));
    if (sent >= chart->until)
        return;
    day_format_belgian(chart->birth, born);
    day_format_belgian(sent, today);
    Str text = arena_format(
        cx->arena,
        "%.*s\n\nÀ l'attention de: %.*s\nDate: %.10s\n\nConcerne: %.*s, %s le %.10s\n\n"
        "Cher Confrère, chère Consœur,\n\n%.*s\n\nBien confraternellement,\n%.*s\n",
        STR_ARG(letter->author), STR_ARG(gp->display), today, STR_ARG(chart->name),
        chart->who->female ? "née" : "né", born, STR_ARG(letter->text), STR_ARG(letter->author));
    if (!text.at)
        return;
    Moment at = {sent, 14 * 60 + dice_between(&chart->dice, 0, 150)};
    bool as_pdf = dice_chance(&chart->dice, 400);
    write_document(chart, &(Document){.loinc = letter->loinc,
                                      .type = letter->type,
                                      .title = letter->title,
                                      .author = letter->author,
                                      .at = at,
                                      .content_type = as_pdf ? STR("application/pdf")
                                                             : STR("text/plain; charset=utf-8"),
                                      .bytes = as_pdf ? pdf_make(cx, letter->title, text) : text});
    if (letter->icpc.len)
        procedure_write(chart, letter->icpc, letter->done, (Moment){sent, 10 * 60}, 0, 0);
}
