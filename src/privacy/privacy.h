/* privacy/privacy.h - what a person may ask of his record, as operations.
 *
 * Everything goes through record.h with the Access of whoever does it, and is on the audit log
 * before anything leaves. `patient` is the id of a Patient. */
#ifndef ACESO_PRIVACY_H
#define ACESO_PRIVACY_H

#include "base/base.h"
#include "record/operation.h"

/* ---- how long a record is kept -------------------------------------------------------------- */

typedef struct {
    Str country;                   /* ISO 3166: "BE" */
    unsigned years_min, years_max; /* after the last contact; max 0: none is written down */
    Str source;                    /* the law; to be confirmed by a lawyer of the country */
} Retention;
/* NULL: the country is not in the table. */
const Retention *privacy_retention(Str country);
const Retention *privacy_retention_row(size_t i); /* NULL past the last */

/* A legal hold: while there is one, nothing of the patient is erased. Empty reason: it ends. */
Status privacy_hold(Ctx *cx, Record *record, const Access *access, Str patient,
                    Str reason) MUST_USE;

/* ---- operations ----------------------------------------------------------------------------- */

/* All that the caller may see of the patient, himself first, as a Bundle of type collection.
 * SPEC GDPR 15 and 20, HIPAA 164.524 */
Status privacy_export(Ctx *cx, Record *record, const Call *call, Str patient,
                      Str *ret_bundle) MUST_USE;
/* That Bundle for reading: a PDF. language: "fr", "nl", "de", "en". */
Status privacy_paper(Ctx *cx, Str bundle, Str language, Str *ret_pdf) MUST_USE;

/* $restrict of the patient: nobody but he himself sees the record from now on, also not in an
 * emergency: a Consent that denies. on false: those end. SPEC GDPR 18 */
Status privacy_restrict(Ctx *cx, Record *record, const Call *call, Str patient, bool on) MUST_USE;

/* Puts `resource` in the place of Type/id, with a Provenance that says why and which version it
 * amends, in one transaction. SPEC GDPR 16, HIPAA 164.526 */
Status privacy_amend(Ctx *cx, Record *record, const Call *call, Str type, Str id, Str resource,
                     Str reason) MUST_USE;

typedef struct {
    Str country; /* whose law: a row of the retention table */
    Str reason;  /* on the audit log */
    bool ground; /* an order of a court or authority, or data that should never have been there:
                    erased although the time is not over. Never against a hold */
} PrivacyErase;
/* STATUS_FORBIDDEN with a sentence when the law does not allow it yet. SPEC GDPR 17 */
Status privacy_erase(Ctx *cx, Record *record, const Call *call, Str patient,
                     const PrivacyErase *how, RecordErased *ret_done) MUST_USE;

/* Lines of CSV: when, to whom, what, why; of what left the circle of treatment, payment and
 * operations, unless `all`. SPEC HIPAA 164.528 */
Status privacy_disclosures(Ctx *cx, Record *record, const Call *call, Str patient, Time since,
                           bool all, Str *ret_csv) MUST_USE;

/* ---- from the app ---------------------------------------------------------------------------- */

/* Patient/[id]/$copy, $disclosures, $amend, $restrict, $hold, $release, $erase. */
enum { PRIVACY_KINDS = 7 };
extern const OperationKind privacy_kinds[PRIVACY_KINDS];

/* Who may see a patient (docs/guide/access.md): POST [base]/Patient/[id]/$link, $unlink, $consent,
 * $block, $unblock, $break-glass; without an id, of the patient whom the parameters name. And POST
 * [base]/Task/[id]/$review: an auditor has looked over a broken glass. */
enum { ENTITLE_KINDS = 7 };
extern const OperationKind entitle_kinds[ENTITLE_KINDS];
/* A job "privacy-erase", as the program: what $erase decided. *ret_hopeless: another try is of no
 * use. */
Status privacy_erase_later(Ctx *cx, Record *record, const Access *access, Str payload,
                           bool *ret_hopeless) MUST_USE;

#endif
