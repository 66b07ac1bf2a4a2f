#include "common/prom.h"

#include <inttypes.h>

void prom_describe(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void prom_label(FILE *out, const char *name, const char *value)
{
    fprintf(out, "%s=\"", name);
    for (const char *c = value; *c; c++) {
        if (*c == '\\' || *c == '"' || *c == '\n') {
            fputc('\\', out);
        }
        fputc(*c == '\n' ? 'n' : *c, out);
    }
    fputc('"', out);
}

void prom_count(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
    prom_describe(out, name, type, help);
    fprintf(out, "%s %" PRIu64 "\n", name, value);
}

void prom_real(FILE *out, const char *name, const char *type, const char *help, double value)
{
    prom_describe(out, name, type, help);
    fprintf(out, "%s %.6f\n", name, value);
}
