/* A laboratory that reports 7.10 means two decimals. JSON.parse would give 7.1, so the written
 * digits are kept beside the parsed objects and shown as they came. */
const written = new WeakMap<object, Map<string, string>>();

interface ReviverContext {
  source?: string;
}

export function parseKeepingDigits(text: string): unknown {
  function keep(this: unknown, key: string, value: unknown, context?: ReviverContext): unknown {
    const source = context?.source;
    if (typeof value === 'number' && source !== undefined && source !== String(value)) {
      const holder = this as object;
      const digits = written.get(holder) ?? new Map<string, string>();
      digits.set(key, source);
      written.set(holder, digits);
    }
    return value;
  }
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}

export function digitsOf(holder: object, key: string): string | undefined {
  const value = (holder as Record<string, unknown>)[key];
  if (typeof value !== 'number') return undefined;
  const source = written.get(holder)?.get(key);
  return source !== undefined && !/[eE]/.test(source) ? source : String(value);
}
