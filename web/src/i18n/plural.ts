/* The plural of a language, by the browser's own rules. */
export function plural(language: string) {
  const rules = new Intl.PluralRules(language);
  return (n: number, forms: { one: string; other: string }): string =>
    rules.select(n) === 'one' ? forms.one : forms.other;
}
