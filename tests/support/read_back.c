#include "tests/support/read_back.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loadgen/results/results.h"

bool read_back_fd(int fd, const char *name, struct summary *summary, struct err *err)
{
    struct results *results = results_open_fd(fd, name, false, summary, err);
    struct record record;
    enum results_state state = RESULTS_FAIL;
    while (results && (state = results_next(results, UINT64_MAX, &record, err)) == RESULTS_RECORD) {
        tally_add(summary->tally, &record.result);
    }
    results_close(results);
    return state == RESULTS_END;
}

int read_back_open(const void *bytes, size_t length)
{
    int fd = memfd_create("read_back", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) != 0) {
        abort();
    }
    return fd;
}

bool read_back(const void *bytes, size_t length, const char *name, struct summary *summary,
               struct err *err)
{
    int fd = read_back_open(bytes, length);
    bool ok = read_back_fd(fd, name, summary, err);
    close(fd);
    return ok;
}

bool read_back_block(struct block *block, FILE *in)
{
    uint8_t *bytes = malloc(BLOCK_PREFIX + BLOCK_PAYLOAD_MAX);
    bool ok = bytes && fread(bytes, 1, BLOCK_PREFIX, in) == BLOCK_PREFIX;
    if (ok) {
        size_t length = bytes[8] | (size_t)bytes[9] << 8 | (size_t)bytes[10] << 16;
        ok = length <= BLOCK_PAYLOAD_MAX && fread(bytes + BLOCK_PREFIX, 1, length, in) == length &&
             block_read(block, bytes, BLOCK_PREFIX + length) == BLOCK_READ_OK;
    }
    free(bytes);
    return ok;
}
