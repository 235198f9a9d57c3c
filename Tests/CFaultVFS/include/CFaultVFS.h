#ifndef C_FAULT_VFS_H
#define C_FAULT_VFS_H

#include <stdbool.h>
#include <stdint.h>

/// A folder whose database files go through a SQLite VFS of ours: what is written there is recorded, and can fail.
///
/// The VFS becomes the process's default with the first disk; files outside of all watched folders are those of the unix
/// VFS itself. Shared memory and locks are forwarded and not recorded. All functions may be called from any thread.
typedef struct fault_disk fault_disk;

/// What happened on a disk, in order.
enum {
    /// The file was there with these bytes when it was first opened.
    FAULT_FOUND = 1,
    FAULT_CREATE,
    FAULT_DELETE,
    FAULT_WRITE,
    /// `offset` is the new size.
    FAULT_TRUNCATE,
    FAULT_SYNC,
    /// A sync that was made to fail.
    FAULT_SYNC_FAILED,
    /// The directory: its entries are durable.
    FAULT_SYNC_DIRECTORY,
};

typedef struct {
    int32_t kind;
    /// Which file: a name that is created again is another file. -1 where it is the directory.
    int32_t file;
    int64_t offset;
    int64_t length;
    /// Owned by the disk until it is retired.
    const uint8_t *bytes;
} fault_record;

/// Operations that can fail, as bits.
enum {
    FAULT_ON_READ = 1,
    FAULT_ON_WRITE = 2,
    FAULT_ON_SYNC = 4,
    FAULT_ON_TRUNCATE = 8,
    FAULT_ON_OPEN = 16,
    FAULT_ON_DELETE = 32,
    /// Growing the shared memory of the write-ahead log.
    FAULT_ON_MAP = 64,
};

typedef struct {
    /// Bits of `FAULT_ON_…`.
    int32_t operations;
    /// How the file's name has to end; empty is every file. The main file's own suffix is its extension.
    char suffix[32];
    /// Only reads and writes that touch these bytes of the file.
    int64_t first_byte, last_byte;
    /// So many matching operations succeed first.
    int64_t skipped;
    /// So many fail then; -1 is all.
    int64_t failing;
    /// What SQLite is told.
    int32_t result;
    /// Bytes that a failing write writes nonetheless.
    int32_t short_write;
} fault_rule;

/// Watches a folder from now on. NULL where there is no such folder.
fault_disk *fault_disk_watch(const char *folder);
/// Forwards from now on, and frees what was recorded once the last file is closed.
void fault_disk_retire(fault_disk *disk);

/// How many operations were recorded.
int64_t fault_disk_count(fault_disk *disk);
fault_record fault_disk_record(fault_disk *disk, int64_t index);
/// The file's name without its folder; NULL where there is none. Owned by the disk.
const char *fault_disk_name(fault_disk *disk, int32_t file);

/// Adds a rule; false where there are too many.
bool fault_disk_fail(fault_disk *disk, fault_rule rule);
/// Bytes that the disk's files may hold together; what grows beyond is SQLITE_FULL. -1 is without end.
void fault_disk_limit(fault_disk *disk, int64_t bytes);
/// Bytes that the disk's files hold.
int64_t fault_disk_size(fault_disk *disk);
/// No rules and no limit any more.
void fault_disk_heal(fault_disk *disk);
/// How many operations were made to fail.
int64_t fault_disk_failures(fault_disk *disk);

#endif
