/* Where the window with the card comes back to: it tells the page, and closes. */
import { useEffect, useState } from 'react';
import { useText } from '../i18n';
import { Button, Loading } from '../ui';
import { tellCard } from './card';
import { DoorPage, Wordmark } from './SignIn';

/* The address bar forgets it at once. */
const hash = window.location.hash;
let telling: Promise<boolean> | null = null;

export function CardPage() {
  const t = useText();
  const [heard, setHeard] = useState<boolean | null>(null);
  useEffect(() => {
    window.history.replaceState(null, '', window.location.pathname);
    telling ??= tellCard(hash);
    void telling.then((each) => {
      setHeard(each);
      if (each) window.close();
    });
  }, []);
  return (
    <DoorPage title={t.card.title}>
      <Wordmark />
      <h1>{t.card.title}</h1>
      {heard === null ? <Loading rows={2} /> : <p className="lead">{heard ? t.card.done : t.card.lost}</p>}
      {heard === null ? null : <Button onClick={() => window.close()}>{t.app.close}</Button>}
    </DoorPage>
  );
}
