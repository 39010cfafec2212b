/* net/url.c - an address as text, in the one form that every reader understands alike.
 *
 * Whatever could be read in two ways is refused, not repaired: backslashes, users, other forms of
 * an IPv4 address than four decimal numbers (0x7f.1, 2130706433, 0177.0.0.1), percent-encoded
 * hosts, letters outside ASCII (an IDN is written in its xn-- form), a dot at the end, zones. What
 * is then asked for is written anew from the parts, so that libcurl reads what was judged.
 *
 * SPEC RFC 3986 3.2, RFC 5890 2.3.2.1, RFC 6874 */
#include "net/inner.h"

#include <arpa/inet.h>

enum { LABEL_BYTES_MAX = 63 };

static Status refuse(Ctx *cx, const char *why)
{
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "This address is not one to be asked: it %s.",
                    why);
}

/* ---- hosts ---------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_label_char(char c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
}

/* Four decimal numbers without zeros in front: what inet_ntop would write. */
static bool is_ipv4(const char *text)
{
    struct in_addr at;
    char again[INET_ADDRSTRLEN];
    return inet_pton(AF_INET, text, &at) == 1 && inet_ntop(AF_INET, &at, again, sizeof(again)) &&
           str_eq(str_of(text), str_of(again));
}

/* A last label of digits alone, or of 0x and what follows, makes a URL reader see an IPv4 address
 * in some form. SPEC WHATWG URL 3.5 "ends in a number" */
static bool ends_in_number(Str label)
{
    bool digits = true;
    for (size_t i = 0; i < label.len; i++)
        digits &= is_digit(label.at[i]);
    return digits || str_has_prefix(label, STR("0x"));
}

static const char *check_name(Str host)
{
    Str rest = host, label = STR_EMPTY;
    while (rest.at) {
        label = str_cut(&rest, '.');
        if (!label.len)
            return "has a dot too many in its host";
        if (label.len > LABEL_BYTES_MAX)
            return "has a host with a part that is too long";
        for (size_t i = 0; i < label.len; i++) {
            if (!is_label_char(label.at[i]))
                return "has a character in its host that no name has";
        }
        if (label.at[0] == '-' || label.at[label.len - 1] == '-')
            return "has a part of its host that begins or ends with a hyphen";
    }
    return ends_in_number(label) ? "has a number for a host that is not four decimal numbers"
                                 : NULL;
}

static const char *read_ipv6(Arena *arena, Str inside, Str *ret_host)
{
    struct in6_addr at;
    char again[INET6_ADDRSTRLEN];
    Str text = arena_str(arena, inside);
    if (!text.at || text.len >= sizeof(again) || strlen(text.at) != text.len ||
        inet_pton(AF_INET6, text.at, &at) != 1)
        return "has brackets around something that is no IPv6 address";
    *ret_host = arena_str(arena, str_of(inet_ntop(AF_INET6, &at, again, sizeof(again))));
    return ret_host->at ? NULL : "is too long";
}

static const char *read_port(Str text, unsigned *ret_port)
{
    uint64_t port = 0;
    if (text.len > 5 || !str_to_u64(text, &port) || port < 1 || port > 65535 || text.at[0] == '0')
        return "has a port that is none";
    *ret_port = (unsigned)port;
    return NULL;
}

static Str small_letters(Arena *arena, Str text)
{
    char *to = arena_alloc(arena, text.len + 1);
    for (size_t i = 0; to && i < text.len; i++)
        to[i] = text.at[i] >= 'A' && text.at[i] <= 'Z' ? (char)(text.at[i] + 32) : text.at[i];
    return str_n(to, to ? text.len : 0);
}

/* "host", "host:port", "[v6]:port": small letters, one form only. *ret_port is 0 when none is
 * said. NULL, or what is wrong, for a sentence. */
static const char *host_read(Arena *arena, Str text, Str *ret_host, unsigned *ret_port,
                             bool *ret_is_address)
{
    const char *wrong = NULL;
    Str port = STR_EMPTY;
    *ret_port = 0;
    *ret_is_address = false;
    if (text.len && text.at[0] == '[') {
        Str inside = str_from(text, 1);
        Str v6 = str_cut(&inside, ']');
        if (!inside.at || (inside.len && inside.at[0] != ':'))
            return "has a bracket that is not closed";
        *ret_is_address = true;
        wrong = read_ipv6(arena, v6, ret_host);
        return wrong || !inside.len ? wrong : read_port(str_from(inside, 1), ret_port);
    }
    port = text;
    Str host = small_letters(arena, str_cut(&port, ':'));
    if (!host.at || !host.len || host.len > NET_HOST_BYTES_MAX)
        return "has no host, or one that is too long";
    *ret_host = host;
    *ret_is_address = strlen(host.at) == host.len && is_ipv4(host.at);
    wrong = *ret_is_address ? NULL : check_name(host);
    return wrong || !port.at ? wrong : read_port(port, ret_port);
}

/* Names that no name server of the internet answers for: of this machine and of the site. A name
 * without a point is looked up in the site's own domain. SPEC RFC 6761, RFC 6762, RFC 8375 */
