#include "loadgen/command/output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool output_is_apart(const char *path, char *const *inputs, int count, struct err *err)
{
    struct stat out;
    if (strcmp(path, "stdout") == 0 || stat(path, &out) != 0 || !S_ISREG(out.st_mode)) {
        return true;
    }
    for (int i = 0; i < count || i == 0; i++) {
        struct stat in;
        bool is_there = (count > 0 ? stat(inputs[i], &in) : fstat(STDIN_FILENO, &in)) == 0;
        if (is_there && in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
            return err_set(err, ERR_USAGE,
                           "-output: %s is one of the files to read; name another file", path);
        }
    }
    return true;
}

FILE *output_open(const char *path, struct err *err)
{
    FILE *out = strcmp(path, "stdout") == 0 ? stdout : fopen(path, "we");
    if (!out) {
        err_set(err, ERR_FAILED, "-output: cannot open %s: %s", path, strerror(errno));
    }
    return out;
}

bool output_fail(const char *path, struct err *err)
{
    return strcmp(path, "stdout") == 0
               ? err_set(err, ERR_FAILED, "cannot write to stdout: %s", strerror(errno))
               : err_set(err, ERR_FAILED, "-output: cannot write %s: %s", path, strerror(errno));
}

bool output_close(FILE *out, const char *path, struct err *err)
{
    bool ok = fflush(out) == 0 && !ferror(out);
    if (out != stdout) {
        ok = fclose(out) == 0 && ok;
    }
    return ok || output_fail(path, err);
}
