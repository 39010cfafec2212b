/* load/target.c - a base address taken apart and looked up. */
#include <netdb.h>

#include "load/client.h"
#include "base/base.h"

static void look_up(Target *target, Arena *arena, Str port)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    Str name = arena_str(arena, target->name);
    Str service = arena_str(arena, port);
    int failed = getaddrinfo(name.at, service.at, &hints, &found);
    if (failed)
        load_fail("%s port %s: %s", name.at, service.at, gai_strerror(failed));
    memcpy(&target->address, found->ai_addr, found->ai_addrlen);
    target->address_len = found->ai_addrlen;
    freeaddrinfo(found);
}

static void set_up_tls(Target *target, bool insecure)
{
    target->tls_context = SSL_CTX_new(TLS_client_method());
    if (!target->tls_context || !SSL_CTX_set_default_verify_paths(target->tls_context))
        load_fail("TLS could not be set up");
    SSL_CTX_set_mode(target->tls_context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(target->tls_context, 1);
    SSL_CTX_set_verify(target->tls_context, insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
}

void target_init(Target *target, Arena *arena, Str base, Str headers, bool insecure)
{
    *target = (Target){.headers = headers};
    target->tls = str_has_prefix(base, STR("https://"));
    if (!target->tls && !str_has_prefix(base, STR("http://")))
        load_fail("--base must begin with http:// or https://");
    Str rest = str_from(base, target->tls ? 8 : 7);
    size_t slash = str_index(rest, '/');
    target->host = str_head(rest, slash);
    target->path = slash == SIZE_MAX ? STR_EMPTY : str_from(rest, slash);
    while (str_has_suffix(target->path, STR("/")))
        target->path.len--;

    Str port = target->host;
    if (str_has_prefix(port, STR("["))) { /* an IPv6 address: [::1]:8080 */
        target->name = str_from(str_cut(&port, ']'), 1);
        port = str_from(port, 1);
    } else {
        target->name = str_cut(&port, ':');
    }
    if (port.len == 0)
        port = target->tls ? STR("443") : STR("80");
    look_up(target, arena, port);
    if (target->tls)
        set_up_tls(target, insecure);
}
