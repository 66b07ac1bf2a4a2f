#include "loadgen/cluster/worker/trips.h"

#include <inttypes.h>

#include "loadgen/cluster/names.h"
#include "loadgen/cluster/wire/clock.h"

/* False: no answer. */
static enum bus_status ask(struct bus *bus, const struct wire_worker *self, const char *subject,
                           struct trips *trips)
{
    struct bytes out = {0};
    struct bus_message message = {0};
    struct wire_answer answer;
    struct wire_ask question = {.from = *self, .sent_ns = clock_now_ns()};
    wire_write_ask(&out, &question);
    enum bus_status status = bus_request(bus, subject, out.at, out.length, TRIPS_WAIT_NS, &message);
    struct slice data = {(const char *)message.data, message.length};
    if (status == BUS_OK && wire_read_answer(data, &answer) == WIRE_READ_OK) {
        if (answer.clock != trips->clock) {
            *trips = (struct trips){.clock = answer.clock};
        }
        offset_add(&trips->offset, &(struct offset_trip){
                                       .asked_ns = question.sent_ns,
                                       .received_ns = answer.received_ns,
                                       .answered_ns = answer.answered_ns,
                                       .returned_ns = message.arrived_ns,
                                   });
    }
    bus_message_free(&message);
    bytes_free(&out);
    return status;
}

bool trips_make(struct bus *bus, const struct wire_worker *self, struct trips *trips,
                struct err *err)
{
    const struct names_text subject = names_subject(NAMES_ASK, self->name);
    enum bus_status status = BUS_OK;
    *trips = (struct trips){0};
    for (int i = 0; i < TRIPS && status == BUS_OK; i++) {
        status = ask(bus, self, subject.text, trips);
    }
    if (trips->offset.trips == 0) {
        return err_set(err, ERR_FAILED, "the controller's clock cannot be read: %s",
                       bus_status_text(status));
    }
    return offset_is_usable(&trips->offset) ||
           err_set(err, ERR_FAILED,
                   "the controller's clock is known only to within %" PRIu64 " ms; at most %" PRIu64
                   " ms are allowed",
                   trips->offset.uncertainty_ns / NS_PER_MS,
                   (uint64_t)(OFFSET_UNCERTAINTY_MAX_NS / NS_PER_MS));
}
