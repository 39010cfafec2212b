/* Centres, their places and rooms: names, addresses, zone, days on which they are closed. */
import type { Location, Organization } from 'fhir/r4';
import { useState } from 'react';
import { create, replace, search } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { refresh, useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { addDays, showDate, today } from '../i18n/format';
import { Button, DateField, Dialog, Icon, InputField, Note, Panel, say, Show } from '../ui';
import { centreOf, isCentre, isPlace, isRoom, newLocation, newOrganization, withCentre, zones, type Centre, type Closed, type Place } from './centres';

interface Network {
  centres: Organization[];
  places: Location[];
}

const key = 'centres and places';

async function readNetwork(signal: AbortSignal): Promise<Network> {
  const [centres, places] = await Promise.all([search<Organization>('Organization', '_count=500', signal), search<Location>('Location', '_count=500', signal)]);
  const byName = (a: Place, b: Place) => (a.name ?? '').localeCompare(b.name ?? '');
  const owners = new Set(places.items.map((each) => each.managingOrganization?.reference));
  return {
    centres: centres.items.filter((each) => isCentre(each) || owners.has(`Organization/${each.id}`)).sort(byName),
    places: places.items.sort((a, b) => Number(isRoom(a)) - Number(isRoom(b)) || byName(a, b)),
  };
}

export function CentresPart() {
  const t = useText();
  const query = useQuery(key, readNetwork);
  const [edited, setEdited] = useState<Place | null>(null);
  return (
    <>
      <Show query={query} rows={6}>
        {(network) => (
          <>
            <div className="actions">
              <Button kind="primary" icon={<Icon name="plus" size={18} />} onClick={() => setEdited(newOrganization)}>
                {t.manage.centres.add}
              </Button>
            </div>
            {network.centres.length === 0 ? <Note title={t.manage.centres.none} /> : null}
            {network.centres.map((each) => (
              <CentrePanel key={each.id} centre={each} places={network.places.filter((place) => place.managingOrganization?.reference === `Organization/${each.id}`)} onEdit={setEdited} />
            ))}
          </>
        )}
      </Show>
      {edited ? <PlaceDialog key={`${edited.id} ${edited.meta?.versionId}`} place={edited} onClose={() => setEdited(null)} /> : null}
    </>
  );
}

function addressText(centre: Centre): string {
  return [centre.street, [centre.zip, centre.city].filter(Boolean).join(' '), centre.phone].filter(Boolean).join(' · ');
}

function CentrePanel({ centre, places, onEdit }: { centre: Organization; places: Location[]; onEdit: (place: Place) => void }) {
  const t = useText();
  const shown = centreOf(centre);
  return (
    <Panel
      title={shown.name}
      aside={
        <Button onClick={() => onEdit(centre)} label={`${t.manage.centres.edit}: ${shown.name}`}>
          {t.manage.centres.edit}
        </Button>
      }
    >
      <p className="soft">
        {shown.active ? null : <span className="tag tag-warn">{t.manage.centres.retired}</span>} {addressText(shown)}
      </p>
      <ul className="place-list" aria-label={t.manage.centres.places}>
        {places.map((each) => (
          <PlaceLine key={each.id} place={each} onEdit={onEdit} />
        ))}
      </ul>
      <Button icon={<Icon name="plus" size={18} />} onClick={() => onEdit(newLocation(centre))} label={`${t.manage.centres.addPlace}: ${shown.name}`}>
        {t.manage.centres.addPlace}
      </Button>
    </Panel>
  );
}

function PlaceLine({ place, onEdit }: { place: Location; onEdit: (place: Place) => void }) {
  const t = useText();
  const shown = centreOf(place);
  const coming = shown.closed.filter((each) => (each.end || each.start) >= today());
  return (
    <li className={isRoom(place) ? 'place-room' : ''}>
      <div>
        <strong>{shown.name}</strong> {isRoom(place) ? <span className="tag">{t.manage.centres.room}</span> : null}
        {shown.active ? null : <span className="tag tag-warn">{t.manage.centres.retired}</span>}
        <div className="soft">{[addressText(shown), shown.zone].filter(Boolean).join(' · ')}</div>
        {coming.length > 0 ? (
          <div className="soft">
            {t.manage.centres.closed}: {coming.map(closedText).join(', ')}
          </div>
        ) : null}
      </div>
      <Button onClick={() => onEdit(place)} label={`${t.manage.centres.edit}: ${shown.name}`}>
        {t.manage.centres.edit}
      </Button>
    </li>
  );
}

const closedText = (closed: Closed) => (closed.end && closed.end.slice(0, 10) !== closed.start.slice(0, 10) ? `${showDate(closed.start)} – ${showDate(closed.end)}` : showDate(closed.start));

async function keep(place: Place, centre: Centre): Promise<void> {
  const wanted = withCentre(place, centre);
  if (place.id) return void (await replace(wanted));
  const made = await create(wanted);
  /* A centre without a place could not be booked: its first one has its name and address. */
  if (made?.resourceType === 'Organization') await create(withCentre(newLocation(made), centre));
}

function PlaceDialog({ place, onClose }: { place: Place; onClose: () => void }) {
  const t = useText();
  const [centre, setCentre] = useState(() => centreOf(place));
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  const zoneIsWrong = centre.zone !== '' && !zones.includes(centre.zone);
  const isNew = !place.id;
  const withDays = isPlace(place);
  const title = isNew ? (isPlace(place) ? t.manage.centres.addPlace : t.manage.centres.add) : centreOf(place).name;

  async function save(next: Centre) {
    setTried(true);
    if (busy || !next.name.trim() || zoneIsWrong) return;
    setBusy(true);
    setFault('');
    try {
      await keep(place, { ...next, name: next.name.trim() });
      refresh((each) => each === key);
      say({ text: t.manage.centres.saved });
      onClose();
    } catch (error) {
      setFault(Failure.from(error).kind === 'conflict' ? t.manage.centres.changed : t.app.notDone);
      setBusy(false);
    }
  }

  return (
    <Dialog title={title} opened onClose={onClose} closeLabel={t.app.close} size="42rem">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save(centre);
        }}
      >
        <div className="field-grid">
          <InputField label={t.manage.centres.name} value={centre.name} onChange={(name) => setCentre({ ...centre, name })} autoComplete="off" error={tried && !centre.name.trim() ? t.manage.centres.needName : null} />
          <InputField label={t.manage.centres.phone} type="tel" value={centre.phone} onChange={(phone) => setCentre({ ...centre, phone })} autoComplete="off" />
          <InputField label={t.manage.centres.street} value={centre.street} onChange={(street) => setCentre({ ...centre, street })} autoComplete="off" />
          <InputField label={t.manage.centres.zip} value={centre.zip} onChange={(zip) => setCentre({ ...centre, zip })} autoComplete="off" />
          <InputField label={t.manage.centres.city} value={centre.city} onChange={(city) => setCentre({ ...centre, city })} autoComplete="off" />
          <ZoneField value={centre.zone} onChange={(zone) => setCentre({ ...centre, zone })} wrong={tried && zoneIsWrong} />
        </div>
        {withDays ? <ClosedDays closed={centre.closed} onChange={(closed) => setCentre({ ...centre, closed })} /> : null}
        {fault ? (
          <div role="alert">
            <Note icon="alert" tone="bad" title={fault} />
          </div>
        ) : null}
        <div className="actions">
          <Button kind="primary" submit busy={busy}>
            {t.manage.centres.save}
          </Button>
          {isNew ? null : <Button onClick={() => void save({ ...centre, active: !centre.active })}>{centre.active ? t.manage.centres.retire : t.manage.centres.restore}</Button>}
        </div>
      </form>
    </Dialog>
  );
}

