/* access/reduced.c - the reduced views, as two tables. docs/guide/access-labels.md */
#include "access/reduced.h"

#include <pthread.h>

#include "access/rights.h"
#include "access/subjects.h"
#include "fhir/fhir.h"

enum { TYPES_MAX = 256, ELEMENTS_MAX = 48, FACET_NARRATIVE = 31 };

/* ---- the tables ---------------------------------------------------------------------------- */

/* Seen as the reduced view of a class: what the specification marks as summary, and these
 * elements beside it, without those. Names as in FhirPart. The date that lists of a type are in the
 * order of (search/param.c) is always kept: the place of a row would tell it. */
static const struct {
    const char *type, *keep, *drop;
} views[] = {
    {"AllergyIntolerance", "recordedDate", ""},
    {"ClinicalImpression", "",
     "description problem investigation finding summary prognosisCodeableConcept "
     "prognosisReference statusReason"},
    {"CodeSystem", "concept", ""},
    {"Communication", "sent", "payload topic reasonCode reasonReference about note"},
    {"CommunicationRequest", "", "payload reasonCode reasonReference about note"},
    {"Composition", "", "event"},
    {"Condition", "category", ""},
    {"DiagnosticReport", "conclusion", "media"},
    {"DocumentManifest", "created", "content description related"},
    {"DocumentReference", "",
     "description content.attachment.data content.attachment.url content.attachment.title "
     "content.attachment.hash"},
    {"Encounter", "period", ""},
    {"HealthcareService", "availableTime telecom", ""},
    {"ImagingStudy", "", "series endpoint reasonCode reasonReference"},
    {"Binary", "", "data"},
    {"ImmunizationEvaluation", "date", ""},
    {"Location", "telecom address", ""},
    {"Media", "", "content.data content.url content.title content.hash"},
    {"Medication", "ingredient", ""},
    {"MedicationDispense", "whenHandedOver", ""},
    {"MedicationRequest", "dosageInstruction",
     "dosageInstruction.text dosageInstruction.additionalInstruction "
     "dosageInstruction.patientInstruction dosageInstruction.asNeeded dosageInstruction.site "
     "dosageInstruction.route dosageInstruction.method dosageInstruction.doseAndRate "
     "dosageInstruction.maxDosePerPeriod dosageInstruction.maxDosePerAdministration "
     "dosageInstruction.maxDosePerLifetime dosageInstruction.extension "
     "dosageInstruction.modifierExtension"},
    {"Observation", "category interpretation referenceRange", ""},
    {"Organization", "telecom address", ""},
    {"Practitioner", "qualification communication photo",
     "identifier birthDate gender address telecom"},
    {"PractitionerRole", "availableTime notAvailable", ""},
    {"Questionnaire", "item", ""},
    {"RequestGroup", "authoredOn", ""},
    {"Task", "authoredOn", ""},
    {"ValueSet", "compose expansion", ""},
};

/* Elements of another class than the row they stand in. `full`: he must see that class of these
 * people in full; else a reduced view of it is enough. The number of a row is a bit of
 * Reduced.facets. */
static const struct {
    const char *type, *elements;
    AccessClass class;
    bool full;
} facets[] = {
    {"Patient", "identifier telecom address contact", D2_CONTACT, true},
    {"Person", "identifier telecom address", D2_CONTACT, true},
    {"RelatedPerson", "identifier telecom address", D2_CONTACT, true},
    {"Appointment",
     "reasonCode reasonReference description comment patientInstruction supportingInformation",
     D7_PROBLEMS, false},
    {"AppointmentResponse", "comment", D7_PROBLEMS, false},
    {"Encounter", "reasonCode reasonReference diagnosis", D7_PROBLEMS, false},
    {"EpisodeOfCare", "diagnosis", D7_PROBLEMS, false},
    {"Task", "description reasonCode reasonReference note input output", D7_PROBLEMS, false},
    {"CareTeam", "reasonCode reasonReference note", D7_PROBLEMS, false},
};
static_assert(COUNT_OF(facets) < FACET_NARRATIVE, "a facet is a bit");

/* ---- the tables by type number ----------------------------------------------------------------
 */

static struct {
    uint8_t view[TYPES_MAX]; /* from 1; 0 = none */
    uint32_t facets[TYPES_MAX];
    bool directory[TYPES_MAX]; /* may be about nobody */
} by_type;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void)
{
    assert(fhir_type_count() < TYPES_MAX);
    for (size_t i = 0; i < COUNT_OF(views); i++)
        by_type.view[fhir_type_find(str_of(views[i].type))] = (uint8_t)(i + 1);
    for (size_t i = 0; i < COUNT_OF(facets); i++)
        by_type.facets[fhir_type_find(str_of(facets[i].type))] |= 1u << i;
    for (size_t i = 0; i < subject_row_count; i++)
        by_type.directory[fhir_type_find(str_of(subject_rows[i].type))] =
            subject_rows[i].about != ABOUT_SOMEBODY;
}

