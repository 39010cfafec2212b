/* fuzz_authenticator.c - any bytes as an attestation object, and as authenticator data. What is
 * read lies within what came; a key has the numbers that its algorithm has; the data of an object
 * reads alike outside it.
 *
 * SPEC WebAuthn level 2 6.1, 6.5.4 */
#include "auth/authenticator.h"

#include "fuzz.h"

static bool inside(Str part, Str whole)
{
    return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static void check(Str bytes)
{
    Authenticator said;
    if (!authenticator_read(bytes, &said))
        return;
    assert(said.rp_hash.len == AUTHENTICATOR_RP_BYTES && inside(said.rp_hash, bytes));
    if (!(said.flags & AUTHENTICATOR_CREDENTIAL)) {
        assert(!said.credential.len && !said.algorithm);
        return;
    }
    assert(said.credential.len >= 1 && said.credential.len <= AUTHENTICATOR_ID_BYTES_MAX);
    assert(inside(said.credential, bytes) && inside(said.first, bytes) &&
           inside(said.second, bytes));
    assert(said.algorithm == COSE_ES256 || said.algorithm == COSE_EDDSA ||
           said.algorithm == COSE_RS256);
    assert(said.algorithm != COSE_ES256 || (said.first.len == 32 && said.second.len == 32));
    assert(said.algorithm != COSE_EDDSA || (said.first.len == 32 && said.second.len == 0));
    assert(said.algorithm != COSE_RS256 || said.first.len >= 256);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Str bytes = fuzz_str(data, size), part;
    check(bytes);
    if (attestation_read(bytes, &part)) {
        assert(inside(part, bytes) && part.len > 0);
        check(part);
    }
    return 0;
}
