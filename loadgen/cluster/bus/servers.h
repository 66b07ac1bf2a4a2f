/*
 * servers - the broker's servers, from a list of URLs.
 *
 *     nats://broker-0:4222,nats://broker-1:4222        tls://user:secret@broker.example
 *
 * In a user and a password, the characters @ / ? # and spaces are written as %40 and so on.
 *
 * Threads: pure functions. Memory: servers_free, even after an error.
 */
#ifndef LOADGEN_CLUSTER_BUS_SERVERS_H
#define LOADGEN_CLUSTER_BUS_SERVERS_H

#include <stdbool.h>

#include "common/err.h"

enum { SERVERS_MAX = 16, SERVERS_HOST_MAX = 255 };

struct servers {
    char *text;                  /* the list, which contains the URLs */
    const char *at[SERVERS_MAX]; /* the URLs */
    int count;
    char first[SERVERS_HOST_MAX + 8]; /* host and port of the first, for errors */
    char other[SERVERS_HOST_MAX + 1]; /* the first host that is not on loopback; empty: none */
    bool is_tls;                      /* all servers use TLS */
    bool has_user;                    /* each URL has a user */
};

/* Reads a list. False with err (ERR_USAGE), which contains no password. */
bool servers_read(struct servers *servers, const char *list, struct err *err);

void servers_free(struct servers *servers);

#endif
