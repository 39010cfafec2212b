/* consult/texts.c - text blocks, templates of notes and favourites, of a practitioner or a centre.
 *
 * A Library with one of the codes below; whose it is says an identifier. Such texts are about
 * nobody and everybody may read them; who may write them is decided here, because the directory is
 * otherwise the administrator's. docs/adr/0140, docs/guide/consultation.md
 *
 * SPEC R4 library.html */
#include "consult/medicines.h"

#include "base/base64.h"
#include "search/fold.h"

enum { TEXT_MAX = 64 << 10, FILLED_MAX = 256 << 10, NAME_MAX = 60 };
static const Str owner_system = STR_INIT("urn:aceso:owner"),
                 kind_system = STR_INIT("urn:aceso:text");

/* ---- whose it is
 * ---------------------------------------------------------------------------------- */

static Str owner_of(const JsonValue *library)
{
    JsonValue *one;
    Str owner = STR_EMPTY;
    for (JsonIter it = json_iter(json_get(library, STR("identifier")));
         json_next(&it, NULL, &one);) {
        if (!str_eq(json_get_str(one, STR("system")), owner_system))
            continue;
        if (owner.len)
            return STR_EMPTY; /* two owners are none */
        owner = json_get_str(one, STR("value"));
    }
    return owner;
}

static Status works_at(Operation *op, Str who, Str organization, bool *ret_works)
{
    OperationRows rows;
    Str query = arena_format(op->cx->arena, "practitioner=" STR_FMT, STR_ARG(who));
    *ret_works = false;
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(op, STR("PractitionerRole"), query, 100, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        const JsonValue *role = rows.rows[i].resource, *active = json_get(role, STR("active"));
        *ret_works |= str_eq(reference_of(role, STR("organization")), organization) &&
                      (!active || json_bool(active));
    }
    return STATUS_OK;
}

static Status check_owner(Operation *op, const JsonValue *library)
{
    Str owner = owner_of(library), who = operation_who(op);
    AccessRole role = operation_role(op);
    bool works = role == ROLE_ADMIN || access_is_system(op->call->access);
    if (!owner.len)
        return ctx_fail_code(op->cx, STATUS_INVALID, "required", STR("Library.identifier"),
                             "One identifier of system urn:aceso:owner says whose text it is.");
    if (!works && str_has_prefix(owner, STR("Practitioner/")))
        works = str_eq(owner, who);
    else if (!works && str_has_prefix(owner, STR("Organization/")) &&
             str_has_prefix(who, STR("Practitioner/")))
        TRY(works_at(op, who, owner, &works));
    if (works)
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                    "Texts are written by whom they belong to, or by who works at the centre.");
}

static bool is_text(const JsonValue *library)
{
    static const Str kinds[] = {STR_INIT("text-block"), STR_INIT("note-template"),
                                STR_INIT("favourite")};
    JsonValue *coding;
    const JsonValue *codings = json_get(json_get(library, STR("type")), STR("coding"));
    for (JsonIter it = json_iter(codings); json_next(&it, NULL, &coding);)
        for (size_t i = 0; i < COUNT_OF(kinds); i++)
            if (str_eq(json_get_str(coding, STR("system")), kind_system) &&
                str_eq(json_get_str(coding, STR("code")), kinds[i]))
                return true;
    return false;
}

static Status get_text(Operation *op, OperationRow *ret_row)
{
    TRY(operation_get(op, STR("Library"), op->asked.id, ret_row));
    if (is_text(ret_row->resource))
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such text.");
}

/* ---- keeping
 * -------------------------------------------------------------------------------------- */

Status text_save(Operation *op)
{
    JsonValue *library = operation_value(op, STR("resource"), 0);
    OperationRow row;
    if (!str_eq(json_get_str(library, STR("resourceType")), STR("Library")) || !is_text(library))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "The parameter \"resource\" is a Library whose type is text-block, "
                        "note-template or favourite of urn:aceso:text.");
    TRY(check_owner(op, library));
    if (op->asked.id.len) {
        TRY(get_text(op, &row));
        TRY(check_owner(op, row.resource));
    }
    bool before = operation_own(op, true);
    Status status = op->asked.id.len ? operation_update(op, &row, library)
                                     : operation_create(op, STR("Library"), library, NULL);
    (void)operation_own(op, before);
    return status;
}

