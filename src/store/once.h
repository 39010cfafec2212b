/* store/once.h - rules of a commit that no engine needs its tables for. */
#ifndef ACESO_STORE_ONCE_H
#define ACESO_STORE_ONCE_H

#include "store/store.h"

/* A commit may touch a resource once: else STATUS_CONFLICT, and which write came second. */
Status once_each(Arena *arena, const StoreCommit *commit, size_t *ret_conflict) MUST_USE;

#endif
