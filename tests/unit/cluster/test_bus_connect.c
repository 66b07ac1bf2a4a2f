/* Who may connect to a broker: TLS, credentials, and what may be reached without them. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/cluster/bus/bus.h"
#include "tests/support/brokered.h"

static struct nats_server nats;
static struct err err;

static const char users[] = "authorization { users: [\n"
                            "  { user: all, password: secret }\n"
                            "  { user: worker, password: secret, permissions: {\n"
                            "      publish: [\"ask\"], subscribe: [\"_INBOX_7.>\"] } }\n"
                            "] }\n";

static void setup(void)
{
    err = (struct err){.code = ERR_NONE};
    nats_server_make(&nats);
}

static void teardown(void)
{
    nats_server_stop(&nats);
}

/* nats://USER@127.0.0.1:PORT, or another scheme. */
static const char *url_of(const char *scheme, const char *user, char url[128])
{
    snprintf(url, 128, "%s%s127.0.0.1:%u", scheme, user, (unsigned)nats.port);
    return url;
}

static void expect_refusal(const struct bus_options *options, enum err_code code, const char *text)
{
    err = (struct err){.code = ERR_NONE};
    ck_assert_ptr_null(bus_connect(options, &err));
    ck_assert_int_eq(err.code, code);
    ck_assert_msg(strstr(err.text, text), "\"%s\" lacks \"%s\"", err.text, text);
    ck_assert_msg(!strstr(err.text, "wrong") && !strstr(err.text, "secret"), "%s", err.text);
}

static void expect_connection(const struct bus_options *options)
{
    err = (struct err){.code = ERR_NONE};
    struct bus *bus = bus_connect(options, &err);
    ck_assert_msg(bus != NULL, "%s", err.text);
    ck_assert(bus_publish(bus, "ask", "", 0));
    bus_close(bus);
}

START_TEST(nobody_is_there)
{
    char url[128];
    nats.port = 1; /* tcpmux: nobody has it */
    const struct bus_options options = {.nats = url_of("nats://", "", url)};
    expect_refusal(&options, ERR_FAILED, "cannot connect to the broker at 127.0.0.1:1: ");
}
END_TEST

START_TEST(small_messages_are_not_enough)
{
    char url[128];
    nats_server_start(&nats, "max_payload: 131072\n" NATS_STREAMS);
    const struct bus_options options = {.nats = url_of("nats://", "", url)};
    struct bus *bus = bus_connect(&options, &err);
    ck_assert_msg(bus != NULL, "%s", err.text);
    ck_assert(bus_check_message(bus, 131072, &err));
    ck_assert(!bus_check_message(bus, 131073, &err));
    ck_assert_msg(strstr(err.text, "set max_payload"), "%s", err.text);
    bus_close(bus);
}
END_TEST

START_TEST(a_user_has_a_password)
{
    char url[128];
    nats_server_start(&nats, users);
    struct bus_options options = {.nats = url_of("nats://", "", url)};
    expect_refusal(&options, ERR_FAILED, "does not accept the credentials");
    options.nats = url_of("nats://", "all:wrong@", url);
    expect_refusal(&options, ERR_FAILED, "does not accept the user of the URL");
    options.nats = url_of("nats://", "all:secret@", url);
    expect_connection(&options);
}
END_TEST

START_TEST(a_file_has_the_password)
{
    char url[128];
    char path[TEMP_PATH];
    nats_server_start(&nats, users);
    temp_folder_write(nats.folder, "creds", "all:secret\n");
    struct bus_options options = {.nats = url_of("nats://", "", url),
                                  .creds = temp_folder_path(nats.folder, "creds", path)};
    expect_connection(&options);
    options.nats = url_of("nats://", "all:secret@", url);
    expect_refusal(&options, ERR_USAGE, "cluster.nats_creds: the URL has a user already");
    options.nats = url_of("nats://", "", url);
    temp_folder_write(nats.folder, "creds", "all:wrong\n");
    expect_refusal(&options, ERR_FAILED, "check cluster.nats_creds");
    temp_folder_write(nats.folder, "creds", "all\n");
    expect_refusal(&options, ERR_USAGE, "has neither a NATS user JWT");
    options.creds = "/nonexistent/creds";
    expect_refusal(&options, ERR_FAILED, "cluster.nats_creds: ");
}
END_TEST

/* As nsc writes it. */
START_TEST(a_file_has_a_jwt)
{
    char url[128];
    char path[TEMP_PATH];
    char command[128];
    snprintf(command, sizeof command, "python3 tests/support/nats_jwt.py %s", nats.folder);
    temp_folder_run(".", command);
    nats_server_start(&nats, "include jwt.conf\n");
    struct bus_options options = {.nats = url_of("nats://", "", url)};
    expect_refusal(&options, ERR_FAILED, "does not accept the credentials");
    options.creds = temp_folder_path(nats.folder, "user.creds", path);
    expect_connection(&options);
    temp_folder_write(nats.folder, "user.creds", "-----BEGIN NATS USER JWT-----\nx\n");
    expect_refusal(&options, ERR_FAILED, "check cluster.nats_creds");
}
END_TEST

