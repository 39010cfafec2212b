/* access/label.h - from a resource to the facts that decide who may see it.
 *
 * Two tables say what a resource is: subjects.c, one reviewed row for each type, says whom it is
 * about, who made it and for which organisation; the label rules (label-rules.json) say its class,
 * its confidentiality and the categories of sensitivity, by type, category, code and profile.
 * docs/guide/access-labels.md
 *
 * No FHIRPath and no store on the way of a write: one walk over the resource, with a look-up for
 * each coding. SPEC R4 security-labels.html */
#ifndef ACESO_ACCESS_LABEL_H
#define ACESO_ACCESS_LABEL_H

#include "access/facts.h"
#include "base/base.h"
#include "json/json.h"

/* Label rules, checked and compiled: immutable, for all threads. */
typedef struct Labels Labels;

/* The rules of this program, and those of a site behind them (JSON text; empty: none). What does
 * not hold to label-rules.schema.json is refused as a whole, with an issue that names the
 * place. */
Status labels_new(Ctx *cx, Str site, Labels **ret_labels) MUST_USE;
void labels_free(Labels *labels);
/* 16 hex digits that change with the rules, the table of subjects and this code. */
Str labels_digest(const Labels *labels);

/* What a label asks the store's side: record fills it in. */
typedef struct {
    const Labels *labels;
    const void *of;
    /* Keyed hash of "Patient/1". */
    uint64_t (*hash)(const void *of, Str text);
    /* "Patient/1" of "https://this.server/fhir/Patient/1/_history/2"; others as they are. */
    Str (*bare)(const void *of, Str reference);
    /* Facts of another resource, for what belongs to one (Binary). NULL, or false: not known. */
    bool (*facts_of)(const void *of, uint16_t type, Str id, Facts *ret_facts);
    /* Another resource, for what has its codes there (a prescription of a Medication). The same. */
    const JsonValue *(*resource_of)(const void *of, uint16_t type, Str id);
} Labeller;

typedef struct {
    uint16_t type;
    Str id;
    const JsonValue *resource; /* NULL: a deletion */
    Str writer;                /* "Practitioner/x", or empty */
    AccessRole role;           /* of the writer */
    uint64_t organisation;     /* of the writer; 0 = not known */
    const Facts *before;       /* of the version before; NULL: there is none, or it had none */
} LabelSource;

/* Never fails: what cannot be known is about somebody unknown, whom nobody has a link with. */
void label_resource(const Labeller *labeller, const LabelSource *source, Facts *ret_facts);

/* meta.security as it is to be stored: what stands in `meta`, less what an earlier label of this
 * program put there, and what `facts` say above N. The text of a JSON array, empty when nothing is
 * left; at = NULL when it is to stay as it is. */
Status label_security(Ctx *cx, const JsonValue *meta, const Facts *facts, Str *ret_array) MUST_USE;

/* The subject of what is about somebody who cannot be named: of no text the hash, so that nobody
 * can be given a link with it. */
#define LABEL_UNKNOWN UINT64_MAX

#endif
