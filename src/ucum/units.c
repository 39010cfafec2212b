/* ucum/units.c - the units of the Unified Code for Units of Measure, one row each.
 *
 * Symbols, values and definitions are those of the specification's tables, version 2.2 (17 June
 * 2024), case sensitive. The order is that of the tables; a row may use later ones.
 *
 * UCUM (c) Regenstrief Institute, Inc. and the UCUM Organization; SPEC https://ucum.org/ucum */
#include "ucum/ucum_priv.h"

#define M UCUM_METRIC
#define A UCUM_ARBITRARY

/* clang-format off */
const UcumRow ucum_rows[] = {
    /* table 2: base units, in the order of UcumUnit.dimension */
    {"m", "1", NULL, M, 0}, {"s", "1", NULL, M, 0}, {"g", "1", NULL, M, 0},
    {"rad", "1", NULL, M, 0}, {"K", "1", NULL, M, 0}, {"C", "1", NULL, M, 0},
    {"cd", "1", NULL, M, 0},

    /* table 3: without dimension. Of pi as many digits as a product with other factors leaves
     * room for. */
    {"10*", "10", "1", 0, 0}, {"10^", "10", "1", 0, 0},
    {"[pi]", "3.141592653589793238462643", "1", 0, 0},
    {"%", "1", "10*-2", 0, 0}, {"[ppth]", "1", "10*-3", 0, 0}, {"[ppm]", "1", "10*-6", 0, 0},
    {"[ppb]", "1", "10*-9", 0, 0}, {"[pptr]", "1", "10*-12", 0, 0},

    /* table 4: SI */
    {"mol", "6.02214076", "10*23", M, 0}, {"sr", "1", "rad2", M, 0}, {"Hz", "1", "s-1", M, 0},
    {"N", "1", "kg.m/s2", M, 0}, {"Pa", "1", "N/m2", M, 0}, {"J", "1", "N.m", M, 0},
    {"W", "1", "J/s", M, 0}, {"A", "1", "C/s", M, 0}, {"V", "1", "J/C", M, 0},
    {"F", "1", "C/V", M, 0}, {"Ohm", "1", "V/A", M, 0}, {"S", "1", "Ohm-1", M, 0},
    {"Wb", "1", "V.s", M, 0}, {"Cel", "1", "K", M, UCUM_CEL}, {"T", "1", "Wb/m2", M, 0},
    {"H", "1", "Wb/A", M, 0}, {"lm", "1", "cd.sr", M, 0}, {"lx", "1", "lm/m2", M, 0},
    {"Bq", "1", "s-1", M, 0}, {"Gy", "1", "J/kg", M, 0}, {"Sv", "1", "J/kg", M, 0},

    /* table 5: ISO 1000, ISO 2955, ANSI X3.50 */
    {"gon", "0.9", "deg", 0, 0}, {"deg", "2", "[pi].rad/360", 0, 0}, {"'", "1", "deg/60", 0, 0},
    {"''", "1", "'/60", 0, 0}, {"l", "1", "dm3", M, 0}, {"L", "1", "l", M, 0},
    {"ar", "100", "m2", M, 0}, {"min", "60", "s", 0, 0}, {"h", "60", "min", 0, 0},
    {"d", "24", "h", 0, 0}, {"a_t", "365.24219", "d", 0, 0}, {"a_j", "365.25", "d", 0, 0},
    {"a_g", "365.2425", "d", 0, 0}, {"a", "1", "a_j", 0, 0}, {"wk", "7", "d", 0, 0},
    {"mo_s", "29.53059", "d", 0, 0}, {"mo_j", "1", "a_j/12", 0, 0}, {"mo_g", "1", "a_g/12", 0, 0},
    {"mo", "1", "mo_j", 0, 0}, {"t", "1e3", "kg", M, 0}, {"bar", "1e5", "Pa", M, 0},
    {"u", "1.66053906660e-24", "g", M, 0}, {"eV", "1", "[e].V", M, 0},
    {"AU", "149597.870691", "Mm", 0, 0}, {"pc", "3.085678e16", "m", M, 0},

    /* table 6: natural units */
    {"[c]", "299792458", "m/s", M, 0}, {"[h]", "6.62607015e-34", "J.s", M, 0},
    {"[k]", "1.380649e-23", "J/K", M, 0}, {"[eps_0]", "8.854187817e-12", "F/m", M, 0},
    {"[mu_0]", "1", "4.[pi].10*-7.N/A2", M, 0}, {"[e]", "1.602176634e-19", "C", M, 0},
    {"[m_e]", "9.1093837139e-31", "kg", M, 0}, {"[m_p]", "1.67262192595e-27", "kg", M, 0},
    {"[G]", "6.67430e-11", "m3.kg-1.s-2", M, 0}, {"[g]", "9.80665", "m/s2", M, 0},
    {"atm", "101325", "Pa", 0, 0}, {"[ly]", "1", "[c].a_j", M, 0}, {"gf", "1", "g.[g]", M, 0},
    {"[lbf_av]", "1", "[lb_av].[g]", 0, 0},

    /* table 7: CGS */
    {"Ky", "1", "cm-1", M, 0}, {"Gal", "1", "cm/s2", M, 0}, {"dyn", "1", "g.cm/s2", M, 0},
    {"erg", "1", "dyn.cm", M, 0}, {"P", "1", "dyn.s/cm2", M, 0}, {"Bi", "10", "A", M, 0},
    {"St", "1", "cm2/s", M, 0}, {"Mx", "1e-8", "Wb", M, 0}, {"G", "1e-4", "T", M, 0},
    {"Oe", "250", "/[pi].A/m", M, 0}, {"Gb", "1", "Oe.cm", M, 0}, {"sb", "1", "cd/cm2", M, 0},
    {"Lmb", "1", "cd/cm2/[pi]", M, 0}, {"ph", "1e-4", "lx", M, 0}, {"Ci", "37e9", "Bq", M, 0},
    {"R", "2.58e-4", "C/kg", M, 0}, {"RAD", "100", "erg/g", M, 0}, {"REM", "1", "RAD", M, 0},

    /* table 8: international customary units */
    {"[in_i]", "2.54", "cm", 0, 0}, {"[ft_i]", "12", "[in_i]", 0, 0},
    {"[yd_i]", "3", "[ft_i]", 0, 0}, {"[mi_i]", "5280", "[ft_i]", 0, 0},
    {"[fth_i]", "6", "[ft_i]", 0, 0}, {"[nmi_i]", "1852", "m", 0, 0},
    {"[kn_i]", "1", "[nmi_i]/h", 0, 0}, {"[sin_i]", "1", "[in_i]2", 0, 0},
    {"[sft_i]", "1", "[ft_i]2", 0, 0}, {"[syd_i]", "1", "[yd_i]2", 0, 0},
    {"[cin_i]", "1", "[in_i]3", 0, 0}, {"[cft_i]", "1", "[ft_i]3", 0, 0},
    {"[cyd_i]", "1", "[yd_i]3", 0, 0}, {"[bf_i]", "144", "[in_i]3", 0, 0},
    {"[cr_i]", "128", "[ft_i]3", 0, 0}, {"[mil_i]", "1e-3", "[in_i]", 0, 0},
    {"[cml_i]", "1", "[pi]/4.[mil_i]2", 0, 0}, {"[hd_i]", "4", "[in_i]", 0, 0},

    /* table 9: older U.S. survey lengths */
    {"[ft_us]", "1200", "m/3937", 0, 0}, {"[yd_us]", "3", "[ft_us]", 0, 0},
    {"[in_us]", "1", "[ft_us]/12", 0, 0}, {"[rd_us]", "16.5", "[ft_us]", 0, 0},
    {"[ch_us]", "4", "[rd_us]", 0, 0}, {"[lk_us]", "1", "[ch_us]/100", 0, 0},
    {"[rch_us]", "100", "[ft_us]", 0, 0}, {"[rlk_us]", "1", "[rch_us]/100", 0, 0},
    {"[fth_us]", "6", "[ft_us]", 0, 0}, {"[fur_us]", "40", "[rd_us]", 0, 0},
    {"[mi_us]", "8", "[fur_us]", 0, 0}, {"[acr_us]", "160", "[rd_us]2", 0, 0},
    {"[srd_us]", "1", "[rd_us]2", 0, 0}, {"[smi_us]", "1", "[mi_us]2", 0, 0},
    {"[sct]", "1", "[mi_us]2", 0, 0}, {"[twp]", "36", "[sct]", 0, 0},
    {"[mil_us]", "1e-3", "[in_us]", 0, 0},

    /* table 10: British Imperial lengths */
    {"[in_br]", "2.539998", "cm", 0, 0}, {"[ft_br]", "12", "[in_br]", 0, 0},
    {"[rd_br]", "16.5", "[ft_br]", 0, 0}, {"[ch_br]", "4", "[rd_br]", 0, 0},
    {"[lk_br]", "1", "[ch_br]/100", 0, 0}, {"[fth_br]", "6", "[ft_br]", 0, 0},
    {"[pc_br]", "2.5", "[ft_br]", 0, 0}, {"[yd_br]", "3", "[ft_br]", 0, 0},
    {"[mi_br]", "5280", "[ft_br]", 0, 0}, {"[nmi_br]", "6080", "[ft_br]", 0, 0},
    {"[kn_br]", "1", "[nmi_br]/h", 0, 0}, {"[acr_br]", "4840", "[yd_br]2", 0, 0},

    /* table 11: U.S. volumes */
    {"[gal_us]", "231", "[in_i]3", 0, 0}, {"[bbl_us]", "42", "[gal_us]", 0, 0},
    {"[qt_us]", "1", "[gal_us]/4", 0, 0}, {"[pt_us]", "1", "[qt_us]/2", 0, 0},
    {"[gil_us]", "1", "[pt_us]/4", 0, 0}, {"[foz_us]", "1", "[gil_us]/4", 0, 0},
    {"[fdr_us]", "1", "[foz_us]/8", 0, 0}, {"[min_us]", "1", "[fdr_us]/60", 0, 0},
    {"[crd_us]", "128", "[ft_i]3", 0, 0}, {"[bu_us]", "2150.42", "[in_i]3", 0, 0},
    {"[gal_wi]", "1", "[bu_us]/8", 0, 0}, {"[pk_us]", "1", "[bu_us]/4", 0, 0},
    {"[dqt_us]", "1", "[pk_us]/8", 0, 0}, {"[dpt_us]", "1", "[dqt_us]/2", 0, 0},
    {"[tbs_us]", "1", "[foz_us]/2", 0, 0}, {"[tsp_us]", "1", "[tbs_us]/3", 0, 0},
    {"[cup_us]", "16", "[tbs_us]", 0, 0}, {"[foz_m]", "30", "mL", 0, 0},
    {"[cup_m]", "240", "mL", 0, 0}, {"[tsp_m]", "5", "mL", 0, 0}, {"[tbs_m]", "15", "mL", 0, 0},

    /* table 12: British Imperial volumes */
    {"[gal_br]", "4.54609", "l", 0, 0}, {"[pk_br]", "2", "[gal_br]", 0, 0},
    {"[bu_br]", "4", "[pk_br]", 0, 0}, {"[qt_br]", "1", "[gal_br]/4", 0, 0},
    {"[pt_br]", "1", "[qt_br]/2", 0, 0}, {"[gil_br]", "1", "[pt_br]/4", 0, 0},
    {"[foz_br]", "1", "[gil_br]/5", 0, 0}, {"[fdr_br]", "1", "[foz_br]/8", 0, 0},
    {"[min_br]", "1", "[fdr_br]/60", 0, 0},

    /* tables 13 to 15: weights, avoirdupois, troy, apothecaries' */
    {"[gr]", "64.79891", "mg", 0, 0}, {"[lb_av]", "7000", "[gr]", 0, 0},
    {"[oz_av]", "1", "[lb_av]/16", 0, 0}, {"[dr_av]", "1", "[oz_av]/16", 0, 0},
    {"[scwt_av]", "100", "[lb_av]", 0, 0}, {"[lcwt_av]", "112", "[lb_av]", 0, 0},
    {"[ston_av]", "20", "[scwt_av]", 0, 0}, {"[lton_av]", "20", "[lcwt_av]", 0, 0},
    {"[stone_av]", "14", "[lb_av]", 0, 0},
    {"[pwt_tr]", "24", "[gr]", 0, 0}, {"[oz_tr]", "20", "[pwt_tr]", 0, 0},
    {"[lb_tr]", "12", "[oz_tr]", 0, 0},
    {"[sc_ap]", "20", "[gr]", 0, 0}, {"[dr_ap]", "3", "[sc_ap]", 0, 0},
    {"[oz_ap]", "8", "[dr_ap]", 0, 0}, {"[lb_ap]", "12", "[oz_ap]", 0, 0},
    {"[oz_m]", "28", "g", 0, 0},

    /* table 16: typesetting */
    {"[lne]", "1", "[in_i]/12", 0, 0}, {"[pnt]", "1", "[lne]/6", 0, 0},
    {"[pca]", "12", "[pnt]", 0, 0}, {"[pnt_pr]", "0.013837", "[in_i]", 0, 0},
    {"[pca_pr]", "12", "[pnt_pr]", 0, 0}, {"[pied]", "32.48", "cm", 0, 0},
    {"[pouce]", "1", "[pied]/12", 0, 0}, {"[ligne]", "1", "[pouce]/12", 0, 0},
    {"[didot]", "1", "[ligne]/6", 0, 0}, {"[cicero]", "12", "[didot]", 0, 0},

    /* table 17: heat and temperature */
    {"[degF]", "5", "K/9", 0, UCUM_DEGF}, {"[degR]", "5", "K/9", 0, 0},
    {"[degRe]", "5", "K/4", 0, UCUM_DEGRE}, {"cal_[15]", "4.18580", "J", M, 0},
    {"cal_[20]", "4.18190", "J", M, 0}, {"cal_m", "4.19002", "J", M, 0},
    {"cal_IT", "4.1868", "J", M, 0}, {"cal_th", "4.184", "J", M, 0}, {"cal", "1", "cal_th", M, 0},
    {"[Cal]", "1", "kcal_th", 0, 0}, {"[Btu_39]", "1.05967", "kJ", 0, 0},
    {"[Btu_59]", "1.05480", "kJ", 0, 0}, {"[Btu_60]", "1.05468", "kJ", 0, 0},
    {"[Btu_m]", "1.05587", "kJ", 0, 0}, {"[Btu_IT]", "1.05505585262", "kJ", 0, 0},
    {"[Btu_th]", "1.054350", "kJ", 0, 0}, {"[Btu]", "1", "[Btu_th]", 0, 0},
    {"[HP]", "550", "[ft_i].[lbf_av]/s", 0, 0}, {"tex", "1", "g/km", M, 0},
    {"[den]", "1", "g/9/km", 0, 0},

    /* table 18: clinical medicine. The slope is measured from 1 rad, as the table says. */
    {"m[H2O]", "9.80665", "kPa", M, 0}, {"m[Hg]", "133.3220", "kPa", M, 0},
    {"[in_i'H2O]", "1", "m[H2O].[in_i]/m", 0, 0}, {"[in_i'Hg]", "1", "m[Hg].[in_i]/m", 0, 0},
    {"[PRU]", "1", "mm[Hg].s/ml", 0, 0}, {"[wood'U]", "1", "mm[Hg].min/L", 0, 0},
    {"[diop]", "1", "/m", 0, 0}, {"[p'diop]", "1", "rad", 0, UCUM_TAN100},
    {"%[slope]", "1", "rad", 0, UCUM_TAN100}, {"[mesh_i]", "1", "/[in_i]", 0, 0},
    {"[Ch]", "1", "mm/3", 0, 0}, {"[drp]", "1", "ml/20", 0, 0}, {"[hnsf'U]", "1", "1", 0, 0},
    {"[MET]", "3.5", "mL/min/kg", 0, 0},
    {"[hp'_X]", "1", "1", 0, UCUM_HP_X}, {"[hp'_C]", "1", "1", 0, UCUM_HP_C},
    {"[hp'_M]", "1", "1", 0, UCUM_HP_M}, {"[hp'_Q]", "1", "1", 0, UCUM_HP_Q},
    {"[hp_X]", "1", "1", A, 0}, {"[hp_C]", "1", "1", A, 0}, {"[hp_M]", "1", "1", A, 0},
    {"[hp_Q]", "1", "1", A, 0}, {"[kp_X]", "1", "1", A, 0}, {"[kp_C]", "1", "1", A, 0},
    {"[kp_M]", "1", "1", A, 0}, {"[kp_Q]", "1", "1", A, 0},

    /* table 19: chemical and biomedical laboratories. [IU] is another spelling of [iU]. */
    {"eq", "1", "mol", M, 0}, {"osm", "1", "mol", M, 0}, {"[pH]", "1", "mol/l", 0, UCUM_PH},
    {"g%", "1", "g/dl", M, 0}, {"[S]", "1", "10*-13.s", 0, 0}, {"[HPF]", "1", "1", 0, 0},
    {"[LPF]", "100", "1", 0, 0}, {"kat", "1", "mol/s", M, 0}, {"U", "1", "umol/min", M, 0},
    {"[iU]", "1", "1", M | A, 0}, {"[IU]", "1", "[iU]", M, 0}, {"[arb'U]", "1", "1", A, 0},
    {"[USP'U]", "1", "1", A, 0}, {"[GPL'U]", "1", "1", A, 0}, {"[MPL'U]", "1", "1", A, 0},
    {"[APL'U]", "1", "1", A, 0}, {"[beth'U]", "1", "1", A, 0}, {"[anti'Xa'U]", "1", "1", A, 0},
    {"[todd'U]", "1", "1", A, 0}, {"[dye'U]", "1", "1", A, 0}, {"[smgy'U]", "1", "1", A, 0},
    {"[bdsk'U]", "1", "1", A, 0}, {"[ka'U]", "1", "1", A, 0}, {"[knk'U]", "1", "1", A, 0},
    {"[mclg'U]", "1", "1", A, 0}, {"[tb'U]", "1", "1", A, 0}, {"[CCID_50]", "1", "1", A, 0},
    {"[TCID_50]", "1", "1", A, 0}, {"[EID_50]", "1", "1", A, 0}, {"[PFU]", "1", "1", A, 0},
    {"[FFU]", "1", "1", A, 0}, {"[CFU]", "1", "1", A, 0}, {"[IR]", "1", "1", A, 0},
    {"[BAU]", "1", "1", A, 0}, {"[AU]", "1", "1", A, 0}, {"[Amb'a'1'U]", "1", "1", A, 0},
    {"[PNU]", "1", "1", A, 0}, {"[Lf]", "1", "1", A, 0}, {"[D'ag'U]", "1", "1", A, 0},
    {"[FEU]", "1", "1", A, 0}, {"[ELU]", "1", "1", A, 0}, {"[EU]", "1", "1", A, 0},

    /* table 20: levels */
    {"Np", "1", "1", M, UCUM_LN}, {"B", "1", "1", M, UCUM_LG},
    {"B[SPL]", "2", "10*-5.Pa", M, UCUM_LG2}, {"B[V]", "1", "V", M, UCUM_LG2},
    {"B[mV]", "1", "mV", M, UCUM_LG2}, {"B[uV]", "1", "uV", M, UCUM_LG2},
    {"B[10.nV]", "10", "nV", M, UCUM_LG2}, {"B[W]", "1", "W", M, UCUM_LG},
    {"B[kW]", "1", "kW", M, UCUM_LG},

    /* table 21: miscellaneous */
    {"st", "1", "m3", M, 0}, {"Ao", "0.1", "nm", 0, 0}, {"b", "100", "fm2", 0, 0},
    {"att", "1", "kgf/cm2", 0, 0}, {"mho", "1", "S", M, 0},
    {"[psi]", "1", "[lbf_av]/[in_i]2", 0, 0}, {"circ", "2", "[pi].rad", 0, 0},
    {"sph", "4", "[pi].sr", 0, 0}, {"[car_m]", "2e-1", "g", 0, 0}, {"[car_Au]", "1", "/24", 0, 0},
    {"[smoot]", "67", "[in_i]", 0, 0}, {"[m/s2/Hz^(1/2)]", "1", "m2/s4/Hz", 0, UCUM_SQRT},
    {"[NTU]", "1", "1", 0, 0}, {"[FNU]", "1", "1", 0, 0},

    /* tables 22 and 23: information technology */
    {"bit_s", "1", "1", 0, UCUM_LD}, {"bit", "1", "1", M, 0}, {"By", "8", "bit", M, 0},
    {"Bd", "1", "/s", M, 0},
};
/* clang-format on */

const size_t ucum_row_count = COUNT_OF(ucum_rows);
