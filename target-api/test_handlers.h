/*
 * test_handlers - routes for testing a measuring tool; available only with -test-endpoints.
 *
 *     /delay/{ms}     answers {"delay_ms":N} after N milliseconds without blocking a thread
 *     /work/{us}      burns N microseconds of the serving thread's CPU time
 *     /status/{code}  answers with this status, 200 to 599
 *     /bytes/{n}      answers with n bytes
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
