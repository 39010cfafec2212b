/* fuzz_watch.c - what a stream is asked to watch (the first line), and a body that may be about it.
 */
#include "live/inner.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Str body = fuzz_str(data, size), text = str_cut(&body, '\n');
    Ctx cx = fuzz_ctx();
    static Live live = {.types = {1, 2, 3, 4, 5, 6}};
    LiveStream stream = {.live = &live, .watch_count = 1, .inbox = {.count = 1}};
    RecordChange change = {.type = 1, .id = STR("1"), .body = body, .before = body};
    stream.inbox.names[0].len =
        (uint8_t)snprintf(stream.inbox.names[0].text, LIVE_NAME_BYTES_MAX, "\"Practitioner/1\"");
    if (watch_parse(&cx, text, &stream.watches[0]) != STATUS_OK) {
        assert(cx.issues);
        return 0;
    }
    const Watch *watch = &stream.watches[0];
    assert(watch->id_len <= LIVE_ID_BYTES_MAX && watch->name_len < LIVE_NAME_BYTES_MAX);
    assert(watch->kind != WATCH_DAY || watch->lo < watch->hi);
    for (uint16_t type = 1; type <= 6; type++) {
        change.type = type;
        (void)watch_fits(&stream, &change);
    }
    return 0;
}
