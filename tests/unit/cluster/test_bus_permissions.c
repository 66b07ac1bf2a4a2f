/* What the broker of k8s/overlays/distributed allows a worker, and what it does not. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/cluster/bus/bucket.h"
#include "loadgen/cluster/bus/outbox.h"
#include "loadgen/cluster/bus/queue.h"
#include "loadgen/cluster/bus/stream.h"
#include "tests/support/brokered.h"

static struct nats_server nats;
static struct bus *controller;
static struct bus *worker;
static struct bus_queue *queue; /* of the worker */
static struct bucket *bucket;   /* of the controller */
static struct err err;

static const struct bus_stream_limits limits = {.bytes_max = 1000000};

static void copy_configuration(void)
{
    char command[128];
    snprintf(command, sizeof command,
             "cp k8s/components/distributed/broker/*.conf %s && mkdir %s/tls", nats.folder,
             nats.folder);
    temp_folder_run(".", command);
    nats_server_certify(&nats, "tls/tls", "IP:127.0.0.1");
    temp_folder_write(nats.folder, "worker", "worker:w\n");
    temp_folder_write(nats.folder, "controller", "controller:c\n");
    setenv("WORKER_PASSWORD", "w", 1);
    setenv("CONTROLLER_PASSWORD", "c", 1);
}

static struct bus *connect_as(const char *user, const char *inbox)
{
    char url[NATS_URL];
    char creds[TEMP_PATH];
    char ca[TEMP_PATH];
    const struct bus_options options = {.nats = nats_server_url(&nats, url),
                                        .creds = temp_folder_path(nats.folder, user, creds),
                                        .ca = temp_folder_path(nats.folder, "tls/tls.crt", ca),
                                        .inbox = inbox};
    struct bus *bus = bus_connect(&options, &err);
    ck_assert_msg(bus != NULL, "%s", err.text);
    return bus;
}

static void make_stream(const char *name, const char *subject)
{
    ck_assert_msg(bus_stream_make(controller, name, subject, &limits, &err), "%s", err.text);
}

static void setup(void)
{
    nats_server_make(&nats);
    copy_configuration();
    nats_server_start(&nats, "include nats.conf\n");
    controller = connect_as("controller", NULL);
    worker = connect_as("worker", "_INBOX_worker.one");
    make_stream("headroom_orders", "headroom.order");
    make_stream("headroom_tallies", "headroom.tally.*");
    bucket = bucket_make(controller, "headroom", &limits, &err);
    ck_assert_msg(bucket != NULL, "%s", err.text);
    queue = bus_queue_create(worker, 16, &err);
    ck_assert_ptr_nonnull(queue);
}

static void teardown(void)
{
    bus_queue_free(queue);
    bucket_close(bucket);
    bus_close(worker);
    bus_close(controller);
    nats_server_stop(&nats);
}

static void expect_no_complaint(void)
{
    char text[BUS_COMPLAINT_MAX];
    ck_assert_str_eq(bus_complaint(worker, text), "");
}

/* Answers one question. */
static void *answer(void *context)
{
    struct bus_message message;
    brokered_take(context, &message);
    bus_publish(controller, message.reply, "yes", 3);
    bus_message_free(&message);
    return NULL;
}

