/* load/template.h - resources with gaps, filled anew for every request.
 *
 * A template is JSON with gaps written {{name}}. It is cut once into pieces; filling it
 * copies the pieces and a few generated values and allocates nothing. */
#ifndef LOAD_TEMPLATE_H
#define LOAD_TEMPLATE_H

#include "base/buf.h"
#include "base/clock.h"

typedef struct {
    uint64_t state;
} Rng;

uint64_t rng_next(Rng *rng);
/* 0 .. below-1, evenly enough for a load. */
uint64_t rng_below(Rng *rng, uint64_t below);

/* What the gaps of one resource refer to; references as they stand in JSON, such as
 * "Patient/1" or "urn:uuid:...". Empty ones leave their element out. */
typedef struct {
    Rng *rng;
    Str id; /* empty when the server gives one */
    Str patient, practitioner, organization, encounter;
} Fill;

typedef struct Template Template;

typedef enum {
    TEMPLATE_PATIENT,
    TEMPLATE_LOCATION,
    TEMPLATE_ORGANIZATION,
    TEMPLATE_PRACTITIONER,
    TEMPLATE_ENCOUNTER,
    TEMPLATE_OBSERVATION,
    TEMPLATE_MEDICATION_REQUEST,
    TEMPLATE_CLAIM,
    TEMPLATE_EXPLANATION_OF_BENEFIT,
    TEMPLATE_MIXED_COUNT, /* the nine of the mix end here */
    TEMPLATE_CONDITION = TEMPLATE_MIXED_COUNT,
    TEMPLATE_DIAGNOSTIC_REPORT,
    TEMPLATE_COUNT
} TemplateKind;

/* "Patient" */
Str template_type(TemplateKind kind);
/* Appends one resource. */
void template_fill(TemplateKind kind, const Fill *fill, Buf *into);

enum { TEMPLATE_URN_LEN = 45 };
/* "urn:uuid:..." of random digits, written to text. */
Str template_urn(Rng *rng, char text[TEMPLATE_URN_LEN]);
/* Appends an entry of a transaction that creates one resource. */
void template_entry(TemplateKind kind, Str full_url, const Fill *fill, Buf *into);

/* For template.c alone: the texts, in load/resources.c. */
extern const char *const template_texts[TEMPLATE_COUNT];

#endif
