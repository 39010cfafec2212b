import { useEffect, useState } from 'react';
import { useText } from '../i18n';
import { PatientSearch } from './PatientSearch';

/* What was typed stays while the window is open, never in the address. */
let typed = '';

export function forgetTyped(): void {
  typed = '';
}

export function PatientsPage() {
  const t = useText();
  const [text, setText] = useState(typed);
  useEffect(() => {
    document.title = `${t.nav.patients} – Aceso`;
  }, [t]);
  return (
    <div className="page page-patients">
      <h1>{t.find.title}</h1>
      <PatientSearch
        autoFocus
        text={text}
        onText={(next) => {
          typed = next;
          setText(next);
        }}
      />
    </div>
  );
}
