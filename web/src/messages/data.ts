/* Conversations between patients and those who care for them. */
import type { Bundle, CareTeam, Communication, Practitioner, Reference } from 'fhir/r4';
import { act, members, readJson, search, searchChart } from '../fhir/client';
import { refresh, useQuery, type Query } from '../fhir/query';
import { isTagged } from '../inbox/items';
import { nameIn, namesOf, type Names } from '../people/names';

export interface Message {
  id: string;
  from: string;
  fromReference: string;
  to: string;
  text: string;
  sent: string;
  unread: boolean;
}

export interface Conversation {
  /* Its first message. */
  id: string;
  topic: string;
  with: string;
  /* About whom: "Patient/1", or empty. */
  about: string;
  last: Message;
  unread: number;
  count: number;
}

const isMessage = (each: Communication) => (each.category ?? []).some((one) => one.coding?.some((coding) => coding.system === 'urn:aceso:message'));
const partyOf = (each: Communication) => [each.sender, ...(each.recipient ?? [])];
const textOf = (each: Communication) => (each.payload ?? []).map((one) => one.contentString ?? '').join('\n');
export const threadOf = (each: Communication) => (each.partOf?.[0]?.reference ?? `Communication/${each.id}`).replace(/^Communication\//, '');

function messageOf(each: Communication, names: Names): Message {
  return {
    id: each.id ?? '',
    from: nameIn(names, each.sender),
    fromReference: each.sender?.reference ?? '',
    to: (each.recipient ?? []).map((one) => nameIn(names, one)).filter(Boolean).join(', '),
    text: textOf(each),
    sent: each.sent ?? '',
    unread: isTagged(each, 'unread'),
  };
}

const byTime = (a: Communication, b: Communication) => (a.sent ?? '').localeCompare(b.sent ?? '');

/* ---- the patient's */

/* What came, and what was sent: of the patient, and of those for whom he acts. What colleagues write
 * to each other about a patient is theirs. */
async function readConversations(me: string, signal: AbortSignal): Promise<Conversation[]> {
  const inbox = await readJson<Bundle>('$inbox', signal);
  const all = new Map(members<Communication>(inbox, 'Communication').filter(isMessage).map((each) => [each.id, each]));
  const mine = [...all.values()].sort(byTime);
  const unread = new Set(mine.filter((each) => isTagged(each, 'unread')).map((each) => each.id));
  const others = (one: Reference | undefined) => one?.reference !== me && !one?.reference?.startsWith('Patient/');
  const names = await namesOf(mine.flatMap(partyOf), signal);
  const threads = new Map<string, Communication[]>();
  for (const each of mine) threads.set(threadOf(each), [...(threads.get(threadOf(each)) ?? []), each]);
  return [...threads]
    .flatMap(([id, all]): Conversation[] => {
      const last = all.at(-1);
      if (!last) return [];
      const parties = new Set(all.flatMap(partyOf).filter(others).map((one) => nameIn(names, one)));
      const about = all.find((one) => one.subject?.reference)?.subject?.reference ?? '';
      return [{ id, topic: all[0]?.topic?.text ?? '', with: [...parties].filter(Boolean).join(', '), about, last: messageOf(last, names), unread: all.filter((one) => unread.has(one.id)).length, count: all.length }];
    })
    .sort((a, b) => b.last.sent.localeCompare(a.last.sent));
}

export const useConversations = (me: string): Query<Conversation[]> => useQuery(`${me} conversations`, (signal) => readConversations(me, signal));

/* ---- one of them, for anybody who takes part */

export interface Thread {
  topic: string;
  messages: Message[];
  /* To which an answer goes. */
  answerTo: string;
}

async function readThread(id: string, signal: AbortSignal): Promise<Thread> {
  const all = members<Communication>(await readJson<Bundle>(`Communication/${id}/$thread`, signal), 'Communication').sort(byTime);
  const names = await namesOf(all.flatMap(partyOf), signal);
  return { topic: all[0]?.topic?.text ?? '', messages: all.map((each) => messageOf(each, names)), answerTo: all.at(-1)?.id ?? id };
}

export const useThread = (id: string): Query<Thread> => useQuery(`thread ${id}`, (signal) => readThread(id, signal));

export const messagesChanged = () => refresh((key) => key === 'inbox' || key.endsWith(' conversations') || key.startsWith('thread '));

export async function markRead(messages: Message[]): Promise<void> {
  const unread = messages.filter((each) => each.unread);
  if (unread.length === 0) return;
  await Promise.all(unread.map((each) => act(`Communication/${each.id}/$read`).catch(() => null)));
  refresh((key) => key === 'inbox' || key.endsWith(' conversations'));
}

/* ---- sending */

export interface Letter {
  text: string;
  to: string[];
  about?: string | undefined;
  topic?: string | undefined;
  answers?: string | undefined;
}

export async function send({ text, to, about, topic, answers }: Letter): Promise<string> {
  const made = await act<Communication>('Communication/$send', { text, to, 'about': about, 'topic': topic, 'in-response-to': answers });
  messagesChanged();
  return made?.id ?? '';
}

/* ---- to whom */

export interface Addressee {
  reference: string;
  name: string;
}

/* Those who care for the patient, and their practices. */
export const useCarers = (patientId: string): Query<Addressee[]> =>
  useQuery(`${patientId} carers`, async (signal) => {
    const page = await searchChart<CareTeam>(patientId, 'CareTeam', 'status=active&_count=100', signal);
    const all = page.items.flatMap((each) => (each.participant ?? []).flatMap((one) => (/^(Practitioner|Organization)\//.test(one.member?.reference ?? '') ? [one.member] : [])));
    const names = await namesOf(all, signal);
    const found = new Map(all.map((each) => [each?.reference ?? '', nameIn(names, each)]));
    return [...found].filter(([, name]) => name !== '').map(([reference, name]) => ({ reference, name }));
  });

export const useColleagues = (me: string | null): Query<Addressee[]> =>
  useQuery('colleagues', async (signal) => {
    const page = await search<Practitioner>('Practitioner', 'active=true&_sort=family&_count=500', signal);
    return page.items
      .map((each) => ({ reference: `Practitioner/${each.id}`, name: [each.name?.[0]?.family?.toLocaleUpperCase(), ...(each.name?.[0]?.given ?? [])].filter(Boolean).join(' ') }))
      .filter((each) => each.reference !== me && each.name !== '')
      .sort((a, b) => a.name.localeCompare(b.name));
  });
