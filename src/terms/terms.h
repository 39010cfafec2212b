/* terms/terms.h - code systems and value sets: who is in, who is above and below.
 *
 * Built in are the code systems and value sets of HL7's R4 files (fhir/codes.h); resources of
 * the store add to them or take their place. A Terms is made for one request, keeps what it
 * has looked up, and belongs to one thread; all its memory is of the Ctx that it was made with,
 * which must outlive it.
 *
 * Three answers exist: yes, no, and "that cannot be known here", because a code system is
 * not here (SNOMED CT, LOINC), only in part, or a filter is not supported. The third is
 * STATUS_UNSUPPORTED with an issue that names the value set and the reason, and is given only
 * when no other part of the value set decides: a code that is listed is a yes whatever else
 * the set includes.
 *
 * A value set is what its compose says. Its expansion is used instead, for all questions, when
 * there is no compose or when that takes codes of a system that is not here whole.
 *
 * Canonical urls may end in |version, which must then be the version that is here. Without one
 * the store's resource comes before the built-in one. Lists keep the order of their source.
 *
 * Codes are compared byte by byte, or without case where the code system is here and says
 * caseSensitive = false. compose.lockedDate is not looked at: one version of each is here.
 *
 * SPEC R4 valueset.html#composition, codesystem.html, search.html#token */
#ifndef ACESO_TERMS_H
#define ACESO_TERMS_H

#include "base/base.h"
#include "fhir/path/path.h"
#include "json/json.h"

enum {
    TERMS_CODES_MAX = 5000,      /* of an expansion, when the caller has no reason for another */
    TERMS_DEPTH_MAX = 16,        /* value sets within value sets; HL7's go 3 deep */
    TERMS_STEPS_MAX = 5000000,   /* concepts and parts looked at by one call: below 1 s */
    TERMS_CONCEPTS_MAX = 200000, /* of one CodeSystem of the store */
    TERMS_SYSTEMS_MAX = 256,     /* of one value set, when a code comes without its system */
};

/* Where resources of the store come from. `type` is "ValueSet" or "CodeSystem"; an empty
 * version asks for the current one. Not found: STATUS_OK and *ret_resource left alone. The
 * JSON must live as long as the Terms. */
typedef struct {
    Status (*lookup)(void *to, Ctx *cx, Str type, Str url, Str version, JsonValue **ret_resource);
    void *to;
} TermsSource;

typedef struct Terms Terms;
typedef struct TermsSet TermsSet;

/* source NULL: only what is built in. */
Status terms_new(Ctx *cx, const TermsSource *source, Terms **ret_terms) MUST_USE;

/* ---- value sets ------------------------------------------------------------------------ */

/* STATUS_INVALID (issue code not-found) when there is none, or not in that version; the same
 * when it is malformed. */
Status terms_set(Terms *terms, Ctx *cx, Str canonical, const TermsSet **ret_set) MUST_USE;
/* One that the caller has at hand: ValueSet/123, the body of $expand. */
Status terms_set_of(Terms *terms, Ctx *cx, JsonValue *value_set, const TermsSet **ret_set) MUST_USE;

/* Whether the set has the code. An empty system is worked out from the set, where only one of
 * its systems has the code; where several have it: STATUS_INVALID. */
Status terms_has(Terms *terms, Ctx *cx, const TermsSet *set, Str system, Str code,
                 bool *ret_has) MUST_USE;
/* The same by url, for PathEnv.member_of; to is a Terms. */
Status terms_member_of(void *to, Ctx *cx, Str value_set, Str system, Str code,
                       bool *ret_is) MUST_USE;

typedef struct {
    Str system, code;
    Str display;   /* may be empty */
    bool abstract; /* notSelectable: it groups others and is not for records */
    bool inactive;
} TermsCode;
typedef struct {
    TermsCode *items;
    size_t count;
} TermsCodes;

/* All codes of the set, each once. STATUS_UNSUPPORTED when they cannot be listed or are more
 * than codes_max (issue code too-costly). */
Status terms_expand(Terms *terms, Ctx *cx, const TermsSet *set, size_t codes_max,
                    TermsCodes *ret_codes) MUST_USE;

/* ---- code systems ---------------------------------------------------------------------- */

/* The code with its display. Not found: STATUS_OK and *ret_found false; also when its system is
 * not here, which *ret_sure (may be NULL) tells: false means that it may exist all the same. */
Status terms_find(Terms *terms, Ctx *cx, Str system, Str code, TermsCode *ret_code, bool *ret_found,
                  bool *ret_sure) MUST_USE;

/* The code itself and all that it is above of (`:below`), or below of (`:above`).
 * STATUS_UNSUPPORTED: the code system is not here, not whole, has a hierarchy that is no "is
 * a", or more than codes_max are found. STATUS_INVALID: it has no such code, or no system is
 * given. */
Status terms_below(Terms *terms, Ctx *cx, Str system, Str code, size_t codes_max,
                   TermsCodes *ret_codes) MUST_USE;
Status terms_above(Terms *terms, Ctx *cx, Str system, Str code, size_t codes_max,
                   TermsCodes *ret_codes) MUST_USE;
/* Whether `upper` is `lower` or above it. Fails as they do. */
Status terms_subsumes(Terms *terms, Ctx *cx, Str system, Str upper, Str lower,
                      bool *ret_subsumes) MUST_USE;
/* The same of Codings and CodeableConcepts (then one coding of each), for PathEnv.subsumes; to is a
 * Terms. Of different code systems none subsumes the other. STATUS_UNPROCESSABLE: a plain code,
 * which says no system. SPEC R4 fhirpath.html#functions */
Status terms_concept_subsumes(void *to, Ctx *cx, const PathItem *outer, const PathItem *inner,
                              bool *ret_is) MUST_USE;

#endif
