#include "loadgen/cluster/lease_inside.h"

#include <poll.h>

bool lease_pause(uint64_t due_ns, int stop_fd)
{
    struct pollfd stop = {.fd = stop_fd, .events = POLLIN};
    uint64_t now_ns = clock_now_ns();
    uint64_t wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    poll(&stop, 1, (int)((wait_ns + NS_PER_MS - 1) / NS_PER_MS));
    return stop.revents == 0;
}

enum bus_status lease_write(struct lease *lease, uint64_t expected)
{
    char value[LEASE_VALUE_MAX + 1];
    size_t length = lease_text_write(&lease->text, value);
    uint64_t sent_ns = clock_now_ns();
    enum bus_status status =
        expected > 0
            ? bucket_change(lease->bucket, lease->key, value, length, expected, &lease->revision)
            : bucket_add(lease->bucket, lease->key, value, length, &lease->revision);
    if (status == BUS_OK) {
        atomic_store(&lease->renewed_ns, sent_ns);
    }
    return status;
}
