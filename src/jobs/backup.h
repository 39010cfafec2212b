/* jobs/backup.h - a backup of the store every night, and a number of them kept.
 *
 *     aceso-20261121T0130Z-17.store        begun at 01:30 UTC by job 17
 *     aceso-20261121T0130Z-17.store.key    which opens it, with the same key file or passphrase
 *
 * Only files of this pattern are ever removed, only after a new backup is complete and durable,
 * and never the newest `keep`. A try whose process died is recognised by its number. */
#ifndef ACESO_JOBS_BACKUP_H
#define ACESO_JOBS_BACKUP_H

#include "jobs/jobs.h"

typedef struct {
    Str folder;
    size_t keep; /* at least 1 */
} JobsBackup;

/* Handlers. Of the first the kind's owner is a JobsBackup. */
Status jobs_backup(Ctx *cx, JobRun *run);
/* Looks at every page, row and key, as `aceso check` does; hopeless when there is a fault. */
Status jobs_check_store(Ctx *cx, JobRun *run);
/* Drops the jobs that have been dead for JOBS_DEAD_KEPT_DAYS. */
enum { JOBS_DEAD_KEPT_DAYS = 90 };
Status jobs_drop_old_dead(Ctx *cx, JobRun *run);

#endif
