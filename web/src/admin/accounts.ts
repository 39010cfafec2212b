/* The accounts of the server, for who administers: what is asked and what is done. Changes need a
 * fresh proof (StepUp.tsx). */
import { get, send } from '../app/session';

export type AccountState = 'active' | 'invited' | 'ended';

export interface Account {
  user: string;
  display: string;
  role: string;
  reference: string;
  language: string;
  mail: string;
  state: AccountState;
  created: string;
  signedIn: string | null;
  seen: string | null;
  sessions: number;
  factors: ('totp' | 'passkey' | 'card')[];
  own: boolean;
}

export interface AccountPage {
  accounts: Account[];
  next: string | null;
  all: number;
}

export interface AccountQuery {
  search: string;
  role: string;
  state: string;
}

export function readAccounts(query: AccountQuery, after: string | null): Promise<AccountPage> {
  const asked = new URLSearchParams({ count: '50' });
  for (const [name, value] of Object.entries({ ...query, after: after ?? '' })) if (value.trim()) asked.set(name, value.trim());
  return get<AccountPage>(`/auth/accounts?${asked.toString()}`);
}

export interface Wanted {
  user: string;
  display: string;
  role: string;
  reference: string;
  language: string;
  mail: string;
}

/* The link comes back when no mail could leave. */
export async function invite(wanted: Partial<Wanted> & { user: string }): Promise<{ mailed: boolean; link?: string }> {
  return (await (await send('/auth/accounts/invite', wanted)).json()) as { mailed: boolean; link?: string };
}

type Act = 'end' | 'open' | 'factors/reset' | 'sign-out';

export async function act(what: Act, user: string): Promise<void> {
  await send(`/auth/accounts/${what}`, { user });
}

/* Only what is another than it was. */
export async function change(before: Account, after: Wanted): Promise<void> {
  const changed = (Object.keys(after) as (keyof Wanted)[]).filter((name) => after[name] !== before[name] && after[name] !== '');
  if (changed.length > 0) await send('/auth/accounts/change', { user: before.user, ...Object.fromEntries(changed.map((name) => [name, after[name]])) });
}

export const userPattern = /^[a-z0-9._@-]{2,64}$/;
export const mailPattern = /^[^\s@<>()"\\,;:]+@[^\s@<>()"\\,;:]+$/;

/* "/p/12/notes" of an address, "Patient/12", "12": Patient/12. */
export function recordOf(text: string, type: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const inAddress = /\/p\/([A-Za-z0-9\-.]{1,64})/.exec(trimmed);
  return `${type}/${inAddress?.[1] ?? trimmed.replace(/^.*\//, '')}`;
}
