/* consult/head.c - see head.h. */
#include "consult/head.h"

enum { PAPER_BYTES_MAX = 32 << 20 };

static const Phrase born = PHRASE("born", "né(e) le", "geboren op", "geboren am"),
                    number = PHRASE("National number", "Numéro national", "Rijksregisternummer",
                                    "Nationalnummer"),
                    nihdi = PHRASE("NIHDI", "INAMI", "RIZIV", "LIKIV"),
                    about = PHRASE("Patient", "Patient", "Patiënt", "Patient"),
                    signed_by = PHRASE("Date and signature", "Date et signature",
                                       "Datum en handtekening", "Datum und Unterschrift");

Str say(const Sheet *sheet, const Phrase phrase)
{
    return phrase[sheet->language];
}

Str name_of_person(Ctx *cx, const JsonValue *resource)
{
    const JsonValue *name = json_item(json_get(resource, STR("name")), 0), *given;
    Buf text;
    Str whole = json_get_str(name, STR("text"));
    if (whole.len)
        return whole;
    buf_init(&text, cx->arena, 64, 1024);
    for (size_t i = 0; (given = json_item(json_get(name, STR("given")), i)); i++) {
        buf_add_str(&text, json_str(given));
        buf_add_char(&text, ' ');
    }
    buf_add_str(&text, json_get_str(name, STR("family")));
    return str_trim(buf_str(&text));
}

Str date_words(const Sheet *sheet, Str date)
{
    Ctx *cx = sheet->op->cx;
    Str day = str_head(instant_here(cx, sheet->zone, date), 10);
    if (day.len < 10 || day.at[4] != '-' || day.at[7] != '-')
        return day;
    return arena_format(cx->arena, "%.2s/%.2s/%.4s", day.at + 8, day.at + 5, day.at);
}

/* The value of the identifier whose system ends so. */
static Str identifier_of(const JsonValue *resource, Str ending)
{
    JsonValue *one;
    for (JsonIter it = json_iter(json_get(resource, STR("identifier")));
         json_next(&it, NULL, &one);)
        if (str_has_suffix(json_get_str(one, STR("system")), ending))
            return json_get_str(one, STR("value"));
    return STR_EMPTY;
}

static Str telecom_of(const JsonValue *resource, Str system)
{
    JsonValue *one;
    for (JsonIter it = json_iter(json_get(resource, STR("telecom"))); json_next(&it, NULL, &one);)
        if (str_eq(json_get_str(one, STR("system")), system))
            return json_get_str(one, STR("value"));
    return STR_EMPTY;
}

static void add_line(Buf *buf, Str text)
{
    if (!text.len)
        return;
    if (buf->len)
        buf_add_char(buf, '\n');
    buf_add_str(buf, text);
}

static void add_address(Ctx *cx, Buf *buf, const JsonValue *address)
{
    JsonValue *line;
    for (JsonIter it = json_iter(json_get(address, STR("line"))); json_next(&it, NULL, &line);)
        add_line(buf, json_str(line));
    Str code = json_get_str(address, STR("postalCode")), city = json_get_str(address, STR("city"));
    if (code.len || city.len)
        add_line(buf, arena_format(cx->arena, STR_FMT "%s" STR_FMT, STR_ARG(code),
                                   code.len ? " " : "", STR_ARG(city)));
}

/* ---- the sheet ----------------------------------------------------------------------------------
 */

static Str language_of_patient(const JsonValue *patient)
{
    const JsonValue *one = json_item(json_get(patient, STR("communication")), 0);
    return json_get_str(json_item(json_get(json_get(one, STR("language")), STR("coding")), 0),
                        STR("code"));
}

Status sheet_begin(Operation *op, Str patient_id, Sheet *ret_sheet)
{
    *ret_sheet = (Sheet){
        .op = op, .writer = STR_EMPTY, .writer_name = STR_EMPTY, .writer_number = STR_EMPTY};
    TRY(operation_get(op, STR("Patient"), patient_id, &ret_sheet->patient));
    TRY(zone_here(op, &ret_sheet->zone));
    ret_sheet->today = day_here(op->cx, ret_sheet->zone, op->now);
    Str language = operation_text(op, STR("language"), 0);
    if (!language.len)
        language = language_of_patient(ret_sheet->patient.resource);
    ret_sheet->language = dose_language(language.len ? language : STR("fr"));
    return STATUS_OK;
}

/* What cannot be read is not on the paper. */
static const JsonValue *peek(Operation *op, Str type, Str reference)
{
    OperationRows rows;
    Str id = bare_reference(reference), head = str_cut(&id, '/');
    if (!str_eq(head, type) || !fhir_id_is(id))
        return NULL;
    Str query = arena_format(op->cx->arena, "_id=" STR_FMT, STR_ARG(id));
    if (!query.at || operation_find(op, type, query, 1, &rows) != STATUS_OK || !rows.count)
        return NULL;
    return rows.rows[0].resource;
}

