/*
 * digest - SHA-256 of all requests: equal requests have equal digests.
 *
 *     digest_with_hosts    everything, including hosts and ports. A search is resumed only if this
 *                          digest is equal
 *     digest_of_work       what a server has to do, on any host: methods, paths, headers, bodies,
 *                          and whether TLS is used. Results of capacity searches are compared only
 *                          if this digest is equal
 *
 * digest_of_work leaves out Host, our own User-Agent, and values of headers that may be secret
 * (secret.h), because tokens change.
 *
 * Threads: set-up only. Memory: one request at a time, only during the call.
 */
#ifndef LOADGEN_TARGET_DIGEST_H
#define LOADGEN_TARGET_DIGEST_H

#include "loadgen/base/sha256.h"
#include "loadgen/target/targets.h"

/* False if out of memory. `targets` must have its requests. */
bool digest_with_hosts(const struct targets *targets, char text[SHA256_TEXT]);
bool digest_of_work(const struct targets *targets, char text[SHA256_TEXT]);

#endif
