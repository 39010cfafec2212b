/* The line of a prescription: what is understood, what is not, and that what is written back is
 * read as the same, in four languages; and that all of it is FHIR. The cases are what doctors of
 * four languages type, and what would hurt somebody if it were guessed. docs/guide/consultation.md
 */
#include "consult/dose.h"
#include "fhir/fhir.h"
#include "testing.h"

static const struct {
    const char *why, *text;
    const char *medicine, *sentence; /* as typed; in English */
    const char *missing, *left;      /* words of missing_words; what is not understood, with | */
} cases[] = {
    /* clang-format off */
    {"a strength without a unit is no dose", "amoxicillin 500 3x/d 7d",
     "amoxicillin 500", "500 3 times a day for 7 days",
     "dose-unit", ""},
    {"French, all of it", "amoxicilline 500 mg 1 co 3x/j pendant 7 jours",
     "amoxicilline 500 mg", "1 tablet 3 times a day for 7 days",
     "", ""},
    {"as needed, at most four times", "paracetamol 1g zn max 4/d",
     "paracetamol 1g", "1 g as needed, at most 4 times a day",
     "", ""},
    {"a scheme counts what it does not name", "sertraline 50 mg 1-0-1",
     "sertraline 50 mg", "1 in the morning, 1 in the evening",
     "form", ""},
    {"Dutch: every eight hours", "ibuprofen 400 mg 1 tab om de 8 uur",
     "ibuprofen 400 mg", "1 tablet every 8 hours",
     "", ""},
    {"German; the strength may stay without a unit where tablets are counted", "ibuprofen 600 alle 8 Stunden 1 Tablette",
     "ibuprofen 600", "1 tablet every 8 hours",
     "", ""},
    {"a range, initials, a maximum in grams", "paracétamol 500 mg 1 à 2 co s.o.s. max 4 g/j",
     "paracétamol 500 mg", "1 to 2 tablets as needed, at most 4 g a day",
     "", ""},
    {"a meal and a duration both begin with pendant", "ibuprofène 400 1 co 3x/j pendant les repas 5 jours",
     "ibuprofène 400", "1 tablet 3 times a day with meals for 5 days",
     "", ""},
    {"Dutch: 's morgens", "ramipril 5 mg 1x/d 's morgens",
     "ramipril 5 mg", "5 mg once a day in the morning",
     "", ""},
    {"850 mg is the strength once tablets are counted", "metformine 850 mg 2x daags 1 tablet bij de maaltijd",
     "metformine 850 mg", "1 tablet 2 times a day with meals",
     "", ""},
    {"two substances, two strengths", "amoxicilline/acide clavulanique 875/125 mg 1 co 2x/j 7j",
     "amoxicilline/acide clavulanique 875/125 mg", "1 tablet 2 times a day for 7 days",
     "", ""},
    {"insulin has units and no strength", "insuline glargine 14 U au coucher",
     "insuline glargine", "14 units at bedtime",
     "", ""},
    {"a jeun is kept as an instruction", "lévothyroxine 75 µg 1 co le matin à jeun",
     "lévothyroxine 75 µg", "1 tablet in the morning on an empty stomach",
     "", ""},
    {"a maximum in tablets, a reason", "paracetamol 500 mg 1-2 tabl. max. 8 tabl per dag zo nodig bij pijn",
     "paracetamol 500 mg", "1 to 2 tablets as needed for pijn, at most 8 tablets a day",
     "", ""},
    {"q4h", "salbutamol 100 µg 2 puffs q4h prn",
     "salbutamol 100 µg", "2 puffs every 4 hours as needed",
     "", ""},
    {"micrograms an hour are a strength, not a frequency", "fentanyl 50 µg/h 1 patch/72h",
     "fentanyl 50 µg/h", "1 patch every 72 hours",
     "", ""},
    {"only in the morning", "prednisolone 32 mg 1 co matin 5j",
     "prednisolone 32 mg", "1 tablet in the morning for 5 days",
     "", ""},
    {"at most five days is a duration", "xylometazoline 1 mg/ml 2 pulvérisations 3x/j dans le nez max 5 jours",
     "xylometazoline 1 mg/ml", "2 sprays in the nose 3 times a day for 5 days",
     "", ""},
    {"milligrams in a spoonful are a strength", "amoxicilline 250 mg/5 ml sirop 5 ml 3x/j 7 jours",
     "amoxicilline 250 mg/5 ml", "5 ml 3 times a day for 7 days",
     "", ""},
    {"international units, once a month", "cholecalciferol 25000 IE 1 amp per maand",
     "cholecalciferol 25000 IE", "1 ampoule once a month",
     "", ""},
    {"a day of the week", "alendronate 70 mg 1x/week op maandag",
     "alendronate 70 mg", "70 mg once a week on mondays",
     "", ""},
    {"the once-weekly poison: methotrexate", "methotrexate 2.5 mg 6 co 1x/sem le lundi",
     "methotrexate 2.5 mg", "6 tablets once a week on mondays",
     "", ""},
    {"every other day in Dutch", "furosemide 40 mg 1 tab om de andere dag",
     "furosemide 40 mg", "1 tablet every 2 days",
     "", ""},
    {"a zero before the comma: no thousands", "digoxine 0,125 mg 1 co/j",
     "digoxine 0,125 mg", "1 tablet once a day",
     "", ""},
    {"a zero before the point", "digoxine 0.125 mg 1 co/j",
     "digoxine 0.125 mg", "1 tablet once a day",
     "", ""},
    {"1.250 may be one or a thousand", "metoprolol 1.250 mg 1 co/j",
     "metoprolol", "1 tablet once a day",
     "", "1.250|mg"},
    {"three times with meals in German", "ibuprofen 600mg 1-1-1 zum Essen 10 Tage",
     "ibuprofen 600mg", "1 in the morning, 1 at noon, 1 in the evening with meals for 10 days",
     "form", ""},
    {"before meals, in the morning", "Pantoprazol 40 mg 1-0-0 vor dem Essen",
     "Pantoprazol 40 mg", "1 in the morning before meals",
     "form", ""},
    {"German: twice a day", "Tilidin 50 mg 2x täglich",
     "Tilidin 50 mg", "50 mg 2 times a day",
     "", ""},
    {"bis 4x is a maximum", "novalgin 20 Tropfen bis 4x täglich bei Bedarf",
     "novalgin", "20 drops as needed, at most 4 times a day",
     "", ""},
    {"a percentage is never a dose", "diclofenac gel 1% 3x/j",
     "diclofenac gel 1%", "3 times a day",
     "", ""},
    {"a cream needs no dose", "hydrocortisone crème 1 % 2x/j sur la peau 7j",
     "hydrocortisone crème 1 %", "on the skin 2 times a day for 7 days",
     "", ""},
    {"drops in an eye", "timolol 0,5% 1 gtt 2x/j dans l'œil",
     "timolol 0,5%", "1 drop in the eye 2 times a day",
     "", ""},
    {"one or two sachets", "movicol 1 sachet 1 à 2x/j",
     "movicol", "1 sachet 1 to 2 times a day",
     "", ""},
    {"half a tablet", "lorazepam 1 mg 1/2 co au coucher si besoin",
     "lorazepam 1 mg", "0.5 tablet at bedtime as needed",
     "", ""},
    {"10 and a half stand apart: neither 10.5 nor 10", "zolpidem 10 ½ co hs",
     "zolpidem", "at bedtime",
     "dose", "10 ½"},
    {"before breakfast", "omeprazol 20 mg 1 caps voor het ontbijt",
     "omeprazol 20 mg", "1 capsule in the morning before meals",
     "", ""},
    {"three times of what?", "paracetamol 3x 1 g",
     "paracetamol", "1 g 3 times",
     "period", ""},
    {"a gram four times", "paracetamol 1g 4x/d",
     "paracetamol 1g", "1 g 4 times a day",
     "", ""},
    {"3x1 says no period", "paracetamol 1000 mg 3x1",
     "paracetamol 1000 mg", "1 3 times",
     "period form", ""},
    {"2dd1 is Dutch for twice one", "paracetamol 2dd1 tabl 500 mg",
     "paracetamol", "1 tablet 2 times a day",
     "", ""},
    {"two tablets a day: at once?", "amoxicilline 1 g 2 co par jour 7j",
     "amoxicilline 1 g", "2 tablets once a day for 7 days",
     "division", ""},
    {"words that mean nothing are the name", "foo bar",
     "foo bar", "",
     "dose frequency", ""},
    {"a number alone", "12",
     "", "12",
     "name dose-unit frequency", ""},
    {"a frequency alone", "3x/d",
     "", "3 times a day",
     "name dose", ""},
    {"once a day in French", "aspirine 80 mg 1 par jour",
     "aspirine 80 mg", "80 mg once a day",
     "", ""},
    {"the same in the morning and in the evening", "bisoprolol 2,5 1 co matin et soir",
     "bisoprolol 2,5", "1 tablet in the morning, 1 tablet in the evening",
     "", ""},
    {"one here, a half there", "bisoprolol 2,5 mg 1 matin 1/2 soir",
     "bisoprolol 2,5 mg", "1 in the morning, 0.5 in the evening",
     "form", ""},
    {"a name with a hyphen", "co-trimoxazole 800/160 mg 1 co 2x/j 3j",
     "co-trimoxazole 800/160 mg", "1 tablet 2 times a day for 3 days",
     "", ""},
    {"25 000 is written with a blank", "vitamine D 25 000 UI 1 ampoule par mois",
     "vitamine D 25 000 UI", "1 ampoule once a month",
     "", ""},
    {"a name with a number in it; how often stands last", "vitamine B12 1000 µg 1 inj im par mois",
     "vitamine B12 1000 µg", "1 injection intramuscularly once a month",
     "", ""},
    {"a second dose is not read as one", "colchicine 1 mg 1 co 2x/j puis 1 co/j",
     "colchicine 1 mg", "1 tablet 2 times a day",
     "", "1 co/j"},
    {"three tablets behind the duration may be what is dispensed", "azithromycine 500 mg 1x/j 3 jours 3 co",
     "azithromycine 500 mg", "500 mg once a day for 3 days",
     "", "3 co"},
    {"a quantity that is called one", "azithromycine 500 mg 1 co 1x/j 3 jours qté 3",
     "azithromycine 500 mg", "1 tablet once a day for 3 days; quantity 3",
     "", ""},
    {"2x1 says no period", "zinnat 500 2x1 7d",
     "zinnat 500", "1 2 times for 7 days",
     "period form", ""},
    {"a maximum in 24 hours", "dafalgan 1g 1 co 4x/j max 4/24h",
     "dafalgan 1g", "1 tablet 4 times a day, at most 4 times per 24 hours",
     "", ""},
    {"a reason makes it as needed", "dafalgan forte 1g 1 co toutes les 6 heures si douleur",
     "dafalgan forte 1g", "1 tablet every 6 hours as needed for douleur",
     "", ""},
    {"milligrams in millilitres, an injection under the skin", "enoxaparine 40 mg/0,4 ml 1 injection sc 1x/j 10 jours",
     "enoxaparine 40 mg/0,4 ml", "1 injection subcutaneously once a day for 10 days",
     "", ""},
    {"initials with points", "buscopan 10 mg 1 co s.o.s.",
     "buscopan 10 mg", "1 tablet as needed",
     "", ""},
    {"gel. is a capsule behind a number", "tradonal 50 mg 1 gél. 3 fois par jour si nécessaire",
     "tradonal 50 mg", "1 capsule 3 times a day as needed",
     "", ""},
    {"a brand name", "Ventolin 2 bouffées 4x/j si besoin",
     "Ventolin", "2 puffs 4 times a day as needed",
     "", ""},
    {"bid", "apixaban 5 mg bid",
     "apixaban 5 mg", "5 mg 2 times a day",
     "", ""},
    {"od, and 75 of what?", "clopidogrel 75 od",
     "clopidogrel 75", "75 once a day",
     "dose-unit", ""},
    {"once daily, long term", "amlodipine 5 mg once daily chronic",
     "amlodipine 5 mg", "5 mg once a day long term",
     "", ""},
    {"three tablets every day: at once?", "prednisone 5 mg 3 tablets every day for 1 week",
     "prednisone 5 mg", "3 tablets once a day for 1 week",
     "division", ""},
    {"numbers in words", "paracetamol one tablet three times a day",
     "paracetamol", "1 tablet 3 times a day",
     "", ""},
    {"1 1/2: one and a half, or 1 mg and a half", "lorazepam 1 1/2 co hs",
     "lorazepam", "at bedtime",
     "dose", "1 1/2"},
    {"1½ in one sign", "lorazepam 1½ co hs",
     "lorazepam", "1.5 tablets at bedtime",
     "", ""},
    {"six a day: at once?", "prednisone 5 mg 6 par jour",
     "prednisone 5 mg", "5 mg 6 times a day",
     "division", ""},
    {"every other day in English", "ferrous sulfate 325 mg 1 tab every other day",
     "ferrous sulfate 325 mg", "1 tablet every 2 days",
     "", ""},
    {"the letter E is a unit of insulin", "insulin aspart 6 E voor de maaltijd",
     "insulin aspart 6 E", "6 units before meals",
     "", ""},
    {"a scheme of insulin with units", "insuline novorapid 4-6-4 U",
     "insuline novorapid", "4 units in the morning, 6 units at noon, 4 units in the evening",
     "", ""},
    {"max 3 says no period", "nitroglycerine 0,4 mg 1 pulv sous la langue si douleur thoracique max 3",
     "nitroglycerine 0,4 mg", "1 spray under the tongue as needed for douleur thoracique, at most 3 times",
     "period", ""},
    {"tgl.", "macrogol 1 beutel 1-2x tgl.",
     "macrogol", "1 sachet 1 to 2 times a day",
     "", ""},
    {"four parts of the day", "Ramipril 5mg 1-0-0-0",
     "Ramipril 5mg", "1 in the morning",
     "form", ""},
    {"halves in a scheme", "Bisoprolol 2,5 mg 0,5-0-0",
     "Bisoprolol 2,5 mg", "0.5 in the morning",
     "form", ""},
    {"4dd", "vancomycine 125 mg 4dd 10d",
     "vancomycine 125 mg", "125 mg 4 times a day for 10 days",
     "", ""},
    {"every four hours, u is an hour", "morphine 10 mg om de 4 u zo nodig",
     "morphine 10 mg", "10 mg every 4 hours as needed",
     "", ""},
    {"English behind Dutch", "morfine 5 mg sc q4h prn for dyspnoea",
     "morfine 5 mg", "5 mg subcutaneously every 4 hours as needed for dyspnoea",
     "", ""},
    {"per kilogram is not computed", "paracétamol 15 mg/kg 4x/j",
     "paracétamol", "4 times a day",
     "dose", "15 mg/kg"},
    {"every four to six hours", "oxycodone 5 mg 1 co toutes les 4 à 6 heures si besoin max 6 co/j",
     "oxycodone 5 mg", "1 tablet every 4 to 6 hours as needed, at most 6 tablets a day",
     "", ""},
    {"at eight o'clock is not every eight hours", "amlodipine 5 mg 1 co om 8 uur",
     "amlodipine 5 mg", "1 tablet at 8 o'clock",
     "", ""},
    {"three hours of the clock", "levodopa 100/25 mg 1 co à 8h à 12h à 16h",
     "levodopa 100/25 mg", "1 tablet at 8 o'clock at 12 o'clock at 16 o'clock",
     "", ""},
    {"every six months", "denosumab 60 mg 1 inj sc tous les 6 mois",
     "denosumab 60 mg", "1 injection subcutaneously every 6 months",
     "", ""},
    {"every three months", "medroxyprogesterone 150 mg im every 3 months",
     "medroxyprogesterone 150 mg", "150 mg intramuscularly every 3 months",
     "", ""},
    {"three days of the week", "acenocoumarol 2 mg 1 co lundi mercredi vendredi",
     "acenocoumarol 2 mg", "1 tablet on mondays on wednesdays on fridays",
     "", ""},
    {"repeats behind commas", "simvastatine 20 mg 1 comp 's avonds, 90 dagen, 3 herhalingen",
     "simvastatine 20 mg", "1 tablet in the evening for 90 days; 3 repeats",
     "", ""},
    {"tot 4x is a maximum", "tramadol 50 mg 1 caps tot 4x per dag",
     "tramadol 50 mg", "1 capsule, at most 4 times a day",
     "frequency", ""},
    {"seven to ten days", "ciprofloxacine 500 mg 2 x / jour pendant 7 à 10 jours",
     "ciprofloxacine 500 mg", "500 mg 2 times a day for 7 to 10 days",
     "", ""},
    {"once", "dexaméthasone 4 mg stat",
     "dexaméthasone 4 mg", "4 mg single dose",
     "", ""},
    {"40 mg a day: at once?", "prednisolone 40 mg/j 5 jours",
     "prednisolone", "40 mg once a day for 5 days",
     "division", ""},
    {"per kilogram and day", "amoxicilline 50 mg/kg/j",
     "amoxicilline", "",
     "dose frequency", "50 mg/kg/j"},
    {"glued together", "paracetamol 500mg 1cp 3x/j",
     "paracetamol 500mg", "1 tablet 3 times a day",
     "", ""},
    {"a number glued to the name belongs to it", "ibuprofen400 3x1",
     "ibuprofen400", "1 3 times",
     "period form", ""},
    {"a strength of an unknown unit, once a day", "acetylcysteine 600 1x/j",
     "acetylcysteine 600", "600 once a day",
     "dose-unit", ""},
    {"English suspension", "amoxicillin 250mg/5ml 7.5ml tid 10 days",
     "amoxicillin 250mg/5ml", "7.5 ml 3 times a day for 10 days",
     "", ""},
    {"English antibiotic", "doxycycline 100 mg bid for 7 days",
     "doxycycline 100 mg", "100 mg 2 times a day for 7 days",
     "", ""},
    {"qid", "nitrofurantoin 100 mg 1 cap qid 5d",
     "nitrofurantoin 100 mg", "1 capsule 4 times a day for 5 days",
     "", ""},
    {"mcg and od", "levothyroxine 100 mcg 1 tab od",
     "levothyroxine 100 mcg", "1 tablet once a day",
     "", ""},
    {"daily", "lisinopril 10 mg 1 tablet daily",
     "lisinopril 10 mg", "1 tablet once a day",
     "", ""},
    {"nocte", "atorvastatin 40 mg 1 tab nocte",
     "atorvastatin 40 mg", "1 tablet at bedtime",
     "", ""},
    {"half a tablet in words", "warfarin 5 mg half a tablet at night",
     "warfarin 5 mg", "0.5 tablet at bedtime",
     "", ""},
    {"two slots of the day in words", "gabapentin 300 mg 1 capsule in the morning and 2 capsules at bedtime",
     "gabapentin 300 mg", "1 capsule in the morning, 2 capsules at bedtime",
     "", ""},
    {"a range at bedtime", "senna 1-2 tabs at bedtime as needed",
     "senna", "1 to 2 tablets at bedtime as needed",
     "", ""},
    {"two tablets daily: at once?", "prednisone 20 mg 2 tabs daily for 5 days",
     "prednisone 20 mg", "2 tablets once a day for 5 days",
     "division", ""},
    {"twice weekly", "estradiol patch 50 µg 1 patch twice weekly",
     "estradiol patch 50 µg", "1 patch 2 times a week",
     "", ""},
    {"units", "insulin glargine 22 units at bedtime",
     "insulin glargine", "22 units at bedtime",
     "", ""},
    {"once daily as required", "cetirizine 10 mg once daily as required",
     "cetirizine 10 mg", "10 mg once a day as needed",
     "", ""},
    {"stat", "azithromycin 250 mg 2 tabs stat",
     "azithromycin 250 mg", "2 tablets single dose",
     "", ""},
    {"weekly", "folic acid 5 mg 1 tab weekly",
     "folic acid 5 mg", "1 tablet once a week",
     "", ""},
    {"every morning in French", "furosémide 40 mg 1 co chaque matin",
     "furosémide 40 mg", "1 tablet in the morning",
     "", ""},
    {"half a tablet by sign", "spironolactone 25 mg ½ co/j",
     "spironolactone 25 mg", "0.5 tablet once a day",
     "", ""},
    {"le soir", "tamsulosine 0,4 mg 1 gélule le soir",
     "tamsulosine 0,4 mg", "1 capsule in the evening",
     "", ""},
    {"a reason in French", "alprazolam 0,25 mg 1 co 3x/jour si angoisse",
     "alprazolam 0,25 mg", "1 tablet 3 times a day as needed for angoisse",
     "", ""},
    {"two sachets a day: at once?", "macrogol 2 sachets par jour",
     "macrogol", "2 sachets once a day",
     "division", ""},
    {"1/2 is a half", "colchicine 1 mg 1/2 co 2 fois par jour pdt 3 jours",
     "colchicine 1 mg", "0.5 tablet 2 times a day for 3 days",
     "", ""},
    {"dose unique", "fluconazole 150 mg 1 gél dose unique",
     "fluconazole 150 mg", "1 capsule single dose",
     "", ""},
    {"a maximum of days", "dompéridone 10 mg 1 co 3x/j avant les repas max 7 jours",
     "dompéridone 10 mg", "1 tablet 3 times a day before meals for 7 days",
     "", ""},
    {"one puff twice", "budésonide 200 µg 1 bouffée matin et soir",
     "budésonide 200 µg", "1 puff in the morning, 1 puff in the evening",
     "", ""},
    {"by the nose", "mométasone 50 µg 2 pulvérisations par voie nasale 1x/j",
     "mométasone 50 µg", "2 sprays in the nose once a day",
     "", ""},
    {"the form named twice", "paracétamol suppo 250 mg 1 suppo 4x/j",
     "paracétamol suppo 250 mg", "1 suppository 4 times a day",
     "", ""},
    {"a spoon with points", "nystatine 1 c. à c. 4x/j",
     "nystatine", "1 teaspoon 4 times a day",
     "", ""},
    {"drops at bedtime", "diazépam 10 gouttes au coucher",
     "diazépam", "10 drops at bedtime",
     "", ""},
    {"fasting says when", "fer 1 co à jeun",
     "fer", "1 tablet on an empty stomach",
     "", ""},
    {"after supper", "allopurinol 300 mg 1 co après le souper",
     "allopurinol 300 mg", "1 tablet in the evening after meals",
     "", ""},
    {"nobody says how often", "vitamine K 10 mg 1 ampoule po",
     "vitamine K 10 mg", "1 ampoule by mouth",
     "frequency", ""},
    {"Dutch: before sleeping", "trimethoprim 300 mg 1 tablet voor het slapengaan 3 dagen",
     "trimethoprim 300 mg", "1 tablet at bedtime for 3 days",
     "", ""},
    {"Dutch: behind the duration stands the meal", "flucloxacilline 500 mg 1 caps 4x daags 7 dagen voor de maaltijd",
     "flucloxacilline 500 mg", "1 capsule 4 times a day before meals for 7 days",
     "", ""},
    {"Dutch: as needed in the evening", "hydroxyzine 25 mg 1 tabl 's avonds indien nodig",
     "hydroxyzine 25 mg", "1 tablet in the evening as needed",
     "", ""},
    {"eight puffs, or eight times two?", "salbutamol 2 puffs zo nodig max 8 per dag",
     "salbutamol", "2 puffs as needed, at most 8 times a day",
     "", "max 8"},
    {"a sachet a day", "macrogol 1 zakje per dag",
     "macrogol", "1 sachet once a day",
     "", ""},
    {"Dutch: half in words", "nitrazepam 5 mg een halve tablet voor het slapen",
     "nitrazepam 5 mg", "0.5 tablet at bedtime",
     "", ""},
    {"800 IU is the dose when nothing is counted", "colecalciferol 800 IE 1x per dag",
     "colecalciferol 800 IE", "800 IU once a day",
     "", ""},
    {"1-3 dd is a range", "oxazepam 10 mg 1-3 dd 1 tablet",
     "oxazepam 10 mg", "1 tablet 1 to 3 times a day",
     "", ""},
    {"3dd1", "metformine 500 mg 3dd1 na het eten",
     "metformine 500 mg", "1 3 times a day after meals",
     "form", ""},
    {"elke 4 uur", "morfine 10 mg elke 4 uur",
     "morfine 10 mg", "10 mg every 4 hours",
     "", ""},
    {"under the skin, in the evening", "dalteparine 5000 IE sc 1x daags 's avonds",
     "dalteparine 5000 IE", "5000 IU subcutaneously once a day in the evening",
     "", ""},
    {"both eyes", "tobramycine oogdruppels 1 druppel in beide ogen 4x/d 5d",
     "tobramycine oogdruppels", "1 drop in the eye 4 times a day for 5 days",
     "", ""},
    {"a week in words", "amoxicilline 500 mg 1 capsule 3 keer per dag gedurende een week",
     "amoxicilline 500 mg", "1 capsule 3 times a day for 1 week",
     "", ""},
    {"German: morning and evening", "Amoxicillin 1000 mg 1-0-1 7 Tage",
     "Amoxicillin 1000 mg", "1 in the morning, 1 in the evening for 7 days",
     "form", ""},
    {"German: bis zu", "Ibuprofen 400 mg 1 Tbl. bei Bedarf bis zu 3x täglich",
     "Ibuprofen 400 mg", "1 tablet as needed, at most 3 times a day",
     "", ""},
    {"German: fasting", "Levothyroxin 50 µg 1 Tablette morgens nüchtern",
     "Levothyroxin 50 µg", "1 tablet in the morning on an empty stomach",
     "", ""},
    {"half by sign in a scheme", "Metoprolol 47,5 mg 1-0-½",
     "Metoprolol 47,5 mg", "1 in the morning, 0.5 in the evening",
     "form", ""},
    {"before breakfast in German", "Insulin 8 Einheiten vor dem Frühstück",
     "Insulin", "8 units in the morning before meals",
     "", ""},
    {"4x1 Tablette tgl.", "Novaminsulfon 500 mg 4x1 Tablette tgl.",
     "Novaminsulfon 500 mg", "1 tablet 4 times a day",
     "", ""},
    {"jeden zweiten Tag", "Torasemid 10 mg jeden zweiten Tag 1 Tablette",
     "Torasemid 10 mg", "1 tablet every 2 days",
     "", ""},
    {"weekly in German", "Vitamin D 20000 IE 1 Kapsel wöchentlich",
     "Vitamin D 20000 IE", "1 capsule once a week",
     "", ""},
    {"alle 12 Stunden", "Cefuroxim 250 mg 1 Tablette alle 12 Stunden für 5 Tage",
     "Cefuroxim 250 mg", "1 tablet every 12 hours for 5 days",
     "", ""},
    {"bei Atemnot", "Salbutamol 2 Hübe bei Atemnot",
     "Salbutamol", "2 puffs as needed for Atemnot",
     "", ""},
    {"by a plan that is elsewhere", "Marcumar 3 mg nach Plan",
     "Marcumar 3 mg", "3 mg",
     "frequency", "nach Plan"},
    {"said twice", "paracetamol 500 mg 1 co 3x/j 3x/j",
     "paracetamol 500 mg", "1 tablet 3 times a day",
     "", "3x/j"},
    {"tablets or drops?", "paracetamol 500 mg 1 co 2 gouttes 3x/j",
     "paracetamol 500 mg", "1 tablet 3 times a day",
     "", "2 gouttes"},
    {"nothing is no dose", "paracetamol 0 mg 3x/j",
     "paracetamol 0 mg", "3 times a day",
     "dose", "0"},
    {"a minus means nothing", "paracetamol 500 mg 1 co -1x/j",
     "paracetamol 500 mg", "1 tablet once a day",
     "", "-"},
    {"no times a day", "paracetamol 500 mg 1 co 0x/j",
     "paracetamol 500 mg", "1 tablet",
     "frequency", "0x/j"},
    {"one and a half times is not how often", "paracetamol 500 mg 1 co 1,5x/j",
     "paracetamol 500 mg", "1 tablet",
     "frequency", "1,5|x/j"},
    {"a point that may be thousands", "paracetamol 1.000 mg 3x/d",
     "paracetamol", "3 times a day",
     "dose", "1.000|mg"},
    {"a comma that may be thousands", "paracetamol 1,000 mg 3x/d",
     "paracetamol", "3 times a day",
     "dose", "1,000|mg"},
    {"a number beyond all medicine", "paracetamol 99999999999 mg 3x/d",
     "paracetamol", "3 times a day",
     "dose", "99999999999|mg"},
    {"markup is words", "<script>alert(1)</script> 500 mg 1 co 3x/j",
     "script>alert(1", "1 3 times a day",
     "dose-unit", "<|>|</script>"},
    {"R/", "R/ amoxicilline 500 mg 1 co 3x/j",
     "amoxicilline 500 mg", "1 tablet 3 times a day",
     "", ""},
    {"prendre", "prendre paracétamol 1 g 3x/j",
     "paracétamol 1 g", "1 g 3 times a day",
     "", ""},
    {"a sign of registration", "Dafalgan® 1g 1co 3x/j",
     "Dafalgan® 1g", "1 tablet 3 times a day",
     "", ""},
    {"semicolons", "amoxicilline 500mg;1 co;3x/j;7j",
     "amoxicilline 500mg", "1 tablet 3 times a day for 7 days",
     "", ""},
    {"capitals", "AMOXICILLINE 500 MG 1 CO 3X/J 7J",
     "AMOXICILLINE 500 MG", "1 tablet 3 times a day for 7 days",
     "", ""},
    {"a gel locally", "ketoprofen gel 2,5 % 2x/j local",
     "ketoprofen gel 2,5 %", "on the skin 2 times a day",
     "", ""},
    {"one ovule once", "clotrimazole ovule 500 mg 1 ovule dose unique vaginal",
     "clotrimazole ovule 500 mg", "1 ovule vaginally single dose",
     "", ""},
    {"un jour sur deux", "methylprednisolone 16 mg 1 co 1 jour sur deux",
     "methylprednisolone 16 mg", "1 tablet every 2 days",
     "", ""},
    {"a patch every three days", "fentanyl 12 µg/h 1 pleister om de 3 dagen",
     "fentanyl 12 µg/h", "1 patch every 3 days",
     "", ""},
    {"a patch for 96 hours", "buprenorphine 35 µg/h 1 patch/96h",
     "buprenorphine 35 µg/h", "1 patch every 96 hours",
     "", ""},
    /* clang-format on */
};

