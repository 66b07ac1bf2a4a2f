/*
 * options - target-api's command line and environment (common/cli.h).
 */
#ifndef TARGET_API_OPTIONS_H
#define TARGET_API_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/cli.h"
#include "common/err.h"
#include "target-api/http/limits.h"

struct target_options {
    const char *bind;
    uint16_t port;
    uint16_t admin_port;
    unsigned threads; /* at least 1: 0 is replaced by the number of available CPUs */
    const char *store;
    const char *store_path; /* of the SQLite file; NULL: memory only */
    bool has_test_endpoints;
    bool is_sample_webapp;
    struct limits limits;
    const char *pod;
    const char *node;
    const char *namespace;
};

/* Strings point into argv, the environment or constants. CLI_DONE: help or version was printed. */
enum cli_result target_options_parse(struct target_options *options, int argc, char **argv,
                                     struct err *err);

#endif
