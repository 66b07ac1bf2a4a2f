#include "loadgen/base/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *memory_of(void *allocated)
{
    static const char message[] = "loadgen: not enough memory\n";
    if (!allocated) {
        (void)!write(STDERR_FILENO, message, sizeof message - 1);
        _exit(EXIT_FAILURE); /* immediately: incomplete output must not be flushed */
    }
    return allocated;
}

void *memory_map(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

void memory_unmap(void *pages, size_t bytes)
{
    if (pages) {
        munmap(pages, bytes);
    }
}

static void *allocate(size_t size)
{
    return memory_of(malloc(size));
}

void memory_guard_json(void)
{
    json_set_alloc_funcs(allocate, free);
}
