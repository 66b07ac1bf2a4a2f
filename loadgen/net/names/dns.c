#include "loadgen/net/names/dns.h"

#include <ares.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/net/hostname.h"

enum { STEPS_MAX = 64, NAMESERVER_PORT = 53, HOSTS_FILE_MAX = 32 };

/* One socket of c-ares. Never freed before dns_destroy, because the loop may still report a closed
 * one. */
struct channel_watch {
    struct loop_watch watch; /* first member */
    struct dns *dns;
    struct channel_watch *next;
    short events; /* POLLIN, POLLOUT, as set by c-ares; 0: it has closed the socket */
};

struct dns {
    ares_channel channel;
    struct loop *loop;
    dns_answer_fn *on_answer;
    void *owner;
    struct channel_watch *watches;
    bool is_due;    /* a socket is ready */
    bool is_ending; /* in dns_destroy: ignore answers */
    size_t asked;
    size_t server_count;
    char servers[64]; /* for messages */
};

struct asked {
    struct dns *dns;
    void *question; /* passed back to on_answer */
};

/* Sockets. */

static void on_ready(struct loop_watch *watch, uint32_t events)
{
    (void)events;
    ((struct channel_watch *)watch)->dns->is_due = true;
}

static struct channel_watch *take_watch(struct dns *dns)
{
    struct channel_watch *watch = dns->watches;
    while (watch && watch->events) {
        watch = watch->next;
    }
    if (!watch) {
        watch = calloc(1, sizeof *watch);
        if (watch) {
            watch->dns = dns;
            watch->next = dns->watches;
            dns->watches = watch;
        }
    }
    return watch;
}

/* Called by c-ares with the events that it waits for; both 0: it is about to close the socket. */
static void on_socket(void *context, ares_socket_t fd, int readable, int writable)
{
    struct dns *dns = context;
    short events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    struct channel_watch *watch = dns->watches;
    while (watch && !(watch->events && watch->watch.fd == fd)) {
        watch = watch->next;
    }
    if (!watch && events) {
        watch = take_watch(dns);
        if (!watch) {
            return; /* queries to this server time out */
        }
        watch->watch.on_ready = on_ready;
        watch->watch.fd = fd;
        loop_add(dns->loop, &watch->watch);
    }
    if (watch) {
        watch->events = events;
    }
}

/* Lets c-ares handle all ready sockets. False: there were none. */
static bool process_ready(struct dns *dns)
{
    bool any = false;
    for (struct channel_watch *watch = dns->watches; watch; watch = watch->next) {
        struct pollfd ready = {.fd = watch->watch.fd, .events = watch->events};
        if (watch->events && poll(&ready, 1, 0) > 0) {
            int fd = watch->watch.fd;
            bool reads = ready.revents & (POLLIN | POLLHUP | POLLERR);
            ares_process_fd(dns->channel, reads ? fd : ARES_SOCKET_BAD,
                            ready.revents & POLLOUT ? fd : ARES_SOCKET_BAD);
            any = true;
        }
    }
    return any;
}

void dns_process(struct dns *dns)
{
    dns->is_due = false;
    ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* its timeouts */
    /* Edge-triggered: continue until no socket is ready, or the limit is reached. */
    for (int steps = 0; process_ready(dns); steps++) {
        if (steps == STEPS_MAX) {
            dns->is_due = true;
            return;
        }
    }
}

bool dns_is_due(const struct dns *dns)
{
    return dns->is_due;
}

uint64_t dns_next_deadline_ns(const struct dns *dns, uint64_t now_ns)
{
    struct timeval left;
    if (dns->asked == 0 || !ares_timeout(dns->channel, NULL, &left)) {
        return UINT64_MAX;
    }
    return now_ns + (uint64_t)left.tv_sec * NS_PER_S + (uint64_t)left.tv_usec * NS_PER_US;
}

/* Answers. */

