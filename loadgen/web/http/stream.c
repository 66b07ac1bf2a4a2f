#include "loadgen/web/http/stream.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/http/connection_lru.h"

enum {
    BLOCK = 8 * 1024,        /* bytes of one chunk */
    SEND_BUFFER = 32 * 1024, /* the kernel doubles it */
    SILENT_MS = 120 * 1000,  /* time without acknowledgment after which a client is disconnected */
};

struct client {
    struct stream *stream;
    struct MHD_Connection *connection;
    int socket;
    struct bytes first;
    size_t first_sent;
    uint64_t position; /* of the next byte to send */
    bool is_suspended;
    bool is_dropped;
};

struct stream {
    pthread_mutex_t lock; /* guards the fields below, and the last three of each client */
    bool is_over;
    uint64_t position; /* of the next byte to publish */
    uint64_t dropped;
    size_t count;
    struct client *clients[STREAM_CLIENTS];
    char ring[STREAM_BYTES];
};

struct stream *stream_create(void)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream) {
        pthread_mutex_init(&stream->lock, NULL);
    }
    return stream;
}

void stream_destroy(struct stream *stream)
{
    if (stream) {
        pthread_mutex_destroy(&stream->lock);
        free(stream);
    }
}

/* Publishing. */

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Functions that need the lock. */

/* If the bytes do not fit into the ring, only the last ones are stored. */
static void append(struct stream *stream, const char *bytes, size_t length)
{
    while (length > 0) {
        size_t at = stream->position % STREAM_BYTES;
        size_t part = lesser(length, STREAM_BYTES - at);
        memcpy(stream->ring + at, bytes, part);
        stream->position += part;
        bytes += part;
        length -= part;
    }
}

static void wake(struct client *client)
{
    if (client->is_suspended) {
        client->is_suspended = false;
        MHD_resume_connection(client->connection);
    }
}

static void drop(struct client *client)
{
    client->is_dropped = true;
    client->stream->dropped++;
    connection_cut(client->socket);
}

static void wake_all(struct stream *stream)
{
    for (size_t i = 0; i < stream->count; i++) {
        struct client *client = stream->clients[i];
        if (!client->is_dropped && stream->position - client->position > STREAM_BYTES) {
            drop(client);
        }
        wake(client);
    }
}

/* Functions that take the lock. */

void stream_publish(struct stream *stream, const char *bytes, size_t length)
{
    pthread_mutex_lock(&stream->lock);
    append(stream, bytes, length);
    wake_all(stream);
    pthread_mutex_unlock(&stream->lock);
}

void stream_end(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->is_over = true;
    wake_all(stream);
    pthread_mutex_unlock(&stream->lock);
}

/* The server's thread. */

static ssize_t read_first(struct client *client, char *buffer, size_t room)
{
    size_t part = lesser(room, client->first.length - client->first_sent);
    memcpy(buffer, client->first.at + client->first_sent, part);
    client->first_sent += part;
    if (client->first_sent == client->first.length) {
        bytes_free(&client->first);
        client->first_sent = 0;
    }
    return (ssize_t)part;
}

/* With the lock. */
static ssize_t read_ring(struct client *client, char *buffer, size_t room)
{
    const struct stream *stream = client->stream;
    size_t at = client->position % STREAM_BYTES;
    size_t part = lesser(room, STREAM_BYTES - at);
    part = lesser(part, (size_t)(stream->position - client->position));
    memcpy(buffer, stream->ring + at, part);
    client->position += part;
    return (ssize_t)part;
}

/* With the lock. */
static ssize_t read_published(struct client *client, char *buffer, size_t room)
{
    struct stream *stream = client->stream;
    if (client->is_dropped) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (client->position < stream->position) {
        return read_ring(client, buffer, room);
    }
    if (stream->is_over) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    client->is_suspended = true;
    MHD_suspend_connection(client->connection);
    return 0;
}

static ssize_t read_next(void *cls, uint64_t position, char *buffer, size_t room)
{
    (void)position;
    struct client *client = cls;
    if (client->first.length > 0) {
        return read_first(client, buffer, room);
    }
    pthread_mutex_lock(&client->stream->lock);
    ssize_t length = read_published(client, buffer, room);
    pthread_mutex_unlock(&client->stream->lock);
    return length;
}

static void free_client(struct client *client)
{
    bytes_free(&client->first);
    free(client);
}

/* Called when a response has ended for any reason. The socket is still open. */
static void leave(void *cls)
{
    struct client *client = cls;
    struct stream *stream = client->stream;
    pthread_mutex_lock(&stream->lock);
    size_t i = 0;
    while (stream->clients[i] != client) {
        i++;
    }
    stream->clients[i] = stream->clients[--stream->count];
    pthread_mutex_unlock(&stream->lock);
    free_client(client);
}

/* False: there are STREAM_CLIENTS already. */
static bool enter(struct stream *stream, struct client *client)
{
    pthread_mutex_lock(&stream->lock);
    bool has_room = stream->count < STREAM_CLIENTS;
    if (has_room) {
        stream->clients[stream->count++] = client;
    }
    pthread_mutex_unlock(&stream->lock);
    return has_room;
}

static int socket_of(struct MHD_Connection *connection)
{
    int socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    int room = SEND_BUFFER;
    unsigned silent_ms = SILENT_MS;
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof silent_ms);
    return socket;
}

struct MHD_Response *stream_join(struct stream *stream, struct MHD_Connection *connection,
                                 struct bytes *first, uint64_t position)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client) {
        return NULL;
    }
    client->stream = stream;
    client->connection = connection;
    client->socket = socket_of(connection);
    client->position = position;
    if (!enter(stream, client)) {
        free(client);
        return NULL;
    }
    client->first = *first;
    *first = (struct bytes){0};
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_next, client, leave);
    if (!response) {
        leave(client);
    }
    return response;
}

/* Numbers. */

uint64_t stream_position(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    uint64_t position = stream->position;
    pthread_mutex_unlock(&stream->lock);
    return position;
}

size_t stream_clients(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    size_t count = stream->count;
    pthread_mutex_unlock(&stream->lock);
    return count;
}

uint64_t stream_dropped(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    uint64_t dropped = stream->dropped;
    pthread_mutex_unlock(&stream->lock);
    return dropped;
}
