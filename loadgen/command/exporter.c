#include "loadgen/command/exporter.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/file_limit.h"
#include "loadgen/command/side_port.h"
#include "loadgen/report/prometheus.h"

struct exporter {
    struct side_port *port;
    const char *name;
    const struct rows *rows;
    pthread_mutex_t lock; /* of the two below */
    char *text;
    size_t length;
};

static struct MHD_Response *answer(void *context, const char *path, unsigned *status)
{
    (void)path;
    (void)status;
    struct exporter *exporter = context;
    pthread_mutex_lock(&exporter->lock);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(exporter->length, exporter->text, MHD_RESPMEM_MUST_COPY);
    pthread_mutex_unlock(&exporter->lock);
    if (response) {
        MHD_add_response_header(response, "Content-Type",
                                "text/plain; version=0.0.4; charset=utf-8");
    }
    return response;
}

struct exporter *exporter_start(const char *address, const char *name, const struct rows *rows,
                                const struct summary *summary, struct err *err)
{
    struct exporter *exporter = calloc(1, sizeof *exporter);
    if (!exporter) {
        err_set(err, ERR_FAILED, "not enough memory to serve metrics");
        return NULL;
    }
    exporter->name = name;
    exporter->rows = rows;
    pthread_mutex_init(&exporter->lock, NULL);
    exporter_show(exporter, summary);
    struct address at;
    exporter->port = side_port_open(address, answer, exporter, &at, err);
    if (!exporter->port) {
        exporter_stop(exporter);
        return NULL;
    }
    char text[ADDRESS_TEXT];
    fprintf(stderr, "loadgen: metrics at http://%s/metrics\n", address_print(&at, text));
    return exporter;
}

static void show(struct exporter *exporter, struct prometheus_page *page)
{
    page->name = exporter->name;
    page->rows = exporter->rows;
    file_limit_count_open(&page->open_files);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out) {
        return;
    }
    bool ok = prometheus_write(page, out);
    if (fclose(out) == 0 && ok) {
        pthread_mutex_lock(&exporter->lock);
        char *old = exporter->text;
        exporter->text = text;
        exporter->length = length;
        pthread_mutex_unlock(&exporter->lock);
        text = old;
    }
    free(text);
}

void exporter_show_second(struct exporter *exporter, const struct second *second)
{
    if (exporter) {
        struct prometheus_page page = {
            .tally = second->total,
            .generator = second->generator,
            .offered = second->intended,
            .sent = second->started,
            .in_flight = second->in_flight,
        };
        show(exporter, &page);
    }
}

void exporter_show(struct exporter *exporter, const struct summary *summary)
{
    if (exporter) {
        struct prometheus_page page = {
            .tally = summary->tally,
            .generator = &summary->generator,
            .offered = summary->intended,
            .sent = summary->started,
            .dropped_waiting = summary->not_started - summary->too_late,
            .dropped_too_late = summary->too_late,
        };
        show(exporter, &page);
    }
}

void exporter_stop(struct exporter *exporter)
{
    if (exporter) {
        side_port_close(exporter->port);
        pthread_mutex_destroy(&exporter->lock);
        free(exporter->text);
        free(exporter);
    }
}
