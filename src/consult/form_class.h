/* consult/form_class.h - of which class of data the answers to a form are: what the form declares
 * in its extension urn:aceso:class ("D12"), else D7. Its responses carry that as a label
 * (meta.security, system urn:aceso:class), which $submit alone sets. docs/adr/0151 */
#ifndef ACESO_CONSULT_FORM_CLASS_H
#define ACESO_CONSULT_FORM_CLASS_H

#include "access/facts.h"
#include "consult/inner.h"

/* STATUS_UNPROCESSABLE when it declares a class that no form has: D5 to D15 do. */
Status form_class_of(Ctx *cx, const JsonValue *form, AccessClass *ret_class) MUST_USE;
/* Of a class that is its author's, or his profession's, alone: nobody else can be asked. */
bool form_class_is_own(AccessClass class);
/* ,"meta":{...}: what stands in it already, with the label of this class and no other. */
void form_class_write(Buf *buf, const JsonValue *meta, AccessClass class);
/* ,"meta":{...} of what was measured in such a form: a stricter class than its own, or nothing. */
void form_class_write_measured(Buf *buf, AccessClass class);
/* The label that stands there, or empty. */
Str form_class_label(const JsonValue *response);

#endif
