#include "loadgen/command/process/open_files.h"

#include <inttypes.h>

#include "common/process/file_limit.h"

enum { SPARE = 96 }; /* of which -prometheus-addr takes up to 64 */

bool open_files_check(uint64_t connections, const char *flags, struct err *err)
{
    uint64_t limit = file_limit_raise();
    return (connections <= limit && limit - connections >= SPARE) ||
           err_set(err, ERR_FAILED,
                   "%" PRIu64 " connections exceed the limit of %" PRIu64
                   " open files; raise it (ulimit -Hn) or lower %s",
                   connections, limit, flags);
}
