/* fhir/codes.h - the shape of the generated tables of code systems and value sets.
 *
 * A concept is a code of a system, known by its number from 1. The concepts that a system
 * defines stand together, in the order of their definition, parents before children:
 *
 *   fhir_systems[n].first .. first + count - 1    its own
 *   anywhere behind                               codes that some value set lists although
 *                                                 no code system here defines them (LOINC)
 *
 * Strings are places in fhir_pool (tables.h). The terms module reads these tables; in this
 * module only the required bindings do.
 *
 * SPEC R4 codesystem.html, valueset.html */
#ifndef ACESO_FHIR_CODES_H
#define ACESO_FHIR_CODES_H

#include "base/base.h"
#include "json/json.h"

typedef struct {
    uint32_t code;
    uint32_t display; /* empty for codes that only value sets list: they are others' words */
    uint16_t system;
    uint16_t parent; /* the concept it is nested in; 0 = none */
} ConceptRow;

/* How much of a code system is there. SPEC R4 valueset-codesystem-content-mode.html */
typedef enum {
    CONTENT_NONE, /* named by value sets only */
    CONTENT_NOT_PRESENT,
    CONTENT_EXAMPLE,
    CONTENT_FRAGMENT,
    CONTENT_COMPLETE,
    CONTENT_SUPPLEMENT,
} Content;

enum {
    SYSTEM_FOLDS = 1,    /* caseSensitive is false */
    SYSTEM_NOT_IS_A = 2, /* its hierarchy says something else than "is a" */
};

typedef struct {
    uint32_t url;
    uint32_t version;
    uint32_t slots; /* first one in fhir_concept_slots: concept numbers by hash of the code */
    uint16_t slot_mask;
    uint16_t first; /* concept */
    uint16_t count;
    uint8_t content;
    uint8_t flags;
} SystemRow;

/* A further parent: v3's "child" properties, subsumedBy. Sorted by child. */
typedef struct {
    uint16_t child, parent;
} ParentRow;

/* Sorted by concept. */
typedef struct {
    uint32_t code;
    uint32_t value;
    uint16_t concept;
} PropertyRow;

/* SPEC R4 valueset-filter-operator.html */
typedef enum {
    FILTER_NONE,
    FILTER_EQUAL,
    FILTER_IS_A,
    FILTER_DESCENDENT_OF,
    FILTER_IS_NOT_A,
    FILTER_REGEX,
    FILTER_IN,
    FILTER_NOT_IN,
    FILTER_GENERALIZES,
    FILTER_EXISTS,
} FilterOp;

typedef struct {
    uint32_t property;
    uint32_t value;
    uint32_t op;
} FilterRow;

/* One include or exclude of a value set. */
typedef struct {
    uint32_t version;    /* of the system, mostly empty */
    uint32_t codes;      /* first one in fhir_set_codes: concept numbers */
    uint16_t code_count; /* 0: all codes of the system that pass the filters */
    uint16_t system;     /* 0 = none, value sets only */
    uint16_t filters;    /* first one in fhir_set_filters */
    uint16_t imports;    /* first one in fhir_set_imports: canonical urls of value sets */
    uint8_t filter_count;
    uint8_t import_count;
    bool exclude;
} PartRow;

typedef struct {
    uint32_t url;
    uint32_t version;
    uint16_t parts; /* first one in fhir_set_parts */
    uint16_t part_count;
} SetRow;

extern const ConceptRow fhir_concepts[];
extern const uint16_t fhir_concept_slots[];
extern const ParentRow fhir_concept_parents[];
extern const uint16_t fhir_concept_parent_count;
extern const PropertyRow fhir_concept_properties[];
extern const uint16_t fhir_concept_property_count;
extern const SystemRow fhir_systems[];
extern const uint16_t fhir_system_slots[];
extern const uint16_t fhir_system_slot_mask;
extern const SetRow fhir_sets[];
extern const uint16_t fhir_set_count; /* they are 1..count */
extern const uint16_t fhir_set_slots[];
extern const uint16_t fhir_set_slot_mask;
extern const PartRow fhir_set_parts[];
extern const uint16_t fhir_set_codes[];
extern const FilterRow fhir_set_filters[];
extern const uint32_t fhir_set_imports[];

/* ---- words of the two resources, for the generator and for resources of the store ------- */

static inline Content content_of(Str code)
{
    static const Str names[] = {
        STR_INIT(""),         STR_INIT("not-present"), STR_INIT("example"),
        STR_INIT("fragment"), STR_INIT("complete"),    STR_INIT("supplement"),
    };
    for (size_t i = 1; i < COUNT_OF(names); i++) {
        if (str_eq(names[i], code))
            return (Content)i;
    }
    return CONTENT_NONE;
}

static inline FilterOp filter_op_of(Str code)
{
    static const Str names[] = {
        STR_INIT(""),
        STR_INIT("="),
        STR_INIT("is-a"),
        STR_INIT("descendent-of"),
        STR_INIT("is-not-a"),
        STR_INIT("regex"),
        STR_INIT("in"),
        STR_INIT("not-in"),
        STR_INIT("generalizes"),
        STR_INIT("exists"),
    };
    for (size_t i = 1; i < COUNT_OF(names); i++) {
        if (str_eq(names[i], code))
            return (FilterOp)i;
    }
    return FILTER_NONE;
}

/* SYSTEM_FOLDS, SYSTEM_NOT_IS_A. Without a meaning, and in a classification, a child is taken
 * to be a kind of its parent. SPEC R4 valueset-codesystem-hierarchy-meaning.html */
static inline uint8_t system_flags_of(const JsonValue *code_system)
{
    Str meaning = json_get_str(code_system, STR("hierarchyMeaning"));
    JsonValue *cased = json_get(code_system, STR("caseSensitive"));
    uint8_t flags = 0;
    if (json_is(cased, JSON_BOOL) && !json_bool(cased))
        flags |= SYSTEM_FOLDS;
    if (str_eq(meaning, STR("part-of")) || str_eq(meaning, STR("grouped-by")))
        flags |= SYSTEM_NOT_IS_A;
    return flags;
}

/* value[x] of a concept's property as text; of a Coding its code. */
static inline Str property_text(const JsonValue *property)
{
    Str name;
    JsonValue *value;
    for (JsonIter it = json_iter(property); json_next(&it, &name, &value);) {
        if (!str_has_prefix(name, STR("value")))
            continue;
        if (json_is(value, JSON_BOOL))
            return json_bool(value) ? STR("true") : STR("false");
        return json_is(value, JSON_OBJECT) ? json_get_str(value, STR("code")) : json_str(value);
    }
    return STR_EMPTY;
}

/* Whether a property's value names a parent or a child of the concept.
 * SPEC R4 codesystem-concept-properties.html */
static inline bool property_is_parent(Str code)
{
    return str_eq(code, STR("parent")) || str_eq(code, STR("subsumedBy"));
}

static inline bool property_is_child(Str code)
{
    return str_eq(code, STR("child"));
}

#endif