static uint32_t facets_of(uint16_t type)
{
    pthread_once(&once, fill);
    return type < TYPES_MAX ? by_type.facets[type] : 0;
}

/* ---- what is lacking ---------------------------------------------------------------------------
 */

static bool shows_facet(const Access *access, uint16_t type, const Facts *facts, size_t facet)
{
    Facts other = *facts;
    other.class = (uint8_t)facets[facet].class;
    Sight sight = access_sees(access, type, &other);
    return facets[facet].full ? sight == SIGHT_FULL : sight != SIGHT_NONE;
}

Reduced reduced_of(const Access *access, uint16_t type, const Facts *facts, Sight sight)
{
    Reduced lack = {0};
    const Rights *rights = access_rights(access);
    if (access_is_system(access))
        return lack;
    if (sight != SIGHT_FULL)
        lack.classes = 1u << facts->class;
    /* Why a record was opened belongs to the log, for whoever sees that. */
    uint32_t of_type = facts->class == D16_AUDIT ? 0 : facets_of(type);
    for (uint32_t left = of_type; left; left &= left - 1) {
        size_t facet = (size_t)__builtin_ctz(left);
        if (!shows_facet(access, type, facts, facet))
            lack.facets |= 1u << facet;
    }
    if (!rights || rights->role == ROLE_SECRETARY)
        lack.facets |= 1u << FACET_NARRATIVE;
    return lack;
}

/* Whether a mask may show a row without one of its facets: for each way in which it shows rows, the
 * facet's class must be shown in that way or a wider one. */
static bool may_lack_facet(const RightsMask *mask, uint32_t classes, size_t facet)
{
    uint32_t class = 1u << facets[facet].class;
    uint32_t all = mask->read | (facets[facet].full ? 0 : mask->reduced);
    uint32_t own = all | mask->own;
    return ((mask->read | mask->reduced) & classes && !(all & class)) ||
           (mask->own & classes && !(own & class)) ||
           (mask->authored & classes && !((own | mask->authored) & class));
}

static void add_mask(Reduced *worst, const RightsMask *mask, uint32_t classes, uint32_t of_type)
{
    worst->classes |= mask->reduced & ~mask->read & classes;
    for (uint32_t left = of_type & ~worst->facets; left; left &= left - 1) {
        size_t facet = (size_t)__builtin_ctz(left);
        if (may_lack_facet(mask, classes, facet))
            worst->facets |= 1u << facet;
    }
}

Reduced reduced_at_worst(const Access *access, uint16_t type)
{
    const Rights *rights = access_rights(access);
    Reduced worst = {0};
    uint32_t of_type = facets_of(type), all = (1u << ACCESS_CLASSES) - 1;
    if (access_is_system(access))
        return worst;
    if (!rights || type >= TYPES_MAX)
        return (Reduced){all, of_type | 1u << FACET_NARRATIVE};
    uint32_t classes = by_type.directory[type] ? all : all & ~(1u << D0_DIRECTORY);
    if (by_type.directory[type])
        add_mask(&worst, &rights->nobody, classes, of_type);
    add_mask(&worst, &rights->stranger, classes, of_type);
    for (size_t i = 0; i < rights->link_count; i++)
        add_mask(&worst, &rights->links[i].mask, classes, of_type);
    if (rights->role == ROLE_SECRETARY)
        worst.facets |= 1u << FACET_NARRATIVE;
    return worst;
}

/* ---- the part ------------------------------------------------------------------------------- */

typedef struct {
    FhirPart part;
    Str keep[ELEMENTS_MAX], drop[ELEMENTS_MAX];
} View;

static size_t add_words(Str *to, size_t count, const char *words)
{
    Str rest = str_of(words);
    while (rest.at && rest.len) {
        assert(count < ELEMENTS_MAX);
        to[count++] = str_cut(&rest, ' ');
    }
    return count;
}

static void make_view(View *view, uint16_t type, Reduced lack)
{
    uint32_t of_type = facets_of(type) & lack.facets;
    view->part = (FhirPart){.summary = lack.classes != 0, .keep = view->keep, .drop = view->drop};
    if (lack.classes && type < TYPES_MAX && by_type.view[type]) {
        view->part.keep_count = add_words(view->keep, 0, views[by_type.view[type] - 1].keep);
        view->part.drop_count = add_words(view->drop, 0, views[by_type.view[type] - 1].drop);
    }
    for (; of_type; of_type &= of_type - 1)
        view->part.drop_count =
            add_words(view->drop, view->part.drop_count, facets[__builtin_ctz(of_type)].elements);
}

Status reduced_write(Ctx *cx, uint16_t type, Reduced lack, Str body, Buf *out)
{
    View view;
    if (reduced_is_whole(lack)) {
        buf_add_str(out, body);
        return buf_done(out);
    }
    make_view(&view, type, lack);
    return fhir_part(cx, &view.part, body, out);
}

