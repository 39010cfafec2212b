/* fhir/validate.h - what the files of the validator share. */
#ifndef ACESO_FHIR_VALIDATE_H
#define ACESO_FHIR_VALIDATE_H

#include "fhir/lookup.h"
#include "fhir/primitive.h"

/* Where the validator stands: written out only when something is wrong. */
typedef struct Place {
    const struct Place *up;
    Str name;     /* of the element for FHIRPath; the type at the root of a resource */
    size_t index; /* in an array */
    bool in_array;
} Place;

/* One resource: the container of its contained ones. */
typedef struct {
    const JsonValue *contained; /* the array, or NULL */
    bool local_references;      /* some link begins with # */
} Scope;

typedef struct {
    Ctx *cx;
    const FhirCheck *how;
    Status worst; /* STATUS_INVALID outweighs STATUS_UNPROCESSABLE */
    FhirLink *links;
    FhirLink **links_end;
    Scope *scope;
    bool stop; /* so many issues that no more are looked for, or no memory */
} Check;

/* Adds an issue at the place (and its member `name`, may be empty). */
void check_fail(Check *c, Status status, const Place *place, Str name, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void check_link(Check *c, JsonValue *value, FhirLinkKind kind, const uint16_t *targets);

/* A value of a primitive type, its binding included. owner is the type that has the element. */
void check_primitive(Check *c, const Place *place, const ElementRow *row, JsonValue *value);
/* What a Reference, a CodeableConcept, an Extension must be beyond its elements. */
void check_special(Check *c, const Place *place, const ElementRow *row, JsonValue *object);
/* Contained resources after the resource itself; links are those that it collected. */
void check_contained(Check *c, const Place *place, FhirLink *links);

#endif
