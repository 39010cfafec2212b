/* consult/medicines.c - $medicines: the table of the day, out of MedicationRequests.
 *
 * A request that says how long is over when that time is over, whatever its status says. Where
 * nobody said at which part of the day, none is chosen. */
#include "consult/medicines.h"

enum { STOPPED_DAYS = 90, OVER_DAYS = 14 };

static const char *const medicine_group_words[MEDICINE_GROUPS] = {"daily", "other", "as-needed",
                                                                  "stopped"};

Str dosage_sentence(const JsonValue *dosage, DoseLanguage language)
{
    JsonValue *extension, *part;
    const JsonValue *translations = json_get(json_get(dosage, STR("_text")), STR("extension"));
    for (JsonIter it = json_iter(translations); json_next(&it, NULL, &extension);) {
        Str lang = STR_EMPTY, content = STR_EMPTY;
        for (JsonIter of = json_iter(json_get(extension, STR("extension")));
             json_next(&of, NULL, &part);) {
            if (str_eq(json_get_str(part, STR("url")), STR("lang")))
                lang = json_get_str(part, STR("valueCode"));
            else if (str_eq(json_get_str(part, STR("url")), STR("content")))
                content = json_get_str(part, STR("valueString"));
        }
        if (content.len && str_eq(lang, dose_language_code(language)))
            return content;
    }
    return json_get_str(dosage, STR("text"));
}

/* ---- when it is over ----------------------------------------------------------------------------
 */

static Time length_of(const JsonValue *duration)
{
    static const struct {
        Str code;
        Time each;
    } rows[] = {{STR_INIT("h"), TIME_DAY / 24},
                {STR_INIT("d"), TIME_DAY},
                {STR_INIT("wk"), 7 * TIME_DAY},
                {STR_INIT("mo"), 30 * TIME_DAY},
                {STR_INIT("a"), 365 * TIME_DAY}};
    Decimal value;
    if (!decimal_parse(json_str(json_get(duration, STR("value"))), &value))
        return 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq(json_get_str(duration, STR("code")), rows[i].code))
            return (Time)(decimal_to_double(value) * (double)rows[i].each);
    return 0;
}

/* 0: nobody said. */
static Time end_of(const JsonValue *request)
{
    Time low, high, end = 0;
    JsonValue *dosage;
    Str written = json_get_str(request, STR("authoredOn"));
    bool known = written.len && fhir_date_range(written, &low, &high);
    for (JsonIter it = json_iter(json_get(request, STR("dosageInstruction")));
         json_next(&it, NULL, &dosage);) {
        const JsonValue *repeat = json_get(json_get(dosage, STR("timing")), STR("repeat"));
        Time length = length_of(json_get(repeat, STR("boundsDuration"))), from, until;
        if (!length)
            length = length_of(json_get(json_get(repeat, STR("boundsRange")), STR("high")));
        Str stop = json_get_str(json_get(repeat, STR("boundsPeriod")), STR("end"));
        if (known && length && low + length > end)
            end = low + length;
        if (stop.len && fhir_date_range(stop, &from, &until) && until > end)
            end = until;
    }
    return end;
}

/* ---- the table of the day
 * ------------------------------------------------------------------------
 */

static int part_of(Str when)
{
    static const struct {
        Str code;
        int part;
    } rows[] = {{STR_INIT("MORN"), 0}, {STR_INIT("ACM"), 0},  {STR_INIT("PCM"), 0},
                {STR_INIT("CM"), 0},   {STR_INIT("WAKE"), 0}, {STR_INIT("NOON"), 1},
                {STR_INIT("ACD"), 1},  {STR_INIT("PCD"), 1},  {STR_INIT("CD"), 1},
                {STR_INIT("EVE"), 2},  {STR_INIT("ACV"), 2},  {STR_INIT("PCV"), 2},
                {STR_INIT("CV"), 2},   {STR_INIT("HS"), 3},   {STR_INIT("NIGHT"), 3}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq(rows[i].code, when))
            return rows[i].part;
    return -1;
}

static bool is_daily(const JsonValue *repeat)
{
    return str_eq(json_get_str(repeat, STR("periodUnit")), STR("d")) &&
           str_eq(json_str(json_get(repeat, STR("period"))), STR("1")) &&
           !json_get(repeat, STR("dayOfWeek"));
}

