/* consult/paper_summary.c - the summary of a patient as a page. */
#include "consult/head.h"

static const Phrase summary_title =
                        PHRASE("Summary of the record", "Résumé du dossier",
                               "Samenvatting van het dossier", "Zusammenfassung der Akte"),
                    nothing_known = PHRASE("nothing recorded", "rien d'enregistré",
                                           "niets geregistreerd", "nichts verzeichnet");
typedef struct {
    Str type, query;
    Str date; /* member */
    Str what; /* member that says it */
    bool value;
    size_t most;
    Phrase title;
} SummaryPart;
static const SummaryPart summary_parts[] = {
    {STR_INIT("AllergyIntolerance"), STR_INIT(IS_HELD "&patient="), STR_INIT("recordedDate"),
     STR_INIT("code"), false, 100, PHRASE("Allergies", "Allergies", "Allergieën", "Allergien")},
    {STR_INIT("Condition"), STR_INIT(IS_HELD "&patient="), STR_INIT("onsetDateTime"),
     STR_INIT("code"), false, 200,
     PHRASE("Health problems", "Problèmes de santé", "Gezondheidsproblemen",
            "Gesundheitsprobleme")},
    {STR_INIT("Immunization"), STR_INIT("status=completed&patient="),
     STR_INIT("occurrenceDateTime"), STR_INIT("vaccineCode"), false, 100,
     PHRASE("Vaccinations", "Vaccinations", "Vaccinaties", "Impfungen")},
    {STR_INIT("Observation"),
     STR_INIT("category=vital-signs&status:not=entered-in-error,cancelled&patient="),
     STR_INIT("effectiveDateTime"), STR_INIT("code"), true, OPERATION_FIND_MAX,
     PHRASE("Last measurements", "Dernières mesures", "Laatste metingen", "Letzte Messwerte")},
};

static Str value_of(Ctx *cx, const JsonValue *observation)
{
    const JsonValue *quantity = json_get(observation, STR("valueQuantity")), *part;
    Buf text;
    buf_init(&text, cx->arena, 64, 1024);
    if (quantity)
        buf_format(&text, STR_FMT " " STR_FMT, STR_ARG(json_str(json_get(quantity, STR("value")))),
                   STR_ARG(json_get_str(quantity, STR("unit"))));
    for (size_t i = 0; (part = json_item(json_get(observation, STR("component")), i)); i++) {
        const JsonValue *one = json_get(part, STR("valueQuantity"));
        buf_format(&text, "%s" STR_FMT, i ? " / " : "",
                   STR_ARG(json_str(json_get(one, STR("value")))));
    }
    return buf_str(&text);
}

/* Newest first; of measurements, the newest of each kind. */
static void sort_rows(OperationRows *rows, Str date)
{
    for (size_t i = 1; i < rows->count; i++) {
        OperationRow one = rows->rows[i];
        size_t k = i;
        for (; k > 0 && str_cmp(json_get_str(rows->rows[k - 1].resource, date),
                                json_get_str(one.resource, date)) < 0;
             k--)
            rows->rows[k] = rows->rows[k - 1];
        rows->rows[k] = one;
    }
}

static bool was_said(const OperationRows *rows, size_t i, Str what)
{
    Str words = words_of(json_get(rows->rows[i].resource, what));
    for (size_t k = 0; k < i; k++)
        if (str_eq(words_of(json_get(rows->rows[k].resource, what)), words))
            return true;
    return false;
}

static Status write_part(Sheet *sheet, const SummaryPart *part)
{
    Ctx *cx = sheet->op->cx;
    OperationRows rows;
    size_t shown = 0;
    Str query = arena_format(cx->arena, STR_FMT STR_FMT, STR_ARG(part->query),
                             STR_ARG(sheet->patient.name));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(sheet->op, part->type, query, part->most, &rows));
    sort_rows(&rows, part->date);
    paper_text(sheet->paper, PAPER_HEADING, say(sheet, part->title), 0, 12);
    for (size_t i = 0; i < rows.count && shown < 60; i++) {
        const JsonValue *one = rows.rows[i].resource;
        if (part->value && was_said(&rows, i, part->what))
            continue;
        PaperCell cells[] = {{0, date_words(sheet, json_get_str(one, part->date))},
                             {88, words_of(json_get(one, part->what))},
                             {360, part->value ? value_of(cx, one) : STR_EMPTY}};
        paper_row(sheet->paper, PAPER_TEXT, cells, part->value ? 3 : 2, 1);
        shown++;
    }
    if (!shown)
        paper_text(sheet->paper, PAPER_NOTE, say(sheet, nothing_known), 0, 1);
    return STATUS_OK;
}

Status paper_summary(Operation *op)
{
    Sheet sheet;
    TRY(sheet_begin(op, op->asked.id, &sheet));
    TRY(sheet_head(&sheet, operation_who(op), summary_title, STR_EMPTY));
    for (size_t i = 0; i < 2; i++)
        TRY(write_part(&sheet, &summary_parts[i]));
    TRY(sheet_medicines(&sheet));
    for (size_t i = 2; i < COUNT_OF(summary_parts); i++)
        TRY(write_part(&sheet, &summary_parts[i]));
    sheet_sign(&sheet, sheet.today);
    return sheet_end(&sheet);
}
