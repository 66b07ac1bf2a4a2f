/*
 * fuzz_csv - any bytes as results in vegeta's CSV, for libFuzzer (`make fuzz`).
 *
 * What must hold is said in tests/support/round_trip.h.
 */
#include "tests/support/round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    round_trip_check(data, size);
    return 0;
}
