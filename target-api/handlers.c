#include "target-api/handlers.h"

#include "target-api/detail.h"
#include "target-api/new_user.h"
#include "target-api/pynum.h"

struct reply handlers_root(struct store *store, const struct request *request)
{
    (void)store;
    (void)request;
    return reply_static(200, "\"Hello Flask-API Server!\\n\"");
}

struct reply handlers_health(struct store *store, const struct request *request)
{
    (void)store;
    (void)request;
    return reply_static(200, "{\"health\":\"ok\"}");
}

struct reply handlers_metadata(struct store *store, const struct request *request)
{
    (void)request;
    return reply_text(200, store_get_metadata(store));
}

static struct reply attribute_of(struct store *store, int64_t id, enum store_attribute attribute)
{
    struct text *value = store_get(store, id, attribute);
    if (!value) {
        return reply_static(404, "{\"detail\":\"User not found\"}");
    }
    return reply_text(200, value);
}

struct reply handlers_name_by_path(struct store *store, const struct request *request)
{
    int64_t id = 0;
    if (!pynum_parse_int(request->parameter, &id)) {
        return detail_reply_one("path", "users_id", DETAIL_INTEGER);
    }
    return attribute_of(store, id, STORE_NAME);
}

/* False: `refusal` is the answer. */
static bool take_query_id(const struct request *request, int64_t *id, struct reply *refusal)
{
    struct slice value;
    if (!request_query(request, "users_id", &value)) {
        *refusal = detail_reply_one("query", "users_id", DETAIL_MISSING);
        return false;
    }
    if (!pynum_parse_int(value, id)) {
        *refusal = detail_reply_one("query", "users_id", DETAIL_INTEGER);
        return false;
    }
    return true;
}

struct reply handlers_name_by_query(struct store *store, const struct request *request)
{
    int64_t id = 0;
    struct reply refusal;
    if (!take_query_id(request, &id, &refusal)) {
        return refusal;
    }
    return attribute_of(store, id, STORE_NAME);
}

struct reply handlers_attribute(struct store *store, const struct request *request)
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
    return attribute_of(store, id, attribute);
}

struct reply handlers_add_user(struct store *store, const struct request *request)
{
    struct new_user user;
    struct reply refusal;
    if (!new_user_init(&user, request, &refusal)) {
        return refusal;
    }
    struct text *metadata = NULL;
    enum store_result result = store_put(store, user.id, user.name, user.age, &metadata);
    new_user_fini(&user);
    return result == STORE_OK ? reply_text(200, metadata) : reply_unavailable();
}
