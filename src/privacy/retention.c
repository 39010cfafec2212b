/* privacy/retention.c - how long a record must be kept, as a table, and legal holds.
 *
 * Years after the last contact. The table is data for people to confirm with a lawyer of the
 * country; a country without a row lets nobody erase without a ground. */
#include "privacy/privacy.h"

#include "privacy/inner.h"
#include "search/search.h"
#include "store/item.h"

#define ROW(country, min, max, source)                                                             \
    {                                                                                              \
        STR_INIT(country), min, max, STR_INIT(source)                                              \
    }
static const Retention rows[] = {
    ROW("BE", 30, 50, "law of 22 April 2019 on quality of practice, art. 35"),
    ROW("FR", 20, 0, "Code de la sante publique, art. R1112-7"),
    ROW("NL", 20, 0, "Burgerlijk Wetboek 7:454"),
    ROW("DE", 10, 0, "Buergerliches Gesetzbuch 630f"),
    ROW("LU", 10, 0, "law of 24 July 2014 on the rights of patients, art. 15"),
    ROW("US", 6, 0, "45 CFR 164.316(b)(2)(i) for its documentation; states ask for longer"),
};

const Retention *privacy_retention_row(size_t i)
{
    return i < COUNT_OF(rows) ? &rows[i] : NULL;
}

const Retention *privacy_retention(Str country)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (str_eq(rows[i].country, country))
            return &rows[i];
    }
    return NULL;
}

/* ---- holds -------------------------------------------------------------------------------- */

/* Items: the id of a patient, and why. */
static const Str privacy_hold_space = STR_INIT("privacy-hold");

/* A record that was merged into another one lives on there. The other way round $merge itself keeps
 * the hold of what it moves (people/merge.c). */
Status privacy_hold_items(Ctx *cx, Record *record, const Access *access, Str patient, Str reason,
                          StoreItem **ret_items, size_t *ret_count)
{
    MergedIds ids;
    TRY(privacy_successors(cx, record, access, patient, &ids));
    *ret_items = arena_array_of(cx->arena, StoreItem, ids.count);
    *ret_count = ids.count;
    if (!*ret_items)
        return STATUS_MEMORY;
    for (size_t i = 0; i < ids.count; i++)
        (*ret_items)[i] = (StoreItem){privacy_hold_space, ids.at[i], reason};
    return STATUS_OK;
}

Status privacy_hold(Ctx *cx, Record *record, const Access *access, Str patient, Str reason)
{
    StoreItem *items;
    size_t count;
    Str packed;
    AuditEntry entry = {.account = access_account(access),
                        .role = access_role(access),
                        .interaction = reason.len ? STR("privacy-hold") : STR("privacy-hold-ends"),
                        .type = STR("Patient"),
                        .id = patient,
                        .address = STR("local")};
    if (!fhir_id_is(patient))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "That is no id of a patient.");
    TRY(audit_pack(cx, &entry, &packed));
    TRY(privacy_hold_items(cx, record, access, patient, reason, &items, &count));
    StoreCommit commit = {.items = items, .item_count = count, .audits = &packed, .audit_count = 1};
    return store_commit(record_store(record), cx, access, &commit);
}

Status privacy_is_held(Ctx *cx, Record *record, const Access *access, Str patient, bool *ret_held)
{
    StoreReader *reader;
    MergedIds ids;
    Str reason;
    Status status = STATUS_NOT_FOUND;
    TRY(privacy_successors(cx, record, access, patient, &ids));
    TRY(store_read_begin(record_store(record), cx, access, &reader));
    for (size_t i = 0; status == STATUS_NOT_FOUND && i < ids.count; i++)
        status = store_item_get(reader, privacy_hold_space, ids.at[i], &reason);
    store_read_end(reader);
    *ret_held = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
