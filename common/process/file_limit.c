#include "common/process/file_limit.h"

#include <dirent.h>
#include <sys/resource.h>

uint64_t file_limit_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return UINT64_MAX;
    }
    struct rlimit raised = {limit.rlim_max, limit.rlim_max};
    return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

bool file_limit_count_open(uint64_t *count)
{
    DIR *dir = opendir("/proc/self/fd");
    if (!dir) {
        return false;
    }
    uint64_t entries = 0;
    while (readdir(dir)) {
        entries++;
    }
    closedir(dir);
    *count = entries - 3; /* ".", ".." and the directory itself */
    return true;
}
