/*
 * drive - runs libcurl: the multi handles of all lanes on our event loop.
 *
 *     curl_drive_add ---> curl_drive_run --> curl_multi_socket_action --> on_ended
 *     sockets, timers ----------------------------^
 *
 * Threads: the engine's. Memory: curl_drive_fini, before the lanes and the sockets.
 */
#ifndef LOADGEN_HTTP_CURL_MULTI_DRIVE_H
#define LOADGEN_HTTP_CURL_MULTI_DRIVE_H

#include "loadgen/http/curl/multi/lane.h"
#include "loadgen/http/curl/multi/sockets.h"

struct curl_drive {
    struct curl_sockets *sockets;

    /*
     * Called when libcurl has finished a transfer, before the transfer is removed; now_ns is the
     * time just after libcurl finished. The callback may add transfers.
     */
    void (*on_ended)(void *context, struct curl_transfer *transfer, CURLcode result,
                     uint64_t now_ns);
    void *context;

    /* Private: */
    struct curl_lane *lanes; /* those with a multi handle */
    bool is_running; /* curl_drive_run is on the stack, and also starts transfers added now */
};

/* The owner sets the fields above `Private` first. Sets the callbacks of the sockets. */
void curl_drive_init(struct curl_drive *drive);
void curl_drive_fini(struct curl_drive *drive);

/* Closes the connections of a route. Its lanes must have no requests. */
void curl_drive_end(struct curl_drive *drive, const struct curl_route *route);

/* Adds a handle, whose CURLOPT_PRIVATE is its transfer. False: out of memory. */
bool curl_drive_add(struct curl_drive *drive, struct curl_lane *lane, CURL *easy);

/* Removes a handle. If its transfer has not ended, libcurl closes the connection. */
void curl_drive_remove(struct curl_lane *lane, CURL *easy);

/*
 * Starts the transfers that were added, and reports those that have ended. A call from inside
 * on_ended returns immediately, because the outer call continues. After some rounds, the rest is
 * left for the next iteration of the loop, so that timers and other connections are not delayed.
 */
void curl_drive_run(struct curl_drive *drive);

/* When curl_drive_expire must be called; UINT64_MAX: never. */
uint64_t curl_drive_next_deadline_ns(const struct curl_drive *drive);
void curl_drive_expire(struct curl_drive *drive, uint64_t now_ns);

#endif
