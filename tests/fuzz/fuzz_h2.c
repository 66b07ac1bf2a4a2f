/*
 * fuzz_h2 - any bytes as what a server of HTTP/2 sends, for libFuzzer (`make fuzz`).
 *
 * The first byte chooses how the session is used (see options), the second how long pieces are at
 * most (0: all at once); the rest comes from the server, piece by piece, and between pieces the
 * session gives what it would send. Requests are begun before, and others when one ends. A stream
 * is freed as soon as it has ended, so AddressSanitizer sees whoever still knows it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/hash.h"
#include "loadgen/http/h2/session/session.h"
#include "tests/support/random.h"

enum { STREAMS_MAX = 12, STREAMS_FIRST = 4, BODY = 70000 };

enum options {
    KEEPS_ANSWERS = 1, /* a short part of their bodies, or all */
    KEEPS_ALL = 2,
    HAS_SMALL_BUFFER = 4, /* hardly more than a frame */
    GIVES_SELDOM = 8,
    LINK_BREAKS = 16, /* what was given last never went out */
    CANCELS = 32,     /* as a time-out does, between pieces */
    CANCELS_IN_END = 64,
    IS_HTTPS = 128,
};

struct run {
    struct h2_session session;
    struct engine_config config;
    struct terms terms;
    struct request requests[3];
    char *body;
    unsigned options;
    unsigned begun;
    unsigned gone;
    uint64_t now_ns;
    struct random chance;
};

/* Its first member is what the session knows. */
struct one {
    struct h2_stream stream;
    struct run *run;
};

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void discard(struct h2_stream *stream)
{
    struct run *run = ((struct one *)stream)->run;
    capture_fini(&stream->capture);
    free(stream->location);
    free(stream);
    run->gone++;
}

static void begin(struct run *run)
{
    if (run->begun == STREAMS_MAX || !h2_session_can_open(&run->session)) {
        return;
    }
    struct one *one = calloc(1, sizeof *one);
    require(one != NULL);
    one->run = run;
    one->stream.request = &run->requests[run->begun % 3];
    one->stream.is_https = run->options & IS_HTTPS;
    one->stream.exchange.started_ns = ++run->now_ns;
    one->stream.exchange.terms = &run->terms;
    one->stream.exchange.number = run->begun++;
    require(h2_session_submit(&run->session, &one->stream));
    require(one->stream.id > 0);
}

static void cancel(struct run *run)
{
    struct h2_stream *stream = run->session.streams.first;
    if (stream) {
        h2_session_cancel(&run->session, stream);
        discard(stream);
    }
}

static void check_exchange(const struct h2_stream *stream)
{
    const struct exchange *x = &stream->exchange;
    require(x->bytes_out == 0 || x->bytes_out == stream->body.length);
    require(x->bytes_out == 0 || x->sent_ns != 0);
    require(x->bytes_in == 0 || x->first_byte_ns != 0);
    require(strlen(x->reason) < sizeof x->reason);
    require(!stream->location || strlen(stream->location) < H2_LOCATION_MAX);
    if (stream->is_whole) {
        require(stream->code >= 200 && stream->code <= 999 && stream->is_head_over);
        require(x->first_byte_ns != 0 && x->first_byte_ns <= x->done_ns);
        require((x->reason[0] != '\0') == (stream->code >= 400));
    }
}

/* Lines with a name each, and no more of the body than is wanted. */
static void check_capture(const struct run *run, const struct h2_stream *stream)
{
    const struct capture *capture = &stream->capture;
    const char *line = capture->headers.bytes;
    for (size_t left = capture->headers.length; left > 0;) {
        const char *end = memchr(line, '\n', left);
        require(end && end > line && end[-1] == '\r');
        const char *colon = memchr(line, ':', (size_t)(end - line));
        require(colon && colon > line);
        left -= (size_t)(end + 1 - line);
        line = end + 1;
    }
    uint64_t wanted = stream->exchange.bytes_in < run->terms.max_body ? stream->exchange.bytes_in
                                                                      : run->terms.max_body;
    require(!capture->is_lost);
    require(!stream->is_whole || capture->body.length == wanted);
}

static void on_end(struct h2_stream *stream, uint32_t code)
{
    struct run *run = ((struct one *)stream)->run;
    char problem[H2_PROBLEM_MAX];
    require(stream->id == 0 && !stream->is_packed);
    (void)code;
    check_exchange(stream);
    if (run->terms.keeps_answers) {
        check_capture(run, stream);
    }
    h2_session_problem(&run->session, problem);
    require(memchr(problem, '\0', sizeof problem) != NULL);
    discard(stream);
    if (run->options & CANCELS_IN_END) {
        cancel(run);
    }
    begin(run);
}

