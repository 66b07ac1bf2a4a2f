#include "loadgen/results/vegeta/vegeta.h"

#include <string.h>

#include "loadgen/base/text/base64.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/measure/error_text.h"

enum { ROW_NAME_MAX = 256 };

void vegeta_fini(struct vegeta *vegeta)
{
    memo_free(&vegeta->targets);
    memo_free(&vegeta->errors);
    bytes_free(&vegeta->text);
    bytes_free(&vegeta->body);
}

/* The reason after method and URL: `Get "http://a/": EOF` is "EOF". */
static const char *reason_of(const char *error)
{
    const char *quote =
        error + strspn(error, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    const char *end = strncmp(quote, " \"", 2) == 0 ? strstr(quote, "\": ") : NULL;
    return end ? end + strlen("\": ") : error;
}

enum outcome vegeta_outcome(uint64_t code, const char *error)
{
    /* Go's messages, and ours. The first match decides. */
    static const struct {
        const char *part;
        enum outcome outcome;
    } words[] = {
        {"no such host", OUTCOME_DNS},
        {"lookup ", OUTCOME_DNS},
        {"x509: ", OUTCOME_TLS},
        {"tls: ", OUTCOME_TLS},
        {"TLS handshake", OUTCOME_TLS},
        {"deadline exceeded", OUTCOME_TIMED_OUT},
        {"Client.Timeout exceeded", OUTCOME_TIMED_OUT},
        {"i/o timeout", OUTCOME_TIMED_OUT},
        {"timeout awaiting", OUTCOME_TIMED_OUT},
        {"connection reset", OUTCOME_RESET},
        {"broken pipe", OUTCOME_RESET},
        {"dial ", OUTCOME_CONNECT},
        {"connection refused", OUTCOME_CONNECT},
        {"EOF", OUTCOME_CLOSED},
        {"server closed idle connection", OUTCOME_CLOSED},
        {"use of closed network connection", OUTCOME_CLOSED},
    };
    const char *reason = reason_of(error);
    if (code != 0) {
        return OUTCOME_ANSWERED;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strstr(reason, words[i].part)) {
            return words[i].outcome;
        }
    }
    return OUTCOME_PROTOCOL;
}

void vegeta_add_row_name(struct slice method, struct slice url, struct bytes *out)
{
    const char *end = url.at + url.length;
    const char *scheme = url.length ? memmem(url.at, url.length, "://", 3) : NULL;
    const char *host = scheme ? scheme + 3 : url.at;
    const char *path = host < end ? memchr(host, '/', (size_t)(end - host)) : NULL;
    const char *stop = path;
    size_t first = out->length;
    while (stop && stop < end && *stop != '?' && *stop != '#') {
        stop++;
    }
    bytes_add(out, method.at, method.length);
    bytes_add_text(out, method.length > 0 ? " " : "");
    if (path) {
        bytes_add(out, path, (size_t)(stop - path));
    } else {
        bytes_add_text(out, url.length > 0 ? "/" : "");
    }
    if (out->length > first + ROW_NAME_MAX) {
        out->length = first + ROW_NAME_MAX;
    }
    bytes_add(out, "", 1);
    if (!out->has_failed && (!out->at[first] || !utf8_is_text(out->at + first))) {
        out->length = first;
        bytes_add(out, "?", 2);
    }
}

static uint16_t row_of(struct vegeta *vegeta, struct summary *summary,
                       const struct vegeta_line *line)
{
    bool is_new = false;
    struct memo_entry *entry = memo_find(&vegeta->targets, line->method, line->url, &is_new);
    if (entry && !is_new) {
        return entry->row;
    }
    struct bytes *name = &vegeta->text;
    bytes_clear(name);
    vegeta_add_row_name(line->method, line->url, name);
    uint16_t row = rows_add(&summary->rows, name->has_failed ? "?" : name->at);
    if (entry) {
        entry->row = row;
    }
    return row;
}

static void take_error(struct vegeta *vegeta, struct summary *summary,
                       const struct vegeta_line *line, struct result *result)
{
    result->outcome = line->code == 0 ? OUTCOME_PROTOCOL : OUTCOME_ANSWERED;
    if (line->error.length == 0) {
        return;
    }
    bool is_new = false;
    struct memo_entry made = {0};
    struct memo_entry *entry =
        memo_find(&vegeta->errors, (struct slice){line->code ? "1" : "0", 1}, line->error, &is_new);
    if (!entry || is_new) {
        struct bytes *text = &vegeta->text;
        bytes_clear(text);
        bytes_add(text, line->error.at, line->error.length);
        bytes_add(text, "", 1);
        if (!text->has_failed) {
            error_text_strip_ports(text->at);
        }
        const char *clean = text->has_failed ? "" : text->at;
        made.outcome = vegeta_outcome(line->code, clean);
        made.error = text_pool_intern(&summary->texts, clean);
        entry = entry ? entry : &made;
        entry->outcome = made.outcome;
        entry->error = made.error;
    }
    result->outcome = entry->outcome;
    result->error = entry->error;
}

/* The body is validated even without texts, so that damage is noticed. */
static bool take_texts(struct vegeta *vegeta, const struct stream *stream,
                       const struct vegeta_line *line, struct record *record)
{
    if (!stream->with_texts) {
        return base64_is_valid(line->body.at, line->body.length);
    }
    record->attack = line->attack;
    record->method = line->method;
    record->url = line->url;
    record->error = line->error;
    record->headers = line->headers;
    record->body = (struct slice){NULL, 0};
    if (line->body.at) {
        bytes_clear(&vegeta->body);
        if (!base64_decode(line->body.at, line->body.length, &vegeta->body)) {
            return false;
        }
        record->body = (struct slice){vegeta->body.at, vegeta->body.length};
    }
    return true;
}

const char *vegeta_take(struct vegeta *vegeta, const struct stream *stream,
                        const struct vegeta_line *line, struct record *record)
{
    if (line->code >= TALLY_CODES) {
        return "\"code\" is over 999";
    }
    if (line->latency_ns > INT64_MAX) {
        return "\"latency\" is negative or too large";
    }
    if (!take_texts(vegeta, stream, line, record)) {
        return "the body is not base64";
    }
    record->result = (struct result){
        .number = line->seq,
        .intended_ns = line->timestamp_ns,
        .service_ns = line->latency_ns,
        .first_byte_ns = line->latency_ns,
        .bytes_in = line->bytes_in,
        .bytes_out = line->bytes_out,
        .address = ADDRESS_NONE,
        .address_row = ROWS_OTHER,
        .is_bare = true,
        .code = (uint16_t)line->code,
    };
    record->result.row = row_of(vegeta, stream->summary, line);
    take_error(vegeta, stream->summary, line, &record->result);
    /* Without a plan, only requests with results are known to have been intended. */
    stream->summary->intended++;
    stream->summary->started++;
    stream->summary->unplanned++;
    return NULL;
}

enum stream_state vegeta_end(const struct stream *stream, struct err *err)
{
    if (stream->records == 0) {
        err_set(err, ERR_FAILED, "no readable results; %s", stream->first_loss);
        return STREAM_FAIL;
    }
    return STREAM_END;
}
