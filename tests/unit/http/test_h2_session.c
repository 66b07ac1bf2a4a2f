#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/http/answer/violations.h"
#include "loadgen/http/h2/session/session.h"

/* A session of ours and one of nghttp2's as the server; bytes go between them
 * in memory. */

enum { STREAMS = 4, BODY = 40000, ALL = 65536 };

struct one {
    struct h2_stream stream; /* first member: what the session knows */
    unsigned ended;          /* how many times */
    uint32_t ended_code;
};

struct pair {
    struct h2_session client;
    nghttp2_session *server;
    struct engine_config config;
    struct one ones[STREAMS];
    size_t body_come;     /* to the server */
    int32_t closed;       /* the stream that ended last there, and how */
    uint32_t closed_code; /* UINT32_MAX: none did */
    unsigned requests;
};

static const char get[] = "GET /a?b HTTP/1.1\r\nHost: h:1\r\nX-A: b\r\n\r\n";
static const struct request get_request = {.bytes = get, .length = sizeof get - 1};

static void on_end(struct h2_stream *stream, uint32_t code)
{
    struct one *one = (struct one *)stream;
    ck_assert_int_eq(stream->id, 0);
    one->ended++;
    one->ended_code = code;
}

static int server_frame(nghttp2_session *server, const nghttp2_frame *frame, void *context)
{
    struct pair *pair = context;
    (void)server;
    pair->requests += frame->hd.type == NGHTTP2_HEADERS;
    return 0;
}

static int server_data(nghttp2_session *server, uint8_t flags, int32_t id, const uint8_t *bytes,
                       size_t length, void *context)
{
    struct pair *pair = context;
    (void)server, (void)flags, (void)id, (void)bytes;
    pair->body_come += length;
    return 0;
}

static int server_close(nghttp2_session *server, int32_t id, uint32_t code, void *context)
{
    struct pair *pair = context;
    (void)server;
    pair->closed = id;
    pair->closed_code = code;
    return 0;
}

static const struct terms terms = {.keeps_answers = true, .max_body = UINT64_MAX};

/* It opens no windows by itself. */
static void start(struct pair *pair)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    *pair = (struct pair){.closed_code = UINT32_MAX};
    ck_assert_int_eq(nghttp2_session_callbacks_new(&callbacks), 0);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, server_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, server_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, server_close);
    ck_assert_int_eq(nghttp2_option_new(&option), 0);
    nghttp2_option_set_no_auto_window_update(option, 1);
    ck_assert_int_eq(nghttp2_session_server_new2(&pair->server, callbacks, pair, option), 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    ck_assert_int_eq(nghttp2_submit_settings(pair->server, 0, NULL, 0), 0);
    ck_assert(h2_session_open(&pair->client, &pair->config, on_end));
}

static void stop(struct pair *pair)
{
    h2_session_close(&pair->client);
    nghttp2_session_del(pair->server);
    for (size_t i = 0; i < STREAMS; i++) {
        ck_assert(!pair->ones[i].stream.is_packed);
        capture_fini(&pair->ones[i].stream.capture);
        free(pair->ones[i].stream.location);
    }
}

static struct one *begin(struct pair *pair, size_t i, const struct request *request)
{
    struct one *one = &pair->ones[i];
    one->stream.request = request;
    one->stream.exchange.started_ns = i;
    one->stream.exchange.terms = &terms;
    ck_assert(h2_session_can_open(&pair->client));
    ck_assert(h2_session_submit(&pair->client, &one->stream));
    return one;
}

/* A request whose body has `length` bytes. */
static struct request make_post(size_t length)
{
    static const char head[] = "POST / HTTP/1.1\r\nHost: h\r\n\r\n";
    char *bytes = calloc(1, sizeof head - 1 + length);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, head, sizeof head - 1);
    return (struct request){
        .bytes = bytes, .length = sizeof head - 1 + length, .body_length = length};
}

static void free_post(struct request *post)
{
    union {
        const char *from;
        char *to;
    } bytes = {post->bytes};
    free(bytes.to);
}

/* One buffer of at most `size` bytes, which goes out at now_ns. False: there
 * was nothing. */
