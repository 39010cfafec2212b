/* load/resources.c - the resources that the load is made of: valid R4, of the size and
 * shape of the usual records, written by hand. Gaps {{...}} are filled by template.c.
 *
 * SPEC R4 patient.html, location.html, organization.html, practitioner.html,
 * encounter.html, observation.html, medicationrequest.html, claim.html,
 * explanationofbenefit.html, condition.html, diagnosticreport.html */
#include "load/template.h"

/* A template is one literal; the 4095 bytes that C99 guarantees are not enough for a bill. */
#pragma GCC diagnostic ignored "-Woverlength-strings"

#define DIV(text)                                                                                  \
    "\"text\":{\"status\":\"generated\",\"div\":\"<div "                                           \
    "xmlns=\\\"http://www.w3.org/1999/xhtml\\\">" text "</div>\"},"

#define CODING(system, code, display)                                                              \
    "{\"system\":\"" system "\",\"code\":\"" code "\",\"display\":\"" display "\"}"

#define CONCEPT(system, code, display)                                                             \
    "{\"coding\":[" CODING(system, code, display) "],\"text\":\"" display "\"}"

#define HL7          "http://terminology.hl7.org/CodeSystem/"
#define SNOMED       "http://snomed.info/sct"
#define EUROS(value) "{\"value\":" value ",\"currency\":\"EUR\"}"

/* One line of a bill, and the same line as the insurer settled it. */
#define CLAIM_ITEM(n, code, display)                                                               \
    "{\"sequence\":" n ",\"productOrService\":" CONCEPT(                                           \
        SNOMED, code,                                                                              \
        display) ",{{encounters}}\"servicedDate\":\"{{date}}\",\"quantity\":{\"value\":1},"        \
                 "\"unitPrice\":" EUROS("{{money}}") ",\"net\":" EUROS("{{money}}") "}"

#define ADJUDICATION(code, display)                                                                \
    "{\"category\":" CONCEPT(HL7 "adjudication", code,                                             \
                             display) ",\"amount\":" EUROS("{{money}}") "}"

#define EOB_ITEM(n, code, display)                                                                                                                                                                                                          \
    "{\"sequence\":" n ",\"category\":" CONCEPT(                                                                                                                                                                                            \
        HL7 "ex-benefitcategory", "1",                                                                                                                                                                                                      \
        "Medical Care") ",\"productOrService\":" CONCEPT(SNOMED, code, display) ",\"servicedPerio"                                                                                                                                          \
                                                                                "d\":{\"start\":"                                                                                                                                           \
                                                                                "\"{{time}}\"}"                                                                                                                                             \
                                                                                ",\"locationCodea"                                                                                                                                          \
                                                                                "bleConcept\""                                                                                                                                              \
                                                                                ":" CONCEPT(HL7 "ex-serviceplace", "19", "Off Campus-Outpatient Hospital") ",{{encounters}}\"net\":" EUROS("{{money}}") ",\"adjudication\":[" ADJUDICATION( \
                                                                                    "submitted",                                                                                                                                            \
                                                                                    "Submitted "                                                                                                                                            \
                                                                                    "Amount") "," ADJUDICATION("eligible",                                                                                                                  \
                                                                                                               "Eligible Amount") "," ADJUDICATION("deductible",                                                                            \
                                                                                                                                                   "Deductible") "," ADJUDICATION("benefit",                                                \
                                                                                                                                                                                  "Benefit Amount") "]}"

#define BILL                                                                                       \
    "\"status\":\"active\",\"type\":{\"coding\":[" CODING(                                         \
        HL7 "claim-type", "professional",                                                          \
        "Professional") "]},\"use\":\"claim\",\"patient\":{\"reference\":\"{{patient}}\"},"        \
                        "\"billablePeriod\":{\"start\":\"{{date}}\"},\"created\":\"{{date}}\","

