#include "loadgen/results/stream/stream.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "loadgen/base/text/utf8.h"

void stream_lose(struct stream *stream, uint64_t byte, const char *format, ...)
{
    stream->summary->damaged++;
    if (stream->losses++ > 0) {
        return;
    }
    size_t room = sizeof stream->first_loss;
    int used = snprintf(stream->first_loss, room, "%s %" PRIu64 ", byte %" PRIu64 ": ",
                        stream->line ? "line" : "record",
                        stream->line ? stream->line : stream->records + 1, byte);
    va_list args;
    va_start(args, format);
    vsnprintf(stream->first_loss + used, room - (size_t)used, format, args);
    va_end(args);
    utf8_clean(stream->first_loss); /* it may quote the file */
    if (!stream->summary->loss[0]) {
        snprintf(stream->summary->loss, sizeof stream->summary->loss, "%.100s: %s", stream->name,
                 stream->first_loss);
        utf8_clean(stream->summary->loss);
    }
}

void stream_cut(struct stream *stream, uint64_t byte)
{
    stream->is_cut = true;
    stream->cut_at = byte;
}

bool stream_print_losses(const struct stream *stream, FILE *out)
{
    if (stream->losses > 0) {
        fprintf(out, "%s: %" PRIu64 " damaged %s%s skipped; the first: %s\n", stream->name,
                stream->losses, stream->line ? "line" : "block", stream->losses == 1 ? "" : "s",
                stream->first_loss);
    }
    if (stream->is_cut) {
        fprintf(out, "%s: cut short at byte %" PRIu64 ", after record %" PRIu64 "\n", stream->name,
                stream->cut_at, stream->records);
    }
    return stream->losses > 0 || stream->is_cut;
}

void stream_fini(struct stream *stream)
{
    if (stream->state) {
        stream->format->destroy(stream->state);
        stream->state = NULL;
    }
    input_fini(&stream->input);
}