static bool send_once(struct pair *pair, size_t size, uint64_t now_ns)
{
    char buffer[ALL];
    size_t length = h2_session_fill(&pair->client, buffer, size);
    ck_assert_uint_le(length, size);
    if (length > 0) {
        h2_session_mark_sending(&pair->client, now_ns);
        ck_assert_int_eq(nghttp2_session_mem_recv(pair->server, (const uint8_t *)buffer, length),
                         length);
        h2_session_mark_sent(&pair->client);
    }
    return length > 0;
}

static void send_all(struct pair *pair, uint64_t now_ns)
{
    while (send_once(pair, ALL, now_ns)) {
    }
}

static void receive_all(struct pair *pair, uint64_t now_ns)
{
    const uint8_t *bytes = NULL;
    ssize_t length = 0;
    while ((length = nghttp2_session_mem_send(pair->server, &bytes)) > 0) {
        char text[ALL];
        memcpy(text, bytes, (size_t)length);
        ck_assert(h2_session_receive(&pair->client, text, (size_t)length, now_ns));
    }
    ck_assert_int_eq(length, 0);
}

static void exchange_all(struct pair *pair, uint64_t now_ns)
{
    send_all(pair, now_ns);
    receive_all(pair, now_ns);
    send_all(pair, now_ns);
}

static ssize_t read_text(nghttp2_session *server, int32_t id, uint8_t *buffer, size_t size,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    const char *text = source->ptr;
    (void)server, (void)id, (void)context;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return snprintf((char *)buffer, size, "%s", text);
}

static nghttp2_nv pair_of(const char *name, const char *value)
{
    union {
        const char *from;
        uint8_t *to;
    } bytes[2] = {{name}, {value}};
    return (nghttp2_nv){bytes[0].to, bytes[1].to, strlen(name), strlen(value), 0};
}

/* "": no body. */
static void answer(struct pair *pair, int32_t id, const char *status, const char *name,
                   const char *value, char *body)
{
    nghttp2_nv headers[] = {pair_of(":status", status), pair_of(name, value)};
    nghttp2_data_provider provider = {.source.ptr = body, .read_callback = read_text};
    ck_assert_int_eq(
        nghttp2_submit_response(pair->server, id, headers, 2, body[0] ? &provider : NULL), 0);
}

static void check_capture(const struct capture_buffer *kept, const char *text)
{
    ck_assert_uint_eq(kept->length, strlen(text));
    ck_assert_int_eq(memcmp(kept->bytes, text, kept->length), 0);
}

START_TEST(an_answer_is_complete)
{
    char hello[] = "hello";
    struct pair pair;
    start(&pair);
    struct one *one = begin(&pair, 0, &get_request);
    send_all(&pair, 10);
    ck_assert_uint_eq(pair.requests, 1);
    nghttp2_nv status = pair_of(":status", "103");
    ck_assert_int_eq(nghttp2_submit_headers(pair.server, 0, 1, NULL, &status, 1, NULL), 0);
    receive_all(&pair, 20);
    ck_assert(!one->stream.is_head_over);
    answer(&pair, 1, "404", "content-type", "text/plain", hello);
    receive_all(&pair, 30);
    const struct exchange *x = &one->stream.exchange;
    ck_assert_uint_eq(one->ended, 1);
    ck_assert_uint_eq(one->ended_code, NGHTTP2_NO_ERROR);
    ck_assert(one->stream.is_whole);
    ck_assert_uint_eq(one->stream.code, 404);
    ck_assert_str_eq(x->reason, "Not Found");
    ck_assert_uint_eq(x->sent_ns, 10);
    ck_assert_uint_eq(x->first_byte_ns, 20);
    ck_assert_uint_eq(x->done_ns, 30);
    ck_assert_uint_eq(x->bytes_in, 5);
    check_capture(&one->stream.capture.headers, "content-type: text/plain\r\n");
    check_capture(&one->stream.capture.body, hello);
    ck_assert_uint_eq(pair.client.streams.count, 0);
    stop(&pair);
}
END_TEST

/* nghttp2 leaves such a field out, and the answer counts. */
static const struct {
    const char *name, *value;
    unsigned violations;
} odd_fields[] = {
    {"x-a", "b", 0},
    {"x-a",
     "a\x01"
     "b",
     VIOLATION_BIT(header_value)},
    {"x a", "b", VIOLATION_BIT(header_name)},
};

