/* demo/encounter.c - Appointment and Encounter of a visit. */
#include "demo/chart.h"
#include "demo/staff.h"

static Str visit_title(const Visit *visit)
{
    switch (visit->kind) {
    case VISIT_PHYSIO: return STR("Séance de kinésithérapie");
    case VISIT_NURSE:
        return visit->home ? STR("Soins infirmiers à domicile") : STR("Soins infirmiers");
    case VISIT_PSYCHOLOGIST: return STR("Séance chez le psychologue");
    case VISIT_CHILD: return STR("Consultation de l'enfant");
    case VISIT_PREGNANCY: return STR("Suivi de grossesse");
    case VISIT_VACCINE: return STR("Vaccination");
    default:
        return visit->home ? STR("Visite à domicile du médecin")
                           : STR("Consultation de médecine générale");
    }
}

static void write_participant(Chart *chart, Str reference, Str display, Str status)
{
    Pen *pen = &chart->pen;
    pen_object(pen, STR_EMPTY);
    pen_reference(pen, STR("actor"), reference, display);
    PEN_RAW(pen, "\"required\":\"required\"");
    pen_text(pen, STR("status"), status);
    pen_end(pen);
}

static unsigned write_appointment(Chart *chart, const Visit *visit, Str status, Str why_not)
{
    Pen *pen = &chart->pen;
    const DemoStaff *who = staff_at(visit->staff);
    const DemoCentre *centre = &demo_centres[chart->home.centre];
    unsigned serial = pen_open(pen, STR("Appointment"));
    bool off = why_not.len > 0;
    pen_text(pen, STR("status"), status);
    if (off)
        pen_concept(pen, STR("cancelationReason"), STR_EMPTY, STR_EMPTY, why_not);
    pen_list(pen, STR("serviceType"));
    pen_concept(pen, STR_EMPTY, STR_EMPTY, STR_EMPTY, staff_role(visit->staff)->service);
    pen_list_end(pen);
    pen_concept(pen, STR("appointmentType"), STR("http://terminology.hl7.org/CodeSystem/v2-0276"),
                visit->kind == VISIT_ACUTE                            ? STR("WALKIN")
                : visit->number > 1 || visit->kind == VISIT_FOLLOW_UP ? STR("FOLLOWUP")
                                                                      : STR("ROUTINE"),
                visit_title(visit));
    pen_text(pen, STR("description"), visit_title(visit));
    pen_moment(pen, STR("start"), visit->at);
    pen_moment(pen, STR("end"), (Moment){visit->at.day, visit->at.minute + visit->minutes});
    pen_int(pen, STR("minutesDuration"), visit->minutes);
    pen_moment(
        pen, STR("created"),
        (Moment){day_working_until(visit->at.day - dice_between(&chart->dice, 1, 12)), 11 * 60});
    pen_list(pen, STR("participant"));
    write_participant(chart, chart->reference, chart->name,
                      off ? STR("declined") : STR("accepted"));
    write_participant(chart, who->reference, who->display, STR("accepted"));
    if (!visit->home) {
        char site[64];
        size_t len = STR("Location/").len;
        memcpy(site, "Location/", len);
        memcpy(site + len, centre->id.at, centre->id.len);
        len += centre->id.len;
        memcpy(site + len, "-site", 5);
        write_participant(chart, str_n(site, len + 5), centre->name, STR("accepted"));
    }
    pen_list_end(pen);
    pen_close(pen);
    return serial;
}

/* What is to come is booked; a few of them were cancelled. */
void appointment_write(Chart *chart, const Visit *visit)
{
    if (!booking_is_wanted(chart, visit))
        return;
    bool off = dice_chance(&chart->dice, 40);
    write_appointment(chart, visit, off ? STR("cancelled") : STR("booked"),
                      off ? STR("Annulé par le patient") : STR_EMPTY);
}

static unsigned write_past_appointment(Chart *chart, const Visit *visit)
{
    if (!booking_is_wanted(chart, visit))
        return 0;
    if (visit->missed >= 0) {
        Visit missed = *visit;
        missed.at = (Moment){booking_missed_day(visit), visit->missed};
        write_appointment(chart, &missed, STR("noshow"), STR_EMPTY);
    }
    return write_appointment(chart, visit, STR("fulfilled"), STR_EMPTY);
}

static void write_class(Pen *pen, bool home)
{
    pen_object(pen, STR("class"));
    PEN_RAW(pen, "\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\"");
    pen_text(pen, STR("code"), home ? STR("HH") : STR("AMB"));
    pen_text(pen, STR("display"), home ? STR("À domicile") : STR("Ambulatoire"));
    pen_end(pen);
}

unsigned encounter_write(Chart *chart, const Visit *visit, Str icpc, Str reason, unsigned condition)
{
    Pen *pen = &chart->pen;
    const DemoCentre *centre = &demo_centres[chart->home.centre];
    unsigned appointment = write_past_appointment(chart, visit);
    unsigned serial = pen_open(pen, STR("Encounter"));
    PEN_RAW(pen, "\"status\":\"finished\"");
    write_class(pen, visit->home);
    pen_list(pen, STR("type"));
    pen_concept(pen, STR_EMPTY, STR_EMPTY, STR_EMPTY, visit_title(visit));
    pen_list_end(pen);
    chart_subject(chart, STR("subject"));
    pen_list(pen, STR("participant"));
    pen_object(pen, STR_EMPTY);
    chart_staff(chart, STR("individual"), visit->staff);
    pen_end(pen);
    pen_list_end(pen);
    if (appointment) {
        pen_list(pen, STR("appointment"));
        pen_reference_serial(pen, STR_EMPTY, STR("Appointment"), appointment, STR_EMPTY);
        pen_list_end(pen);
    }
    pen_period(pen, STR("period"), visit->at,
               visit->minutes + (visit->minutes < 20 ? dice_between(&chart->dice, -3, 8) : 0));
    if (reason.len) {
        pen_list(pen, STR("reasonCode"));
        pen_concept(pen, STR_EMPTY, icpc.len ? STR("http://hl7.org/fhir/sid/icpc-2") : STR_EMPTY,
                    icpc, reason);
        pen_list_end(pen);
    }
    if (condition) {
        pen_list(pen, STR("diagnosis"));
        pen_object(pen, STR_EMPTY);
        pen_reference_serial(pen, STR("condition"), STR("Condition"), condition, reason);
        pen_end(pen);
        pen_list_end(pen);
    }
    pen_reference(pen, STR("serviceProvider"), staff_at(visit->staff)->centre, centre->name);
    pen_close(pen);
    return serial;
}
