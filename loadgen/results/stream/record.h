/*
 * record - one result, as read from any format.
 *
 * `result` is what reports count. The texts are fields of vegeta's formats; they belong to the
 * reader and are valid until it reads the next record. A text is absent if its `at` is NULL.
 */
#ifndef LOADGEN_RESULTS_STREAM_RECORD_H
#define LOADGEN_RESULTS_STREAM_RECORD_H

#include "common/slice.h"
#include "loadgen/measure/result.h"

struct record {
    /* `row`, `address_row` and the text of `error` belong to the summary being filled; the error
       text contains no local port. intended_ns counts from 1970. */
    struct result result;
    /* Set only if texts were requested. */
    struct slice attack; /* its name */
    struct slice method;
    struct slice url;
    struct slice error;   /* verbatim; "" for none */
    struct slice body;    /* of the answer, decoded; NULL: not recorded */
    struct slice headers; /* of the answer: lines "Name: value\r\n"; NULL: not recorded */
};

#endif