static Arena *arena;

static Str sentence_of(const Dose *dose, DoseLanguage language)
{
    Buf buf;
    buf_init(&buf, arena, 256, 4096);
    dose_write(&buf, dose, language);
    check_int(buf_done(&buf), STATUS_OK);
    return buf_str(&buf);
}

static Str missing_of(const Dose *dose)
{
    Buf buf;
    buf_init(&buf, arena, 256, 4096);
    for (size_t i = 0; i < MISSING_COUNT; i++)
        if (dose->missing >> i & 1)
            buf_format(&buf, "%s%s", buf.len ? " " : "", missing_words[i]);
    return buf_str(&buf);
}

static Str left_of(const Dose *dose)
{
    Buf buf;
    buf_init(&buf, arena, 256, 4096);
    for (size_t i = 0; i < dose->note_count; i++)
        if (dose->notes[i].kind != NOTE_UNDERSTOOD)
            buf_format(&buf, "%s" STR_FMT, buf.len ? "|" : "", STR_ARG(dose->notes[i].words));
    return buf_str(&buf);
}

static void a_line_means_what_people_mean(void **state)
{
    UNUSED(state);
    check_int(COUNT_OF(cases) >= 150, true);
    FOR_CASES(cases, c)
    {
        Dose dose;
        CASE(c->why);
        arena_clear(arena);
        dose_parse(str_of(c->text), &dose);
        check_str(dose.medicine, str_of(c->medicine));
        check_str(sentence_of(&dose, DOSE_EN), str_of(c->sentence));
        check_str(missing_of(&dose), str_of(c->missing));
        check_str(left_of(&dose), str_of(c->left));
    }
}

