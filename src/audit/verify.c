/* audit/verify.c - the log, row by row, against its chain, its roots and a witness. */
#include "audit/verify.h"

#include "store/moving.h"

enum { BATCH_ROWS = 2000 };

static const char *const words[AUDIT_FAULTS] = {
    [AUDIT_SOUND] = "is sound",
    [AUDIT_MISSING] = "is missing",
    [AUDIT_TWICE] = "is there twice, or out of its order",
    [AUDIT_CHANGED] = "was changed, put in or moved here",
    [AUDIT_UNREADABLE] = "was changed: its sealed bytes do not open",
    [AUDIT_UNSIGNED] = "is a root that the key of this store has not signed",
    [AUDIT_UNTRUE] = "is not what a signed root says: the log was written anew",
    [AUDIT_CUT] = "is missing, and all behind it: the end was cut off",
};

const char *audit_fault_words(AuditFault fault)
{
    return words[fault];
}

/* ---- one row ---------------------------------------------------------------------------- */

static bool fail(AuditChain *chain, AuditFault fault)
{
    chain->fault = fault;
    return false;
}

static bool same(const ChainLink *a, const ChainLink *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool step_link(AuditChain *chain, const StoreAuditRow *row)
{
    ChainLink link, zeros = {{0}};
    if (!row->link.len && !chain->begun) {
        chain->older++;
        return true;
    }
    chain->begun = true;
    if (!chain_read(row->link, &link))
        return false;
    chain->inner = chain_inner(chain->in_group ? chain->inner : zeros, row->at, row->entry);
    chain->in_group = same(&link, &chain->inner);
    if (chain->in_group)
        return true;
    chain->outer = chain_outer(chain->outer, row->number, chain->inner);
    return same(&link, &chain->outer);
}

static bool step_root(AuditChain *chain, const StoreAuditRow *row)
{
    AuditRoot root;
    if (!root_read(row->entry, &root) || !root_is_signed(&root))
        return fail(chain, AUDIT_UNSIGNED);
    if (root.number >= row->number)
        return fail(chain, AUDIT_UNTRUE);
    if (!chain->roots++ && !chain->key)
        memcpy(chain->first_key, root.key, sizeof(root.key));
    if (memcmp(chain->key ? chain->key : chain->first_key, root.key, sizeof(root.key)) != 0)
        return fail(chain, AUDIT_UNSIGNED);
    chain->last_root = root;
    chain->root_row = row->number;
    return true;
}

bool chain_step(AuditChain *chain, const StoreAuditRow *row, bool *ret_root)
{
    *ret_root = false;
    if (chain->fault)
        return false;
    if (row->number != chain->number + 1) {
        bool twice = row->number <= chain->number;
        chain->number++;
        return fail(chain, twice ? AUDIT_TWICE : AUDIT_MISSING);
    }
    chain->number = row->number;
    chain->at = row->at;
    if (!step_link(chain, row))
        return fail(chain, AUDIT_CHANGED);
    *ret_root = root_is(row->entry);
    return !*ret_root || step_root(chain, row);
}

bool chain_end(AuditChain *chain, uint64_t last)
{
    if (chain->fault)
        return false;
    if (!chain->in_group && last <= chain->number)
        return true;
    chain->number++;
    return fail(chain, AUDIT_CUT);
}

/* ---- the whole log ---------------------------------------------------------------------- */

typedef struct {
    Ctx *cx, batch;
    StoreReader *reader;
    const AuditVerifyOptions *options;
    AuditChain chain;
    size_t witnessed;
    uint64_t tip;
} Verifying;

/* What the row of that number has as its link. It stands before the one that was looked at last, so
 * it is sound. */
static Status claim_holds(Verifying *v, const AuditRoot *root, bool *ret_holds)
{
    StoreAuditRow *rows;
    size_t count;
    TRY(store_audit_read(v->reader, root->number, 1, &rows, &count));
    *ret_holds = count == 1 && rows[0].number == root->number &&
                 str_eq(rows[0].link, chain_str(&root->link));
    return STATUS_OK;
}

/* The roots of the witness at this row. */
static bool witness_agrees(Verifying *v, const StoreAuditRow *row)
{
    const AuditVerifyOptions *o = v->options;
    for (; v->witnessed < o->witness_count && o->witness[v->witnessed].number <= row->number;
         v->witnessed++) {
        const AuditRoot *root = &o->witness[v->witnessed];
        if (!root_is_signed(root) || (o->key && memcmp(root->key, o->key, sizeof(root->key)) != 0))
            return fail(&v->chain, AUDIT_UNSIGNED);
        if (root->number < row->number || !str_eq(row->link, chain_str(&root->link)))
            return fail(&v->chain, AUDIT_UNTRUE);
    }
    return true;
}

static Status look_at(Verifying *v, const StoreAuditRow *row)
{
    bool is_root, holds = true;
    if (!chain_step(&v->chain, row, &is_root) || !witness_agrees(v, row))
        return STATUS_OK;
    if (is_root)
        TRY(claim_holds(v, &v->chain.last_root, &holds));
    if (!holds) {
        v->chain.number = v->chain.last_root.number;
        UNUSED(fail(&v->chain, AUDIT_UNTRUE));
    }
    return STATUS_OK;
}

/* One that does not open spoils its batch: then one by one, up to it. */
static Status read_rows(Verifying *v, size_t limit, StoreAuditRow **ret_rows, size_t *ret_count)
{
    uint64_t from = v->chain.number + 1;
    Status status = store_audit_read(v->reader, from, limit, ret_rows, ret_count);
    if (status != STATUS_INVALID)
        return status;
    ctx_forget(&v->batch);
    if (limit > 1)
        return read_rows(v, limit / 2, ret_rows, ret_count);
    v->chain.number = from;
    UNUSED(fail(&v->chain, AUDIT_UNREADABLE));
    *ret_count = 0;
    return STATUS_OK;
}

static Status verify_rows(Verifying *v)
{
    for (size_t count = 1; count && !v->chain.fault;) {
        StoreAuditRow *rows;
        arena_clear(v->batch.arena);
        TRY(read_rows(v, BATCH_ROWS, &rows, &count));
        for (size_t i = 0; i < count && !v->chain.fault; i++)
            TRY(look_at(v, &rows[i]));
        if (v->options->progress)
            v->options->progress(v->options->to, v->chain.number, v->tip);
    }
    return STATUS_OK;
}

/* The last root of the witness stands in the log behind the row that it is of: else that is gone.
 */
static void end(Verifying *v)
{
    const AuditVerifyOptions *o = v->options;
    uint64_t last = v->tip, root = v->chain.roots ? v->chain.last_root.number : 0;
    if (o->witness_count && o->witness[o->witness_count - 1].number > root)
        last = UINT64_MAX;
    UNUSED(chain_end(&v->chain, last));
}

static Status verify(Verifying *v, AuditVerdict *ret_verdict)
{
    StoreTip tip;
    TRY(store_tip(v->reader, &tip));
    v->tip = tip.audit;
    UNUSED(store_read_into(v->reader, &v->batch));
    TRY(verify_rows(v));
    AuditChain *chain = &v->chain;
    uint64_t last = chain->fault ? chain->number - 1 : chain->number;
    end(v);
    *ret_verdict = (AuditVerdict){.rows = last,
                                  .roots = chain->roots,
                                  .older = chain->older,
                                  .witnessed = v->witnessed,
                                  .fault = chain->fault,
                                  .number = chain->number,
                                  .at = chain->at,
                                  .last = tip.audit,
                                  .unsigned_rows = last - chain->root_row};
    return STATUS_OK;
}

Status audit_verify(Ctx *cx, Store *store, const Access *access, const AuditVerifyOptions *options,
                    AuditVerdict *ret_verdict)
{
    Verifying v = {.cx = cx, .options = options, .chain = {.key = options->key}};
    v.batch = (Ctx){.arena = arena_new((size_t)256 << 20, true), .deadline = cx->deadline};
    if (!v.batch.arena)
        return STATUS_MEMORY;
    Status status = store_read_begin(store, cx, access, &v.reader);
    if (status == STATUS_OK) {
        status = verify(&v, ret_verdict);
        store_read_end(v.reader);
    }
    if (status != STATUS_OK)
        (void)ctx_copy_issues(cx, &v.batch, status);
    arena_free(v.batch.arena);
    return status;
}
