#include "loadgen/http/curl/multi/drive.h"

#include <sys/epoll.h>

#include "common/clock.h"

enum { ROUNDS = 3 };

static struct curl_transfer *transfer_of(CURL *easy)
{
    char *private = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    return (struct curl_transfer *)(void *)private;
}

/* Running. */

static void call_timer(struct curl_lane *lane)
{
    int running = 0;
    lane->has_new = false;
    curl_multi_socket_action(lane->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

/* Reports the transfers that ended in libcurl's last calls. */
static void report_ended(struct curl_lane *lane)
{
    uint64_t now_ns = 0;
    int left = 0;
    CURLMsg *message = NULL;
    while ((message = curl_multi_info_read(lane->multi, &left))) {
        CURLcode result = message->data.result; /* the message is freed with the handle */
        now_ns = now_ns ? now_ns : clock_now_ns();
        lane->drive->on_ended(lane->drive->context, transfer_of(message->easy_handle), result,
                              now_ns);
    }
}

/* One round. True if transfers were added meanwhile. */
static bool run_lanes(struct curl_drive *drive)
{
    bool has_new = false;
    for (struct curl_lane *lane = drive->lanes; lane; lane = lane->next) {
        if (lane->has_new) {
            call_timer(lane);
        }
        report_ended(lane);
    }
    for (struct curl_lane *lane = drive->lanes; lane; lane = lane->next) {
        has_new |= lane->has_new;
    }
    return has_new;
}

void curl_drive_run(struct curl_drive *drive)
{
    if (drive->is_running) {
        return;
    }
    drive->is_running = true;
    unsigned round = 0;
    while (run_lanes(drive) && ++round < ROUNDS) {
    }
    for (struct curl_lane *lane = drive->lanes; lane; lane = lane->next) {
        lane->timer_ns = lane->has_new ? 0 : lane->timer_ns;
    }
    drive->is_running = false;
}

/* Timers. */

uint64_t curl_drive_next_deadline_ns(const struct curl_drive *drive)
{
    uint64_t first_ns = UINT64_MAX;
    for (const struct curl_lane *lane = drive->lanes; lane; lane = lane->next) {
        first_ns = lane->timer_ns < first_ns ? lane->timer_ns : first_ns;
    }
    return first_ns;
}

void curl_drive_expire(struct curl_drive *drive, uint64_t now_ns)
{
    bool is_due = false;
    for (struct curl_lane *lane = drive->lanes; lane; lane = lane->next) {
        if (lane->timer_ns <= now_ns) {
            lane->timer_ns = UINT64_MAX;
            call_timer(lane);
            is_due = true;
        }
    }
    if (is_due) {
        curl_drive_run(drive);
    }
}

/* Between libcurl and the loop. */

static void on_ready(void *context, struct curl_socket *socket, uint32_t events)
{
    int what =
        (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
    int running = 0;
    if (events & (EPOLLHUP | EPOLLERR)) {
        what |= CURL_CSELECT_ERR | CURL_CSELECT_IN;
    }
    curl_multi_socket_action(socket->lane->multi, socket->watch.fd, what, &running);
    curl_drive_run(context);
}

static void close_lane(struct curl_lane **at)
{
    struct curl_lane *lane = *at;
    *at = lane->next;
    curl_multi_cleanup(lane->multi);
    lane->multi = NULL;
}

/*
 * libcurl would keep a lane's dead connections until the lane's next request, which may come much
 * later. Freeing the multi handle closes them now.
 */
static void on_dead(void *context, struct curl_lane *lane)
{
    struct curl_drive *drive = context;
    struct curl_lane **at = &drive->lanes;
    if (lane->open > 0 || lane->busy > 0) {
        return;
    }
    while (*at && *at != lane) {
        at = &(*at)->next;
    }
    if (*at) {
        close_lane(at);
    }
}

static int on_want(CURL *easy, curl_socket_t fd, int what, void *context, void *unused)
{
    const struct curl_lane *lane = context;
    struct curl_socket *socket = curl_sockets_at(lane->drive->sockets, fd);
    (void)unused;
    if (!socket) {
        /*
         * Not one of our sockets: libcurl 7.88 ran out of memory, lost the proxy and resolves the
         * name itself. Stop it.
         */
        return what == CURL_POLL_REMOVE ? 0 : -1;
    }
    if (what != CURL_POLL_REMOVE) {
        socket->user = transfer_of(easy);
    }
    return curl_sockets_want(lane->drive->sockets, socket, what) ? 0 : -1;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct curl_lane *lane = context;
    (void)multi;
    lane->timer_ns =
        timeout_ms < 0 ? UINT64_MAX : clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
    return 0;
}

static bool open_lane(struct curl_drive *drive, struct curl_lane *lane)
{
    lane->multi = curl_multi_init();
    if (!lane->multi) {
        return false;
    }
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, on_want);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, (long)INT32_MAX); /* see sockets.h */
    lane->timer_ns = UINT64_MAX;
    lane->drive = drive;
    lane->next = drive->lanes;
    drive->lanes = lane;
    return true;
}

bool curl_drive_add(struct curl_drive *drive, struct curl_lane *lane, CURL *easy)
{
    if ((!lane->multi && !open_lane(drive, lane)) ||
        curl_multi_add_handle(lane->multi, easy) != CURLM_OK) {
        return false;
    }
    lane->has_new = true;
    return true;
}

void curl_drive_remove(struct curl_lane *lane, CURL *easy)
{
    curl_multi_remove_handle(lane->multi, easy);
}

void curl_drive_init(struct curl_drive *drive)
{
    drive->sockets->on_ready = on_ready;
    drive->sockets->on_dead = on_dead;
    drive->sockets->context = drive;
}

void curl_drive_end(struct curl_drive *drive, const struct curl_route *route)
{
    for (struct curl_lane **at = &drive->lanes; *at;) {
        if ((*at)->route == route) {
            close_lane(at);
        } else {
            at = &(*at)->next;
        }
    }
}

void curl_drive_fini(struct curl_drive *drive)
{
    for (struct curl_lane *lane = drive->lanes; lane; lane = lane->next) {
        curl_multi_cleanup(lane->multi);
    }
    drive->lanes = NULL;
}
