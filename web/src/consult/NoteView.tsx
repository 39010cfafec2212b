/* A note as it is read, on the screen and on paper. */
import type { Composition, Practitioner } from 'fhir/r4';
import { readJson } from '../fhir/client';
import { useQuery } from '../fhir/query';
import { displayOf, nameOf } from '../fhir/read';
import { useText } from '../i18n';
import { showDateTime } from '../i18n/format';
import { Icon } from '../ui';
import { isSigned, shownParts } from './note';

/* Who wrote it, by name; a reference without one is looked up. */
function Author({ note }: { note: Composition }) {
  const author = note.author[0];
  const reference = author?.reference ?? '';
  const query = useQuery(`name ${author?.display ? '' : reference}`, async (signal) =>
    author?.display || !reference.startsWith('Practitioner/') ? null : nameOf((await readJson<Practitioner>(reference, signal)).name),
  );
  const found = query.state === 'ready' ? query.data : null;
  return <>{displayOf(author) ?? (found ? `${found.given} ${found.family}` : '')}</>;
}

export function NoteView({ note, addenda }: { note: Composition; addenda: Composition[] }) {
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
          <Author note={note} /> · <span className="digits">{showDateTime(note.date)}</span>
        </p>
        {shownParts(note).map((part, at) => (
          <section key={at} className="said-part">
            <h3>{part.title}</h3>
            <p className="said">{part.text}</p>
          </section>
        ))}
        {addenda.map((each) => (
          <section key={each.id} className="said-part addendum">
            <h3>
              {each.title} · <Author note={each} /> · <span className="digits">{showDateTime(each.date)}</span>
            </h3>
            {shownParts(each).map((part, at) => (
              <p key={at} className="said">
                {part.text}
              </p>
            ))}
          </section>
        ))}
      </div>
    </article>
  );
}
