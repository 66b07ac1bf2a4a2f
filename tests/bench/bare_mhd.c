/*
 * bare_mhd - libmicrohttpd with a handler that answers one constant: what a request costs before a
 * service does anything.
 *
 *     bare_mhd PORT BODY_BYTES POOL_BYTES        port 0: the kernel chooses
 *
 * One thread with its epoll, as `target-api -threads 1` has; POOL_BYTES is the memory of a
 * connection (MHD_OPTION_CONNECTION_MEMORY_LIMIT), which libmicrohttpd clears for each request, so
 * that both sides clear the same. The response is made once and only queued from then on, which is
 * the cheapest that libmicrohttpd offers. It has the one header that target-api's answers have.
 *
 * Listens on 127.0.0.1 only. SIGTERM ends it by its default action; so does an hour, for the case
 * that the benchmark died before it could send one.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 1 << 24, LIFE_S = 3600 };

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **context)
{
    (void)url;
    (void)method;
    (void)version;
    (void)upload_data;
    (void)upload_data_size;
    if (!*context) {
        *context = cls; /* an answer on this call would close the connection */
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, cls);
}

static struct MHD_Response *make_response(size_t len)
{
    char *body = malloc(len + 1);
    if (!body) {
        return NULL;
    }
    memset(body, 'x', len);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
    if (response && MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                            "application/json") != MHD_YES) {
        MHD_destroy_response(response);
        return NULL;
    }
    return response;
}

static unsigned long number(const char *text, unsigned long max)
{
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || n > max) {
        fprintf(stderr, "usage: bare_mhd PORT BODY_BYTES POOL_BYTES\n");
        exit(2);
    }
    return n;
}

int main(int argc, char **argv)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    at.sin_port = htons((in_port_t)number(argc == 4 ? argv[1] : "", UINT16_MAX));
    struct MHD_Response *response = make_response(number(argv[2], BODY_MAX));
    size_t pool_bytes = number(argv[3], BODY_MAX);
    /* clang-format off */
    struct MHD_Daemon *daemon = response ? MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO,
        0, NULL, NULL, handle, response,
        MHD_OPTION_SOCK_ADDR, &at,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool_bytes,
        MHD_OPTION_END) : NULL;
    /* clang-format on */
    const union MHD_DaemonInfo *info =
        daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!info) {
        fprintf(stderr, "bare_mhd: cannot listen on 127.0.0.1:%s\n", argv[1]);
        return EXIT_FAILURE;
    }
    printf("bare_mhd: ready on 127.0.0.1:%u\n", (unsigned)info->port);
    fflush(stdout);
    alarm(LIFE_S);
    for (;;) {
        pause();
    }
}