static const char *reason_of(const struct dns *dns, int status)
{
    if (status == ARES_ECONNREFUSED && dns->server_count > 1) {
        return "connection refused or server misbehaving"; /* c-ares has one code for both */
    }
    switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
        return "no such host";
    case ARES_ETIMEOUT:
        return "i/o timeout";
    case ARES_ESERVFAIL:
    case ARES_EREFUSED:
    case ARES_ENOTIMP:
    case ARES_EFORMERR:
        return "server misbehaving";
    case ARES_ECONNREFUSED:
        return "connection refused";
    case ARES_EBADRESP:
        return "cannot unmarshal DNS message";
    case ARES_ENOMEM:
        return "not enough memory";
    default:
        return ares_strerror(status);
    }
}

static struct address *copy(const struct ares_addrinfo *info, size_t *count)
{
    size_t all = 0;
    for (const struct ares_addrinfo_node *node = info->nodes; node; node = node->ai_next) {
        all++;
    }
    struct address *list = calloc(all + 1, sizeof *list);
    for (const struct ares_addrinfo_node *node = info->nodes; list && node; node = node->ai_next) {
        struct address *address = &list[*count];
        if (node->ai_addrlen <= sizeof address->socket) {
            memcpy(&address->socket, node->ai_addr, node->ai_addrlen);
            address->length = node->ai_addrlen;
            ++*count;
        }
    }
    return list;
}

static void on_info(void *context, int status, int timeouts, struct ares_addrinfo *info)
{
    struct asked *asked = context;
    struct dns *dns = asked->dns;
    struct dns_answer answer = {0};
    (void)timeouts;
    dns->asked--;
    if (!dns->is_ending) {
        if (status == ARES_SUCCESS) {
            answer.addresses = copy(info, &answer.count);
            status = !answer.addresses ? ARES_ENOMEM : answer.count ? ARES_SUCCESS : ARES_ENODATA;
        }
        answer.reason = status == ARES_SUCCESS ? NULL : reason_of(dns, status);
        answer.is_final =
            status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADNAME;
        dns->on_answer(dns->owner, asked->question, &answer);
    }
    free(answer.addresses);
    ares_freeaddrinfo(info);
    free(asked);
}

/* Adds the addresses of one family from /etc/hosts. Returns the new count. */
static size_t add_from_hosts_file(struct dns *dns, const char *name, int family,
                                  struct address list[HOSTS_FILE_MAX], size_t count)
{
    struct hostent *found = NULL;
    if (ares_gethostbyname_file(dns->channel, name, family, &found) != ARES_SUCCESS) {
        return count;
    }
    for (char **from = found->h_addr_list; *from && count < HOSTS_FILE_MAX; from++) {
        struct address *address = &list[count++];
        memset(address, 0, sizeof *address);
        address->socket.any.sa_family = (sa_family_t)family;
        if (family == AF_INET) {
            address->length = sizeof address->socket.v4;
            memcpy(&address->socket.v4.sin_addr, *from, sizeof address->socket.v4.sin_addr);
        } else {
            address->length = sizeof address->socket.v6;
            memcpy(&address->socket.v6.sin6_addr, *from, sizeof address->socket.v6.sin6_addr);
        }
    }
    ares_free_hostent(found);
    return count;
}

/* For names with a final dot, which c-ares does not find in /etc/hosts. */
static bool answer_from_hosts_file(struct dns *dns, const char *host, int family, void *question)
{
    char name[HOSTNAME_MAX];
    struct address list[HOSTS_FILE_MAX];
    size_t count = 0;
    if (strcmp(hostname_bare(host, name), host) == 0) {
        return false;
    }
    if (family != AF_INET6) {
        count = add_from_hosts_file(dns, name, AF_INET, list, count);
    }
    if (family != AF_INET) {
        count = add_from_hosts_file(dns, name, AF_INET6, list, count);
    }
    const struct dns_answer answer = {.addresses = list, .count = count};
    if (count > 0) {
        dns->on_answer(dns->owner, question, &answer);
    }
    return count > 0;
}