#define OBSERVATION                                                                                \
    "{\"resourceType\":\"Observation\",{{id}}" DIV(                                                \
        "<p>Measured in the consulting room, patient seated and at rest, second of two "           \
        "readings.</p>") "\"identifier\":[{\"system\":\"https://laboratory.example.org/"           \
                         "results\",\"value\":\"{{number}}\"}],"                                   \
                         "\"status\":\"final\",\"category\":[{\"coding\":[" CODING(                \
                             HL7 "observation-category", "vital-signs",                            \
                             "Vital Signs") "]}],"                                                 \
                                            "\"subject\":{\"reference\":\"{{patient}}\"},{{"       \
                                            "encounter}}"                                          \
                                            "\"effectiveDateTime\":\"{{time}}\",\"issued\":\"{{"   \
                                            "date}}T18:30:00.000Z\","                              \
                                            "{{measurement}}"                                      \
                                            "\"method\":" CONCEPT(                                 \
                                                SNOMED, "702869007",                               \
                                                "Automated measurement "                           \
                                                "technique") ","                                   \
                                                             "\"note\":[{"                         \
                                                             "\"text\":"                           \
                                                             "\"Repeat at the "                    \
                                                             "next visit; the "                    \
                                                             "patient keeps a "                    \
                                                             "diary at "                           \
                                                             "home.\"}],"                          \
                                                             "\"interpretation"                    \
                                                             "\":[" CONCEPT(HL7 "v3-"              \
                                                                                "ObservationIn"    \
                                                                                "terpretation",    \
                                                                            "N", "Normal") "],"    \
                                                                                           "\"p"   \
                                                                                           "erf"   \
                                                                                           "orm"   \
                                                                                           "er"    \
                                                                                           "\":"   \
                                                                                           "[{"    \
                                                                                           "\"r"   \
                                                                                           "efe"   \
                                                                                           "ren"   \
                                                                                           "ce"    \
                                                                                           "\":"   \
                                                                                           "\"{"   \
                                                                                           "{pr"   \
                                                                                           "act"   \
                                                                                           "iti"   \
                                                                                           "one"   \
                                                                                           "r}}"   \
                                                                                           "\","   \
                                                                                           "\"d"   \
                                                                                           "isp"   \
                                                                                           "lay"   \
                                                                                           "\":"   \
                                                                                           "\"D"   \
                                                                                           "r "    \
                                                                                           "{{"    \
                                                                                           "giv"   \
                                                                                           "en}"   \
                                                                                           "} "    \
                                                                                           "{{"    \
                                                                                           "fam"   \
                                                                                           "ily"   \
                                                                                           "}}"    \
                                                                                           "\"}"   \
                                                                                           "]}"

