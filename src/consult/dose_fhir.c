/* consult/dose_fhir.c - a dose as members of a MedicationRequest.
 *
 * SPEC R4 dosage.html, datatypes.html#Timing, medicationrequest.html */
#include "consult/dose.h"
#include "json/json.h"

enum { SENTENCE_MAX = 4096 };

static const char *const unit_codes[] = {
    [PER_HOUR] = "h", [PER_DAY] = "d", [PER_WEEK] = "wk", [PER_MONTH] = "mo"};

static void add_decimal(Buf *buf, Decimal value)
{
    char text[DECIMAL_TEXT_MAX];
    buf_add_str(buf, decimal_text(value, text));
}

/* Amount with its unit as a Quantity. */
static void dose_write_quantity(Buf *buf, Decimal value, DoseUnit unit, DoseLanguage language)
{
    Str name = unit_name(unit, language, decimal_compare(value, decimal_of(1)) > 0),
        code = unit_ucum(unit);
    buf_add_lit(buf, "{\"value\":");
    add_decimal(buf, value);
    if (name.len) {
        buf_add_lit(buf, ",\"unit\":");
        json_write_string(buf, name);
    }
    if (code.len && unit != UNIT_PIECE)
        buf_format(buf, ",\"system\":\"http://unitsofmeasure.org\",\"code\":\"" STR_FMT "\"",
                   STR_ARG(code));
    buf_add_char(buf, '}');
}

/* A time as a Duration: days have no unit of their own in a DoseUnit. */
static void add_duration(Buf *buf, Decimal value, PerUnit unit)
{
    static const char *const names[] = {
        [PER_HOUR] = "h", [PER_DAY] = "d", [PER_WEEK] = "wk", [PER_MONTH] = "mo"};
    buf_add_lit(buf, "{\"value\":");
    add_decimal(buf, value);
    buf_format(buf, ",\"unit\":\"%s\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"%s\"}",
               names[unit], unit_codes[unit]);
}

/* ---- the sentence ------------------------------------------------------------------------------
 */

static Str sentence(Buf *room, const Dose *dose, DoseLanguage language)
{
    room->len = 0;
    dose_write(room, dose, language);
    return buf_str(room);
}

/* In the language asked for, and beside it in the others.
 * SPEC R4 extension-translation.html */
static void add_text(Buf *buf, const Dose *dose, DoseLanguage language)
{
    Buf room;
    bool begun = false;
    buf_init(&room, buf->arena, 256, SENTENCE_MAX);
    if (!sentence(&room, dose, language).len)
        return;
    buf_add_lit(buf, ",\"text\":");
    json_write_string(buf, buf_str(&room));
    buf_add_lit(buf, ",\"_text\":{\"extension\":[");
    for (int i = 0; i < DOSE_LANGUAGES; i++) {
        if (i == (int)language)
            continue;
        buf_format(buf,
                   "%s{\"url\":\"http://hl7.org/fhir/StructureDefinition/translation\","
                   "\"extension\":[{\"url\":\"lang\",\"valueCode\":\"" STR_FMT
                   "\"},{\"url\":\"content\",\"valueString\":",
                   begun ? "," : "", STR_ARG(dose_language_code((DoseLanguage)i)));
        json_write_string(buf, sentence(&room, dose, (DoseLanguage)i));
        buf_add_lit(buf, "}]}");
        begun = true;
    }
    buf_add_lit(buf, "]}");
}

/* ---- timing ------------------------------------------------------------------------------------
 */

static void next(Buf *buf, bool *begun)
{
    if (*begun)
        buf_add_char(buf, ',');
    *begun = true;
}

static void add_frequency(Buf *buf, const Dose *dose, unsigned parts, bool *begun)
{
    unsigned count = (unsigned)__builtin_popcount(parts);
    if (dose->times_known) {
        next(buf, begun);
        buf_add_lit(buf, "\"frequency\":");
        add_decimal(buf, dose->times);
        if (decimal_compare(dose->times, dose->times_max) < 0) {
            buf_add_lit(buf, ",\"frequencyMax\":");
            add_decimal(buf, dose->times_max);
        }
        if (dose->per_unit == PER_NONE)
            return;
        buf_add_lit(buf, ",\"period\":");
        add_decimal(buf, dose->period);
        if (decimal_compare(dose->period, dose->period_max) < 0) {
            buf_add_lit(buf, ",\"periodMax\":");
            add_decimal(buf, dose->period_max);
        }
        buf_format(buf, ",\"periodUnit\":\"%s\"", unit_codes[dose->per_unit]);
    } else if (count) {
        next(buf, begun);
        buf_format(buf, "\"frequency\":%u,\"period\":1,\"periodUnit\":\"d\"", count);
    } else if (dose->days) {
        next(buf, begun);
        buf_format(buf, "\"frequency\":%d,\"period\":1,\"periodUnit\":\"wk\"",
                   __builtin_popcount(dose->days));
    } else if (dose->clock_count) {
        next(buf, begun);
        buf_format(buf, "\"frequency\":%zu,\"period\":1,\"periodUnit\":\"d\"", dose->clock_count);
    }
}