void dns_query(struct dns *dns, const char *host, int family, void *question)
{
    const struct ares_addrinfo_hints hints = {
        .ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = ARES_AI_NOSORT};
    if (answer_from_hosts_file(dns, host, family, question)) {
        return;
    }
    struct asked *asked = calloc(1, sizeof *asked);
    if (!asked) {
        const struct dns_answer answer = {.reason = reason_of(dns, ARES_ENOMEM)};
        dns->on_answer(dns->owner, question, &answer);
        return;
    }
    *asked = (struct asked){dns, question};
    dns->asked++;
    dns->is_due = true; /* an existing TCP connection may cause no edge */
    ares_getaddrinfo(dns->channel, host, NULL, &hints, on_info, asked);
}

/* Set-up. */

static void print_server(const struct ares_addr_port_node *server, char text[ADDRESS_TEXT])
{
    struct address address = {0};
    address.socket.any.sa_family = (sa_family_t)server->family;
    address_set_port(&address, (uint16_t)(server->udp_port ? server->udp_port : NAMESERVER_PORT));
    if (server->family == AF_INET) {
        address.socket.v4.sin_addr = server->addr.addr4;
    } else {
        memcpy(&address.socket.v6.sin6_addr, &server->addr.addr6, sizeof server->addr.addr6);
    }
    address_print(&address, text);
}

/* Counts the servers and writes their list for messages, as far as it fits. */
static void name_servers(struct dns *dns)
{
    struct ares_addr_port_node *servers = NULL;
    ares_get_servers_ports(dns->channel, &servers);
    size_t used = 0;
    for (const struct ares_addr_port_node *server = servers; server; server = server->next) {
        char text[ADDRESS_TEXT];
        print_server(server, text);
        dns->server_count++;
        if (used + strlen(text) + 2 <= sizeof dns->servers) {
            used += (size_t)snprintf(dns->servers + used, sizeof dns->servers - used, "%s%s",
                                     used ? "," : "", text);
        }
    }
    ares_free_data(servers);
}

static bool open_channel(struct dns *dns, const char *servers, int flags)
{
    char lookups[] = "fb"; /* /etc/hosts before the servers */
    struct ares_options options = {
        .flags = flags,
        .timeout = DNS_TRY_MS,
        .tries = DNS_TRIES,
        .lookups = lookups,
        .sock_state_cb = on_socket,
        .sock_state_cb_data = dns,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
               ARES_OPT_SOCK_STATE_CB;
    if (ares_init_options(&dns->channel, &options, mask) != ARES_SUCCESS) {
        dns->channel = NULL;
        return false;
    }
    return !servers || ares_set_servers_ports_csv(dns->channel, servers) == ARES_SUCCESS;
}

struct dns *dns_create(const char *servers, struct loop *loop, dns_answer_fn *on_answer,
                       void *owner)
{
    struct dns *dns = calloc(1, sizeof *dns);
    if (!dns) {
        return NULL;
    }
    *dns = (struct dns){.loop = loop, .on_answer = on_answer, .owner = owner};
    bool ok = open_channel(dns, servers, 0);
    if (ok) {
        name_servers(dns);
    }
    if (ok && dns->server_count == 1) {
        /* With a single server, this flag makes c-ares report its error instead of "no servers". */
        ares_destroy(dns->channel);
        ok = open_channel(dns, servers, ARES_FLAG_NOCHECKRESP);
    }
    if (!ok) {
        dns_destroy(dns);
        return NULL;
    }
    return dns;
}

void dns_destroy(struct dns *dns)
{
    if (!dns) {
        return;
    }
    dns->is_ending = true;
    if (dns->channel) {
        ares_destroy(dns->channel);
    }
    while (dns->watches) {
        struct channel_watch *next = dns->watches->next;
        free(dns->watches);
        dns->watches = next;
    }
    free(dns);
}

const char *dns_print_error(const struct dns *dns, const char *host, const char *reason,
                            char text[DNS_ERROR_TEXT])
{
    bool is_known = dns && dns->servers[0];
    snprintf(text, DNS_ERROR_TEXT, "lookup %.60s%s%s: %s", host, is_known ? " on " : "",
             is_known ? dns->servers : "", reason);
    return text;
}
