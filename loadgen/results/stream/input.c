#include "loadgen/results/stream/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Moves unread bytes to the front; doubles the buffer if they fill more than half of it. */
static bool make_room(struct input *input, struct err *err)
{
    size_t length = input_length(input);
    if (input->at > 0) {
        memmove(input->buffer, input->buffer + input->at, length);
        input->before += input->at;
        input->at = 0;
        input->end = length;
    }
    if (length * 2 <= input->room && input->buffer) {
        return true;
    }
    size_t room = input->room ? input->room * 2 : INPUT_ROOM;
    if (room > INPUT_RECORD_MAX) {
        return true;
    }
    char *larger = realloc(input->buffer, room);
    if (!larger) {
        return err_set(err, ERR_FAILED, "not enough memory for a record of more than %zu bytes",
                       length);
    }
    input->buffer = larger;
    input->room = room;
    return true;
}

bool input_fill(struct input *input, struct err *err)
{
    if (!make_room(input, err)) {
        return false;
    }
    input->is_full = input->end == input->room;
    if (input->is_full) {
        return true;
    }
    ssize_t n = 0;
    do {
        n = read(input->fd, input->buffer + input->end, input->room - input->end);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN) {
        return err_set(err, ERR_FAILED, "cannot read: %s", strerror(errno));
    }
    input->end += n > 0 ? (size_t)n : 0;
    input->is_at_end = n == 0;
    return true;
}

void input_fini(struct input *input)
{
    free(input->buffer);
    input->buffer = NULL;
    input->room = input->at = input->end = 0;
}
