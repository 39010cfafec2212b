/* The way a value goes, small enough for a table cell. It says nothing that the table behind it
 * does not say, so it is hidden from screen readers. */
import type { Series } from '../fhir/measure';

const width = 88;
const height = 24;
const most = 24;

export function Sparkline({ series }: { series: Series }) {
  const points = series.measures
    .slice(0, most)
    .map((each) => ({ at: each.seconds, value: each.values[0]?.number ?? null, flagged: each.values.some((one) => one.flag) }))
    .filter((each): each is { at: number; value: number; flagged: boolean } => each.at !== null && each.value !== null)
    .reverse();
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || points.length < 2) return null;
  const limits = series.measures[0]?.values[0];
  const values = points.map((each) => each.value);
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (high === low) {
    low -= 1;
    high += 1;
  }
  const x = (at: number) => 3 + ((at - first.at) / (last.at - first.at || 1)) * (width - 8);
  const y = (value: number) => height - 4 - ((value - low) / (high - low)) * (height - 8);
  const clamp = (value: number) => Math.max(0, Math.min(height, y(value)));
  const top = limits?.high != null ? clamp(limits.high) : 0;
  const bottom = limits?.low != null ? clamp(limits.low) : height;
  const hasLimits = limits?.high != null || limits?.low != null;
  return (
    <svg className="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
      {hasLimits && bottom > top ? <rect className="spark-band" x="0" y={top} width={width} height={bottom - top} /> : null}
      <polyline points={points.map((each) => `${x(each.at).toFixed(1)},${y(each.value).toFixed(1)}`).join(' ')} />
      <circle className={last.flagged ? 'spark-flagged' : ''} cx={x(last.at)} cy={y(last.value)} r="2.8" />
    </svg>
  );
}
