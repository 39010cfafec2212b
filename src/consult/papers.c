/* consult/papers.c - what people take with them: notes, letters, prescriptions, proofs
 * of attendance, as PDF. On it stands what the caller sees, and nothing else. */
#include "consult/head.h"
#include "consult/medicines.h"

/* ---- notes and letters
 * --------------------------------------------------------------------------- */

static const Phrase note_title = PHRASE("Consultation note", "Note de consultation",
                                        "Consultatienota", "Konsultationsnotiz"),
                    letter_title = PHRASE("Letter", "Lettre", "Brief", "Brief"),
                    draft_mark = PHRASE("Not signed", "Non signé", "Niet ondertekend",
                                        "Nicht unterschrieben"),
                    error_mark = PHRASE(
                        "Retracted: entered in error", "Retirée: encodée par erreur",
                        "Ingetrokken: foutief ingevoerd", "Zurückgezogen: irrtümlich erfasst"),
                    signed_mark =
                        PHRASE("Signed by", "Signé par", "Ondertekend door", "Unterschrieben von");

/* LOINC 57133-1 referral note, 34109-9 note, 51852-2 letter. */
static bool is_letter(const JsonValue *note)
{
    static const Str codes[] = {STR_INIT("57133-1"), STR_INIT("51852-2"), STR_INIT("68609-7")};
    JsonValue *coding;
    const JsonValue *codings = json_get(json_get(note, STR("type")), STR("coding"));
    for (JsonIter it = json_iter(codings); json_next(&it, NULL, &coding);)
        for (size_t i = 0; i < COUNT_OF(codes); i++)
            if (str_eq(json_get_str(coding, STR("code")), codes[i]))
                return true;
    return false;
}

static Str extension_text(const JsonValue *resource, Str url)
{
    JsonValue *one;
    for (JsonIter it = json_iter(json_get(resource, STR("extension"))); json_next(&it, NULL, &one);)
        if (str_eq(json_get_str(one, STR("url")), url))
            return json_get_str(one, STR("valueString"));
    return STR_EMPTY;
}

static void write_sections(Sheet *sheet, const JsonValue *of, unsigned depth)
{
    enum { DEPTH_MAX = 8 };
    JsonValue *section;
    for (JsonIter it = json_iter(json_get(of, STR("section"))); json_next(&it, NULL, &section);) {
        Str title = json_get_str(section, STR("title")),
            div = json_get_str(json_get(section, STR("text")), STR("div"));
        if (title.len)
            paper_text(sheet->paper, depth ? PAPER_BOLD : PAPER_HEADING, title, 0, 12);
        if (div.len)
            paper_text(sheet->paper, PAPER_TEXT, plain_of_narrative(sheet->op->cx, div), 0, 3);
        if (depth < DEPTH_MAX)
            write_sections(sheet, section, depth + 1);
    }
}

static Str name_of(Operation *op, Str reference)
{
    OperationRows rows;
    Str id = reference, type = str_cut(&id, '/');
    Str query = arena_format(op->cx->arena, "_id=" STR_FMT, STR_ARG(id));
    if (!str_eq(type, STR("Practitioner")) || !fhir_id_is(id) || !query.at ||
        operation_find(op, type, query, 1, &rows) != STATUS_OK || !rows.count)
        return reference;
    return name_of_person(op->cx, rows.rows[0].resource);
}

/* Who signed it and when, or that nobody did. */
static void write_attester(Sheet *sheet, const JsonValue *note)
{
    Ctx *cx = sheet->op->cx;
    const JsonValue *attester = json_item(json_get(note, STR("attester")), 0);
    Str status = json_get_str(note, STR("status")), who = reference_of(attester, STR("party"));
    if (str_eq(status, STR("entered-in-error")))
        paper_text(sheet->paper, PAPER_BOLD, say(sheet, error_mark), 0, 14);
    if (!who.len) {
        paper_text(sheet->paper, PAPER_NOTE, say(sheet, draft_mark), 0, 14);
        return;
    }
    Str line = arena_format(cx->arena, STR_FMT " " STR_FMT ", " STR_FMT,
                            STR_ARG(say(sheet, signed_mark)), STR_ARG(name_of(sheet->op, who)),
                            STR_ARG(date_words(sheet, json_get_str(attester, STR("time")))));
    if (line.at)
        paper_text(sheet->paper, PAPER_NOTE, line, 0, 14);
}

