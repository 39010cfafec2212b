/* Hours that are booked together, and what the server says when some of them cannot be had. */
import { Failure } from '../fhir/failure';
import { addDays, instantOf } from '../i18n/format';

/* The same hour on the clock, every so many weeks. */
export const seriesOf = (hour: { day: string; minute: number }, count: number, weeks: number): string[] =>
  Array.from({ length: count }, (_, at) => instantOf(addDays(hour.day, 7 * weeks * at), hour.minute));

/* What of a series cannot be had, and the free hour nearest to it, if there is one. */
export interface Instead {
  wanted: string;
  instead: string | null;
}

export function insteadOf(error: unknown, starts: string[]): Instead[] {
  const { answer } = Failure.from(error);
  const issues = answer?.resourceType === 'OperationOutcome' ? answer.issue : [];
  return starts.flatMap((wanted, at) => {
    const own = issues.filter((each) => each.expression?.includes(`start[${at}]`));
    return own.length > 0 ? [{ wanted, instead: own.find((each) => each.severity !== 'error')?.diagnostics ?? null }] : [];
  });
}

/* How many of a series are in the way of something, when all of it was to move. */
export function inTheWay(error: unknown): number {
  const { answer } = Failure.from(error);
  const issues = answer?.resourceType === 'OperationOutcome' ? answer.issue : [];
  return issues.filter((each) => each.severity === 'error' && each.expression?.some((one) => /^start\[\d+\]$/.test(one))).length;
}

/* The list with what is free in place of what is not. */
export const mixedOf = (starts: string[], others: Instead[]): string[] =>
  starts.flatMap((start) => {
    const other = others.find((each) => each.wanted === start);
    return other ? (other.instead ? [other.instead] : []) : [start];
  });

/* The nearest free hours that came with a no. */
export function nearestOf(error: unknown): string[] {
  const { answer } = Failure.from(error);
  if (answer?.resourceType !== 'OperationOutcome') return [];
  return answer.issue.flatMap((each) => (each.severity !== 'error' && /^\d{4}-\d\d-\d\dT/.test(each.diagnostics ?? '') ? [each.diagnostics ?? ''] : []));
}
