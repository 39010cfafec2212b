/* record/looked.c - $who-looked: the audit log of one patient in words, for himself.
 *
 * The same rows as AuditEvent?patient=, under the same rule; each says who (by name and
 * profession), when, what he did and with which part of the record, in the language that is asked
 * for. Names of people stand in their Practitioner; the account is named where there is none. */
#include "record/trail.h"

#include "fhir/fhir.h"

enum { LANGUAGES = 4, KINDS_MAX = 8 };
static const Str languages[LANGUAGES] = {STR_INIT("en"), STR_INIT("fr"), STR_INIT("nl"),
                                         STR_INIT("de")};

typedef struct {
    Str word;
    Str in[LANGUAGES];
} Words;
#define WORDS(word, en, fr, nl, de)                                                                \
    {                                                                                              \
        STR_INIT(word),                                                                            \
        {                                                                                          \
            STR_INIT(en), STR_INIT(fr), STR_INIT(nl), STR_INIT(de)                                 \
        }                                                                                          \
    }

static const Words roles[] = {
    WORDS("gp", "general practitioner", "médecin généraliste", "huisarts", "Hausarzt"),
    WORDS("specialist", "specialist", "médecin spécialiste", "specialist", "Facharzt"),
    WORDS("physio", "physiotherapist", "kinésithérapeute", "kinesitherapeut", "Physiotherapeut"),
    WORDS("nurse", "nurse", "infirmier", "verpleegkundige", "Pflegefachkraft"),
    WORDS("psychologist", "psychologist", "psychologue", "psycholoog", "Psychologe"),
    WORDS("secretary", "reception", "secrétariat", "onthaal", "Empfang"),
    WORDS("billing", "billing", "facturation", "facturatie", "Abrechnung"),
    WORDS("pharmacist", "pharmacist", "pharmacien", "apotheker", "Apotheker"),
    WORDS("lab", "laboratory", "laboratoire", "laboratorium", "Labor"),
    WORDS("patient", "the patient", "le patient", "de patiënt", "der Patient"),
    WORDS("proxy", "a person with a mandate", "une personne mandatée", "een gemachtigde",
          "eine bevollmächtigte Person"),
    WORDS("auditor", "auditor", "auditeur", "auditor", "Prüfer"),
    WORDS("admin", "administration", "administration", "beheer", "Verwaltung"),
    WORDS("program", "a connected program", "un programme connecté", "een gekoppeld programma",
          "ein verbundenes Programm"),
    WORDS("operator", "operation of the system", "exploitation du système",
          "beheer van het systeem", "Betrieb des Systems"),
    WORDS("", "somebody", "quelqu'un", "iemand", "jemand"),
};

/* The first row that the interaction begins with. */
static const Words deeds[] = {
    WORDS("create", "added something", "a ajouté un élément", "voegde iets toe",
          "hat etwas hinzugefügt"),
    WORDS("update", "changed something", "a modifié un élément", "wijzigde iets",
          "hat etwas geändert"),
    WORDS("patch", "changed something", "a modifié un élément", "wijzigde iets",
          "hat etwas geändert"),
    WORDS("delete", "removed something", "a supprimé un élément", "verwijderde iets",
          "hat etwas entfernt"),
    WORDS("transaction", "wrote in your record", "a écrit dans votre dossier",
          "schreef in uw dossier", "hat in Ihre Akte geschrieben"),
    WORDS("batch", "worked in your record", "a travaillé dans votre dossier",
          "werkte in uw dossier", "hat in Ihrer Akte gearbeitet"),
    WORDS("history", "looked at earlier versions", "a consulté des versions antérieures",
          "bekeek eerdere versies", "hat frühere Fassungen angesehen"),
    WORDS("privacy-export", "took a copy of your record", "a pris une copie de votre dossier",
          "nam een kopie van uw dossier", "hat eine Kopie Ihrer Akte gezogen"),
    WORDS("break-glass", "opened your record in an emergency", "a ouvert votre dossier en urgence",
          "opende uw dossier in een noodgeval", "hat Ihre Akte im Notfall geöffnet"),
    WORDS("link", "noted that they take part in your care", "a noté qu’il prend part à vos soins",
          "noteerde aan uw zorg deel te nemen",
          "hat vermerkt, an Ihrer Behandlung beteiligt zu sein"),
    WORDS("unlink", "ended a care link", "a mis fin à un lien de soins",
          "beëindigde een zorgrelatie", "hat eine Behandlungsbeziehung beendet"),
    WORDS("review", "reviewed an opening in an emergency", "a contrôlé une ouverture en urgence",
          "controleerde een opening in nood", "hat eine Öffnung im Notfall geprüft"),
    WORDS("who-looked", "looked at this list", "a consulté cette liste", "bekeek deze lijst",
          "hat diese Liste angesehen"),
    WORDS("", "looked at your record", "a consulté votre dossier", "bekeek uw dossier",
          "hat Ihre Akte angesehen"),
};