/* A meal and a part of the day are one event: before breakfast. */
static void add_when(Buf *buf, const Dose *dose, unsigned parts, bool *begun)
{
    static const char *const plain[] = {"MORN", "NOON", "EVE", "HS"};
    static const char *const of_meal[3][DOSE_DAY_PARTS] = {
        {"ACM", "ACD", "ACV", "HS"}, {"PCM", "PCD", "PCV", "HS"}, {"CM", "CD", "CV", "HS"}};
    static const char *const any[] = {"AC", "PC", "C"};
    int meal = dose->meals & MEAL_BEFORE ? 0 : dose->meals & MEAL_AFTER ? 1 : 2;
    bool has_meal = (dose->meals & (MEAL_BEFORE | MEAL_AFTER | MEAL_WITH)) != 0, some = false;
    if (dose->clock_count || (!parts && !has_meal))
        return;
    next(buf, begun);
    buf_add_lit(buf, "\"when\":[");
    for (size_t i = 0; i < DOSE_DAY_PARTS; i++)
        if (parts >> i & 1) {
            next(buf, &some);
            buf_format(buf, "\"%s\"", has_meal ? of_meal[meal][i] : plain[i]);
        }
    if (!parts)
        buf_format(buf, "\"%s\"", any[meal]);
    buf_add_char(buf, ']');
}

static void add_clock(Buf *buf, const Dose *dose, bool *begun)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    bool some = false;
    if (dose->days) {
        next(buf, begun);
        buf_add_lit(buf, "\"dayOfWeek\":[");
        for (size_t i = 0; i < COUNT_OF(days); i++)
            if (dose->days >> i & 1) {
                next(buf, &some);
                buf_format(buf, "\"%s\"", days[i]);
            }
        buf_add_char(buf, ']');
    }
    if (!dose->clock_count)
        return;
    next(buf, begun);
    buf_add_lit(buf, "\"timeOfDay\":[");
    for (size_t i = 0; i < dose->clock_count; i++)
        buf_format(buf, "%s\"%02u:%02u:00\"", i ? "," : "", dose->clock[i] / 60u,
                   dose->clock[i] % 60u);
    buf_add_char(buf, ']');
}

static void add_timing(Buf *buf, const Dose *dose, unsigned parts)
{
    size_t before = buf->len;
    bool begun = false;
    buf_add_lit(buf, ",\"timing\":{\"repeat\":{");
    size_t empty = buf->len;
    if (dose->duration_unit != PER_NONE) {
        next(buf, &begun);
        if (decimal_compare(dose->duration, dose->duration_max) < 0) {
            buf_add_lit(buf, "\"boundsRange\":{\"low\":");
            add_duration(buf, dose->duration, dose->duration_unit);
            buf_add_lit(buf, ",\"high\":");
            add_duration(buf, dose->duration_max, dose->duration_unit);
            buf_add_char(buf, '}');
        } else {
            buf_add_lit(buf, "\"boundsDuration\":");
            add_duration(buf, dose->duration, dose->duration_unit);
        }
    }
    if (dose->once) {
        next(buf, &begun);
        buf_add_lit(buf, "\"count\":1");
    }
    add_frequency(buf, dose, parts, &begun);
    add_clock(buf, dose, &begun);
    add_when(buf, dose, parts, &begun);
    if (buf->len == empty && !buf->full)
        buf->len = before; /* nothing is said of when */
    else
        buf_add_lit(buf, "}}");
}

/* ---- the rest
 * ------------------------------------------------------------------------------------
 */

static void add_needed(Buf *buf, const Dose *dose)
{
    if (!dose->as_needed)
        return;
    if (!dose->needed_for.len) {
        buf_add_lit(buf, ",\"asNeededBoolean\":true");
        return;
    }
    buf_add_lit(buf, ",\"asNeededCodeableConcept\":{\"text\":");
    json_write_string(buf, dose->needed_for);
    buf_add_char(buf, '}');
}

/* SPEC http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration: those whose meaning is
 * beyond doubt. */
static void add_route(Buf *buf, const Dose *dose, DoseLanguage language)
{
    static const char *const codes[ROUTE_COUNT] = {
        [ROUTE_ORAL] = "PO",          [ROUTE_SUBLINGUAL] = "SL",   [ROUTE_INTRAVENOUS] = "IVINJ",
        [ROUTE_INTRAMUSCULAR] = "IM", [ROUTE_SUBCUTANEOUS] = "SQ", [ROUTE_INHALED] = "IPINHL"};
    Buf room;
    if (dose->route == ROUTE_NONE)
        return;
    Dose only = {.route = dose->route};
    buf_init(&room, buf->arena, 64, 256);
    buf_add_lit(buf, ",\"route\":{");
    if (codes[dose->route])
        buf_format(buf,
                   "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
                   "v3-RouteOfAdministration\",\"code\":\"%s\"}],",
                   codes[dose->route]);
    buf_add_lit(buf, "\"text\":");
    json_write_string(buf, sentence(&room, &only, language));
    buf_add_char(buf, '}');
}

