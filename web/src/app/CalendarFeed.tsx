/* One's calendar in a program of one's own: a secret address, made here, shown once, ended here. It
 * names patients only as far as the centre lets it and its owner wants it. */
import type { FhirResource } from 'fhir/r4';
import { useState } from 'react';
import { act, readJson, told } from '../fhir/client';
import { refresh, useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { Button, Icon, InputField, Panel, say, SelectField, Show } from '../ui';

export const feedNames = ['none', 'initials', 'full'] as const;
export type FeedNames = (typeof feedNames)[number];

interface Feed {
  allowed: FeedNames;
  /* Of the address that there is. */
  names: FeedNames | null;
}

const wordOf = (text: string): FeedNames | null => feedNames.find((each) => each === text) ?? null;

export function CalendarFeed({ reference }: { reference: string }) {
  const t = useText();
  const key = `feed ${reference}`;
  const query = useQuery(key, async (signal): Promise<Feed> => {
    const answer = await readJson<FhirResource>(`${reference}/$calendar-feed`, signal);
    return { allowed: wordOf(told(answer, 'allowed')) ?? 'none', names: wordOf(told(answer, 'names')) };
  });
  const [names, setNames] = useState<FeedNames>('none');
  const [address, setAddress] = useState('');
  const [busy, setBusy] = useState(false);

  async function run(name: string, given: Record<string, string>, said: string) {
    setBusy(true);
    try {
      const answer = await act<FhirResource>(`${reference}/${name}`, given);
      setAddress(told(answer, 'address'));
      refresh((each) => each === key);
      say({ text: said });
    } catch {
      say({ text: t.app.notDone, tone: 'bad' });
    } finally {
      setBusy(false);
    }
  }

  async function copy() {
    await navigator.clipboard.writeText(address).then(
      () => say({ text: t.feed.copied }),
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  }

  return (
    <Panel title={t.feed.title}>
      <p>{t.feed.help}</p>
      <Show query={query} rows={2}>
        {(feed) => {
          const offered = feedNames.slice(0, feedNames.indexOf(feed.allowed) + 1);
          const wanted = offered.includes(names) ? names : 'none';
          return (
            <>
              <p>{feed.names ? `${t.feed.active} ${t.feed.says[feed.names]}` : t.feed.inactive}</p>
              {address ? (
                <div className="inline-form">
                  <InputField label={t.feed.address} help={t.feed.once} value={address} onChange={() => undefined} readOnly />
                  <Button onClick={() => void copy()}>{t.feed.copy}</Button>
                </div>
              ) : null}
              <div className="inline-form">
                {offered.length > 1 ? (
                  <SelectField label={t.feed.names} value={wanted} onChange={(next) => setNames(wordOf(next) ?? 'none')} options={offered.map((each) => ({ value: each, text: t.feed.says[each] }))} />
                ) : (
                  <p className="soft">{t.feed.notAllowed}</p>
                )}
                <Button busy={busy} icon={<Icon name="calendar" size={18} />} onClick={() => void run('$calendar-address', { names: wanted }, t.feed.made)}>
                  {feed.names ? t.feed.again : t.feed.make}
                </Button>
                {feed.names ? (
                  <Button kind="plain" busy={busy} onClick={() => void run('$calendar-revoke', {}, t.feed.ended)}>
                    {t.feed.end}
                  </Button>
                ) : null}
              </div>
            </>
          );
        }}
      </Show>
    </Panel>
  );
}
