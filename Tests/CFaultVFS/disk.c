#include "disk.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAXIMUM_RULES = 16, MAXIMUM_DISKS = 64 };

typedef struct {
    char *name;
    int64_t size;
    bool is_gone;
} disk_entry;

struct fault_disk {
    char folder[PATH_MAX];
    size_t folder_length;
    pthread_mutex_t mutex;
    /// One for the watcher, one for each open file; guarded by `disks_mutex`.
    int references;

    fault_record *records;
    int64_t count, capacity;
    disk_entry *files;
    int32_t file_count, file_capacity;

    fault_rule rules[MAXIMUM_RULES];
    int rule_count;
    int64_t limit;
    int64_t failures;
};

static pthread_mutex_t disks_mutex = PTHREAD_MUTEX_INITIALIZER;
static fault_disk *disks[MAXIMUM_DISKS];

static void *grown(void *array, int64_t count, size_t size) {
    void *larger = realloc(array, (size_t)count * size);
    // Only a test's process ends here.
    if (larger == NULL) abort();
    return larger;
}

void disk_lock(fault_disk *disk) { pthread_mutex_lock(&disk->mutex); }
void disk_unlock(fault_disk *disk) { pthread_mutex_unlock(&disk->mutex); }

// MARK: Watching

fault_disk *fault_disk_watch(const char *folder) {
    fault_disk *disk = calloc(1, sizeof(fault_disk));
    if (disk == NULL) return NULL;
    if (realpath(folder, disk->folder) == NULL) {
        free(disk);
        return NULL;
    }
    vfs_register();
    disk->folder_length = strlen(disk->folder);
    disk->references = 1;
    disk->limit = -1;
    pthread_mutex_init(&disk->mutex, NULL);
    pthread_mutex_lock(&disks_mutex);
    int place = 0;
    while (place < MAXIMUM_DISKS && disks[place] != NULL) place += 1;
    if (place < MAXIMUM_DISKS) disks[place] = disk;
    pthread_mutex_unlock(&disks_mutex);
    if (place < MAXIMUM_DISKS) return disk;
    disk_release(disk);
    return NULL;
}

void fault_disk_retire(fault_disk *disk) {
    pthread_mutex_lock(&disks_mutex);
    for (int place = 0; place < MAXIMUM_DISKS; place++)
        if (disks[place] == disk) disks[place] = NULL;
    pthread_mutex_unlock(&disks_mutex);
    disk_release(disk);
}

static void destroy(fault_disk *disk) {
    for (int64_t index = 0; index < disk->count; index++) free((void *)disk->records[index].bytes);
    for (int32_t file = 0; file < disk->file_count; file++) free(disk->files[file].name);
    free(disk->records);
    free(disk->files);
    pthread_mutex_destroy(&disk->mutex);
    free(disk);
}

void disk_release(fault_disk *disk) {
    pthread_mutex_lock(&disks_mutex);
    int left = --disk->references;
    pthread_mutex_unlock(&disks_mutex);
    if (left == 0) destroy(disk);
}

fault_disk *disk_of(const char *path) {
    if (path == NULL) return NULL;
    fault_disk *found = NULL;
    pthread_mutex_lock(&disks_mutex);
    for (int place = 0; place < MAXIMUM_DISKS && found == NULL; place++) {
        fault_disk *disk = disks[place];
        if (disk == NULL || strncmp(path, disk->folder, disk->folder_length) != 0) continue;
        if (path[disk->folder_length] == '/') found = disk;
    }
    if (found != NULL) found->references += 1;
    pthread_mutex_unlock(&disks_mutex);
    return found;
}

// MARK: Recording

static void note_found(fault_disk *disk, int32_t file, const char *path) {
    struct stat status;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) return;
    if (fstat(fileno(stream), &status) == 0) {
        uint8_t *bytes = grown(NULL, status.st_size + 1, 1);
        int64_t length = (int64_t)fread(bytes, 1, (size_t)status.st_size, stream);
        disk_note(disk, FAULT_FOUND, file, 0, bytes, length);
        free(bytes);
    }
    fclose(stream);
}

int32_t disk_file(fault_disk *disk, const char *path, bool existed) {
    const char *name = path + disk->folder_length + 1;
    for (int32_t file = disk->file_count - 1; file >= 0; file--)
        if (!disk->files[file].is_gone && strcmp(disk->files[file].name, name) == 0) return file;
    if (disk->file_count == disk->file_capacity) {
        disk->file_capacity = disk->file_capacity * 2 + 8;
        disk->files = grown(disk->files, disk->file_capacity, sizeof(disk_entry));
    }
    int32_t file = disk->file_count++;
    disk->files[file] = (disk_entry){.name = strdup(name)};
    if (existed) {
        note_found(disk, file, path);
    } else {
        disk_note(disk, FAULT_CREATE, file, 0, NULL, 0);
    }
    return file;
}

