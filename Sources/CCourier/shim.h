// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors
#pragma once

// What the courier calls. Embedded Swift has no Glibc module, so POSIX comes from
// here too; what is variadic, a macro or behind _GNU_SOURCE gets a name of its own.

#define OPENSSL_SUPPRESS_DEPRECATED
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/sha.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

static inline int courier_errno(void) { return errno; }

static inline int courier_openat(int folder, const char *path, int flags, mode_t mode) {
    return openat(folder, path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
}

// A candidate may be reached over a link of the host's own; what counts is its content.
static inline int courier_open_following(const char *path) {
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static inline int courier_is_regular(mode_t mode) { return S_ISREG(mode); }

// Takes the descriptor over.
static inline void courier_empty_folder(int descriptor) {
    DIR *folder = fdopendir(descriptor);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
}

// At most one courier works in a folder; the kernel forgets it with the process.
static inline int courier_claim(int folder) { return flock(folder, LOCK_EX | LOCK_NB); }

static inline ssize_t courier_copy(int from, int to, int64_t offset, size_t length) {
#ifdef SYS_copy_file_range
    int64_t source = offset, target = offset;
    return syscall(SYS_copy_file_range, from, &source, to, &target, length, 0);
#else
    errno = ENOSYS;
    return -1;
#endif
}

// The other side is gone for good: a pipe says POLLHUP, a socket POLLRDHUP.
static inline int courier_is_hung_up(int descriptor) {
    const short peer_closed = 0x2000;
    struct pollfd one = {.fd = descriptor, .events = peer_closed};
    return poll(&one, 1, 0) > 0 && (one.revents & (peer_closed | POLLHUP | POLLERR)) != 0;
}

// A reader that is gone and a limit of file sizes (`ulimit -f`) are told by errno.
static inline void courier_ignore_signals(void) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static inline int courier_is_out_of_memory(size_t zstd_result) {
    return ZSTD_getErrorCode(zstd_result) == ZSTD_error_memory_allocation;
}

static inline ssize_t courier_receive(int descriptor, void *room, size_t count) {
    return recv(descriptor, room, count, MSG_DONTWAIT);
}

static inline ssize_t courier_peek(int descriptor) {
    char byte;
    return recv(descriptor, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
}

static inline ssize_t courier_send(int descriptor, const void *bytes, size_t count) {
    return send(descriptor, bytes, count, MSG_NOSIGNAL);
}

static inline void courier_limit_sending(int descriptor, int seconds) {
    const struct timeval time = {.tv_sec = seconds};
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

static inline void courier_shut(int descriptor) { shutdown(descriptor, SHUT_RDWR); }

static inline int courier_start_thread(void *(*body)(void *), void *context) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 256 << 10);
    const int status = pthread_create(&thread, &attributes, body, context);
    pthread_attr_destroy(&attributes);
    return status;
}

// Keys of links must not end in a file.
static inline void courier_forbid_core_dumps(void) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

static inline void courier_pause(int milliseconds) {
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    while (nanosleep(&time, &time) != 0 && errno == EINTR) {}
}

static inline void courier_widen_pipe(int descriptor, int capacity) {
    const int set_pipe_size = 1031;
    fcntl(descriptor, set_pipe_size, capacity);
}

static inline int courier_socket(int family) { return socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0); }

static inline int courier_accept(int listener) {
    return (int)syscall(SYS_accept4, listener, (void *)0, (void *)0, SOCK_CLOEXEC);
}

// Every byte of a link is wanted at once. The time-out counts a peer's closed window as well (tcp(7)), so one that
// waits for its disk needs much of it; who has vanished costs no more than a thread meanwhile.
static inline void courier_tune(int descriptor) {
    const int on = 1;
    const unsigned int unanswered_ms = 60000;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof unanswered_ms);
}

// What the peer's kernel has not acknowledged yet.
static inline int courier_unacknowledged(int descriptor) {
    int count = 0;
    return ioctl(descriptor, TIOCOUTQ, &count) == 0 ? count : 0;
}

static inline int courier_set_blocking(int descriptor, int blocking) {
    const int flags = fcntl(descriptor, F_GETFL);
    return fcntl(descriptor, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

// IPv4 or IPv6, with "%interface" where the address is link-local. 0: not an address.
static inline socklen_t courier_address(const char *text, uint16_t port, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    char copy[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
    if (strlen(text) >= sizeof copy) return 0;
    strcpy(copy, text);
    char *zone = strchr(copy, '%');
    if (zone) *zone++ = 0;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    if (inet_pton(AF_INET6, copy, &v6->sin6_addr) != 1) return 0;
    if (zone && (v6->sin6_scope_id = if_nametoindex(zone)) == 0) return 0;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    return sizeof *v6;
}

static inline uint16_t courier_port(const struct sockaddr_storage *address) {
    return address->ss_family == AF_INET ? ntohs(((const struct sockaddr_in *)address)->sin_port)
                                         : ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
}

static inline int courier_bind(int descriptor, const struct sockaddr_storage *address, socklen_t length) {
    return bind(descriptor, (const struct sockaddr *)address, length);
}

static inline int courier_connect(int descriptor, const struct sockaddr_storage *address, socklen_t length) {
    return connect(descriptor, (const struct sockaddr *)address, length);
}

static inline uint16_t courier_bound_port(int descriptor) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    return getsockname(descriptor, (struct sockaddr *)&address, &length) == 0 ? courier_port(&address) : 0;
}

static inline int courier_socket_error(int descriptor) {
    int number = 0;
    socklen_t length = sizeof number;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &length) == 0 ? number : errno;
}
