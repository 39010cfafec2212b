/* tests/fuzz/fuzz.h - what every fuzz target starts with.
 *
 * A target gets bytes from libFuzzer and says with assert() what must hold for any input;
 * the sanitizers see the rest. One arena serves all inputs of a run. */
#ifndef ACESO_FUZZ_H
#define ACESO_FUZZ_H

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A Ctx on an emptied arena. */
static inline Ctx fuzz_ctx(void)
{
    static Arena *arena;
    if (!arena)
        arena = arena_new((size_t)64 << 20, false);
    arena_clear(arena);
    return (Ctx){.arena = arena};
}

static inline Str fuzz_str(const uint8_t *data, size_t size)
{
    return (Str){(const char *)data, size};
}

#endif
