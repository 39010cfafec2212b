/* record/referring.h - who names a patient, for operation_referring. */
#ifndef ACESO_RECORD_REFERRING_H
#define ACESO_RECORD_REFERRING_H

#include "record/internal.h"

/* Numbers of all rows that refer to "Patient/1" by a parameter of search, or are in the
 * compartment, ascending, each once, as the scene's caller finds them. */
Status referring_find(const Scene *scene, Ctx *cx, StoreReader *reader, Str name,
                      uint64_t **ret_rids, size_t *ret_count) MUST_USE;

#endif
