/* What went wrong at a door, in the words of that door. */
import { useEffect, useState } from 'react';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import { showTime } from '../i18n/format';
import type { Messages } from '../i18n/fr';
import { Icon } from '../ui';

export type Trouble = { kind: 'wrong' | 'offline' | 'failed' | 'noPasskey' | 'refused' } | { kind: 'card'; word: string } | { kind: 'wait'; until: number } | null;

export function troubleOf(error: unknown): Trouble {
  const failure = Failure.from(error);
  if (failure.kind === 'wrongPassword') return { kind: 'wrong' };
  if (failure.kind === 'card') return { kind: 'card', word: failure.word };
  if (failure.kind === 'lockedOut') return { kind: 'wait', until: Date.now() + (failure.retryAfterSeconds ?? 60) * 1000 };
  if (failure.kind === 'offline' || failure.kind === 'noPasskey' || failure.kind === 'refused') return { kind: failure.kind };
  return { kind: 'failed' };
}

/* Why a card was refused, as the door says it in a word. */
function cardSentence(t: Messages, word: string): string {
  const known: Record<string, string> = {
    none: t.card.none,
    expired: t.card.expired,
    revoked: t.card.revoked,
    use: t.card.use,
    late: t.card.late,
    wait: t.card.wait,
    unchecked: t.card.unchecked,
    window: t.card.window,
  };
  return known[word] ?? t.card.unknown;
}

/* Seconds until one may try again; 0: now. */
export function useWait(trouble: Trouble): number {
  const until = trouble?.kind === 'wait' ? trouble.until : null;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (until === null) return;
    setNow(Date.now());
    const timer = window.setInterval(() => setNow(Date.now()), 500);
    return () => window.clearInterval(timer);
  }, [until]);
  return until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
}

export const clockOf = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

export function TroubleNote({ trouble, left, wrong, refused }: { trouble: Trouble; left: number; wrong: string; refused?: string }) {
  const t = useText();
  return (
    <div role="alert" className="signin-trouble">
      {trouble && (trouble.kind !== 'wait' || left > 0) ? (
        <p data-trouble={trouble.kind}>
          <Icon name={trouble.kind === 'offline' ? 'cloudOff' : 'alert'} />
          <span>
            {trouble.kind === 'wrong' ? wrong : null}
            {trouble.kind === 'refused' ? (refused ?? t.signIn.failed) : null}
            {trouble.kind === 'offline' ? t.signIn.offline : null}
            {trouble.kind === 'noPasskey' ? t.prove.noPasskey : null}
            {trouble.kind === 'card' ? cardSentence(t, trouble.word) : null}
            {trouble.kind === 'failed' ? t.signIn.failed : null}
            {trouble.kind === 'wait' ? t.signIn.lockedOut(showTime(new Date(trouble.until).toISOString())) : null}
          </span>
        </p>
      ) : null}
    </div>
  );
}
