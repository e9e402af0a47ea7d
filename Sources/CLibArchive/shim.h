// libarchive: tar, zstd and gzip streams (Debian: libarchive-dev).
#include <archive.h>
#include <archive_entry.h>

// glibc has it since 2.28, and Swift's module of glibc shows no GNU extensions of stdio.h.
int renameat2(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, unsigned int flags);
