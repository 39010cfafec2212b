/* The notes of all consultations, newest first. */
import { consultPath, go } from '../app/router';
import { Link } from '../app/Link';
import { isClinical } from '../app/places';
import type { Session } from '../app/session';
import { appendsTo, isSigned, shownParts, useNotes } from '../consult/note';
import { displayOf } from '../fhir/read';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Button, Icon, Note, Panel, Show } from '../ui';

export function Notes({ patientId, session }: { patientId: string; session: Session }) {
  const t = useText();
  const query = useNotes(patientId);
  const write = isClinical(session) ? (
    <Button kind="primary" icon={<Icon name="pen" size={18} />} onClick={() => go(consultPath(patientId))}>
      {t.consult.start}
    </Button>
  ) : null;
  return (
    <Panel title={t.chart.notes} aside={write}>
      <Show query={query} rows={6}>
        {(notes) =>
          notes.length === 0 ? (
            <Note title={t.consult.none} />
          ) : (
            <ul className="lines">
              {notes.filter((each) => appendsTo(each) === null).map((note) => (
                <li key={note.id} className="note-line">
                  <Link href={consultPath(patientId, note.id)}>
                    <span className="digits">{showDate(note.date)}</span> {note.title}
                  </Link>
                  <span className="soft">
                    {displayOf(note.author[0])}
                    {isSigned(note) ? '' : ` · ${t.consult.notYetSigned}`}
                  </span>
                  <p className="note-start">{shownParts(note).map((part) => part.text).join(' · ').slice(0, 220)}</p>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </Panel>
  );
}
