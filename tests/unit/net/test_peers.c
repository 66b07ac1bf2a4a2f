/* Which address of a name the next connection goes to, as names change and connections fail. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/net/names/connect_to.h"
#include "loadgen/net/peers.h"

static struct address_list list;
static struct peers peers;
static uint64_t deficit;

static void setup(void)
{
    address_list_init(&list);
    peers_init(&peers, &deficit);
    deficit = 0;
}

static void teardown(void)
{
    peers_fini(&peers);
    address_list_fini(&list);
}

/* "1 2 6" are 127.0.0.1:80, 127.0.0.2:80 and [::6]:80; six and more are IPv6. */
static enum peers_change set(const char *numbers, unsigned thread, unsigned threads)
{
    struct address addresses[64];
    size_t count = 0;
    for (char *end = NULL; *numbers; numbers = *end ? end + 1 : end) {
        char text[32];
        long number = strtol(numbers, &end, 10);
        snprintf(text, sizeof text, number < 6 ? "127.0.0.%ld" : "::%ld", number);
        ck_assert(address_parse(text, 80, &addresses[count++]));
    }
    return peers_set(&peers, addresses, count, &list, thread, threads);
}

static int number_of(const struct peer *peer)
{
    const struct address *address = &peer->address;
    return address->socket.any.sa_family == AF_INET
               ? (int)(ntohl(address->socket.v4.sin_addr.s_addr) & 0xff)
               : address->socket.v6.sin6_addr.s6_addr[15];
}

/* The next connections, all of which are made: "6 1 7 2". */
static const char *next(int count)
{
    static char text[256];
    size_t used = 0;
    while (count-- > 0) {
        struct peer *peer = peers_next(&peers);
        peer_connected(peer);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d", used ? " " : "",
                                 number_of(peer));
    }
    return text;
}

static struct peer *peer_of(int number)
{
    struct peer *peer = peers.all;
    while (peer && number_of(peer) != number) {
        peer = peer->next;
    }
    ck_assert_ptr_nonnull(peer);
    return peer;
}

START_TEST(families_alternate_in_an_order_of_their_own)
{
    ck_assert_int_eq(set("3 8 1 6 2 1", 0, 1), PEERS_CHANGED);
    ck_assert_str_eq(next(10), "6 1 8 2 3 6 1 8 2 3");
    ck_assert_int_eq(set("2 1 3 6 8", 0, 1), PEERS_SAME);
    ck_assert_str_eq(next(3), "6 1 8");
}
END_TEST

START_TEST(each_thread_begins_elsewhere)
{
    set("1 2 3 4", 1, 2);
    ck_assert_str_eq(next(5), "3 4 1 2 3");
}
END_TEST

START_TEST(a_new_address_is_due_at_once)
{
    set("1 2", 0, 1);
    ck_assert_uint_eq(deficit, 2);
    ck_assert_str_eq(next(3), "1 2 1");
    ck_assert_uint_eq(deficit, 0);
    set("1 2 5", 0, 1);
    ck_assert_uint_eq(deficit, 1);
    ck_assert_str_eq(next(1), "5");
    ck_assert_uint_eq(deficit, 0);
}
END_TEST

START_TEST(an_address_that_has_gone_keeps_its_connections_until_they_end)
{
    set("1 2", 0, 1);
    next(2);
    struct peer *first = peer_of(1);
    set("2", 0, 1);
    ck_assert(peer_is_surplus(first));
    ck_assert(!peer_is_surplus(peer_of(2)));
    ck_assert_str_eq(next(2), "2 2");
    set("1 2", 0, 1); /* it comes back with what it had */
    ck_assert(!peer_is_surplus(first));
    ck_assert_uint_eq(first->open, 1);
    set("2", 0, 1);
    peer_release(first);
    set("2 3", 0, 1); /* its place is taken */
    ck_assert_ptr_eq(peer_of(3), first);
    ck_assert_uint_ne(first->address.number, peer_of(2)->address.number);
}
END_TEST

START_TEST(an_address_that_refuses_gets_its_turn_all_the_same)
{
    set("1 2", 0, 1);
    next(2);
    struct peer *peer = peers_next(&peers);
    ck_assert_int_eq(number_of(peer), 1);
    ck_assert(!peer_connect_failed(peer));
    peer_release(peer);
    ck_assert_str_eq(next(2), "2 1");
}
END_TEST