/* What was said later stands below, each with its own author. */
static Status write_addenda(Sheet *sheet, Str note)
{
    OperationRows rows;
    Str query = arena_format(sheet->op->cx->arena, "related-ref=" STR_FMT, STR_ARG(note));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(sheet->op, STR("Composition"), query, 100, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        if (str_eq(json_get_str(rows.rows[i].resource, STR("status")), STR("entered-in-error")))
            continue;
        paper_rule(sheet->paper, 12);
        write_sections(sheet, rows.rows[i].resource, 1);
        write_attester(sheet, rows.rows[i].resource);
    }
    return STATUS_OK;
}

Status paper_note(Operation *op)
{
    OperationRow note;
    Sheet sheet;
    Buf when;
    TRY(operation_get(op, STR("Composition"), op->asked.id, &note));
    Str patient = reference_of(note.resource, STR("subject")), type = str_cut(&patient, '/');
    if (!str_eq(type, STR("Patient")))
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR("Composition.subject"),
                        "Only a note about a patient is printed.");
    TRY(sheet_begin(op, patient, &sheet));
    bool letter = is_letter(note.resource);
    Str author = bare_reference(
        json_get_str(json_item(json_get(note.resource, STR("author")), 0), STR("reference")));
    TRY(sheet_head(&sheet, author, letter ? letter_title : note_title,
                   extension_text(note.resource, STR("urn:aceso:recipient"))));
    buf_init(&when, op->cx->arena, 256, 4096);
    buf_add_str(&when, date_words(&sheet, json_get_str(note.resource, STR("date"))));
    buf_add_lit(&when, "   ");
    buf_add_str(&when, json_get_str(note.resource, STR("title")));
    paper_text(sheet.paper, PAPER_LARGE, buf_str(&when), 0, 4);
    Str div = json_get_str(json_get(note.resource, STR("text")), STR("div"));
    if (div.len && !json_count(json_get(note.resource, STR("section"))))
        paper_text(sheet.paper, PAPER_TEXT, plain_of_narrative(op->cx, div), 0, 8);
    write_sections(&sheet, note.resource, 0);
    write_attester(&sheet, note.resource);
    TRY(write_addenda(&sheet, note.name));
    if (letter)
        sheet_sign(&sheet, json_get_str(note.resource, STR("date")));
    return sheet_end(&sheet);
}

/* ---- prescriptions
 * -------------------------------------------------------------------------------- */

static const Phrase prescription_title =
                        PHRASE("Prescription", "Prescription", "Voorschrift", "Verordnung"),
                    quantity_word = PHRASE("Quantity", "Quantité", "Aantal", "Menge"),
                    repeats_word =
                        PHRASE("Repeats", "Renouvellements", "Herhalingen", "Wiederholungen"),
                    nothing_word = PHRASE("Nothing else on this prescription.",
                                          "Rien d'autre sur cette prescription.",
                                          "Niets anders op dit voorschrift.",
                                          "Nichts weiter auf dieser Verordnung.");

static void write_dispense(Sheet *sheet, const JsonValue *request)
{
    const JsonValue *dispense = json_get(request, STR("dispenseRequest")),
                    *quantity = json_get(dispense, STR("quantity"));
    Str value = json_str(json_get(quantity, STR("value"))),
        unit = json_get_str(quantity, STR("unit")),
        repeats = json_str(json_get(dispense, STR("numberOfRepeatsAllowed")));
    Arena *arena = sheet->op->cx->arena;
    if (value.len)
        paper_text(sheet->paper, PAPER_SMALL,
                   arena_format(arena, STR_FMT ": " STR_FMT " " STR_FMT,
                                STR_ARG(say(sheet, quantity_word)), STR_ARG(value), STR_ARG(unit)),
                   24, 1);
    if (repeats.len)
        paper_text(sheet->paper, PAPER_SMALL,
                   arena_format(arena, STR_FMT ": " STR_FMT, STR_ARG(say(sheet, repeats_word)),
                                STR_ARG(repeats)),
                   24, 1);
}

