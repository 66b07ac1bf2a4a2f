#include "loadgen/cluster/wire/second.h"

#include <limits.h>

void wire_second(struct wire *wire, struct wire_second *second)
{
    second->elapsed_ns = wire_number(wire, second->elapsed_ns, WIRE_TIME_MAX_NS);
    second->intended = wire_amount(wire, second->intended);
    second->started = wire_amount(wire, second->started);
    second->ended = wire_amount(wire, second->ended);
    second->in_flight = wire_amount(wire, second->in_flight);
    second->users = wire_amount(wire, second->users);
    second->iterations = wire_amount(wire, second->iterations);
    second->iterations_dropped = wire_amount(wire, second->iterations_dropped);
    second->p50_ns = wire_amount(wire, second->p50_ns);
    second->p99_ns = wire_amount(wire, second->p99_ns);
    second->lag_p99_ns = wire_amount(wire, second->lag_p99_ns);
    wire_generator(wire, &second->generator);
}

void wire_generator(struct wire *wire, struct generator *g)
{
    g->threads = (unsigned)wire_number(wire, g->threads, UINT_MAX);
    g->cpu_limit = wire_real(wire, g->cpu_limit);
    g->cpu_seconds = wire_real(wire, g->cpu_seconds);
    g->wall_seconds = wire_real(wire, g->wall_seconds);
    g->has_throttled = wire_flag(wire, g->has_throttled);
    g->throttled_seconds = wire_real(wire, g->throttled_seconds);
    g->throttled_most_ns = wire_amount(wire, g->throttled_most_ns);
    g->has_stolen = wire_flag(wire, g->has_stolen);
    g->stolen_seconds = wire_real(wire, g->stolen_seconds);
    g->has_scripts = wire_flag(wire, g->has_scripts);
    g->script_seconds = wire_real(wire, g->script_seconds);
    g->loop_p99_ns = wire_amount(wire, g->loop_p99_ns);
    g->loop_unread_ns = wire_amount(wire, g->loop_unread_ns);
    g->memory_bytes = wire_amount(wire, g->memory_bytes);
    g->held_back_ns = wire_amount(wire, g->held_back_ns);
    g->other_attacks = (int)wire_signed(wire, g->other_attacks, INT_MAX);
    wire_require(wire, g->other_attacks >= -1);
    g->connects = wire_amount(wire, g->connects);
    g->connect_ns = wire_amount(wire, g->connect_ns);
    g->local_ports = wire_amount(wire, g->local_ports);
    g->time_wait = wire_amount(wire, g->time_wait);
}