/* Typed with suggestions: four hundred names are no list to scroll through. */
function ZoneField({ value, onChange, wrong }: { value: string; onChange: (zone: string) => void; wrong: boolean }) {
  const t = useText();
  return (
    <div className="field">
      <label htmlFor="zone-field">{t.manage.centres.zone}</label>
      <input
        id="zone-field"
        className="input"
        list="zones"
        value={value}
        placeholder="Europe/Brussels"
        autoComplete="off"
        aria-invalid={wrong || undefined}
        aria-describedby={wrong ? 'zone-says' : undefined}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <datalist id="zones">
        {zones.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      {wrong ? (
        <p id="zone-says" className="field-error">
          {t.manage.centres.zoneWrong}
        </p>
      ) : null}
    </div>
  );
}

function ClosedDays({ closed, onChange }: { closed: Closed[]; onChange: (closed: Closed[]) => void }) {
  const t = useText();
  const [from, setFrom] = useState(addDays(today(), 1));
  const [until, setUntil] = useState('');
  return (
    <fieldset className="closed-days">
      <legend>{t.manage.centres.closed}</legend>
      {closed.length === 0 ? <p className="soft">{t.manage.centres.closedNone}</p> : null}
      <ul className="place-list">
        {closed.map((each) => (
          <li key={`${each.start} ${each.end}`}>
            <span className="digits">{closedText(each)}</span>
            <Button icon={<Icon name="cross" size={18} />} label={t.manage.centres.dropClosed(closedText(each))} onClick={() => onChange(closed.filter((one) => one !== each))}>
              {t.manage.centres.dropClosed(closedText(each))}
            </Button>
          </li>
        ))}
      </ul>
      <div className="inline-form">
        <DateField label={t.manage.centres.from} value={from} onChange={setFrom} />
        <DateField label={t.manage.centres.until} value={until} onChange={setUntil} />
        <Button
          icon={<Icon name="plus" size={18} />}
          disabled={!from || (until !== '' && until < from)}
          onClick={() => {
            onChange([...closed, { start: from, end: until || from }].sort((a, b) => a.start.localeCompare(b.start)));
            setUntil('');
          }}
        >
          {t.manage.centres.addClosed}
        </Button>
      </div>
    </fieldset>
  );
}
