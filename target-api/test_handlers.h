/*
 * test_handlers - what a measuring tool is checked against; there with -test-endpoints only.
 *
 *     /delay/{ms}     answers {"delay_ms":N} after N milliseconds, without holding a thread
 *     /work/{us}      burns N microseconds of CPU of the thread that serves, by that thread's clock
 *     /status/{code}  answers with this code, 200 to 599
 *     /bytes/{n}      answers n bytes
 *
 * A number that is none, or beyond what is sensible, is answered with 422.
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
