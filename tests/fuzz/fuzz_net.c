/* fuzz_net.c - any bytes as the address of another server. What the judge lets through is written
 * in one form, which it reads the same again; and its host is one that everybody reads alike: no
 * user, no escape, no number but a public one.
 *
 * SPEC RFC 3986 3.2 */
#include <arpa/inet.h>

#include "net/net.h"

#include "fuzz.h"

static bool number_is_public(Str host)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, host.at, &four.sin_addr) == 1)
        return net_address_is_public((struct sockaddr *)&four);
    return inet_pton(AF_INET6, host.at, &six.sin6_addr) == 1 &&
           net_address_is_public((struct sockaddr *)&six);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Ctx cx = fuzz_ctx();
    NetUrl url, again;
    struct in_addr loose;
    Str text = fuzz_str(data, size);
    if (net_url_judge(&cx, text, NULL, STR_EMPTY, &url) != STATUS_OK)
        return 0;
    assert(!url.named && (url.port == 80 || url.port == 443));
    assert(str_index(url.host, '@') == SIZE_MAX && str_index(url.host, '%') == SIZE_MAX);
    assert(strlen(url.host.at) == url.host.len && strlen(url.whole.at) == url.whole.len);
    if (url.is_address)
        assert(number_is_public(url.host));
    else /* the C library sees a number in none that passed for a name */
        assert(inet_aton(url.host.at, &loose) == 0);
    if (url.whole.len <= NET_URL_BYTES_MAX) {
        assert(net_url_judge(&cx, url.whole, NULL, STR_EMPTY, &again) == STATUS_OK);
        assert(str_eq(url.whole, again.whole) && str_eq(url.host, again.host));
    }
    return 0;
}
