/* consult/head.h - who writes and about whom: the head of every paper. */
#ifndef ACESO_CONSULT_HEAD_H
#define ACESO_CONSULT_HEAD_H

#include "consult/dose.h"
#include "consult/inner.h"
#include "paper/paper.h"

/* A phrase in en, fr, nl, de. */
typedef Str Phrase[DOSE_LANGUAGES];
#define PHRASE(en, fr, nl, de)                                                                     \
    {                                                                                              \
        STR_INIT(en), STR_INIT(fr), STR_INIT(nl), STR_INIT(de)                                     \
    }

typedef struct {
    Operation *op;
    DoseLanguage language;
    const Zone *zone; /* of the caller: the days on a paper are those of his wall */
    Str today;
    Paper *paper;
    OperationRow patient;
    Str writer; /* "Practitioner/1", or empty */
    Str writer_name, writer_number;
} Sheet;

/* Reads the patient as the caller sees him; `language` of the query, else the patient's own. */
Status sheet_begin(Operation *op, Str patient_id, Sheet *ret_sheet) MUST_USE;
/* Letterhead, addressee (or empty), patient, title. */
Status sheet_head(Sheet *sheet, Str writer, const Phrase title, Str addressee) MUST_USE;
/* The place to sign; when: "2026-11-21" or an instant. */
void sheet_sign(Sheet *sheet, Str when);
/* papers.c: what the patient takes now, by the hours of the day. */
Status sheet_medicines(Sheet *sheet) MUST_USE;
/* The bytes are the answer. */
Status sheet_end(Sheet *sheet) MUST_USE;

Str name_of_person(Ctx *cx, const JsonValue *resource);
/* "21/11/2026" of "2026-11-21", or of an instant; of less, what there is. */
Str date_words(const Sheet *sheet, Str date);
Str say(const Sheet *sheet, const Phrase phrase);

#endif
