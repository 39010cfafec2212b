/* http/listen.h - a listening socket. */
#ifndef ACESO_HTTP_LISTEN_H
#define ACESO_HTTP_LISTEN_H

#include "base/base.h"

/* address: a name or a number; "localhost" listens on 127.0.0.1 alone, "::" on everything of
 * both families. port 0 = any free one. shared: others may listen at the same place with the
 * same wish (SO_REUSEPORT). The issue says why not. */
Status listen_open(Ctx *cx, Str address, uint16_t port, bool shared, int *ret_fd) MUST_USE;
/* 0 when it is no socket of the internet. */
uint16_t listen_port(int fd);

#endif