START_TEST(a_family_that_never_worked_is_left_out)
{
    set("1 2 6 7", 0, 1);
    struct peer *six = peers_next(&peers);
    ck_assert_int_eq(number_of(six), 6);
    ck_assert(peer_connect_failed(six));
    peer_release(six);
    ck_assert_str_eq(next(4), "1 2 1 2");
    ck_assert_uint_eq(deficit, 0);
    ck_assert(!peers_balance(&peers));
    ck_assert_uint_eq(deficit, 0); /* nothing that could never be given */
    struct peer *four = peers_next(&peers);
    ck_assert(!peer_connect_failed(four)); /* it did work before */
}
END_TEST

START_TEST(when_no_family_works_both_fail_in_turn)
{
    set("1 6", 0, 1);
    for (int i = 0; i < 3; i++) {
        struct peer *six = peers_next(&peers);
        ck_assert_int_eq(number_of(six), 6);
        ck_assert(peer_connect_failed(six));
        struct peer *four = peers_next(&peers);
        ck_assert_int_eq(number_of(four), 1);
        ck_assert(!peer_connect_failed(four));
    }
}
END_TEST

/* So many connections to each of 1, 2, ...; returns after how many steps it is even. */
static int balance(const uint64_t *open, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct peer *peer = peer_of((int)i + 1);
        peer->open = open[i];
        peer->is_new = false;
    }
    int steps = 0;
    while (peers_balance(&peers)) {
        uint64_t before = 0;
        uint64_t after = 0;
        for (size_t i = 0; i < count; i++) {
            struct peer *peer = peer_of((int)i + 1);
            before += peer->open;
            while (peer->surplus > 0) {
                peer_release(peer);
            }
            after += peer->open;
        }
        ck_assert_uint_le(before - after, before / 10 < 1 ? 1 : before / 10);
        ck_assert_uint_eq(deficit, before - after);
        while (deficit > 0) {
            peers_next(&peers);
        }
        ck_assert_int_lt(++steps, 1000);
    }
    return steps;
}

static const struct {
    uint64_t open[5], even[5];
    int steps;
} loads[] = {
    {{20, 20, 20, 20, 0}, {16, 16, 16, 16, 16}, 2},
    {{100, 0, 0, 0, 0}, {20, 20, 20, 20, 20}, 8},
    {{3, 2, 3, 2, 3}, {3, 2, 3, 2, 3}, 0},
    {{1, 0, 0, 0, 0}, {1, 0, 0, 0, 0}, 0},
    {{0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, 0},
    {{5000, 1000, 0, 0, 0}, {1200, 1200, 1200, 1200, 1200}, 38},
};

START_TEST(connections_are_moved_little_by_little_until_they_are_even)
{
    set("1 2 3 4 5", 0, 1);
    ck_assert_int_eq(balance(loads[_i].open, 5), loads[_i].steps);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(peer_of(i + 1)->open, loads[_i].even[i]);
    }
}
END_TEST

START_TEST(an_address_without_a_connection_is_owed_one)
{
    ck_assert_int_eq(set("1 2 3", 0, 1), PEERS_CHANGED);
    ck_assert_str_eq(next(3), "1 2 3");
    peers_revive(&peers);
    ck_assert(!peers_have_deficit(&peers));
    struct peer *second = peers.list[1];
    peer_connect_failed(second);
    peer_release(second);
    ck_assert_uint_eq(peers.failed_connects, 1);
    peer_add_deficit(second);
    ck_assert(!peers_have_deficit(&peers)); /* it is failing */
    peers_revive(&peers);
    ck_assert(peers_have_deficit(&peers));
    ck_assert_str_eq(next(2), "2 1");
    peer_add_deficit(second);
    ck_assert_str_eq(next(2), "2 2");
    ck_assert_uint_eq(deficit, 0);
}
END_TEST

START_TEST(nothing_is_moved_to_an_address_that_fails)
{
    set("1 2", 0, 1);
    next(2);
    peer_connect_failed(peer_of(2));
    peer_of(1)->open = 10;
    ck_assert(!peers_balance(&peers));
    ck_assert_uint_eq(peer_of(1)->surplus, 0);
    peer_connected(peer_of(2));
    ck_assert(peers_balance(&peers));
    ck_assert_uint_eq(peer_of(1)->surplus, 1);
}
END_TEST

