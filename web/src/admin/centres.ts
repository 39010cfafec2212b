/* Centres and their places: what of them is edited here, and where it stands in the record. */
import type { Address, ContactPoint, Extension, Location, Organization } from 'fhir/r4';

export const zoneUrl = 'urn:aceso:zone';
export const closedUrl = 'urn:aceso:closed';

export interface Closed {
  start: string;
  end: string;
}

export interface Centre {
  name: string;
  street: string;
  zip: string;
  city: string;
  phone: string;
  zone: string;
  closed: Closed[];
  active: boolean;
}

export type Place = Organization | Location;

export const isPlace = (place: Place): place is Location => place.resourceType === 'Location';
export const isRoom = (place: Location) => (place.physicalType?.coding ?? []).some((each) => each.code === 'ro');
/* Insurers and laboratories are organisations too. */
export const isCentre = (each: Organization) => !each.partOf && (each.type ?? []).some((type) => type.coding?.some((one) => one.code === 'prov'));

const addressOf = (place: Place): Address | undefined => (isPlace(place) ? place.address : place.address?.[0]);

export function centreOf(place: Place): Centre {
  const address = addressOf(place);
  const extensions = place.extension ?? [];
  return {
    name: place.name ?? '',
    street: address?.line?.join(', ') ?? '',
    zip: address?.postalCode ?? '',
    city: address?.city ?? '',
    phone: place.telecom?.find((each) => each.system === 'phone')?.value ?? '',
    zone: extensions.find((each) => each.url === zoneUrl)?.valueCode ?? '',
    closed: extensions
      .filter((each) => each.url === closedUrl && each.valuePeriod)
      .map((each) => ({ start: each.valuePeriod?.start ?? '', end: each.valuePeriod?.end ?? '' }))
      .sort((a, b) => a.start.localeCompare(b.start)),
    active: isPlace(place) ? place.status !== 'inactive' : place.active !== false,
  };
}

function extensionsOf(place: Place, centre: Centre): Extension[] {
  return [
    ...(place.extension ?? []).filter((each) => each.url !== zoneUrl && each.url !== closedUrl),
    ...(centre.zone ? [{ url: zoneUrl, valueCode: centre.zone }] : []),
    ...centre.closed.map((each) => ({ url: closedUrl, valuePeriod: { start: each.start, ...(each.end ? { end: each.end } : {}) } })),
  ];
}

function phonesOf(place: Place, phone: string): ContactPoint[] {
  const others = (place.telecom ?? []).filter((each) => each.system !== 'phone');
  const before = (place.telecom ?? []).filter((each) => each.system === 'phone');
  const kept = before.slice(1);
  return [...(phone ? [{ ...(before[0] ?? { system: 'phone' as const }), value: phone }] : []), ...kept, ...others];
}

/* What is not edited here stays as it was; empty lists are left out, as the standard wants. */
export function withCentre<T extends Place>(place: T, centre: Centre): T {
  const before = addressOf(place);
  const { text: _text, ...rest } = before ?? {};
  const address: Address = { ...rest, line: centre.street ? [centre.street] : [], postalCode: centre.zip, city: centre.city };
  const filled = Object.fromEntries(Object.entries(address).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value !== '')));
  const hasAddress = Object.keys(filled).length > 0;
  const { address: _address, extension: _extension, telecom: _telecom, ...kept } = place;
  const extension = extensionsOf(place, centre);
  const telecom = phonesOf(place, centre.phone);
  return {
    ...kept,
    name: centre.name,
    ...(extension.length > 0 ? { extension } : {}),
    ...(telecom.length > 0 ? { telecom } : {}),
    ...(hasAddress ? { address: isPlace(place) ? filled : [filled, ...(place.address ?? []).slice(1)] } : {}),
    ...(isPlace(place) ? { status: centre.active ? 'active' : 'inactive' } : { active: centre.active }),
  } as T;
}

export const noCentre: Centre = { name: '', street: '', zip: '', city: '', phone: '', zone: '', closed: [], active: true };

export const newOrganization: Organization = {
  resourceType: 'Organization',
  active: true,
  type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/organization-type', code: 'prov' }] }],
};

export const newLocation = (centre: Organization): Location => ({
  resourceType: 'Location',
  status: 'active',
  mode: 'instance',
  managingOrganization: { reference: `Organization/${centre.id}`, ...(centre.name ? { display: centre.name } : {}) },
});

/* Every name that the browser knows is one of the zone database, as the server wants it. */
export const zones: readonly string[] = Intl.supportedValuesOf('timeZone');
