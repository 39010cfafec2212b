/* consult/paper_summary.c - the summary of a patient as a page. */
#include "consult/head.h"

#include <stdlib.h>

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
    Phrase title;
} SummaryPart;
static const SummaryPart summary_parts[] = {
    {STR_INIT("AllergyIntolerance"), STR_INIT(IS_HELD "&patient="), STR_INIT("recordedDate"),
     STR_INIT("code"), false, PHRASE("Allergies", "Allergies", "Allergieën", "Allergien")},
    {STR_INIT("Condition"), STR_INIT(IS_HELD "&patient="), STR_INIT("onsetDateTime"),
     STR_INIT("code"), false,
     PHRASE("Health problems", "Problèmes de santé", "Gezondheidsproblemen",
            "Gesundheitsprobleme")},
    {STR_INIT("Immunization"), STR_INIT("status=completed&patient="),
     STR_INIT("occurrenceDateTime"), STR_INIT("vaccineCode"), false,
     PHRASE("Vaccinations", "Vaccinations", "Vaccinaties", "Impfungen")},
    {STR_INIT("Observation"),
     STR_INIT("category=vital-signs&status:not=entered-in-error,cancelled&patient="),
     STR_INIT("effectiveDateTime"), STR_INIT("code"), true,
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

/* What a row says, without the row: thousands of measurements are read for one line each. */
typedef struct {
    OperationRow row; /* its name, and whose it is */
    Str date, what, value;
    size_t number;
} Line;
typedef struct {
    Sheet *sheet;
    Arena *home; /* of what outlives a page */
    const SummaryPart *part;
    Line *lines;
    size_t count, room;
} Lines;

static bool was_said(const Lines *all, Str what)
{
    for (size_t i = 0; i < all->count; i++)
        if (str_eq(all->lines[i].what, what))
            return true;
    return false;
}

static Status keep(Lines *all, Line line)
{
    Str *const texts[] = {&line.row.name, &line.row.row.facts, &line.date, &line.what, &line.value};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i]->len && !(*texts[i] = arena_str(all->home, *texts[i])).at)
            return STATUS_MEMORY;
    all->lines = arena_grow(all->home, all->lines, sizeof(Line), all->count, &all->room, 32);
    if (!all->lines)
        return STATUS_MEMORY;
    line.number = all->count;
    all->lines[all->count++] = line;
    return STATUS_OK;
}

/* They come newest first: of measurements, the first of each kind. */
static Status take_line(void *of, const OperationRow *row)
{
    Lines *all = of;
    const SummaryPart *part = all->part;
    Str what = words_of(json_get(row->resource, part->what));
    if (part->value && was_said(all, what))
        return STATUS_OK;
    const Line line = {.row = {.name = row->name, .row.facts = row->row.facts},
                       .date = json_get_str(row->resource, part->date),
                       .what = what,
                       .value =
                           part->value ? value_of(all->sheet->op->cx, row->resource) : STR_EMPTY};
    return keep(all, line);
}

static int newest_first(const void *a, const void *b)
{
    const Line *left = a, *right = b;
    int order = str_cmp(right->date, left->date);
    return order ? order : left->number < right->number ? -1 : 1;
}

static Status find_lines(Lines *all)
{
    Operation *op = all->sheet->op;
    Str query = arena_format(all->home, STR_FMT STR_FMT, STR_ARG(all->part->query),
                             STR_ARG(all->sheet->patient.name));
    bool before = operation_peek(op, true);
    Status status =
        query.at ? operation_each(op, all->part->type, query, take_line, all) : STATUS_MEMORY;
    operation_peek(op, before);
    return status;
}

static Status write_part(Sheet *sheet, const SummaryPart *part)
{
    Lines all = {.sheet = sheet, .home = sheet->op->cx->arena, .part = part};
    TRY(find_lines(&all));
    if (all.count)
        qsort(all.lines, all.count, sizeof(Line), newest_first);
    paper_text(sheet->paper, PAPER_HEADING, say(sheet, part->title), 0, 12);
    for (size_t i = 0; i < all.count; i++) {
        const Line *line = &all.lines[i];
        PaperCell cells[] = {
            {0, date_words(sheet, line->date)}, {88, line->what}, {360, line->value}};
        paper_row(sheet->paper, PAPER_TEXT, cells, part->value ? 3 : 2, 1);
        TRY(operation_shows(sheet->op, &line->row));
    }
    if (!all.count)
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
