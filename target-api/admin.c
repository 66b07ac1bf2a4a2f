#include "target-api/admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 128 };

static struct MHD_Response *metrics_page(const struct exposition *exposition)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out) {
        return NULL;
    }
    exposition_write(exposition, out);
    struct MHD_Response *response = NULL;
    if (fclose(out) == 0) {
        response = side_port_metrics(text, length, MHD_RESPMEM_MUST_FREE);
    }
    if (!response) {
        free(text);
    }
    return response;
}

static struct MHD_Response *answer(void *context, const char *path, unsigned *status)
{
    const struct exposition *exposition = context;
    if (strcmp(path, "/livez") == 0) {
        return side_port_text("ok\n");
    }
    if (strcmp(path, "/readyz") == 0) {
        bool is_draining = server_is_draining(exposition->server);
        *status = is_draining ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK;
        return side_port_text(is_draining ? "stopping\n" : "ok\n");
    }
    if (strcmp(path, "/metrics") == 0) {
        return metrics_page(exposition);
    }
    *status = MHD_HTTP_NOT_FOUND;
    return side_port_text("not found; try /livez, /readyz or /metrics\n");
}

struct side_port *admin_start(struct listener *listener, struct exposition *exposition,
                              struct err *err)
{
    return side_port_start(listener, CONNECTIONS, answer, exposition, err);
}
