/*
 * nginx_server - nginx on loopback in a folder of its own (nginx.py), for Check's tests.
 *
 *     nginx_server_make(&nginx);
 *     ... nginx_server_write, certificates ...
 *     nginx_server_start(&nginx, "server { listen 127.0.0.1:@PLAIN@; return 204; }");
 *     ... http://127.0.0.1:<nginx_server_port(&nginx, "PLAIN")>/ ...
 *     nginx_server_stop(&nginx);
 *
 * A failure fails the calling test. Threads: one.
 */
#ifndef TESTS_SUPPORT_NGINX_SERVER_H
#define TESTS_SUPPORT_NGINX_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#include "tests/support/temp_folder.h"

enum { NGINX_PATH = TEMP_PATH };

struct nginx_server {
    char folder[TEMP_FOLDER];
    pid_t pid; /* 0: not started */
};

/* An empty folder. */
void nginx_server_make(struct nginx_server *nginx);

/* The path of a file in the folder; returns `path`. */
const char *nginx_server_path(const struct nginx_server *nginx, const char *name,
                              char path[NGINX_PATH]);

/* Writes a text to a file in the folder. */
void nginx_server_write(const struct nginx_server *nginx, const char *name, const char *text);

/* Starts it with this http block, and waits until it answers. */
void nginx_server_start(struct nginx_server *nginx, const char *http);

/* The port that the kernel chose for @NAME@ in the http block. */
uint16_t nginx_server_port(const struct nginx_server *nginx, const char *name);

/* Ends it, and removes the folder. */
void nginx_server_stop(struct nginx_server *nginx);

#endif