static const JsonValue *role_of(Operation *op, Str practitioner)
{
    OperationRows rows;
    Str query = arena_format(op->cx->arena, "practitioner=" STR_FMT, STR_ARG(practitioner));
    if (!query.at || operation_find(op, STR("PractitionerRole"), query, 20, &rows) != STATUS_OK)
        return NULL;
    for (size_t i = 0; i < rows.count; i++) {
        const JsonValue *active = json_get(rows.rows[i].resource, STR("active"));
        if (!active || json_bool(active))
            return rows.rows[i].resource;
    }
    return NULL;
}

static void add_writer(Sheet *sheet, Buf *left, Buf *right)
{
    Operation *op = sheet->op;
    const JsonValue *person = peek(op, STR("Practitioner"), sheet->writer),
                    *role = role_of(op, sheet->writer),
                    *place = peek(op, STR("Location"),
                                  json_get_str(json_item(json_get(role, STR("location")), 0),
                                               STR("reference")));
    sheet->writer_name = name_of_person(op->cx, person);
    sheet->writer_number = identifier_of(person, STR("nihdi"));
    add_line(left, sheet->writer_name);
    add_line(left, words_of(json_item(json_get(role, STR("code")), 0)));
    if (sheet->writer_number.len)
        add_line(left, arena_format(op->cx->arena, STR_FMT " " STR_FMT, STR_ARG(say(sheet, nihdi)),
                                    STR_ARG(sheet->writer_number)));
    add_line(left, telecom_of(person, STR("phone")));
    add_line(right, json_get_str(json_get(role, STR("organization")), STR("display")));
    add_address(op->cx, right, json_get(place, STR("address")));
    add_line(right, telecom_of(place, STR("phone")));
}

static void add_patient(Sheet *sheet, Buf *left, Buf *right)
{
    Ctx *cx = sheet->op->cx;
    const JsonValue *patient = sheet->patient.resource;
    Str national = identifier_of(patient, STR("ssin")),
        birth = json_get_str(patient, STR("birthDate"));
    add_line(left, arena_format(cx->arena, STR_FMT ": " STR_FMT, STR_ARG(say(sheet, about)),
                                STR_ARG(name_of_person(cx, patient))));
    if (birth.len)
        add_line(left, arena_format(cx->arena, STR_FMT " " STR_FMT, STR_ARG(say(sheet, born)),
                                    STR_ARG(date_words(sheet, birth))));
    if (national.len)
        add_line(left, arena_format(cx->arena, STR_FMT " " STR_FMT, STR_ARG(say(sheet, number)),
                                    STR_ARG(national)));
    add_address(cx, right, json_item(json_get(patient, STR("address")), 0));
}

static Status open_paper(Sheet *sheet, const Phrase title)
{
    Ctx *cx = sheet->op->cx;
    PaperOptions options = {.title = say(sheet, title), .bytes_max = PAPER_BYTES_MAX};
    options.foot = arena_format(cx->arena, STR_FMT " - " STR_FMT,
                                STR_ARG(name_of_person(cx, sheet->patient.resource)),
                                STR_ARG(say(sheet, title)));
    if (!options.foot.at)
        return STATUS_MEMORY;
    return paper_new(cx, &options, &sheet->paper);
}

Status sheet_head(Sheet *sheet, Str writer, const Phrase title, Str addressee)
{
    Buf left, right;
    Arena *arena = sheet->op->cx->arena;
    sheet->writer = writer;
    TRY(open_paper(sheet, title));
    buf_init(&left, arena, 256, 65536);
    buf_init(&right, arena, 256, 65536);
    add_writer(sheet, &left, &right);
    if (left.len || right.len) {
        paper_pair(sheet->paper, PAPER_TEXT, buf_str(&left), buf_str(&right), 0);
        paper_rule(sheet->paper, 6);
    }
    left.len = right.len = 0;
    add_patient(sheet, &left, &right);
    paper_pair(sheet->paper, PAPER_TEXT, buf_str(&left), buf_str(&right), 4);
    if (addressee.len)
        paper_text(sheet->paper, PAPER_TEXT, addressee, paper_width() / 2 + 8, 16);
    paper_text(sheet->paper, PAPER_TITLE, say(sheet, title), 0, 20);
    TRY(buf_done(&left));
    return buf_done(&right);
}

void sheet_sign(Sheet *sheet, Str when)
{
    paper_need(sheet->paper, 90);
    paper_text(sheet->paper, PAPER_SMALL, say(sheet, signed_by), paper_width() / 2 + 8, 34);
    paper_text(sheet->paper, PAPER_TEXT, date_words(sheet, when), paper_width() / 2 + 8, 2);
    paper_text(sheet->paper, PAPER_TEXT, sheet->writer_name, paper_width() / 2 + 8, 26);
}

Status sheet_end(Sheet *sheet)
{
    Str pdf;
    TRY(paper_end(sheet->paper, &pdf));
    operation_answer_bytes(sheet->op, "application/pdf", STR_EMPTY, pdf);
    return STATUS_OK;
}
