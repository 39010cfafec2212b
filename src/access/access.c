/* access/access.c - the caller's rights. Only access/grant.h makes one. */
#include "access/access.h"

#include "access/grant.h"

struct Access {
    AccessGrant grant;
    const Rights *rights;
    const AccessConditions *conditions;
};

static Access *access_new(Arena *arena, const AccessGrant *grant)
{
    Access *access = arena_new_of(arena, Access);
    if (!access)
        return NULL;
    access->grant = (AccessGrant){.account = arena_str(arena, grant->account),
                                  .role = arena_str(arena, grant->role),
                                  .reference = arena_str(arena, grant->reference),
                                  .client = arena_str(arena, grant->client),
                                  .scopes = arena_str(arena, grant->scopes),
                                  .patient = arena_str(arena, grant->patient),
                                  .factors = grant->factors,
                                  .may_write = grant->may_write,
                                  .everything = grant->everything,
                                  .epoch = grant->epoch,
                                  .renew = grant->renew,
                                  .of = grant->of,
                                  .is_token = grant->is_token};
    memcpy(access->grant.hash, grant->hash, sizeof(grant->hash));
    /* A limit that was lost would be none. */
    if (grant->scopes.len && (!access->grant.scopes.at || !access->grant.patient.at))
        return NULL;
    return access;
}

const Access *access_grant(Arena *arena, const AccessGrant *grant)
{
    return access_new(arena, grant);
}

bool access_is_system(const Access *access)
{
    return access->grant.everything;
}

const Access *access_with_rights(Arena *arena, const Access *access, const Rights *rights)
{
    Access *with = access_new(arena, &access->grant);
    if (with) {
        with->rights = rights;
        with->conditions = access->conditions;
    }
    return with;
}

const Access *access_under_scopes(Arena *arena, const Access *access, Str scopes,
                                  const AccessConditions *conditions)
{
    AccessGrant grant = access->grant;
    assert(grant.scopes.len && scopes.len);
    grant.scopes = scopes;
    Access *under = access_new(arena, &grant);
    if (under)
        under->conditions = conditions;
    return under;
}

const AccessConditions *access_conditions(const Access *access)
{
    return access->conditions;
}

const Rights *access_rights(const Access *access)
{
    return access->rights;
}

uint64_t access_epoch(const Access *access)
{
    return access->grant.epoch;
}

Status access_renew(Ctx *cx, const Access **access)
{
    AccessGrant grant = (*access)->grant;
    if (!grant.epoch)
        return STATUS_OK;
    TRY(grant.renew(grant.of, cx, grant.is_token, grant.hash, &grant.epoch));
    Access *renewed = access_new(cx->arena, &grant);
    if (!renewed)
        return STATUS_MEMORY;
    renewed->rights = (*access)->rights;
    renewed->conditions = (*access)->conditions;
    *access = renewed;
    return STATUS_OK;
}

Str access_account(const Access *access)
{
    return access->grant.account;
}

Str access_role(const Access *access)
{
    return access->grant.role;
}

Str access_reference(const Access *access)
{
    return access->grant.reference;
}

uint8_t access_factors(const Access *access)
{
    return access->grant.factors;
}

Str access_client(const Access *access)
{
    return access->grant.client;
}

Str access_scopes(const Access *access)
{
    return access->grant.scopes;
}

Str access_patient(const Access *access)
{
    return access->grant.patient;
}

Status access_need_read(Ctx *cx, const Access *access)
{
    if (!access)
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first.");
    return STATUS_OK;
}

Status access_need_write(Ctx *cx, const Access *access)
{
    TRY(access_need_read(cx, access));
    if (!access->grant.may_write)
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY, "This account or token may only read.");
    return STATUS_OK;
}
