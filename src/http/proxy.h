/* http/proxy.h - the header with which a load balancer says who its client is.
 *
 *     PROXY TCP4 198.51.100.22 203.0.113.7 35646 443\r\n                    version 1
 *     \r\n\r\n\0\r\nQUIT\n 21 11 000c  c6336416 cb007107 8b3e 01bb            version 2
 *
 * It comes before anything else on the connection, TLS too. Who may send it is for the site to
 * see to: the setting proxy_protocol believes whoever connects.
 *
 * SPEC The PROXY protocol, versions 1 and 2 (haproxy, 2020/03/05), section 2 */
#ifndef ACESO_HTTP_PROXY_H
#define ACESO_HTTP_PROXY_H

#include "base/base.h"
#include "http/slot.h"

enum { PROXY_BYTES_MAX = 536 }; /* what is guaranteed to come in one piece; section 2 */

typedef enum {
    PROXY_MORE, /* so far it is the beginning of one */
    PROXY_BAD,  /* it is none, or longer than PROXY_BYTES_MAX */
    PROXY_DONE,
} ProxyVerdict;

/* bytes: the beginning of a connection. When done, *ret_used is the length of the header, and
 * *address the client's, or left as it is when the balancer speaks for itself (its health
 * checks) or does not know. */
ProxyVerdict proxy_read(Str bytes, size_t *ret_used, SlotAddress *address);

#endif
