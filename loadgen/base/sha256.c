/*
 * OpenSSL's low-level functions, deprecated as they are: they allocate nothing and cannot fail.
 * SHA256 and EVP_* of OpenSSL 3.0 crash, or return no hash, if memory is short at their first call.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "loadgen/base/sha256.h"

#include <openssl/sha.h>
#include <stdio.h>

const char *sha256_print(const void *bytes, size_t length, char text[SHA256_TEXT])
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, length);
    SHA256_Final(hash, &context);
    for (size_t i = 0; i < sizeof hash; i++) {
        snprintf(text + 2 * i, 3, "%02x", hash[i]);
    }
    return text;
}
