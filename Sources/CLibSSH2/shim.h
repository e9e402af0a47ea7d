// libssh2: the SSH client library (Debian: libssh2-1-dev).
#include <libssh2.h>
#include <libssh2_publickey.h>
