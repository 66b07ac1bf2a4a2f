#include "loadgen/users/files/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Resolves symbolic links. False: errno is set; 0: the file is not in the folder. */
static bool find_inside(const char *folder, const char *name, char path[PATH_MAX])
{
    char inside[PATH_MAX];
    char asked[PATH_MAX];
    bool is_absolute = name[0] == '/';
    int length = snprintf(asked, sizeof asked, "%s/%s", folder, name);
    errno = (size_t)length >= sizeof asked ? ENAMETOOLONG : 0;
    if (is_absolute || errno || !realpath(folder, inside) || !realpath(asked, path)) {
        return false;
    }
    size_t common = strcmp(inside, "/") == 0 ? 0 : strlen(inside);
    errno = 0;
    return strncmp(path, inside, common) == 0 && path[common] == '/';
}

const char *folder_find(const char *folder, const char *name, char path[PATH_MAX], size_t *size)
{
    struct stat stats;
    if (!find_inside(folder, name, path) || stat(path, &stats) != 0) {
        return errno ? strerror(errno) : "it is not in the scenario's folder";
    }
    *size = (size_t)stats.st_size;
    return S_ISREG(stats.st_mode) ? NULL : "it is not a regular file";
}

const char *folder_read(const char *path, char *to, size_t size, size_t *length)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : 1;
    *length = 0;
    while (n > 0 && *length < size) {
        n = read(fd, to + *length, size - *length);
        *length += n > 0 ? (size_t)n : 0;
    }
    const char *problem = n < 0 ? strerror(errno) : NULL;
    if (fd >= 0) {
        close(fd);
    }
    return problem;
}
