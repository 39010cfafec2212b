import { inVitalOrder, measureText, seriesOf, worstFlag } from '../fhir/measure';
import { useSpeech } from '../i18n';
import { showDate } from '../i18n/format';
import { Note, Panel, Show } from '../ui';
import { useVitals } from './data';
import { FlagMark } from './FlagMark';
import { SeriesPlot, SeriesTable } from './SeriesView';

const mostVitals = 1000;

export function Vitals({ patientId }: { patientId: string }) {
  const { t, language } = useSpeech();
  const query = useVitals(patientId, mostVitals);
  return (
    <Show query={query} rows={8}>
      {(page) => {
        const series = inVitalOrder(seriesOf(page.items, t, language));
        if (series.length === 0) return <Panel title={t.vitals.title}><Note title={t.vitals.none} /></Panel>;
        return (
          <>
            {page.next ? <p className="soft">{t.chart.partial}</p> : null}
            <div className="vitals">
              {series.map((each) => {
                const last = each.measures[0];
                return (
                  <Panel
                    key={each.key}
                    title={each.name}
                    aside={
                      last ? (
                        <span className="vital-last">
                          <FlagMark flag={worstFlag(last)} /> <strong className="digits">{measureText(last)}</strong>{' '}
                          <span className="unit">{each.unit}</span> <span className="soft digits">{showDate(last.date)}</span>
                        </span>
                      ) : null
                    }
                  >
                    <SeriesPlot series={each} height={190} />
                    <details>
                      <summary>
                        {t.results.showTable} <span className="soft">({t.results.measures(each.measures.length)})</span>
                      </summary>
                      <SeriesTable series={each} />
                    </details>
                  </Panel>
                );
              })}
            </div>
          </>
        );
      }}
    </Show>
  );
}
