#include <stdio.h>

#include "common/process/std_streams.h"
#include "loadgen/command/command.h"

int main(int argc, char **argv)
{
    struct err err = {.code = ERR_NONE};
    if (!std_streams_open(&err)) {
        fprintf(stderr, "loadgen: %s\n", err.text);
        return err.code;
    }
    return command_main(argc, argv);
}
