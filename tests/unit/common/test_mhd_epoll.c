#include <check.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* As libmicrohttpd finds it, which aborts when it fails. */
START_TEST(what_was_removed_can_be_removed_again)
{
    int set = epoll_create1(EPOLL_CLOEXEC);
    int ends[2];
    ck_assert_int_ge(set, 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct epoll_event event = {.events = EPOLLIN};
    ck_assert_int_eq(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event), 0);
    ck_assert_int_eq(epoll_ctl(set, EPOLL_CTL_DEL, ends[0], NULL), 0);
    ck_assert_int_eq(epoll_ctl(set, EPOLL_CTL_DEL, ends[0], NULL), 0);
    /* Everything else fails as it did. */
    ck_assert_int_eq(epoll_ctl(set, EPOLL_CTL_MOD, ends[0], &event), -1);
    ck_assert_int_eq(errno, ENOENT);
    close(ends[0]);
    ck_assert_int_eq(epoll_ctl(set, EPOLL_CTL_DEL, ends[0], NULL), -1);
    ck_assert_int_eq(errno, EBADF);
    close(ends[1]);
    close(set);
}
END_TEST

Suite *mhd_epoll_suite(void);
Suite *mhd_epoll_suite(void)
{
    Suite *suite = suite_create("mhd_epoll");
    TCase *tests = tcase_create("mhd_epoll");
    tcase_add_test(tests, what_was_removed_can_be_removed_again);
    suite_add_tcase(suite, tests);
    return suite;
}
