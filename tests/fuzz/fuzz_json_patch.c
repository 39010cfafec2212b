/* fuzz_json_patch.c - a document, a line feed that JSON text cannot need, and a patch. What a
 * patch makes is JSON, and a refused patch says why.
 *
 * SPEC RFC 6902 */
#include "json/json.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Ctx cx = fuzz_ctx();
    Str input = fuzz_str(data, size);
    const char *cut = size ? memchr(data, '\n', size) : NULL;
    if (!cut)
        return 0;
    size_t before = (size_t)(cut - input.at);

    JsonValue *document, *patch, *made;
    if (json_parse(&cx, (Str){input.at, before}, &document) != STATUS_OK ||
        json_parse(&cx, str_from(input, before + 1), &patch) != STATUS_OK)
        return 0;
    Buf out;
    buf_init(&out, cx.arena, 1024, (size_t)8 << 20);
    size_t issues = cx.issue_count;
    if (json_patch(&cx, document, patch, &out) == STATUS_OK)
        assert(json_parse(&cx, buf_str(&out), &made) == STATUS_OK);
    else
        assert(cx.issue_count > issues);
    return 0;
}
