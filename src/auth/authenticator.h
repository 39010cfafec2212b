/* auth/authenticator.h - what an authenticator says: attestation objects and authenticator data.
 *
 * Bytes of strangers, read by libcbor's stream decoder, which allocates nothing; whatever they
 * hold, nothing outside them is read (tests/fuzz/fuzz_authenticator.c). Private to auth.
 *
 * SPEC WebAuthn level 2 6.1, 6.5.4; RFC 8949; RFC 9053 7 (COSE keys) */
#ifndef ACESO_AUTH_AUTHENTICATOR_H
#define ACESO_AUTH_AUTHENTICATOR_H

#include "base/base.h"

enum {
    AUTHENTICATOR_PRESENT = 1,  /* UP: somebody touched it */
    AUTHENTICATOR_VERIFIED = 4, /* UV: a finger, a face, a PIN */
    AUTHENTICATOR_CREDENTIAL = 64,
    AUTHENTICATOR_EXTENSIONS = 128,
    AUTHENTICATOR_RP_BYTES = 32,
    AUTHENTICATOR_ID_BYTES_MAX = 1023,
};

/* Of COSE. */
enum { COSE_ES256 = -7, COSE_EDDSA = -8, COSE_RS256 = -257 };

typedef struct {
    Str rp_hash; /* SHA-256 of the host */
    unsigned flags;
    uint32_t count;
    /* With AUTHENTICATOR_CREDENTIAL: */
    Str credential;
    int algorithm;     /* one of the three above */
    Str first, second; /* x and y, or n and e, or x alone */
} Authenticator;

/* The whole of `bytes`; what is returned points into them. */
bool authenticator_read(Str bytes, Authenticator *ret_said);
/* The authenticator data of an attestation object. Its statement is passed over: no attestation is
 * asked for, so none is believed. */
bool attestation_read(Str bytes, Str *ret_data);

#endif
