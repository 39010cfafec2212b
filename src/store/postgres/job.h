/* store/postgres/job.h - jobs: how the commits of a group add and end them.
 *
 * On the database a job's kind, times and last error are in clear; its key is a keyed hash, its
 * payload sealed together with the key. */
#ifndef ACESO_STORE_POSTGRES_JOB_H
#define ACESO_STORE_POSTGRES_JOB_H

#include "store/postgres/group.h"

Status job_seal(PostgresStore *store, Arena *arena, const StoreJobAdd *job,
                SealedJob *ret_job) MUST_USE;
/* The caller's side: hashes and seals what is added. */
Status jobs_prepare(PostgresStore *store, Arena *arena, const StoreCommit *commit,
                    Prepared *prepared) MUST_USE;

/* Which jobs a commit ends; then, with all of them locked, whether it may: its status. */
void jobs_ask(Array *numbers, const StoreCommit *commit);
void jobs_judge(StoreCommit *commit, const PGresult *locked);

/* The statements for what the commits that fit do, at most JOBS_CALLS_MAX. */
enum { JOBS_CALLS_MAX = 4 };
size_t jobs_calls(const Group *group, Params *params, Call *calls);

#endif
