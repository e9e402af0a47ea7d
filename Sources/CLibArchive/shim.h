// libarchive: tar, zstd and gzip streams (Debian: libarchive-dev).
#include <archive.h>
#include <archive_entry.h>