START_TEST(a_worker_can_do_its_work)
{
    pthread_t thread;
    struct bus_message got;
    struct bucket *own = bucket_open(worker, "headroom", &err);
    struct bus_queue *asked = bus_queue_create(controller, 4, &err);
    struct bus_outbox *outbox = bus_outbox_create(worker, 1000, &err);
    ck_assert_msg(own && asked && outbox, "%s", err.text);
    ck_assert(bus_queue_listen(asked, 1, "headroom.ask.*", &err));
    pthread_create(&thread, NULL, answer, asked);
    ck_assert_int_eq(bus_request(worker, "headroom.ask.one", "", 0, 5 * NS_PER_S, &got), BUS_OK);
    bus_message_free(&got);
    pthread_join(thread, NULL);

    ck_assert(bus_queue_listen(asked, 2, "headroom.announce.*", &err));
    ck_assert(bus_publish(worker, "headroom.announce.one", "here", 4));
    brokered_expect(asked, 2, "here");

    const struct bus_follow orders = {.stream = "headroom_orders", .from = 1};
    ck_assert_msg(bus_queue_follow(queue, 3, &orders, &err), "%s", err.text);
    ck_assert_int_eq(bus_stream_publish(controller, "headroom.order", "order", 5, NULL), BUS_OK);
    brokered_expect(queue, 3, "order");

    ck_assert_msg(bus_queue_watch(queue, 4, "headroom", "run.>", &err), "%s", err.text);
    ck_assert_int_eq(bucket_put(bucket, "run.1.start", "now", 3, NULL), BUS_OK);
    brokered_expect(queue, 4, "now");
    ck_assert_int_eq(bucket_get(own, "run.1.start", &got), BUS_OK);
    bus_message_free(&got);

    ck_assert(bus_outbox_put(outbox, "headroom.tally.one", "1", 1));
    ck_assert(bus_outbox_drain(outbox, clock_now_ns() + 5 * NS_PER_S));
    expect_no_complaint();
    bus_outbox_free(outbox);
    bus_queue_free(asked);
    bucket_close(own);
}
END_TEST

/* Its consumers are made anew after an outage, with the same permissions. */
START_TEST(a_worker_goes_on_after_an_outage)
{
    const struct bus_follow orders = {.stream = "headroom_orders", .from = 1};
    ck_assert_msg(bus_queue_follow(queue, 3, &orders, &err), "%s", err.text);
    nats_server_kill(&nats);
    brokered_pause_ms(4000);
    nats_server_start(&nats, "include nats.conf\n");
    brokered_wait_for_pong(worker);
    brokered_wait_for_pong(controller);
    ck_assert_int_eq(bus_stream_publish(controller, "headroom.order", "order", 5, NULL), BUS_OK);
    brokered_expect(queue, 3, "order");
    expect_no_complaint();
}
END_TEST

static void expect_complaint(const char *what)
{
    char text[BUS_COMPLAINT_MAX];
    for (int polls = 0; !strstr(bus_complaint(worker, text), what); polls++) {
        ck_assert_msg(polls < 200, "\"%s\" lacks \"%s\"", text, what);
        brokered_pause_ms(10);
    }
}

START_TEST(a_worker_can_do_nothing_else)
{
    const struct bus_follow tallies = {.stream = "headroom_tallies", .from = 1};
    struct bus_stream_state state;
    struct bus_message got;
    ck_assert(bus_publish(worker, "headroom.order", "evil", 4));
    expect_complaint("headroom.order");
    ck_assert(bus_publish(worker, "$KV.headroom.controller", "evil", 4));
    expect_complaint("KV.headroom.controller");
    bus_queue_listen(queue, 1, "headroom.>", &err);
    expect_complaint("headroom.>");
    bus_queue_listen(queue, 2, "_INBOX.>", &err);
    expect_complaint("_INBOX.>");
    err = (struct err){.code = ERR_NONE};
    ck_assert(!bus_queue_follow(queue, 3, &tallies, &err));
    expect_complaint("STREAM.INFO.headroom_tallies");
    ck_assert_int_eq(bus_stream_remove(worker, "headroom_orders"), BUS_UNREACHABLE);
    expect_complaint("STREAM.DELETE.headroom_orders");
    ck_assert_int_eq(bus_stream_look(controller, "headroom_orders", &state), BUS_OK);
    ck_assert_uint_eq(state.messages, 0);
    ck_assert_int_eq(bucket_get(bucket, "controller", &got), BUS_MISSING);
}
END_TEST

Suite *bus_permissions_suite(void);
Suite *bus_permissions_suite(void)
{
    Suite *suite = suite_create("bus_permissions");
    TCase *tcase = tcase_create("bus_permissions");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_worker_can_do_its_work);
    tcase_add_test(tcase, a_worker_goes_on_after_an_outage);
    tcase_add_test(tcase, a_worker_can_do_nothing_else);
    suite_add_tcase(suite, tcase);
    return suite;
}
