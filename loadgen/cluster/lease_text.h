/*
 * lease_text - the value of the lease's key.
 *
 *     HOLDER \n WORK \n TOKEN \n          an empty value: the lease was released
 *
 * Each lease_take draws a random token. It lets a holder recognize its own value if the answer to a
 * renewal was lost.
 *
 * Threads: pure functions, except lease_text_token, which asks the kernel.
 */
#ifndef LOADGEN_CLUSTER_LEASE_TEXT_H
#define LOADGEN_CLUSTER_LEASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/cluster/lease_claim.h"

enum {
    LEASE_TOKEN = 16,
    LEASE_VALUE_MAX = 2 * (LEASE_TEXT_MAX + 1) + LEASE_TOKEN + 1,
};

struct lease_text {
    struct lease_claim claim;
    char token[LEASE_TOKEN + 1];
};

/* False: a text has characters that lease_claim.h does not allow, or the holder is empty. */
bool lease_text_is_valid(const struct lease_claim *claim);

void lease_text_token(char token[LEASE_TOKEN + 1]);

/* Returns the length. */
size_t lease_text_write(const struct lease_text *text, char value[LEASE_VALUE_MAX + 1]);

/* Reads an untrusted value. False: it is not a claim, and `text` is set to zeroes. */
bool lease_text_read(struct lease_text *text, const uint8_t *value, size_t length);

#endif
