/*
 * nats_server - a real broker on loopback, in its own folder, for Check's tests.
 *
 *     nats_server_make(&nats);
 *     nats_server_start(&nats, NATS_STREAMS);
 *     ... nats_server_url(&nats, url) ...
 *     nats_server_kill(&nats);
 *     nats_server_start(&nats, NATS_STREAMS);      again, at the same port and with its files
 *     nats_server_stop(&nats);
 *
 * Paths in the configuration are relative to the folder. A failure fails the calling test. Threads:
 * one.
 */
#ifndef TESTS_SUPPORT_NATS_SERVER_H
#define TESTS_SUPPORT_NATS_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#include "tests/support/temp_folder.h"

#define NATS_STREAMS "jetstream { store_dir: store, max_file: 1GB }\n"

enum { NATS_URL = 64 };

struct nats_server {
    char folder[TEMP_FOLDER];
    uint16_t port; /* chosen by the kernel at the first start */
    pid_t pid;     /* 0: not started */
};

/* Makes the folder. */
void nats_server_make(struct nats_server *nats);

/* Makes a certificate, NAME.crt and NAME.key, that is its own authority: for "IP:127.0.0.1" or
 * "DNS:host.example". */
void nats_server_certify(const struct nats_server *nats, const char *name, const char *whom);

/* Starts it with this configuration, and waits until it answers. */
void nats_server_start(struct nats_server *nats, const char *configuration);

/* nats://127.0.0.1:PORT. Returns `url`. */
const char *nats_server_url(const struct nats_server *nats, char url[NATS_URL]);

/* Ends it as a crash would. */
void nats_server_kill(struct nats_server *nats);

/* Pauses it, as if its machine hung, and resumes it. */
void nats_server_pause(const struct nats_server *nats);
void nats_server_resume(const struct nats_server *nats);

/* Stops it, and removes the folder. */
void nats_server_stop(struct nats_server *nats);

#endif
