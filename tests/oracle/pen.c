/* pen.c - words, data types and references of random resources. */
#include "pen.h"

/* ---- words ---- */

static const char *const families[] = {"Dupont",      "dupont",       "Dup\u00f4nt",
                                       "M\u00fcller", "Mueller",      "Carre\u00f1o Qui\u00f1ones",
                                       "d'Ursel",     "Gro\u00df",    "O'Neill",
                                       "Zola",        "Van den Berg", "Eve"};
static const char *const givens[] = {"Eve",      "Evelyn",      "S\u00e9verine", "Anne-Marie",
                                     "Jean",     "Jo",          "\u00c9mile",    "\u00c9MILE",
                                     "Zo\u00eb", "Marie Louise"};
static const char *const cities[] = {"Li\u00e8ge", "Liege",     "Namur",
                                     "Brussels",   "Bruxelles", "Sint-Niklaas"};
static const char *const displays[] = {"Headache",  "head ache",         "H\u00e9adache",
                                       "Potassium", "Systolic pressure", "Fever"};

/* Of the code system that fill_code_system() writes: a tree. */
static const char *const tree_codes[] = {"heart", "valve", "mitral", "aortic", "lung", "asthma"};

typedef struct {
    const char *system, *code;
} SystemCode;
static const SystemCode codes[] = {
    {"http://loinc.org", "2823-3"},
    {"http://loinc.org", "8480-6"},
    {"http://snomed.info/sct", "22298006"},
    {"http://acme.org/a", "same"},
    {"http://acme.org/b", "same"},
    {"http://acme.org/a", "x,y"},
    {"http://acme.org/a", "p|q"},
    {"http://acme.org/a", "d$e"},
    {"http://acme.org/a", "back\\\\slash"},
    {"", "bare"},
    {"", "same"},
};

static const char *const dates[] = {"2022",       "2023",       "2023-05",    "2023-06",
                                    "2023-05-14", "2023-05-15", "2023-12-31", "2024-01-01",
                                    "2024-02-29", "1900-01-01", "2031-05-14"};
static const char *const moments[] = {"2023-05-14T10:00:00Z",      "2023-05-14T00:30:00+02:00",
                                      "2023-05-14T10:00:00.123Z",  "2023-05-14T23:59:59Z",
                                      "2023-05-15T00:00:00Z",      "2023-12-31T23:30:00-05:00",
                                      "2024-02-29T12:00:00+01:00", "2010-01-01T00:00:00Z"};
static const char *const numbers[] = {"5.4",   "5.40", "5.45", "54", "0.54", "100", "99.5",
                                      "100.5", "0.9",  "90",   "7",  "6.95", "0",   "0.05"};

const char *pen_family(Pen *p)
{
    return PICK(p->dice, families);
}

const char *pen_city(Pen *p)
{
    return PICK(p->dice, cities);
}

const char *pen_display(Pen *p)
{
    return PICK(p->dice, displays);
}

const char *pen_moment(Pen *p)
{
    return PICK(p->dice, moments);
}

const char *pen_day(Pen *p)
{
    return PICK(p->dice, dates);
}

const char *pen_number(Pen *p)
{
    return PICK(p->dice, numbers);
}

const char *pen_any_date(Pen *p)
{
    return dice_percent(p->dice, 50) ? pen_day(p) : pen_moment(p);
}

/* ---- data types ---- */

void pen_coding(Pen *p)
{
    if (dice_percent(p->dice, 35)) {
        ADD(p, "{\"system\":\"http://acme.org/tree\",\"code\":\"%s\"", PICK(p->dice, tree_codes));
    } else {
        SystemCode c = PICK(p->dice, codes);
        ADD(p, "{");
        if (*c.system)
            ADD(p, "\"system\":\"%s\",", c.system);
        ADD(p, "\"code\":\"%s\"", c.code);
    }
    MAYBE(p, 40)
    ADD(p, ",\"display\":\"%s\"", pen_display(p));
    ADD(p, "}");
}

/* ,"name":{CodeableConcept} or an array of them. */
static void concept_value(Pen *p)
{
    unsigned count = dice(p->dice, 3);
    ADD(p, "{\"text\":\"%s\"", pen_display(p));
    for (unsigned i = 0; i < count; i++) {
        ADD(p, i ? "," : ",\"coding\":[");
        pen_coding(p);
    }
    ADD(p, count ? "]}" : "}");
}

