/*
 * driver_agenda - the driver (drive/driver.h) that sends targets on a schedule, in an open or a
 * closed loop, with a warm-up and caps.
 *
 *     agenda.h   which request is next, and when: no clock, no engine
 *     sender.h   starts it if a connection is free; busy.h splits its delay into wait and lag
 *     driver.c   the functions of the driver, and the count of intended requests
 *
 * An answer is handled as soon as it has been read; handling it takes a few hundred nanoseconds.
 * Then the next request is sent if it is due.
 */
#ifndef LOADGEN_AGENDA_DRIVER_H
#define LOADGEN_AGENDA_DRIVER_H

#include "loadgen/drive/driver.h"

extern const struct driver_type driver_agenda;

#endif