Status text_drop(Operation *op)
{
    OperationRow row;
    TRY(get_text(op, &row));
    TRY(check_owner(op, row.resource));
    bool before = operation_own(op, true);
    Status status = operation_delete(op, &row);
    (void)operation_own(op, before);
    operation_answer(op, 204, STR_EMPTY);
    return status;
}

/* ---- placeholders
 * --------------------------------------------------------------------------------- */

typedef struct {
    Operation *op;
    const OperationRow *patient; /* NULL: of nobody */
    DoseLanguage language;
    Str today;
} Filling;

static bool add_age(Filling *f, Buf *out)
{
    Str birth = json_get_str(f->patient->resource, STR("birthDate")), today = f->today;
    uint64_t then, now;
    if (birth.len < 10 || !str_to_u64(str_head(birth, 4), &then) ||
        !str_to_u64(str_head(today, 4), &now) || now < then)
        return false;
    bool before = str_cmp(str_from(today, 4), str_from(birth, 4)) < 0;
    buf_add_u64(out, now - then - (before && now > then));
    return true;
}

static void add_date(Buf *out, Str date)
{
    if (date.len >= 10)
        buf_format(out, "%.2s/%.2s/%.4s", date.at + 8, date.at + 5, date.at);
}

static bool add_name(Filling *f, Buf *out, bool given, bool family)
{
    const JsonValue *name = json_item(json_get(f->patient->resource, STR("name")), 0);
    if (given)
        buf_add_str(out, json_str(json_item(json_get(name, STR("given")), 0)));
    if (given && family)
        buf_add_char(out, ' ');
    if (family)
        buf_add_str(out, json_get_str(name, STR("family")));
    return true;
}

static bool add_sex(Filling *f, Buf *out)
{
    static const Str words[DOSE_LANGUAGES][2] = {{STR_INIT("woman"), STR_INIT("man")},
                                                 {STR_INIT("femme"), STR_INIT("homme")},
                                                 {STR_INIT("vrouw"), STR_INIT("man")},
                                                 {STR_INIT("Frau"), STR_INIT("Mann")}};
    Str gender = json_get_str(f->patient->resource, STR("gender"));
    bool man = str_eq(gender, STR("male"));
    if (!man && !str_eq(gender, STR("female")))
        return false;
    buf_add_str(out, words[f->language][man]);
    return true;
}

static const struct {
    Str word, loinc;
} measures[] = {
    {STR_INIT("weight"), STR_INIT("29463-7")},
    {STR_INIT("poids"), STR_INIT("29463-7")},
    {STR_INIT("gewicht"), STR_INIT("29463-7")},
    {STR_INIT("height"), STR_INIT("8302-2")},
    {STR_INIT("taille"), STR_INIT("8302-2")},
    {STR_INIT("lengte"), STR_INIT("8302-2")},
    {STR_INIT("grosse"), STR_INIT("8302-2")},
    {STR_INIT("bmi"), STR_INIT("39156-5")},
    {STR_INIT("imc"), STR_INIT("39156-5")},
    {STR_INIT("bp"), STR_INIT("85354-9")},
    {STR_INIT("ta"), STR_INIT("85354-9")},
    {STR_INIT("bloeddruk"), STR_INIT("85354-9")},
    {STR_INIT("blutdruck"), STR_INIT("85354-9")},
    {STR_INIT("blood pressure"), STR_INIT("85354-9")},
    {STR_INIT("tension"), STR_INIT("85354-9")},
    {STR_INIT("pulse"), STR_INIT("8867-4")},
    {STR_INIT("pouls"), STR_INIT("8867-4")},
    {STR_INIT("pols"), STR_INIT("8867-4")},
    {STR_INIT("puls"), STR_INIT("8867-4")},
    {STR_INIT("temperature"), STR_INIT("8310-5")},
    {STR_INIT("temperatuur"), STR_INIT("8310-5")},
    {STR_INIT("temperatur"), STR_INIT("8310-5")},
    {STR_INIT("saturation"), STR_INIT("2708-6")},
    {STR_INIT("saturatie"), STR_INIT("2708-6")},
    {STR_INIT("sattigung"), STR_INIT("2708-6")},
    {STR_INIT("hba1c"), STR_INIT("4548-4")},
};

