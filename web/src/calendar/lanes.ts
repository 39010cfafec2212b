/* Visits at the same time stand side by side: each gets a lane and how many lanes there are. */
import type { Visit } from '../care/visit';

export interface Laid {
  visit: Visit;
  lane: number;
  lanes: number;
}

export function layOut(visits: Visit[]): Laid[] {
  const sorted = [...visits].sort((a, b) => a.from - b.from || b.to - a.to);
  const laid: Laid[] = [];
  let group: Laid[] = [];
  let ends: number[] = [];
  const close = () => {
    for (const each of group) each.lanes = ends.length;
    laid.push(...group);
    group = [];
    ends = [];
  };
  for (const visit of sorted) {
    if (group.length > 0 && ends.every((end) => end <= visit.from)) close();
    const free = ends.findIndex((end) => end <= visit.from);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = visit.to;
    group.push({ visit, lane, lanes: 1 });
  }
  close();
  return laid;
}
