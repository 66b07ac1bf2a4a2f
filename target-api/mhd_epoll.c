/*
 * mhd_epoll - an epoll_wait of our own for libmicrohttpd 0.9.75, which the dynamic linker finds
 * before the one of libc.
 *
 * libmicrohttpd asks for at most 128 events, and when it gets 128 it asks again before it serves
 * any of them, with the same time-out: for ever. So a thread hangs as soon as 128 connections are
 * ready at once and no other one comes, which is what any client with 128 busy connections does.
 * With one event less than asked for it never sees "all of them", serves what it got, and comes
 * back for the rest. tests/contract/crowd.py is what hangs without this.
 */
#include <stddef.h>
#include <sys/epoll.h>

int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)
{
    return epoll_pwait(epfd, events, maxevents > 1 ? maxevents - 1 : maxevents, timeout, NULL);
}
