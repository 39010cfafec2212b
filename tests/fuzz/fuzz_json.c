/* fuzz_json.c - any bytes: refused with a sentence, or read, written and read again alike.
 *
 * SPEC RFC 8259 */
#include "json/json.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Ctx cx = fuzz_ctx();
    JsonValue *first, *second;
    if (json_parse(&cx, fuzz_str(data, size), &first) != STATUS_OK) {
        assert(cx.issue_count > 0);
        return 0;
    }
    for (int pretty = 0; pretty < 2; pretty++) {
        Buf out;
        buf_init(&out, cx.arena, 1024, size * 300 + 1024);
        json_write(&out, first, pretty);
        assert(json_parse(&cx, buf_str(&out), &second) == STATUS_OK);
        assert(json_equal(first, second, false));
        assert(json_equal(first, second, true));
    }
    return 0;
}
