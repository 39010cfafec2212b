/* net/address.c - which addresses belong to everybody. Pure: a table of ranges that do not, taken
 * from the registries of special addresses.
 *
 * SPEC RFC 6890 and the registries of IANA it founded; RFC 6052 (NAT64), 3056 (6to4),
 * 4380 (Teredo), 5214 (ISATAP) */
#include "net/net.h"

#include <arpa/inet.h>

#include "net/inner.h"

/* First bytes, and how many bits of them count. */
static const struct {
    uint8_t first[4];
    unsigned bits;
} closed4[] = {
    {{0}, 8},                 /* this network; 0.0.0.0 is this host */
    {{10}, 8},                /* private */
    {{100, 64}, 10},          /* shared, CGNAT */
    {{127}, 8},               /* loopback */
    {{169, 254}, 16},         /* link-local, and the metadata of clouds */
    {{172, 16}, 12},          /* private */
    {{192, 0, 0}, 24},        /* protocol assignments */
    {{192, 0, 2}, 24},        /* documentation */
    {{192, 31, 196}, 24},     /* AS112 */
    {{192, 52, 193}, 24},     /* AMT */
    {{192, 88, 99}, 24},      /* 6to4 relays, withdrawn */
    {{192, 168}, 16},         /* private */
    {{192, 175, 48}, 24},     /* AS112 */
    {{198, 18}, 15},          /* benchmarks */
    {{198, 51, 100}, 24},     /* documentation */
    {{203, 0, 113}, 24},      /* documentation */
    {{224}, 4},               /* multicast */
    {{240}, 4},               /* reserved, and broadcast */
    {{168, 63, 129, 16}, 32}, /* the virtual host server of Azure: public by its number alone */
};

/* Of IPv6 only 2000::/3 is given out, so the rest needs no rows; these are the exceptions in it. */
static const struct {
    uint8_t first[6];
    unsigned bits;
} closed6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23},       /* protocol assignments: Teredo, ORCHID, benchmarks */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},       /* documentation */
    {{0x20, 0x02}, 16},                   /* 6to4: an IPv4 address in disguise */
    {{0x26, 0x20, 0x00, 0x4f, 0x80}, 48}, /* AS112 */
    {{0x3f, 0xfe}, 16},                   /* 6bone, given back */
    {{0x3f, 0xff}, 20},                   /* documentation */
};

static bool starts_with(const uint8_t *bytes, const uint8_t *first, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(bytes, first, whole) != 0)
        return false;
    uint8_t mask = (uint8_t)(0xff00u >> rest);
    return !rest || (bytes[whole] & mask) == (first[whole] & mask);
}

bool address4_is_public(const uint8_t bytes[4])
{
    for (size_t i = 0; i < COUNT_OF(closed4); i++) {
        if (starts_with(bytes, closed4[i].first, closed4[i].bits))
            return false;
    }
    return true;
}

/* The well-known prefix of NAT64, 64:ff9b::/96, is how a network of IPv6 alone reaches the IPv4
 * internet: it counts as what it stands for. Mapped addresses are never what a name server should
 * answer, and the local NAT64 prefix (64:ff9b:1::/48) is the site's own: closed, as everything
 * outside 2000::/3. */
bool address6_is_public(const uint8_t bytes[16])
{
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    static const uint8_t isatap[3] = {0x00, 0x5e, 0xfe};
    if (memcmp(bytes, nat64, sizeof(nat64)) == 0)
        return address4_is_public(bytes + 12);
    if ((bytes[0] & 0xe0) != 0x20)
        return false;
    for (size_t i = 0; i < COUNT_OF(closed6); i++) {
        if (starts_with(bytes, closed6[i].first, closed6[i].bits))
            return false;
    }
    bool tunnelled = (bytes[8] & 0xfd) == 0 && memcmp(bytes + 9, isatap, sizeof(isatap)) == 0;
    return !tunnelled || address4_is_public(bytes + 12);
}

bool net_address_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in at;
        memcpy(&at, address, sizeof(at));
        return address4_is_public((const uint8_t *)&at.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 at;
        memcpy(&at, address, sizeof(at));
        return at.sin6_scope_id == 0 && address6_is_public((const uint8_t *)&at.sin6_addr);
    }
    return false;
}
