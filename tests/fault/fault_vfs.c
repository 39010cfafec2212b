/* tests/fault/fault_vfs.c - the layer itself. */
#include "fault_vfs.h"

#include <assert.h>
#include <pthread.h>
#include <sqlcipher/sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512, FILES_MAX = 8 };

/* One file's platter. `size` is the durable size, `now` the size that readers see. */
typedef struct {
    char name[512];
    unsigned char *bytes, *fresh; /* durable; what was written last */
    bool *dirty;                  /* per sector: fresh differs from bytes, perhaps */
    size_t size, now, room;
} Platter;

typedef struct {
    sqlite3_file base;
    Platter *platter; /* NULL: a file that is not watched */
    sqlite3_file *real;
} FaultFile;

void (*fault_observer)(uint64_t operation);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Platter platters[FILES_MAX];
static sqlite3_vfs *real_vfs;
static uint64_t seed, operations, failing_write, failing_sync;
static int64_t space = -1;
static bool sync_is_broken;

static unsigned roll(unsigned sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % sides;
}

static void make_room(Platter *platter, size_t bytes)
{
    if (bytes <= platter->room)
        return;
    size_t room = platter->room ? platter->room : 64 * 1024;
    while (room < bytes)
        room *= 2;
    platter->bytes = realloc(platter->bytes, room);
    platter->fresh = realloc(platter->fresh, room);
    platter->dirty = realloc(platter->dirty, room / SECTOR);
    assert(platter->bytes && platter->fresh && platter->dirty);
    memset(platter->bytes + platter->room, 0, room - platter->room);
    memset(platter->fresh + platter->room, 0, room - platter->room);
    memset(platter->dirty + platter->room / SECTOR, 0, (room - platter->room) / SECTOR);
    platter->room = room;
}

static void settle_sector(Platter *platter, size_t sector)
{
    memcpy(platter->bytes + sector * SECTOR, platter->fresh + sector * SECTOR, SECTOR);
    platter->dirty[sector] = false;
}

static void platter_write(Platter *platter, const void *bytes, size_t len, size_t at)
{
    make_room(platter, at + len + SECTOR);
    memcpy(platter->fresh + at, bytes, len);
    for (size_t sector = at / SECTOR; sector <= (at + len - 1) / SECTOR; sector++) {
        platter->dirty[sector] = true;
        if (roll(16) == 0)
            settle_sector(platter, sector); /* the cache happened to write it back */
    }
    if (at + len > platter->now)
        platter->now = at + len;
}

static void platter_truncate(Platter *platter, size_t size)
{
    make_room(platter, size + SECTOR);
    for (size_t sector = size / SECTOR; sector < platter->room / SECTOR; sector++) {
        size_t from = sector * SECTOR < size ? size - sector * SECTOR : 0;
        memset(platter->fresh + sector * SECTOR + from, 0, SECTOR - from);
        platter->dirty[sector] = true;
    }
    platter->now = size;
}

static void platter_sync(Platter *platter)
{
    for (size_t sector = 0; sector < platter->room / SECTOR; sector++) {
        if (platter->dirty[sector])
            settle_sector(platter, sector);
    }
    platter->size = platter->now;
}

/* ---- what the tests call ------------------------------------------------------------------ */

void fault_reset(uint64_t new_seed)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < FILES_MAX; i++) {
        free(platters[i].bytes);
        free(platters[i].fresh);
        free(platters[i].dirty);
        platters[i] = (Platter){0};
    }
    seed = new_seed;
    operations = failing_write = failing_sync = 0;
    sync_is_broken = false;
    space = -1;
    pthread_mutex_unlock(&lock);
}

uint64_t fault_operations(void)
{
    pthread_mutex_lock(&lock);
    uint64_t count = operations;
    pthread_mutex_unlock(&lock);
    return count;
}

void fault_set_space(int64_t bytes)
{
    pthread_mutex_lock(&lock);
    space = bytes;
    pthread_mutex_unlock(&lock);
}

void fault_set_failing_write(uint64_t n)
{
    pthread_mutex_lock(&lock);
    failing_write = n;
    pthread_mutex_unlock(&lock);
}

void fault_set_failing_sync(uint64_t n)
{
    pthread_mutex_lock(&lock);
    failing_sync = n;
    pthread_mutex_unlock(&lock);
}

static void capture_one(Platter *platter, const char *folder)
{
    char path[1024];
    const char *name = strrchr(platter->name, '/');
    snprintf(path, sizeof(path), "%s/%s", folder, name ? name + 1 : platter->name);
    size_t size = platter->size;
    if (platter->now != platter->size && roll(2))
        size = platter->now; /* the new length may be there, or not yet */
    FILE *file = fopen(path, "w");
    assert(file);
    for (size_t at = 0; at < size; at += SECTOR) {
        bool fresh = platter->dirty[at / SECTOR] && roll(2);
        size_t len = size - at < SECTOR ? size - at : SECTOR;
        size_t written = fwrite((fresh ? platter->fresh : platter->bytes) + at, 1, len, file);
        assert(written == len);
        (void)written;
    }
    fclose(file);
}

/* Under the lock, when called from the observer. */
void fault_capture(const char *folder)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (platters[i].name[0])
            capture_one(&platters[i], folder);
    }
}