/* False: it does not say at which parts of each day. */
static bool add_slots(Medicine *medicine, const JsonValue *dosage)
{
    const JsonValue *repeat = json_get(json_get(dosage, STR("timing")), STR("repeat"));
    const JsonValue *quantity =
        json_get(json_item(json_get(dosage, STR("doseAndRate")), 0), STR("doseQuantity"));
    Str value = json_str(json_get(quantity, STR("value")));
    const JsonValue *whens = json_get(repeat, STR("when"));
    JsonValue *when;
    uint64_t often = 0;
    size_t named = 0;
    if (!value.len || !is_daily(repeat) || !json_count(whens))
        return false;
    for (JsonIter it = json_iter(whens); json_next(&it, NULL, &when);) {
        if (part_of(json_str(when)) < 0)
            return false;
        named++;
    }
    /* as often as there are parts, or nobody knows at which of them */
    if (!str_to_u64(json_str(json_get(repeat, STR("frequency"))), &often) || often != named)
        return false;
    for (JsonIter it = json_iter(whens); json_next(&it, NULL, &when);)
        medicine->slots[part_of(json_str(when))] = value;
    medicine->unit = json_get_str(quantity, STR("unit"));
    return true;
}

static bool needed(const JsonValue *dosage)
{
    return json_bool(json_get(dosage, STR("asNeededBoolean"))) ||
           json_get(dosage, STR("asNeededCodeableConcept"));
}

static MedicineGroup group_of(Medicine *medicine, const JsonValue *request)
{
    const JsonValue *dosages = json_get(request, STR("dosageInstruction"));
    JsonValue *dosage;
    bool all = json_count(dosages) > 0;
    for (JsonIter it = json_iter(dosages); json_next(&it, NULL, &dosage);) {
        if (needed(dosage))
            return MEDICINE_NEEDED;
        all = add_slots(medicine, dosage) && all;
    }
    if (!all)
        memset(medicine->slots, 0, sizeof(medicine->slots));
    return all ? MEDICINE_DAILY : MEDICINE_OTHER;
}

/* ---- one request --------------------------------------------------------------------------------
 */

static Time stopped_at(const JsonValue *request)
{
    Time low, high;
    const JsonValue *notes = json_get(request, STR("note"));
    size_t count = json_count(notes);
    Str at = count ? json_get_str(json_item(notes, count - 1), STR("time")) : STR_EMPTY;
    if (!at.len)
        at = json_get_str(json_get(request, STR("meta")), STR("lastUpdated"));
    return at.len && fhir_date_range(at, &low, &high) ? low : 0;
}

static void fill(Operation *op, const OperationRow *row, const Zone *zone, DoseLanguage language,
                 Medicine *to)
{
    const JsonValue *request = row->resource;
    const JsonValue *concept = json_get(request, STR("medicationCodeableConcept"));
    *to = (Medicine){
        .reference = row->name,
        .name = words_of(concept),
        .since = str_head(instant_here(op->cx, zone, json_get_str(request, STR("authoredOn"))), 10),
        .reason = words_of(json_get(request, STR("statusReason"))),
        .prescriber = reference_of(request, STR("requester")),
        .until = STR_EMPTY,
        .unit = STR_EMPTY};
    if (!to->name.len)
        to->name = json_get_str(json_get(request, STR("medicationReference")), STR("display"));
    to->sentence =
        dosage_sentence(json_item(json_get(request, STR("dosageInstruction")), 0), language);
    Time end = end_of(request);
    if (end)
        to->until = day_here(op->cx, zone, end - 1);
}

/* Whether it is on the list at all. */
static bool belongs(Operation *op, const OperationRow *row, const Zone *zone, Medicine *medicine)
{
    const JsonValue *request = row->resource;
    Str status = json_get_str(request, STR("status"));
    Time end = end_of(request);
    if (str_eq(status, STR("stopped"))) {
        Time at = stopped_at(request);
        medicine->group = MEDICINE_STOPPED;
        medicine->until = day_here(op->cx, zone, at);
        return at > op->now - STOPPED_DAYS * TIME_DAY;
    }
    if (end && end < op->now) {
        medicine->group = MEDICINE_STOPPED;
        return end > op->now - OVER_DAYS * TIME_DAY;
    }
    medicine->group = group_of(medicine, request);
    return true;
}

