import { Button as MantineButton, PasswordInput, TextInput } from '@mantine/core';
import type { ReactNode, Ref } from 'react';

interface ButtonProps {
  children: ReactNode;
  onClick?: () => void;
  /* danger: a primary act that opens, or takes away, a great deal. */
  kind?: 'primary' | 'danger' | 'quiet' | 'plain';
  submit?: boolean;
  busy?: boolean;
  disabled?: boolean;
  wide?: boolean;
  icon?: ReactNode;
  label?: string;
}

const variants = { primary: 'filled', danger: 'filled', quiet: 'default', plain: 'subtle' } as const;

export function Button({ children, onClick, kind = 'quiet', submit, busy, disabled, wide, icon, label }: ButtonProps) {
  return (
    <MantineButton
      variant={variants[kind]}
      color="laurel"
      type={submit ? 'submit' : 'button'}
      loading={busy ?? false}
      disabled={disabled ?? false}
      fullWidth={wide ?? false}
      leftSection={icon}
      aria-label={label}
      {...(kind === 'danger' ? { className: 'button-danger' } : {})}
      {...(onClick ? { onClick } : {})}
    >
      {children}
    </MantineButton>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | null;
  name?: string;
  autoComplete?: string;
  inputMode?: 'numeric' | 'text';
  readOnly?: boolean;
  inputRef?: Ref<HTMLInputElement>;
  placeholder?: string;
}

export function TextField({ label, value, onChange, error, inputRef, ...rest }: FieldProps) {
  return (
    <TextInput
      label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error ?? null}
      ref={inputRef ?? null}
      spellCheck={false}
      autoCapitalize="none"
      {...rest}
    />
  );
}

export function PasswordField({
  label,
  value,
  onChange,
  error,
  inputRef,
  show,
  hide,
  visible,
  onVisible,
  ...rest
}: FieldProps & { show: string; hide: string; visible: boolean; onVisible: (visible: boolean) => void }) {
  return (
    <PasswordInput
      label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error ?? null}
      ref={inputRef ?? null}
      visible={visible}
      onVisibilityChange={onVisible}
      visibilityToggleButtonProps={{ 'aria-label': visible ? hide : show, tabIndex: 0, 'aria-hidden': false }}
      {...rest}
    />
  );
}
