/* fhir/fhir.h - FHIR R4 (4.0.1) as tables, and what is done with them.
 *
 * The tables are generated from HL7's own definition files (tools/gen_definitions.c);
 * no list of types, elements or parameters is written by hand. Type numbers are positions
 * in the sorted list of resource types, from 1; 0 is none. The list of R4 is closed, so
 * they are stable and may stand in a store.
 *
 * SPEC R4 structuredefinition.html, datatypes.html, json.html, searchparameter.html */
#ifndef ACESO_FHIR_H
#define ACESO_FHIR_H

#include "base/base.h"
#include "json/json.h"

#define FHIR_VERSION "4.0.1"

/* ---- resource types ---------------------------------------------------------- */

/* The number of a concrete resource type ("Patient"), 0 when there is none. */
uint16_t fhir_type_find(Str name);
Str fhir_type_name(uint16_t type);
uint16_t fhir_type_count(void); /* types are 1..count */

/* All types, data types and backbone elements ("Patient.contact") too: numbers 1..count, as in
 * PathItem.type; fhir_type_name knows them all. */
uint16_t fhir_all_type_count(void);

/* ---- validation -------------------------------------------------------------- */

/* A string of the resource that points somewhere: what a transaction may have to rewrite. */
typedef enum {
    FHIR_LINK_REFERENCE, /* Reference.reference */
    FHIR_LINK_URI,       /* uri, url, oid, uuid, canonical: Attachment.url and its kin, but not
                          * what only names a system or an extension */
    FHIR_LINK_XHTML,     /* a narrative that has a href= or src= in it */
} FhirLinkKind;
typedef struct FhirLink {
    struct FhirLink *next;
    JsonValue *value;
    FhirLinkKind kind;
    const uint16_t *targets; /* of a reference: the types it may point to, then 0; NULL = any */
} FhirLink;

typedef struct {
    uint16_t type;
    Str id;          /* as in the resource; empty when absent */
    FhirLink *links; /* in source order */
} FhirChecked;

/* Structural validation from the tables: unknown elements, cardinality, types, primitive
 * formats, choice types, required bindings, reference targets, contained resources,
 * extensions, _field pairs, duplicate JSON names. Every fault is an issue with the FHIRPath
 * of the element and what was expected; STATUS_INVALID when the JSON has not the shape of
 * the type, STATUS_UNPROCESSABLE when only a value breaks a rule (binding, target, format).
 * `partial` lets id be absent: POST. In a Bundle, entry.resource is checked as part of it,
 * unless skip_entries is set: record_bundle checks them one by one. */
typedef struct {
    bool skip_entries;
} FhirCheck;
Status fhir_validate(Ctx *cx, JsonValue *resource, const FhirCheck *how,
                     FhirChecked *ret_checked) MUST_USE;

/* Whether text is a value of the primitive type ("date", "id", "code", ...), by the
 * regular expression of the specification; false for an unknown type. */
bool fhir_primitive_is(Str type, Str text);

/* SPEC R4 datatypes.html#id: [A-Za-z0-9\-\.]{1,64} */
bool fhir_id_is(Str text);

/* ---- writing ----------------------------------------------------------------- */

/* Writes resource with this id and with meta.versionId and meta.lastUpdated set; all else as
 * it came. resourceType, id and meta come first. The bytes are what a read answers. */
void fhir_write(Buf *buf, const JsonValue *resource, Str id, uint32_t version, Time updated);
/* The same with another meta.security: the text of an array, or empty for none;
 * at = NULL: as it is. */
void fhir_write_labelled(Buf *buf, const JsonValue *resource, Str id, uint32_t version,
                         Time updated, Str security);

/* A view of a stored resource. SPEC R4 search.html#summary, #elements. The answer carries the
 * SUBSETTED tag unless the view is FHIR_VIEW_FULL. Mandatory elements, id, meta stay. */
