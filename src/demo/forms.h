/* demo/forms.h - Questionnaires of the network. */
#ifndef ACESO_DEMO_FORMS_H
#define ACESO_DEMO_FORMS_H

#include "demo/pen.h"

void forms_write(Ctx *cx, Pen *pen);

#endif
