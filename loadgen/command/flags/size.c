#include "loadgen/command/flags/size.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The power of two of a unit ("KB": 10); -1 if it is unknown. */
static int shift_of(const char *unit)
{
    static const char letters[] = "kmgtpe";
    int shift = 0;
    const char *letter = unit[0] ? strchr(letters, tolower((unsigned char)unit[0])) : NULL;
    if (letter) {
        shift = 10 * (int)(letter - letters + 1);
        unit++;
        if (strcasecmp(unit, "ib") == 0) {
            return shift;
        }
    }
    return unit[0] == '\0' || strcasecmp(unit, "b") == 0 ? shift : -1;
}

bool size_set(void *field, const char *text, struct err *err)
{
    struct size *size = field;
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    int shift = shift_of(end + strspn(end, " "));
    bool is_unlimited = strcmp(text, "-1") == 0;
    if (!is_unlimited && (!isdigit((unsigned char)text[0]) || errno != 0 || shift < 0 ||
                          number > UINT64_MAX >> shift)) {
        return err_set(
            err, ERR_USAGE,
            "\"%s\" is not a size; expected bytes, such as 512, 64KB or 10MB, or -1 for no limit",
            text);
    }
    size->is_given = true;
    size->bytes = is_unlimited ? UINT64_MAX : (uint64_t)number << shift;
    return true;
}
