#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http/connection_lru.h"

enum { LIMIT = 3, CAPACITY = 5, SOCKETS = 7 };

static struct connection_lru *lru;
static int ends[SOCKETS][2];
static struct lru_entry *all[SOCKETS];

static void add(size_t i)
{
    all[i] = connection_lru_add(lru, ends[i][0]);
}

/* The other side sees the end of the connection. */
static bool is_closed(size_t i)
{
    char byte;
    ssize_t len = recv(ends[i][1], &byte, 1, MSG_DONTWAIT);
    ck_assert(len == 0 || errno == EAGAIN);
    return len == 0;
}

static void set_up(void)
{
    lru = connection_lru_create(LIMIT, CAPACITY);
    ck_assert_ptr_nonnull(lru);
    for (size_t i = 0; i < SOCKETS; i++) {
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]), 0);
    }
    for (size_t i = 0; i < LIMIT; i++) {
        add(i);
    }
}

static void tear_down(void)
{
    for (size_t i = 0; i < SOCKETS; i++) {
        close(ends[i][0]);
        close(ends[i][1]);
    }
    connection_lru_destroy(lru);
}

START_TEST(the_one_idle_longest_is_evicted)
{
    ck_assert(!is_closed(0));
    add(3);
    ck_assert(is_closed(0) && !is_closed(1) && !is_closed(2) && !is_closed(3));
    connection_lru_set_busy(lru, all[1]);
    connection_lru_set_idle(lru, all[1]); /* used just now */
    add(4);
    ck_assert(is_closed(2) && !is_closed(1) && !is_closed(3) && !is_closed(4));
}
END_TEST

START_TEST(a_busy_one_stays_unless_most_are)
{
    connection_lru_set_busy(lru, all[0]);
    add(3);
    ck_assert(is_closed(1) && !is_closed(0) && !is_closed(2));
    connection_lru_set_busy(lru, all[2]);
    add(4); /* two of three are busy: the one busy longest */
    ck_assert(is_closed(0) && !is_closed(2) && !is_closed(3) && !is_closed(4));
}
END_TEST

START_TEST(a_lasting_one_stays_while_there_is_another)
{
    connection_lru_set_lasting(lru, all[0]);
    connection_lru_set_busy(lru, all[1]);
    connection_lru_set_lasting(lru, all[1]);
    add(3);
    ck_assert(is_closed(2) && !is_closed(0) && !is_closed(1));
    connection_lru_set_busy(lru, all[3]);
    add(4);
    ck_assert(is_closed(3) && !is_closed(0) && !is_closed(1));
    connection_lru_remove(lru, all[2]);
    connection_lru_remove(lru, all[3]);
    connection_lru_set_idle(lru, all[0]); /* its answer has ended */
    add(5);
    ck_assert(is_closed(4) && !is_closed(0) && !is_closed(1) && !is_closed(5));
    connection_lru_set_lasting(lru, all[0]);
    connection_lru_set_lasting(lru, all[5]);
    add(6); /* there is no other */
    ck_assert(is_closed(1) && !is_closed(0) && !is_closed(5) && !is_closed(6));
}
END_TEST

START_TEST(an_answer_that_nobody_reads_is_discarded)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\n";
    ck_assert_int_gt(send(ends[0][0], answer, sizeof answer, 0), 0);
    add(3);
    char byte;
    /* Only TCP resets; what a local socket shows is that evicting sets it up to. */
    struct linger linger = {0};
    socklen_t len = sizeof linger;
    ck_assert_int_eq(getsockopt(ends[0][0], SOL_SOCKET, SO_LINGER, &linger, &len), 0);
    ck_assert(linger.l_onoff == 1 && linger.l_linger == 0);
    ck_assert_int_eq(recv(ends[0][1], &byte, 1, MSG_DONTWAIT), 1);
}
END_TEST

START_TEST(an_evicted_one_makes_room_once)
{
    add(3);
    connection_lru_set_busy(lru, all[0]); /* evicted already: no change */
    connection_lru_set_idle(lru, all[0]);
    connection_lru_remove(lru, all[0]);
    connection_lru_remove(lru, all[1]);
    add(0);
    ck_assert(!is_closed(2) && !is_closed(3));
    add(1);
    ck_assert(is_closed(2) && !is_closed(3));
}
END_TEST

START_TEST(there_are_never_more_than_the_capacity)
{
    add(3);
    add(4);
    add(5);
    ck_assert_ptr_null(all[5]);
    ck_assert(is_closed(5) && !is_closed(2) && !is_closed(3) && !is_closed(4));
    connection_lru_set_busy(lru, NULL);
    connection_lru_set_idle(lru, NULL);
    connection_lru_remove(lru, NULL);
    connection_lru_remove(lru, all[0]);
    add(5);
    ck_assert_ptr_nonnull(all[5]);
}
END_TEST

Suite *connection_lru_suite(void);
Suite *connection_lru_suite(void)
{
    Suite *suite = suite_create("connection_lru");
    TCase *tests = tcase_create("connection_lru");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_one_idle_longest_is_evicted);
    tcase_add_test(tests, a_busy_one_stays_unless_most_are);
    tcase_add_test(tests, a_lasting_one_stays_while_there_is_another);
    tcase_add_test(tests, an_answer_that_nobody_reads_is_discarded);
    tcase_add_test(tests, an_evicted_one_makes_room_once);
    tcase_add_test(tests, there_are_never_more_than_the_capacity);
    suite_add_tcase(suite, tests);
    return suite;
}
