/* demo/forms.c - two forms of the network: what a patient says before he comes, and how the pain of
 * somebody in physiotherapy goes. docs/guide/consultation.md#forms */
#include "demo/forms.h"

#include "demo/pen.h"

#define SDC        "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
#define ITEM_UNIT  "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
#define LOINC      "http://loinc.org"
#define FORM_CLASS "urn:aceso:class"

typedef struct {
    Str link, type, text;
    Str code;    /* LOINC: the answer becomes an Observation */
    Str unit;    /* UCUM */
    Str asked;   /* link of a yes-or-no question: asked when that is yes */
    Str answers; /* of a choice, split at '|' */
    int most;    /* of a number; 0 = no limit */
    bool required;
} Question;

typedef struct {
    Str id, title, class;
    const Question *questions;
    size_t count;
} Form;

static const Question before_visit[] = {
    {.link = STR_INIT("motif"),
     .type = STR_INIT("text"),
     .required = true,
     .text = STR_INIT("Pourquoi venez-vous ?")},
    {.link = STR_INIT("depuis"),
     .type = STR_INIT("choice"),
     .text = STR_INIT("Depuis quand ?"),
     .answers = STR_INIT("Aujourd’hui|Quelques jours|Quelques semaines|Plus longtemps")},
    {.link = STR_INIT("douleur"), .type = STR_INIT("boolean"), .text = STR_INIT("Avez-vous mal ?")},
    {.link = STR_INIT("douleur-0-10"),
     .type = STR_INIT("integer"),
     .asked = STR_INIT("douleur"),
     .text = STR_INIT("Combien, de 0 (pas du tout) à 10 (le pire que vous imaginez) ?"),
     .code = STR_INIT("72514-3"),
     .unit = STR_INIT("{score}"),
     .most = 10},
    {.link = STR_INIT("poids"),
     .type = STR_INIT("decimal"),
     .text = STR_INIT("Votre poids, en kg"),
     .code = STR_INIT("29463-7"),
     .unit = STR_INIT("kg"),
     .most = 400},
    {.link = STR_INIT("medicaments"),
     .type = STR_INIT("text"),
     .text = STR_INIT("Que prenez-vous sans ordonnance ?")},
};

static const Question physiotherapy[] = {
    {.link = STR_INIT("douleur-repos"),
     .type = STR_INIT("integer"),
     .required = true,
     .text = STR_INIT("Douleur au repos, de 0 à 10"),
     .code = STR_INIT("72514-3"),
     .unit = STR_INIT("{score}"),
     .most = 10},
    {.link = STR_INIT("exercices"),
     .type = STR_INIT("choice"),
     .required = true,
     .text = STR_INIT("Vos exercices à la maison"),
     .answers = STR_INIT("Tous les jours|Quelques fois par semaine|Presque jamais")},
    {.link = STR_INIT("gene"),
     .type = STR_INIT("boolean"),
     .text = STR_INIT("La douleur vous réveille-t-elle la nuit ?")},
    {.link = STR_INIT("remarque"), .type = STR_INIT("text"), .text = STR_INIT("Autre chose ?")},
};

static const Form forms[] = {
    {STR_INIT("avant-la-visite"), STR_INIT("Avant la visite"), STR_INIT("D7"), before_visit,
     COUNT_OF(before_visit)},
    {STR_INIT("suivi-kine"), STR_INIT("Suivi de kinésithérapie"), STR_INIT("D11"), physiotherapy,
     COUNT_OF(physiotherapy)},
};

static void write_extensions(Pen *pen, const Question *question)
{
    if (!question->code.len && !question->most)
        return;
    pen_list(pen, STR("extension"));
    if (question->code.len) {
        PEN_RAW(pen,
                "{\"url\":\"" SDC "sdc-questionnaire-observationExtract\",\"valueBoolean\":true}");
        pen_object(pen, STR_EMPTY);
        PEN_RAW(pen, "\"url\":\"" ITEM_UNIT "\"");
        pen_object(pen, STR("valueCoding"));
        PEN_RAW(pen, "\"system\":\"http://unitsofmeasure.org\"");
        pen_text(pen, STR("code"), question->unit);
        pen_end(pen);
        pen_end(pen);
    }
    if (question->most) {
        PEN_RAW(
            pen,
            "{\"url\":\"http://hl7.org/fhir/StructureDefinition/minValue\",\"valueInteger\":0}");
        pen_object(pen, STR_EMPTY);
        PEN_RAW(pen, "\"url\":\"http://hl7.org/fhir/StructureDefinition/maxValue\"");
        pen_int(pen, STR("valueInteger"), question->most);
        pen_end(pen);
    }
    pen_list_end(pen);
}

static void write_answers(Pen *pen, Str answers)
{
    if (!answers.len)
        return;
    pen_list(pen, STR("answerOption"));
    while (answers.len) {
        pen_object(pen, STR_EMPTY);
        pen_text(pen, STR("valueString"), str_cut(&answers, '|'));
        pen_end(pen);
    }
    pen_list_end(pen);
}

static void write_question(Pen *pen, const Question *question)
{
    pen_object(pen, STR_EMPTY);
    write_extensions(pen, question);
    pen_text(pen, STR("linkId"), question->link);
    if (question->code.len) {
        pen_list(pen, STR("code"));
        pen_coding(pen, STR(LOINC), question->code, STR_EMPTY);
        pen_list_end(pen);
    }
    pen_text(pen, STR("text"), question->text);
    pen_text(pen, STR("type"), question->type);
    if (question->asked.len) {
        pen_list(pen, STR("enableWhen"));
        pen_object(pen, STR_EMPTY);
        pen_text(pen, STR("question"), question->asked);
        PEN_RAW(pen, "\"operator\":\"=\",\"answerBoolean\":true");
        pen_end(pen);
        pen_list_end(pen);
    }
    if (question->required)
        pen_bool(pen, STR("required"), true);
    write_answers(pen, question->answers);
    pen_end(pen);
}

static void write_form(Ctx *cx, Pen *pen, const Form *form)
{
    pen_open_id(pen, STR("Questionnaire"), form->id);
    pen_list(pen, STR("extension"));
    pen_object(pen, STR_EMPTY);
    PEN_RAW(pen, "\"url\":\"" FORM_CLASS "\"");
    pen_text(pen, STR("valueCode"), form->class);
    pen_end(pen);
    pen_list_end(pen);
    pen_text(pen, STR("url"),
             arena_format(cx->arena, "urn:aceso:demo:form:" STR_FMT, STR_ARG(form->id)));
    pen_text(pen, STR("title"), form->title);
    PEN_RAW(pen, "\"status\":\"active\",\"subjectType\":[\"Patient\"]");
    pen_list(pen, STR("item"));
    for (size_t i = 0; i < form->count; i++)
        write_question(pen, &form->questions[i]);
    pen_list_end(pen);
    pen_close(pen);
}

void forms_write(Ctx *cx, Pen *pen)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        write_form(cx, pen, &forms[i]);
}