/* Each stream that was begun and has not ended is there once. */
static void check_streams(const struct run *run)
{
    const struct h2_session *session = &run->session;
    size_t count = 0;
    for (const struct h2_stream *at = session->streams.first; at; at = at->next) {
        require(at->id > 0);
        require((at->next ? at->next->prev : session->streams.last) == at);
        require(!at->next || at->next->exchange.started_ns >= at->exchange.started_ns);
        count++;
    }
    require(count == session->streams.count && count == run->begun - run->gone);
    for (const struct h2_stream *at = session->packed; at; at = at->next_packed) {
        require(at->is_packed && at->id > 0);
    }
}

/* In memory of its own, so that a byte too far is seen. False: the session is over. */
static bool give(struct run *run)
{
    size_t size = run->options & HAS_SMALL_BUFFER ? 17000 : 65536;
    for (;;) {
        char *buffer = malloc(size);
        require(buffer != NULL);
        size_t length = h2_session_fill(&run->session, buffer, size);
        free(buffer);
        require(length == SIZE_MAX || length <= size);
        check_streams(run);
        if (length == 0 || length == SIZE_MAX) {
            return length == 0;
        }
        h2_session_mark_sending(&run->session, ++run->now_ns);
        if ((run->options & LINK_BREAKS) && random_below(&run->chance, 8) == 0) {
            return false;
        }
        h2_session_mark_sent(&run->session);
        require(run->session.packed == NULL);
        check_streams(run);
    }
}

static bool take(struct run *run, const uint8_t *bytes, size_t length)
{
    char *copy = malloc(length > 0 ? length : 1);
    require(copy != NULL);
    memcpy(copy, bytes, length);
    bool ok = h2_session_receive(&run->session, copy, length, ++run->now_ns);
    free(copy);
    check_streams(run);
    require(ok || run->session.problem[0] != '\0');
    return ok;
}

static void talk(struct run *run, const uint8_t *bytes, size_t left, size_t longest)
{
    bool goes_on = give(run);
    while (goes_on && left > 0 && !h2_session_has_ended(&run->session)) {
        size_t length = longest ? 1 + random_below(&run->chance, longest) : left;
        length = length < left ? length : left;
        goes_on = take(run, bytes, length);
        bytes += length;
        left -= length;
        if (goes_on && (run->options & CANCELS) && random_below(&run->chance, 4) == 0) {
            cancel(run);
            begin(run);
        }
        if (goes_on &&
            (left == 0 || !(run->options & GIVES_SELDOM) || random_below(&run->chance, 4) == 0)) {
            goes_on = give(run);
        }
    }
}

static void set_requests(struct run *run)
{
    static const char get[] = "GET /a?b HTTP/1.1\r\nHost: h:1\r\nUser-Agent: u\r\n\r\n";
    static const char head[] = "HEAD / HTTP/1.1\r\nHost: h\r\nX-Seq: \r\n\r\n";
    static const char post[] = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n";
    size_t length = sizeof post - 1 + BODY;
    run->body = calloc(1, length);
    require(run->body != NULL);
    memcpy(run->body, post, sizeof post - 1);
    run->requests[0] = (struct request){.bytes = get, .length = sizeof get - 1};
    run->requests[1] = (struct request){.bytes = head,
                                        .length = sizeof head - 1,
                                        .sequence_at = sizeof head - 1 - strlen("\r\n\r\n"),
                                        .is_head = true};
    run->requests[2] = (struct request){.bytes = run->body, .length = length, .body_length = BODY};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) {
        return 0;
    }
    struct run run = {
        .options = data[0],
        .terms.keeps_answers = data[0] & KEEPS_ANSWERS,
        .terms.max_body = data[0] & KEEPS_ALL ? UINT64_MAX : 16,
        /* the lengths of pieces change with each byte of the input */
        .chance = random_seeded(hash_fnv1a(data, size)),
    };
    set_requests(&run);
    require(h2_session_open(&run.session, &run.config, on_end));
    while (run.begun < STREAMS_FIRST) {
        begin(&run);
    }
    talk(&run, data + 2, size - 2, (size_t)data[1] * 8);
    h2_session_close(&run.session);
    check_streams(&run);
    while (run.session.streams.first) {
        struct h2_stream *stream = run.session.streams.first;
        require(!stream->is_packed);
        h2_streams_remove(&run.session.streams, stream);
        discard(stream);
    }
    require(run.session.streams.count == 0 && run.begun == run.gone);
    free(run.body);
    return 0;
}
