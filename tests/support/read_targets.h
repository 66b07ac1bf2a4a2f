/*
 * read_targets - parses targets from memory as if from a file.
 *
 * For Check's tests: a failure fails the calling test.
 */
#ifndef TESTS_SUPPORT_READ_TARGETS_H
#define TESTS_SUPPORT_READ_TARGETS_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/target/targets.h"

/* Reads `length` bytes as the file list.txt. False with err. */
bool read_targets(struct targets *targets, const char *text, size_t length,
                  const struct message_defaults *defaults, struct err *err);

/* Fails unless exactly `count` targets were read without error. */
void expect_targets(const struct targets *targets, size_t count, const struct err *err);

/* The bytes of request number i; "\r\nU\r\n" in what is expected stands for the User-Agent line,
   with our version. */
void expect_request(const struct targets *targets, size_t i, const char *expected);

#endif
