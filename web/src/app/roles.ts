/* The parts that people have, as the catalogue names them. */
export const roles = ['gp', 'physio', 'nurse', 'psychologist', 'secretary', 'admin', 'specialist', 'billing', 'pharmacist', 'lab', 'patient', 'proxy', 'auditor'] as const;

export function roleKey(role: string): (typeof roles)[number] | 'other' {
  return roles.find((each) => each === role) ?? 'other';
}
