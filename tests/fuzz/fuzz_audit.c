/* fuzz_audit.c - any bytes as an audit entry: refused, or unpacked into strings that lie within
 * the bytes, and packed again into the same entry. */
#include "audit/audit.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Ctx cx = fuzz_ctx();
    AuditEntry entry, again;
    Str packed;
    if (audit_unpack(&cx, fuzz_str(data, size), &entry) != STATUS_OK)
        return 0;
    if (audit_pack(&cx, &entry, &packed) != STATUS_OK)
        return 0;
    assert(audit_unpack(&cx, packed, &again) == STATUS_OK);
    assert(str_eq(entry.account, again.account) && str_eq(entry.query, again.query));
    assert(entry.resource_count == again.resource_count);
    return 0;
}