/* Without the right inbox prefix, a worker that may read only its own answers gets none. */
START_TEST(an_inbox_is_private)
{
    char url[128];
    char text[BUS_COMPLAINT_MAX];
    struct bus_message answer;
    nats_server_start(&nats, users);
    struct bus_options options = {.nats = url_of("nats://", "worker:secret@", url),
                                  .inbox = "_INBOX_7"};
    struct bus *bus = bus_connect(&options, &err);
    ck_assert_msg(bus != NULL, "%s", err.text);
    ck_assert_int_eq(bus_request(bus, "ask", "", 0, NS_PER_S, &answer), BUS_NOBODY);
    ck_assert_str_eq(bus_complaint(bus, text), "");
    ck_assert(bus_publish(bus, "forbidden", "", 0));
    brokered_pause_ms(300);
    ck_assert_msg(strstr(bus_complaint(bus, text), "forbidden"), "%s", text);
    bus_close(bus);
    options.inbox = NULL;
    bus = bus_connect(&options, &err);
    ck_assert_msg(bus != NULL, "%s", err.text);
    ck_assert_int_eq(bus_request(bus, "ask", "", 0, NS_PER_S, &answer), BUS_UNREACHABLE);
    ck_assert_msg(strstr(bus_complaint(bus, text), "_INBOX"), "%s", text);
    bus_close(bus);
    options.inbox = "a.*";
    expect_refusal(&options, ERR_USAGE, "cluster.inbox: ");
}
END_TEST

static const char with_tls[] = "tls { cert_file: here.crt, key_file: here.key }\n";
static const char with_other_tls[] = "tls { cert_file: other.crt, key_file: other.key }\n";

START_TEST(tls_is_verified)
{
    char url[128];
    char here[TEMP_PATH];
    char other[TEMP_PATH];
    nats_server_certify(&nats, "here", "IP:127.0.0.1");
    nats_server_certify(&nats, "other", "DNS:x.example");
    nats_server_start(&nats, with_tls);
    temp_folder_path(nats.folder, "here.crt", here);
    temp_folder_path(nats.folder, "other.crt", other);
    struct bus_options options = {.nats = url_of("tls://", "", url), .ca = here};
    expect_connection(&options);
    options.nats = url_of("nats://", "", url); /* a CA means TLS */
    expect_connection(&options);
    options.ca = other;
    expect_refusal(&options, ERR_FAILED, "TLS with the broker at 127.0.0.1");
    options.nats = url_of("tls://", "", url);
    options.ca = NULL; /* the system's do not know it */
    expect_refusal(&options, ERR_FAILED, "check cluster.nats_tls_ca");
    options.is_insecure = true; /* is about what may be reached, not about certificates */
    expect_refusal(&options, ERR_FAILED, "TLS with the broker at 127.0.0.1");
    options.ca = "/nonexistent/ca.pem";
    expect_refusal(&options, ERR_USAGE, "cluster.nats_tls_ca: ");
    nats_server_kill(&nats);
    nats_server_start(&nats, with_other_tls);
    options.ca = other; /* known, but for another host */
    expect_refusal(&options, ERR_FAILED, "TLS with the broker at 127.0.0.1");
}
END_TEST

START_TEST(a_broker_without_tls_is_refused)
{
    char url[128];
    nats_server_start(&nats, "");
    const struct bus_options options = {.nats = url_of("tls://", "", url)};
    expect_refusal(&options, ERR_FAILED, "has no TLS; use nats://");
}
END_TEST

static const struct {
    const char *url, *creds, *ca, *text;
} unsafe[] = {
    {"nats://192.0.2.1", NULL, NULL, "without TLS or credentials; give a tls:// URL and "},
    {"nats://u:secret@192.0.2.1", NULL, NULL, "without TLS; give a tls:// URL, or"},
    {"nats://192.0.2.1", "/x", NULL, "without TLS; give a tls:// URL, or"},
    {"tls://192.0.2.1", NULL, NULL, "without credentials; give cluster.nats_creds, or"},
    {"nats://192.0.2.1", NULL, "/x", "without credentials; give cluster.nats_creds, or"},
    {"nats://127.0.0.1,nats://h.example", NULL, NULL, "\"h.example\" is not on this machine"},
};

START_TEST(other_machines_need_tls_and_credentials)
{
    struct bus_options options = {
        .nats = unsafe[_i].url, .creds = unsafe[_i].creds, .ca = unsafe[_i].ca};
    expect_refusal(&options, ERR_USAGE, unsafe[_i].text);
}
END_TEST

/* 0.0.0.0 leads to this machine, but is not one of its loopback addresses. */
START_TEST(unless_that_is_wanted)
{
    char url[128];
    nats_server_start(&nats, "");
    snprintf(url, sizeof url, "nats://0.0.0.0:%u", (unsigned)nats.port);
    struct bus_options options = {.nats = url};
    expect_refusal(&options, ERR_USAGE, "\"0.0.0.0\" is not on this machine");
    options.is_insecure = true;
    expect_connection(&options);
}
END_TEST

Suite *bus_connect_suite(void);
Suite *bus_connect_suite(void)
{
    Suite *suite = suite_create("bus_connect");
    TCase *tcase = tcase_create("bus_connect");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, nobody_is_there);
    tcase_add_test(tcase, small_messages_are_not_enough);
    tcase_add_test(tcase, a_user_has_a_password);
    tcase_add_test(tcase, a_file_has_the_password);
    tcase_add_test(tcase, a_file_has_a_jwt);
    tcase_add_test(tcase, an_inbox_is_private);
    tcase_add_test(tcase, tls_is_verified);
    tcase_add_test(tcase, a_broker_without_tls_is_refused);
    tcase_add_loop_test(tcase, other_machines_need_tls_and_credentials, 0,
                        sizeof unsafe / sizeof unsafe[0]);
    tcase_add_test(tcase, unless_that_is_wanted);
    suite_add_tcase(suite, tcase);
    return suite;
}
