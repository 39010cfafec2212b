/* crypto/seal.c - AES-256-GCM over OpenSSL, which uses the processor's AES instructions. */
#include "crypto/crypto.h"

#include <openssl/evp.h>

enum { NONCE_BYTES = 12, TAG_BYTES = 16, PIECE_BYTES = 1 << 30 };

static_assert(NONCE_BYTES + TAG_BYTES == CRYPTO_SEAL_BYTES, "what sealing adds");

Status crypto_seal(const uint8_t key[CRYPTO_KEY_BYTES], Str about, Str bytes, char *to)
{
    int len;
    assert(bytes.len <= PIECE_BYTES && about.len <= PIECE_BYTES);
    uint8_t *nonce = (uint8_t *)to, *out = nonce + NONCE_BYTES;
    crypto_random(nonce, NONCE_BYTES);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool good =
        cipher && EVP_EncryptInit_ex2(cipher, EVP_aes_256_gcm(), key, nonce, NULL) == 1 &&
        EVP_EncryptUpdate(cipher, NULL, &len, (const uint8_t *)about.at, (int)about.len) == 1 &&
        EVP_EncryptUpdate(cipher, out, &len, (const uint8_t *)bytes.at, (int)bytes.len) == 1 &&
        EVP_EncryptFinal_ex(cipher, out + bytes.len, &len) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, out + bytes.len) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return good ? STATUS_OK : STATUS_MEMORY;
}

bool crypto_open(const uint8_t key[CRYPTO_KEY_BYTES], Str about, Str sealed, char *to)
{
    int len;
    if (sealed.len < CRYPTO_SEAL_BYTES || sealed.len - CRYPTO_SEAL_BYTES > PIECE_BYTES)
        return false;
    const uint8_t *nonce = (const uint8_t *)sealed.at, *in = nonce + NONCE_BYTES;
    size_t bytes = sealed.len - CRYPTO_SEAL_BYTES;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool good =
        cipher && EVP_DecryptInit_ex2(cipher, EVP_aes_256_gcm(), key, nonce, NULL) == 1 &&
        EVP_DecryptUpdate(cipher, NULL, &len, (const uint8_t *)about.at, (int)about.len) == 1 &&
        EVP_DecryptUpdate(cipher, (uint8_t *)to, &len, in, (int)bytes) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES,
                            (void *)(uintptr_t)(in + bytes)) == 1 &&
        EVP_DecryptFinal_ex(cipher, (uint8_t *)to + bytes, &len) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return good;
}
