/* consult/prescribe.c - $parse: a line becomes a MedicationRequest to look at, nothing is written.
 */
#include "consult/alerts.h"
#include "consult/dose.h"
#include "consult/names.h"

enum { PARSE_BYTES_MAX = 256 << 10 };

static DoseLanguage language_of(const Operation *op)
{
    Str asked = operation_text(op, STR("language"), 0);
    return dose_language(asked.len ? asked : STR("fr"));
}

/* ---- the resource -------------------------------------------------------------------------------
 */

static void add_medicine(Buf *buf, const Dose *dose, const NameMatch *match)
{
    buf_add_lit(buf, ",\"medicationCodeableConcept\":{");
    if (match->coding.len) {
        buf_add_lit(buf, "\"coding\":[");
        buf_add_str(buf, match->coding);
        buf_add_lit(buf, "],");
    }
    buf_add_lit(buf, "\"text\":");
    json_write_string(buf, match->sure ? match->text : dose->medicine);
    buf_add_char(buf, '}');
}

static Status write_request(Operation *op, Buf *buf, const Dose *dose, const NameMatch *match)
{
    Str patient = operation_text(op, STR("patient"), 0), who = operation_who(op);
    buf_add_lit(buf, "{\"resourceType\":\"MedicationRequest\",\"status\":\"active\",\"intent\":"
                     "\"order\"");
    if (dose->medicine.len)
        add_medicine(buf, dose, match);
    if (patient.len) {
        buf_add_lit(buf, ",\"subject\":{\"reference\":");
        json_write_string(buf, patient);
        buf_add_char(buf, '}');
    }
    buf_add_lit(buf, ",\"authoredOn\":");
    json_write_string(buf, now_text(op));
    if (str_has_prefix(who, STR("Practitioner/"))) {
        buf_add_lit(buf, ",\"requester\":{\"reference\":");
        json_write_string(buf, who);
        buf_add_char(buf, '}');
    }
    dose_write_fhir(buf, dose, language_of(op));
    buf_add_char(buf, '}');
    return buf_done(buf);
}

/* ---- the answer ---------------------------------------------------------------------------------
 */

static void add_notes(Pairs *pairs, const Dose *dose)
{
    static const char *const reasons[] = {[NOTE_NOT_UNDERSTOOD] = "not-understood",
                                          [NOTE_AMBIGUOUS] = "ambiguous-number",
                                          [NOTE_TWICE] = "said-twice"};
    for (size_t i = 0; i < dose->note_count; i++) {
        const DoseNote *note = &dose->notes[i];
        bool good = note->kind == NOTE_UNDERSTOOD;
        pairs_open(pairs, good ? "understood" : "not-understood");
        pairs_text(pairs, good ? "what" : "why", "valueCode",
                   str_of(good ? note->what : reasons[note->kind]));
        pairs_text(pairs, "words", "valueString", note->words);
        pairs_close(pairs);
    }
    for (size_t i = 0; i < MISSING_COUNT; i++)
        if (dose->missing >> i & 1)
            pairs_text(pairs, "missing", "valueCode", str_of(missing_words[i]));
}

static Status add_texts(Operation *op, Pairs *pairs, const Dose *dose)
{
    for (int i = 0; i < DOSE_LANGUAGES; i++) {
        Buf text;
        buf_init(&text, op->cx->arena, 256, 4096);
        dose_write(&text, dose, (DoseLanguage)i);
        TRY(buf_done(&text));
        if (!text.len)
            continue;
        pairs_open(pairs, "text");
        pairs_text(pairs, "language", "valueCode", dose_language_code((DoseLanguage)i));
        pairs_text(pairs, "content", "valueString", buf_str(&text));
        pairs_close(pairs);
    }
    return STATUS_OK;
}

static void add_match(Pairs *pairs, const NameMatches *found)
{
    for (size_t i = 0; i < found->count; i++) {
        pairs_open(pairs, "match");
        pairs_text(pairs, "text", "valueString", found->rows[i].text);
        pairs_text(pairs, "from", "valueCode", str_of(found->rows[i].from));
        pairs_close(pairs);
    }
}

Status request_parse(Operation *op)
{
    Dose dose;
    NameMatches found;
    NameMatch match = {.text = STR_EMPTY};
    Buf resource;
    Pairs pairs;
    JsonValue *request;
    Str text;
    TRY(operation_need(op, STR("text"), &text));
    dose_parse(text, &dose);
    TRY(names_find(op, &dose, &found, &match));
    buf_init(&resource, op->cx->arena, 2048, PARSE_BYTES_MAX / 2);
    TRY(write_request(op, &resource, &dose, &match));
    TRY(json_parse(op->cx, buf_str(&resource), &request));
    pairs_begin(&pairs, op->cx, PARSE_BYTES_MAX);
    pairs_json(&pairs, "resource", "resource", buf_str(&resource));
    pairs_json(&pairs, "complete", "valueBoolean",
               dose_is_complete(&dose) ? STR("true") : STR("false"));
    pairs_text(&pairs, "medicine", "valueString", dose.medicine);
    add_notes(&pairs, &dose);
    if (match.unit_assumed)
        pairs_text(&pairs, "assumed", "valueString", match.text);
    TRY(add_texts(op, &pairs, &dose));
    add_match(&pairs, &found);
    TRY(alerts_ask(op, request, &pairs));
    return pairs_answer(&pairs, op, 200);
}
