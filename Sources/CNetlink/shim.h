// The kernel interfaces of the guardian (Debian: linux-libc-dev).
#include <linux/netlink.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <linux/ip_vs.h>
