import type { Flag } from '../fhir/measure';
import { useText } from '../i18n';

const arrows: Record<Flag, string> = { high: '↑', low: '↓', veryHigh: '↑↑', veryLow: '↓↓', abnormal: '!' };

/* An arrow and a word: never the colour alone. */
export function FlagMark({ flag, words = false }: { flag: Flag | null; words?: boolean }) {
  const t = useText();
  if (!flag) return null;
  return (
    <span className={`flag flag-${flag}`} title={t.results[flag]}>
      <span aria-hidden="true">{arrows[flag]}</span>
      <span className={words ? '' : 'hidden'}>{words ? ` ${t.results[flag]}` : t.results[flag]}</span>
    </span>
  );
}
