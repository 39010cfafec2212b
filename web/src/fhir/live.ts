/* What the server tells that something has changed: the kind and the id, never its content. The
 * screen then asks again, and sees what its user may see. Where no such line is open (an old
 * server, a proxy that cuts it) the screen asks by itself every half minute. */
import { useEffect } from 'react';

const slowMs = 30_000;
/* Several changes at once wake the screen once. */
const gatherMs = 150;

/* watch: what the page shows ("inbox", "Patient/1", "day:2026-11-23:Location/1"), as one text. */
export function useLive(watch: string, onWake: () => void): void {
  useEffect(() => {
    let gathering: number | undefined;
    let slow: number | undefined;
    const wake = () => {
      window.clearTimeout(gathering);
      gathering = window.setTimeout(onWake, gatherMs);
    };
    const query = watch
      .split(' ')
      .map((each) => `watch=${encodeURIComponent(each)}`)
      .join('&');
    let line: EventSource | null = null;
    const stop = () => {
      line?.close();
      line = null;
      window.clearTimeout(gathering);
      window.clearInterval(slow);
      slow = undefined;
    };
    const listen = () => {
      const opened = new EventSource(`/live?${query}`);
      line = opened;
      opened.addEventListener('changed', wake);
      opened.addEventListener('reset', wake);
      opened.onerror = () => {
        if (opened.readyState === EventSource.CLOSED && slow === undefined) slow = window.setInterval(onWake, slowMs);
      };
    };
    /* A browser has six lines to a server: a tab that nobody looks at keeps none. */
    const turn = () => {
      stop();
      if (document.visibilityState !== 'visible') return;
      listen();
      wake();
    };
    if (document.visibilityState === 'visible') listen();
    document.addEventListener('visibilitychange', turn);
    return () => {
      document.removeEventListener('visibilitychange', turn);
      stop();
    };
    // onWake is a fresh closure at each render; watch stands for it.
  }, [watch]);
}
