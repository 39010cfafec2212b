/* tests/unit/label_cases.h - resources, and the facts that a reviewer gives them: class,
 * confidentiality, sensitivity, whom it is about ("-" nobody, "?" somebody unknown). */
#ifndef ACESO_LABEL_CASES_H
#define ACESO_LABEL_CASES_H

/* clang-format off */
static const struct {
    const char *why, *json, *facts;
} label_cases[] = {
    {"a patient is about himself",
     "{'resourceType':'Patient','id':'1'}",
     "D1 N - Patient/1"},
    {"a patient without an id is about somebody unknown",
     "{'resourceType':'Patient','active':true}",
     "D1 N - ?"},
    {"the other record of a patient is judged by itself",
     "{'resourceType':'Patient','id':'1','link':[{'other':{'reference':'Patient/2'},"
     "'type':'refer'}]}",
     "D1 N - Patient/1"},
    {"a mother is part of the record of her child",
     "{'resourceType':'RelatedPerson','id':'9','patient':{'reference':'Patient/1'}}",
     "D1 N - Patient/1"},
    {"a person is whoever he is in other roles",
     "{'resourceType':'Person','id':'1','link':[{'target':{'reference':'Patient/1'}},"
     "{'target':{'reference':'RelatedPerson/2'}}]}",
     "D1 N - Patient/1,RelatedPerson/2"},
    {"a person without a link is about somebody unknown",
     "{'resourceType':'Person','id':'1'}",
     "D1 N - ?"},
    {"staff in their work are the directory",
     "{'resourceType':'Practitioner','id':'1'}",
     "D0 N - -"},
    {"and so are their roles",
     "{'resourceType':'PractitionerRole','practitioner':{'reference':'Practitioner/1'}}",
     "D0 N - -"},
    {"an organisation is the directory",
     "{'resourceType':'Organization','name':'x'}",
     "D0 N - -"},
    {"a place is the directory",
     "{'resourceType':'Location','name':'x'}",
     "D0 N - -"},
    {"a group of people is about them",
     "{'resourceType':'Group','type':'person','actual':true,"
     "'member':[{'entity':{'reference':'Patient/2'}},{'entity':{'reference':'Patient/1'}}]}",
     "D1 N - Patient/1,Patient/2"},
    {"a group of more people than facts have room for is about somebody unknown",
     "{'resourceType':'Group','member':[{'entity':{'reference':'Patient/1'}},"
     "{'entity':{'reference':'Patient/2'}},{'entity':{'reference':'Patient/3'}},"
     "{'entity':{'reference':'Patient/4'}},{'entity':{'reference':'Patient/5'}},"
     "{'entity':{'reference':'Patient/6'}},{'entity':{'reference':'Patient/7'}},"
     "{'entity':{'reference':'Patient/8'}},{'entity':{'reference':'Patient/9'}}]}",
     "D1 N - ?"},
    {"eight people are as many as there is room for",
     "{'resourceType':'Group','member':[{'entity':{'reference':'Patient/1'}},"
     "{'entity':{'reference':'Patient/2'}},{'entity':{'reference':'Patient/3'}},"
     "{'entity':{'reference':'Patient/4'}},{'entity':{'reference':'Patient/5'}},"
     "{'entity':{'reference':'Patient/6'}},{'entity':{'reference':'Patient/7'}},"
     "{'entity':{'reference':'Patient/8'}}]}",
     "D1 N - Patient/1,Patient/2,Patient/3,Patient/4,Patient/5,Patient/6,Patient/7,Patient/8"},
    {"the same person twice is one",
     "{'resourceType':'Group','member':[{'entity':{'reference':'Patient/1'}},"
     "{'entity':{'reference':'Patient/1'}}]}",
     "D1 N - Patient/1"},
    {"a group of devices is about nobody",
     "{'resourceType':'Group','member':[{'entity':{'reference':'Device/of-nobody'}}]}",
     "D0 N - -"},
    {"a group by its criteria is about nobody",
     "{'resourceType':'Group','type':'person','actual':false}",
     "D0 N - -"},
    {"a care team is part of its patient's record",
     "{'resourceType':'CareTeam','subject':{'reference':'Patient/1'},"
     "'participant':[{'member':{'reference':'Practitioner/1'}}]}",
     "D1 N - Patient/1"},
    {"a team of a ward is about nobody",
     "{'resourceType':'CareTeam','name':'Ward 3'}",
     "D1 N - -"},
    {"a team of an encounter without a patient is about somebody unknown",
     "{'resourceType':'CareTeam','encounter':{'reference':'Encounter/1'}}",
     "D1 N - ?"},
    {"a consent is about who gives it, not about who is allowed",
     "{'resourceType':'Consent','patient':{'reference':'Patient/1'},"
     "'provision':{'actor':[{'reference':{'reference':'Patient/3'}}]}}",
     "D1 N - Patient/1"},
    {"a consent without a patient is about somebody unknown",
     "{'resourceType':'Consent','status':'active'}",
     "D1 N - ?"},
    {"linked records are about all of them, as strict as the strictest",
     "{'resourceType':'Linkage','item':[{'resource':{'reference':'Observation/of-1'}},"
     "{'resource':{'reference':'Patient/2'}}]}",
     "D8 R HIV Patient/1,Patient/2"},
    {"a reference with our address in front is ours",
     "{'resourceType':'Condition','subject':{'reference':'https://here/fhir/Patient/1'}}",
     "D7 N - Patient/1"},
    {"a reference to a version is to the patient",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1/_history/4'}}",
     "D7 N - Patient/1"},
    {"our address and a version too",
     "{'resourceType':'Condition',"
     "'subject':{'reference':'https://here/fhir/Patient/1/_history/4'}}",
     "D7 N - Patient/1"},
    {"a patient of another server is nobody we know",
     "{'resourceType':'Condition','subject':{'reference':'https://there/fhir/Patient/1'}}",
     "D7 N - ?"},
    {"a patient by identifier only is nobody we know",
     "{'resourceType':'Condition','subject':{'identifier':{'value':'85'}}}",
     "D7 N - ?"},
    {"a patient in words only is nobody we know",
     "{'resourceType':'Condition','subject':{'display':'Jan'}}",
     "D7 N - ?"},
    {"a contained patient is nobody we know",
     "{'resourceType':'Condition','contained':[{'resourceType':'Patient','id':'p'}],"
     "'subject':{'reference':'#p'}}",
     "D7 N - ?"},
    {"a uuid is nobody we know",
     "{'resourceType':'Condition','subject':{'reference':'urn:uuid:6e0b'}}",
     "D7 N - ?"},
    {"a type that is none is nobody we know",
     "{'resourceType':'Condition','subject':{'reference':'Patiens/1'}}",
     "D7 N - ?"},
    {"an id that is none is nobody we know",
     "{'resourceType':'Condition','subject':{'reference':'Patient/a b'}}",
     "D7 N - ?"},
    {"an empty reference is nobody we know",
     "{'resourceType':'Condition','subject':{}}",
     "D7 N - ?"},
    {"a condition of nobody is about somebody unknown",
     "{'resourceType':'Condition','code':{'text':'x'}}",
     "D7 N - ?"},
    {"a group is somebody",
     "{'resourceType':'Condition','subject':{'reference':'Group/1'}}",
     "D7 N - Group/1"},
    {"a measurement of a place is about nobody",
     "{'resourceType':'Observation','subject':{'reference':'Location/1'}}",
     "D7 N - -"},
    {"a measurement of a machine is about nobody",
     "{'resourceType':'Observation','subject':{'reference':'Device/of-nobody'}}",
     "D7 N - -"},
    {"a measurement of an implant is about who has it",
     "{'resourceType':'Observation','subject':{'reference':'Device/of-1'}}",
     "D7 N - Patient/1"},
    {"a measurement of a machine that nobody knows is about somebody unknown",
     "{'resourceType':'Observation','subject':{'reference':'Device/unheard'}}",
     "D7 N - ?"},
    {"what the finding looks at is not whom it is about",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'focus':[{'reference':'Patient/2'}],'performer':[{'reference':'Patient/3'}]}",
     "D7 N - Patient/1"},
    {"who asserts a problem is not whom it is about",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'asserter':{'reference':'Patient/2'}}",
     "D7 N - Patient/1"},
    {"an appointment is about its patient, not about the doctor",
     "{'resourceType':'Appointment','participant':[{'actor':{'reference':'Patient/1'}},"
     "{'actor':{'reference':'Practitioner/2'}},{'actor':{'reference':'Location/3'}}]}",
     "D3 N - Patient/1"},
    {"a couple's appointment is about both",
     "{'resourceType':'Appointment','participant':[{'actor':{'reference':'Patient/2'}},"
     "{'actor':{'reference':'Patient/1'}}]}",
     "D3 N - Patient/1,Patient/2"},
    {"a staff meeting is about nobody",
     "{'resourceType':'Appointment','participant':[{'actor':{'reference':'Practitioner/2'}},"
     "{'actor':{'reference':'Location/3'}}]}",
     "D3 N - -"},
    {"an appointment with a reason and no patient is about somebody unknown",
     "{'resourceType':'Appointment','participant':[{'actor':{'reference':'Practitioner/2'}}],"
     "'reasonCode':[{'text':'x'}]}",
     "D3 N - ?"},
    {"an appointment with a relative alone is about somebody unknown",
     "{'resourceType':'Appointment','participant':[{'actor':{'reference':'RelatedPerson/2'}}]}",
     "D3 N - ?"},
    {"an appointment with somebody who is named in words only",
     "{'resourceType':'Appointment','participant':[{'actor':{'display':'Jan'}}]}",
     "D3 N - ?"},
    {"an appointment with a doctor who is named in words only",
     "{'resourceType':'Appointment','participant':[{'actor':{'type':'Practitioner',"
     "'display':'Dr'}}]}",
     "D3 N - -"},
    {"a patient's answer to an invitation is his",
     "{'resourceType':'AppointmentResponse','actor':{'reference':'Patient/1'}}",
     "D3 N - Patient/1"},
    {"a doctor's answer is about nobody",
     "{'resourceType':'AppointmentResponse','actor':{'reference':'Practitioner/1'}}",
     "D3 N - -"},
    {"a schedule is about nobody",
     "{'resourceType':'Schedule','actor':[{'reference':'Practitioner/1'}]}",
     "D3 N - -"},
    {"a slot is about nobody, also one for therapy",
     "{'resourceType':'Slot',"
     "'serviceType':[{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'F32'}]}]}",
     "D3 N - -"},
    {"an encounter is scheduling",
     "{'resourceType':'Encounter','subject':{'reference':'Patient/1'},"
     "'participant':[{'individual':{'reference':'RelatedPerson/4'}}]}",
     "D3 N - Patient/1"},
    {"an encounter whose reason is sensitive is as sensitive",
     "{'resourceType':'Encounter','subject':{'reference':'Patient/1'},"
     "'reasonCode':[{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'B24'}]}]}",
     "D15 R HIV Patient/1"},
    {"an episode of care is scheduling",
     "{'resourceType':'EpisodeOfCare','patient':{'reference':'Patient/1'}}",
     "D3 N - Patient/1"},
    {"a task is about whom it is for",
     "{'resourceType':'Task','for':{'reference':'Patient/1'},"
     "'focus':{'reference':'ServiceRequest/9'}}",
     "D3 N - Patient/1"},
    {"a task for an encounter is about its patient",
     "{'resourceType':'Task','for':{'reference':'Encounter/of-1'}}",
     "D3 N - Patient/1"},
    {"an errand is about nobody",
     "{'resourceType':'Task','description':'order gloves'}",
     "D3 N - -"},
    {"a task with a resource and without a patient is about somebody unknown",
     "{'resourceType':'Task','focus':{'reference':'ServiceRequest/9'}}",
     "D3 N - ?"},
    {"a coverage is about who is covered, not about who pays",
     "{'resourceType':'Coverage','beneficiary':{'reference':'Patient/1'},"
     "'subscriber':{'reference':'Patient/2'},'payor':[{'reference':'Patient/3'}]}",
     "D4 N - Patient/1"},
    {"a claim is money",
     "{'resourceType':'Claim','patient':{'reference':'Patient/1'}}",
     "D4 N - Patient/1"},
    {"an invoice is about who was treated and who pays",
     "{'resourceType':'Invoice','subject':{'reference':'Patient/1'},"
     "'recipient':{'reference':'Patient/2'}}",
     "D4 N - Patient/1,Patient/2"},
    {"an invoice to an insurer is about who was treated",
     "{'resourceType':'Invoice','subject':{'reference':'Patient/1'},"
     "'recipient':{'reference':'Organization/2'}}",
     "D4 N - Patient/1"},
    {"an account of a patient is money",
     "{'resourceType':'Account','subject':[{'reference':'Patient/1'}]}",
     "D4 N - Patient/1"},
    {"an account of a ward is about nobody",
     "{'resourceType':'Account','subject':[{'reference':'Location/1'}]}",
     "D4 N - -"},
    {"an account that is guaranteed is somebody's",
     "{'resourceType':'Account','guarantor':[{'party':{'reference':'Patient/1'}}]}",
     "D4 N - ?"},
    {"what was billed is money",
     "{'resourceType':'ChargeItem','subject':{'reference':'Patient/1'}}",
     "D4 N - Patient/1"},
    {"a claim with a sensitive diagnosis is as sensitive",
     "{'resourceType':'Claim','patient':{'reference':'Patient/1'},"
     "'diagnosis':[{'diagnosisCodeableConcept':{'coding':[{'system':'http://hl7.org/fhir/sid/icd"
     "-10','code':'A51.0'}]}}]}",
     "D15 R SEX Patient/1"},
    {"an explanation of benefit is money",
     "{'resourceType':'ExplanationOfBenefit','patient':{'reference':'Patient/1'}}",
     "D4 N - Patient/1"},
    {"a payment is about whose claim it paid",
     "{'resourceType':'PaymentNotice','request':{'reference':'Claim/unheard'}}",
     "D4 N - ?"},
    {"an allergy",
     "{'resourceType':'AllergyIntolerance','patient':{'reference':'Patient/1'},"
     "'asserter':{'reference':'Patient/2'}}",
     "D5 N - Patient/1"},
    {"a flag on a patient is an alert",
     "{'resourceType':'Flag','subject':{'reference':'Patient/1'}}",
     "D5 N - Patient/1"},
    {"a flag on a place is about nobody",
     "{'resourceType':'Flag','subject':{'reference':'Location/1'}}",
     "D5 N - -"},
    {"MedicationRequest is medication",
     "{'resourceType':'MedicationRequest','subject':{'reference':'Patient/1'}}",
     "D6 N - Patient/1"},
    {"MedicationStatement is medication",
     "{'resourceType':'MedicationStatement','subject':{'reference':'Patient/1'}}",
     "D6 N - Patient/1"},
    {"MedicationAdministration is medication",
     "{'resourceType':'MedicationAdministration','subject':{'reference':'Patient/1'}}",
     "D6 N - Patient/1"},
    {"MedicationDispense is medication",
     "{'resourceType':'MedicationDispense','subject':{'reference':'Patient/1'}}",
     "D6 N - Patient/1"},
    {"a vaccination is medication",
     "{'resourceType':'Immunization','patient':{'reference':'Patient/1'}}",
     "D6 N - Patient/1"},
    {"an interaction of drugs is medication",
     "{'resourceType':'DetectedIssue','patient':{'reference':'Patient/1'}}",
     "D6 N - Patient/1"},
    {"a drug is the directory, whatever it is for",
     "{'resourceType':'Medication','code':{'coding':[{'system':'http://www.whocc.no/atc',"
     "'code':'J05AR10'}]}}",
     "D0 N - -"},
    {"a drug for HIV makes its prescription sensitive",
     "{'resourceType':'MedicationRequest','subject':{'reference':'Patient/1'},"
     "'medicationCodeableConcept':{'coding':[{'system':'http://www.whocc.no/atc',"
     "'code':'J05AR10'}]}}",
     "D15 R HIV Patient/1"},
    {"also when it is contained",
     "{'resourceType':'MedicationRequest','subject':{'reference':'Patient/1'},"
     "'contained':[{'resourceType':'Medication','id':'m',"
     "'code':{'coding':[{'system':'http://www.whocc.no/atc','code':'J05AR10'}]}}],"
     "'medicationReference':{'reference':'#m'}}",
     "D15 R HIV Patient/1"},
    {"a drug for dependence on opioids",
     "{'resourceType':'MedicationStatement','subject':{'reference':'Patient/1'},"
     "'medicationCodeableConcept':{'coding':[{'system':'http://www.whocc.no/atc',"
     "'code':'N07BC02'}]}}",
     "D15 R SUD Patient/1"},
    {"a drug for colds is no secret",
     "{'resourceType':'MedicationStatement','subject':{'reference':'Patient/1'},"
     "'medicationCodeableConcept':{'coding':[{'system':'http://www.whocc.no/atc',"
     "'code':'R05DA04'}]}}",
     "D6 N - Patient/1"},
    {"a problem",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'I10'}]}}",
     "D7 N - Patient/1"},
    {"HIV disease",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'B20.1'}]}}",
     "D15 R HIV Patient/1"},
    {"the end of a range of codes is in it",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'B24'}]}}",
     "D15 R HIV Patient/1"},
    {"what stands behind a range is not",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'B25.0'}]}}",
     "D7 N - Patient/1"},
    {"what stands before a range is not",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'B19.9'}]}}",
     "D7 N - Patient/1"},
    {"a code with no point is the same code",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'B201'}]}}",
     "D15 R HIV Patient/1"},
    {"a code that is shorter than the range is not in it",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'B'}]}}",
     "D7 N - Patient/1"},
    {"the same code of another system is another one",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://example.org/codes','code':'B20'}]}}",
     "D7 N - Patient/1"},
    {"the American edition has the same chapters",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10-cm','code':'F32.1'}]}}",
     "D13 R MH Patient/1"},
    {"syphilis",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'A53.9'}]}}",
     "D15 R SEX Patient/1"},
    {"dependence on alcohol",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'F10.2'}]}}",
     "D15 R SUD Patient/1"},
    {"the first disorder of the mind behind the substances",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'F20.0'}]}}",
     "D13 R MH Patient/1"},
    {"dementia stays with the problems: who cares must know",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'F03'}]}}",
     "D7 N - Patient/1"},
    {"attempted suicide",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'X64'}]}}",
     "D13 R MH Patient/1"},
    {"trisomy",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'Q90.9'}]}}",
     "D15 R GDIS Patient/1"},
    {"violence is no class of its own, but sensitive",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'T74.1'}]}}",
     "D7 R SDV Patient/1"},
    {"sexual dysfunction is both",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'F52.0'}]}}",
     "D13 R SEX+MH Patient/1"},
    {"two codes: the stricter class, and both categories",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'B24'},"
     "{'system':'http://hl7.org/fhir/sid/icd-10','code':'F32.0'}]}}",
     "D13 R HIV+MH Patient/1"},
    {"depression, as GPs code it",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icpc-2','code':'P76'}]}}",
     "D13 R MH Patient/1"},
    {"alcohol, as GPs code it",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icpc-2','code':'P15'}]}}",
     "D15 R SUD Patient/1"},
    {"dementia, as GPs code it",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icpc-2','code':'P70'}]}}",
     "D7 N - Patient/1"},
    {"HIV, as GPs code it",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icpc-2','code':'B90'}]}}",
     "D15 R HIV Patient/1"},
    {"hypertension, as GPs code it",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icpc-2','code':'K86'}]}}",
     "D7 N - Patient/1"},
    {"HIV, by SNOMED CT",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://snomed.info/sct','code':'86406008'}]}}",
     "D15 R HIV Patient/1"},
    {"depression, by SNOMED CT",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://snomed.info/sct','code':'35489007'}]}}",
     "D13 R MH Patient/1"},
    {"a cold, by SNOMED CT",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://snomed.info/sct','code':'82272006'}]}}",
     "D7 N - Patient/1"},
    {"a victim of intimate partner abuse",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://snomed.info/sct','code':'706893006'}]}}",
     "D7 R SDV Patient/1"},
    {"a sensitive code in an extension counts",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},'extension':[{'url':'x',"
     "'valueCoding':{'system':'http://hl7.org/fhir/sid/icd-10','code':'B24'}}]}",
     "D15 R HIV Patient/1"},
    {"a family history of a hereditary disease",
     "{'resourceType':'FamilyMemberHistory','patient':{'reference':'Patient/1'},"
     "'condition':[{'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10',"
     "'code':'G10'}]}}]}",
     "D15 R GDIS Patient/1"},
    {"a procedure",
     "{'resourceType':'Procedure','subject':{'reference':'Patient/1'}}",
     "D7 N - Patient/1"},
    {"a procedure with a sensitive reason",
     "{'resourceType':'Procedure','subject':{'reference':'Patient/1'},"
     "'reasonCode':[{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'F11.2'}]}]}",
     "D15 R SUD Patient/1"},
    {"physiotherapy by category is rehabilitation",
     "{'resourceType':'CarePlan','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://snomed.info/sct','code':'91251008'}]}]}",
     "D11 N - Patient/1"},
    {"any other plan is with the problems",
     "{'resourceType':'CarePlan','subject':{'reference':'Patient/1'}}",
     "D7 N - Patient/1"},
    {"physiotherapy by code is rehabilitation",
     "{'resourceType':'Procedure','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://snomed.info/sct','code':'91251008'}]}}",
     "D11 N - Patient/1"},
    {"a request for physiotherapy",
     "{'resourceType':'ServiceRequest','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://snomed.info/sct','code':'91251008'}]}}",
     "D11 N - Patient/1"},
    {"a goal",
     "{'resourceType':'Goal','subject':{'reference':'Patient/1'}}",
     "D7 N - Patient/1"},
    {"a questionnaire that was filled in",
     "{'resourceType':'QuestionnaireResponse','subject':{'reference':'Patient/1'},"
     "'source':{'reference':'RelatedPerson/4'}}",
     "D7 N - Patient/1"},
    {"one about an encounter",
     "{'resourceType':'QuestionnaireResponse','subject':{'reference':'Encounter/of-1'}}",
     "D7 N - Patient/1"},
    {"a questionnaire itself is a definition, whatever it asks",
     "{'resourceType':'Questionnaire','item':[{'code':[{'system':'http://loinc.org',"
     "'code':'44249-1'}]}]}",
     "D0 N - -"},
    {"a list of problems",
     "{'resourceType':'List','subject':{'reference':'Patient/1'}}",
     "D7 N - Patient/1"},
    {"a list of patients is about each",
     "{'resourceType':'List','entry':[{'item':{'reference':'Patient/1'}},"
     "{'item':{'reference':'Patient/2'}}]}",
     "D7 N - Patient/1,Patient/2"},
    {"a list of anything else without a subject is about somebody unknown",
     "{'resourceType':'List','entry':[{'item':{'reference':'Observation/1'}}]}",
     "D7 N - ?"},
    {"an implant",
     "{'resourceType':'Device','patient':{'reference':'Patient/1'}}",
     "D7 N - Patient/1"},
    {"a machine",
     "{'resourceType':'Device','status':'active'}",
     "D0 N - -"},
    {"goods for the shelf",
     "{'resourceType':'SupplyRequest','quantity':{'value':3}}",
     "D3 N - -"},
    {"goods for a patient",
     "{'resourceType':'SupplyRequest','deliverTo':{'reference':'Patient/1'}}",
     "D7 N - Patient/1"},
    {"who takes part in a study",
     "{'resourceType':'ResearchSubject','individual':{'reference':'Patient/1'}}",
     "D7 N - Patient/1"},
    {"a study",
     "{'resourceType':'ResearchStudy',"
     "'condition':[{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'B24'}]}]}",
     "D0 N - -"},
    {"glasses",
     "{'resourceType':'VisionPrescription','patient':{'reference':'Patient/1'}}",
     "D7 N - Patient/1"},
    {"an observation of no category is with the problems",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'}}",
     "D7 N - Patient/1"},
    {"a result of the laboratory",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-catego"
     "ry','code':'laboratory'}]}]}",
     "D8 N - Patient/1"},
    {"a vital sign",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-catego"
     "ry','code':'vital-signs'}]}]}",
     "D12 N - Patient/1"},
    {"imaging",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-catego"
     "ry','code':'imaging'}]}]}",
     "D9 N - Patient/1"},
    {"social history",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-catego"
     "ry','code':'social-history'}]}]}",
     "D7 N - Patient/1"},
    {"therapy",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-catego"
     "ry','code':'therapy'}]}]}",
     "D11 N - Patient/1"},
    {"two categories: the stricter one",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-catego"
     "ry','code':'vital-signs'}]},"
     "{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-category',"
     "'code':'laboratory'}]}]}",
     "D8 N - Patient/1"},
    {"a category that stands elsewhere is none",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'code':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-category',"
     "'code':'vital-signs'}]}}",
     "D7 N - Patient/1"},
    {"a test for HIV, whatever came of it",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-catego"
     "ry','code':'laboratory'}]}],'code':{'coding':[{'system':'http://loinc.org',"
     "'code':'7917-8'}]}}",
     "D15 R HIV Patient/1"},
    {"the viral load, as a component",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-catego"
     "ry','code':'laboratory'}]}],'component':[{'code':{'coding':[{'system':'http://loinc.org',"
     "'code':'20447-9'}]}}]}",
     "D15 R HIV Patient/1"},
    {"haemoglobin",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-catego"
     "ry','code':'laboratory'}]}],'code':{'coding':[{'system':'http://loinc.org',"
     "'code':'718-7'}]}}",
     "D8 N - Patient/1"},
    {"a score of depression",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-catego"
     "ry','code':'survey'}]}],'code':{'coding':[{'system':'http://loinc.org',"
     "'code':'44261-6'}]}}",
     "D13 R MH Patient/1"},
    {"a sequence of genes",
     "{'resourceType':'MolecularSequence','patient':{'reference':'Patient/1'}}",
     "D15 N - Patient/1"},
    {"a report of the laboratory",
     "{'resourceType':'DiagnosticReport','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v2-0074',"
     "'code':'LAB'}]}]}",
     "D8 N - Patient/1"},
    {"a report of radiology",
     "{'resourceType':'DiagnosticReport','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v2-0074',"
     "'code':'RAD'}]}]}",
     "D9 N - Patient/1"},
    {"a report of genetics",
     "{'resourceType':'DiagnosticReport','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v2-0074',"
     "'code':'GE'}]}]}",
     "D15 R GDIS Patient/1"},
    {"a report of no category is as one of the laboratory: the narrower",
     "{'resourceType':'DiagnosticReport','subject':{'reference':'Patient/1'}}",
     "D8 N - Patient/1"},
    {"images",
     "{'resourceType':'ImagingStudy','subject':{'reference':'Patient/1'}}",
     "D9 N - Patient/1"},
    {"a specimen",
     "{'resourceType':'Specimen','subject':{'reference':'Patient/1'}}",
     "D8 N - Patient/1"},
    {"a control of the laboratory was taken of nobody",
     "{'resourceType':'Specimen','status':'available'}",
     "D8 N - -"},
    {"a specimen that was collected was somebody's",
     "{'resourceType':'Specimen','collection':{'method':{'text':'x'}}}",
     "D8 N - ?"},
    {"a document is a note",
     "{'resourceType':'DocumentReference','subject':{'reference':'Patient/1'},"
     "'context':{'related':[{'reference':'Patient/7'}]}}",
     "D10 N - Patient/1"},
    {"a document from elsewhere, about the patient as he was there too",
     "{'resourceType':'DocumentReference','subject':{'reference':'Patient/1'},"
     "'context':{'sourcePatientInfo':{'reference':'Patient/2'}}}",
     "D10 N - Patient/1,Patient/2"},
    {"a report of imaging as a document",
     "{'resourceType':'DocumentReference','subject':{'reference':'Patient/1'},"
     "'type':{'coding':[{'system':'http://loinc.org','code':'18748-4'}]}}",
     "D9 N - Patient/1"},
    {"a report of the laboratory as a document",
     "{'resourceType':'DocumentReference','subject':{'reference':'Patient/1'},"
     "'type':{'coding':[{'system':'http://loinc.org','code':'11502-2'}]}}",
     "D8 N - Patient/1"},
    {"a psychiatrist's note",
     "{'resourceType':'DocumentReference','subject':{'reference':'Patient/1'},"
     "'type':{'coding':[{'system':'http://loinc.org','code':'28627-8'}]}}",
     "D13 R MH Patient/1"},
    {"a note of counselling is the author's alone",
     "{'resourceType':'Composition','subject':{'reference':'Patient/1'},"
     "'type':{'coding':[{'system':'http://loinc.org','code':'34866-4'}]}}",
     "D14 V PSYTHPN Patient/1"},
    {"an impression",
     "{'resourceType':'ClinicalImpression','subject':{'reference':'Patient/1'}}",
     "D10 N - Patient/1"},
    {"a message is about its subject, not who sends or gets it",
     "{'resourceType':'Communication','subject':{'reference':'Patient/1'},"
     "'sender':{'reference':'Patient/2'},'recipient':[{'reference':'Patient/3'}],"
     "'about':[{'reference':'Patient/4'}]}",
     "D10 N - Patient/1"},
    {"a message about nobody is about somebody unknown",
     "{'resourceType':'Communication','sender':{'reference':'Practitioner/2'}}",
     "D10 N - ?"},
    {"anything else is about its subject",
     "{'resourceType':'Basic','subject':{'reference':'Patient/1'}}",
     "D10 N - Patient/1"},
    {"a picture is imaging",
     "{'resourceType':'Media','subject':{'reference':'Patient/1'}}",
     "D9 N - Patient/1"},
    {"a picture of a specimen is about whose it was",
     "{'resourceType':'Media','subject':{'reference':'Specimen/of-1'}}",
     "D9 N - Patient/1"},
    {"bytes belong to the report they are named by",
     "{'resourceType':'Binary','securityContext':{'reference':'DocumentReference/of-1'}}",
     "D8 R HIV Patient/1"},
    {"bytes of a patient are as a note",
     "{'resourceType':'Binary','securityContext':{'reference':'Patient/1'}}",
     "D10 N - Patient/1"},
    {"bytes of nobody are hidden",
     "{'resourceType':'Binary','contentType':'text/plain'}",
     "D10 N - ?"},
    {"bytes of what is not there are hidden",
     "{'resourceType':'Binary','securityContext':{'reference':'DocumentReference/unheard'}}",
     "D10 N - ?"},
    {"an entry of the audit is about whose record was opened",
     "{'resourceType':'AuditEvent','agent':[{'who':{'reference':'Patient/5'}}],"
     "'entity':[{'what':{'reference':'Patient/1'}},{'what':{'reference':'Observation/2'}}]}",
     "D16 N - Patient/1"},
    {"provenance belongs to what it is about",
     "{'resourceType':'Provenance','target':[{'reference':'Observation/of-1'}]}",
     "D8 R HIV Patient/1"},
    {"provenance of what is not there is hidden",
     "{'resourceType':'Provenance','target':[{'reference':'Observation/unheard'}]}",
     "D16 N - ?"},
    {"provenance of a patient",
     "{'resourceType':'Provenance','target':[{'reference':'Patient/1'}]}",
     "D16 N - Patient/1"},
    {"a definition is the directory",
     "{'resourceType':'StructureDefinition','id':'x'}",
     "D0 N - -"},
    {"a value set is, whatever is in it",
     "{'resourceType':'ValueSet',"
     "'compose':{'include':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'B24'}]}}",
     "D0 N - -"},
    {"a search parameter is",
     "{'resourceType':'SearchParameter','code':'code'}",
     "D0 N - -"},
    {"a subscription is configuration",
     "{'resourceType':'Subscription','criteria':'Observation?'}",
     "D17 N - -"},
    {"an address of another machine is configuration: it may hold a password",
     "{'resourceType':'Endpoint','header':['x']}",
     "D17 N - -"},
    {"a hand-set level raises",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'meta':{'security':[{'system':'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',"
     "'code':'V'}]}}",
     "D7 V - Patient/1"},
    {"and lowers nothing",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'meta':{'security':[{'system':'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',"
     "'code':'U'}]},'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10',"
     "'code':'B24'}]}}",
     "D15 R HIV Patient/1"},
    {"a lower level than usual stays the usual one",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'meta':{'security':[{'system':'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',"
     "'code':'L'}]}}",
     "D7 N - Patient/1"},
    {"a hand-set category says the class",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'meta':{'security':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode',"
     "'code':'HIV'}]}}",
     "D15 R HIV Patient/1"},
    {"mental health, by hand",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'meta':{'security':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode',"
     "'code':'MH'}]}}",
     "D13 R MH Patient/1"},
    {"psychotherapy, by hand",
     "{'resourceType':'DocumentReference','subject':{'reference':'Patient/1'},"
     "'meta':{'security':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode',"
     "'code':'PSYTHPN'}]}}",
     "D14 V PSYTHPN Patient/1"},
    {"the older codes mean the same",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'meta':{'security':[{'system':'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',"
     "'code':'PSY'}]}}",
     "D13 R MH Patient/1"},
    {"a category that this program does not know is no reason to show it",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'meta':{'security':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode',"
     "'code':'NOVEL'}]}}",
     "D7 R - Patient/1"},
    {"nor is a label of somebody else's",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'meta':{'security':[{'system':'http://example.org/labels','code':'secret'}]}}",
     "D7 R - Patient/1"},
    {"a purpose says nothing of secrecy",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'meta':{'security':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActReason',"
     "'code':'HTEST'}]}}",
     "D7 N - Patient/1"},
    {"a label on a thing of the directory counts",
     "{'resourceType':'Organization',"
     "'meta':{'security':[{'system':'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',"
     "'code':'R'}]}}",
     "D0 R - -"},
    {"a tag is no label",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
     "'meta':{'tag':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode',"
     "'code':'HIV'}]}}",
     "D7 N - Patient/1"},
    {"a contained observation makes its container as strict",
     "{'resourceType':'MedicationRequest','subject':{'reference':'Patient/1'},"
     "'contained':[{'resourceType':'Observation','id':'o',"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-catego"
     "ry','code':'laboratory'}]}]}]}",
     "D8 N - Patient/1"},
    {"a contained doctor changes nothing",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-catego"
     "ry','code':'vital-signs'}]}],'contained':[{'resourceType':'Practitioner','id':'d'}]}",
     "D12 N - Patient/1"},
    {"a contained resource about another patient is about him too",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'contained':[{'resourceType':'Specimen','id':'s','subject':{'reference':'Patient/2'}}]}",
     "D8 N - Patient/1,Patient/2"},
    {"a label on what is contained counts",
     "{'resourceType':'Observation','subject':{'reference':'Patient/1'},"
     "'contained':[{'resourceType':'Specimen','id':'s',"
     "'meta':{'security':[{'system':'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',"
     "'code':'V'}]}}]}",
     "D8 V - Patient/1"},
    {"a bundle is about whom its entries are about",
     "{'resourceType':'Bundle','entry':[{'resource':{'resourceType':'Patient','id':'1'}},"
     "{'resource':{'resourceType':'Condition','subject':{'reference':'Patient/2'},"
     "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10','code':'B24'}]}}}]}",
     "D15 R HIV Patient/1,Patient/2"},
    {"a bundle of another server is about its patients, not ours",
     "{'resourceType':'Bundle','entry':[{'fullUrl':'https://there/fhir/Condition/1',"
     "'resource':{'resourceType':'Condition','subject':{'reference':'Patient/1'}}}]}",
     "D10 N - ?"},
    {"a bundle with our addresses is about ours",
     "{'resourceType':'Bundle','entry':[{'fullUrl':'https://here/fhir/Condition/1',"
     "'resource':{'resourceType':'Condition','subject':{'reference':'Patient/1'}}}]}",
     "D10 N - Patient/1"},
    {"a bundle of definitions is about nobody",
     "{'resourceType':'Bundle','entry':[{'resource':{'resourceType':'ValueSet','id':'v'}}]}",
     "D10 N - -"},
    {"parameters are about whom they carry",
     "{'resourceType':'Parameters','parameter':[{'name':'a','part':[{'name':'b',"
     "'resource':{'resourceType':'Condition','subject':{'reference':'Patient/1'}}}]}]}",
     "D17 N - Patient/1"},
};
/* clang-format on */

#endif
