/* people/merge.h - what merging and taking it back share; private to people/. */
#ifndef ACESO_PEOPLE_MERGE_H
#define ACESO_PEOPLE_MERGE_H

#include "people/inner.h"
#include "search/search.h"

/* What was changed by a merge: "Observation/1 3\n" for each, the version that it was before. An
 * item of the store beside the commit, so that it is exactly there when the merge is, and so that
 * nobody reads in it what he does not see. */
typedef struct {
    Buf lines;
} Journal;

typedef struct {
    const Access *access;
    OperationRow source, target;
    bool source_permits, target_permits;
    Journal journal;
} Merge;

/* Patient.link of that type: whom it names, or empty. */
Str merge_link_of(const JsonValue *patient, const char *kind);
Status merge_claim(Operation *op, Str a, Str b) MUST_USE;
Status merge_move_all(Operation *op, Merge *m) MUST_USE;
Status merge_relabel_belongings(Operation *op, const OperationRow *row) MUST_USE;
/* merge_preview.c: as the answer. Only what the caller sees is counted. */
Status merge_preview(Operation *op, Merge *m) MUST_USE;
/* Whether a member of a Patient says something about the person. */
bool merge_compares(Str member);
/* What the merge does to the patients' agreement: "both", "asked-again" or "none". */
const char *merge_consent_word(const Merge *m);
Status merge_trace(Operation *op, const Merge *m, const char *deed) MUST_USE;

/* journal.c */
Status journal_begin(Operation *op, Journal *journal) MUST_USE;
Status journal_add(Operation *op, Journal *journal, const OperationRow *row) MUST_USE;
/* Into the commit; behind what an earlier one of the same source has. */
Status journal_keep(Operation *op, const Journal *journal, Str source, Str target) MUST_USE;
/* STATUS_NOT_FOUND without an issue. target: id; lines as above. */
Status journal_read(Operation *op, Str source, Str *ret_target, Str *ret_lines) MUST_USE;
Status journal_drop(Operation *op, Str source) MUST_USE;

#endif
