/* privacy/paper.c - a person's record for reading, on A4. What a line says is the date, what it is,
 * and its value; the Bundle has everything. */
#include "privacy/inner.h"

#include "paper/paper.h"

enum { LANGUAGES = 4, PDF_BYTES_MAX = 256 << 20 };

static const Str languages[LANGUAGES] = {STR_INIT("en"), STR_INIT("fr"), STR_INIT("nl"),
                                         STR_INIT("de")};
typedef struct {
    Str type;
    Str in[LANGUAGES];
} Heading;
#define HEADING(type, en, fr, nl, de)                                                              \
    {                                                                                              \
        STR_INIT(type),                                                                            \
        {                                                                                          \
            STR_INIT(en), STR_INIT(fr), STR_INIT(nl), STR_INIT(de)                                 \
        }                                                                                          \
    }
/* In the order of the page; the last one takes all others. */
static const Heading headings[] = {
    HEADING("AllergyIntolerance", "Allergies", "Allergies", "Allergieën", "Allergien"),
    HEADING("Condition", "Health problems", "Problèmes de santé", "Gezondheidsproblemen",
            "Gesundheitsprobleme"),
    HEADING("MedicationRequest", "Prescriptions", "Prescriptions", "Voorschriften", "Verordnungen"),
    HEADING("MedicationStatement", "Medicines taken", "Médicaments pris",
            "Ingenomen geneesmiddelen", "Eingenommene Arzneimittel"),
    HEADING("Immunization", "Vaccinations", "Vaccinations", "Vaccinaties", "Impfungen"),
    HEADING("Procedure", "Treatments", "Traitements", "Behandelingen", "Behandlungen"),
    HEADING("Observation", "Measurements and results", "Mesures et résultats",
            "Metingen en resultaten", "Messwerte und Befunde"),
    HEADING("DiagnosticReport", "Reports", "Rapports", "Verslagen", "Berichte"),
    HEADING("DocumentReference", "Documents", "Documents", "Documenten", "Dokumente"),
    HEADING("Encounter", "Contacts", "Contacts", "Contacten", "Kontakte"),
    HEADING("Appointment", "Appointments", "Rendez-vous", "Afspraken", "Termine"),
    HEADING("", "Other", "Autres", "Andere", "Anderes"),
};
static const Str titles[LANGUAGES] = {STR_INIT("My record"), STR_INIT("Mon dossier"),
                                      STR_INIT("Mijn dossier"), STR_INIT("Meine Akte")};

/* ---- what is written ----------------------------------------------------------------------- */

static Str words_of(const JsonValue *concept)
{
    Str text = json_get_str(concept, STR("text"));
    const JsonValue *coding = json_item(json_get(concept, STR("coding")), 0);
    if (!text.len)
        text = json_get_str(coding, STR("display"));
    return text.len ? text : json_get_str(coding, STR("code"));
}

static Str label_of(const JsonValue *resource)
{
    static const Str names[] = {STR_INIT("code"),        STR_INIT("medicationCodeableConcept"),
                                STR_INIT("vaccineCode"), STR_INIT("type"),
                                STR_INIT("class"),       STR_INIT("serviceType")};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const JsonValue *value = json_get(resource, names[i]);
        Str text = words_of(json_is(value, JSON_ARRAY) ? json_item(value, 0) : value);
        if (!text.len)
            text = json_get_str(value, STR("display"));
        if (text.len)
            return text;
    }
    Str text = json_get_str(resource, STR("description"));
    return text.len ? text : json_get_str(resource, STR("resourceType"));
}

static void add_value(Buf *line, const JsonValue *resource)
{
    const JsonValue *quantity = json_get(resource, STR("valueQuantity"));
    Str text = json_get_str(resource, STR("valueString"));
    if (quantity) {
        buf_add_lit(line, ": ");
        buf_add_str(line, json_str(json_get(quantity, STR("value"))));
        buf_add_lit(line, " ");
        buf_add_str(line, json_get_str(quantity, STR("unit")));
    } else if (text.len || (text = words_of(json_get(resource, STR("valueCodeableConcept")))).len) {
        buf_add_lit(line, ": ");
        buf_add_str(line, text);
    }
    const JsonValue *part;
    for (size_t i = 0; (part = json_item(json_get(resource, STR("component")), i)); i++) {
        buf_add_str(line, i ? STR(", ") : STR(": "));
        buf_add_str(line, words_of(json_get(part, STR("code"))));
        add_value(line, part);
    }
}