const char
    *const template_texts[TEMPLATE_COUNT] =
        {
            [TEMPLATE_PATIENT] =
                "{\"resourceType\":\"Patient\",{{id}}" DIV("<p>Registered at the front desk.</p>") "\"identifier\":[{\"type\":" CONCEPT(
                    HL7 "v2-0203", "MR",
                    "Medical record number") ",\"system\":\"https://centre.example.org/"
                                             "patients\",\"value\":\"{{number}}\"},"
                                             "{\"system\":\"https://insurer.example.org/"
                                             "members\",\"value\":\"{{number}}\"}],"
                                             "\"active\":true,\"name\":[{\"use\":\"official\","
                                             "\"family\":\"{{family}}\","
                                             "\"given\":[\"{{given}}\",\"{{given}}\"]}],"
                                             "\"telecom\":[{\"system\":\"phone\",\"value\":\"+32 "
                                             "4{{two}} {{number}}\",\"use\":\"mobile\"},"
                                             "{\"system\":\"email\",\"value\":\"p{{number}}@"
                                             "example.org\"}],"
                                             "\"gender\":\"{{gender}}\",\"birthDate\":\"{{birth}}"
                                             "\","
                                             "\"address\":[{\"use\":\"home\",\"line\":[\"Rue de la "
                                             "Station {{two}}\"],\"city\":\"{{town}}\","
                                             "\"postalCode\":\"50{{two}}\",\"country\":\"BE\"}],"
                                             "\"maritalStatus\":" CONCEPT(
                                                 HL7 "v3-MaritalStatus", "M",
                                                 "Married") ","
                                                            "\"contact\":[{\"relationship\":"
                                                            "[" CONCEPT(
                                                                HL7 "v2-0131", "N",
                                                                "Next-of-Kin") "],"
                                                                               "\"name\":{"
                                                                               "\"family\":\"{{"
                                                                               "family}}\","
                                                                               "\"given\":[\"{{"
                                                                               "given}}\"]},"
                                                                               "\"telecom\":[{"
                                                                               "\"system\":"
                                                                               "\"phone\","
                                                                               "\"value\":\"+32 "
                                                                               "4{{two}} "
                                                                               "{{number}}\"}]}],"
                                                                               "\"communication\":["
                                                                               "{\"language\""
                                                                               ":" CONCEPT(
                                                                                   "urn:ietf:bcp:"
                                                                                   "47",
                                                                                   "fr",
                                                                                   "French") ",\"pr"
                                                                                             "eferr"
                                                                                             "ed\":"
                                                                                             "true}"
                                                                                             "]}",

            [TEMPLATE_LOCATION] =
                "{\"resourceType\":\"Location\",{{id}}"
                "\"identifier\":[{\"system\":\"https://centre.example.org/"
                "rooms\",\"value\":\"{{number}}\"}],"
                "\"status\":\"active\",\"name\":\"Consulting room {{two}}, "
                "{{town}}\",\"mode\":\"instance\","
                "\"type\":[" CONCEPT(
                    HL7 "v3-RoleCode", "OF",
                    "Outpatient facility") "],"
                                           "\"telecom\":[{\"system\":\"phone\",\"value\":\"+32 81 "
                                           "{{number}}\"}],"
                                           "\"address\":{\"line\":[\"Rue de Fer "
                                           "{{two}}\"],\"city\":\"{{town}}\",\"postalCode\":\"50{{"
                                           "two}}\","
                                           "\"country\":\"BE\"},\"physicalType\":" CONCEPT(
                                               HL7 "location-physical-type", "ro",
                                               "Room") ",\"position\":{\"longitude\":4.86{{two}},"
                                                       "\"latitude\":50.46{{two}}},"
                                                       "\"managingOrganization\":{\"reference\":\"{"
                                                       "{organization}}\"}}",

            [TEMPLATE_ORGANIZATION] =
                "{\"resourceType\":\"Organization\",{{id}}"
                "\"identifier\":[{\"system\":\"https://register.example.org/"
                "organizations\",\"value\":\"{{number}}\"}],"
                "\"active\":true,\"type\":[" CONCEPT(
                    HL7 "organization-type", "prov",
                    "Healthcare Provider") "],"
                                           "\"name\":\"Centre {{family}} {{town}}\","
                                           "\"telecom\":[{\"system\":\"phone\",\"value\":\"+32 81 "
                                           "{{number}}\",\"use\":\"work\"}],"
                                           "\"address\":[{\"line\":[\"Avenue des Tilleuls "
                                           "{{two}}\"],\"city\":\"{{town}}\","
                                           "\"postalCode\":\"50{{two}}\",\"country\":\"BE\"}]}",

            [TEMPLATE_PRACTITIONER] =
                "{\"resourceType\":\"Practitioner\",{{id}}"
                "\"identifier\":[{\"system\":\"https://register.example.org/"
                "licences\",\"value\":\"{{number}}\"}],"
                "\"active\":true,\"name\":[{\"family\":\"{{family}}\",\"given\":[\"{{given}}\"],"
                "\"prefix\":[\"Dr\"]}],"
                "\"telecom\":[{\"system\":\"email\",\"value\":\"d{{number}}@example.org\",\"use\":"
                "\"work\"}],"
                "\"address\":[{\"line\":[\"Rue Haute "
                "{{two}}\"],\"city\":\"{{town}}\",\"postalCode\":\"50{{two}}\","
                "\"country\":\"BE\"}],\"gender\":\"{{gender}}\",\"qualification\":[{"
                "\"code\":" CONCEPT(HL7 "v2-0360", "MD", "Doctor of Medicine") "}]}",

            [TEMPLATE_ENCOUNTER] =
                "{\"resourceType\":\"Encounter\",{{id}}"
                "\"identifier\":[{\"system\":\"https://centre.example.org/"
                "visits\",\"value\":\"{{number}}\"}],"
                "\"status\":\"finished\",\"class\":" CODING(
                    HL7 "v3-ActCode", "AMB",
                    "ambulatory") ","
                                  "\"type\":[" CONCEPT(
                                      SNOMED, "185349003",
                                      "Encounter for check up "
                                      "(procedure)") "],"
                                                     "\"subject\":{"
                                                     "\"reference\":\"{{"
                                                     "patient}}\","
                                                     "\"display\":\"{{"
                                                     "given}} "
                                                     "{{family}}\"},"
                                                     "\"participant\":[{"
                                                     "\"type\":[" CONCEPT(
                                                         HL7 "v3-"
                                                             "Participati"
                                                             "onType",
                                                         "PPRF",
                                                         "primary "
                                                         "performer") "],"
                                                                      "\""
                                                                      "in"
                                                                      "di"
                                                                      "vi"
                                                                      "du"
                                                                      "al"
                                                                      "\""
                                                                      ":{"
                                                                      "\""
                                                                      "re"
                                                                      "fe"
                                                                      "re"
                                                                      "nc"
                                                                      "e"
                                                                      "\""
                                                                      ":"
                                                                      "\""
                                                                      "{{"
                                                                      "pr"
                                                                      "ac"
                                                                      "ti"
                                                                      "ti"
                                                                      "on"
                                                                      "er"
                                                                      "}}"
                                                                      "\""
                                                                      ","
                                                                      "\""
                                                                      "di"
                                                                      "sp"
                                                                      "la"
                                                                      "y"
                                                                      "\""
                                                                      ":"
                                                                      "\""
                                                                      "Dr"
                                                                      " {"
                                                                      "{f"
                                                                      "am"
                                                                      "il"
                                                                      "y}"
                                                                      "}"
                                                                      "\""
                                                                      "}}"
                                                                      "],"
                                                                      "\""
                                                                      "pe"
                                                                      "ri"
                                                                      "od"
                                                                      "\""
                                                                      ":{"
                                                                      "\""
                                                                      "st"
                                                                      "ar"
                                                                      "t"
                                                                      "\""
                                                                      ":"
                                                                      "\""
                                                                      "{{"
                                                                      "ti"
                                                                      "me"
                                                                      "}}"
                                                                      "\""
                                                                      "},"
                                                                      "\""
                                                                      "re"
                                                                      "as"
                                                                      "on"
                                                                      "Co"
                                                                      "de"
                                                                      "\""
                                                                      ":"
                                                                      "[" CONCEPT(
                                                                          SNOMED, "38341003",
                                                                          "Hypertensive "
                                                                          "disorder") "],"
                                                                                      "\"ser"
                                                                                      "viceP"
                                                                                      "rovid"
                                                                                      "er\":"
                                                                                      "{\"re"
                                                                                      "feren"
                                                                                      "ce\":"
                                                                                      "\"{{"
                                                                                      "organ"
                                                                                      "izati"
                                                                                      "on}}"
                                                                                      "\"}}",

            [TEMPLATE_OBSERVATION] = OBSERVATION,

            [TEMPLATE_MEDICATION_REQUEST] =
                "{\"resourceType\":\"MedicationRequest\",{{id}}"
                "\"identifier\":[{\"system\":\"https://centre.example.org/"
                "prescriptions\",\"value\":\"{{number}}\"}],"
                "\"status\":\"active\",\"intent\":\"order\",\"medicationCodeableConcept\":" CONCEPT(
                    "http://www.whocc.no/atc", "C09AA02",
                    "enalapril") ","
                                 "\"subject\":{\"reference\":\"{{patient}}\"},{{encounter}}"
                                 "\"authoredOn\":\"{{time}}\","
                                 "\"requester\":{\"reference\":\"{{practitioner}}\",\"display\":"
                                 "\"Dr {{family}}\"},"
                                 "\"reasonCode\":[" CONCEPT(
                                     SNOMED, "38341003",
                                     "Hypertensive disorder") "],"
                                                              "\"dosageInstruction\":[{"
                                                              "\"sequence\":1,\"text\":\"One "
                                                              "tablet every morning\",\"timing\":"
                                                              "{\"repeat\":{\"frequency\":1,"
                                                              "\"period\":1,\"periodUnit\":\"d\"}},"
                                                              "\"asNeededBoolean\":false,"
                                                              "\"route\":" CONCEPT(
                                                                  SNOMED, "26643006",
                                                                  "Oral route") ","
                                                                                "\"doseAndRate\":[{"
                                                                                "\"doseQuantity\":{"
                                                                                "\"value\":10,"
                                                                                "\"unit\":\"mg\","
                                                                                "\"system\":"
                                                                                "\"http://"
                                                                                "unitsofmeasure."
                                                                                "org\",\"code\":"
                                                                                "\"mg\"}}]}],"
                                                                                "\"dispenseRequest"
                                                                                "\":{"
                                                                                "\"numberOfRepeatsA"
                                                                                "llowed\":5,"
                                                                                "\"quantity\":{"
                                                                                "\"value\":28,"
                                                                                "\"unit\":"
                                                                                "\"tablet\"}}}",

            [TEMPLATE_CLAIM] =
                "{\"resourceType\":\"Claim\",{{id}}"
                "\"identifier\":[{\"system\":\"https://centre.example.org/"
                "claims\",\"value\":\"{{number}}\"}]," BILL
                "\"provider\":{\"reference\":\"{{organization}}\"},"
                "\"priority\":{\"coding\":[" CODING(
                    HL7 "processpriority", "normal",
                    "Normal") "]},"
                              "\"diagnosis\":[{\"sequence\":1,"
                              "\"diagnosisCodeableConcept\":" CONCEPT(
                                  SNOMED, "38341003",
                                  "Hypertensive disorder") "}],"
                                                           "\"insurance\":[{\"sequence\":1,"
                                                           "\"focal\":true,\"coverage\":{"
                                                           "\"display\":\"Compulsory "
                                                           "insurance\"}}],"
                                                           "\"item\":[" CLAIM_ITEM("1", "185349003", "Encounter for check up (procedure)") "," CLAIM_ITEM(
                                                               "2", "430193006",
                                                               "Medication Reconciliation "
                                                               "(procedure)") "," CLAIM_ITEM("3",
                                                                                             "39655"
                                                                                             "0006",
                                                                                             "Blood"
                                                                                             " tes"
                                                                                             "t") "],"
                                                                                                  "\"total\":" EUROS(
                                                                                                      "{{money}}") "}",

            [TEMPLATE_EXPLANATION_OF_BENEFIT] =
                "{\"resourceType\":\"ExplanationOfBenefit\",{{id}}"
                "\"identifier\":[{\"system\":\"https://insurer.example.org/"
                "claims\",\"value\":\"{{number}}\"}]," BILL
                "\"insurer\":{\"reference\":\"{{organization}}\",\"display\":\"Compulsory "
                "insurance\"},"
                "\"provider\":{\"reference\":\"{{practitioner}}\"},\"outcome\":\"complete\","
                "\"careTeam\":[{\"sequence\":1,\"provider\":{\"reference\":\"{{practitioner}}\"},"
                "\"role\":" CONCEPT(
                    HL7 "claimcareteamrole", "primary",
                    "Primary provider") "}],"
                                        "\"insurance\":[{\"focal\":true,\"coverage\":{\"display\":"
                                        "\"Compulsory insurance\"}}],"
                                        "\"item\":[" EOB_ITEM("1", "185349003", "Encounter for check up (procedure)") "," EOB_ITEM("2", "430193006", "Medication Reconciliation (procedure)") "," EOB_ITEM(
                                            "3", "396550006",
                                            "Blood test") "],"
                                                          "\"total\":[{\"category\":" CONCEPT(
                                                              HL7 "adjudication", "submitted",
                                                              "Submitted Amount") ",\"amount\""
                                                                                  ":" EUROS(
                                                                                      "{{"
                                                                                      "money}"
                                                                                      "}") "}"
                                                                                           "]"
                                                                                           ","
                                                                                           "\"payme"
                                                                                           "nt\":{"
                                                                                           "\"amoun"
                                                                                           "t\""
                                                                                           ":" EUROS(
                                                                                               "{{"
                                                                                               "mon"
                                                                                               "ey}"
                                                                                               "}") "}}",

            [TEMPLATE_CONDITION] = "{\"resourceType\":\"Condition\",{{id}}" DIV(
                "<p>Hypertension, known since "
                "{{date}}, followed every three "
                "months; target below 130/80.</p>"
                "<p>Seen by Dr {{given}} {{family}} "
                "in {{town}}.</p>") "\"clinicalStatus"
                                    "\":{\"coding\":"
                                    "[" CODING(
                                        HL7 "condit"
                                            "ion-"
                                            "clinic"
                                            "al",
                                        "activ"
                                        "e",
                                        "Activ"
                                        "e") "]"
                                             "}"
                                             ","
                                             "\"verificationStatus\":{\"coding\":"
                                             "[" CODING(
                                                 HL7 "condition-ver-status", "confirmed",
                                                 "Confirmed") "]},\"category\":"
                                                              "[" CONCEPT(
                                                                  HL7 "condition-"
                                                                      "category",
                                                                  "problem-list-"
                                                                  "item",
                                                                  "Problem List "
                                                                  "Item") "],"
                                                                          "\"cod"
                                                                          "e\""
                                                                          ":" CONCEPT(
                                                                              SNOMED,
                                                                              "3"
                                                                              "8"
                                                                              "3"
                                                                              "4"
                                                                              "1"
                                                                              "0"
                                                                              "0"
                                                                              "3",
                                                                              "H"
                                                                              "y"
                                                                              "p"
                                                                              "e"
                                                                              "r"
                                                                              "t"
                                                                              "e"
                                                                              "n"
                                                                              "s"
                                                                              "i"
                                                                              "v"
                                                                              "e"
                                                                              " "
                                                                              "d"
                                                                              "i"
                                                                              "s"
                                                                              "o"
                                                                              "r"
                                                                              "d"
                                                                              "e"
                                                                              "r") ","
                                                                                   "\"subject\":{"
                                                                                   "\"reference\":"
                                                                                   "\"{{patient}}"
                                                                                   "\"},{{"
                                                                                   "encounter}}"
                                                                                   "\"onsetDateTime"
                                                                                   "\":\"{{time}}"
                                                                                   "\","
                                                                                   "\"recordedDate"
                                                                                   "\":\"{{date}}"
                                                                                   "\","
                                                                                   "\"asserter\":{"
                                                                                   "\"reference\":"
                                                                                   "\"{{"
                                                                                   "practitioner}}"
                                                                                   "\"}}",

            [TEMPLATE_DIAGNOSTIC_REPORT] =
                "{\"resourceType\":\"DiagnosticReport\",{{id}}"
                "\"status\":\"final\",\"category\":[{\"coding\":[" CODING(
                    HL7 "v2-0074", "LAB",
                    "Laboratory") "]}],\"code\":" CONCEPT("http://loinc.org", "11502-2",
                                                          "Laboratory report") ","
                                                                               "\"subject\":{"
                                                                               "\"reference\":\"{{"
                                                                               "patient}}\"},{{"
                                                                               "encounter}}"
                                                                               "\"effectiveDateTime"
                                                                               "\":\"{{time}}\","
                                                                               "\"issued\":\"{{"
                                                                               "date}}T12:00:00."
                                                                               "000Z\","
                                                                               "\"performer\":[{"
                                                                               "\"reference\":\"{{"
                                                                               "organization}}\"}],"
                                                                               "\"presentedForm\":["
                                                                               "{\"contentType\":"
                                                                               "\"application/"
                                                                               "pdf\",\"language\":"
                                                                               "\"fr\",\"data\":\"{"
                                                                               "{base64}}\","
                                                                               "\"title\":\"Report "
                                                                               "{{number}}\"}]}",
};