static const Words kinds[] = {
    WORDS("Patient", "personal details", "données personnelles", "persoonsgegevens",
          "persönliche Angaben"),
    WORDS("Observation", "measurements and results", "mesures et résultats",
          "metingen en resultaten", "Messwerte und Befunde"),
    WORDS("Condition", "health problems", "problèmes de santé", "gezondheidsproblemen",
          "Gesundheitsprobleme"),
    WORDS("Medication", "medicines", "médicaments", "geneesmiddelen", "Arzneimittel"),
    WORDS("AllergyIntolerance", "allergies", "allergies", "allergieën", "Allergien"),
    WORDS("Encounter", "contacts", "contacts", "contacten", "Kontakte"),
    WORDS("DiagnosticReport", "reports", "rapports", "verslagen", "Berichte"),
    WORDS("Document", "documents", "documents", "documenten", "Dokumente"),
    WORDS("Composition", "documents", "documents", "documenten", "Dokumente"),
    WORDS("Immunization", "vaccinations", "vaccinations", "vaccinaties", "Impfungen"),
    WORDS("Appointment", "appointments", "rendez-vous", "afspraken", "Termine"),
    WORDS("Procedure", "treatments", "traitements", "behandelingen", "Behandlungen"),
    WORDS("Coverage", "insurance", "assurance", "verzekering", "Versicherung"),
    WORDS("Claim", "invoices", "factures", "facturen", "Rechnungen"),
    WORDS("AuditEvent", "who looked at the record", "qui a consulté le dossier",
          "wie het dossier bekeek", "wer die Akte angesehen hat"),
    WORDS("", "other parts", "autres parties", "andere delen", "andere Teile"),
};

static size_t find(const Words *words, Str text, bool whole)
{
    size_t i = 0;
    while (words[i].word.len &&
           !(whole ? str_eq(text, words[i].word) : str_has_prefix(text, words[i].word)))
        i++;
    return i;
}

static size_t language_of(Str query)
{
    Str name, value;
    while (search_next_pair(&query, &name, &value)) {
        for (size_t i = 0; i < LANGUAGES && str_eq(name, STR("language")); i++) {
            if (str_eq(value, languages[i]))
                return i;
        }
    }
    return 0;
}

/* ---- one line ----------------------------------------------------------------------------- */

typedef struct {
    Scene *scene;
    StoreReader *reader;
    uint64_t patient;
    size_t language;
    Buf *buf;
} Looked;

static void add_part(Buf *buf, const char *name, Str value)
{
    buf_format(buf, ",{\"name\":\"%s\",\"valueString\":", name);
    json_write_string(buf, value);
    buf_add_lit(buf, "}");
}

/* The name of a Practitioner as people read it. */
static Status name_of(Looked *l, Str reference, Str *ret_name)
{
    Str rest = reference, type = str_cut(&rest, '/');
    uint16_t number = fhir_type_find(type);
    StoreRow row;
    JsonValue *resource;
    *ret_name = STR_EMPTY;
    Status status = number ? store_get(l->reader, number, rest, true, &row) : STATUS_NOT_FOUND;
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted))
        return STATUS_OK;
    TRY(status);
    TRY(json_parse(l->scene->cx, row.body, &resource));
    JsonValue *name = json_item(json_get(resource, STR("name")), 0);
    Str text = json_get_str(name, STR("text")), family = json_get_str(name, STR("family")),
        given = json_str(json_item(json_get(name, STR("given")), 0));
    *ret_name = text.len ? text
                         : str_trim(arena_format(l->scene->cx->arena, STR_FMT " " STR_FMT,
                                                 STR_ARG(given), STR_ARG(family)));
    return STATUS_OK;
}

static void add_kind(const Looked *l, Str *seen, size_t *count, Str name)
{
    Str word = kinds[find(kinds, name, false)].in[l->language];
    for (size_t i = 0; i < *count; i++) {
        if (str_eq(seen[i], word))
            return;
    }
    if (*count < KINDS_MAX)
        seen[(*count)++] = word;
}

/* "médicaments, allergies" */
static void add_parts_seen(const Looked *l, const AuditEntry *e, const AuditAbout *about)
{
    Str seen[KINDS_MAX];
    size_t count = 0;
    if (about->id.len)
        add_kind(l, seen, &count, e->type);
    for (size_t i = 0; i < about->resource_count; i++)
        add_kind(l, seen, &count, about->resources[i]);
    if (!count)
        return;
    Buf words;
    buf_init(&words, l->scene->cx->arena, 64, 4096);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_lit(&words, ", ");
        buf_add_str(&words, seen[i]);
    }
    add_part(l->buf, "parts", buf_str(&words));
}

