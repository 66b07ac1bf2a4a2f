#include "target-api/handlers.h"

#include "target-api/body/detail.h"
#include "target-api/body/new_user.h"
#include "target-api/body/number.h"
#include "target-api/users/store.h"

struct reply handlers_root(const struct service *service, const struct request *request)
{
    (void)service;
    (void)request;
    return reply_static(200, "\"Hello Flask-API Server!\\n\"");
}

struct reply handlers_health(const struct service *service, const struct request *request)
{
    (void)service;
    (void)request;
    return reply_static(200, "{\"health\":\"ok\"}");
}

struct reply handlers_metadata(const struct service *service, const struct request *request)
{
    (void)request;
    return reply_document(200, store_get_metadata(service->store));
}

static struct reply attribute_of(struct store *store, int64_t id, enum store_attribute attribute)
{
    struct text *value = store_get(store, id, attribute);
    if (!value) {
        return reply_static(404, "{\"detail\":\"User not found\"}");
    }
    return reply_text(200, value);
}

struct reply handlers_name_by_path(const struct service *service, const struct request *request)
{
    int64_t id = 0;
    if (!number_parse(request->parameter, &id)) {
        return detail_reply_one("path", "users_id", DETAIL_INTEGER);
    }
    return attribute_of(service->store, id, STORE_NAME);
}

/* False: *refusal is the answer. */
static bool take_query_id(const struct request *request, int64_t *id, struct reply *refusal)
{
    struct slice value;
    if (!request_query(request, "users_id", &value)) {
        *refusal = detail_reply_one("query", "users_id", DETAIL_MISSING);
        return false;
    }
    if (!number_parse(value, id)) {
        *refusal = detail_reply_one("query", "users_id", DETAIL_INTEGER);
        return false;
    }
    return true;
}

struct reply handlers_name_by_query(const struct service *service, const struct request *request)
{
    int64_t id = 0;
    struct reply refusal;
    if (!take_query_id(request, &id, &refusal)) {
        return refusal;
    }
    return attribute_of(service->store, id, STORE_NAME);
}

struct reply handlers_attribute(const struct service *service, const struct request *request)
{
    int64_t id = 0;
    struct reply refusal;
    if (!take_query_id(request, &id, &refusal)) {
        return refusal;
    }
    enum store_attribute attribute = STORE_NAME;
    if (!store_find_attribute(request->parameter, &attribute)) {
        return reply_static(404, "{\"detail\":\"Attribute not found\"}");
    }
    return attribute_of(service->store, id, attribute);
}

struct reply handlers_add_user(const struct service *service, const struct request *request)
{
    struct new_user user;
    struct reply refusal;
    if (!new_user_init(&user, request, &refusal)) {
        return refusal;
    }
    struct document *metadata = NULL;
    enum store_result result = store_put(service->store, user.id, user.name, user.age, &metadata);
    new_user_fini(&user);
    switch (result) {
    case STORE_OK:
        return reply_document(200, metadata);
    case STORE_FULL:
        return reply_static(507, "{\"detail\":\"Insufficient Storage\"}");
    default:
        return reply_unavailable();
    }
}
