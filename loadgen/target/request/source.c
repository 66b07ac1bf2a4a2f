#include "loadgen/target/request/source.h"

static const struct request *next_in_turn(const struct source *source, uint64_t k)
{
    return &source->requests[source->count == 1 ? 0 : k % source->count];
}

struct source source_of(const struct request *requests, size_t count)
{
    return (struct source){
        .next = next_in_turn, .requests = requests, .count = count, .ready_fd = -1};
}
