/* Who an account is: name, role, person, address, language. For an invitation and for a change. */
import type { Practitioner } from 'fhir/r4';
import { roles, roleKey } from '../app/roles';
import { search } from '../fhir/client';
import { useQuery } from '../fhir/query';
import { nameText } from '../fhir/read';
import { useSpeech } from '../i18n';
import { languageNames, languages } from '../i18n';
import { InputField, SelectField } from '../ui';
import { recordOf, type Wanted } from './accounts';

const readPeople = (signal: AbortSignal) => search<Practitioner>('Practitioner', 'active=true&_count=500', signal).then((page) => page.items);

const typeFor = (role: string) => (role === 'patient' ? 'Patient' : role === 'proxy' ? 'RelatedPerson' : null);

export function AccountFields({ wanted, onChange, faults, withUser }: { wanted: Wanted; onChange: (wanted: Wanted) => void; faults: { user?: boolean; mail?: boolean }; withUser: boolean }) {
  const { t } = useSpeech();
  const people = useQuery('people of the directory', readPeople);
  const type = typeFor(wanted.role);
  const list = people.state === 'ready' ? people.data : [];
  const names = list.map((each) => ({ value: `Practitioner/${each.id}`, text: nameText(each.name, t) })).sort((a, b) => a.text.localeCompare(b.text));
  const known = names.some((each) => each.value === wanted.reference);
  return (
    <div className="field-grid">
      <SelectField
        label={t.manage.users.role}
        value={wanted.role}
        onChange={(role) => onChange({ ...wanted, role, reference: typeFor(role) === type ? wanted.reference : '' })}
        options={roles.map((each) => ({ value: each, text: t.roles[roleKey(each)] }))}
      />
      {type ? (
        <InputField
          label={t.manage.users.record}
          value={wanted.reference.replace(/^.*\//, '')}
          onChange={(text) => onChange({ ...wanted, reference: recordOf(text, type) })}
          autoComplete="off"
        />
      ) : (
        <SelectField
          label={t.manage.users.person}
          value={wanted.reference}
          onChange={(reference) => onChange({ ...wanted, reference, display: wanted.display || (names.find((each) => each.value === reference)?.text ?? '') })}
          options={[{ value: '', text: t.manage.users.nobody }, ...(wanted.reference && !known ? [{ value: wanted.reference, text: wanted.reference }] : []), ...names]}
        />
      )}
      {withUser ? (
        <InputField
          label={t.manage.users.user}
          value={wanted.user}
          onChange={(user) => onChange({ ...wanted, user: user.toLowerCase() })}
          autoComplete="off"
          error={faults.user ? t.manage.users.userWrong : null}
          help={t.manage.users.userHelp}
        />
      ) : null}
      <InputField label={t.manage.users.name} value={wanted.display} onChange={(display) => onChange({ ...wanted, display })} autoComplete="off" />
      <InputField label={t.manage.users.mail} type="email" value={wanted.mail} onChange={(mail) => onChange({ ...wanted, mail })} autoComplete="off" error={faults.mail ? t.manage.users.mailWrong : null} />
      <SelectField
        label={t.manage.users.language}
        value={wanted.language}
        onChange={(language) => onChange({ ...wanted, language })}
        options={languages.map((each) => ({ value: each, text: languageNames[each] }))}
      />
    </div>
  );
}
