/* http/listen.h - a listening socket. */
#ifndef ACESO_HTTP_LISTEN_H
#define ACESO_HTTP_LISTEN_H

#include "base/base.h"

/* address: a name or a number; "localhost" listens on 127.0.0.1 alone, "::" on everything of
 * both families. port 0 = any free one. The issue says why not. */
Status listen_open(Ctx *cx, Str address, uint16_t port, int *ret_fd, uint16_t *ret_port) MUST_USE;

#endif