static bool is_name_inside(Str host)
{
    static const Str endings[] = {
        STR_INIT(".localhost"), STR_INIT(".local"),       STR_INIT(".internal"),
        STR_INIT(".home.arpa"), STR_INIT(".localdomain"), STR_INIT(".lan"),
        STR_INIT(".intranet"),  STR_INIT(".corp"),        STR_INIT(".home"),
        STR_INIT(".private"),   STR_INIT(".test"),        STR_INIT(".example"),
        STR_INIT(".invalid"),   STR_INIT(".onion"),       STR_INIT(".alt"),
    };
    if (str_index(host, '.') == SIZE_MAX)
        return true;
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        if (str_has_suffix(host, endings[i]))
            return true;
    }
    return false;
}

static bool literal_is_public(Str host)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, host.at, &four) == 1)
        return address4_is_public((const uint8_t *)&four);
    return inet_pton(AF_INET6, host.at, &six) == 1 && address6_is_public((const uint8_t *)&six);
}

/* ---- what the site allows ------------------------------------------------------------------- */

static bool port_is_usual(unsigned port)
{
    return port == 80 || port == 443;
}

static bool is_allowed(const NetHost *host, const NetUrl *url)
{
    return str_eq(host->host, url->host) &&
           (host->port ? host->port == url->port : port_is_usual(url->port));
}

Status net_site_read(Ctx *cx, Str hosts, Str ca_file, NetSite *ret_site)
{
    NetSite site = {.ca_file = arena_str(cx->arena, ca_file)};
    Str rest = hosts;
    while (rest.at && rest.len) {
        NetHost host;
        bool is_address;
        Str one = str_trim(str_cut(&rest, ','));
        if (site.host_count == NET_HOSTS_MAX)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "outgoing_hosts has at most %d names.",
                            NET_HOSTS_MAX);
        const char *wrong = host_read(cx->arena, one, &host.host, &host.port, &is_address);
        if (wrong)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "outgoing_hosts is a list like fhir.lan, keycloak.lan:8443: one %s.",
                            wrong);
        site.hosts[site.host_count++] = host;
    }
    *ret_site = site;
    return site.ca_file.at ? STATUS_OK : STATUS_MEMORY;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static bool has_stray_byte(Str url)
{
    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.at[i];
        if (c <= ' ' || c >= 0x7f || c == '\\' || c == '"' || c == '<' || c == '>' || c == '^' ||
            c == '`' || c == '{' || c == '|' || c == '}')
            return true;
    }
    return false;
}

static const char *read_scheme(Str url, bool *ret_tls, Str *ret_rest)
{
    static const Str schemes[] = {STR_INIT("https://"), STR_INIT("http://")};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        if (str_eq_nocase(str_head(url, schemes[i].len), schemes[i])) {
            *ret_tls = i == 0;
            *ret_rest = str_from(url, schemes[i].len);
            return NULL;
        }
    }
    return "does not begin with https:// or http://";
}

static const char *read_parts(Arena *arena, Str text, NetUrl *url)
{
    Str rest;
    if (!text.len || text.len > NET_URL_BYTES_MAX)
        return "is empty or too long";
    if (has_stray_byte(text))
        return "has a character that no address has";
    const char *wrong = read_scheme(text, &url->tls, &rest);
    if (wrong)
        return wrong;
    size_t end = 0;
    while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?' && rest.at[end] != '#')
        end++;
    Str host = str_head(rest, end);
    url->target = str_from(rest, end);
    if (str_index(host, '@') != SIZE_MAX)
        return "names a user before its host";
    if (str_index(url->target, '#') != SIZE_MAX)
        return "has a fragment";
    wrong = host_read(arena, host, &url->host, &url->port, &url->is_address);
    if (!url->port)
        url->port = url->tls ? 443 : 80;
    return wrong;
}

static Status write_whole(Ctx *cx, NetUrl *url)
{
    bool six = str_index(url->host, ':') != SIZE_MAX;
    bool slash = !url->target.len || url->target.at[0] != '/';
    url->whole = arena_format(cx->arena, "%s://%s" STR_FMT "%s:%u%s" STR_FMT,
                              url->tls ? "https" : "http", six ? "[" : "", STR_ARG(url->host),
                              six ? "]" : "", url->port, slash ? "/" : "", STR_ARG(url->target));
    return url->whole.at ? STATUS_OK : STATUS_MEMORY;
}

static bool is_named(Arena *arena, const NetUrl *url, const NetSite *site, Str named)
{
    NetUrl of = {0};
    if (named.len && !read_parts(arena, named, &of) && str_eq(of.host, url->host) &&
        of.port == url->port)
        return true;
    for (size_t i = 0; site && i < site->host_count; i++) {
        if (is_allowed(&site->hosts[i], url))
            return true;
    }
    return false;
}

Status net_url_judge(Ctx *cx, Str text, const NetSite *site, Str named, NetUrl *ret_url)
{
    NetUrl url = {0};
    const char *wrong = read_parts(cx->arena, text, &url);
    if (wrong)
        return refuse(cx, wrong);
    url.named = is_named(cx->arena, &url, site, named);
    if (!url.named) {
        if (url.is_address ? !literal_is_public(url.host) : is_name_inside(url.host))
            return refuse(cx, "is inside a network, and outgoing_hosts does not name it");
        if (!port_is_usual(url.port) && !(site && site->any_port))
            return refuse(cx, "has another port than 80 and 443, and outgoing_hosts does not "
                              "name it");
    }
    TRY(write_whole(cx, &url));
    *ret_url = url;
    return STATUS_OK;
}