void pen_concept(Pen *p, const char *name)
{
    ADD(p, ",\"%s\":", name);
    concept_value(p);
}

void pen_concepts(Pen *p, const char *name)
{
    ADD(p, ",\"%s\":[", name);
    concept_value(p);
    MAYBE(p, 30)
    {
        ADD(p, ",");
        concept_value(p);
    }
    ADD(p, "]");
}

void pen_period(Pen *p, const char *name)
{
    bool start = dice_percent(p->dice, 75), end = !start || dice_percent(p->dice, 60);
    ADD(p, ",\"%s\":{", name);
    if (start)
        ADD(p, "\"start\":\"%s\"", end ? "2023-05-14" : pen_any_date(p));
    if (end)
        ADD(p, "%s\"end\":\"%s\"", start ? "," : "",
            start ? PICK(p->dice, ((const char *[]){"2023-05-14", "2023-05-15T12:00:00Z", "2023-06",
                                                    "2024"}))
                  : pen_any_date(p));
    ADD(p, "}");
}

void pen_timing(Pen *p, const char *name)
{
    if (dice_percent(p->dice, 50))
        ADD(p, ",\"%s\":{\"event\":[\"%s\",\"%s\"]}", name, pen_any_date(p), pen_any_date(p));
    else
        ADD(p,
            ",\"%s\":{\"repeat\":{\"boundsPeriod\":{\"start\":\"2023-05-14\",\"end\":\"%s\"},"
            "\"frequency\":1,\"period\":2,\"periodUnit\":\"d\"}}",
            name, PICK(p->dice, ((const char *[]){"2023-05-20", "2023-06", "2024"})));
}

static void quantity_value(Pen *p)
{
    static const char *const comparators[] = {"<", "<=", ">", ">="};
    static const char *const units[] = {
        "\"unit\":\"mg/dL\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"mg/dL\"",
        "\"unit\":\"g/L\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"g/L\"",
        "\"unit\":\"mg per dL\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"mg/dL\"",
        "\"unit\":\"mmHg\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"mm[Hg]\"",
        "\"unit\":\"box\",\"system\":\"http://acme.org/units\",\"code\":\"bx\"",
        "\"unit\":\"mg/dL\"",
    };
    ADD(p, "{\"value\":%s", pen_number(p));
    MAYBE(p, 12)
    ADD(p, ",\"comparator\":\"%s\"", PICK(p->dice, comparators));
    MAYBE(p, 90)
    ADD(p, ",%s", PICK(p->dice, units));
    ADD(p, "}");
}

void pen_quantity(Pen *p, const char *name)
{
    ADD(p, ",\"%s\":", name);
    quantity_value(p);
}

void pen_age(Pen *p, const char *name)
{
    ADD(p, ",\"%s\":{\"value\":%u,\"unit\":\"%s\",\"system\":\"http://unitsofmeasure.org\",", name,
        1 + dice(p->dice, 24), dice_percent(p->dice, 50) ? "months" : "years");
    ADD(p, "\"code\":\"%s\"}", dice_percent(p->dice, 50) ? "mo" : "a");
}

void pen_range(Pen *p, const char *name, const char *unit)
{
    bool low = dice_percent(p->dice, 75), high = !low || dice_percent(p->dice, 70);
    ADD(p, ",\"%s\":{", name);
    if (low)
        ADD(p, "\"low\":{\"value\":%u%s}", 1 + dice(p->dice, 5), unit);
    if (high)
        ADD(p, "%s\"high\":{\"value\":%u%s}", low ? "," : "", 6 + dice(p->dice, 6), unit);
    ADD(p, "}");
}

void pen_identifiers(Pen *p)
{
    static const char *const systems[] = {"http://acme.org/mrn", "http://acme.org/ssn", ""};
    static const char *const types[] = {"MR", "SS"};
    unsigned count = dice(p->dice, 3);
    for (unsigned i = 0; i < count; i++) {
        const char *system = PICK(p->dice, systems);
        ADD(p, "%s{\"value\":\"%u\"", i ? "," : ",\"identifier\":[", 100 + dice(p->dice, 20));
        if (*system)
            ADD(p, ",\"system\":\"%s\"", system);
        MAYBE(p, 50)
        ADD(p,
            ",\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
            "v2-0203\",\"code\":\"%s\"}],\"text\":\"%s\"}",
            PICK(p->dice, types), pen_display(p));
        ADD(p, "}");
    }
    if (count)
        ADD(p, "]");
}