static void add_amount(Buf *buf, const Amount *amount, DoseLanguage language)
{
    if (!amount->known)
        return;
    buf_add_lit(buf, ",\"doseAndRate\":[{");
    if (decimal_compare(amount->low, amount->high) < 0) {
        buf_add_lit(buf, "\"doseRange\":{\"low\":");
        dose_write_quantity(buf, amount->low, amount->unit, language);
        buf_add_lit(buf, ",\"high\":");
        dose_write_quantity(buf, amount->high, amount->unit, language);
        buf_add_char(buf, '}');
    } else {
        buf_add_lit(buf, "\"doseQuantity\":");
        dose_write_quantity(buf, amount->low, amount->unit, language);
    }
    buf_add_lit(buf, "}]");
}

static void add_max(Buf *buf, const Dose *dose, DoseLanguage language)
{
    if (!dose->max.known || dose->max_per == PER_NONE)
        return;
    buf_add_lit(buf, ",\"maxDosePerPeriod\":{\"numerator\":");
    if (dose->max.unit == UNIT_NONE) { /* so many doses */
        buf_add_lit(buf, "{\"value\":");
        add_decimal(buf, dose->max.low);
        buf_add_lit(buf, ",\"unit\":\"dose\",\"system\":\"http://unitsofmeasure.org\",\"code\":"
                         "\"{dose}\"}");
    } else {
        dose_write_quantity(buf, dose->max.low, dose->max.unit, language);
    }
    buf_add_lit(buf, ",\"denominator\":");
    add_duration(buf, dose->max_period, dose->max_per);
    buf_add_char(buf, '}');
}

typedef struct {
    const Dose *dose;
    DoseLanguage language;
    unsigned sequence;
    bool begun;
} Writing;

static void add_instruction(Buf *buf, Writing *w, const Amount *amount, unsigned parts)
{
    buf_add_str(buf, w->begun ? STR(",{") : STR("{"));
    w->begun = true;
    buf_format(buf, "\"sequence\":%u", w->sequence);
    add_text(buf, w->dose, w->language);
    if (w->dose->meals & MEAL_FASTING)
        buf_add_lit(buf, ",\"additionalInstruction\":[{\"coding\":[{\"system\":"
                         "\"urn:aceso:instruction\",\"code\":\"fasting\"}]}]");
    add_timing(buf, w->dose, parts);
    add_needed(buf, w->dose);
    add_route(buf, w->dose, w->language);
    if (!(w->dose->missing & MISSING_DOSE_UNIT)) /* 500 of what? */
        add_amount(buf, amount, w->language);
    add_max(buf, w->dose, w->language);
    buf_add_char(buf, '}');
}

/* Parts of the day with the same amount are one instruction; others stand beside it. */
static void add_slots(Buf *buf, Writing *w)
{
    const Dose *dose = w->dose;
    unsigned done = 0;
    for (size_t i = 0; i < DOSE_DAY_PARTS; i++) {
        Amount amount = {true, dose->slots[i], dose->slots[i], dose->dose.unit};
        unsigned bits = 0;
        if (!dose->slots[i].digits || done >> i & 1)
            continue;
        for (size_t k = i; k < DOSE_DAY_PARTS; k++)
            if (decimal_compare(dose->slots[k], dose->slots[i]) == 0)
                bits |= 1u << k;
        done |= bits;
        add_instruction(buf, w, &amount, bits);
    }
}

static void add_dispense(Buf *buf, const Dose *dose, DoseLanguage language)
{
    bool begun = false;
    if (!dose->quantity.known && !dose->repeats_known && dose->duration_unit == PER_NONE)
        return;
    buf_add_lit(buf, ",\"dispenseRequest\":{");
    if (dose->repeats_known) {
        next(buf, &begun);
        buf_format(buf, "\"numberOfRepeatsAllowed\":%u", dose->repeats);
    }
    if (dose->quantity.known) {
        next(buf, &begun);
        buf_add_lit(buf, "\"quantity\":");
        dose_write_quantity(buf, dose->quantity.low, dose->quantity.unit, language);
    }
    if (dose->duration_unit != PER_NONE) {
        next(buf, &begun);
        buf_add_lit(buf, "\"expectedSupplyDuration\":");
        add_duration(buf, dose->duration_max, dose->duration_unit);
    }
    buf_add_char(buf, '}');
}

void dose_write_fhir(Buf *buf, const Dose *dose, DoseLanguage language)
{
    Writing w = {dose, language, 1, false};
    if (dose->chronic)
        buf_add_lit(buf, ",\"courseOfTherapyType\":{\"coding\":[{\"system\":"
                         "\"http://terminology.hl7.org/CodeSystem/"
                         "medicationrequest-course-of-therapy\",\"code\":\"continuous\"}]}");
    buf_add_lit(buf, ",\"dosageInstruction\":[");
    if (dose->slots_known)
        add_slots(buf, &w);
    else
        add_instruction(buf, &w, &dose->dose, dose->parts);
    buf_add_char(buf, ']');
    add_dispense(buf, dose, language);
}
