#include "common/version.h"

#include <stdio.h>

const char version_number[] = "0.1.0";
const char version_commit[] = HEADROOM_COMMIT;

void version_print(void)
{
    printf("Version: %s\nCommit: %s\nRuntime: gcc %s linux/%s\nDate: %s\n", version_number,
           version_commit, __VERSION__,
#if defined(__x86_64__)
           "amd64",
#elif defined(__aarch64__)
           "arm64",
#else
           "unknown",
#endif
           HEADROOM_DATE);
}