static Status add_row(Looked *l, const TrailRow *row)
{
    const AuditEntry *e = &row->entry;
    char at[TIME_INSTANT_LEN];
    Str name;
    TRY(name_of(l, e->who, &name));
    buf_format(l->buf, ",{\"name\":\"entry\",\"part\":[{\"name\":\"at\",\"valueInstant\":\"%.*s\"}",
               TIME_INSTANT_LEN, time_format_instant(row->at, at).at);
    if (!name.len)
        name = e->account.len ? e->account : roles[find(roles, e->role, true)].in[l->language];
    add_part(l->buf, "who", name);
    add_part(l->buf, "role", roles[find(roles, e->role, true)].in[l->language]);
    add_part(l->buf, "what", deeds[find(deeds, e->interaction, false)].in[l->language]);
    for (size_t i = 0; i < e->part_count; i++) {
        if (row->about[i].patient != l->patient)
            continue;
        add_parts_seen(l, e, &row->about[i]);
        if (row->about[i].reason.len)
            add_part(l->buf, "reason", row->about[i].reason);
    }
    bool broken = e->broken || str_eq(e->interaction, STR("break-glass"));
    buf_format(l->buf, ",{\"name\":\"glassBroken\",\"valueBoolean\":%s}",
               broken ? "true" : "false");
    buf_format(l->buf,
               ",{\"name\":\"event\",\"valueReference\":{\"reference\":\"AuditEvent/%llu\"}}",
               (unsigned long long)row->number);
    buf_add_lit(l->buf, "]}");
    return STATUS_OK;
}

/* ---- the operation ------------------------------------------------------------------------ */

static Status write_page(Looked *l, const TrailQuery *q, Str id)
{
    Scene *s = l->scene;
    TrailRow *rows;
    size_t count;
    uint64_t before;
    Buf buf;
    TRY(trail_find(s, l->reader, q, &rows, &count, &before));
    buf_init(&buf, s->cx->arena, 512 + count * 512, ANSWER_BYTES_MAX);
    l->buf = &buf;
    buf_format(&buf,
               "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"count\","
               "\"valueInteger\":%zu}",
               count);
    for (size_t i = 0; i < count; i++)
        TRY(add_row(l, &rows[i]));
    if (before)
        buf_format(&buf,
                   ",{\"name\":\"next\",\"valueUri\":\"" STR_FMT "/Patient/" STR_FMT
                   "/$who-looked?language=" STR_FMT "&_count=%zu&_before=%llu\"}",
                   STR_ARG(s->call->base), STR_ARG(id), STR_ARG(languages[l->language]), q->count,
                   (unsigned long long)before);
    buf_add_lit(&buf, "]}");
    s->reply->body = buf_str(&buf);
    return buf_done(&buf);
}

/* The parameters of AuditEvent, and the language. */
static Status parse(Scene *s, Str query, TrailQuery *ret_query)
{
    Str name, value, rest = query;
    Buf others;
    buf_init(&others, s->cx->arena, 64, 65536);
    while (search_next_pair(&rest, &name, &value)) {
        if (str_eq(name, STR("language")))
            continue;
        buf_format(&others, "%s" STR_FMT "=" STR_FMT, others.len ? "&" : "", STR_ARG(name),
                   STR_ARG(value));
    }
    TRY(buf_done(&others));
    return trail_parse(s, buf_str(&others), ret_query);
}

static Status who_looked(Scene *s, Str id)
{
    Looked l = {.scene = s, .language = language_of(s->call->query)};
    TrailQuery query;
    TRY(access_need_read(s->cx, s->call->access));
    TRY(scene_target(s, STR("Patient"), id));
    TRY(parse(s, s->call->query, &query));
    TRY(trail_of_patient(s, id, &query));
    l.patient = query.patient;
    TRY(trail_catch_up(s));
    TRY(scene_read(s, &l.reader));
    (void)store_read_as(l.reader, s->record->self); /* trail_row judges what is shown */
    Status status = trail_follow_merged(s, l.reader, id, l.patient);
    if (status == STATUS_OK)
        status = trail_sees(s, l.patient)
                     ? write_page(&l, &query, id)
                     : ctx_fail(s->cx, STATUS_FORBIDDEN, STR_EMPTY,
                                "Who looked at a record is for the patient and for auditors.");
    store_read_end(l.reader);
    return status;
}

Status record_who_looked(Record *record, Ctx *cx, const Call *call, Str id, Reply *reply)
{
    Scene scene = scene_begin(record, cx, call, reply, STR("who-looked"));
    return scene_end(&scene, who_looked(&scene, id));
}