static const struct {
    const char *text, *from, *to;
    unsigned from_port, to_port;
} rules[] = {
    {"example.com:80:127.0.0.1:8080", "example.com", "127.0.0.1", 80, 8080},
    {"[::1]:80:[fe80::2]:65535", "::1", "fe80::2", 80, 65535},
    {"[fe80::1%25eth0]:80:b:2", "fe80::1%eth0", "b", 80, 2},
    {"[fe80::1%25fifteen.letters]:80:b:2", "fe80::1%fifteen.letters", "b", 80, 2},
    {"[fe80::1%25sixteen-letters.]:80:b:2", NULL, NULL, 0, 0},
    {"[[a]:1:b:2", NULL, NULL, 0, 0},
    {"[a]:1:b:2", NULL, NULL, 0, 0},
    {"[1.2.3.4]:1:b:2", NULL, NULL, 0, 0},
    {"[::1%]:1:b:2", NULL, NULL, 0, 0},
    {"[::g]:1:b:2", NULL, NULL, 0, 0},
    {"[::1%[]:1:b:2", NULL, NULL, 0, 0},
    {"a[b:1:b:2", NULL, NULL, 0, 0},
    {"a]:1:b:2", NULL, NULL, 0, 0},
    {"a:1:b[:2", NULL, NULL, 0, 0},
    {"a b:1:b:2", NULL, NULL, 0, 0},
    {"a:1:b\n:2", NULL, NULL, 0, 0},
    {"[fe80::1%25eth0]:80:[::1%251]:1", "fe80::1%eth0", "::1%1", 80, 1},
    {"svc.example.:80:b:1", "svc.example.", "b", 80, 1},
    {"a:1:b", NULL, NULL, 0, 0},
    {"a:1:b:2:c", NULL, NULL, 0, 0},
    {"a:0:b:2", NULL, NULL, 0, 0},
    {"a:1:b:65536", NULL, NULL, 0, 0},
    {":1:b:2", NULL, NULL, 0, 0},
    {"a:+1:b:2", NULL, NULL, 0, 0},
    {"[::1:80:b:2", NULL, NULL, 0, 0},
    {"[::1]80:b:2", NULL, NULL, 0, 0},
    {"[1%1]:1:b:2", NULL, NULL, 0, 0},
    {"[x]:1:b:2", NULL, NULL, 0, 0},
    {"a/:1:b:2", NULL, NULL, 0, 0},
    {"", NULL, NULL, 0, 0},
};

START_TEST(connect_to_takes_names_outside_ascii)
{
    struct connect_to rule;
    char text[CONNECT_TO_TEXT];
    ck_assert(connect_to_parse("b\u00fccher.example:80:\u65e5\u672c.jp:81", &rule, NULL));
    ck_assert_str_eq(connect_to_print(&rule, text), "xn--bcher-kva.example:80:xn--wgv71a.jp:81");
}
END_TEST

START_TEST(connect_to_has_four_fields)
{
    struct connect_to rule;
    struct err err = {0};
    ck_assert_int_eq(connect_to_parse(rules[_i].text, &rule, &err), rules[_i].from != NULL);
    if (rules[_i].from) {
        ck_assert_str_eq(rule.from_host, rules[_i].from);
        ck_assert_str_eq(rule.to_host, rules[_i].to);
        ck_assert_uint_eq(rule.from_port, rules[_i].from_port);
        ck_assert_uint_eq(rule.to_port, rules[_i].to_port);
        char text[CONNECT_TO_TEXT];
        ck_assert_str_eq(connect_to_print(&rule, text), rules[_i].text);
    } else {
        ck_assert_ptr_nonnull(strstr(err.text, "is not FROM:PORT:TO:PORT"));
    }
}
END_TEST

Suite *peers_suite(void);
Suite *peers_suite(void)
{
    Suite *suite = suite_create("peers");
    TCase *tcase = tcase_create("peers");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, connect_to_takes_names_outside_ascii);
    tcase_add_test(tcase, families_alternate_in_an_order_of_their_own);
    tcase_add_test(tcase, each_thread_begins_elsewhere);
    tcase_add_test(tcase, a_new_address_is_due_at_once);
    tcase_add_test(tcase, an_address_that_has_gone_keeps_its_connections_until_they_end);
    tcase_add_test(tcase, an_address_that_refuses_gets_its_turn_all_the_same);
    tcase_add_test(tcase, a_family_that_never_worked_is_left_out);
    tcase_add_test(tcase, when_no_family_works_both_fail_in_turn);
    tcase_add_loop_test(tcase, connections_are_moved_little_by_little_until_they_are_even, 0,
                        sizeof loads / sizeof loads[0]);
    tcase_add_test(tcase, an_address_without_a_connection_is_owed_one);
    tcase_add_test(tcase, nothing_is_moved_to_an_address_that_fails);
    tcase_add_loop_test(tcase, connect_to_has_four_fields, 0, sizeof rules / sizeof rules[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