static void resize(fault_disk *disk, int32_t kind, int32_t file, int64_t offset, int64_t length) {
    disk_entry *entry = &disk->files[file];
    if (kind == FAULT_TRUNCATE) entry->size = offset;
    if ((kind == FAULT_WRITE || kind == FAULT_FOUND) && offset + length > entry->size) entry->size = offset + length;
    if (kind == FAULT_DELETE) {
        entry->is_gone = true;
        entry->size = 0;
    }
}

void disk_note(fault_disk *disk, int32_t kind, int32_t file, int64_t offset, const void *bytes, int64_t length) {
    if (disk->count == disk->capacity) {
        disk->capacity = disk->capacity * 2 + 1024;
        disk->records = grown(disk->records, disk->capacity, sizeof(fault_record));
    }
    uint8_t *copy = NULL;
    if (length > 0) {
        copy = grown(NULL, length, 1);
        memcpy(copy, bytes, (size_t)length);
    }
    disk->records[disk->count++] =
        (fault_record){.kind = kind, .file = file, .offset = offset, .length = length, .bytes = copy};
    if (file >= 0) resize(disk, kind, file, offset, length);
}

int64_t fault_disk_count(fault_disk *disk) {
    disk_lock(disk);
    int64_t count = disk->count;
    disk_unlock(disk);
    return count;
}

fault_record fault_disk_record(fault_disk *disk, int64_t index) {
    fault_record record = {0};
    disk_lock(disk);
    if (index >= 0 && index < disk->count) record = disk->records[index];
    disk_unlock(disk);
    return record;
}

const char *fault_disk_name(fault_disk *disk, int32_t file) {
    disk_lock(disk);
    const char *name = file >= 0 && file < disk->file_count ? disk->files[file].name : NULL;
    disk_unlock(disk);
    return name;
}

// MARK: Failing

bool fault_disk_fail(fault_disk *disk, fault_rule rule) {
    disk_lock(disk);
    bool fits = disk->rule_count < MAXIMUM_RULES;
    if (fits) disk->rules[disk->rule_count++] = rule;
    disk_unlock(disk);
    return fits;
}

void fault_disk_limit(fault_disk *disk, int64_t bytes) {
    disk_lock(disk);
    disk->limit = bytes;
    disk_unlock(disk);
}

void fault_disk_heal(fault_disk *disk) {
    disk_lock(disk);
    disk->limit = -1;
    disk->rule_count = 0;
    disk_unlock(disk);
}

int64_t fault_disk_failures(fault_disk *disk) {
    disk_lock(disk);
    int64_t failures = disk->failures;
    disk_unlock(disk);
    return failures;
}

static int64_t total(fault_disk *disk) {
    int64_t total = 0;
    for (int32_t file = 0; file < disk->file_count; file++) total += disk->files[file].size;
    return total;
}

int64_t fault_disk_size(fault_disk *disk) {
    disk_lock(disk);
    int64_t size = total(disk);
    disk_unlock(disk);
    return size;
}

static bool matches(const fault_rule *rule, const char *name, int32_t operation, int64_t offset, int64_t length) {
    if ((rule->operations & operation) == 0) return false;
    size_t wanted = strlen(rule->suffix), present = strlen(name);
    if (present < wanted || strcmp(name + present - wanted, rule->suffix) != 0) return false;
    if ((operation & (FAULT_ON_READ | FAULT_ON_WRITE)) == 0) return true;
    return offset <= rule->last_byte && offset + length > rule->first_byte;
}

int disk_failure(fault_disk *disk, int32_t operation, int32_t file, int64_t offset, int64_t length, int32_t *shortly) {
    const char *name = file >= 0 ? disk->files[file].name : "";
    for (int index = 0; index < disk->rule_count; index++) {
        fault_rule *rule = &disk->rules[index];
        if (!matches(rule, name, operation, offset, length)) continue;
        if (rule->skipped > 0) {
            rule->skipped -= 1;
            continue;
        }
        if (rule->failing == 0) continue;
        if (rule->failing > 0) rule->failing -= 1;
        disk->failures += 1;
        if (shortly != NULL) *shortly = rule->short_write < length ? rule->short_write : (int32_t)length;
        return rule->result;
    }
    return 0;
}

int64_t disk_room(fault_disk *disk, int32_t file, int64_t offset, int64_t length) {
    if (disk->limit < 0) return length;
    int64_t grows = offset + length - disk->files[file].size;
    int64_t missing = total(disk) + grows - disk->limit;
    if (grows <= 0 || missing <= 0) return length;
    disk->failures += 1;
    return missing >= length ? 0 : length - missing;
}
