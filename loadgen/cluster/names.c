#include "loadgen/cluster/names.h"

#include <inttypes.h>
#include <stdio.h>

struct names_text names_subject(const char *subject, const char *worker)
{
    struct names_text name;
    snprintf(name.text, sizeof name.text, "%s.%s", subject, worker);
    return name;
}

struct names_text names_key(uint64_t run, const char *what)
{
    struct names_text name;
    snprintf(name.text, sizeof name.text, "run.%016" PRIx64 ".%s", run, what);
    return name;
}

struct names_text names_epoch_key(uint64_t run, uint64_t number)
{
    struct names_text name;
    snprintf(name.text, sizeof name.text, "run.%016" PRIx64 ".epoch.%" PRIu64, run, number);
    return name;
}

struct names_text names_state_key(unsigned side, uint64_t part)
{
    struct names_text name;
    snprintf(name.text, sizeof name.text, "state.%u.%" PRIu64, side, part);
    return name;
}
