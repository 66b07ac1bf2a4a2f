#include "loadgen/command/progress/exporter.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/http/side_port.h"
#include "common/process/file_limit.h"
#include "loadgen/command/progress/listen.h"
#include "loadgen/report/prometheus.h"

struct exporter {
    struct side_port *port;
    const char *name;
    const struct rows *rows; /* until there are results */
    pthread_mutex_t lock;    /* guards text and length */
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
        side_port_metrics(exporter->text, exporter->length, MHD_RESPMEM_MUST_COPY);
    pthread_mutex_unlock(&exporter->lock);
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
    exporter->name = name ? name : "";
    exporter->rows = rows;
    pthread_mutex_init(&exporter->lock, NULL);
    exporter_update(exporter, summary);
    struct listener listener;
    if (!listen_open(address, &listener, err) ||
        !(exporter->port = side_port_start(&listener, LISTEN_CONNECTIONS, answer, exporter, err))) {
        exporter_stop(exporter);
        return NULL;
    }
    fprintf(stderr, "loadgen: metrics at http://%s/metrics\n", listener.address);
    return exporter;
}

static void replace_page(struct exporter *exporter, struct prometheus_page *page)
{
    page->name = exporter->name;
    file_limit_count_open(&page->open_files);
    size_t length = 0;
    char *text = prometheus_print(page, &length);
    if (text) {
        pthread_mutex_lock(&exporter->lock);
        char *old = exporter->text;
        exporter->text = text;
        exporter->length = length;
        pthread_mutex_unlock(&exporter->lock);
        free(old);
    }
}

void exporter_update_second(struct exporter *exporter, const struct second *second)
{
    if (exporter) {
        struct prometheus_page page = prometheus_of_second(second);
        replace_page(exporter, &page);
    }
}

void exporter_update(struct exporter *exporter, const struct summary *summary)
{
    if (exporter) {
        struct prometheus_page page = prometheus_of_summary(summary);
        page.rows = summary->rows.count > 0 ? page.rows : exporter->rows;
        replace_page(exporter, &page);
    }
}

void exporter_stop(struct exporter *exporter)
{
    if (exporter) {
        side_port_stop(exporter->port);
        pthread_mutex_destroy(&exporter->lock);
        free(exporter->text);
        free(exporter);
    }
}
