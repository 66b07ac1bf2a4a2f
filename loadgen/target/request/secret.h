/*
 * secret - recognizes values that result files and reports must not show: those of headers and URL
 * parameters whose names suggest a secret, such as Authorization, Cookie, X-Api-Key or
 * access_token.
 *
 * Threads: pure functions.
 */
#ifndef LOADGEN_TARGET_REQUEST_SECRET_H
#define LOADGEN_TARGET_REQUEST_SECRET_H

#include <stdbool.h>

#include "common/slice.h"

/* True if a header or parameter with this name may hold a secret. */
bool secret_is_name(struct slice name);

/*
 * Replaces the value of each parameter that may be a secret with ***, or with fewer stars if the
 * value is shorter, so the URL never becomes longer.
 */
void secret_mask_url(char *url);

#endif
