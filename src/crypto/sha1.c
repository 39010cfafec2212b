/* crypto/sha1.c - SHA-1 where others fixed it long ago: one-time codes (RFC 6238) and lists of
 * breached passwords. Nothing of our own rests on it: HMAC needs no collision resistance, and a
 * breached password is no secret. */
#include "crypto/crypto.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

bool crypto_sha1(Str bytes, uint8_t ret_hash[CRYPTO_SHA1_BYTES])
{
    return EVP_Digest(bytes.at, bytes.len, ret_hash, NULL, EVP_sha1(), NULL) == 1;
}

bool crypto_hmac_sha1(Str key, Str bytes, uint8_t ret_mac[CRYPTO_SHA1_BYTES])
{
    unsigned len = 0;
    return HMAC(EVP_sha1(), key.at, (int)key.len, (const uint8_t *)bytes.at, bytes.len, ret_mac,
                &len) &&
           len == CRYPTO_SHA1_BYTES;
}
