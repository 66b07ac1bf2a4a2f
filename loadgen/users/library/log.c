#include "loadgen/users/library/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/base/moment.h"
#include "loadgen/base/text/terminal.h"
#include "loadgen/base/text/utf8.h"

enum {
    WHO_MAX = 240, /* bytes of the time, the class and the number */
    NOTE_MAX = 48, /* of the note about dropped lines */
    PIECE = 4096,  /* PIPE_BUF: a writable pipe accepts this much without blocking */
    LOOK_MS = 100, /* how often the writer checks whether to give up */
};

/* The writer. */

static void tell_reader(const struct log *log, const char *at, size_t length)
{
    if (log->reader.read) {
        size_t clear = strlen(terminal_clear(log->fd));
        log->reader.read(log->reader.context, (struct slice){at + clear, length - clear});
    }
}

/* The length of the whole lines at the start that fit into a piece. */
static size_t piece_of(const char *at, size_t length)
{
    if (length <= PIECE) {
        return length;
    }
    const char *last = memrchr(at, '\n', PIECE);
    return last ? (size_t)(last - at) + 1 : PIECE;
}

static bool has_to_give_up(struct log *log)
{
    pthread_mutex_lock(&log->lock);
    bool is_late = log->is_closing && clock_now_ns() >= log->give_up_ns;
    pthread_mutex_unlock(&log->lock);
    return is_late;
}

static void write_lines(struct log *log, const char *at, size_t length)
{
    struct pollfd out = {.fd = log->fd, .events = POLLOUT};
    while (length > 0) {
        if (poll(&out, 1, LOOK_MS) <= 0) {
            if (has_to_give_up(log)) {
                return;
            }
            continue;
        }
        ssize_t written = write(log->fd, at, piece_of(at, length));
        if (written < 0 && errno != EINTR && errno != EAGAIN) {
            return; /* the reader has gone */
        }
        at += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
}

static void *work(void *context)
{
    struct log *log = context;
    pthread_mutex_lock(&log->lock);
    while (log->length > 0 || !log->is_closing) {
        if (log->length == 0) {
            pthread_cond_wait(&log->changed, &log->lock);
            continue;
        }
        char *lines = log->waiting;
        size_t length = log->length;
        log->waiting = log->writing;
        log->writing = lines;
        log->length = 0;
        pthread_mutex_unlock(&log->lock);
        tell_reader(log, lines, length);
        write_lines(log, lines, length);
        pthread_mutex_lock(&log->lock);
    }
    pthread_mutex_unlock(&log->lock);
    return NULL;
}

/* Called with the lock held, like the functions below. */
static bool start_writer(struct log *log)
{
    if (log->has_writer) {
        return true;
    }
    if (!log->waiting) {
        log->waiting = malloc(LOG_BYTES);
        log->writing = malloc(LOG_BYTES);
    }
    log->has_writer =
        log->waiting && log->writing && pthread_create(&log->writer, NULL, work, log) == 0;
    if (!log->has_writer) {
        free(log->waiting);
        free(log->writing);
        log->waiting = log->writing = NULL;
    }
    return log->has_writer;
}

/* Lines. */

static void append(struct log *log, const char *text, size_t length)
{
    if (log->length == 0) {
        const char *clear = terminal_clear(log->fd);
        log->length = strlen(clear);
        memcpy(log->waiting, clear, log->length);
    }
    memcpy(log->waiting + log->length, text, length);
    log->length += length;
}

/* Notes dropped lines. There is always room, because NOTE_MAX bytes are kept free. */
static void note_dropped(struct log *log)
{
    if (log->dropped > 0) {
        char note[NOTE_MAX];
        int length = snprintf(note, sizeof note, "(%" PRIu64 " %s dropped)\n", log->dropped,
                              log->dropped == 1 ? "line" : "lines");
        append(log, note, (size_t)length);
        log->dropped = 0;
    }
}

static bool is_too_fast(struct log *log)
{
    uint64_t second = clock_now_ns() / NS_PER_S;
    if (second != log->second) {
        log->second = second;
        log->lines = 0;
    }
    return log->lines >= LOG_LINES_PER_S;
}

static void add(struct log *log, const char *line, size_t length)
{
    if (is_too_fast(log) || log->length + length + 2 * (size_t)NOTE_MAX > LOG_BYTES ||
        !start_writer(log)) {
        log->dropped++;
        return;
    }
    note_dropped(log);
    append(log, line, length);
    log->lines++;
    pthread_cond_signal(&log->changed);
}

/* Prints the time, and the user of the line. */
static size_t print_who(char *text, const char *class, uint64_t number)
{
    size_t length = moment_print_ms(clock_wall_ns(), text);
    text[length++] = ' ';
    text[length] = '\0';
    if (class) {
        length += (size_t)snprintf(text + length, WHO_MAX - length, "%.200s %" PRIu64 ": ", class,
                                   number);
    }
    return length < WHO_MAX ? length : WHO_MAX - 1;
}

void log_add(struct log *log, const char *class, uint64_t number, struct slice text)
{
    char line[WHO_MAX + LOG_TEXT_MAX + 2];
    size_t length = print_who(line, class, number);
    size_t cut = text.length;
    if (cut > LOG_TEXT_MAX) {
        cut = LOG_TEXT_MAX;
        while (cut > 0 && ((unsigned char)text.at[cut] & 0xc0) == 0x80) {
            cut--; /* do not cut within a UTF-8 character */
        }
    }
    for (size_t i = 0; i < cut; i++) {
        line[length] = text.at[i];
        if (line[length] == '\0') {
            line[length] = '?';
        }
        length++;
    }
    line[length] = '\0';
    utf8_clean(line);
    line[length++] = '\n';
    pthread_mutex_lock(&log->lock);
    add(log, line, length);
    pthread_mutex_unlock(&log->lock);
}

void log_open(struct log *log, int fd, struct log_reader reader)
{
    *log = (struct log){.fd = fd, .reader = reader};
    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->changed, NULL);
}

void log_close(struct log *log)
{
    pthread_mutex_lock(&log->lock);
    bool has_writer = log->has_writer;
    if (has_writer) {
        note_dropped(log);
    }
    log->is_closing = true;
    log->give_up_ns = clock_now_ns() + LOG_CLOSE_NS;
    pthread_cond_signal(&log->changed);
    pthread_mutex_unlock(&log->lock);
    if (has_writer) {
        pthread_join(log->writer, NULL);
    }
    free(log->waiting);
    free(log->writing);
    pthread_cond_destroy(&log->changed);
    pthread_mutex_destroy(&log->lock);
}
