#include "loadgen/command/output.h"

#include <errno.h>
#include <string.h>

FILE *output_open(const char *path, struct err *err)
{
    FILE *out = strcmp(path, "stdout") == 0 ? stdout : fopen(path, "we");
    if (!out) {
        err_set(err, ERR_FAILED, "-output: cannot open %s: %s", path, strerror(errno));
    }
    return out;
}

bool output_close(FILE *out, const char *path, struct err *err)
{
    bool ok = fflush(out) == 0 && !ferror(out);
    if (out != stdout) {
        ok = fclose(out) == 0 && ok;
    }
    return ok || err_set(err, ERR_FAILED, "-output: cannot write %s: %s", path, strerror(errno));
}