START_TEST(a_field_with_odd_characters_is_noted)
{
    char hello[] = "hello";
    struct pair pair;
    start(&pair);
    struct one *one = begin(&pair, 0, &get_request);
    send_all(&pair, 10);
    answer(&pair, 1, "200", odd_fields[_i].name, odd_fields[_i].value, hello);
    receive_all(&pair, 20);
    ck_assert(one->stream.is_whole);
    ck_assert_uint_eq(one->stream.code, 200);
    ck_assert_uint_eq(one->stream.exchange.violations, odd_fields[_i].violations);
    stop(&pair);
}
END_TEST

START_TEST(what_was_read_of_one_answer_is_not_the_next_ones)
{
    char none[] = "";
    struct pair pair;
    start(&pair);
    struct one *one = begin(&pair, 0, &get_request);
    send_all(&pair, 1);
    answer(&pair, 1, "302", "location", "/x", none);
    receive_all(&pair, 1);
    ck_assert_str_eq(one->stream.location, "/x");
    begin(&pair, 0, &get_request);
    send_all(&pair, 2);
    answer(&pair, 3, "500", "location", "/y", none); /* is no redirect */
    receive_all(&pair, 2);
    ck_assert_str_eq(one->stream.location, "");
    begin(&pair, 0, &get_request);
    send_all(&pair, 2);
    ck_assert(!one->stream.is_whole && !one->stream.is_head_over);
    answer(&pair, 5, "204", "x", "y", none);
    receive_all(&pair, 2);
    ck_assert_uint_eq(one->ended, 3);
    ck_assert_uint_eq(one->stream.code, 204);
    ck_assert_str_eq(one->stream.exchange.reason, "");
    ck_assert_str_eq(one->stream.location, "");
    check_capture(&one->stream.capture.headers, "x: y\r\n");
    stop(&pair);
}
END_TEST

START_TEST(a_refused_stream_is_the_only_one_that_ends)
{
    struct pair pair;
    start(&pair);
    struct one *one = begin(&pair, 0, &get_request);
    struct one *other = begin(&pair, 1, &get_request);
    send_all(&pair, 1);
    nghttp2_submit_rst_stream(pair.server, 0, 1, NGHTTP2_REFUSED_STREAM);
    receive_all(&pair, 2);
    ck_assert_uint_eq(one->ended, 1);
    ck_assert_uint_eq(one->ended_code, NGHTTP2_REFUSED_STREAM);
    ck_assert(!one->stream.is_whole);
    ck_assert_uint_eq(other->ended, 0);
    ck_assert_uint_eq(pair.client.streams.count, 1);
    ck_assert_ptr_eq(pair.client.streams.first, &other->stream);
    ck_assert(h2_session_can_open(&pair.client));
    stop(&pair);
}
END_TEST

START_TEST(a_goaway_refuses_what_is_behind_its_last_stream)
{
    char none[] = "";
    struct pair pair;
    start(&pair);
    struct one *one = begin(&pair, 0, &get_request);
    struct one *other = begin(&pair, 1, &get_request);
    send_all(&pair, 1);
    nghttp2_submit_goaway(pair.server, 0, 1, NGHTTP2_ENHANCE_YOUR_CALM, NULL, 0);
    receive_all(&pair, 2);
    ck_assert(pair.client.has_goaway);
    ck_assert_uint_eq(pair.client.goaway_code, NGHTTP2_ENHANCE_YOUR_CALM);
    ck_assert(!h2_session_can_open(&pair.client));
    ck_assert_uint_eq(other->ended, 1);
    ck_assert_uint_eq(other->ended_code, NGHTTP2_REFUSED_STREAM);
    ck_assert_uint_eq(one->ended, 0);
    ck_assert(!h2_session_has_ended(&pair.client));
    answer(&pair, 1, "200", "x", "y", none);
    exchange_all(&pair, 3);
    ck_assert_uint_eq(one->ended, 1);
    ck_assert(one->stream.is_whole);
    ck_assert(h2_session_has_ended(&pair.client));
    stop(&pair);
}
END_TEST

