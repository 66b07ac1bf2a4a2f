#include "loadgen/users/message/check.h"

#include <string.h>

#include "common/slice.h"
#include "loadgen/base/duration.h"
#include "loadgen/http/answer/capture.h"
#include "loadgen/target/request/source.h"

void check_function(FILE *out, const char *class, const char *function)
{
    fprintf(out, "%s: %s\n", class, function);
}

static void print_byte(FILE *out, char byte)
{
    unsigned char c = (unsigned char)byte;
    fputc((c < ' ' && c != '\t') || c == 0x7f ? '.' : c, out);
}

/* Prints the text line by line; adds a newline to the last line if it has none. */
static void print_lines(FILE *out, char mark, struct slice text)
{
    for (size_t i = 0; i < text.length;) {
        fputs(text.at[i] == '\n' || text.at[i] == '\r' ? (char[]){mark, '\0'}
                                                       : (char[]){mark, ' ', '\0'},
              out);
        for (; i < text.length && text.at[i] != '\n'; i++) {
            if (text.at[i] != '\r') {
                print_byte(out, text.at[i]);
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

void check_fired(FILE *out, const char *type, struct slice name, const struct exchange *fired)
{
    char time[DURATION_TEXT];
    fprintf(out, "= %s ", type);
    for (size_t i = 0; i < name.length; i++) {
        print_byte(out, name.at[i]);
    }
    duration_print_short(fired->done_ns - fired->started_ns, time);
    fprintf(out, ": %s, %zu bytes%s%s\n", time, (size_t)fired->bytes_in,
            fired->reason[0] ? ", " : "", fired->reason);
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
        fprintf(out, "< no response: %s after %s\n", texts[exchange->outcome], time);
        return;
    }
    fprintf(out, "< %u, %zu bytes in %s\n", exchange->code, (size_t)exchange->bytes_in, time);
    if (answer) {
        print_lines(out, '<', (struct slice){answer->headers.bytes, answer->headers.length});
        print_lines(out, '<', slice_of("\n"));
        print_body(out, '<', (struct slice){answer->body.bytes, answer->body.length});
    }
}
