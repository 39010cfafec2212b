/* fuzz_target.c - any bytes as a request target, as strangers write them. What is decoded is
 * UTF-8 without a NUL, and no longer than what came.
 *
 * SPEC RFC 3986 2.1 */
#include "http/target.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Ctx cx = fuzz_ctx();
    Str path, query, text;
    if (!target_split(fuzz_str(data, size), &path, &query))
        return 0;
    if (target_decode(cx.arena, path, false, &text)) {
        assert(text.len <= path.len);
        assert(!memchr(text.at, 0, text.len));
        assert(str_is_utf8(text));
    }
    bool sound = target_query_is_sound(cx.arena, query);
    if (target_param(cx.arena, query, STR("_format"), &text) && sound)
        assert(text.len <= query.len);
    return 0;
}
