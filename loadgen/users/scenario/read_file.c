#include "loadgen/users/scenario/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lua5.4/lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loadgen/users/lua/state.h"

/* Writes the path without symbolic links. False: errno says why, or 0: it is not in the folder. */
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

/* Reads at most `size` bytes. -1: errno says why. */
static ssize_t read_bytes(const char *path, char *to, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    size_t length = 0;
    ssize_t n = fd < 0 ? -1 : 1;
    while (n > 0 && length < size) {
        n = read(fd, to + length, size - length);
        length += n > 0 ? (size_t)n : 0;
    }
    int problem = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = problem;
    return n < 0 ? -1 : (ssize_t)length;
}

static int refuse(lua_State *lua, const char *name, const char *why)
{
    return luaL_error(lua, "read_file: cannot read %s: %s", name, why);
}

static int read_file(lua_State *lua)
{
    const char *folder = state_of(lua)->folder;
    const char *name = luaL_checkstring(lua, 1);
    char path[PATH_MAX];
    struct stat stats;
    luaL_Buffer buffer;
    if (!folder) {
        return luaL_error(lua, "read_file: files are read while the scenario is loaded; call "
                               "read_file outside of functions that users run, and keep the text "
                               "in a local variable");
    }
    if (strlen(name) != lua_rawlen(lua, 1)) {
        return luaL_error(lua, "read_file: the name has a NUL byte in it");
    }
    if (!find_inside(folder, name, path) || stat(path, &stats) != 0) {
        return refuse(lua, name, errno ? strerror(errno) : "it is not in the scenario's folder");
    }
    if (!S_ISREG(stats.st_mode)) {
        return refuse(lua, name, "it is not a regular file");
    }
    /* Before the file is opened, because this may raise an error. */
    char *to = luaL_buffinitsize(lua, &buffer, (size_t)stats.st_size);
    ssize_t length = read_bytes(path, to, (size_t)stats.st_size);
    if (length < 0) {
        return refuse(lua, name, strerror(errno));
    }
    luaL_pushresultsize(&buffer, (size_t)length);
    return 1;
}

void read_file_declare(lua_State *lua)
{
    lua_register(lua, "read_file", read_file);
}
