/* One part of a note: a heading and a text that grows, with blocks by "/word". */
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useText } from '../i18n';
import { blocksFor, withBlock, type Block } from './blocks';

interface Props {
  label: string;
  value: string;
  blocks: Block[];
  rows: number;
  autoFocus: boolean;
  onChange: (value: string) => void;
}

export function NotePart({ label, value, blocks, rows, autoFocus, onChange }: Props) {
  const t = useText();
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  useEffect(() => {
    if (autoFocus) area.current?.focus({ preventScroll: true });
  }, [autoFocus]);
  const offered = blocksFor(value.slice(0, caret), blocks);

  function take(block: Block) {
    const before = withBlock(value.slice(0, caret), block);
    onChange(before + value.slice(caret));
    window.requestAnimationFrame(() => {
      area.current?.focus();
      area.current?.setSelectionRange(before.length, before.length);
      setCaret(before.length);
    });
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
    </label>
  );
}
