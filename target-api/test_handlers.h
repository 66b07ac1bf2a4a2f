/*
 * test_handlers - routes for testing a measuring tool; available only with -test-endpoints.
 *
 *     /delay/{ms}     answers after 0 to 600,000 milliseconds, without blocking a thread
 *     /work/{us}      burns 0 to 10,000,000 microseconds of the serving thread's CPU time
 *     /status/{code}  answers with this status, 200 to 599
 *     /bytes/{n}      answers with 0 to 16,777,216 bytes
 *
 * A number that is malformed or out of range gets 422.
 *
 * Threads: any.
 */
#ifndef TARGET_API_TEST_HANDLERS_H
#define TARGET_API_TEST_HANDLERS_H

#include "target-api/handlers.h"

handler_fn test_delay;
handler_fn test_work;
handler_fn test_status;
handler_fn test_bytes;

#endif
