import type { Patient } from 'fhir/r4';
import { Link } from '../app/Link';
import { seesPart } from '../app/places';
import { chartPath } from '../app/router';
import { useSession } from '../app/session';
import { ageOf, nameOf, nationalNumberOf, phoneOf, sexOf, wordsOf } from '../fhir/read';
import { useText } from '../i18n';
import { showDate, showNationalNumber } from '../i18n/format';
import { Icon } from '../ui';
import { bySeverity, isCurrent, isSevere, saysNone } from './allergy';
import { useAllergies } from './data';

export function Banner({ patient, patientId }: { patient: Patient; patientId: string }) {
  const t = useText();
  const name = nameOf(patient.name);
  const number = nationalNumberOf(patient);
  const phone = phoneOf(patient);
  const state = useSession();
  const seen = seesPart(state.phase === 'in' || state.phase === 'locked' ? state.session : null, 'allergies');
  const died = patient.deceasedDateTime ?? (patient.deceasedBoolean ? '' : null);
  return (
    <section className="banner" aria-label={t.chart.banner}>
      <div className="banner-who">
        <h1>
          {name ? (
            <>
              <span className="family">{name.family}</span> {name.given}
            </>
          ) : (
            t.person.unnamed
          )}
        </h1>
        <p className="banner-facts">
          <span>
            {sexOf(patient, t)}, <strong>{ageOf(patient, t)}</strong>
          </span>
          <span>{patient.birthDate ? t.person.born(showDate(patient.birthDate), patient.gender ?? '') : null}</span>
          {died === null ? null : (
            <span className="tag tag-dark">{died ? t.person.died(showDate(died), patient.gender ?? '') : t.person.dead}</span>
          )}
          <span className="banner-pair">
            <span className="soft">{t.person.nationalNumber}</span>{' '}
            <span className="digits">{number ? showNationalNumber(number) : t.person.noNumber}</span>
          </span>
          {phone ? (
            <span className="banner-pair">
              <span className="soft">{t.person.phone}</span> <a className="digits" href={`tel:${phone.replace(/[^+\d]/g, '')}`}>{phone}</a>
            </span>
          ) : null}
        </p>
      </div>
      {seen ? <AllergyStrip patientId={patientId} /> : null}
    </section>
  );
}

const shown = 4;

function AllergyStrip({ patientId }: { patientId: string }) {
  const t = useText();
  const query = useAllergies(patientId);
  if (query.state === 'loading') return <div className="allergy-strip allergy-quiet"><span className="soft">{t.allergies.title}: {t.app.loading}</span></div>;
  if (query.state === 'failed') {
    const words = query.failure.kind === 'forbidden' ? t.failures.forbidden : t.allergies.unread;
    return (
      <div className="allergy-strip allergy-unknown">
        <Icon name="alert" size={18} /> <strong>{t.allergies.title}</strong> <span>{words}</span>
      </div>
    );
  }
  const current = query.data.items.filter(isCurrent);
  const real = current.filter((each) => !saysNone(each)).sort(bySeverity);
  if (real.length === 0) {
    return (
      <div className="allergy-strip allergy-quiet">
        <strong>{t.allergies.title}</strong> <span>{current.length > 0 ? t.allergies.confirmedNone : t.allergies.none}</span>
      </div>
    );
  }
  return (
    <div className="allergy-strip allergy-real">
      <Icon name="alert" size={18} />
      <strong>{t.allergies.title}</strong>
      <ul>
        {real.slice(0, shown).map((each) => (
          <li key={each.id} className={isSevere(each) ? 'severe' : ''}>
            {wordsOf(each.code) ?? t.chart.noText}
            {isSevere(each) ? <em> {t.allergies.severe}</em> : null}
          </li>
        ))}
        {real.length > shown ? (
          <li>
            <Link href={chartPath(patientId)}>{t.allergies.more(real.length - shown)}</Link>
          </li>
        ) : null}
      </ul>
    </div>
  );
}
