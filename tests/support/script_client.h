/*
 * script_client - raw sockets that check what a script_server does.
 *
 * For Check's tests: a failure fails the calling test.
 */
#ifndef TESTS_SUPPORT_SCRIPT_CLIENT_H
#define TESTS_SUPPORT_SCRIPT_CLIENT_H

#include "tests/support/script_server.h"

#define CLIENT_GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

/* Starts a server with this script. client_stop stops it, and checks that its counters add up. */
struct script_server *client_serve(const struct script *script);
struct script_counts client_stop(struct script_server *server);

/* Opens a connection whose reads time out after 10 s. The caller closes it. */
int client_dial(const struct script_server *server);

void client_say(int fd, const char *text);

/* Receives exactly `text` and nothing more. */
void client_expect(int fd, const char *text);

/* Checks that the server has closed or reset the connection, and closes it. */
void client_expect_close(int fd);
void client_expect_reset(int fd);

/* Checks that nothing arrives within so many milliseconds. */
void client_expect_nothing(int fd, int ms);

/*
 * Sends one request on one connection, and expects `text`. Then `end` checks how the connection
 * ends; NULL: it must stay open.
 */
struct script_counts client_one_step(const struct script_step *step, const char *text,
                                     void (*end)(int fd));

#endif