typedef enum {
    FHIR_VIEW_FULL,
    FHIR_VIEW_TRUE,  /* elements marked summary */
    FHIR_VIEW_TEXT,  /* text, id, meta and mandatory elements */
    FHIR_VIEW_DATA,  /* all but text */
    FHIR_VIEW_COUNT, /* searches only */
    FHIR_VIEW_ELEMENTS,
} FhirViewKind;
typedef struct {
    FhirViewKind kind;
    const Str *elements; /* for FHIR_VIEW_ELEMENTS: names as given, "Patient.name" or "name" */
    size_t element_count;
    bool pretty;
} FhirView;
Status fhir_view(Ctx *cx, const FhirView *view, Str body, Buf *out) MUST_USE;

/* A part of a resource for somebody who may not see all of it. Elements are paths without the type
 * ("reasonCode", "content.attachment.data"; of a choice "value"). Always without narrative,
 * contained resources and, of a summary, what is not marked; SUBSETTED is set. What would be left
 * empty goes too. */
typedef struct {
    bool summary;    /* only elements marked summary, and mandatory ones */
    const Str *keep; /* these too */
    size_t keep_count;
    const Str *drop; /* never these */
    size_t drop_count;
} FhirPart;
Status fhir_part(Ctx *cx, const FhirPart *part, Str body, Buf *out) MUST_USE;
/* Whether all that stands at the path is in the part. */
bool fhir_part_has(const FhirPart *part, uint16_t type, Str path);
/* Writes meta with the tag SUBSETTED, or without it. */
void fhir_write_meta_subsetted(Buf *buf, const JsonValue *meta, bool subsetted);

/* Whether a name of _elements ("name", "Patient.name") is an element of the type. A choice
 * is asked for without its type: "value". */
bool fhir_has_element(uint16_t type, Str name);

/* ---- dates ------------------------------------------------------------------- */

/* The range of instants that a date, dateTime or instant means at its precision: from
 * *ret_lo up to, not including, *ret_hi. Without a zone it is read in UTC.
 * False when it is none. SPEC R4 search.html#date */
bool fhir_date_range(Str text, Time *ret_lo, Time *ret_hi);

/* ---- search parameters ------------------------------------------------------- */

typedef enum {
    FHIR_PARAM_NUMBER,
    FHIR_PARAM_DATE,
    FHIR_PARAM_STRING,
    FHIR_PARAM_TOKEN,
    FHIR_PARAM_REFERENCE,
    FHIR_PARAM_COMPOSITE,
    FHIR_PARAM_QUANTITY,
    FHIR_PARAM_URI,
    FHIR_PARAM_SPECIAL,
} FhirParamKind;

/* One part of a composite: the parameter that says its type, and where its value stands,
 * seen from what the composite's own expression reaches. */
typedef struct {
    Str definition; /* canonical of a SearchParameter */
    Str expression;
} FhirComponent;

/* One row per (resource type, code). `id` is stable for the pinned definitions. */
typedef struct {
    uint16_t id;
    uint16_t type; /* resource type */
    FhirParamKind kind;
    Str code;                        /* "birthdate" */
    Str url;                         /* canonical of the SearchParameter */
    Str expression;                  /* FHIRPath; empty for _text, _content, _query */
    const FhirComponent *components; /* of a composite */
    size_t component_count;
    const uint16_t *targets; /* allowed target types of a reference parameter */
    size_t target_count;
} FhirParam;

/* NULL when the type has no such parameter; those of Resource and DomainResource (_id, _tag,
 * _lastUpdated, ...) are found under every type. */
const FhirParam *fhir_param_find(uint16_t type, Str code);
/* All of a type, sorted by code. */
const FhirParam *fhir_params_of(uint16_t type, size_t *ret_count);

/* The R4 compartment: codes of the parameters that put a resource of `type` into the
 * compartment ("Patient"); none when it is never in it. */
const Str *fhir_compartment_params(Str compartment, uint16_t type, size_t *ret_count);

#endif
