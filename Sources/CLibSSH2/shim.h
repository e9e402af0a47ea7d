// libssh2: the SSH client library (Debian: libssh2-1-dev).
#include <libssh2.h>
#include <libssh2_publickey.h>
// What a thread that drives libssh2 waits for beside the socket; Swift's Glibc module leaves it out.
#include <sys/eventfd.h>
