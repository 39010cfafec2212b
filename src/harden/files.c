/* harden/files.c - Landlock, by its system calls: the C library has none for it.
 *
 * The header of Debian 12 knows the first version; what came later is written here as numbers of
 * the kernel's interface. Starting programs is not limited here but in calls.c. */
#include "harden/inner.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    VERSION_REFER = 2,
    VERSION_TRUNCATE = 3,
    VERSION_NET = 4,
    RULE_NET_PORT = 2, /* LANDLOCK_RULE_NET_PORT */
};

#define FS_TRUNCATE     ((uint64_t)1 << 14) /* LANDLOCK_ACCESS_FS_TRUNCATE */
#define NET_CONNECT_TCP ((uint64_t)1 << 1)  /* LANDLOCK_ACCESS_NET_CONNECT_TCP */

#define READ_ACCESS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_ACCESS                                                                               \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO)
/* Nobody needs these anywhere. */
#define NEVER                                                                                      \
    (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)
/* Of a file, what is not of folders alone. */
#define FILE_ACCESS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)

/* As the kernel has it since version 4; older ones take the first half. */
typedef struct {
    uint64_t files, net;
} Handled;
typedef struct {
    uint64_t access, port;
} PortRule;

static long version_of_kernel(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static bool add_path(int set, const char *path, uint64_t access)
{
    struct stat what;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return true; /* what is not there is not opened either */
    if (fstat(fd, &what) == 0 && !S_ISDIR(what.st_mode))
        access &= FILE_ACCESS;
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
    long failed = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(fd);
    return !failed;
}

static bool add_rules(int set, const HardenPlaces *places, uint64_t handled, bool ports)
{
    bool good = true;
    for (size_t i = 0; good && i < places->read_count; i++)
        good = add_path(set, places->read[i], READ_ACCESS);
    for (size_t i = 0; good && i < places->write_count; i++)
        good = add_path(set, places->write[i], handled & ~(uint64_t)NEVER);
    for (size_t i = 0; ports && good && i < places->port_count; i++) {
        PortRule rule = {NET_CONNECT_TCP, places->ports[i]};
        good = !syscall(SYS_landlock_add_rule, set, RULE_NET_PORT, &rule, 0);
    }
    return good;
}

Hardened harden_files(const HardenPlaces *places)
{
    if (HARDEN_SANITIZED)
        return HARDEN_ABSENT;
    if (hardened_before())
        return HARDENED_BEFORE;
    long version = version_of_kernel();
    if (version < 1)
        return HARDEN_ABSENT;
    Handled handled = {.files = READ_ACCESS | WRITE_ACCESS | NEVER,
                       .net = version >= VERSION_NET ? NET_CONNECT_TCP : 0};
    if (version >= VERSION_REFER)
        handled.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= VERSION_TRUNCATE)
        handled.files |= FS_TRUNCATE;
    size_t size = version >= VERSION_NET ? sizeof handled : sizeof handled.files;
    int set = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (set < 0)
        return HARDEN_FAILED;
    bool good = add_rules(set, places, handled.files, version >= VERSION_NET) &&
                prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                syscall(SYS_landlock_restrict_self, set, 0) == 0;
    close(set);
    if (!good)
        return HARDEN_FAILED;
    return version >= VERSION_NET ? HARDENED : HARDEN_PARTLY;
}
