#include "loadgen/users/files/feeds.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"

enum { MB = 1024 * 1024 };

struct feeds {
    pthread_mutex_t lock; /* of the lists */
    unsigned threads;     /* of the next run */
    bool has_portion;     /* false: all rows */
    struct portion portion;
    size_t count;
    size_t bytes_left; /* for files */
    const char *remedy;
    struct feed *first;
    struct feed_file *files;
    struct feed_file *texts; /* files that no feed uses */
    size_t text_count;
    const struct given *given; /* instead of the files of this machine; NULL: those */
    struct given_list variables;
};

struct feeds *feeds_create(size_t max_bytes, const char *remedy)
{
    struct feeds *feeds = memory_of(calloc(1, sizeof *feeds));
    feeds->threads = 1;
    feeds->bytes_left = max_bytes;
    feeds->remedy = remedy;
    pthread_mutex_init(&feeds->lock, NULL);
    return feeds;
}

static void free_files(struct feed_file *file)
{
    while (file) {
        struct feed_file *next = file->next;
        records_free(&file->rows);
        free(file->name);
        free(file);
        file = next;
    }
}

void feeds_destroy(struct feeds *feeds)
{
    if (!feeds) {
        return;
    }
    while (feeds->first) {
        struct feed *next = feeds->first->next;
        leases_fini(&feeds->first->leases);
        free(feeds->first);
        feeds->first = next;
    }
    free_files(feeds->files);
    free_files(feeds->texts);
    struct given noted = {.variables = feeds->variables};
    given_free(&noted);
    pthread_mutex_destroy(&feeds->lock);
    free(feeds);
}

/* Makes the feed start from its first row. */
static bool start(const struct feeds *feeds, struct feed *feed, struct err *err)
{
    uint64_t count = feed->rows->count;
    atomic_store(&feed->turns, 0);
    leases_fini(&feed->leases);
    feed->portion = feeds->has_portion ? &feeds->portion : NULL;
    if (feed->portion) {
        count = portion_count(feed->portion, count);
    }
    if (count == 0 && feed->options.at_end == FEED_RESTART) {
        feed->portion = NULL;
        count = feed->rows->count;
    }
    return feed->options.order != FEED_ONCE ||
           leases_init(&feed->leases, (uint32_t)count, feeds->threads) ||
           err_set(err, ERR_FAILED, "not enough memory for the rows of %s", feed->file);
}

bool feeds_begin(struct feeds *feeds, unsigned threads, const struct portion *portion,
                 struct err *err)
{
    bool ok = true;
    if (!feeds) {
        return true;
    }
    feeds->threads = threads;
    feeds->has_portion = portion != NULL;
    feeds->portion = portion ? *portion : (struct portion){0};
    for (struct feed *feed = feeds->first; ok && feed; feed = feed->next) {
        ok = start(feeds, feed, err);
    }
    return ok;
}

void feeds_shift(struct feeds *feeds, uint64_t part, uint64_t parts)
{
    for (struct feed *feed = feeds ? feeds->first : NULL; feed; feed = feed->next) {
        atomic_store(&feed->turns, feed->rows->count * part / parts);
    }
}

void feeds_use(struct feeds *feeds, const struct given *given)
{
    feeds->given = given;
}

static struct feed *find(const struct feeds *feeds, const char *file,
                         const struct feed_options *options)
{
    struct feed *feed = feeds->first;
    while (feed &&
           (feed->options.format != options->format || feed->options.order != options->order ||
            feed->options.at_end != options->at_end || feed->options.nth != options->nth ||
            strcmp(feed->file, file) != 0)) {
        feed = feed->next;
    }
    return feed;
}

const char *feeds_find_finite(struct feeds *feeds)
{
    const char *file = NULL;
    if (!feeds) {
        return NULL;
    }
    pthread_mutex_lock(&feeds->lock);
    for (const struct feed *feed = feeds->first; feed; feed = feed->next) {
        bool is_finite = feed->options.order == FEED_ONCE && feed->options.at_end != FEED_RESTART;
        file = is_finite ? feed->file : file;
    }
    pthread_mutex_unlock(&feeds->lock);
    return file;
}

uint64_t feeds_count_once(struct feeds *feeds, const struct portion *portion)
{
    uint64_t count = 0;
    if (!feeds) {
        return 0;
    }
    pthread_mutex_lock(&feeds->lock);
    for (const struct feed *feed = feeds->first; feed; feed = feed->next) {
        bool is_once = feed->options.order == FEED_ONCE;
        uint64_t rows = feed->rows->count;
        count += !is_once ? 0 : portion ? portion_count(portion, rows) : rows;
    }
    pthread_mutex_unlock(&feeds->lock);
    return count;
}

void feeds_note_variable(struct feeds *feeds, const char *name, const char *value)
{
    pthread_mutex_lock(&feeds->lock);
    given_add(&feeds->variables, name, value, value ? strlen(value) : 0);
    pthread_mutex_unlock(&feeds->lock);
}

const struct given_list *feeds_variables(const struct feeds *feeds)
{
    return &feeds->variables;
}

