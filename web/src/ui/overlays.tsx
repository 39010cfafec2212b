import { Menu as MantineMenu, Modal } from '@mantine/core';
import { useLayoutEffect, type ReactNode } from 'react';

interface DialogProps {
  title: string;
  titleHidden?: boolean;
  opened: boolean;
  onClose: () => void;
  closeLabel: string;
  size?: string;
  className?: string;
  children: ReactNode;
}

/* lockScroll would put a style element into the page, which the policy forbids; the page behind
 * is held still by a class in shell.css instead. It opens without a transition, within the key
 * press that asked for it: the next key already finds the field focused. */
export function Dialog({ title, titleHidden, opened, onClose, closeLabel, size = 'lg', className, children }: DialogProps) {
  useFocusBack(opened);
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      size={size}
      lockScroll={false}
      returnFocus={false}
      yOffset="8vh"
      transitionProps={{ duration: 0 }}
      className={className ?? ''}
    >
      <Modal.Overlay backgroundOpacity={0.42} color="#0c211d" />
      <Modal.Content>
        <Modal.Header role="none" {...(titleHidden ? { className: 'hidden' } : {})}>
          <Modal.Title>{title}</Modal.Title>
          {titleHidden ? null : <Modal.CloseButton aria-label={closeLabel} />}
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

/* Gives the focus back at once when a dialog closes. Taken before the dialog's own effects
 * move it. */
function useFocusBack(opened: boolean): void {
  useLayoutEffect(() => {
    if (!opened) return;
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [opened]);
}

export interface Choice {
  key: string;
  label: ReactNode;
  lang?: string;
  current?: boolean;
  onChoose: () => void;
}

export function ChoiceMenu({ button, head, choices, label }: { button: ReactNode; head?: ReactNode; choices: Choice[]; label: string }) {
  return (
    <MantineMenu position="bottom-end" width={250} shadow="md" transitionProps={{ duration: 100 }}>
      <MantineMenu.Target>{button}</MantineMenu.Target>
      <MantineMenu.Dropdown aria-label={label}>
        {head ? <div className="menu-head" role="presentation">{head}</div> : null}
        {choices.map((choice) => (
          <MantineMenu.Item
            key={choice.key}
            onClick={choice.onChoose}
            {...(choice.lang ? { lang: choice.lang } : {})}
            {...(choice.current ? { 'aria-current': 'true' as const } : {})}
          >
            {choice.label}
          </MantineMenu.Item>
        ))}
      </MantineMenu.Dropdown>
    </MantineMenu>
  );
}
