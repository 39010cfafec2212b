/* Around every page of a chart: while the glass is broken, a red bar says until when and why, and
 * ends it. When it is over the page goes, and nothing of the patient is kept. */
import { useEffect, useState, type ReactNode } from 'react';
import { go } from '../app/router';
import type { Session } from '../app/session';
import { refresh, useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { showTime } from '../i18n/format';
import type { Messages } from '../i18n/fr';
import { Button, Icon, Note, say } from '../ui';
import { endGlass, glassKey, onTold, patientForgotten, readGlass, tellWindows, type Glass } from './data';

interface Props {
  patientId: string;
  session: Session;
  children: ReactNode;
}

export function UnderGlass({ patientId, session, children }: Props) {
  return session.breaksGlass && session.reference ? (
    <Watched key={patientId} patientId={patientId} who={session.reference}>
      {children}
    </Watched>
  ) : (
    children
  );
}

const againMs = 5_000;

/* Why the chart is shut: its time was up, or it was ended in another window. */
type Shut = { at: string } | 'elsewhere';

function Watched({ patientId, who, children }: { patientId: string; who: string; children: ReactNode }) {
  const t = useText();
  const query = useQuery(glassKey(patientId), (signal) => readGlass(patientId, who, signal));
  const glass = query.state === 'ready' ? query.data : null;
  const [shut, setShut] = useState<Shut | null>(null);
  useEffect(() => onTold(patientId, (what) => (what === 'ended' ? setShut('elsewhere') : refresh((key) => key === glassKey(patientId)))), [patientId]);
  /* Whoever does not know whether the glass is broken asks until he does. */
  useEffect(() => {
    if (query.state !== 'failed') return;
    const timer = window.setTimeout(query.retry, againMs);
    return () => window.clearTimeout(timer);
  }, [query]);
  /* When its pages have gone from the screen. */
  useEffect(() => {
    if (shut) patientForgotten(patientId);
  }, [shut, patientId]);
  if (shut) return <Over shut={shut} onAgain={() => setShut(null)} />;
  return (
    <div className={glass ? 'under-glass' : undefined}>
      {glass ? <Bar key={glass.until} glass={glass} patientId={patientId} onOver={() => setShut({ at: showTime(glass.until) })} said={t} /> : null}
      {children}
    </div>
  );
}

const minuteMs = 60_000;

function leftText(ms: number, t: Messages): string {
  const minutes = Math.max(1, Math.ceil(ms / minuteMs));
  return t.glass.left(minutes < 60 ? t.glass.minutes(minutes) : t.glass.hours(Math.floor(minutes / 60), String(minutes % 60).padStart(2, '0')));
}

function Bar({ glass, patientId, onOver, said: t }: { glass: Glass; patientId: string; onOver: () => void; said: Messages }) {
  const [left, setLeft] = useState(glass.leftMs);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const look = () => {
      const now = glass.leftMs();
      setLeft(now);
      if (now <= 0) onOver();
    };
    const timer = window.setInterval(look, 1000);
    document.addEventListener('visibilitychange', look);
    return () => {
      window.clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
    // onOver is a fresh closure at each render; glass stands for it.
  }, [glass]);

  async function end() {
    setBusy(true);
    try {
      await endGlass(patientId, glass);
    } catch {
      setBusy(false);
      say({ text: t.app.notDone, tone: 'bad' });
      return;
    }
    go('/patients');
    tellWindows(patientId, 'ended');
    window.setTimeout(() => patientForgotten(patientId), 0);
    say({ text: t.glass.ended });
  }

  const why = [glass.code ? t.glass.codes[glass.code] : '', glass.why].filter(Boolean).join(' : ');
  return (
    <section className="glass-bar" aria-label={t.glass.bar}>
      <Icon name="alert" size={22} />
      <p className="glass-says">
        <strong role="status">{t.glass.until(showTime(glass.until))}</strong> <span role="timer">{leftText(left, t)}</span>
      </p>
      <p className="glass-why" title={why}>
        {why}
      </p>
      <Button busy={busy} onClick={() => void end()}>
        {t.glass.end}
      </Button>
    </section>
  );
}

function Over({ shut, onAgain }: { shut: Shut; onAgain: () => void }) {
  const t = useText();
  const title = shut === 'elsewhere' ? t.glass.endedElsewhere : t.glass.over(shut.at);
  useEffect(() => {
    document.title = 'Aceso';
  }, []);
  return (
    <div className="page" role="alert">
      <h1>{title}</h1>
      <Note icon="lock" title={shut === 'elsewhere' ? t.glass.ended : t.glass.overHelp} />
      <div className="actions">
        <Button kind="primary" onClick={() => go('/patients')}>
          {t.glass.toPatients}
        </Button>
        <Button onClick={onAgain}>{t.glass.tryChart}</Button>
      </div>
    </div>
  );
}
