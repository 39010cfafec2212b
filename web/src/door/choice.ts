/* What somebody is about to book or to move, in memory only: it outlives the sign-in that comes
 * between the choice and its confirmation. */
import type { Visit } from '../care/visit';
import type { Offer } from './find';

export const choice: { offer: Offer | null; moving: Visit | null } = { offer: null, moving: null };
