/* store/chain.c - the two hashes of the audit chain. */
#include "store/chain.h"

enum { INNER = 0, OUTER = 1, HEAD_BYTES = 1 + CRYPTO_SHA256_BYTES + 8 };

static void put_head(char head[HEAD_BYTES], char kind, ChainLink before, uint64_t number)
{
    head[0] = kind;
    memcpy(head + 1, before.bytes, sizeof(before.bytes));
    for (size_t i = 0; i < 8; i++)
        head[HEAD_BYTES - 8 + i] = (char)(number >> (56 - 8 * i));
}

bool chain_read(Str bytes, ChainLink *ret_link)
{
    if (bytes.len != sizeof(ret_link->bytes))
        return false;
    memcpy(ret_link->bytes, bytes.at, bytes.len);
    return true;
}

ChainLink chain_inner(ChainLink before, Time at, Str entry)
{
    ChainLink link;
    char head[HEAD_BYTES];
    put_head(head, INNER, before, (uint64_t)at);
    crypto_sha256_parts((Str[]){str_n(head, sizeof(head)), entry}, 2, link.bytes);
    return link;
}

ChainLink chain_outer(ChainLink before, uint64_t number, ChainLink inner)
{
    ChainLink link;
    char head[HEAD_BYTES];
    put_head(head, OUTER, before, number);
    crypto_sha256_parts((Str[]){str_n(head, sizeof(head)), chain_str(&inner)}, 2, link.bytes);
    return link;
}
