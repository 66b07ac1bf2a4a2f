#include "loadgen/command/process/open_files.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/process/file_limit.h"

enum { SPARE = 96 }; /* -prometheus-addr needs up to 64 of them */

bool open_files_check(uint64_t connections, unsigned each, unsigned further, const char *flags,
                      struct err *err)
{
    char through[64] = "";
    uint64_t limit = file_limit_raise();
    unsigned spare = SPARE + further;
    if (limit >= spare && connections <= (limit - spare) / each) {
        return true;
    }
    if (each > 1) {
        snprintf(through, sizeof through, " through a proxy, of %u files each,", each);
    }
    return err_set(err, ERR_FAILED,
                   "%" PRIu64 " connections%s and %u other files exceed the limit of %" PRIu64
                   " open files; raise it (ulimit -Hn) or lower %s",
                   connections, through, spare, limit, flags);
}
