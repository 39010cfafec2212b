/* A curve over time with its limits. uPlot draws; this file decides what is drawn. The plot is a
 * picture with a description: every value in it also stands in the table next to it. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import type { Series } from '../fhir/measure';
import { useSpeech } from '../i18n';
import { showDate, zone } from '../i18n/format';

interface Props {
  series: Series;
  height?: number;
}

interface Drawn {
  data: uPlot.AlignedData;
  flagged: boolean[][];
  low: number | null;
  high: number | null;
}

function drawn(series: Series): Drawn {
  const measures = series.measures.filter((each) => each.seconds !== null).reverse();
  const xs = measures.map((each) => each.seconds ?? 0);
  const ys = series.parts.map((_, part) => measures.map((each) => each.values[part]?.number ?? null));
  const flagged = series.parts.map((_, part) => measures.map((each) => Boolean(each.values[part]?.flag)));
  /* With two values a measure (a blood pressure) one band would be wrong for one of them. */
  const limits = series.parts.length === 1 ? series.measures[0]?.values[0] : undefined;
  return { data: [xs, ...ys] as uPlot.AlignedData, flagged, low: limits?.low ?? null, high: limits?.high ?? null };
}

const colours = { line: ['#1b5a4a', '#8a5a00', '#1d5a96', '#5b4a8a'], band: 'rgba(27, 90, 74, 0.09)', edge: 'rgba(27, 90, 74, 0.38)', grid: '#e6e2d8', ink: '#4a5a55', flag: '#a3263a' };
const font = '12px "Segoe UI", -apple-system, "Noto Sans", sans-serif';

/* Out of limits is a diamond and not only another colour. */
function drawFlags(plot: uPlot, flagged: boolean[][]): void {
  const { ctx } = plot;
  const size = 5.500 * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = colours.flag;
  flagged.forEach((marks, part) => {
    marks.forEach((marked, at) => {
      const x = plot.data[0][at];
      const y = plot.data[part + 1]?.[at];
      if (!marked || x === undefined || y === null || y === undefined) return;
      const cx = plot.valToPos(x, 'x', true);
      const cy = plot.valToPos(y, 'y', true);
      ctx.beginPath();
      ctx.moveTo(cx, cy - size);
      ctx.lineTo(cx + size, cy);
      ctx.lineTo(cx, cy + size);
      ctx.lineTo(cx - size, cy);
      ctx.closePath();
      ctx.fill();
    });
  });
  ctx.restore();
}

function drawBand(plot: uPlot, low: number | null, high: number | null): void {
  if (low === null && high === null) return;
  const { ctx } = plot;
  const { left, top, width, height } = plot.bbox;
  const clamp = (at: number) => Math.max(top, Math.min(top + height, at));
  const upper = high === null ? top : clamp(plot.valToPos(high, 'y', true));
  const lower = low === null ? top + height : clamp(plot.valToPos(low, 'y', true));
  ctx.save();
  ctx.fillStyle = colours.band;
  ctx.fillRect(left, upper, width, lower - upper);
  ctx.strokeStyle = colours.edge;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const edge of [high === null ? null : upper, low === null ? null : lower]) {
    if (edge === null || edge <= top || edge >= top + height) continue;
    ctx.beginPath();
    ctx.moveTo(left, edge);
    ctx.lineTo(left + width, edge);
    ctx.stroke();
  }
  ctx.restore();
}

/* The scale shows the values and the nearest limits, with some air. */
function scaleOf(low: number | null, high: number | null) {
  return (_: uPlot, dataMin: number | null, dataMax: number | null): uPlot.Range.MinMax => {
    const min = Math.min(dataMin ?? 0, low ?? Infinity);
    const max = Math.max(dataMax ?? 1, high ?? -Infinity);
    const air = (max - min || Math.abs(max) || 1) * 0.08;
    return [min >= 0 ? Math.max(0, min - air) : min - air, max + air];
  };
}

const day = 86_400;

/* One measure alone still gets an axis with a date on it. */
function spanOf(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  const from = min ?? Date.now() / 1000;
  const to = max ?? from;
  const air = Math.max((to - from) * 0.03, day * 3);
  return [from - air, to + air];
}

function axisDates(_: uPlot, splits: number[]): string[] {
  const span = (splits.at(-1) ?? 0) - (splits[0] ?? 0);
  let before = '';
  return splits.map((each) => {
    const whole = showDate(new Date(each * 1000).toISOString());
    const text = span > 6 * 365 * day ? whole.slice(6) : span > 120 * day ? whole.slice(3) : whole;
    const seen = text === before;
    before = text;
    return seen ? '' : text;
  });
}

function optionsOf(series: Series, shape: Drawn, width: number, height: number, language: string): uPlot.Options {
  const axis = { stroke: colours.ink, font, grid: { stroke: colours.grid, width: 1 }, ticks: { show: false } };
  return {
    width,
    height,
    padding: [14, 18, 0, 0],
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone),
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 9 }, y: false },
    scales: { x: { time: true, range: spanOf }, y: { range: scaleOf(shape.low, shape.high) } },
    axes: [
      { ...axis, values: axisDates, space: 76, gap: 6, size: 26, grid: { show: false } },
      {
        ...axis,
        size: 52,
        gap: 6,
        values: (_, splits) => splits.map((each) => each.toLocaleString(language === 'en' ? 'en-GB' : 'fr-BE', { maximumFractionDigits: 2 })),
      },
    ],
    series: [
      {},
      ...series.parts.map((name, part) => ({
        label: name || series.name,
        stroke: colours.line[part % colours.line.length] ?? colours.ink,
        width: 1.800,
        spanGaps: true,
        dash: part % 2 === 1 ? [6, 4] : [],
        points: { show: true, size: 6, fill: '#fffefb', width: 1.800 },
      })),
    ],
    hooks: {
      drawClear: [(plot) => drawBand(plot, shape.low, shape.high)],
      draw: [(plot) => drawFlags(plot, shape.flagged)],
    },
  };
}

export default function Plot({ series, height = 240 }: Props) {
  const { t, language } = useSpeech();
  const frame = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLParagraphElement>(null);

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const shape = drawn(series);
    const options = optionsOf(series, shape, Math.max(element.clientWidth, 200), height, language);
    const measures = series.measures.filter((each) => each.seconds !== null).reverse();
    const tell = (plot: uPlot) => {
      const measure = plot.cursor.idx == null ? undefined : measures[plot.cursor.idx];
      if (readout.current)
        readout.current.textContent = measure
          ? `${showDate(measure.date)}   ${measure.values.map((each) => each.text).join('/')} ${series.unit}`
          : '';
    };
    options.hooks = { ...options.hooks, setCursor: [tell] };
    const plot = new uPlot(options, shape.data, element);
    const watch = new ResizeObserver(() => plot.setSize({ width: Math.max(element.clientWidth, 200), height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [series, height, language]);

  const newest = series.measures[0];
  const oldest = series.measures.at(-1);
  const help = t.results.plotHelp(series.measures.length, showDate(oldest?.date), showDate(newest?.date));
  return (
    <figure className="plot">
      <p className="plot-readout digits" ref={readout} aria-hidden="true" />
      {series.parts.length > 1 ? (
        <div className="plot-legend">
          {series.parts.map((name, part) => (
            <span key={name} className={`plot-key plot-key-${part}`}>
              {name}
            </span>
          ))}
        </div>
      ) : null}
      <div role="img" aria-label={`${t.results.plotOf(series.name)}. ${help}`} ref={frame} className="plot-frame" style={{ height }} />
    </figure>
  );
}
