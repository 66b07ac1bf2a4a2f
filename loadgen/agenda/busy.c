#include "loadgen/agenda/busy.h"

__extension__ typedef unsigned __int128 wide;

/*
 * The word of a peer. While the thread is full: its free time so far. While it has a free slot:
 * FREE_BIT and a moment, where now - moment is its free time so far.
 */
#define FREE_BIT (UINT64_C(1) << 63)

static uint64_t free_time(uint64_t word, uint64_t now_ns)
{
    if (!(word & FREE_BIT)) {
        return word;
    }
    uint64_t begin_ns = word & ~FREE_BIT;
    return now_ns > begin_ns ? now_ns - begin_ns : 0;
}

static void publish(struct busy *busy, uint64_t word)
{
    atomic_store_explicit(&busy->peers[busy->own].word, word, memory_order_release);
}

static uint64_t others_free_time(const struct busy *busy, uint64_t now_ns)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < busy->peer_count; i++) {
        if (i != busy->own) {
            sum +=
                free_time(atomic_load_explicit(&busy->peers[i].word, memory_order_acquire), now_ns);
        }
    }
    return sum;
}

void busy_init(struct busy *busy, struct busy_peer *peers, size_t peer_count, size_t own,
               uint64_t now_ns)
{
    busy->peers = peers;
    busy->peer_count = peer_count;
    busy->own = own;
    busy->is_full = false;
    busy->changed_ns = now_ns;
    busy->own_free_ns = 0;
    busy->others_ns = 0;
    busy->spacing_ns = 0;
    busy->needed_ns = now_ns;
    busy->points[0] = (struct busy_point){now_ns, 0};
    busy->count = 1;
    publish(busy, FREE_BIT | now_ns);
}

/* Makes room: drops the points before needed_ns, and every second one if they are too few. */
static void thin_out(struct busy *busy)
{
    size_t first = 0;
    while (first + 1 < busy->count && busy->points[first + 1].at_ns <= busy->needed_ns) {
        first++;
    }
    size_t step = first < BUSY_POINTS / 4 ? 2 : 1;
    struct busy_point last = busy->points[busy->count - 1];
    size_t kept = 0;
    for (size_t i = first; i + 1 < busy->count; i += step) {
        busy->points[kept++] = busy->points[i];
    }
    busy->points[kept++] = last;
    busy->count = kept;
    busy->spacing_ns = step == 1 ? 0 : (last.at_ns - busy->points[0].at_ns) / (BUSY_POINTS / 2);
}

/* Adds the current point. is_full must not have changed since the last one. */
static void add_point(struct busy *busy, uint64_t now_ns)
{
    const struct busy_point *last = &busy->points[busy->count - 1];
    uint64_t span_ns = now_ns - last->at_ns;
    uint64_t gained_ns = 0;
    uint64_t others_ns = others_free_time(busy, now_ns);
    if (busy->is_full) {
        uint64_t free_ns = others_ns > busy->others_ns ? others_ns - busy->others_ns : 0;
        gained_ns = span_ns > free_ns ? span_ns - free_ns : 0;
    }
    busy->others_ns = others_ns;
    struct busy_point point = {now_ns, last->busy_ns + gained_ns};
    if (busy->count > 1 && now_ns - busy->points[busy->count - 2].at_ns < busy->spacing_ns) {
        busy->points[busy->count - 1] = point;
        return;
    }
    if (busy->count == BUSY_POINTS) {
        thin_out(busy);
    }
    busy->points[busy->count++] = point;
}

void busy_note(struct busy *busy, bool is_full, uint64_t now_ns)
{
    if (busy->is_full == is_full) {
        return;
    }
    add_point(busy, now_ns);
    if (is_full) {
        busy->own_free_ns += now_ns - busy->changed_ns;
        publish(busy, busy->own_free_ns);
    } else {
        publish(busy, FREE_BIT | (now_ns - busy->own_free_ns));
    }
    busy->is_full = is_full;
    busy->changed_ns = now_ns;
}

bool busy_all(const struct busy *busy)
{
    bool all = busy->is_full;
    for (size_t i = 0; i < busy->peer_count && all; i++) {
        all = !(atomic_load_explicit(&busy->peers[i].word, memory_order_acquire) & FREE_BIT);
    }
    return all;
}

/* The value of the curve at a moment not after the last point. */
static uint64_t value_at(const struct busy *busy, uint64_t at_ns)
{
    const struct busy_point *points = busy->points;
    if (at_ns <= points[0].at_ns) {
        return points[0].busy_ns;
    }
    size_t low = 0;
    size_t high = busy->count - 1;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (points[middle].at_ns <= at_ns) {
            low = middle;
        } else {
            high = middle;
        }
    }
    uint64_t span_ns = points[high].at_ns - points[low].at_ns;
    if (at_ns >= points[high].at_ns || span_ns == 0) {
        return points[high].busy_ns;
    }
    wide busy_ns = points[high].busy_ns - points[low].busy_ns;
    return points[low].busy_ns + (uint64_t)(busy_ns * (at_ns - points[low].at_ns) / span_ns);
}

uint64_t busy_between(struct busy *busy, uint64_t since_ns, uint64_t now_ns)
{
    if (busy->is_full) {
        add_point(busy, now_ns);
    }
    busy->needed_ns = since_ns;
    const struct busy_point *last = &busy->points[busy->count - 1];
    if (since_ns >= last->at_ns) {
        return 0; /* neither full now, nor since the last point */
    }
    uint64_t before_ns = value_at(busy, since_ns);
    uint64_t gained_ns = last->busy_ns - before_ns;
    return gained_ns < now_ns - since_ns ? gained_ns : now_ns - since_ns;
}