static void add_quantity(Buf *out, const JsonValue *quantity)
{
    buf_format(out, STR_FMT " " STR_FMT, STR_ARG(json_str(json_get(quantity, STR("value")))),
               STR_ARG(json_get_str(quantity, STR("unit"))));
}

static void add_measure(Buf *out, const JsonValue *observation)
{
    const JsonValue *quantity = json_get(observation, STR("valueQuantity")), *part;
    if (quantity)
        add_quantity(out, quantity);
    for (size_t i = 0; (part = json_item(json_get(observation, STR("component")), i)); i++)
        buf_format(out, "%s" STR_FMT, i ? "/" : "",
                   STR_ARG(json_str(json_get(json_get(part, STR("valueQuantity")), STR("value")))));
    buf_add_lit(out, " (");
    add_date(out, json_get_str(observation, STR("effectiveDateTime")));
    buf_add_char(out, ')');
}

/* "last weight", "last 29463-7": the newest that the caller sees. */
static Status add_last(Filling *f, Buf *out, Str what, bool *ret_known)
{
    OperationRows rows;
    Str loinc = STR_EMPTY;
    for (size_t i = 0; i < COUNT_OF(measures); i++)
        if (str_eq(measures[i].word, what))
            loinc = measures[i].loinc;
    *ret_known = loinc.len > 0;
    if (!*ret_known)
        return STATUS_OK;
    Str query = arena_format(f->op->cx->arena,
                             "status:not=entered-in-error,cancelled&patient=" STR_FMT
                             "&code=http://loinc.org|" STR_FMT,
                             STR_ARG(f->patient->name), STR_ARG(loinc));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(f->op, STR("Observation"), query, 1, &rows));
    if (rows.count)
        add_measure(out, rows.rows[0].resource);
    else
        buf_add_lit(out, "-");
    return STATUS_OK;
}

typedef struct {
    Buf *out;
    bool any;
} Listing;

static Status add_words(void *of, const OperationRow *row)
{
    Listing *listing = of;
    Str words = words_of(json_get(row->resource, STR("code")));
    if (!words.len)
        words = words_of(json_get(row->resource, STR("medicationCodeableConcept")));
    buf_add_str(listing->out, listing->any ? STR(", ") : STR_EMPTY);
    buf_add_str(listing->out, words);
    listing->any = true;
    return STATUS_OK;
}

/* What there is, with commas. */
static Status add_list(Filling *f, Buf *out, const char *type, const char *query_start)
{
    Listing listing = {.out = out};
    Str query =
        arena_format(f->op->cx->arena, "%s" STR_FMT, query_start, STR_ARG(f->patient->name));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_each(f->op, str_of(type), query, add_words, &listing));
    if (!listing.any)
        buf_add_lit(out, "-");
    return STATUS_OK;
}

