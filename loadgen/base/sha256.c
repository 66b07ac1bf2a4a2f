/*
 * OpenSSL's low-level functions, deprecated as they are: they allocate nothing and cannot fail.
 * SHA256 and EVP_* of OpenSSL 3.0 crash, or return no hash, if memory is short at their first call.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "loadgen/base/sha256.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

void sha256_digest(const void *bytes, size_t length, unsigned char hash[SHA256_BYTES])
{
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, length);
    SHA256_Final(hash, &context);
}

const char *sha256_print(const void *bytes, size_t length, char text[SHA256_TEXT])
{
    unsigned char hash[SHA256_BYTES];
    sha256_digest(bytes, length, hash);
    for (size_t i = 0; i < sizeof hash; i++) {
        snprintf(text + 2 * i, 3, "%02x", hash[i]);
    }
    return text;
}

/* The hash of a block, which is the key with all its bytes changed, and the text. */
static void hash_after(const unsigned char key[SHA256_CBLOCK], unsigned char change,
                       const void *bytes, size_t length, unsigned char hash[SHA256_BYTES])
{
    unsigned char block[SHA256_CBLOCK];
    SHA256_CTX context;
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] = (unsigned char)(key[i] ^ change);
    }
    SHA256_Init(&context);
    SHA256_Update(&context, block, sizeof block);
    SHA256_Update(&context, bytes, length);
    SHA256_Final(hash, &context);
}

void sha256_hmac(const void *key, size_t key_length, const void *bytes, size_t length,
                 unsigned char hash[SHA256_BYTES])
{
    unsigned char block[SHA256_CBLOCK] = {0};
    unsigned char inner[SHA256_BYTES];
    if (key_length > sizeof block) {
        sha256_digest(key, key_length, block);
    } else if (key_length > 0) {
        memcpy(block, key, key_length);
    }
    hash_after(block, 0x36, bytes, length, inner);
    hash_after(block, 0x5c, inner, sizeof inner, hash);
}
