/* An identity card is shown in a window of its own: only the address behind it asks the browser for
 * a certificate, and the page stays as it is. The window comes back to /card with what is worth
 * something in this browser alone, says it to the page, and closes. */
import { useEffect, useState } from 'react';
import { Failure } from '../fhir/failure';
import { get, send } from './session';

export type CardPurpose = 'sign-in' | 'prove' | 'link';
type Message = { ticket: string } | { refused: string } | { taken: true };

const channelName = 'aceso-card';
const patienceMs = 5 * 60_000;
const silenceMs = 8_000;

let offered: Promise<boolean> | null = null;

/* Whether this server reads cards. */
export function useCardOffered(): boolean {
  const [is, setIs] = useState(false);
  useEffect(() => {
    let gone = false;
    offered ??= get<{ card: boolean }>('/auth/ways').then(
      (ways) => ways.card,
      () => false,
    );
    void offered.then((each) => {
      if (!gone) setIs(each);
    });
    return () => {
      gone = true;
    };
  }, []);
  return is;
}

function wait(channel: BroadcastChannel, opened: Window): Promise<string> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      window.clearTimeout(timer);
      window.clearInterval(looking);
      settle();
    };
    const timer = window.setTimeout(() => end(() => reject(new Failure('card', null, 'late'))), patienceMs);
    /* It looks shut as soon as it comes back from the door too, because pages of another origin are kept
     * apart: only one that stays silent was shut. */
    let shutAt: number | null = null;
    const looking = window.setInterval(() => {
      shutAt = opened.closed ? (shutAt ?? Date.now()) : null;
      if (shutAt !== null && Date.now() - shutAt > silenceMs) end(() => reject(new Failure('card', null, 'none')));
    }, 500);
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ('taken' in data) return;
      channel.postMessage({ taken: true });
      end(() => ('ticket' in data ? resolve(data.ticket) : reject(new Failure('card', null, data.refused))));
    };
  });
}

/* To be called at once when a button is pressed: later, the browser would not open a window. */
export async function showCard(purpose: CardPurpose): Promise<string> {
  const opened = window.open('', '', 'popup,width=560,height=680');
  if (!opened) throw new Failure('card', null, 'window');
  const channel = new BroadcastChannel(channelName);
  try {
    const { url } = (await (await send('/auth/card/ask', { for: purpose })).json()) as { url: string };
    const answer = wait(channel, opened);
    opened.location.href = url;
    return await answer;
  } catch (error) {
    opened.close();
    throw error;
  } finally {
    channel.close();
  }
}

/* In the window: what stands behind the # is told to the page, once; true when it was heard. */
export function tellCard(hash: string): Promise<boolean> {
  const told = new URLSearchParams(hash.replace(/^#/, ''));
  const ticket = told.get('ticket');
  const message: Message = ticket ? { ticket } : { refused: told.get('refused') ?? 'unknown' };
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(channelName);
    const settle = (heard: boolean) => {
      window.clearTimeout(timer);
      channel.close();
      resolve(heard);
    };
    const timer = window.setTimeout(() => settle(false), 3_000);
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ('taken' in data) settle(true);
    };
    channel.postMessage(message);
  });
}