typedef enum {
    FILL_TODAY,
    FILL_ME,
    FILL_AGE,
    FILL_NAME,
    FILL_GIVEN,
    FILL_FAMILY,
    FILL_BIRTH,
    FILL_SEX,
    FILL_ALLERGIES,
    FILL_PROBLEMS,
    FILL_MEDICINES
} Fill;
static const struct {
    Str word;
    Fill fill;
} fills[] = {
    {STR_INIT("today"), FILL_TODAY},
    {STR_INIT("aujourd hui"), FILL_TODAY},
    {STR_INIT("vandaag"), FILL_TODAY},
    {STR_INIT("heute"), FILL_TODAY},
    {STR_INIT("me"), FILL_ME},
    {STR_INIT("moi"), FILL_ME},
    {STR_INIT("ik"), FILL_ME},
    {STR_INIT("ich"), FILL_ME},
    {STR_INIT("age"), FILL_AGE},
    {STR_INIT("leeftijd"), FILL_AGE},
    {STR_INIT("alter"), FILL_AGE},
    {STR_INIT("name"), FILL_NAME},
    {STR_INIT("nom complet"), FILL_NAME},
    {STR_INIT("naam"), FILL_NAME},
    {STR_INIT("given"), FILL_GIVEN},
    {STR_INIT("prenom"), FILL_GIVEN},
    {STR_INIT("voornaam"), FILL_GIVEN},
    {STR_INIT("vorname"), FILL_GIVEN},
    {STR_INIT("family"), FILL_FAMILY},
    {STR_INIT("nom"), FILL_FAMILY},
    {STR_INIT("familienaam"), FILL_FAMILY},
    {STR_INIT("nachname"), FILL_FAMILY},
    {STR_INIT("birthdate"), FILL_BIRTH},
    {STR_INIT("date de naissance"), FILL_BIRTH},
    {STR_INIT("geboortedatum"), FILL_BIRTH},
    {STR_INIT("geburtsdatum"), FILL_BIRTH},
    {STR_INIT("sex"), FILL_SEX},
    {STR_INIT("sexe"), FILL_SEX},
    {STR_INIT("geslacht"), FILL_SEX},
    {STR_INIT("geschlecht"), FILL_SEX},
    {STR_INIT("allergies"), FILL_ALLERGIES},
    {STR_INIT("allergieen"), FILL_ALLERGIES},
    {STR_INIT("allergien"), FILL_ALLERGIES},
    {STR_INIT("problems"), FILL_PROBLEMS},
    {STR_INIT("problemes"), FILL_PROBLEMS},
    {STR_INIT("problemen"), FILL_PROBLEMS},
    {STR_INIT("probleme"), FILL_PROBLEMS},
    {STR_INIT("medicines"), FILL_MEDICINES},
    {STR_INIT("medicaments"), FILL_MEDICINES},
    {STR_INIT("geneesmiddelen"), FILL_MEDICINES},
    {STR_INIT("medikamente"), FILL_MEDICINES},
};

static Status add_me(Filling *f, Buf *out)
{
    OperationRows rows;
    Str id = operation_who(f->op), type = str_cut(&id, '/');
    Str query = arena_format(f->op->cx->arena, "_id=" STR_FMT, STR_ARG(id));
    if (!str_eq(type, STR("Practitioner")) || !query.at)
        return STATUS_OK;
    TRY(operation_find(f->op, type, query, 1, &rows));
    if (rows.count) {
        const JsonValue *name = json_item(json_get(rows.rows[0].resource, STR("name")), 0);
        Str text = json_get_str(name, STR("text"));
        buf_add_str(out, text.len ? text : json_get_str(name, STR("family")));
    }
    return STATUS_OK;
}

static Status add_fill(Filling *f, Buf *out, Fill fill, bool *ret_known)
{
    *ret_known = true;
    switch (fill) {
    case FILL_TODAY: add_date(out, f->today); return STATUS_OK;
    case FILL_ME: return add_me(f, out);
    default: break;
    }
    *ret_known = f->patient != NULL;
    if (!f->patient)
        return STATUS_OK;
    switch (fill) {
    case FILL_AGE: *ret_known = add_age(f, out); break;
    case FILL_NAME: *ret_known = add_name(f, out, true, true); break;
    case FILL_GIVEN: *ret_known = add_name(f, out, true, false); break;
    case FILL_FAMILY: *ret_known = add_name(f, out, false, true); break;
    case FILL_BIRTH: add_date(out, json_get_str(f->patient->resource, STR("birthDate"))); break;
    case FILL_SEX: *ret_known = add_sex(f, out); break;
    case FILL_ALLERGIES: return add_list(f, out, "AllergyIntolerance", IS_HELD "&patient=");
    case FILL_PROBLEMS: return add_list(f, out, "Condition", IS_HELD "&patient=");
    case FILL_MEDICINES: return add_list(f, out, "MedicationRequest", "status=active&subject=");
    default: break;
    }
    return STATUS_OK;
}

