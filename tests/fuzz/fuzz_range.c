/* fuzz_range.c - any Range header over answers of all sizes: what is read lies within the answer.
 *
 * SPEC RFC 9110 14.1.2 */
#include "http/range.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t sizes[] = {1, 10, 196608, UINT32_MAX, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        uint64_t from = UINT64_MAX, bytes = 0;
        if (!range_read(fuzz_str(data, size), sizes[i], &from, &bytes))
            continue;
        assert(bytes > 0 && from < sizes[i] && bytes <= sizes[i] - from);
    }
    return 0;
}
