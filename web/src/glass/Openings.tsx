/* For the patient: every time that somebody opened the record in an emergency, and why. */
import { useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { showDateTime } from '../i18n/format';
import { Panel, Show } from '../ui';
import { namesOf, readOpenings, type Opening } from './reviews';

export function Openings({ patientId }: { patientId: string }) {
  const t = useText();
  const query = useQuery(`${patientId} openings`, async (signal) => {
    const openings = await readOpenings(patientId, signal);
    return { openings, names: await namesOf(openings, signal, t) };
  });
  return (
    <Panel title={t.glass.mine.title}>
      <Show query={query} rows={2}>
        {({ openings, names }) =>
          openings.length === 0 ? (
            <p className="soft">{t.glass.mine.none}</p>
          ) : (
            <ul className="rows glass-openings">
              {openings.map((each) => (
                <One key={each.id} opening={each} name={names[each.who] ?? ''} />
              ))}
            </ul>
          )
        }
      </Show>
    </Panel>
  );
}

function One({ opening, name }: { opening: Opening; name: string }) {
  const t = useText();
  const state = !opening.done ? t.glass.mine.waits : opening.outcome === 'questioned' ? t.glass.mine.questioned : t.glass.mine.reviewed;
  return (
    <li>
      <span>
        <strong>{name}</strong> <span className="digits">{t.glass.mine.at(showDateTime(opening.at))}</span>
        <span className="line-more">{[opening.code ? t.glass.codes[opening.code] : '', opening.why].filter(Boolean).join(' : ')}</span>
        {opening.note ? <span className="line-more soft">{`${t.glass.reviews.note} : ${opening.note}`}</span> : null}
      </span>
      <span className={`tag ${opening.done && opening.outcome !== 'questioned' ? 'tag-good' : 'tag-warn'}`}>{state}</span>
    </li>
  );
}
