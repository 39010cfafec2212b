/* store/chain.h - how audit entries hang together: by whoever orders them.
 *
 * Each row of the audit log has a link of 32 bytes. Rows of one group (what a writer commits at
 * once) are linked to each other, and the last of them to the group before:
 *
 *     inner(1) = SHA-256(00 | zeros    | at u64 | entry)     at and entry of the first row
 *     inner(n) = SHA-256(00 | inner(n-1) | at u64 | entry)
 *     outer    = SHA-256(01 | outer of the group before | number u64 of the last row | inner(n))
 *
 * A row in the middle of a group has its inner as link, the last one outer; the first group of all
 * begins with zeros. The embedded store's rows are groups of one. In a database only the outer
 * hash is made under the lock that gives the numbers, one for a group, so that nodes do not wait
 * for each other longer: docs/adr/0116. Whoever reads the log in order tells by trying which
 * kind of link a row has. Numbers are big-endian. */
#ifndef ACESO_STORE_CHAIN_H
#define ACESO_STORE_CHAIN_H

#include "base/base.h"
#include "crypto/crypto.h"

typedef struct {
    uint8_t bytes[CRYPTO_SHA256_BYTES];
} ChainLink;

static inline Str chain_str(const ChainLink *link)
{
    return str_n((const char *)link->bytes, sizeof(link->bytes));
}
/* What stands in a row; false: it is no link. */
bool chain_read(Str bytes, ChainLink *ret_link) MUST_USE;

ChainLink chain_inner(ChainLink before, Time at, Str entry);
ChainLink chain_outer(ChainLink before, uint64_t number, ChainLink inner);

#endif
