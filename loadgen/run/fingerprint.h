/*
 * fingerprint - the environment of a measurement: the machine, its limits, and this build.
 *
 * Only results from the same environment can be compared. The fingerprint is one JSON object, in
 * result files and reports:
 *
 *     version, commit            of loadgen
 *     kernel, cpu_model, cores   of the machine; cores are those that are online
 *     clock, clock_read_ns       clock source of the kernel, and median time of one reading
 *     cpu_limit                  CPUs that this process may use: cgroup and affinity
 *     memory_limit               bytes; of the cgroup
 *     open_files, local_ports    limits on connections
 *     load_average               of the last minute before the run: load from other processes
 *     pod, node, namespace       from HEADROOM_POD, HEADROOM_NODE and HEADROOM_NAMESPACE
 *
 * Values that the system does not provide are null. `run` takes the fingerprint before the first
 * request, and measures the CPU time stolen by a hypervisor during the run (fingerprint_stolen_s).
 *
 * Threads: call fingerprint_take only while no other thread uses the environment (environment.h).
 * Memory: the object is the caller's (json_decref).
 */
#ifndef LOADGEN_RUN_FINGERPRINT_H
#define LOADGEN_RUN_FINGERPRINT_H

#include <jansson.h>

/*
 * Takes the fingerprint. `root` is prepended to every path except that of local_ports, so that
 * tests can use recorded trees; programs pass "". NULL: out of memory.
 */
json_t *fingerprint_take(const char *root);

/*
 * The CPU time that the hypervisor has given to other guests since boot, in seconds, summed over
 * all CPUs; -1: not known.
 */
double fingerprint_stolen_s(const char *root);

#endif