static Status add_resource(Ctx *cx, Paper *paper, const JsonValue *resource)
{
    Buf line;
    Str date = privacy_date_of(resource),
        note = json_get_str(json_item(json_get(resource, STR("note")), 0), STR("text")),
        conclusion = json_get_str(resource, STR("conclusion"));
    buf_init(&line, cx->arena, 256, 1 << 20);
    if (date.len) {
        buf_add_str(&line, date);
        buf_add_lit(&line, "   ");
    }
    buf_add_str(&line, label_of(resource));
    add_value(&line, resource);
    TRY(buf_done(&line));
    paper_text(paper, PAPER_SMALL, buf_str(&line), 0, 1);
    if (note.len)
        paper_text(paper, PAPER_NOTE, note, 16, 0);
    if (conclusion.len)
        paper_text(paper, PAPER_NOTE, conclusion, 16, 0);
    return STATUS_OK;
}

static size_t heading_of(Str type)
{
    size_t i = 0;
    while (headings[i].type.len && !str_eq(headings[i].type, type))
        i++;
    return i;
}

static Status add_section(Ctx *cx, Paper *paper, const JsonValue *entries, size_t heading,
                          size_t language)
{
    bool begun = false;
    JsonValue *entry;
    for (JsonIter it = json_iter(entries); json_next(&it, NULL, &entry);) {
        const JsonValue *resource = json_get(entry, STR("resource"));
        Str type = json_get_str(resource, STR("resourceType"));
        if (heading_of(type) != heading || str_eq(type, STR("Patient")))
            continue;
        if (!begun)
            paper_text(paper, PAPER_HEADING, headings[heading].in[language], 0, 12);
        begun = true;
        TRY(ctx_check_deadline(cx));
        TRY(add_resource(cx, paper, resource));
    }
    return STATUS_OK;
}

static Status add_head(Ctx *cx, Paper *paper, const JsonValue *patient, size_t language)
{
    const JsonValue *name = json_item(json_get(patient, STR("name")), 0), *part;
    Buf line;
    buf_init(&line, cx->arena, 256, 65536);
    for (size_t i = 0; (part = json_item(json_get(name, STR("given")), i)); i++) {
        buf_add_str(&line, json_str(part));
        buf_add_lit(&line, " ");
    }
    buf_add_str(&line, json_get_str(name, STR("family")));
    buf_add_lit(&line, "   ");
    buf_add_str(&line, json_get_str(patient, STR("birthDate")));
    TRY(buf_done(&line));
    paper_text(paper, PAPER_TITLE, titles[language], 0, 0);
    paper_text(paper, PAPER_LARGE, buf_str(&line), 0, 4);
    return STATUS_OK;
}

static Status write_all(Ctx *cx, Paper *paper, const JsonValue *entries, size_t language)
{
    TRY(add_head(cx, paper, json_get(json_item(entries, 0), STR("resource")), language));
    for (size_t i = 0; i < COUNT_OF(headings); i++)
        TRY(add_section(cx, paper, entries, i, language));
    return STATUS_OK;
}

static size_t language_of(Str language)
{
    for (size_t i = 0; i < LANGUAGES; i++) {
        if (str_eq(languages[i], language))
            return i;
    }
    return 0;
}

Status privacy_paper(Ctx *cx, Str bundle, Str language, Str *ret_pdf)
{
    size_t in = language_of(language);
    PaperOptions options = {.title = titles[in], .foot = STR_EMPTY, .bytes_max = PDF_BYTES_MAX};
    JsonValue *root;
    Paper *paper;
    TRY(json_parse(cx, bundle, &root));
    TRY(paper_new(cx, &options, &paper));
    TRY(write_all(cx, paper, json_get(root, STR("entry")), in));
    return paper_end(paper, ret_pdf);
}
