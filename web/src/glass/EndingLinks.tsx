/* Below the search: one's own links that end soon, with what can be done about it. Quiet when there is
 * none. */
import { useState } from 'react';
import { Link } from '../app/Link';
import { chartPath } from '../app/router';
import type { Session } from '../app/session';
import { Failure } from '../fhir/failure';
import { refresh, useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Button, Panel, say } from '../ui';
import { endLink, isLinkKind, patientForgotten } from './data';
import { readEnding, renew, type Ending } from './links';

export function EndingLinks({ session }: { session: Session }) {
  const t = useText();
  const query = useQuery(`ending links ${session.user}`, (signal) => readEnding(session, signal, t));
  if (query.state !== 'ready' || query.data.length === 0) return null;
  return (
    <Panel title={t.glass.links.soon} count={query.data.length} className="glass-links">
      <p className="field-help">{t.glass.links.help}</p>
      <ul className="rows">
        {query.data.map((each) => (
          <One key={each.id} link={each} session={session} />
        ))}
      </ul>
    </Panel>
  );
}

function One({ link, session }: { link: Ending; session: Session }) {
  const t = useText();
  const [busy, setBusy] = useState(false);
  const alone = link.members.every((each) => each.reference === session.reference);
  const run = (what: () => Promise<unknown>, said: string, gone: boolean) => {
    setBusy(true);
    what().then(
      () => {
        if (gone) patientForgotten(link.patientId);
        refresh((key) => key.startsWith('ending links '));
        say({ text: said });
      },
      (error: unknown) => {
        setBusy(false);
        say({ text: Failure.from(error).kind === 'offline' ? t.failures.offline : t.app.notDone, tone: 'bad' });
      },
    );
  };
  return (
    <li>
      <span>
        <Link href={chartPath(link.patientId)}>{link.name}</Link>
        <span className="line-more">{[isLinkKind(link.kind) ? t.glass.kinds[link.kind] : '', t.glass.links.ends(showDate(link.until))].filter(Boolean).join(', ')}</span>
      </span>
      <span className="row-buttons">
        <Button busy={busy} label={t.glass.links.renewOf(link.name)} onClick={() => run(() => renew(link, session, t.glass.links.evidence), t.glass.links.renewed(link.name), false)}>
          {t.glass.links.renew}
        </Button>
        {alone ? (
          <Button kind="plain" disabled={busy} label={t.glass.links.endOf(link.name)} onClick={() => run(() => endLink(link.patientId, link.id), t.glass.links.ended(link.name), true)}>
            {t.glass.links.end}
          </Button>
        ) : null}
      </span>
    </li>
  );
}