START_TEST(the_last_stream_number_is_the_last_stream)
{
    char none[] = "";
    struct pair pair;
    start(&pair);
    ck_assert_int_eq(nghttp2_session_set_next_stream_id(pair.client.nghttp2, INT32_MAX), 0);
    struct one *one = begin(&pair, 0, &get_request);
    ck_assert_int_eq(one->stream.id, INT32_MAX);
    ck_assert(!h2_session_can_open(&pair.client));
    send_all(&pair, 1);
    answer(&pair, INT32_MAX, "200", "x", "y", none);
    receive_all(&pair, 2);
    ck_assert_uint_eq(one->ended, 1);
    ck_assert(one->stream.is_whole);
    ck_assert(!h2_session_can_open(&pair.client));
    stop(&pair);
}
END_TEST

START_TEST(the_server_says_how_many_streams_it_wants)
{
    static const struct {
        uint32_t wanted;
        size_t limit;
    } settings[] = {{3, 3}, {0, 0}, {5000, H2_STREAMS_MAX}, {UINT32_MAX, H2_STREAMS_MAX}};
    struct pair pair;
    start(&pair);
    ck_assert(!pair.client.has_settings);
    ck_assert_uint_eq(h2_session_max_streams(&pair.client), H2_STREAMS_MAX);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        nghttp2_settings_entry entry = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
                                        settings[i].wanted};
        ck_assert_int_eq(nghttp2_submit_settings(pair.server, 0, &entry, 1), 0);
        exchange_all(&pair, 1);
        ck_assert(pair.client.has_settings);
        ck_assert_uint_eq(h2_session_max_streams(&pair.client), settings[i].limit);
    }
    stop(&pair);
}
END_TEST

/* With buffers of all sizes: what did not fit has not gone out. */
START_TEST(a_body_counts_when_all_of_it_was_sent)
{
    struct request post = make_post(BODY);
    for (size_t size = H2_FRAME_MAX; size <= ALL; size += 997) {
        struct pair pair;
        start(&pair);
        const struct exchange *x = &begin(&pair, 0, &post)->stream.exchange;
        uint64_t sent_ns = 0;
        for (uint64_t now_ns = 1; send_once(&pair, size, now_ns); now_ns++) {
            sent_ns = sent_ns == 0 && pair.requests == 1 ? now_ns : sent_ns;
            ck_assert_uint_eq(x->sent_ns, sent_ns);
            ck_assert_uint_eq(x->bytes_out, pair.body_come == BODY ? BODY : 0);
        }
        ck_assert_uint_eq(pair.body_come, BODY);
        ck_assert_uint_eq(x->bytes_out, BODY);
        stop(&pair);
    }
    free_post(&post);
}
END_TEST

START_TEST(bytes_that_are_about_to_be_sent_do_not_count)
{
    char buffer[ALL];
    struct request post = make_post(9);
    struct pair pair;
    start(&pair);
    const struct h2_stream *stream = &begin(&pair, 0, &post)->stream;
    ck_assert_uint_eq(stream->exchange.sent_ns, 0);
    ck_assert_uint_gt(h2_session_fill(&pair.client, buffer, sizeof buffer), 9);
    ck_assert(stream->is_packed);
    h2_session_mark_sending(&pair.client, 7);
    ck_assert_uint_eq(stream->exchange.sent_ns, 7);
    ck_assert_uint_eq(stream->exchange.bytes_out, 0);
    h2_session_mark_sent(&pair.client);
    ck_assert(!stream->is_packed);
    ck_assert_uint_eq(stream->exchange.bytes_out, 9);
    stop(&pair);
    free_post(&post);
}
END_TEST

START_TEST(a_stream_that_is_cancelled_is_reset)
{
    struct pair pair;
    start(&pair);
    struct one *one = begin(&pair, 0, &get_request);
    send_all(&pair, 1);
    h2_session_cancel(&pair.client, &one->stream);
    ck_assert_uint_eq(pair.client.streams.count, 0);
    send_all(&pair, 2);
    ck_assert_int_eq(pair.closed, 1);
    ck_assert_uint_eq(pair.closed_code, NGHTTP2_CANCEL);
    struct one *unsent = begin(&pair, 1, &get_request); /* that the server never hears of */
    h2_session_cancel(&pair.client, &unsent->stream);
    send_all(&pair, 3);
    ck_assert_uint_eq(pair.requests, 1);
    ck_assert_uint_eq(one->ended + unsent->ended, 0);
    stop(&pair);
}
END_TEST

