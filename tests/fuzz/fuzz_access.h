/* tests/fuzz/fuzz_access.h - the program itself as a caller, for targets that parse a search. */
#ifndef ACESO_FUZZ_ACCESS_H
#define ACESO_FUZZ_ACCESS_H

#include "access/grant.h"

static inline const Access *fuzz_program(void)
{
    static Arena *forever;
    static const Access *program;
    if (!forever) {
        forever = arena_new(1 << 16, false);
        program = access_grant(forever, &(AccessGrant){.account = STR("fuzz"), .everything = true});
    }
    return program;
}

#endif
