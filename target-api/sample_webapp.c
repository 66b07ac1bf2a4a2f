#include "target-api/sample_webapp.h"

#include "target-api/base/form.h"

static const char plain_text[] = "text/plain";

struct reply webapp_root(const struct service *service, const struct request *request)
{
    (void)service;
    (void)request;
    static const char text[] =
        "Welcome to the \"Distributed Load Testing Using Kubernetes\" sample web app\n";
    return (struct reply){
        .status = 200, .content_type = plain_text, .bytes = text, .len = sizeof text - 1};
}

static void add_field(struct buffer *b, const struct request *request, const char *name)
{
    struct slice form = {request->body.bytes, request->body.len};
    struct slice value;
    if (buffer_reserve(b, form.length) && form_find(form, name, b->bytes + b->len, &value)) {
        b->len += form_decode(value, true, b->bytes + b->len);
    }
}

struct reply webapp_login(const struct service *service, const struct request *request)
{
    (void)service;
    struct buffer b;
    buffer_init(&b, REPLY_MAX);
    buffer_add_string(&b, "/login - device: ");
    add_field(&b, request, "deviceid");
    buffer_add_string(&b, "\n");
    return reply_buffer(200, &b, plain_text);
}

struct reply webapp_metrics(const struct service *service, const struct request *request)
{
    (void)service;
    struct buffer b;
    buffer_init(&b, REPLY_MAX);
    buffer_add_string(&b, "/metrics - device: ");
    add_field(&b, request, "deviceid");
    buffer_add_string(&b, ", timestamp: ");
    add_field(&b, request, "timestamp");
    buffer_add_string(&b, "\n");
    return reply_buffer(200, &b, plain_text);
}
