/* The forms that a patient is asked for; nothing when there are none. */
import { formPath, go } from '../app/router';
import { displayOf } from '../fhir/read';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Button, Panel } from '../ui';
import { formIdOf, useMyForms } from './data';

export function AskedOfMe() {
  const t = useText();
  const query = useMyForms();
  if (query.state !== 'ready' || query.data.length === 0) return null;
  return (
    <Panel title={t.forms.askedOfMe} count={query.data.length} className="panel-asks">
      <ul className="rows">
        {query.data.map((each) => (
          <li key={each.id}>
            <span>
              <strong>{each.description ?? displayOf(each.focus) ?? t.chart.noText}</strong>
              <span className="line-more soft digits">{t.forms.askedOn(showDate(each.authoredOn))}</span>
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
