#ifndef C_FAULT_VFS_DISK_H
#define C_FAULT_VFS_DISK_H

#include "CFaultVFS.h"

// What the VFS asks of a disk. Each function takes the disk's lock itself unless it says otherwise.

/// The disk that a path is on, retained; NULL where none watches it.
fault_disk *disk_of(const char *path);
void disk_release(fault_disk *disk);

void disk_lock(fault_disk *disk);
void disk_unlock(fault_disk *disk);

/// The file that a path names now, with the lock held; it becomes known if it was not.
int32_t disk_file(fault_disk *disk, const char *path, bool existed);
/// Records an operation, with the lock held.
void disk_note(fault_disk *disk, int32_t kind, int32_t file, int64_t offset, const void *bytes, int64_t length);
/// What an operation fails with, with the lock held; 0 where it does not.
int disk_failure(fault_disk *disk, int32_t operation, int32_t file, int64_t offset, int64_t length, int32_t *shortly);
/// How many bytes of a write there is room for, with the lock held.
int64_t disk_room(fault_disk *disk, int32_t file, int64_t offset, int64_t length);

void vfs_register(void);

#endif
