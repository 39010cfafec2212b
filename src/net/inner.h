/* net/inner.h - what the files of net share. Nobody else includes it. */
#ifndef ACESO_NET_INNER_H
#define ACESO_NET_INNER_H

#include "net/net.h"

/* address.c: bytes in network order. */
bool address4_is_public(const uint8_t bytes[4]);
bool address6_is_public(const uint8_t bytes[16]);

/* "host", "host:port", "[v6]:port": small letters, one form only. *ret_port is 0 when none is
 * said. NULL, or what is wrong, for a sentence. url.c */
const char *host_read(Arena *arena, Str text, Str *ret_host, unsigned *ret_port,
                      bool *ret_is_address);

#endif