/* Nothing is lost between languages, and none of our own sentences is a riddle. */
static void what_is_written_is_read_as_the_same(void **state)
{
    UNUSED(state);
    FOR_CASES(cases, c)
    for (int language = 0; language < DOSE_LANGUAGES; language++) {
        Dose dose, again;
        arena_clear(arena);
        dose_parse(str_of(c->text), &dose);
        if (!dose_is_complete(&dose))
            continue;
        Str line = arena_format(arena, STR_FMT " " STR_FMT, STR_ARG(dose.medicine),
                                STR_ARG(sentence_of(&dose, (DoseLanguage)language)));
        CASE(line.at);
        dose_parse(line, &again);
        check_str(sentence_of(&again, DOSE_EN), sentence_of(&dose, DOSE_EN));
        check(dose_is_complete(&again));
    }
}

static void all_of_it_is_fhir(void **state)
{
    UNUSED(state);
    FOR_CASES(cases, c)
    for (int language = 0; language < DOSE_LANGUAGES; language++) {
        Dose dose;
        Buf buf;
        JsonValue *resource;
        FhirCheck how = {0};
        FhirChecked checked;
        arena_clear(arena);
        Ctx cx = {.arena = arena};
        CASE(c->why);
        dose_parse(str_of(c->text), &dose);
        buf_init(&buf, arena, 4096, 65536);
        buf_add_lit(&buf, "{\"resourceType\":\"MedicationRequest\",\"status\":\"active\","
                          "\"intent\":\"order\",\"medicationCodeableConcept\":{\"text\":\"x\"},"
                          "\"subject\":{\"reference\":\"Patient/1\"}");
        dose_write_fhir(&buf, &dose, (DoseLanguage)language);
        buf_add_char(&buf, '}');
        check_int(json_parse(&cx, buf_str(&buf), &resource), STATUS_OK);
        Status status = fhir_validate(&cx, resource, &how, &checked);
        if (status != STATUS_OK && cx.issues)
            print_message("# " STR_FMT ": " STR_FMT "\n", STR_ARG(cx.issues->expression),
                          STR_ARG(cx.issues->diagnostics));
        check_int(status, STATUS_OK);
    }
}

