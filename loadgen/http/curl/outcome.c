#include "loadgen/http/curl/outcome.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The errno that ended the connection; 0: none. */
static int system_error(const struct curl_transfer *t)
{
    long number = 0;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
    return (int)number;
}

static void conclude_broken(struct curl_transfer *t)
{
    int problem = t->stop == CURL_STOP_REPEATED ? 0 : system_error(t);
    bool is_reset = t->is_reset || problem == ECONNRESET || problem == EPIPE;
    t->exchange.outcome = is_reset ? OUTCOME_RESET : OUTCOME_CLOSED;
    t->exchange.system_error = 0;
    if (is_reset) {
        t->exchange.system_error = problem == EPIPE ? EPIPE : ECONNRESET;
    }
}

static void conclude_not_connected(struct curl_transfer *t)
{
    int problem = system_error(t);
    t->exchange.outcome = OUTCOME_CONNECT;
    if (t->exchange.system_error == 0) {
        t->exchange.system_error = problem ? problem : ECONNREFUSED;
    }
}

/* "certificate required, errno 0" of libcurl's "...: tlsv13 alert certificate required, errno 0".
 * NULL: the error is not an alert. */
static const char *alert_of(const struct curl_transfer *t)
{
    const char *alert = strstr(t->problem, "alert ");
    return alert ? alert + strlen("alert ") : NULL;
}

static void conclude_tls(struct curl_transfer *t)
{
    char *reason = t->exchange.reason;
    const char *alert = alert_of(t);
    t->exchange.outcome = OUTCOME_TLS;
    if (strncmp(reason, "x509: ", 6) == 0) {
        return; /* set by tls.c, and more precise */
    }
    if (alert) {
        snprintf(reason, REASON_MAX, "remote error: tls: %.*s", (int)strcspn(alert, ","), alert);
        return;
    }
    const char *colons = strstr(t->problem, "::");
    snprintf(reason, REASON_MAX, "tls: %.120s%s", colons ? colons + 2 : t->problem,
             strstr(t->problem, "wrong version number") ? " (does the server use TLS on this port?)"
                                                        : "");
}

static void conclude_protocol(struct curl_transfer *t, const char *prefix)
{
    const char *problem = t->answer.problem ? t->answer.problem : t->problem;
    if (problem[0] == '\0') {
        problem = "libcurl could not parse a header"; /* it does not say why */
    }
    t->exchange.outcome = OUTCOME_PROTOCOL;
    snprintf(t->exchange.reason, REASON_MAX, "%s: %.150s", prefix, problem);
}

static void conclude_failure(struct curl_transfer *t, CURLcode result)
{
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
        t->exchange.outcome = OUTCOME_TIMED_OUT;
        break;
    case CURLE_COULDNT_CONNECT:
        conclude_not_connected(t);
        break;
    case CURLE_SSL_CONNECT_ERROR:
        if (strstr(t->problem, "SSL_ERROR_SYSCALL") || strstr(t->problem, "reset by peer")) {
            conclude_broken(t);
            break;
        }
        conclude_tls(t);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
        conclude_tls(t);
        break;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        if (strstr(t->problem, "CONNECT tunnel")) {
            conclude_protocol(t, "proxyconnect");
        } else if (t->answer.problem || strstr(t->problem, "Too large response headers")) {
            conclude_protocol(t, "malformed HTTP response");
        } else if (alert_of(t)) {
            conclude_tls(t);
        } else {
            conclude_broken(t);
        }
        break;
    case CURLE_PROXY:
        conclude_protocol(t, "proxyconnect");
        break;
    default:
        conclude_protocol(t, "malformed HTTP response");
        break;
    }
}

void curl_outcome_conclude(struct curl_transfer *t, CURLcode result)
{
    struct exchange *x = &t->exchange;
    curl_off_t uploaded = 0;
    /* libcurl 7.88 accepts an answer that ends inside its headers. */
    bool is_whole = result == CURLE_OK && answer_finish(&t->answer) == ANSWER_COMPLETE;
    if (t->stop == CURL_STOP_REPEATED || (result == CURLE_OK && !is_whole)) {
        conclude_broken(t);
    } else if (is_whole) {
        x->outcome = OUTCOME_ANSWERED;
        x->code = answer_code(&t->answer);
        x->bytes_in = t->answer.body_bytes;
        x->violations |= (uint16_t)answer_violations(&t->answer);
    } else if (t->stop == CURL_STOP_UNRESOLVED) {
        x->outcome = OUTCOME_DNS;
        snprintf(x->reason, sizeof x->reason, "%s", lookup_problem(&t->wait));
    } else {
        conclude_failure(t, result);
    }
    if (t->request->body_length > 0) {
        curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    }
    x->bytes_out = (uint64_t)uploaded >= t->request->body_length ? t->request->body_length : 0;
    if (x->outcome != OUTCOME_ANSWERED) {
        x->code = 0;
        x->bytes_in = 0;
    }
}
