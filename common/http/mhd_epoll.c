/*
 * mhd_epoll - replaces epoll_wait and epoll_ctl for libmicrohttpd 0.9.75; the dynamic linker finds
 * them before libc's.
 *
 * libmicrohttpd asks for at most 128 events; if it gets 128, it asks again before it serves any,
 * with the same timeout: forever. So a thread hangs when 128 connections are ready at once and no
 * other follows. Our epoll_wait returns one event less than asked for, so libmicrohttpd serves them
 * and comes back. tests/contract/crowd.py hangs without this.
 *
 * MHD_quiesce_daemon and the thread that it stops may both remove the listening socket from the
 * epoll set, without a lock; the second removal aborts the process during its shutdown. Our
 * epoll_ctl reports success for a descriptor that is already removed.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)
{
    return epoll_pwait(epfd, events, maxevents > 1 ? maxevents - 1 : maxevents, timeout, NULL);
}

int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
    long result = syscall(SYS_epoll_ctl, epfd, op, fd, event);
    return result != 0 && op == EPOLL_CTL_DEL && errno == ENOENT ? 0 : (int)result;
}
