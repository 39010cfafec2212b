/* demo/procedure.c - what was done to somebody: ICPC-2 process codes (-30 to -69). */
#include "demo/chart.h"

void procedure_write(Chart *chart, Str icpc, Str text, Moment at, unsigned encounter,
                     unsigned staff)
{
    Pen *pen = &chart->pen;
    pen_open(pen, STR("Procedure"));
    PEN_RAW(pen, "\"status\":\"completed\"");
    pen_concept(pen, STR("code"), STR("http://hl7.org/fhir/sid/icpc-2"), icpc, text);
    chart_subject(chart, STR("subject"));
    chart_encounter(chart, encounter);
    pen_moment(pen, STR("performedDateTime"), at);
    if (encounter) { /* else it was done elsewhere */
        pen_list(pen, STR("performer"));
        pen_object(pen, STR_EMPTY);
        chart_staff(chart, STR("actor"), staff);
        pen_end(pen);
        pen_list_end(pen);
    }
    pen_close(pen);
}