START_TEST(an_answer_may_be_whole_before_the_request)
{
    char none[] = "";
    struct request post = make_post(200000); /* more than the window */
    struct pair pair;
    start(&pair);
    struct one *one = begin(&pair, 0, &post);
    send_all(&pair, 1);
    ck_assert_uint_eq(pair.body_come, 65535);
    answer(&pair, 1, "413", "x", "y", none);
    receive_all(&pair, 2);
    ck_assert_uint_eq(one->ended, 1);
    ck_assert(one->stream.is_whole);
    send_all(&pair, 3);
    ck_assert_uint_eq(one->ended, 1);
    ck_assert_uint_eq(one->stream.code, 413);
    ck_assert_uint_eq(one->stream.exchange.done_ns, 2);
    ck_assert_uint_eq(one->stream.exchange.bytes_out, 0);
    ck_assert_int_eq(pair.closed, 1);
    ck_assert_uint_eq(pair.closed_code, NGHTTP2_NO_ERROR);
    ck_assert(h2_session_can_open(&pair.client));
    stop(&pair);
    free_post(&post);
}
END_TEST

START_TEST(a_status_below_100_is_none)
{
    char none[] = "";
    char problem[H2_PROBLEM_MAX];
    struct pair pair;
    start(&pair);
    struct one *one = begin(&pair, 0, &get_request);
    send_all(&pair, 1);
    answer(&pair, 1, _i ? "099" : "000", "x", "y", none);
    exchange_all(&pair, 2);
    ck_assert_uint_eq(one->ended, 1);
    ck_assert(!one->stream.is_whole);
    ck_assert_uint_ne(one->ended_code, NGHTTP2_NO_ERROR);
    h2_session_problem(&pair.client, problem);
    ck_assert_ptr_nonnull(strstr(problem, "status"));
    ck_assert(h2_session_can_open(&pair.client));
    stop(&pair);
}
END_TEST

START_TEST(what_is_no_http2_ends_the_session)
{
    static const char bytes[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    struct pair pair;
    start(&pair);
    struct one *unsent = begin(&pair, 0, &get_request);
    h2_session_receive(&pair.client, bytes, sizeof bytes - 1, 1);
    send_all(&pair, 2);
    ck_assert_uint_eq(pair.requests, 0);
    ck_assert_uint_eq(unsent->ended, 1);
    ck_assert_uint_eq(unsent->ended_code, NGHTTP2_PROTOCOL_ERROR);
    ck_assert_str_ne(pair.client.problem, "");
    ck_assert(!h2_session_can_open(&pair.client));
    ck_assert(h2_session_has_ended(&pair.client));
    stop(&pair);
}
END_TEST

Suite *h2_session_suite(void);
Suite *h2_session_suite(void)
{
    Suite *suite = suite_create("h2_session");
    TCase *tcase = tcase_create("h2_session");
    tcase_add_test(tcase, an_answer_is_complete);
    tcase_add_loop_test(tcase, a_field_with_odd_characters_is_noted, 0, 3);
    tcase_add_test(tcase, what_was_read_of_one_answer_is_not_the_next_ones);
    tcase_add_test(tcase, a_refused_stream_is_the_only_one_that_ends);
    tcase_add_test(tcase, a_goaway_refuses_what_is_behind_its_last_stream);
    tcase_add_test(tcase, the_last_stream_number_is_the_last_stream);
    tcase_add_test(tcase, the_server_says_how_many_streams_it_wants);
    tcase_add_test(tcase, a_body_counts_when_all_of_it_was_sent);
    tcase_add_test(tcase, bytes_that_are_about_to_be_sent_do_not_count);
    tcase_add_test(tcase, a_stream_that_is_cancelled_is_reset);
    tcase_add_test(tcase, an_answer_may_be_whole_before_the_request);
    tcase_add_loop_test(tcase, a_status_below_100_is_none, 0, 2);
    tcase_add_test(tcase, what_is_no_http2_ends_the_session);
    suite_add_tcase(suite, tcase);
    return suite;
}
