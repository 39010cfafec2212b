/* A question that is answered by a file: chosen, or photographed; what cannot be taken is said. */
import type { QuestionnaireItem } from 'fhir/r4';
import { useId, useRef, useState } from 'react';
import { useText } from '../i18n';
import { Button, Icon } from '../ui';
import { fileBytesMax, fileNameIn, fileOf, takeFile, type FileFault } from './files';
import { fileBytesOf, fileTypesOf } from './model';

interface Props {
  item: QuestionnaireItem;
  label: string;
  value: string;
  error: string | null;
  help: string | null;
  onChange: (value: string) => void;
}

export function FileAnswer({ item, label, value, error, help, onChange }: Props) {
  const t = useText();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState<FileFault | null>(null);
  const [busy, setBusy] = useState(false);
  const types = fileTypesOf(item);
  const most = Math.min(fileBytesMax, fileBytesOf(item) ?? fileBytesMax);
  const words: Record<FileFault, string> = { fileEmpty: t.sending.faults.empty, fileType: t.sending.faults.refusedType, fileLarge: t.forms.faults.fileLarge((most / (1 << 20)).toFixed(1).replace('.0', '')) };
  const said = fault ? words[fault] : error;

  async function take(file: File | undefined) {
    if (!file) return;
    setBusy(true);
    const taken = await takeFile(file, types, most).catch(() => ({ fault: 'fileType' as const }));
    setBusy(false);
    setFault('fault' in taken ? taken.fault : null);
    if ('key' in taken) onChange(taken.key);
  }

  return (
    <div className="field file-answer" role="group" aria-labelledby={id}>
      <span id={id}>{label}</span>
      {value ? (
        <p className="chosen-file">
          <Icon name="document" size={18} /> <strong className="file-name">{fileNameIn(value)}</strong>
          <Button
            kind="plain"
            label={`${t.forms.less}: ${fileNameIn(value)}`}
            onClick={() => {
              setFault(null);
              onChange('');
            }}
          >
            {t.forms.less}
          </Button>
        </p>
      ) : null}
      {value && fileOf(value) ? null : (
        <span>
          <Button busy={busy} icon={<Icon name="plus" size={18} />} label={`${t.sending.choose}: ${label}`} onClick={() => field.current?.click()}>
            {t.sending.choose}
          </Button>
        </span>
      )}
      <input
        ref={field}
        type="file"
        hidden
        aria-label={label}
        accept={types.length > 0 ? types.join(',') : undefined}
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          void take(file);
          event.currentTarget.value = '';
        }}
      />
      {said ? (
        <p className="field-error" role="alert">
          {said}
        </p>
      ) : help ? (
        <p className="field-help">{help}</p>
      ) : null}
    </div>
  );
}
