/* The forms that a patient is asked for; nothing when there are none. */
import { formPath, go } from '../app/router';
import type { Session } from '../app/session';
import { useActsFor } from '../door/family';
import { displayOf } from '../fhir/read';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Button, Panel } from '../ui';
import { formIdOf, useMyForms } from './data';

/* of: those of one patient alone; else of all for whom somebody acts. */
export function AskedOfMe({ session, of }: { session: Session; of?: string }) {
  const t = useText();
  const people = useActsFor(session);
  const query = useMyForms();
  const all = query.state === 'ready' ? query.data.filter((each) => !of || each.for?.reference === of) : [];
  const whom = (reference: string | undefined) => (reference === session.reference ? '' : (people.find((each) => each.reference === reference)?.name ?? ''));
  if (all.length === 0) return null;
  return (
    <Panel title={t.forms.askedOfMe} count={all.length} className="panel-asks">
      <ul className="rows">
        {all.map((each) => (
          <li key={each.id}>
            <span>
              <strong>{each.description ?? displayOf(each.focus) ?? t.chart.noText}</strong>
              <span className="line-more soft digits">{[whom(each.for?.reference), t.forms.askedOn(showDate(each.authoredOn))].filter(Boolean).join(' · ')}</span>
            </span>
            <Button kind="primary" label={`${t.forms.fill}: ${each.description ?? ''}`} onClick={() => go(formPath((each.for?.reference ?? '').slice('Patient/'.length), formIdOf(each) ?? ''))}>
              {t.forms.fill}
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
