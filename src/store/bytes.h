/* store/bytes.h - big-endian numbers in byte strings, so that memcmp orders them. */
#ifndef ACESO_STORE_BYTES_H
#define ACESO_STORE_BYTES_H

#include "base/base.h"

static inline void put_uint(char *to, size_t bytes, uint64_t value)
{
    while (bytes--) {
        to[bytes] = (char)(value & 0xff);
        value >>= 8;
    }
}

static inline uint64_t get_uint(const char *from, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | (unsigned char)from[i];
    return value;
}

#endif