/* ---- paths of a parameter ---------------------------------------------------------------------
 */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The word at *at, and *at behind it. */
static Str take_word(Str text, size_t *at)
{
    size_t from = *at;
    while (*at < text.len && is_word(text.at[*at]))
        ++*at;
    return str_n(text.at + from, *at - from);
}

/* "reasonCode" of "Encounter.reasonCode.where(...)": element names up to a function. */
static Str take_path(Str text, size_t *at)
{
    size_t from = *at + 1, end = from;
    while (*at < text.len && text.at[*at] == '.') {
        size_t next = *at + 1;
        Str word = take_word(text, &next);
        if (!word.len || (next < text.len && text.at[next] == '('))
            break;
        end = *at = next;
    }
    return str_n(text.at + from, end - from);
}

static bool is_root(uint16_t type, Str word)
{
    return str_eq(word, fhir_type_name(type)) || str_eq(word, STR("Resource")) ||
           str_eq(word, STR("DomainResource"));
}

bool reduced_hides(Reduced lack, uint16_t type, Str expression)
{
    View view;
    size_t paths = 0;
    if (reduced_is_whole(lack))
        return false;
    make_view(&view, type, lack);
    for (size_t i = 0; i < expression.len; i++) {
        char c = expression.at[i];
        if (c == '%' || c == '$' || c == '`') /* %resource and its kin lead anywhere */
            return true;
        if (c == '\'') { /* over a literal */
            while (++i < expression.len && expression.at[i] != '\'')
                i += expression.at[i] == '\\';
            continue;
        }
        if (!is_word(c) || (i && (expression.at[i - 1] == '.' || is_word(expression.at[i - 1]))))
            continue;
        size_t at = i;
        Str word = take_word(expression, &at);
        if (!is_root(type, word))
            continue;
        Str path = take_path(expression, &at);
        if (!path.len || !fhir_part_has(&view.part, type, path))
            return true;
        paths++;
    }
    return paths == 0;
}

/* ---- writing what is seen in part -------------------------------------------------------------
 */

bool reduced_is_part(const JsonValue *resource)
{
    JsonValue *tag;
    for (JsonIter it = json_iter(json_get(json_get(resource, STR("meta")), STR("tag")));
         json_next(&it, NULL, &tag);) {
        if (str_eq(json_get_str(tag, STR("code")), STR("SUBSETTED")))
            return true;
    }
    return false;
}

static bool is_hidden(const View *view, uint16_t type, Str name)
{
    return !str_eq(name, STR("resourceType")) &&
           !fhir_part_has(&view->part, type, name.at[0] == '_' ? str_from(name, 1) : name);
}

static void add_member(Buf *out, Str name, const JsonValue *value)
{
    if (out->len > 1)
        buf_add_char(out, ',');
    json_write_string(out, name);
    buf_add_char(out, ':');
    json_write(out, value, false);
}

/* What he does not see, as it was; a narrative would tell of what is not so any more. */
static void add_hidden(Buf *out, const View *view, uint16_t type, const JsonValue *before)
{
    Str name = STR_EMPTY;
    JsonValue *value;
    for (JsonIter it = json_iter(before); json_next(&it, &name, &value);) {
        if (name.len && is_hidden(view, type, name) && !str_eq(name, STR("text")))
            add_member(out, name, value);
    }
}

static Status add_seen(Ctx *cx, Buf *out, const View *view, uint16_t type,
                       const JsonValue *resource)
{
    Str name = STR_EMPTY;
    JsonValue *value;
    for (JsonIter it = json_iter(resource); json_next(&it, &name, &value);) {
        if (name.len && is_hidden(view, type, name))
            return ctx_fail(cx, STATUS_FORBIDDEN, fhir_type_name(type),
                            "An element is named that this account does not see.");
        if (!str_eq(name, STR("meta"))) {
            add_member(out, name, value);
            continue;
        }
        buf_add_str(out, out->len > 1 ? STR(",\"meta\":") : STR("\"meta\":"));
        fhir_write_meta_subsetted(out, value, false);
    }
    return STATUS_OK;
}

Status reduced_restore(Ctx *cx, uint16_t type, Reduced lack, Str before, const JsonValue *resource,
                       Buf *out)
{
    View view;
    JsonValue *old;
    if (lack.classes)
        return ctx_fail(cx, STATUS_FORBIDDEN, fhir_type_name(type),
                        "What is seen in part only cannot be changed.");
    if (reduced_is_whole(lack) || !before.len) {
        json_write(out, resource, false);
        return buf_done(out);
    }
    make_view(&view, type, lack);
    TRY(json_parse(cx, before, &old));
    assert(out->len == 0);
    buf_add_char(out, '{');
    TRY(add_seen(cx, out, &view, type, resource));
    add_hidden(out, &view, type, old);
    buf_add_char(out, '}');
    return buf_done(out);
}
