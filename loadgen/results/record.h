/*
 * record - one result as a format of results has it.
 *
 * The result is what is counted. The texts are what vegeta's formats say beside it; they belong to
 * the reader and last until it reads the next record. A text whose `at` is NULL is not there.
 */
#ifndef LOADGEN_RESULTS_RECORD_H
#define LOADGEN_RESULTS_RECORD_H

#include "loadgen/measure/result.h"
#include "loadgen/target/url.h"

struct record {
    /* Of the summary that is filled: `row`, `address_row`, and the text of `error`, which lasts as
       long as the summary does and names no local port. intended_ns counts from 1970. */
    struct result result;
    /* These only when they are asked for. */
    struct slice attack; /* its name */
    struct slice method;
    struct slice url;
    struct slice error;   /* as it stands in the stream; "" for none */
    struct slice body;    /* of the answer, decoded; NULL: not kept */
    struct slice headers; /* of the answer: lines "Name: value\r\n"; NULL: not kept */
};

#endif
