/* Nothing opens until there is a second factor: this page is all that a session without one has. */
import { useState } from 'react';
import { useText } from '../i18n';
import { Button } from '../ui';
import { CardSetup, PasskeySetup, RecoveryCodes, TotpSetup } from './factors';
import { refreshSession, signOut } from './session';
import { DoorPage, Wordmark } from './SignIn';

export function EnrolPage() {
  const t = useText();
  const [codes, setCodes] = useState<string[] | null>(null);
  return (
    <DoorPage title={t.enrol.title} wide>
      <Wordmark />
      <h1>{t.enrol.title}</h1>
      {codes ? (
        <RecoveryCodes codes={codes} onKept={() => void refreshSession()} />
      ) : (
        <>
          <p className="lead">{t.enrol.help}</p>
          <PasskeySetup onMade={setCodes} />
          <TotpSetup onMade={setCodes} />
          <CardSetup onMade={setCodes} />
          <p className="lock-other">
            <Button kind="plain" onClick={() => void signOut().catch(() => undefined)}>
              {t.nav.signOut}
            </Button>
          </p>
        </>
      )}
    </DoorPage>
  );
}
