// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors
#pragma once

// The kernel's interfaces that Swift's Glibc module does not carry, and the few
// that are macros or variadic in C and so invisible to Swift.

#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/inet_diag.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// splice(2) and accept4(2) are declared under _GNU_SOURCE only, which the
// importer does not promise.
static inline ssize_t hakube_splice(int from, int to, size_t length) {
    const unsigned int move_nonblock = 1 | 2;
    return syscall(SYS_splice, from, (void *)0, to, (void *)0, length, move_nonblock);
}

static inline int hakube_accept(int listener) {
    return (int)syscall(SYS_accept4, listener, (void *)0, (void *)0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline int hakube_pipe(int ends[2], int capacity) {
    if (syscall(SYS_pipe2, ends, O_NONBLOCK | O_CLOEXEC) != 0) return -1;
    const int set_pipe_size = 1031;
    (void)fcntl(ends[1], set_pipe_size, capacity);
    return 0;
}

static inline int hakube_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

// One message with one descriptor beside it (SCM_RIGHTS; the CMSG_ macros have no
// Swift form). A negative descriptor sends or means "none".
static inline ssize_t hakube_send_with_descriptor(int fd, const void *bytes, size_t count, int descriptor) {
    union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control;
    struct iovec part = {(void *)bytes, count};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
        message.msg_control = control.space;
        message.msg_controllen = sizeof control.space;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static inline ssize_t hakube_receive_with_descriptor(int fd, void *bytes, size_t capacity, int *descriptor) {
    union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control;
    struct iovec part = {bytes, capacity};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.space;
    message.msg_controllen = sizeof control.space;
    *descriptor = -1;
    ssize_t count = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (count < 0) return count;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
            memcpy(descriptor, CMSG_DATA(header), sizeof(int));
    return count;
}

// Bytes that were written and that the peer's kernel has not acknowledged yet; -1 when it cannot be told.
static inline int hakube_unacknowledged_bytes(int descriptor) {
    int count = -1;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : -1;
}

// memmem(3) is declared under _GNU_SOURCE only.
extern void *memmem(const void *, size_t, const void *, size_t);

static inline int hakube_contains(const void *bytes, size_t count, const void *part, size_t length) {
    return memmem(bytes, count, part, length) != (void *)0;
}
