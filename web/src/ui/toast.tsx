/* What was just done, and the way back: undo comes before any question. One at a time, ten
 * seconds, also by Ctrl+Z. */
import { useEffect, useSyncExternalStore } from 'react';
import { useText } from '../i18n';
import { Button } from './controls';

export interface Deed {
  text: string;
  tone?: 'calm' | 'bad';
  undo?: () => void;
  others?: { text: string; onPress: () => void }[];
}

const shownMs = 10_000;
let deed: Deed | null = null;
let timer: number | undefined;
const listeners = new Set<() => void>();

function set(next: Deed | null): void {
  deed = next;
  for (const listener of [...listeners]) listener();
}

export function say(next: Deed): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => set(null), shownMs);
  set(next);
}

export function sayNothing(): void {
  window.clearTimeout(timer);
  set(null);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toast() {
  const t = useText();
  const shown = useSyncExternalStore(subscribe, () => deed);
  useEffect(() => {
    if (!shown?.undo) return;
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA)$/.test(event.target.tagName);
      if (typing || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z') return;
      event.preventDefault();
      sayNothing();
      shown.undo?.();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [shown]);
  const press = (what: () => void) => () => {
    sayNothing();
    what();
  };
  return (
    <div className="toast-place" role="status" aria-live="polite">
      {shown ? (
        <div className={`toast toast-${shown.tone ?? 'calm'}`}>
          <p>{shown.text}</p>
          {shown.others?.map((each) => (
            <Button key={each.text} kind="plain" onClick={press(each.onPress)}>
              {each.text}
            </Button>
          ))}
          {shown.undo ? (
            <Button kind="plain" onClick={press(shown.undo)}>
              {t.app.undo} <kbd aria-hidden="true">Ctrl Z</kbd>
            </Button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}
