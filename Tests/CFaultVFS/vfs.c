#include "disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

// A file of a watched folder: ours in front, that of the unix VFS behind it.
typedef struct {
    sqlite3_file base;
    fault_disk *disk;
    int32_t file;
    /// The unix VFS syncs the directory with the first sync of a log or journal that it created (os_unix.c, unixSync).
    bool syncs_directory;
    _Alignas(8) unsigned char real[];
} watched_file;

static sqlite3_vfs *unix_vfs;
static sqlite3_vfs fault_vfs;

static watched_file *watched(sqlite3_file *file) { return (watched_file *)file; }
static sqlite3_file *real(sqlite3_file *file) { return (sqlite3_file *)watched(file)->real; }

static int close_file(sqlite3_file *file) {
    int result = real(file)->pMethods->xClose(real(file));
    disk_release(watched(file)->disk);
    return result;
}

static int read_file(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset) {
    watched_file *ours = watched(file);
    disk_lock(ours->disk);
    int failure = disk_failure(ours->disk, FAULT_ON_READ, ours->file, offset, length, NULL);
    disk_unlock(ours->disk);
    return failure != 0 ? failure : real(file)->pMethods->xRead(real(file), bytes, length, offset);
}

static int write_file(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset) {
    watched_file *ours = watched(file);
    disk_lock(ours->disk);
    int32_t taken = length;
    int failure = disk_failure(ours->disk, FAULT_ON_WRITE, ours->file, offset, length, &taken);
    if (failure == 0) {
        taken = (int32_t)disk_room(ours->disk, ours->file, offset, length);
        if (taken < length) failure = SQLITE_FULL;
    }
    int result = taken > 0 ? real(file)->pMethods->xWrite(real(file), bytes, taken, offset) : SQLITE_OK;
    if (result == SQLITE_OK && taken > 0) disk_note(ours->disk, FAULT_WRITE, ours->file, offset, bytes, taken);
    disk_unlock(ours->disk);
    return failure != 0 ? failure : result;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size) {
    watched_file *ours = watched(file);
    disk_lock(ours->disk);
    int result = disk_failure(ours->disk, FAULT_ON_TRUNCATE, ours->file, size, 0, NULL);
    if (result == 0) {
        result = real(file)->pMethods->xTruncate(real(file), size);
        if (result == SQLITE_OK) disk_note(ours->disk, FAULT_TRUNCATE, ours->file, size, NULL, 0);
    }
    disk_unlock(ours->disk);
    return result;
}

static int sync_file(sqlite3_file *file, int flags) {
    watched_file *ours = watched(file);
    disk_lock(ours->disk);
    int result = disk_failure(ours->disk, FAULT_ON_SYNC, ours->file, 0, 0, NULL);
    if (result != 0) {
        disk_note(ours->disk, FAULT_SYNC_FAILED, ours->file, 0, NULL, 0);
    } else {
        result = real(file)->pMethods->xSync(real(file), flags);
        if (result == SQLITE_OK) {
            disk_note(ours->disk, FAULT_SYNC, ours->file, 0, NULL, 0);
            if (ours->syncs_directory) disk_note(ours->disk, FAULT_SYNC_DIRECTORY, -1, 0, NULL, 0);
            ours->syncs_directory = false;
        }
    }
    disk_unlock(ours->disk);
    return result;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    return real(file)->pMethods->xFileSize(real(file), size);
}
static int lock_file(sqlite3_file *file, int level) { return real(file)->pMethods->xLock(real(file), level); }
static int unlock_file(sqlite3_file *file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
static int check_lock(sqlite3_file *file, int *result) {
    return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
static int control(sqlite3_file *file, int operation, void *argument) {
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
static int sector_size(sqlite3_file *file) { return real(file)->pMethods->xSectorSize(real(file)); }
static int characteristics(sqlite3_file *file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }
static int shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
static void shm_barrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }
static int shm_unmap(sqlite3_file *file, int deletes) { return real(file)->pMethods->xShmUnmap(real(file), deletes); }

static int shm_map(sqlite3_file *file, int page, int size, int extends, void volatile **map) {
    watched_file *ours = watched(file);
    disk_lock(ours->disk);
    int failure = extends ? disk_failure(ours->disk, FAULT_ON_MAP, ours->file, 0, 0, NULL) : 0;
    disk_unlock(ours->disk);
    return failure != 0 ? failure : real(file)->pMethods->xShmMap(real(file), page, size, extends, map);
}

// Version 2: without memory-mapped reads and writes, which nothing would see.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_lock,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int open_watched(fault_disk *disk, const char *path, watched_file *ours, int flags, int *given) {
    disk_lock(disk);
    bool existed = access(path, F_OK) == 0;
    int result = disk_failure(disk, FAULT_ON_OPEN, existed ? disk_file(disk, path, true) : -1, 0, 0, NULL);
    if (result == 0) result = unix_vfs->xOpen(unix_vfs, path, (sqlite3_file *)ours->real, flags, given);
    if (result == SQLITE_OK) {
        ours->base.pMethods = &methods;
        ours->disk = disk;
        ours->file = disk_file(disk, path, existed);
        int kinds = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
        ours->syncs_directory = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & kinds) != 0;
    }
    disk_unlock(disk);
    return result;
}

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *given) {
    (void)vfs;
    fault_disk *disk = disk_of(path);
    if (disk == NULL) return unix_vfs->xOpen(unix_vfs, path, file, flags, given);
    memset(file, 0, (size_t)fault_vfs.szOsFile);
    int result = open_watched(disk, path, watched(file), flags, given);
    if (result != SQLITE_OK) disk_release(disk);
    return result;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int syncs_directory) {
    (void)vfs;
    fault_disk *disk = disk_of(path);
    if (disk == NULL) return unix_vfs->xDelete(unix_vfs, path, syncs_directory);
    disk_lock(disk);
    int32_t file = access(path, F_OK) == 0 ? disk_file(disk, path, true) : -1;
    int result = disk_failure(disk, FAULT_ON_DELETE, file, 0, 0, NULL);
    if (result == 0) {
        result = unix_vfs->xDelete(unix_vfs, path, syncs_directory);
        if (result == SQLITE_OK && file >= 0) disk_note(disk, FAULT_DELETE, file, 0, NULL, 0);
        if (result == SQLITE_OK && syncs_directory) disk_note(disk, FAULT_SYNC_DIRECTORY, -1, 0, NULL, 0);
    }
    disk_unlock(disk);
    disk_release(disk);
    return result;
}

static void prepare(void) {
    unix_vfs = sqlite3_vfs_find("unix");
    if (unix_vfs == NULL) return;
    fault_vfs = *unix_vfs;
    fault_vfs.zName = "komoku-fault";
    fault_vfs.pNext = NULL;
    fault_vfs.szOsFile = (int)sizeof(watched_file) + unix_vfs->szOsFile;
    fault_vfs.xOpen = open_file;
    fault_vfs.xDelete = delete_file;
    sqlite3_vfs_register(&fault_vfs, 1);
}

void vfs_register(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sqlite3_initialize();
    pthread_once(&once, prepare);
}