void pen_names(Pen *p)
{
    unsigned count = dice(p->dice, 3);
    for (unsigned i = 0; i < count; i++) {
        ADD(p, "%s{\"use\":\"%s\"", i ? "," : ",\"name\":[", i ? "maiden" : "official");
        MAYBE(p, 85)
        ADD(p, ",\"family\":\"%s\"", pen_family(p));
        MAYBE(p, 80)
        ADD(p, ",\"given\":[\"%s\",\"%s\"]", PICK(p->dice, givens), PICK(p->dice, givens));
        MAYBE(p, 20)
        ADD(p, ",\"prefix\":[\"Dr.\"],\"suffix\":[\"Jr\"]");
        MAYBE(p, 20)
        ADD(p, ",\"text\":\"%s %s\"", PICK(p->dice, givens), pen_family(p));
        ADD(p, "}");
    }
    if (count)
        ADD(p, "]");
}

void pen_address(Pen *p, bool list)
{
    ADD(p, ",\"address\":%s{\"use\":\"home\",\"line\":[\"Rue de la Station %u\"],\"city\":\"%s\"",
        list ? "[" : "", 1 + dice(p->dice, 9), pen_city(p));
    MAYBE(p, 60)
    ADD(p, ",\"postalCode\":\"%u\",\"country\":\"BE\"", 4000 + dice(p->dice, 4));
    MAYBE(p, 30)
    ADD(p, ",\"state\":\"Wallonie\",\"district\":\"Nord\"");
    ADD(p, list ? "}]" : "}");
}

void pen_telecom(Pen *p)
{
    ADD(p,
        ",\"telecom\":[{\"system\":\"phone\",\"value\":\"04%u\"},"
        "{\"system\":\"email\",\"value\":\"m%u@acme.org\"}]",
        100 + dice(p->dice, 8), dice(p->dice, 8));
}

/* ---- references ---- */

static unsigned count_of(const char *type, char *ret_letter)
{
    for (size_t i = 0; i < data_type_count; i++) {
        if (!strcmp(data_types[i].type, type)) {
            *ret_letter = data_types[i].letter;
            return data_types[i].count;
        }
    }
    abort();
}

/* One in twenty points to a resource that is not there. */
void pen_reference_value(Pen *p, const char *type)
{
    char letter;
    unsigned count = count_of(type, &letter), way = dice(p->dice, 100);
    unsigned number = dice(p->dice, count + count / 20 + 1);
    if (way < 70)
        ADD(p, "{\"reference\":\"%s/%c%u\"}", type, letter, number);
    else if (way < 80)
        ADD(p, "{\"reference\":\"" DATA_BASE "/%s/%c%u\"}", type, letter, number);
    else if (way < 85)
        ADD(p, "{\"reference\":\"%s/%c%u/_history/1\"}", type, letter, number);
    else if (way < 90)
        ADD(p, "{\"reference\":\"http://other.org/fhir/%s/%c%u\"}", type, letter, number);
    else if (way < 93)
        ADD(p, "{\"reference\":\"urn:uuid:c757873d-ec9a-4326-a141-556f43239520\"}");
    else if (way < 97)
        ADD(p, "{\"identifier\":{\"system\":\"http://acme.org/mrn\",\"value\":\"%u\"}}",
            100 + dice(p->dice, 20));
    else
        ADD(p, "{\"display\":\"somebody\"}");
}

void pen_reference(Pen *p, const char *name, const char *type)
{
    ADD(p, ",\"%s\":", name);
    pen_reference_value(p, type);
}

void pen_references(Pen *p, const char *name, const char *type)
{
    ADD(p, ",\"%s\":[", name);
    pen_reference_value(p, type);
    MAYBE(p, 30)
    {
        ADD(p, ",");
        pen_reference_value(p, type);
    }
    ADD(p, "]");
}

/* To one of the same type with a lower number: a tree. */
void pen_part_of(Pen *p, const char *type, char letter)
{
    if (p->number && dice_percent(p->dice, 60))
        ADD(p, ",\"partOf\":{\"reference\":\"%s/%c%u\"}", type, letter, dice(p->dice, p->number));
}

void pen_contained_practitioner(Pen *p)
{
    ADD(p,
        ",\"contained\":[{\"resourceType\":\"Practitioner\",\"id\":\"inner\",\"name\":[{"
        "\"family\":\"%s\"}],\"gender\":\"female\"}]",
        pen_family(p));
}
