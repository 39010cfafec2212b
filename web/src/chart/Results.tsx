import { useRef, useState } from 'react';
import { byName, measureText, seriesOf, worstFlag, type Series } from '../fhir/measure';
import { useSpeech, useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Sparkline } from '../plot/Sparkline';
import { Note, Panel, Show } from '../ui';
import { useLaboratory } from './data';
import { FlagMark } from './FlagMark';
import { SeriesPlot, SeriesTable } from './SeriesView';

const mostResults = 1000;

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}

/* The analyses on the left, the one that is chosen on the right. */
export function Results({ patientId }: { patientId: string }) {
  const { t, language } = useSpeech();
  const query = useLaboratory(patientId, mostResults);
  return (
    <Show query={query} rows={8}>
      {(page) => {
        const series = byName(seriesOf(page.items, t, language), language);
        if (series.length === 0) return <Panel title={t.results.title}><Note title={t.results.none} /></Panel>;
        return (
          <>
            {page.next ? <p className="soft">{t.chart.partial}</p> : null}
            <Browser series={series} />
          </>
        );
      }}
    </Show>
  );
}

function Browser({ series }: { series: Series[] }) {
  const t = useText();
  const [filter, setFilter] = useState('');
  const [onlyAbnormal, setOnlyAbnormal] = useState(false);
  const [chosenKey, setChosenKey] = useState<string | null>(null);
  const visible = series.filter(
    (each) => plain(each.name).includes(plain(filter.trim())) && (!onlyAbnormal || worstFlag(each.measures[0]) !== null),
  );
  const first = series.find((each) => worstFlag(each.measures[0]) !== null) ?? series[0];
  const chosen = series.find((each) => each.key === chosenKey) ?? first;
  const detail = useRef<HTMLDivElement>(null);
  function choose(key: string) {
    setChosenKey(key);
    /* On a narrow screen the curve stands above the list, out of sight. */
    if (window.matchMedia('(max-width: 60rem)').matches) detail.current?.scrollIntoView({ block: 'start' });
  }
  return (
    <div className="results">
      <Panel title={t.results.analyses} count={series.length} className="results-list">
        <div className="results-filter">
          <input
            type="search"
            className="filter-field"
            aria-label={t.results.filter}
            placeholder={t.results.filter}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
          <label className="check">
            <input type="checkbox" checked={onlyAbnormal} onChange={(event) => setOnlyAbnormal(event.currentTarget.checked)} />
            <span>{t.results.onlyAbnormal}</span>
          </label>
        </div>
        {visible.length === 0 ? <p className="soft">{t.results.filterNone}</p> : null}
        <ul className="analyses">
          {visible.map((each) => (
            <li key={each.key}>
              <Analysis series={each} chosen={each === chosen} onChoose={() => choose(each.key)} />
            </li>
          ))}
        </ul>
      </Panel>
      {chosen ? (
        <div className="results-detail" ref={detail}>
        <Panel title={chosen.name} aside={<span className="soft">{t.results.measures(chosen.measures.length)}</span>}>
          <SeriesPlot series={chosen} height={280} />
          <SeriesTable series={chosen} />
        </Panel>
        </div>
      ) : null}
    </div>
  );
}

function Analysis({ series, chosen, onChoose }: { series: Series; chosen: boolean; onChoose: () => void }) {
  const last = series.measures[0];
  if (!last) return null;
  return (
    <button type="button" className="analysis" aria-pressed={chosen} onClick={onChoose}>
      <span className="analysis-name">{series.name}</span>
      <span className="analysis-value digits">
        <FlagMark flag={worstFlag(last)} /> <strong className={worstFlag(last) ? 'flagged' : ''}>{measureText(last)}</strong>{' '}
        <span className="unit">{series.unit}</span>
      </span>
      <span className="analysis-date digits soft">{showDate(last.date)}</span>
      <span className="analysis-trend">
        <Sparkline series={series} />
      </span>
    </button>
  );
}
