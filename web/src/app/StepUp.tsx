/* A sensitive act asks for a fresh proof: the dialog comes, and the act goes on behind it.
 *
 *   const stepUp = useStepUp();
 *   await stepUp(() => send('/auth/recovery'));
 */
import { createContext, useCallback, useContext, useRef, useState, type ReactNode } from 'react';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import { Dialog } from '../ui';
import { Prove } from './Prove';
import { askStepUp, stepUp as show, type Wanted } from './session';

type Guarded = <T>(act: () => Promise<T>) => Promise<T>;

const Context = createContext<Guarded>((act) => act());

export function useStepUp(): Guarded {
  return useContext(Context);
}

export function StepUpProvider({ children }: { children: ReactNode }) {
  const t = useText();
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const settle = useRef<{ done: () => void; given: () => void } | null>(null);

  const ask = useCallback(async () => {
    setWanted(await askStepUp());
    await new Promise<void>((done, reject) => {
      settle.current = { done, given: () => reject(new Failure('aborted')) };
    });
  }, []);

  const guarded: Guarded = useCallback(
    async (act) => {
      try {
        return await act();
      } catch (error) {
        if (Failure.from(error).kind !== 'stepUp') throw error;
        await ask();
        return act();
      }
    },
    [ask],
  );

  function close(how: 'done' | 'given') {
    setWanted(null);
    settle.current?.[how]();
    settle.current = null;
  }

  return (
    <Context.Provider value={guarded}>
      {children}
      <Dialog title={t.prove.stepTitle} opened={wanted !== null} onClose={() => close('given')} closeLabel={t.app.close} size="26rem">
        <p className="lead">{t.prove.stepHelp}</p>
        {wanted ? (
          <Prove
            wanted={wanted}
            submit={t.prove.go}
            wrong={t.prove.wrong}
            onShow={async (shown) => {
              await show(wanted, shown);
              close('done');
            }}
          />
        ) : null}
      </Dialog>
    </Context.Provider>
  );
}
