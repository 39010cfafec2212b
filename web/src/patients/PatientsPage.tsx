import { useEffect, useState } from 'react';
import { go } from '../app/router';
import { useSession } from '../app/session';
import { mayLink } from '../glass/data';
import { EndingLinks } from '../glass/EndingLinks';
import { useText } from '../i18n';
import { Button, Icon } from '../ui';
import { PatientSearch } from './PatientSearch';

/* What was typed stays while the window is open, never in the address. */
let typed = '';

export function forgetTyped(): void {
  typed = '';
}

export function PatientsPage({ isNew = false }: { isNew?: boolean }) {
  const t = useText();
  const [text, setText] = useState(typed);
  const state = useSession();
  const session = state.phase === 'in' || state.phase === 'locked' ? state.session : null;
  useEffect(() => {
    document.title = `${t.nav.patients} – Aceso`;
  }, [t]);
  return (
    <div className="page page-patients">
      <div className="page-head">
        <h1>{t.find.title}</h1>
        {isNew ? (
          <Button icon={<Icon name="plus" size={18} />} onClick={() => go('/patients/new')}>
            {t.newPatient.title}
          </Button>
        ) : null}
      </div>
      <PatientSearch
        autoFocus
        text={text}
        onText={(next) => {
          typed = next;
          setText(next);
        }}
      />
      {session && text === '' && mayLink(session) ? <EndingLinks session={session} /> : null}
    </div>
  );
}
