/* oauth/url.c - addresses of programs: held to so few forms that two readers cannot disagree.
 *
 * SPEC RFC 9700 4.1, RFC 8252 7, 8.4 */
#include "oauth/inner.h"

/* Printable, and nothing that one reader takes for the end and another does not. */
static bool is_plain(Str url)
{
    for (size_t i = 0; i < url.len; i++) {
        if (url.at[i] <= ' ' || url.at[i] > '~' || strchr("\"<>\\^`{|}#", url.at[i]))
            return false;
    }
    return url.len > 0 && url.len <= OAUTH_URL_BYTES_MAX;
}

static bool is_host_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
}

static bool is_port(Str port)
{
    uint64_t number;
    return str_to_u64(port, &number) && number > 0 && number < 65536 && port.at[0] != '0';
}

/* host, host:port or [::1]:port. */
static bool split_authority(Str authority, Str *ret_host)
{
    static const Str loopback_6 = STR_INIT("[::1]");
    Str rest = authority, host;
    if (str_has_prefix(authority, loopback_6)) {
        host = loopback_6;
        rest = str_from(authority, loopback_6.len);
        if (rest.len && rest.at[0] != ':')
            return false;
        rest = rest.len ? str_from(rest, 1) : (Str){NULL, 0};
    } else {
        host = str_cut(&rest, ':');
    }
    for (size_t i = 0; i < host.len && host.at[0] != '['; i++) {
        if (!is_host_letter(host.at[i]))
            return false;
    }
    *ret_host = host;
    return host.len > 0 && (!rest.at || is_port(rest));
}

static bool is_this_machine(Str host)
{
    return str_eq_nocase(host, STR("localhost")) || str_eq(host, STR("127.0.0.1")) ||
           str_eq(host, STR("[::1]"));
}

static bool split_web(Str url, Str *ret_scheme, Str *ret_authority)
{
    static const Str schemes[] = {STR_INIT("https://"), STR_INIT("http://")};
    Str host;
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        if (!str_has_prefix(url, schemes[i]))
            continue;
        Str rest = str_from(url, schemes[i].len);
        size_t end = 0;
        while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?')
            end++;
        *ret_scheme = schemes[i];
        *ret_authority = str_head(rest, end);
        return split_authority(*ret_authority, &host) && (i == 0 || is_this_machine(host));
    }
    return false;
}

bool url_is_web(Str url)
{
    Str scheme, authority;
    return is_plain(url) && split_web(url, &scheme, &authority);
}

bool url_origin(Arena *arena, Str url, Str *ret_origin)
{
    Str scheme, authority;
    if (!is_plain(url) || !split_web(url, &scheme, &authority))
        return false;
    Str origin = arena_format(arena, STR_FMT STR_FMT, STR_ARG(scheme), STR_ARG(authority));
    if (!origin.at)
        return false;
    /* A browser leaves out the port of the scheme. */
    Str usual = str_eq(scheme, STR("https://")) ? STR(":443") : STR(":80");
    if (str_has_suffix(authority, usual))
        origin.len -= usual.len;
    for (size_t i = 0; i < origin.len; i++) {
        char *c = (char *)(uintptr_t)origin.at + i;
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    }
    *ret_origin = origin;
    return true;
}

bool url_is_redirect(Str url)
{
    size_t colon = str_index(url, ':');
    if (url_is_web(url))
        return true;
    if (!is_plain(url) || colon == SIZE_MAX || colon + 2 > url.len)
        return false;
    Str scheme = str_head(url, colon);
    if (str_index(scheme, '.') == SIZE_MAX || scheme.at[0] == '.' || url.at[colon + 1] != '/')
        return false;
    for (size_t i = 0; i < scheme.len; i++) {
        if (!is_host_letter(scheme.at[i]) && scheme.at[i] != '+')
            return false;
    }
    return true;
}
