/* A note as it is read, on the screen and on paper. */
import type { Composition } from 'fhir/r4';
import { displayOf } from '../fhir/read';
import { useText } from '../i18n';
import { showDateTime } from '../i18n/format';
import { Icon } from '../ui';
import { isSigned, shownParts } from './note';

export function NoteView({ note }: { note: Composition }) {
  const t = useText();
  const signed = isSigned(note);
  return (
    <article className="panel note-sheet" aria-label={note.title}>
      <header className="panel-head">
        <h2>{note.title}</h2>
        <p className={signed ? 'kept kept-saved' : 'kept kept-typing'}>
          {signed ? <Icon name="lock" size={16} /> : null} {signed ? t.consult.isSigned : t.consult.notYetSigned}
        </p>
      </header>
      <div className="panel-body">
        <p className="soft">
          {displayOf(note.author[0])} · <span className="digits">{showDateTime(note.date)}</span>
        </p>
        {shownParts(note).map((part, at) => (
          <section key={at} className="said-part">
            <h3>{part.title}</h3>
            <p className="said">{part.text}</p>
          </section>
        ))}
      </div>
    </article>
  );
}
