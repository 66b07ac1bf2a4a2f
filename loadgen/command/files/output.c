#include "loadgen/command/files/output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdout(const char *path)
{
    return strcmp(path, "stdout") == 0;
}

bool output_check_distinct(const char *path, char *const *inputs, int count, struct err *err)
{
    struct stat out;
    if (is_stdout(path) || stat(path, &out) != 0 || !S_ISREG(out.st_mode)) {
        return true;
    }
    for (int i = 0; i < count || i == 0; i++) {
        struct stat in;
        bool is_there = (count > 0 ? stat(inputs[i], &in) : fstat(STDIN_FILENO, &in)) == 0;
        if (is_there && in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
            return err_set(err, ERR_USAGE, "-output: %s is also an input; choose another file",
                           path);
        }
    }
    return true;
}

FILE *output_open(const char *flag, const char *path, struct err *err)
{
    FILE *out = is_stdout(path) ? stdout : fopen(path, "we");
    if (!out) {
        err_set(err, ERR_FAILED, "%s: cannot open %s: %s", flag, path, strerror(errno));
    }
    return out;
}

bool output_fail(const char *flag, const char *path, struct err *err)
{
    return is_stdout(path)
               ? err_set(err, ERR_FAILED, "cannot write to stdout: %s", strerror(errno))
               : err_set(err, ERR_FAILED, "%s: cannot write %s: %s", flag, path, strerror(errno));
}

bool output_close(FILE *out, const char *flag, const char *path, struct err *err)
{
    bool ok = fflush(out) == 0 && !ferror(out);
    if (out != stdout) {
        ok = fclose(out) == 0 && ok;
    }
    return ok || output_fail(flag, path, err);
}

bool output_check(const char *flag, const char *path, struct err *err)
{
    struct stat before;
    bool is_new = stat(path, &before) != 0;
    FILE *out = is_stdout(path) ? stdout : fopen(path, "ae");
    if (!out) {
        return err_set(err, ERR_FAILED, "%s: cannot open %s: %s", flag, path, strerror(errno));
    }
    if (out != stdout) {
        fclose(out);
    }
    if (out != stdout && is_new) {
        unlink(path);
    }
    return true;
}
