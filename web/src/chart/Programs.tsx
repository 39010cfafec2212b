/* The tab from which a program is started with this chart: it opens beside, and asks what it may
 * do before it sees anything. */
import { useState } from 'react';
import { Failure } from '../fhir/failure';
import { useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { launch, launchers, type Launcher } from '../programs/api';
import { Button, FailureNote, Loading, Note, Panel } from '../ui';

export function Programs({ patientId }: { patientId: string }) {
  const t = useText();
  const query = useQuery('launchers', launchers);
  const [failure, setFailure] = useState<Failure | null>(null);

  function start(program: Launcher) {
    setFailure(null);
    /* The window is opened by the click itself, or browsers take it for an advertisement. */
    const window_ = window.open('about:blank', '_blank');
    if (window_) window_.opener = null;
    launch(program.client, patientId).then(
      (url) => {
        if (window_) window_.location.replace(url);
        else window.location.assign(url);
      },
      (error: unknown) => {
        window_?.close();
        setFailure(Failure.from(error));
      },
    );
  }

  if (query.state === 'loading') return <Loading rows={3} />;
  if (query.state === 'failed') return <FailureNote failure={query.failure} retry={query.retry} />;
  return (
    <Panel title={t.programs.startTitle}>
      {failure ? <FailureNote failure={failure} retry={() => setFailure(null)} /> : null}
      {query.data.length === 0 ? <Note title={t.programs.startNone} /> : null}
      <ul className="lines">
        {query.data.map((program) => (
          <li key={program.client} className="ask-row">
            <strong>{program.name}</strong>
            <Button onClick={() => start(program)} label={t.programs.startOf(program.name)}>
              {t.programs.start}
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
