#include "loadgen/target/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

void *memory_of(void *allocated)
{
    static const char message[] = "loadgen: not enough memory\n";
    if (!allocated) {
        (void)!write(STDERR_FILENO, message, sizeof message - 1);
        _exit(EXIT_FAILURE); /* at once: nothing half made is to be written out */
    }
    return allocated;
}

static void *allocate(size_t size)
{
    return memory_of(malloc(size));
}

void memory_guard_json(void)
{
    json_set_alloc_funcs(allocate, free);
}
