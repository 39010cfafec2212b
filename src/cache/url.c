/* cache/url.c - redis://[[user]:password@]host[:port][/database] and unix:PATH[?db=N].
 *
 * Not rediss://: what travels is sealed already, but for the password; docs/adr/0079. */
#include "cache/inner.h"

enum { PORT = 6379, DATABASE_MAX = 65535 };

static Status bad_url(Ctx *cx, const char *what)
{
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                    "The address of Redis %s; it is redis://host:port/database or unix:PATH.",
                    what);
}

static Status parse_unix(Ctx *cx, Arena *arena, Str rest, Place *place)
{
    if (str_has_prefix(rest, STR("//")))
        rest = str_from(rest, 2);
    Str path = str_cut(&rest, '?');
    if (rest.len &&
        (!str_has_prefix(rest, STR("db=")) || !str_to_u64(str_from(rest, 3), &place->database)))
        return bad_url(cx, "has something other than ?db=N behind its path");
    if (!path.len || path.at[0] != '/')
        return bad_url(cx, "has no path from the root");
    place->path = arena_str(arena, path);
    return place->path.at ? STATUS_OK : STATUS_MEMORY;
}

/* "host:port", "[::1]:port", "host". */
static Status parse_host(Ctx *cx, Arena *arena, Str text, Place *place)
{
    Str host = text, port = STR_EMPTY;
    uint64_t number = PORT;
    if (text.len && text.at[0] == '[') {
        port = str_from(text, 1);
        host = str_cut(&port, ']');
        if (!port.at || (port.len && port.at[0] != ':'))
            return bad_url(cx, "has a host with a broken [ ]");
        port = str_from(port, 1);
    } else {
        host = str_cut(&port, ':');
        port = text;
        host = str_cut(&port, ':');
    }
    if (!host.len)
        return bad_url(cx, "has no host");
    if (port.len && (!str_to_u64(port, &number) || number < 1 || number > 65535))
        return bad_url(cx, "has a port that is none");
    place->host = arena_str(arena, host);
    place->port = (uint16_t)number;
    return place->host.at ? STATUS_OK : STATUS_MEMORY;
}

static Status decode(Ctx *cx, Arena *arena, Str text, Str *ret_text)
{
    Str decoded;
    if (uri_decode(arena, text, false, &decoded))
        return bad_url(cx, "has a broken percent-encoding in its user or password");
    *ret_text = arena_str(arena, decoded);
    return ret_text->at ? STATUS_OK : STATUS_MEMORY;
}

static Status parse_redis(Ctx *cx, Arena *arena, Str rest, Place *place)
{
    Str host = str_cut(&rest, '/');
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < host.len; i++) {
        if (host.at[i] == '@')
            at = i; /* the last one: passwords have them too */
    }
    if (at != SIZE_MAX) {
        Str password = str_head(host, at), user = str_cut(&password, ':');
        host = str_from(host, at + 1);
        if (!password.at)
            return bad_url(cx, "has a user without a password");
        TRY(decode(cx, arena, user, &place->user));
        TRY(decode(cx, arena, password, &place->password));
    }
    if (rest.len && !str_to_u64(rest, &place->database))
        return bad_url(cx, "has a database that is no number");
    return parse_host(cx, arena, host, place);
}

Status cache_check_url(Ctx *cx, Str url)
{
    Place place;
    return place_parse(cx, cx->arena, url, &place);
}

Status place_parse(Ctx *cx, Arena *arena, Str url, Place *ret_place)
{
    Place place = {.path = STR_EMPTY};
    if (str_has_prefix(url, STR("unix:")))
        TRY(parse_unix(cx, arena, str_from(url, 5), &place));
    else if (str_has_prefix(url, STR("redis://")))
        TRY(parse_redis(cx, arena, str_from(url, 8), &place));
    else if (str_has_prefix(url, STR("rediss://")))
        return ctx_fail(cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "TLS to Redis (rediss://) is not offered: Aceso encrypts what it puts "
                        "there itself. Use redis://, or a tunnel to hide the password too.");
    else
        return bad_url(cx, "is not understood");
    if (place.database > DATABASE_MAX)
        return bad_url(cx, "has a database that is too large");
    *ret_place = place;
    return STATUS_OK;
}
