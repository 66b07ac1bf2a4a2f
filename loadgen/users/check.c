#include "loadgen/users/check.h"

#include <string.h>

#include "common/slice.h"
#include "loadgen/base/duration.h"
#include "loadgen/http/answer/capture.h"
#include "loadgen/target/request/source.h"

void check_function(FILE *out, const char *class, const char *function)
{
    fprintf(out, "%s: %s\n", class, function);
}

/* Line by line; a last line without an end gets one. */
static void print_lines(FILE *out, char mark, struct slice text)
{
    for (size_t i = 0; i < text.length;) {
        fputs(text.at[i] == '\n' || text.at[i] == '\r' ? (char[]){mark, '\0'}
                                                       : (char[]){mark, ' ', '\0'},
              out);
        for (; i < text.length && text.at[i] != '\n'; i++) {
            unsigned char c = (unsigned char)text.at[i];
            if (c != '\r') {
                fputc((c < ' ' && c != '\t') || c == 0x7f ? '.' : c, out);
            }
        }
        fputc('\n', out);
        i++;
    }
}

static void print_body(FILE *out, char mark, struct slice body)
{
    size_t length = body.length < CHECK_BODY_MAX ? body.length : CHECK_BODY_MAX;
    print_lines(out, mark, (struct slice){body.at, length});
    if (length < body.length) {
        fprintf(out, "%c ... %zu more bytes\n", mark, body.length - length);
    }
}

void check_exchange(FILE *out, const struct exchange *exchange)
{
    const struct request *request = exchange->request;
    const struct capture *answer = exchange->capture;
    const char *end = memmem(request->bytes, request->length, "\r\n\r\n", 4);
    size_t head = end ? (size_t)(end - request->bytes) + 4 : request->length;
    char time[DURATION_TEXT];
    print_lines(out, '>', (struct slice){request->bytes, head});
    print_body(out, '>', (struct slice){request->bytes + head, request->length - head});
    duration_print_short(exchange->done_ns - exchange->started_ns, time);
    if (exchange->outcome != OUTCOME_ANSWERED) {
        static const char *const texts[] = {
#define X(id, text) text,
            OUTCOMES(X)
#undef X
        };
        fprintf(out, "< no answer: %s after %s\n", texts[exchange->outcome], time);
        return;
    }
    fprintf(out, "< %u, %zu bytes in %s\n", exchange->code, (size_t)exchange->bytes_in, time);
    if (answer) {
        print_lines(out, '<', (struct slice){answer->headers.bytes, answer->headers.length});
        print_lines(out, '<', slice_of("\n"));
        print_body(out, '<', (struct slice){answer->body.bytes, answer->body.length});
    }
}
