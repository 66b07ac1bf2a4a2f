#include "loadgen/run/account.h"

#include <stdio.h>

#include "loadgen/run/usage.h"

/* Copies all rows in order, so their indices stay the same. */
static void copy_rows(const struct rows *from, struct rows *into)
{
    for (size_t i = 0; i < from->count; i++) {
        rows_add(into, rows_name(from, i));
    }
    into->others = from->others;
}

/* The row of an address is its index, while there are rows. */
void account_name_addresses(struct summary *summary, const struct address_list *addresses)
{
    char name[ADDRESS_TEXT];
    struct rows *rows = &summary->addresses;
    for (size_t i = rows->count + rows->others; i < addresses->count; i++) {
        rows_add(rows, address_list_name(addresses, (uint32_t)i, name));
    }
}

static void count_abandoned(struct summary *summary, const struct workers *workers)
{
    for (unsigned i = 0; i < workers->count; i++) {
        for (size_t row = 0; row < ROWS_ALL; row++) {
            summary->abandoned += workers->list[i].abandoned[row];
        }
    }
    summary->is_interrupted |= summary->abandoned > 0;
}

static void note_contact(struct summary *summary, const struct workers *workers)
{
    for (unsigned i = 0; i < workers->count; i++) {
        summary->is_cut_off |= workers->list[i].thread.is_cut_off;
    }
}

static void count_not_started(struct summary *summary, const struct workers *workers)
{
    summary->not_started = summary->intended - summary->started;
    for (unsigned i = 0; i < workers->count; i++) {
        const struct worker *worker = &workers->list[i];
        if (worker->driver->type->is_too_late(worker->driver)) {
            summary->too_late += worker_intended(worker, UINT64_MAX) - worker->thread.started;
        }
    }
}

/* Counts by row: not started = intended - started. */
static void attribute_not_started(struct summary *summary, const struct workers *workers)
{
    const struct worker_shared *shared = &workers->shared;
    uint64_t *by_row = summary->rows_not_started;
    const struct tally_row *rows = summary->tally->rows; /* NULL: there is only one */
    uint64_t n = rows ? summary->intended : summary->not_started;
    if (n == 0 || !shared->driver_type->count_rows(shared->drive, n, by_row)) {
        return;
    }
    for (size_t i = 0; rows && i < ROWS_ALL; i++) {
        by_row[i] -= rows[i].ended;
        for (unsigned w = 0; w < workers->count; w++) {
            by_row[i] -= workers->list[w].abandoned[i];
        }
    }
}

/* Keeps the spread of this host's requests over its addresses if it is the most uneven so far. */
static void note_spread(void *context, const struct destination *destination,
                        const uint32_t *addresses, size_t count)
{
    struct summary *summary = context;
    struct spread spread = {.least = UINT64_MAX};
    for (size_t i = 0; i < count; i++) {
        if (addresses[i] < ROWS_MAX) {
            uint64_t ended = summary->tally->addresses[addresses[i]].ended;
            spread.least = ended < spread.least ? ended : spread.least;
            spread.most = ended > spread.most ? ended : spread.most;
            spread.addresses++;
        }
    }
    if (spread.addresses > 1 && spread.most > 0) {
        snprintf(spread.host, sizeof spread.host, "%.64s:%u", destination->host, destination->port);
        spread_merge(&summary->spread, &spread);
    }
}

static void note_connections(struct summary *summary, const struct workers *workers)
{
    for (unsigned i = 0; i < workers->count; i++) {
        const struct worker *worker = &workers->list[i];
        summary->generator.connects += worker->connects.count;
        summary->generator.connect_ns += worker->connects.ns;
        if (workers->shared.order->plan->dns_ttl_ns == 0) {
            summary->lost_connects += resolver_failed_connects(worker->resolver);
        }
        resolver_visit(worker->resolver, note_spread, summary);
    }
    summary->generator.local_ports = usage_local_ports();
    summary->generator.time_wait = usage_time_wait();
}

void account_fill(struct summary *summary, const struct workers *workers)
{
    copy_rows(workers->shared.catalogue.rows, &summary->rows);
    account_name_addresses(summary, &workers->shared.addresses);
    count_abandoned(summary, workers);
    note_contact(summary, workers);
    count_not_started(summary, workers);
    attribute_not_started(summary, workers);
    note_connections(summary, workers);
}