/* ---- files ------------------------------------------------------------------------------------
 */

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((FaultFile *)file)->real;
}

static void count_operation(void)
{
    operations++;
    if (fault_observer)
        fault_observer(operations);
}

static int fault_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    Platter *platter = ((FaultFile *)file)->platter;
    if (!platter)
        return real_of(file)->pMethods->xWrite(real_of(file), bytes, len, at);
    int code = SQLITE_OK;
    pthread_mutex_lock(&lock);
    count_operation();
    int64_t growth = at + len - (int64_t)platter->now;
    if (failing_write && --failing_write == 0)
        code = SQLITE_IOERR_WRITE;
    else if (space >= 0 && growth > space)
        code = SQLITE_FULL;
    else if (space >= 0 && growth > 0)
        space -= growth;
    if (code == SQLITE_OK)
        code = real_of(file)->pMethods->xWrite(real_of(file), bytes, len, at);
    if (code == SQLITE_OK && len > 0)
        platter_write(platter, bytes, (size_t)len, (size_t)at);
    pthread_mutex_unlock(&lock);
    return code;
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    Platter *platter = ((FaultFile *)file)->platter;
    int code = real_of(file)->pMethods->xTruncate(real_of(file), size);
    if (code == SQLITE_OK && platter) {
        pthread_mutex_lock(&lock);
        platter_truncate(platter, (size_t)size);
        pthread_mutex_unlock(&lock);
    }
    return code;
}

static int fault_sync(sqlite3_file *file, int flags)
{
    Platter *platter = ((FaultFile *)file)->platter;
    (void)flags; /* the real file need not survive */
    if (!platter)
        return SQLITE_OK;
    pthread_mutex_lock(&lock);
    count_operation();
    if (failing_sync && --failing_sync == 0)
        sync_is_broken = true;
    bool broken = sync_is_broken;
    if (!broken)
        platter_sync(platter);
    pthread_mutex_unlock(&lock);
    return broken ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int fault_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    int code = real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
    free(real);
    return code;
}

static int fault_read(sqlite3_file *file, void *to, int len, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), to, len, at);
}

static int fault_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int fault_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int fault_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int fault_check_lock(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int fault_control(sqlite3_file *file, int operation, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int fault_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int fault_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int fault_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int fault_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void fault_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int fault_shm_unmap(sqlite3_file *file, int delete)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_file_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_check_lock,
    .xFileControl = fault_control,
    .xSectorSize = fault_sector_size,
    .xDeviceCharacteristics = fault_traits,
    .xShmMap = fault_shm_map,
    .xShmLock = fault_shm_lock,
    .xShmBarrier = fault_shm_barrier,
    .xShmUnmap = fault_shm_unmap,
};

/* ---- the VFS
 * -------------------------------------------------------------------------------------- */

static Platter *find_platter(const char *name)
{
    Platter *free_one = NULL;
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (strcmp(platters[i].name, name) == 0)
            return &platters[i];
        if (!free_one && !platters[i].name[0])
            free_one = &platters[i];
    }
    assert(free_one);
    snprintf(free_one->name, sizeof(free_one->name), "%s", name);
    make_room(free_one, SECTOR);
    return free_one;
}

void fault_renamed(const char *from, const char *to)
{
    pthread_mutex_lock(&lock);
    Platter *platter = find_platter(from);
    snprintf(platter->name, sizeof(platter->name), "%s", to);
    pthread_mutex_unlock(&lock);
}

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    FaultFile *fault = (FaultFile *)file;
    fault->base.pMethods = NULL;
    fault->platter = NULL;
    fault->real = calloc(1, (size_t)real_vfs->szOsFile);
    if (!fault->real)
        return SQLITE_NOMEM;
    int code = real_vfs->xOpen(real_vfs, name, fault->real, flags, out);
    if (code != SQLITE_OK) {
        free(fault->real);
        return code;
    }
    if (name && flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) {
        pthread_mutex_lock(&lock);
        fault->platter = find_platter(name);
        pthread_mutex_unlock(&lock);
    }
    fault->base.pMethods = &methods;
    return SQLITE_OK;
}

/* A name goes at once: SQLite deletes only what it no longer needs. */
static int fault_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (strcmp(platters[i].name, name) != 0)
            continue;
        memset(platters[i].bytes, 0, platters[i].room);
        memset(platters[i].fresh, 0, platters[i].room);
        memset(platters[i].dirty, 0, platters[i].room / SECTOR);
        platters[i].size = platters[i].now = 0;
    }
    pthread_mutex_unlock(&lock);
    return real_vfs->xDelete(real_vfs, name, sync_folder);
}

static int fault_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs;
    return real_vfs->xAccess(real_vfs, name, flags, out);
}

static int fault_full_path(sqlite3_vfs *vfs, const char *name, int len, char *out)
{
    (void)vfs;
    return real_vfs->xFullPathname(real_vfs, name, len, out);
}

void fault_register(void)
{
    static sqlite3_vfs vfs;
    sqlite3_initialize();
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.pNext = NULL;
    vfs.zName = FAULT_VFS;
    vfs.szOsFile = sizeof(FaultFile);
    vfs.xOpen = fault_open;
    vfs.xDelete = fault_delete;
    vfs.xAccess = fault_access;
    vfs.xFullPathname = fault_full_path;
    sqlite3_vfs_register(&vfs, 0);
}