/* What decides how much somebody takes is never written where it was not said. */
static void an_unknown_dose_is_not_written(void **state)
{
    static const struct {
        const char *why, *text;
    } unknown[] = {
        {"500 of what?", "amoxicillin 500 3x/d"},
        {"one or a thousand", "paracetamol 1.000 mg 3x/d"},
        {"by weight", "paracetamol 15 mg/kg 4x/d"},
        {"half of what stands before it?", "lorazepam 1 1/2 co hs"},
        {"a count that may be the box", "azithromycine 500 mg 1x/j 3 jours 3 co"},
        {"zero", "paracetamol 0 mg 3x/d"},
        {"too long to be read", "paracetamol 99999999999 mg 3x/d"},
    };
    UNUSED(state);
    FOR_CASES(unknown, c)
    {
        Dose dose;
        CASE(c->why);
        dose_parse(str_of(c->text), &dose);
        check(!dose_is_complete(&dose));
    }
}

static void a_line_that_is_too_long_says_so(void **state)
{
    char text[2 * DOSE_TEXT_MAX];
    Dose dose;
    UNUSED(state);
    memset(text, 'a', sizeof(text));
    memcpy(text, "aspirine 80 mg 1x/d", 19);
    text[19] = ' ';
    dose_parse(str_n(text, sizeof(text)), &dose);
    check(!dose_is_complete(&dose));
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 2 ? '1' : ',';
    dose_parse(str_n(text, DOSE_TEXT_MAX), &dose);
    check(!dose_is_complete(&dose));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_means_what_people_mean),
        cmocka_unit_test(what_is_written_is_read_as_the_same),
        cmocka_unit_test(all_of_it_is_fhir),
        cmocka_unit_test(an_unknown_dose_is_not_written),
        cmocka_unit_test(a_line_that_is_too_long_says_so),
    };
    arena = arena_new((size_t)16 << 20, false);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
