/* fhir/tables.h - the shape of the generated tables (definitions.c in the build folder).
 *
 * Shared by the generator that writes them and the code that reads them; outside
 * src/fhir only terms includes it. Names are offsets into one pool: two bytes of length (low
 * first), then the text. Rows refer to each other by number, 0 is none, so every table starts with
 * an empty row. Member names are found through a hash table of each type:
 *
 *   slot = (hash(name) + n) & type.slot_mask, n = 0, 1, ...; a slot holds the element's
 *   position in its type from 1; 0 ends the search. At most half of the slots are used. */
#ifndef ACESO_FHIR_TABLES_H
#define ACESO_FHIR_TABLES_H

#include "fhir/fhir.h"

typedef enum {
    KIND_NONE,
    KIND_RESOURCE, /* a concrete resource type */
    KIND_COMPLEX,  /* a data type */
    KIND_PRIMITIVE,
    KIND_BACKBONE,     /* Patient.contact */
    KIND_ANY_RESOURCE, /* "Resource": contained, Bundle.entry.resource */
} TypeKind;

typedef enum {
    PRIMITIVE_NONE,
    PRIMITIVE_BASE64_BINARY,
    PRIMITIVE_BOOLEAN,
    PRIMITIVE_CANONICAL,
    PRIMITIVE_CODE,
    PRIMITIVE_DATE,
    PRIMITIVE_DATE_TIME,
    PRIMITIVE_DECIMAL,
    PRIMITIVE_ID,
    PRIMITIVE_INSTANT,
    PRIMITIVE_INTEGER,
    PRIMITIVE_MARKDOWN,
    PRIMITIVE_OID,
    PRIMITIVE_POSITIVE_INT,
    PRIMITIVE_STRING,
    PRIMITIVE_TIME,
    PRIMITIVE_UNSIGNED_INT,
    PRIMITIVE_URI,
    PRIMITIVE_URL,
    PRIMITIVE_UUID,
    PRIMITIVE_XHTML,
    PRIMITIVE_COUNT
} Primitive;

typedef struct {
    uint64_t mandatory; /* a bit for each group that must be there */
    uint32_t name;
    uint32_t slots; /* first one in fhir_slots */
    uint16_t slot_mask;
    uint16_t elements; /* first row in fhir_elements */
    uint16_t element_count;
    uint8_t kind;
    uint8_t primitive;
} TypeRow;

enum {
    ELEMENT_ARRAY = 1,
    ELEMENT_SUMMARY = 2,
    ELEMENT_MANDATORY = 4,
    ELEMENT_CHOICE = 8,
    ELEMENT_MODIFIER = 16
};

typedef struct {
    uint32_t name; /* as in JSON: valueQuantity */
    uint32_t base; /* without the type: value */
    uint16_t type;
    uint16_t binding; /* a required one that can be enumerated */
    uint16_t targets; /* in fhir_targets, a list that 0 ends; 0 = anything */
    uint8_t group;    /* in its type; the alternatives of a choice share one */
    uint8_t flags;
} ElementRow;

typedef struct {
    uint32_t url;
    uint32_t slots; /* first one in fhir_binding_slots: concept numbers by hash of the code */
    uint32_t codes; /* first one in fhir_binding_codes: concept numbers in their order */
    uint16_t slot_mask;
    uint16_t code_count;
} BindingRow;

typedef struct {
    uint16_t first;
    uint16_t count;
} Range;

typedef struct {
    Str name;
    const Range *types; /* by resource type, into fhir_compartment_codes */
} CompartmentRow;

extern const char fhir_pool[];
extern const TypeRow fhir_types[];
extern const ElementRow fhir_elements[];
extern const uint16_t fhir_slots[];
extern const uint16_t fhir_targets[];
extern const BindingRow fhir_bindings[];
extern const uint16_t fhir_binding_codes[];
extern const uint16_t fhir_binding_slots[];
extern const FhirParam fhir_params[];
extern const Range fhir_param_ranges[]; /* by resource type */
extern const Str fhir_compartment_codes[];
extern const CompartmentRow fhir_compartments[];
extern const uint16_t fhir_type_rows;      /* rows of fhir_types, all kinds */
extern const uint16_t fhir_type_parents[]; /* by type: what it is derived from; 0 = nothing */
/* Abstract types without elements of their own here (DomainResource, Element): their numbers
 * begin at fhir_type_rows, and they have rows in fhir_type_parents. */
extern const uint32_t fhir_abstract_names[];
extern const uint16_t fhir_abstract_count;
extern const uint16_t fhir_resource_count; /* they are the first: 1..count */
extern const uint16_t fhir_compartment_count;
extern const uint16_t fhir_type_slots[]; /* all types that have a name of their own */
extern const uint16_t fhir_type_slot_mask;

static inline Str fhir_pool_str(uint32_t at)
{
    const unsigned char *p = (const unsigned char *)fhir_pool + at;
    return (Str){(const char *)p + 2, (size_t)(p[0] | p[1] << 8)};
}

static inline uint32_t fhir_hash(Str s)
{
    uint32_t h = (uint32_t)s.len * 0x9E3779B1u;
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.at[i]) * 0x01000193u;
    return h ^ h >> 15;
}

#endif