static void write_request(Sheet *sheet, const JsonValue *request, size_t number)
{
    JsonValue *dosage;
    Ctx *cx = sheet->op->cx;
    Str name = words_of(json_get(request, STR("medicationCodeableConcept"))), before = STR_EMPTY;
    if (!name.len)
        name = json_get_str(json_get(request, STR("medicationReference")), STR("display"));
    paper_need(sheet->paper, 50);
    paper_text(sheet->paper, PAPER_LARGE,
               arena_format(cx->arena, "%zu.  " STR_FMT, number, STR_ARG(name)), 0, 12);
    for (JsonIter it = json_iter(json_get(request, STR("dosageInstruction")));
         json_next(&it, NULL, &dosage);) {
        Str sentence = dosage_sentence(dosage, sheet->language);
        if (!str_eq(sentence, before)) /* parts of one scheme say the same */
            paper_text(sheet->paper, PAPER_TEXT, sentence, 24, 2);
        before = sentence;
    }
    if (!json_get(json_item(json_get(request, STR("dosageInstruction")), 0), STR("_text")))
        write_dispense(sheet, request); /* the sentence does not say it */
}

enum { REQUESTS_MAX = 100 };

/* Those that are named, else what the caller has prescribed today. */
static Status requests_of(Operation *op, Str patient, OperationRows *ret_rows)
{
    Buf query;
    const Zone *zone;
    char midnight[TIME_INSTANT_LEN];
    buf_init(&query, op->cx->arena, 256, 16384);
    buf_format(&query, "subject=" STR_FMT, STR_ARG(patient));
    if (!operation_value(op, STR("request"), 0)) {
        TRY(zone_here(op, &zone));
        time_format_instant(zone_instant(zone, zone_wall(zone, op->now).day, 0), midnight);
        buf_format(&query, "&status=active&authoredon=ge%.*s&requester=" STR_FMT, TIME_INSTANT_LEN,
                   midnight, STR_ARG(operation_who(op)));
        if (!operation_who(op).len)
            return ctx_fail_code(op->cx, STATUS_INVALID, "required", STR_EMPTY,
                                 "Name the prescriptions: request=MedicationRequest/...");
    }
    for (size_t i = 0; operation_value(op, STR("request"), i); i++) {
        if (i == REQUESTS_MAX)
            return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                            "One paper has at most %d prescriptions.", REQUESTS_MAX);
        Str id = operation_text(op, STR("request"), i), type = str_cut(&id, '/');
        if (!str_eq(type, STR("MedicationRequest")) || !fhir_id_is(id))
            return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                            "request is MedicationRequest/ and an id.");
        buf_format(&query, "%s" STR_FMT, i ? "," : "&_id=", STR_ARG(id));
    }
    TRY(buf_done(&query));
    return operation_find(op, STR("MedicationRequest"), buf_str(&query), REQUESTS_MAX, ret_rows);
}

Status paper_prescription(Operation *op)
{
    OperationRows rows;
    Sheet sheet;
    TRY(sheet_begin(op, op->asked.id, &sheet));
    TRY(requests_of(op, sheet.patient.name, &rows));
    if (!rows.count)
        return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing to prescribe.");
    Str writer = reference_of(rows.rows[0].resource, STR("requester"));
    for (size_t i = 1; i < rows.count; i++)
        if (!str_eq(reference_of(rows.rows[i].resource, STR("requester")), writer))
            return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                            "One paper has the prescriptions of one prescriber.");
    TRY(sheet_head(&sheet, writer, prescription_title, STR_EMPTY));
    for (size_t i = 0; i < rows.count; i++)
        write_request(&sheet, rows.rows[i].resource, i + 1);
    paper_rule(sheet.paper, 14);
    paper_text(sheet.paper, PAPER_NOTE, say(&sheet, nothing_word), 0, 0);
    sheet_sign(&sheet, json_get_str(rows.rows[0].resource, STR("authoredOn")));
    return sheet_end(&sheet);
}

