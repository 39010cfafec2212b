/* Passkeys: what the server asks for in base64url goes to the browser as bytes, and back. */
import { Failure } from '../fhir/failure';

interface Descriptor {
  type: 'public-key';
  id: string;
}

export interface AskOptions {
  challenge: string;
  timeout: number;
  rpId: string;
  userVerification: UserVerificationRequirement;
  allowCredentials: Descriptor[];
}

export interface MakeOptions {
  challenge: string;
  timeout: number;
  rp: { id: string; name: string };
  user: { id: string; name: string; displayName: string };
  pubKeyCredParams: { type: 'public-key'; alg: number }[];
  attestation: AttestationConveyancePreference;
  authenticatorSelection: AuthenticatorSelectionCriteria;
  excludeCredentials: Descriptor[];
}

export const passkeysWork = typeof window !== 'undefined' && 'PublicKeyCredential' in window;

function bytesOf(text: string): ArrayBuffer {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  const bytes = new Uint8Array(plain.length);
  for (let at = 0; at < plain.length; at++) bytes[at] = plain.charCodeAt(at);
  return bytes.buffer;
}

function textOf(buffer: ArrayBuffer | null): string {
  if (!buffer) return '';
  const plain = [...new Uint8Array(buffer)].map((byte) => String.fromCharCode(byte)).join('');
  return btoa(plain).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

const descriptor = ({ type, id }: Descriptor) => ({ type, id: bytesOf(id) });

/* The user said no, or the browser has none: one failure, with nothing to tell them apart. */
async function orNone(asked: Promise<Credential | null>): Promise<PublicKeyCredential> {
  const credential = await asked.catch(() => null);
  if (!(credential instanceof PublicKeyCredential)) throw new Failure('noPasskey');
  return credential;
}

export async function usePasskey(options: AskOptions): Promise<object> {
  if (!passkeysWork) throw new Failure('noPasskey');
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    allowCredentials: options.allowCredentials.map(descriptor),
  };
  const credential = await orNone(navigator.credentials.get({ publicKey }));
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    id: textOf(credential.rawId),
    clientDataJSON: textOf(response.clientDataJSON),
    authenticatorData: textOf(response.authenticatorData),
    signature: textOf(response.signature),
    userHandle: textOf(response.userHandle),
  };
}

export async function makePasskey(options: MakeOptions): Promise<{ clientDataJSON: string; attestationObject: string }> {
  if (!passkeysWork) throw new Failure('noPasskey');
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    user: { ...options.user, id: bytesOf(options.user.id) },
    excludeCredentials: options.excludeCredentials.map(descriptor),
  };
  const credential = await orNone(navigator.credentials.create({ publicKey }));
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    clientDataJSON: textOf(response.clientDataJSON),
    attestationObject: textOf(response.attestationObject),
  };
}
