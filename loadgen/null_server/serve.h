/*
 * serve - the loop of a null server.
 *
 * One thread serves all connections through one epoll instance. Each socket is registered once,
 * edge-triggered, and each request takes one recv and one send. With a zeroed script, nothing is
 * parsed, allocated or timed. Received bytes that end with an empty line count as one request, so
 * clients must wait for each answer.
 */
#ifndef LOADGEN_NULL_SERVER_SERVE_H
#define LOADGEN_NULL_SERVER_SERVE_H

/*
 * Serves connections to listen_fd until the other end of control_fd is closed. For each struct
 * null_script received on control_fd, sends the struct null_account of the previous script, then
 * follows the new one.
 */
void null_serve(int listen_fd, int control_fd);

#endif