void feeds_visit_files(struct feeds *feeds, feed_file_fn *visit, void *context)
{
    if (!feeds) {
        return;
    }
    pthread_mutex_lock(&feeds->lock);
    for (const struct feed_file *file = feeds->files; file; file = file->next) {
        visit(context, file);
    }
    for (const struct feed_file *file = feeds->texts; file; file = file->next) {
        visit(context, file);
    }
    pthread_mutex_unlock(&feeds->lock);
}

/* Returns the link to the file with this name and format, or the end of the list. */
static struct feed_file **find_file(struct feed_file **list, const char *name,
                                    enum records_format format)
{
    while (*list && ((*list)->rows.format != format || strcmp((*list)->name, name) != 0)) {
        list = &(*list)->next;
    }
    return list;
}

static struct feed_file *new_file(const char *name, const struct records *rows)
{
    struct feed_file *file = memory_of(calloc(1, sizeof *file));
    *file = (struct feed_file){.name = memory_of(strdup(name)), .rows = *rows};
    return file;
}

void feeds_note_file(struct feeds *feeds, const char *name, const char *text, size_t length)
{
    struct records rows = {.bytes = length};
    pthread_mutex_lock(&feeds->lock);
    struct feed_file **at = find_file(&feeds->texts, name, rows.format);
    if (!*at && feeds->text_count < FEEDS_FILES_MAX) {
        sha256_print(text, length, rows.sha256);
        *at = new_file(name, &rows);
        feeds->text_count++;
    }
    pthread_mutex_unlock(&feeds->lock);
}

/*
 * Counts the memory of a file against the limit. A file read under another name counts again, so a
 * scenario cannot read one file without end.
 */
static bool take_room(struct feeds *feeds, struct records *rows, const char *name, struct err *err)
{
    size_t bytes = rows->bytes + rows->count * sizeof *rows->begins;
    if (bytes > feeds->bytes_left) {
        records_free(rows);
        return err_set(err, ERR_USAGE,
                       "%.200s: the data files are too large in total: this file needs %zu MB, and "
                       "%zu MB are left; %s",
                       name, bytes / MB + 1, feeds->bytes_left / MB, feeds->remedy);
    }
    feeds->bytes_left -= bytes;
    return true;
}

static bool read_given(const struct given *given, struct records *rows, const char *name,
                       enum records_format format, struct err *err)
{
    const struct given_item *file = given_find(&given->files, name);
    if (!file) {
        return err_set(err, ERR_USAGE, "cannot read %.200s: it did not come with the order", name);
    }
    char *text = memory_of(malloc(file->length + 1));
    memcpy(text, file->bytes, file->length);
    return records_parse(rows, text, file->length, name, format, err);
}

static bool read_rows(const struct feeds *feeds, struct records *rows, const char *folder,
                      const char *name, enum records_format format, struct err *err)
{
    return feeds->given ? read_given(feeds->given, rows, name, format, err)
                        : records_read(rows, folder, name, format, err);
}

/* Reads the file unless it is in the list. NULL: err is set. */
static const struct feed_file *read_once(struct feeds *feeds, const char *folder, const char *name,
                                         enum records_format format, struct err *err)
{
    struct feed_file **at = find_file(&feeds->files, name, format);
    struct records rows = {0};
    if (*at || !read_rows(feeds, &rows, folder, name, format, err) ||
        !take_room(feeds, &rows, name, err)) {
        return *at;
    }
    *at = new_file(name, &rows);
    return *at;
}

static struct feed *add(struct feeds *feeds, const char *folder, const char *name,
                        const struct feed_options *options, struct err *err)
{
    if (feeds->count == FEEDS_MAX) {
        err_set(err, ERR_USAGE, "more than %d feeders", FEEDS_MAX);
        return NULL;
    }
    const struct feed_file *file = read_once(feeds, folder, name, options->format, err);
    if (!file) {
        return NULL;
    }
    struct feed *feed = memory_of(calloc(1, sizeof *feed));
    feed->options = *options;
    feed->rows = &file->rows;
    feed->file = file->name;
    if (!start(feeds, feed, err)) {
        free(feed);
        return NULL;
    }
    feed->next = feeds->first;
    feeds->first = feed;
    feeds->count++;
    return feed;
}

struct feed *feeds_open(struct feeds *feeds, const char *folder, const char *file,
                        const struct feed_options *options, struct err *err)
{
    pthread_mutex_lock(&feeds->lock);
    struct feed *feed = find(feeds, file, options);
    if (!feed) {
        feed = add(feeds, folder, file, options, err);
    }
    pthread_mutex_unlock(&feeds->lock);
    return feed;
}

bool feed_take(struct feed *feed, struct random *random, uint64_t user, unsigned thread,
               size_t *row)
{
    size_t count = feed->rows->count;
    uint32_t number = 0;
    bool ok = true;
    switch (feed->options.order) {
    case FEED_IN_TURN:
        *row = (size_t)(atomic_fetch_add(&feed->turns, 1) % count);
        break;
    case FEED_RANDOM:
        *row = (size_t)random_below(random, count);
        break;
    case FEED_BY_USER:
        *row = (size_t)(user % count);
        break;
    case FEED_ONCE:
        ok = leases_take(&feed->leases, thread, feed->options.at_end == FEED_RESTART, &number);
        *row = ok && feed->portion ? portion_at(feed->portion, number) : number;
        break;
    }
    return ok;
}