/* ---- medicines
 * ------------------------------------------------------------------------------------ */

static const Phrase medicines_title = PHRASE("My medicines", "Mes médicaments",
                                             "Mijn geneesmiddelen", "Meine Medikamente"),
                    part_words[DOSE_DAY_PARTS] = {PHRASE("morning", "matin", "ochtend", "morgens"),
                                                  PHRASE("noon", "midi", "middag", "mittags"),
                                                  PHRASE("evening", "soir", "avond", "abends"),
                                                  PHRASE("night", "nuit", "nacht", "nachts")},
                    group_words[MEDICINE_GROUPS] = {PHRASE("Every day", "Chaque jour", "Elke dag",
                                                           "Jeden Tag"),
                                                    PHRASE("Also", "Aussi", "Ook", "Außerdem"),
                                                    PHRASE("As needed", "Si besoin", "Zo nodig",
                                                           "Bei Bedarf"),
                                                    PHRASE("Not any more", "Arrêtés récemment",
                                                           "Recent gestopt", "Kürzlich abgesetzt")},
                    until_word = PHRASE("until", "jusqu'au", "tot", "bis");

/* Halves as people write them. */
static Str slot_words(const Medicine *one, size_t part)
{
    static const Str rows[][2] = {{STR_INIT("0.5"), STR_INIT("½")},
                                  {STR_INIT("0.25"), STR_INIT("¼")},
                                  {STR_INIT("0.75"), STR_INIT("¾")},
                                  {STR_INIT("1.5"), STR_INIT("1½")},
                                  {STR_INIT("2.5"), STR_INIT("2½")}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq(rows[i][0], one->slots[part]))
            return rows[i][1];
    return one->slots[part].len ? one->slots[part] : STR("-");
}

static void write_daily(Sheet *sheet, const Medicine *one, bool head)
{
    static const double at[DOSE_DAY_PARTS] = {250, 308, 366, 424};
    PaperCell cells[DOSE_DAY_PARTS + 1] = {{0, head ? STR_EMPTY : one->name}};
    for (size_t i = 0; i < DOSE_DAY_PARTS; i++)
        cells[i + 1] = (PaperCell){at[i], head ? say(sheet, part_words[i]) : slot_words(one, i)};
    paper_row(sheet->paper, head ? PAPER_SMALL : PAPER_BOLD, cells, COUNT_OF(cells), head ? 4 : 5);
}

static void write_medicine(Sheet *sheet, const Medicine *one)
{
    Ctx *cx = sheet->op->cx;
    if (one->group == MEDICINE_DAILY)
        write_daily(sheet, one, false);
    else
        paper_text(sheet->paper, PAPER_BOLD, one->name, 0, 5);
    if (one->group != MEDICINE_STOPPED)
        paper_text(sheet->paper, PAPER_SMALL, one->sentence, 14, 0);
    else
        paper_text(sheet->paper, PAPER_SMALL, one->reason, 14, 0);
    if (one->until.len)
        paper_text(sheet->paper, PAPER_SMALL,
                   arena_format(cx->arena, STR_FMT " " STR_FMT, STR_ARG(say(sheet, until_word)),
                                STR_ARG(date_words(sheet, one->until))),
                   14, 0);
}

Status sheet_medicines(Sheet *sheet)
{
    Medicine *medicines;
    size_t count, group = MEDICINE_GROUPS;
    TRY(medicines_of(sheet->op, sheet->patient.name, sheet->language, &medicines, &count));
    for (size_t i = 0; i < count; i++) {
        const Medicine *one = &medicines[i];
        if (one->group != group) {
            group = one->group;
            paper_text(sheet->paper, PAPER_HEADING, say(sheet, group_words[group]), 0, 14);
            if (group == MEDICINE_DAILY)
                write_daily(sheet, one, true);
        }
        write_medicine(sheet, one);
    }
    return STATUS_OK;
}

