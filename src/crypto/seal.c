/* crypto/seal.c - XAES-256-GCM: AES-256-GCM under a key derived for each message.
 *
 *   nonce  n[0..12) chooses the message's key, n[12..24) is its GCM nonce
 *   L = AES(key, 0), K1 = L doubled in GF(2^128)              (the subkey of CMAC)
 *   key' = AES(key, K1 ^ 00 01 'X' 00 n[0..12)) | AES(key, K1 ^ 00 02 'X' 00 n[0..12))
 *
 * SPEC C2SP XAES-256-GCM, NIST SP 800-108 4.1, NIST SP 800-38B 6.1 */
#include "crypto/crypto.h"

#include <openssl/evp.h>
#include <pthread.h>

enum { BLOCK = 16, HALF_NONCE = 12, TAG = 16 };
static_assert(CRYPTO_SEAL_BYTES == 2 * HALF_NONCE + TAG, "layout of a seal");

/* Fetched once: looking them up by name takes as long as sealing 2 KB. */
static EVP_CIPHER *ecb, *gcm_cipher;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    ecb = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
    gcm_cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

static void double_block(uint8_t block[BLOCK])
{
    uint8_t carry = (uint8_t)(block[0] >> 7);
    for (size_t i = 0; i + 1 < BLOCK; i++)
        block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
    block[BLOCK - 1] = (uint8_t)(block[BLOCK - 1] << 1 ^ (carry ? 0x87 : 0));
}

/* The message's key from the first half of its nonce. */
static bool derive_key(EVP_CIPHER_CTX *aes, const uint8_t *key, const uint8_t *nonce,
                       uint8_t ret_key[CRYPTO_KEY_BYTES])
{
    static const uint8_t zeros[BLOCK];
    uint8_t subkey[BLOCK], blocks[2 * BLOCK];
    int len;
    if (!EVP_EncryptInit_ex2(aes, ecb, key, NULL, NULL) || !EVP_CIPHER_CTX_set_padding(aes, 0) ||
        !EVP_EncryptUpdate(aes, subkey, &len, zeros, BLOCK))
        return false;
    double_block(subkey);
    for (size_t half = 0; half < 2; half++) {
        uint8_t *block = blocks + half * BLOCK;
        const uint8_t head[4] = {0, (uint8_t)(half + 1), 'X', 0};
        memcpy(block, head, sizeof head);
        memcpy(block + sizeof head, nonce, HALF_NONCE);
        for (size_t i = 0; i < BLOCK; i++)
            block[i] ^= subkey[i];
    }
    bool good = EVP_EncryptUpdate(aes, ret_key, &len, blocks, sizeof blocks);
    crypto_wipe(subkey, sizeof subkey);
    return good;
}

/* Everything up to the bytes themselves. */
static bool begin(EVP_CIPHER_CTX *gcm, const uint8_t *key, const uint8_t *nonce, Str bound,
                  bool sealing)
{
    uint8_t derived[CRYPTO_KEY_BYTES];
    int len;
    pthread_once(&fetched, fetch);
    bool good = ecb && gcm_cipher && derive_key(gcm, key, nonce, derived) &&
                EVP_CipherInit_ex2(gcm, gcm_cipher, derived, nonce + HALF_NONCE, sealing, NULL) &&
                (!bound.len ||
                 EVP_CipherUpdate(gcm, NULL, &len, (const uint8_t *)bound.at, (int)bound.len));
    crypto_wipe(derived, sizeof derived);
    return good;
}

static bool seal_with(EVP_CIPHER_CTX *gcm, const uint8_t *key, Str bound, Str clear, uint8_t *out)
{
    uint8_t *sealed = out + CRYPTO_SEAL_NONCE_BYTES;
    int len = 0;
    return begin(gcm, key, out, bound, true) &&
           (!clear.len ||
            EVP_EncryptUpdate(gcm, sealed, &len, (const uint8_t *)clear.at, (int)clear.len)) &&
           EVP_EncryptFinal_ex(gcm, sealed + clear.len, &len) &&
           EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_GET_TAG, TAG, sealed + clear.len);
}

static bool open_with(EVP_CIPHER_CTX *gcm, const uint8_t *key, Str bound, Str sealed, uint8_t *out)
{
    const uint8_t *at = (const uint8_t *)sealed.at;
    size_t bytes = sealed.len - CRYPTO_SEAL_BYTES;
    int len = 0;
    uint8_t tag[TAG], none[BLOCK];
    memcpy(tag, at + CRYPTO_SEAL_NONCE_BYTES + bytes, TAG);
    return begin(gcm, key, at, bound, false) &&
           (!bytes ||
            EVP_DecryptUpdate(gcm, out, &len, at + CRYPTO_SEAL_NONCE_BYTES, (int)bytes)) &&
           EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_SET_TAG, TAG, tag) &&
           EVP_DecryptFinal_ex(gcm, none, &len);
}

Status crypto_seal(const uint8_t key[CRYPTO_KEY_BYTES], Str about, Str bytes, char *to)
{
    assert(bytes.len <= INT32_MAX && about.len <= INT32_MAX);
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    crypto_random(to, CRYPTO_SEAL_NONCE_BYTES);
    bool good = gcm && seal_with(gcm, key, about, bytes, (uint8_t *)to);
    EVP_CIPHER_CTX_free(gcm);
    return good ? STATUS_OK : STATUS_MEMORY;
}

bool crypto_open(const uint8_t key[CRYPTO_KEY_BYTES], Str about, Str sealed, char *to)
{
    if (sealed.len < CRYPTO_SEAL_BYTES || sealed.len > INT32_MAX || about.len > INT32_MAX)
        return false;
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    bool good = gcm && open_with(gcm, key, about, sealed, (uint8_t *)to);
    EVP_CIPHER_CTX_free(gcm);
    return good;
}
