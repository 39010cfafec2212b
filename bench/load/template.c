/* load/template.c - cuts the templates into pieces and fills the gaps. */
#include "load/template.h"

#include "load/client.h"
#include "base/base.h"

enum { PIECES_MAX = 160, UUID_LEN = 36 };

typedef void FillGap(const Fill *fill, Buf *into);

typedef struct {
    Str text;
    FillGap *gap; /* what follows the text; NULL behind the last piece */
} Piece;

typedef struct {
    Piece pieces[PIECES_MAX];
    unsigned count;
} Pieces;

static Pieces compiled[TEMPLATE_COUNT];

uint64_t rng_next(Rng *rng) /* splitmix64 */
{
    uint64_t z = (rng->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t rng_below(Rng *rng, uint64_t below)
{
    return (uint64_t)(((__uint128_t)rng_next(rng) * below) >> 64);
}

static void write_hex(Rng *rng, char *to, unsigned digits)
{
    static const char hex[16] = "0123456789abcdef";
    uint64_t bits = rng_next(rng);
    for (unsigned i = 0; i < digits; i++, bits >>= 4)
        to[i] = hex[bits & 15];
}

/* A random UUID: xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx. SPEC RFC 9562 5.4 */
static void write_uuid(Rng *rng, char to[UUID_LEN])
{
    memcpy(to, "00000000-0000-4000-a000-000000000000", UUID_LEN);
    write_hex(rng, to, 8);
    write_hex(rng, to + 9, 4);
    write_hex(rng, to + 15, 3);
    write_hex(rng, to + 20, 3);
    write_hex(rng, to + 24, 12);
}

static void add_digits(Buf *into, uint64_t value, unsigned digits)
{
    char text[20];
    for (unsigned i = digits; i-- > 0; value /= 10)
        text[i] = (char)('0' + value % 10);
    buf_add(into, text, digits);
}

/* Word lists: what varies in names and codes. */
#define ONE_OF(list) (list)[rng_below(fill->rng, COUNT_OF(list))]

static const Str families[] = {
    STR_INIT("Dubois"),   STR_INIT("Lambert"),  STR_INIT("Claes"),   STR_INIT("Maes"),
    STR_INIT("Peeters"),  STR_INIT("Janssens"), STR_INIT("Leroy"),   STR_INIT("Simon"),
    STR_INIT("Renard"),   STR_INIT("Thiry"),    STR_INIT("Collard"), STR_INIT("Gérard"),
    STR_INIT("Noël"),     STR_INIT("Hermans"),  STR_INIT("Wouters"), STR_INIT("Marchal"),
    STR_INIT("Poncelet"), STR_INIT("Evrard"),
};
static const Str givens[] = {
    STR_INIT("Marie"), STR_INIT("Louis"),  STR_INIT("Emma"),  STR_INIT("Noah"),
    STR_INIT("Lucie"), STR_INIT("Arthur"), STR_INIT("Zoé"),   STR_INIT("Hugo"),
    STR_INIT("Chloé"), STR_INIT("Jules"),  STR_INIT("Alice"), STR_INIT("Victor"),
};
static const Str towns[] = {
    STR_INIT("Namur"),  STR_INIT("Liège"),    STR_INIT("Mons"),    STR_INIT("Wavre"),
    STR_INIT("Dinant"), STR_INIT("Arlon"),    STR_INIT("Tournai"), STR_INIT("Huy"),
    STR_INIT("Ciney"),  STR_INIT("Gembloux"),
};

typedef struct {
    Str code, display, unit, low, high;
    unsigned least, most;
} Measurement;

static const Measurement measurements[] = {
    {STR_INIT("8480-6"), STR_INIT("Systolic blood pressure"), STR_INIT("mm[Hg]"), STR_INIT("90"),
     STR_INIT("140"), 95, 170},
    {STR_INIT("8867-4"), STR_INIT("Heart rate"), STR_INIT("/min"), STR_INIT("60"), STR_INIT("100"),
     50, 120},
    {STR_INIT("29463-7"), STR_INIT("Body weight"), STR_INIT("kg"), STR_INIT("40"), STR_INIT("120"),
     42, 130},
    {STR_INIT("2339-0"), STR_INIT("Glucose [Mass/volume] in Blood"), STR_INIT("mg/dL"),
     STR_INIT("70"), STR_INIT("99"), 60, 180},
    {STR_INIT("4548-4"), STR_INIT("Hemoglobin A1c/Hemoglobin.total in Blood"), STR_INIT("%"),
     STR_INIT("4"), STR_INIT("6"), 4, 11},
    {STR_INIT("2093-3"), STR_INIT("Cholesterol [Mass/volume] in Serum or Plasma"),
     STR_INIT("mg/dL"), STR_INIT("120"), STR_INIT("200"), 110, 290},
    {STR_INIT("38483-4"), STR_INIT("Creatinine [Mass/volume] in Blood"), STR_INIT("mg/dL"),
     STR_INIT("1"), STR_INIT("2"), 1, 4},
    {STR_INIT("718-7"), STR_INIT("Hemoglobin [Mass/volume] in Blood"), STR_INIT("g/dL"),
     STR_INIT("12"), STR_INIT("17"), 8, 19},
    {STR_INIT("777-3"), STR_INIT("Platelets [#/volume] in Blood by Automated count"),
     STR_INIT("10*3/uL"), STR_INIT("150"), STR_INIT("400"), 120, 460},
    {STR_INIT("6298-4"), STR_INIT("Potassium [Moles/volume] in Blood"), STR_INIT("mmol/L"),
     STR_INIT("3"), STR_INIT("5"), 3, 6},
};

static void fill_id(const Fill *fill, Buf *into)
{
    if (!fill->id.len)
        return;
    buf_add_lit(into, "\"id\":\"");
    buf_add_str(into, fill->id);
    buf_add_lit(into, "\",");
}

static void fill_encounter(const Fill *fill, Buf *into)
{
    if (!fill->encounter.len)
        return;
    buf_add_lit(into, "\"encounter\":{\"reference\":\"");
    buf_add_str(into, fill->encounter);
    buf_add_lit(into, "\"},");
}

static void fill_encounter_list(const Fill *fill, Buf *into)
{
    if (!fill->encounter.len)
        return;
    buf_add_lit(into, "\"encounter\":[{\"reference\":\"");
    buf_add_str(into, fill->encounter);
    buf_add_lit(into, "\"}],");
}

static void fill_patient(const Fill *fill, Buf *into)
{
    buf_add_str(into, fill->patient);
}
static void fill_practitioner(const Fill *fill, Buf *into)
{
    buf_add_str(into, fill->practitioner);
}
static void fill_organization(const Fill *fill, Buf *into)
{
    buf_add_str(into, fill->organization);
}
static void fill_family(const Fill *fill, Buf *into)
{
    buf_add_str(into, ONE_OF(families));
}
static void fill_given(const Fill *fill, Buf *into)
{
    buf_add_str(into, ONE_OF(givens));
}
static void fill_town(const Fill *fill, Buf *into)
{
    buf_add_str(into, ONE_OF(towns));
}
static void fill_number(const Fill *fill, Buf *into)
{
    add_digits(into, rng_next(fill->rng), 9);
}
static void fill_two(const Fill *fill, Buf *into)
{
    add_digits(into, rng_below(fill->rng, 100), 2);
}

static void fill_gender(const Fill *fill, Buf *into)
{
    buf_add_str(into, rng_below(fill->rng, 2) ? STR("female") : STR("male"));
}

static void fill_date(const Fill *fill, Buf *into)
{
    add_digits(into, 2015 + rng_below(fill->rng, 11), 4);
    buf_add_char(into, '-');
    add_digits(into, 1 + rng_below(fill->rng, 12), 2);
    buf_add_char(into, '-');
    add_digits(into, 1 + rng_below(fill->rng, 28), 2);
}

static void fill_birth(const Fill *fill, Buf *into)
{
    add_digits(into, 1930 + rng_below(fill->rng, 95), 4);
    buf_add_char(into, '-');
    add_digits(into, 1 + rng_below(fill->rng, 12), 2);
    buf_add_char(into, '-');
    add_digits(into, 1 + rng_below(fill->rng, 28), 2);
}

static void fill_time(const Fill *fill, Buf *into)
{
    fill_date(fill, into);
    buf_add_char(into, 'T');
    add_digits(into, 7 + rng_below(fill->rng, 12), 2);
    buf_add_char(into, ':');
    add_digits(into, rng_below(fill->rng, 60), 2);
    buf_add_lit(into, ":00+01:00");
}

static void fill_money(const Fill *fill, Buf *into)
{
    buf_add_u64(into, 10 + rng_below(fill->rng, 490));
    buf_add_char(into, '.');
    fill_two(fill, into);
}

/* Code, value and range of one measurement, with the narrative that goes with them:
 * they must agree, so they are one gap. */
static void fill_measurement(const Fill *fill, Buf *into)
{
    const Measurement *m = &ONE_OF(measurements);
    uint64_t value = m->least + rng_below(fill->rng, m->most - m->least);
    uint64_t tenth = rng_below(fill->rng, 10);
    buf_add_lit(into, "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"");
    buf_add_str(into, m->code);
    buf_add_lit(into, "\",\"display\":\"");
    buf_add_str(into, m->display);
    buf_add_lit(into, "\"}],\"text\":\"");
    buf_add_str(into, m->display);
    buf_add_lit(into, "\"},\"valueQuantity\":{\"value\":");
    buf_add_u64(into, value);
    buf_add_char(into, '.');
    buf_add_u64(into, tenth);
    buf_add_lit(into, ",\"unit\":\"");
    buf_add_str(into, m->unit);
    buf_add_lit(into, "\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"");
    buf_add_str(into, m->unit);
    buf_add_lit(into, "\"},\"referenceRange\":[{\"low\":{\"value\":");
    buf_add_str(into, m->low);
    buf_add_lit(into, ",\"unit\":\"");
    buf_add_str(into, m->unit);
    buf_add_lit(into, "\"},\"high\":{\"value\":");
    buf_add_str(into, m->high);
    buf_add_lit(into, ",\"unit\":\"");
    buf_add_str(into, m->unit);
    buf_add_lit(into, "\"}}],");
}

static void fill_base64(const Fill *fill, Buf *into)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    enum { BYTES = 11000 };
    char *to = buf_reserve(into, BYTES);
    if (!to)
        return;
    for (unsigned i = 0; i < BYTES;) {
        uint64_t bits = rng_next(fill->rng);
        for (unsigned n = 0; n < 8 && i < BYTES; n++, bits >>= 6)
            to[i++] = digits[bits & 63];
    }
    into->len += BYTES;
}

static const struct {
    Str name;
    FillGap *fill;
} gaps[] = {
    {STR_INIT("id"), fill_id},
    {STR_INIT("patient"), fill_patient},
    {STR_INIT("practitioner"), fill_practitioner},
    {STR_INIT("organization"), fill_organization},
    {STR_INIT("encounter"), fill_encounter},
    {STR_INIT("encounters"), fill_encounter_list},
    {STR_INIT("family"), fill_family},
    {STR_INIT("given"), fill_given},
    {STR_INIT("town"), fill_town},
    {STR_INIT("number"), fill_number},
    {STR_INIT("two"), fill_two},
    {STR_INIT("gender"), fill_gender},
    {STR_INIT("date"), fill_date},
    {STR_INIT("birth"), fill_birth},
    {STR_INIT("time"), fill_time},
    {STR_INIT("money"), fill_money},
    {STR_INIT("measurement"), fill_measurement},
    {STR_INIT("base64"), fill_base64},
};

static FillGap *gap_named(Str name)
{
    for (size_t i = 0; i < COUNT_OF(gaps); i++)
        if (str_eq(gaps[i].name, name))
            return gaps[i].fill;
    load_fail("a template has an unknown gap {{" STR_FMT "}}", STR_ARG(name));
}

static void compile(TemplateKind kind)
{
    Pieces *into = &compiled[kind];
    Str rest = str_of(template_texts[kind]);
    while (rest.len) {
        assert(into->count < PIECES_MAX);
        Piece *piece = &into->pieces[into->count++];
        const char *open = memmem(rest.at, rest.len, "{{", 2);
        piece->text = str_head(rest, open ? (size_t)(open - rest.at) : rest.len);
        if (!open)
            return;
        rest = str_from(rest, piece->text.len + 2);
        piece->gap = gap_named(str_cut(&rest, '}'));
        rest = str_from(rest, 1);
    }
}

void template_fill(TemplateKind kind, const Fill *fill, Buf *into)
{
    Pieces *pieces = &compiled[kind];
    if (!pieces->count)
        compile(kind);
    for (unsigned i = 0; i < pieces->count; i++) {
        buf_add_str(into, pieces->pieces[i].text);
        if (pieces->pieces[i].gap)
            pieces->pieces[i].gap(fill, into);
    }
}

Str template_urn(Rng *rng, char text[TEMPLATE_URN_LEN])
{
    memcpy(text, "urn:uuid:", 9);
    write_uuid(rng, text + 9);
    return str_n(text, TEMPLATE_URN_LEN);
}

void template_entry(TemplateKind kind, Str full_url, const Fill *fill, Buf *into)
{
    buf_add_lit(into, "{\"fullUrl\":\"");
    buf_add_str(into, full_url);
    buf_add_lit(into, "\",\"resource\":");
    template_fill(kind, fill, into);
    buf_add_lit(into, ",\"request\":{\"method\":\"POST\",\"url\":\"");
    buf_add_str(into, template_type(kind));
    buf_add_lit(into, "\"}}");
}

Str template_type(TemplateKind kind)
{
    static const Str types[TEMPLATE_COUNT] = {
        STR_INIT("Patient"),
        STR_INIT("Location"),
        STR_INIT("Organization"),
        STR_INIT("Practitioner"),
        STR_INIT("Encounter"),
        STR_INIT("Observation"),
        STR_INIT("MedicationRequest"),
        STR_INIT("Claim"),
        STR_INIT("ExplanationOfBenefit"),
        STR_INIT("Condition"),
        STR_INIT("DiagnosticReport"),
    };
    return types[kind];
}
