/* For the patient: who has a link with him, until when, and an end to any of them. */
import type { Session } from '../app/session';
import { useStepUp } from '../app/StepUp';
import { refresh, useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Button, Panel, say, Show } from '../ui';
import { endLink, isLinkKind } from './data';
import { readLinks, type CareLink } from './links';

export function CarersPanel({ patientId, session }: { patientId: string; session: Session }) {
  const t = useText();
  const stepUp = useStepUp();
  const key = `${patientId} links`;
  const query = useQuery(key, (signal) => readLinks(patientId, session, signal, t));
  const end = (link: CareLink) =>
    void stepUp(() => endLink(patientId, link.id)).then(
      () => {
        refresh((each) => each === key);
        say({ text: t.glass.carers.ended });
      },
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  return (
    <Panel title={t.glass.carers.title}>
      <p className="soft">{t.glass.carers.help}</p>
      <Show query={query} rows={3}>
        {(links) =>
          links.length === 0 ? (
            <p className="soft">{t.glass.carers.none}</p>
          ) : (
            <ul className="rows">
              {links.map((each) => {
                const names = each.members.map((one) => one.name).filter(Boolean).join(', ') || t.messages.somebody;
                const kind = each.kind === 'break-glass' ? t.glass.carers.glass : isLinkKind(each.kind) ? t.glass.kinds[each.kind] : '';
                return (
                  <li key={each.id}>
                    <span>
                      <strong>{names}</strong>
                      <span className="line-more">{[kind, each.until ? t.glass.links.ends(showDate(each.until)) : ''].filter(Boolean).join(', ')}</span>
                    </span>
                    <Button kind="plain" label={`${t.glass.links.end}: ${names}`} onClick={() => end(each)}>
                      {t.glass.links.end}
                    </Button>
                  </li>
                );
              })}
            </ul>
          )
        }
      </Show>
    </Panel>
  );
}
