#include "common/process/std_streams.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool std_streams_open(struct err *err)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) {
            continue;
        }
        /* open(2) returns the lowest free number, fd. Not O_CLOEXEC: child processes inherit it. */
        if (open("/dev/null", O_RDWR) != fd) {
            return err_set(err, ERR_FAILED,
                           "descriptor %d is closed, and /dev/null cannot be opened: %s", fd,
                           strerror(errno));
        }
    }
    return true;
}
