/*
 * script_client - raw sockets against a script_server, to see what it really does.
 *
 * For Check's tests: a failure fails the calling test.
 */
#ifndef TESTS_SUPPORT_SCRIPT_CLIENT_H
#define TESTS_SUPPORT_SCRIPT_CLIENT_H

#include "tests/support/script_server.h"

#define CLIENT_GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

/* A server with this script; client_stop ends it, and checks that its counts balance. */
struct script_server *client_serve(const struct script *script);
struct script_counts client_stop(struct script_server *server);

/* A connection to it, which waits for no more than 10 s; to be closed. */
int client_dial(const struct script_server *server);

void client_say(int fd, const char *text);

/* Receives exactly `text` and nothing more. */
void client_expect(int fd, const char *text);

/* The server has closed or reset the connection, which is closed here as well. */
void client_expect_close(int fd);
void client_expect_reset(int fd);

/* Nothing comes within so many milliseconds. */
void client_expect_nothing(int fd, int ms);

/*
 * One request on one connection, answered with `text`; then `end` sees how it ends. NULL: it stays
 * open.
 */
struct script_counts client_one_step(const struct script_step *step, const char *text,
                                     void (*end)(int fd));

#endif
