/* The message catalogue: one typed object a language, of the shape of the French one, so that a
 * message that is missing in a language does not compile. Each language is a chunk of its own and
 * only the one in use is loaded. */
import { createContext, useContext, useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import type { Core, Messages } from './fr';
import type { More } from './more/more.fr';

export const languages = ['fr', 'nl', 'de', 'en'] as const;
export type Language = (typeof languages)[number];

export const languageNames: Record<Language, string> = {
  fr: 'Français',
  nl: 'Nederlands',
  de: 'Deutsch',
  en: 'English',
};

const load: Record<Language, () => Promise<Core>> = {
  fr: () => import('./fr').then((module) => module.fr),
  nl: () => import('./nl').then((module) => module.nl),
  de: () => import('./de').then((module) => module.de),
  en: () => import('./en').then((module) => module.en),
};

const loadMore: Record<Language, () => Promise<More>> = {
  fr: () => import('./more/more.fr').then((module) => module.more),
  nl: () => import('./more/more.nl').then((module) => module.more),
  de: () => import('./more/more.de').then((module) => module.more),
  en: () => import('./more/more.en').then((module) => module.more),
};

const storageKey = 'aceso.language';

export function isLanguage(text: string | null | undefined): text is Language {
  return languages.some((each) => each === text);
}

/* What was chosen in this browser; else the language of the signed-in user; else the browser's;
 * else French. */
export function chooseLanguage(user: string | null): Language {
  const chosen = window.localStorage.getItem(storageKey);
  if (isLanguage(chosen)) return chosen;
  if (isLanguage(user)) return user;
  for (const each of navigator.languages) {
    const short = each.slice(0, 2).toLowerCase();
    if (isLanguage(short)) return short;
  }
  return 'fr';
}

export function rememberLanguage(language: Language): void {
  window.localStorage.setItem(storageKey, language);
}

interface Speech {
  language: Language;
  t: Messages;
  setLanguage: (language: Language) => void;
}

const SpeechContext = createContext<Speech | null>(null);

export function SpeechProvider({ userLanguage, children }: { userLanguage: string | null; children: ReactNode }) {
  const [wanted, setWanted] = useState<Language>(() => chooseLanguage(userLanguage));
  const [spoken, setSpoken] = useState<{ language: Language; t: Messages } | null>(null);

  useEffect(() => setWanted(chooseLanguage(userLanguage)), [userLanguage]);
  useEffect(() => {
    let wantedStill = true;
    load[wanted]().then(
      (t) => {
        if (!wantedStill) return;
        document.documentElement.lang = wanted;
        /* What is missing is read inside WholeSpeech alone: a rule of check-sources. */
        setSpoken({ language: wanted, t: t as Messages });
      },
      () => undefined,
    );
    return () => {
      wantedStill = false;
    };
  }, [wanted]);

  if (!spoken) return null;
  const setLanguage = (language: Language) => {
    rememberLanguage(language);
    setWanted(language);
  };
  return <SpeechContext value={{ ...spoken, setLanguage }}>{children}</SpeechContext>;
}

/* Around what is behind the sign-in: with all messages. In the middle of a change of language the one
 * before goes on. */
export function WholeSpeech({ waiting, children }: { waiting: ReactNode; children: ReactNode }) {
  const core = useSpeech();
  const [whole, setWhole] = useState<Speech | null>(null);
  useEffect(() => {
    let wantedStill = true;
    loadMore[core.language]().then(
      (more) => wantedStill && setWhole({ ...core, t: { ...core.t, ...more } }),
      () => undefined,
    );
    return () => {
      wantedStill = false;
    };
    // core is another object at each render; its language stands for it.
  }, [core.language]);
  return whole ? <SpeechContext value={whole}>{children}</SpeechContext> : waiting;
}

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (!speech) throw new Error('useSpeech outside SpeechProvider');
  return speech;
}

export function useText(): Messages {
  return useSpeech().t;
}