Status paper_medicines(Operation *op)
{
    Sheet sheet;
    TRY(sheet_begin(op, op->asked.id, &sheet));
    TRY(sheet_head(&sheet, operation_who(op), medicines_title, STR_EMPTY));
    TRY(sheet_medicines(&sheet));
    paper_text(sheet.paper, PAPER_SMALL, date_words(&sheet, sheet.today), 0, 18);
    return sheet_end(&sheet);
}

/* ---- attendance
 * ----------------------------------------------------------------------------------- */

static const Phrase attendance_title =
                        PHRASE("Proof of attendance", "Attestation de présence",
                               "Bewijs van aanwezigheid", "Anwesenheitsbescheinigung"),
                    attended = PHRASE("The undersigned certifies that the person named above came "
                                      "to a consultation on",
                                      "Le soussigné certifie que la personne citée ci-dessus s'est "
                                      "présentée à une consultation le",
                                      "Ondergetekende verklaart dat bovengenoemde persoon op "
                                      "consultatie is geweest op",
                                      "Hiermit wird bescheinigt, dass die oben genannte Person zur "
                                      "Konsultation erschienen ist am"),
                    from_word = PHRASE("from", "de", "van", "von"),
                    to_word = PHRASE("to", "à", "tot", "bis");

/* "11:30" of an instant, as it is written. */
static Str clock_of(Str instant)
{
    return instant.len >= 16 ? str_n(instant.at + 11, 5) : STR_EMPTY;
}

static Status period_of(Operation *op, Str patient, Str *ret_start, Str *ret_end, Str *ret_writer)
{
    OperationRow row;
    Str id = operation_text(op, STR("encounter"), 0), type = str_cut(&id, '/');
    *ret_writer = operation_who(op);
    if (!str_eq(type, STR("Encounter")))
        return ctx_fail_code(op->cx, STATUS_INVALID, "required", STR_EMPTY,
                             "Name the contact: encounter=Encounter/...");
    TRY(operation_get(op, STR("Encounter"), id, &row));
    if (!str_eq(reference_of(row.resource, STR("subject")), patient))
        return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such Encounter.");
    const JsonValue *period = json_get(row.resource, STR("period"));
    *ret_start = json_get_str(period, STR("start"));
    *ret_end = json_get_str(period, STR("end"));
    if (!str_has_prefix(*ret_writer, STR("Practitioner/")))
        *ret_writer = reference_of(json_item(json_get(row.resource, STR("participant")), 0),
                                   STR("individual"));
    if (!ret_start->len)
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR("Encounter.period"),
                        "The contact says no time.");
    return STATUS_OK;
}

Status paper_attendance(Operation *op)
{
    Sheet sheet;
    Str start, end, writer;
    Buf line;
    TRY(sheet_begin(op, op->asked.id, &sheet));
    TRY(period_of(op, sheet.patient.name, &start, &end, &writer));
    start = instant_here(op->cx, sheet.zone, start);
    end = instant_here(op->cx, sheet.zone, end);
    TRY(sheet_head(&sheet, writer, attendance_title, STR_EMPTY));
    buf_init(&line, op->cx->arena, 256, 4096);
    buf_format(&line, STR_FMT " " STR_FMT, STR_ARG(say(&sheet, attended)),
               STR_ARG(date_words(&sheet, start)));
    if (clock_of(start).len && clock_of(end).len)
        buf_format(&line, ", " STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT,
                   STR_ARG(say(&sheet, from_word)), STR_ARG(clock_of(start)),
                   STR_ARG(say(&sheet, to_word)), STR_ARG(clock_of(end)));
    buf_add_char(&line, '.');
    TRY(buf_done(&line));
    paper_text(sheet.paper, PAPER_TEXT, buf_str(&line), 0, 12);
    sheet_sign(&sheet, sheet.today);
    return sheet_end(&sheet);
}
