#include "loadgen/cluster/worker/assignment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/agenda/driver.h"
#include "loadgen/base/memory.h"
#include "loadgen/drive/cargo.h"
#include "loadgen/order/plan.h"
#include "loadgen/users/driver.h"

static const struct driver_type *const drivers[] = {&driver_agenda, &driver_users};

uint64_t assignment_run_of(struct slice message)
{
    struct wire_order head;
    bool is_head = wire_kind(message) == WIRE_ORDER;
    return is_head && wire_read_order(message, &head) == WIRE_READ_OK ? head.run : 0;
}

static void close_order(struct assignment *assignment)
{
    if (assignment->has_cargo) {
        assignment->driver_type->cargo->discard(&assignment->copy.source);
        assignment->has_cargo = false;
    }
    if (assignment->is_open) {
        order_copy_free(&assignment->copy);
        free(assignment->allowed);
        assignment->allowed = NULL;
        assignment->is_open = false;
    }
}

static bool refuse(enum wire_read read, struct err *err)
{
    return err_set(err, ERR_FAILED, "a message with the order is %s", wire_read_text(read));
}

static bool take_head(struct assignment *assignment, struct slice message, struct err *err)
{
    struct wire_order head;
    enum wire_read read = wire_read_order(message, &head);
    if (read != WIRE_READ_OK) {
        return refuse(read, err);
    }
    close_order(assignment);
    return parcel_open(&assignment->parcel, &head, err);
}

bool assignment_take(struct assignment *assignment, struct slice message, struct err *err)
{
    struct wire_chunk chunk;
    if (wire_kind(message) == WIRE_ORDER) {
        return take_head(assignment, message, err);
    }
    enum wire_read read = wire_read_chunk(message, &chunk);
    return read == WIRE_READ_OK ? parcel_add(&assignment->parcel, &chunk, err) : refuse(read, err);
}

bool assignment_is_complete(const struct assignment *assignment)
{
    return parcel_is_complete(&assignment->parcel);
}

static bool find_driver(struct assignment *assignment, struct err *err)
{
    const char *name = assignment->parcel.head.driver;
    assignment->driver_type = NULL;
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        if (strcmp(drivers[i]->name, name) == 0) {
            assignment->driver_type = drivers[i];
        }
    }
    return assignment->driver_type ||
           err_set(err, ERR_FAILED, "the order needs \"%s\", which workers do not have", name);
}

/* Combines the list of this process with that of the order. */
static void add_allowed(struct assignment *assignment, const char *allowed)
{
    struct plan *plan = &assignment->copy.plan;
    const char *own = plan->allowed_targets;
    if (allowed) {
        size_t size = strlen(allowed) + (own ? strlen(own) : 0) + 2;
        assignment->allowed = memory_of(malloc(size));
        snprintf(assignment->allowed, size, "%s%s%s", allowed, own ? "\n" : "", own ? own : "");
        plan->allowed_targets = assignment->allowed;
    }
}

/* The driver reads a source that is no list of targets. */
static bool unpack(struct assignment *assignment, struct err *err)
{
    const struct driver_cargo *cargo = assignment->driver_type->cargo;
    const struct parcel *parcel = &assignment->parcel;
    struct order_copy *copy = &assignment->copy;
    const json_t *source = json_object_get(parcel->json, "source");
    if (!cargo != !source) {
        return err_set(err, ERR_FAILED, "source: is for another driver than \"%s\"",
                       assignment->driver_type->name);
    }
    assignment->has_cargo =
        cargo && cargo->unpack(source, &parcel->files, &copy->targets, &copy->source, err);
    return !cargo || assignment->has_cargo;
}

bool assignment_open(struct assignment *assignment, const struct assignment_rules *rules,
                     struct err *err)
{
    struct order_copy *copy = &assignment->copy;
    const struct parcel *parcel = &assignment->parcel;
    close_order(assignment);
    if (!find_driver(assignment, err) ||
        !order_from_json(parcel->json, &parcel->files, copy, err)) {
        return false;
    }
    assignment->is_open = true;
    copy->plan.threads = rules->threads;
    copy->plan.counts_only = true; /* only tallies are sent, no individual results */
    add_allowed(assignment, rules->allowed);
    return unpack(assignment, err) && plan_check(&copy->plan, err) &&
           rules->check(&copy->plan, &copy->targets, rules->allowed, err);
}

void assignment_free(struct assignment *assignment)
{
    close_order(assignment);
    parcel_free(&assignment->parcel);
}
