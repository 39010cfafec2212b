/* access/reduced.h - what of a resource a caller does not get who may see only a part of it.
 *
 * Two things make a part of a row:
 *
 *   its class   access_sees says SIGHT_REDUCED: he gets the elements that the specification marks
 *               as summary, with what the table of classes (reduced.c) adds and takes away
 *   facets      elements that belong to another class than the row they stand in: the address of a
 *               Patient (D1) is D2, the reason of an Encounter (D3) is D7. They are left out when
 *               the caller does not see that class of the same people; narratives, extensions and
 *               contained resources go with them. A secretary gets no narrative at all.
 *
 * What a part lacks must not be found by asking for it either. So whoever shows rows does this:
 *
 *   reading    Sight sight = access_sees(access, type, &facts);          NONE: there is no row
 *              Reduced lack = reduced_of(access, type, &facts, sight);
 *              reduced_is_whole(lack) ? the bytes as they are
 *                                     : reduced_write(cx, type, lack, body, &out)
 *              and _summary, _elements (fhir_view) from there on: the tag SUBSETTED is set.
 *   searching  Reduced worst = reduced_at_worst(access, type), once for each type that the query
 *              names (chains, _has, includes); each parameter that is used in any way, also to
 *              sort or with :missing, is refused (400) when reduced_hides(worst, type, expression).
 *   writing    what is seen in part for its class is not written (access_may_write). Where only
 *              facets are hidden, the caller changes what he sees: a patch is applied to the bytes
 *              of reduced_write, and what comes of it, or the body of an update, goes through
 *              reduced_restore. Anything else that carries SUBSETTED is refused: reduced_is_part.
 *
 * SPEC R4 search.html#summary, resource.html#Meta */
#ifndef ACESO_ACCESS_REDUCED_H
#define ACESO_ACCESS_REDUCED_H

#include "access/access.h"
#include "base/base.h"
#include "json/json.h"

/* What is lacking; all 0: nothing. */
typedef struct {
    uint32_t classes; /* bit AccessClass: seen as the reduced view of this class; of one row at most
                         one */
    uint32_t facets;  /* bits, rows of the table in reduced.c */
} Reduced;

static inline bool reduced_is_whole(Reduced lack)
{
    return !lack.classes && !lack.facets;
}

/* Of one row that is seen. Asks access_sees about other classes of the same people; no
 * allocation. */
Reduced reduced_of(const Access *access, uint16_t type, const Facts *facts, Sight sight);
/* All that any row of the type might lack for this caller, whomever it is about. */
Reduced reduced_at_worst(const Access *access, uint16_t type);

/* The bytes of the part, tagged SUBSETTED; the same bytes for a whole. */
Status reduced_write(Ctx *cx, uint16_t type, Reduced lack, Str body, Buf *out) MUST_USE;

/* Whether a parameter looks at something that is lacking: its FHIRPath (FhirParam.expression; of a
 * SearchParameter, its own). An empty one looks at everything (_text, _content), and so does one
 * that cannot be read as paths of this type. */
bool reduced_hides(Reduced lack, uint16_t type, Str expression);

/* meta.tag says that it is a part. */
bool reduced_is_part(const JsonValue *resource);

/* What is stored when a caller who does not see `lack` writes `resource` over `before` (bytes of
 * the current version): his elements, and what he does not see as it was, the tag SUBSETTED gone.
 * STATUS_FORBIDDEN with an issue when he names an element that he does not see, or when a class
 * is lacking. A new resource (before empty) is stored as he wrote it: he tells what he does not see
 * later. `out` is empty. */
Status reduced_restore(Ctx *cx, uint16_t type, Reduced lack, Str before, const JsonValue *resource,
                       Buf *out) MUST_USE;

#endif
