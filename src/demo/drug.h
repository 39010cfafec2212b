/* demo/drug.h - what is prescribed in the demo, by international name only. */
#ifndef ACESO_DEMO_DRUG_H
#define ACESO_DEMO_DRUG_H

#include "demo/body.h"

typedef enum {
    DRUG_NONE,
    DRUG_RAMIPRIL,
    DRUG_PERINDOPRIL,
    DRUG_LOSARTAN,
    DRUG_AMLODIPINE,
    DRUG_INDAPAMIDE,
    DRUG_BISOPROLOL,
    DRUG_METFORMIN_500,
    DRUG_METFORMIN_850,
    DRUG_GLICLAZIDE,
    DRUG_SITAGLIPTIN,
    DRUG_EMPAGLIFLOZIN,
    DRUG_SEMAGLUTIDE,
    DRUG_GLARGINE,
    DRUG_ATORVASTATIN_20,
    DRUG_ATORVASTATIN_40,
    DRUG_ROSUVASTATIN,
    DRUG_SIMVASTATIN,
    DRUG_EZETIMIBE,
    DRUG_LEVOTHYROXINE_50,
    DRUG_LEVOTHYROXINE_75,
    DRUG_LEVOTHYROXINE_100,
    DRUG_SALBUTAMOL,
    DRUG_BUDESONIDE_FORMOTEROL,
    DRUG_FLUTICASONE,
    DRUG_TIOTROPIUM,
    DRUG_ASPIRIN,
    DRUG_CLOPIDOGREL,
    DRUG_APIXABAN,
    DRUG_RIVAROXABAN,
    DRUG_ACENOCOUMAROL,
    DRUG_FUROSEMIDE,
    DRUG_SPIRONOLACTONE,
    DRUG_SERTRALINE,
    DRUG_ESCITALOPRAM,
    DRUG_VENLAFAXINE,
    DRUG_TRAZODONE,
    DRUG_ALPRAZOLAM,
    DRUG_ZOLPIDEM,
    DRUG_LORMETAZEPAM,
    DRUG_PARACETAMOL,
    DRUG_PARACETAMOL_CHILD,
    DRUG_IBUPROFEN,
    DRUG_IBUPROFEN_CHILD,
    DRUG_DICLOFENAC_GEL,
    DRUG_NAPROXEN,
    DRUG_TRAMADOL,
    DRUG_SUMATRIPTAN,
    DRUG_PROPRANOLOL,
    DRUG_PANTOPRAZOLE,
    DRUG_OMEPRAZOLE,
    DRUG_ALLOPURINOL,
    DRUG_COLCHICINE,
    DRUG_IRON,
    DRUG_TAMOXIFEN,
    DRUG_LETROZOLE,
    DRUG_TAMSULOSIN,
    DRUG_ALENDRONATE,
    DRUG_CHOLECALCIFEROL,
    DRUG_CETIRIZINE,
    DRUG_MOMETASONE,
    DRUG_HYDROCORTISONE_CREAM,
    DRUG_BETAMETHASONE_CREAM,
    DRUG_DONEPEZIL,
    DRUG_LEVODOPA,
    DRUG_LEVETIRACETAM,
    DRUG_PILL,
    DRUG_AMOXICILLIN,
    DRUG_AMOXICILLIN_CHILD,
    DRUG_COAMOXICLAV,
    DRUG_AZITHROMYCIN,
    DRUG_AZITHROMYCIN_CHILD,
    DRUG_NITROFURANTOIN,
    DRUG_FOSFOMYCIN,
    DRUG_TOBRAMYCIN_DROPS,
    DRUG_LOPERAMIDE,
    DRUG_DOMPERIDONE,
    DRUG_ORS,
    DRUG_XYLOMETAZOLINE,
    DRUG_PREDNISOLONE,
    DRUG_MICONAZOLE_CREAM,
    DRUG_FOLIC_ACID,
    DRUG_BETAHISTINE,
    DRUG_MACROGOL,
    DRUG_ACICLOVIR,
    DRUG_FLUCLOXACILLIN,
    DRUG_COUNT
} DrugId;

typedef struct {
    Measure measure;
    double factor;
    uint16_t grow_days;
} DrugEffect;

enum { DRUG_EFFECTS = 4 };
typedef struct {
    Str atc, inn, product; /* "C09AA05", "ramipril", "Ramipril 5 mg, comprimés" */
    Str dosage;            /* the sentence on the prescription */
    double dose;
    Str unit;
    uint8_t times, period; /* times per period ... */
    char period_unit;      /* ... of 'd' or 'w' */
    Str when;              /* EventTiming code, or empty */
    bool as_needed;
    uint16_t quantity, days; /* in the package, and how long it lasts */
    bool penicillin;
    DrugEffect effects[DRUG_EFFECTS];
} Drug;
extern const Drug drugs[DRUG_COUNT];

/* The same substance class (first five characters of ATC): not to be given twice. */
bool drug_is_kin(DrugId one, DrugId other);

#endif