static void sort(Medicine *medicines, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        Medicine one = medicines[i];
        size_t k = i;
        for (; k > 0; k--) {
            const Medicine *before = &medicines[k - 1];
            if (before->group < one.group ||
                (before->group == one.group && str_cmp(before->name, one.name) <= 0))
                break;
            medicines[k] = medicines[k - 1];
        }
        medicines[k] = one;
    }
}

/* Ids of what is on the list: most of what was prescribed over the years is not. */
typedef struct {
    Operation *op;
    Arena *home; /* of what outlives a page */
    const Zone *zone;
    Str *ids;
    size_t count, room;
} Listed;

static Status list_one(void *of, const OperationRow *row)
{
    Listed *l = of;
    Medicine medicine = {.name = STR_EMPTY};
    if (!str_eq(json_get_str(row->resource, STR("intent")), STR("order")) ||
        !belongs(l->op, row, l->zone, &medicine))
        return STATUS_OK;
    l->ids = arena_grow(l->home, l->ids, sizeof(Str), l->count, &l->room, 32);
    if (!l->ids)
        return STATUS_MEMORY;
    l->ids[l->count] = arena_str(l->home, row->id);
    return l->ids[l->count++].at ? STATUS_OK : STATUS_MEMORY;
}

static Status list(Listed *l, Str patient)
{
    Str query = arena_format(l->home, "subject=" STR_FMT "&status=active,stopped,on-hold",
                             STR_ARG(patient));
    bool before = operation_peek(l->op, true);
    Status status = query.at ? operation_each(l->op, STR("MedicationRequest"), query, list_one, l)
                             : STATUS_MEMORY;
    operation_peek(l->op, before);
    return status;
}

Status medicines_of(Operation *op, Str patient, DoseLanguage language, Medicine **ret_medicines,
                    size_t *ret_count)
{
    Listed l = {.op = op, .home = op->cx->arena};
    TRY(zone_here(op, &l.zone));
    TRY(list(&l, patient));
    *ret_medicines = arena_array_of(op->cx->arena, Medicine, l.count + 1);
    if (!*ret_medicines)
        return STATUS_MEMORY;
    for (size_t i = 0; i < l.count; i++) {
        OperationRow row;
        TRY(operation_get(op, STR("MedicationRequest"), l.ids[i], &row));
        fill(op, &row, l.zone, language, &(*ret_medicines)[i]);
        (void)belongs(op, &row, l.zone, &(*ret_medicines)[i]);
    }
    *ret_count = l.count;
    sort(*ret_medicines, l.count);
    return STATUS_OK;
}

Status medicines_list(Operation *op)
{
    static const char *const parts[] = {"morning", "noon", "evening", "night"};
    OperationRow patient;
    Medicine *medicines;
    size_t count;
    Pairs pairs;
    TRY(operation_get(op, STR("Patient"), op->asked.id, &patient));
    TRY(medicines_of(op, patient.name, dose_language(operation_text(op, STR("language"), 0)),
                     &medicines, &count));
    pairs_begin(&pairs, op->cx, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        const Medicine *one = &medicines[i];
        pairs_open(&pairs, "medicine");
        pairs_text(&pairs, "group", "valueCode", str_of(medicine_group_words[one->group]));
        pairs_text(&pairs, "request", "valueString", one->reference);
        pairs_text(&pairs, "name", "valueString", one->name);
        pairs_text(&pairs, "sentence", "valueString", one->sentence);
        for (size_t k = 0; k < COUNT_OF(parts); k++)
            pairs_text(&pairs, parts[k], "valueString", one->slots[k]);
        pairs_text(&pairs, "unit", "valueString", one->unit);
        pairs_text(&pairs, "since", "valueDate", one->since);
        pairs_text(&pairs, "until", "valueDate", one->until);
        pairs_text(&pairs, "reason", "valueString", one->reason);
        pairs_text(&pairs, "prescriber", "valueString", one->prescriber);
        pairs_close(&pairs);
    }
    return pairs_answer(&pairs, op, 200);
}
