/* net/inner.h - what the files of net share. Nobody else includes it. */
#ifndef ACESO_NET_INNER_H
#define ACESO_NET_INNER_H

#include "net/net.h"

/* address.c: bytes in network order. */
bool address4_is_public(const uint8_t bytes[4]);
bool address6_is_public(const uint8_t bytes[16]);

#endif
