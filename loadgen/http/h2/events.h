/*
 * events - handles events of the loop and of the dial of an HTTP/2 connection.
 */
#ifndef LOADGEN_HTTP_H2_EVENTS_H
#define LOADGEN_HTTP_H2_EVENTS_H

#include "loadgen/http/h2/h2.h"

void h2_on_ready(struct loop_watch *watch, uint32_t events);

extern const struct dial_owner h2_dial_owner;

#endif
