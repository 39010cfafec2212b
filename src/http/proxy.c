/* http/proxy.c - PROXY protocol, both versions. */
#include "http/proxy.h"

#include <arpa/inet.h>

enum {
    V2_SIGNATURE_LEN = 12,
    V2_HEAD_LEN = 16,
    V2_LOCAL = 0x20,
    V2_PROXY = 0x21,
    V2_TCP4 = 0x11,
    V2_TCP6 = 0x21,
    V2_TCP4_LEN = 12,
    V2_TCP6_LEN = 36,
    V1_BYTES_MAX = 107, /* section 2.1 */
};

static const char v2_signature[V2_SIGNATURE_LEN + 1] = "\r\n\r\n\0\r\nQUIT\n";

static bool could_begin_with(Str bytes, Str prefix)
{
    size_t len = bytes.len < prefix.len ? bytes.len : prefix.len;
    return memcmp(bytes.at, prefix.at, len) == 0;
}

static void set_four(SlotAddress *address, const void *number, const void *port)
{
    *address = (SlotAddress){.four.sin_family = AF_INET};
    memcpy(&address->four.sin_addr, number, 4);
    memcpy(&address->four.sin_port, port, 2);
}

static void set_six(SlotAddress *address, const void *number, const void *port)
{
    *address = (SlotAddress){.six.sin6_family = AF_INET6};
    memcpy(&address->six.sin6_addr, number, 16);
    memcpy(&address->six.sin6_port, port, 2);
}

/* SPEC PROXY protocol 2.2: addresses of other families are passed over. */
static ProxyVerdict read_v2(Str bytes, size_t *ret_used, SlotAddress *address)
{
    const uint8_t *at = (const uint8_t *)bytes.at;
    if (bytes.len < V2_HEAD_LEN)
        return PROXY_MORE;
    size_t len = (size_t)at[14] << 8 | at[15];
    if (len > PROXY_BYTES_MAX - V2_HEAD_LEN || (at[12] != V2_LOCAL && at[12] != V2_PROXY))
        return PROXY_BAD;
    if (bytes.len < V2_HEAD_LEN + len)
        return PROXY_MORE;
    const uint8_t *from = at + V2_HEAD_LEN;
    bool spoken_for = at[12] == V2_PROXY;
    if (spoken_for && at[13] == V2_TCP4 && len >= V2_TCP4_LEN)
        set_four(address, from, from + 8);
    else if (spoken_for && at[13] == V2_TCP6 && len >= V2_TCP6_LEN)
        set_six(address, from, from + 32);
    else if (spoken_for && (at[13] == V2_TCP4 || at[13] == V2_TCP6))
        return PROXY_BAD;
    *ret_used = V2_HEAD_LEN + len;
    return PROXY_DONE;
}

/* "TCP4 from to port port" */
static bool read_v1_words(Str line, SlotAddress *address)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t number[16];
    uint64_t port;
    Str family = str_cut(&line, ' ');
    if (str_eq(family, STR("UNKNOWN")))
        return true;
    Str from = str_cut(&line, ' ');
    str_cut(&line, ' ');
    Str from_port = str_cut(&line, ' ');
    bool six = str_eq(family, STR("TCP6"));
    if ((!six && !str_eq(family, STR("TCP4"))) || !from.len || from.len >= sizeof(text) ||
        !str_to_u64(from_port, &port) || port > UINT16_MAX)
        return false;
    memcpy(text, from.at, from.len);
    text[from.len] = '\0';
    if (inet_pton(six ? AF_INET6 : AF_INET, text, number) != 1)
        return false;
    uint16_t net_port = htons((uint16_t)port);
    if (six)
        set_six(address, number, &net_port);
    else
        set_four(address, number, &net_port);
    return true;
}

static ProxyVerdict read_v1(Str bytes, size_t *ret_used, SlotAddress *address)
{
    Str head = str_head(bytes, V1_BYTES_MAX);
    const char *end = memmem(head.at, head.len, "\r\n", 2);
    if (!end)
        return bytes.len < V1_BYTES_MAX ? PROXY_MORE : PROXY_BAD;
    Str line = str_n(bytes.at, (size_t)(end - bytes.at));
    if (line.len < 6 || !read_v1_words(str_from(line, 6), address))
        return PROXY_BAD;
    *ret_used = line.len + 2;
    return PROXY_DONE;
}

ProxyVerdict proxy_read(Str bytes, size_t *ret_used, SlotAddress *address)
{
    if (!bytes.len)
        return PROXY_MORE;
    if (could_begin_with(bytes, str_n(v2_signature, V2_SIGNATURE_LEN)))
        return read_v2(bytes, ret_used, address);
    return could_begin_with(bytes, STR("PROXY ")) ? read_v1(bytes, ret_used, address) : PROXY_BAD;
}
