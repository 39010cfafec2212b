/* fuzz_proxy.c - any bytes at the beginning of a connection, where a load balancer should say who
 * its client is. What is done has used no more than came; what is more to come never was too much;
 * and a header does not change its meaning when bytes follow it.
 *
 * SPEC The PROXY protocol, versions 1 and 2 */
#include "http/proxy.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SlotAddress first = {.any.sa_family = AF_INET}, second = first;
    size_t used = 0, again = 0;
    Str bytes = fuzz_str(data, size);
    ProxyVerdict verdict = proxy_read(bytes, &used, &first);
    if (verdict == PROXY_MORE)
        assert(size < PROXY_BYTES_MAX);
    if (verdict != PROXY_DONE)
        return 0;
    assert(used && used <= size && used <= PROXY_BYTES_MAX);
    assert(proxy_read(str_head(bytes, used), &again, &second) == PROXY_DONE);
    assert(again == used && memcmp(&first, &second, sizeof(first)) == 0);
    return 0;
}
