/* privacy/paper.c - a person's record for reading, on A4, by Pango and Cairo: names in any script,
 * with the fonts of the machine. What a line says is the date, what it is, and its value; the
 * Bundle has everything. */
#include "privacy/inner.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

enum { LANGUAGES = 4, PDF_BYTES_MAX = 256 << 20 };
static const double width = 595, height = 842, margin = 56;

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

/* ---- the page ----------------------------------------------------------------------------- */

typedef struct {
    Buf *out;
    cairo_t *cairo;
    PangoLayout *layout;
    double y;
    unsigned page;
} Paper;

static cairo_status_t write_bytes(void *to, const unsigned char *bytes, unsigned len)
{
    Buf *out = to;
    buf_add(out, bytes, len);
    return buf_done(out) == STATUS_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void put_text(Paper *paper, const char *font, Str text, double x, double *ret_height)
{
    PangoFontDescription *description = pango_font_description_from_string(font);
    int high;
    pango_layout_set_font_description(paper->layout, description);
    pango_font_description_free(description);
    pango_layout_set_width(paper->layout, (int)((width - margin - x) * PANGO_SCALE));
    pango_layout_set_wrap(paper->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(paper->layout, text.at, (int)text.len);
    pango_layout_get_size(paper->layout, NULL, &high);
    *ret_height = (double)high / PANGO_SCALE;
    cairo_move_to(paper->cairo, x, paper->y);
}

static void number_page(Paper *paper)
{
    char digits[16];
    double y = paper->y, unused;
    int len = snprintf(digits, sizeof(digits), "%u", ++paper->page);
    paper->y = height - margin / 1.5;
    put_text(paper, "Sans 8", str_n(digits, (size_t)len), width - margin - 12, &unused);
    pango_cairo_show_layout(paper->cairo, paper->layout);
    paper->y = y;
}

/* A paragraph; on the next page when there is no room for it here. */
static void add_line(Paper *paper, const char *font, Str text, double indent, double above)
{
    double high;
    paper->y += above;
    put_text(paper, font, text, margin + indent, &high);
    if (paper->y + high > height - margin && paper->y > margin) {
        number_page(paper);
        cairo_show_page(paper->cairo);
        paper->y = margin;
        put_text(paper, font, text, margin + indent, &high);
    }
    pango_cairo_show_layout(paper->cairo, paper->layout);
    paper->y += high + 2;
}

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
    add_line(paper, "Sans 9", buf_str(&line), 0, 1);
    if (note.len)
        add_line(paper, "Sans Italic 9", note, 16, 0);
    if (conclusion.len)
        add_line(paper, "Sans Italic 9", conclusion, 16, 0);
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
            add_line(paper, "Sans Bold 12", headings[heading].in[language], 0, 12);
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
    add_line(paper, "Sans Bold 18", titles[language], 0, 0);
    add_line(paper, "Sans 12", buf_str(&line), 0, 4);
    return STATUS_OK;
}

static Status write_all(Ctx *cx, Paper *paper, const JsonValue *entries, size_t language)
{
    TRY(add_head(cx, paper, json_get(json_item(entries, 0), STR("resource")), language));
    for (size_t i = 0; i < COUNT_OF(headings); i++)
        TRY(add_section(cx, paper, entries, i, language));
    number_page(paper);
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
    JsonValue *root;
    Buf out;
    TRY(json_parse(cx, bundle, &root));
    buf_init(&out, cx->arena, 1 << 20, PDF_BYTES_MAX);
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(write_bytes, &out, width, height);
    Paper paper = {.out = &out, .cairo = cairo_create(surface), .y = margin};
    paper.layout = pango_cairo_create_layout(paper.cairo);
    Status status = write_all(cx, &paper, json_get(root, STR("entry")), language_of(language));
    g_object_unref(paper.layout);
    cairo_destroy(paper.cairo);
    cairo_surface_finish(surface);
    bool good = cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(surface);
    TRY(status);
    *ret_pdf = buf_str(&out);
    return good ? buf_done(&out)
                : ctx_fail(cx, STATUS_INTERNAL, STR_EMPTY, "The paper could not be written.");
}
