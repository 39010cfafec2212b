/* One measured thing: its curve and its table. The plotting library is loaded when the first
 * curve is. */
import { lazy, Suspense } from 'react';
import type { Series } from '../fhir/measure';
import { useText } from '../i18n';
import { showDate, showTime } from '../i18n/format';
import { Loading } from '../ui';
import { FlagMark } from './FlagMark';

const LazyPlot = lazy(() => import('../plot/Plot'));

export function SeriesPlot({ series, height }: { series: Series; height?: number }) {
  const drawable = series.measures.some((each) => each.seconds !== null && each.values.some((one) => one.number !== null));
  if (!drawable) return null;
  return (
    <Suspense fallback={<Loading rows={4} />}>
      <LazyPlot series={series} height={height ?? 240} />
    </Suspense>
  );
}

function statusWord(status: string, words: { preliminary: string; corrected: string; cancelled: string }): string {
  if (status === 'preliminary' || status === 'registered') return words.preliminary;
  if (status === 'amended' || status === 'corrected') return words.corrected;
  return status === 'cancelled' ? words.cancelled : '';
}

export function SeriesTable({ series }: { series: Series }) {
  const t = useText();
  const hasRange = series.measures.some((each) => each.values.some((one) => one.range));
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={t.results.tableOf(series.name)}>
      <table className="table table-values">
        <thead>
          <tr>
            <th scope="col">{t.results.date}</th>
            {series.parts.map((name) => (
              <th scope="col" key={name} className="right">
                {name || t.results.value} {series.unit ? <span className="unit">({series.unit})</span> : null}
              </th>
            ))}
            <th scope="col">{t.results.flag}</th>
            {hasRange ? <th scope="col">{t.results.range}</th> : null}
          </tr>
        </thead>
        <tbody>
          {series.measures.map((each) => {
            const status = statusWord(each.status, t.results);
            return (
              <tr key={each.id}>
                <th scope="row" className="digits">
                  {showDate(each.date) || t.chart.noDate} <span className="soft">{showTime(each.date)}</span>
                </th>
                {each.values.map((value, part) => (
                  <td key={part} className="digits right">
                    <span className={value.flag ? 'flagged' : ''}>{value.text}</span>
                  </td>
                ))}
                <td>
                  {each.values.map((value, part) => (
                    <FlagMark key={part} flag={value.flag} words />
                  ))}
                  {status ? <span className="tag">{status}</span> : null}
                  {each.note ? <span className="line-more soft">{each.note}</span> : null}
                </td>
                {hasRange ? <td className="digits soft">{each.values.map((value) => value.range).filter(Boolean).join(' · ')}</td> : null}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