/* What stands between the braces; *ret_known false: it stays as it is. */
static Status fill_one(Filling *f, Buf *out, Str inside, bool *ret_known)
{
    static const Str lasts[] = {STR_INIT("last "),    STR_INIT("dernier "), STR_INIT("derniere "),
                                STR_INIT("laatste "), STR_INIT("letzte "),  STR_INIT("letzter "),
                                STR_INIT("letztes ")};
    Str word = search_fold_all(f->op->cx, inside);
    *ret_known = false;
    if (!word.at)
        return STATUS_MEMORY;
    for (size_t i = 0; i < COUNT_OF(lasts) && f->patient; i++)
        if (str_has_prefix(word, lasts[i]))
            return add_last(f, out, str_from(word, lasts[i].len), ret_known);
    for (size_t i = 0; i < COUNT_OF(fills); i++)
        if (str_eq(fills[i].word, word))
            return add_fill(f, out, fills[i].fill, ret_known);
    return STATUS_OK;
}

static Status fill_all(Filling *f, Str text, Buf *out, Pairs *unknown)
{
    while (text.len) {
        size_t open = str_index(text, '{'), close;
        buf_add_str(out, str_head(text, open));
        text = open == SIZE_MAX ? STR_EMPTY : str_from(text, open);
        if (!text.len)
            break;
        close = str_index(text, '}');
        bool known = false;
        Str inside =
            close == SIZE_MAX || close > NAME_MAX ? STR_EMPTY : str_n(text.at + 1, close - 1);
        if (inside.len) {
            TRY(fill_one(f, out, inside, &known));
            if (!known)
                pairs_text(unknown, "unknown", "valueString", inside);
        }
        if (known) {
            text = str_from(text, close + 1);
        } else {
            buf_add_char(out, '{');
            text = str_from(text, 1);
        }
    }
    return buf_done(out);
}

/* ---- $fill
 * ---------------------------------------------------------------------------------------- */

static Status text_of(Operation *op, Str *ret_text)
{
    OperationRow row;
    if (!op->asked.id.len) {
        TRY(operation_need(op, STR("text"), ret_text));
        return STATUS_OK;
    }
    TRY(get_text(op, &row));
    const JsonValue *content = json_item(json_get(row.resource, STR("content")), 0);
    Str data = json_get_str(content, STR("data"));
    if (data.len > TEXT_MAX * 4 / 3 + 4)
        return ctx_fail(op->cx, STATUS_TOO_LARGE, STR_EMPTY, "A text has at most %d bytes.",
                        TEXT_MAX);
    if (!base64_read(op->cx->arena, data, ret_text) || !str_is_utf8(*ret_text))
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR("Library.content"),
                        "The content of this text is not UTF-8 in base64.");
    return STATUS_OK;
}

Status text_fill(Operation *op)
{
    OperationRow patient;
    Filling filling = {.op = op};
    Pairs pairs;
    Buf out;
    Str text, id = operation_text(op, STR("patient"), 0), type = str_cut(&id, '/');
    TRY(text_of(op, &text));
    TRY(today_of(op, &filling.today));
    if (type.len) {
        TRY(operation_get(op, type, str_eq(type, STR("Patient")) ? id : STR_EMPTY, &patient));
        filling.patient = &patient;
    }
    filling.language = dose_language(operation_text(op, STR("language"), 0));
    pairs_begin(&pairs, op->cx, 2 * FILLED_MAX);
    buf_init(&out, op->cx->arena, text.len + 256, FILLED_MAX);
    TRY(fill_all(&filling, str_head(text, TEXT_MAX), &out, &pairs));
    pairs_text(&pairs, "text", "valueString", buf_str(&out));
    return pairs_answer(&pairs, op, 200);
}
