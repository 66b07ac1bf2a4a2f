/*
 * violations - the ways in which an answer can break RFC 9112 and still be accepted.
 *
 * Such an answer is accepted because curl or Go's client accepts it and its length is unambiguous.
 * The report names each violation once. An answer whose length two parsers could interpret
 * differently is an error (answer.h).
 */
#ifndef LOADGEN_HTTP_ANSWER_VIOLATIONS_H
#define LOADGEN_HTTP_ANSWER_VIOLATIONS_H

/*
 * X(name in JSON, text in reports). The order determines the bits in result files, so append new
 * violations at the end.
 */
#define VIOLATIONS(X)                                                                              \
    X(status_line, "a malformed status line")                                                      \
    X(line_feed, "lines that end in LF without CR")                                                \
    X(header_name, "invalid characters in header names")                                           \
    X(header_value, "control characters in header values")                                         \
    X(space_before_colon, "white space before a header's colon")                                   \
    X(folded_header, "header values folded over several lines")                                    \
    X(repeated_length, "Content-Length more than once")                                            \
    X(length_and_chunked, "both Content-Length and Transfer-Encoding")                             \
    X(length_without_body, "Content-Length or Transfer-Encoding where no body is allowed")         \
    X(chunked_in_1_0, "Transfer-Encoding in HTTP/1.0")                                             \
    X(transfer_coding, "an unrequested transfer coding")                                           \
    X(chunk_size, "white space or control characters after a chunk size")                          \
    X(excess, "bytes after the end of the response")

enum violation {
#define X(name, text) VIOLATION_##name,
    VIOLATIONS(X)
#undef X
        VIOLATIONS_ALL
};

/* The bit of a violation in a set. */
#define VIOLATION_BIT(name) (1U << VIOLATION_##name)
enum { VIOLATION_BITS = (1 << VIOLATIONS_ALL) - 1 };

#endif
