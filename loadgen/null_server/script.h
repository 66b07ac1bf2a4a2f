/*
 * script - tells a null server how to treat requests. The account says what the server did, to be
 * compared with the client's report.
 *
 * A zeroed script answers every request immediately with 200. stall_at_ns counts from the script's
 * arrival at the server. Both structs are sent over a socket between processes of the same program.
 */
#ifndef LOADGEN_NULL_SERVER_SCRIPT_H
#define LOADGEN_NULL_SERVER_SCRIPT_H

#include <stdint.h>

struct null_script {
    uint64_t stall_at_ns; /* start of a stall of stall_ns; 0: none */
    uint64_t stall_ns;
    uint64_t delay_ns;     /* minimum delay of answers with 200; 0: none. While 1,024 answers are
                              being delayed, others are sent immediately */
    uint64_t refuse_every; /* every nth request gets 503; 0: none */
    uint64_t break_every;  /* every nth answer is cut off in its head; 0: none */
};

/* Counts since the script arrived. */
struct null_account {
    uint64_t requests;
    uint64_t refused;         /* answered with 503 */
    uint64_t broken;          /* closed in the middle of the answer */
    uint64_t stalled_from_ns; /* wall clock; 0: there was no stall */
    uint64_t stalled_ns;      /* actual length of the stall */
    uint64_t delayed;         /* delayed answers */
    uint64_t delay_ns;        /* sum of their delays */
};

#endif
