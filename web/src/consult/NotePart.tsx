/* One part of a note: a heading and a text that grows, with blocks by "/word". */
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useSpeech } from '../i18n';
import { say } from '../ui';
import { blocksFor, filled, inPlace, keepBlock, wordIn, type Block } from './blocks';

interface Props {
  label: string;
  value: string;
  blocks: Block[];
  /* Whose blocks they are, and about whom the note is. */
  who: string;
  patientId: string;
  rows: number;
  autoFocus: boolean;
  /* It is being signed: what was typed now would be in no note. */
  readOnly: boolean;
  onChange: (value: string) => void;
  /* A whole note was chosen; what stands in this part without the word. */
  onTemplate: (block: Block, value: string) => void;
}

export function NotePart({ label, value, blocks, who, patientId, rows, autoFocus, readOnly, onChange, onTemplate }: Props) {
  const { t, language } = useSpeech();
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  useEffect(() => {
    if (autoFocus) area.current?.focus({ preventScroll: true });
  }, [autoFocus]);
  const offered = blocksFor(value.slice(0, caret), blocks);

  const before = value.slice(0, caret);
  const word = wordIn(before);
  const above = inPlace(before, '').trim();

  function put(text: string) {
    const start = inPlace(before, text);
    onChange(start + value.slice(caret));
    window.requestAnimationFrame(() => {
      area.current?.focus();
      area.current?.setSelectionRange(start.length, start.length);
      setCaret(start.length);
    });
  }

  const take = (block: Block) => {
    if (block.note) onTemplate(block, inPlace(before, '') + value.slice(caret));
    else void filled(block, patientId, language).then(put);
  };

  function keep(name: string) {
    keepBlock(who, name, above).then(
      () => {
        put('');
        say({ text: t.consult.blockKept(name) });
      },
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  }

  function onKey(event: KeyboardEvent) {
    const [first] = offered;
    if (!first || (event.key !== 'Tab' && event.key !== 'Enter') || event.shiftKey || event.ctrlKey) return;
    event.preventDefault();
    take(first);
  }

  return (
    <label className="note-part">
      <span>{label}</span>
      <textarea
        ref={area}
        rows={Math.max(rows, value.split('\n').length)}
        value={value}
        readOnly={readOnly}
        onKeyDown={onKey}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
        onChange={(event) => {
          setCaret(event.currentTarget.selectionStart);
          onChange(event.currentTarget.value);
        }}
      />
      {offered.length > 0 ? (
        <span className="blocks" role="status">
          <kbd>Tab</kbd>
          {offered.map((each) => (
            <button key={each.word} type="button" className="chip-button" onClick={() => take(each)}>
              /{each.word}
            </button>
          ))}
          <span className="hidden">{t.consult.blocks}</span>
        </span>
      ) : null}
      {word !== null && word.length > 1 && offered.length === 0 && above !== '' ? (
        <span className="blocks">
          <button type="button" className="chip-button" onClick={() => keep(word)}>
            {t.consult.keepBlock(word)}
          </button>
        </span>
      ) : null}
    </label>
  );
}
